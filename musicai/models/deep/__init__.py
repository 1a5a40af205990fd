"""What the deep components learn with torch, and serve with NumPy.

Of the self-attentive model over plays: ``spectral`` gives item vectors to begin with, ``sessions``
turns plays into what the network reads, ``network`` is the model in torch and ``learning`` its
training; ``forward`` is the same model in NumPy, from the arrays of ``weights``. ``autoencoding``
is the training of the autoencoder over what listeners play. ``config`` has the settings of both,
``devices`` says where they are trained, ``extra`` whether they can be. Only ``network``,
``learning``, ``autoencoding`` and ``devices`` import torch.
"""
