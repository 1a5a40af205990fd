"""Which bundled model is trusted. Written by ``python -m musicai train-bundled``; do not edit."""

BUNDLED_SHA256 = "2aa4f2edbe8681702b9c6eba970e3499b06703af35c2b09a8191e3bd9555e765"
"""SHA-256 of ``models/saved/bundled/manifest.json``, which in turn names those of its files."""
