"""Which bundled model is trusted. Written by ``python -m musicai train-bundled``; do not edit."""

BUNDLED_SHA256 = ""
"""SHA-256 of ``models/saved/bundled/manifest.json``, which in turn names those of its files."""
