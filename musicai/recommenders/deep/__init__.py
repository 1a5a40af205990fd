"""A self-attentive model over plays: learned with torch where it is installed, served with NumPy.

``spectral`` gives item vectors to begin with, ``sessions`` turns plays into what the network
reads, ``network`` is the model in torch and ``learning`` its training; ``forward`` is the same
model in NumPy, from the arrays of ``weights``. Only ``network`` and ``learning`` import torch.
"""
