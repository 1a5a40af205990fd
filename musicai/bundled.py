"""Which bundled model is trusted. Written by ``python -m musicai train-bundled``; do not edit."""

BUNDLED_SHA256 = "7e5ad881a49b4634fd7a8fb5cafce2ef8d39317fc226938ff44d6b96307da753"
"""SHA-256 of ``models/saved/bundled/manifest.json``, which in turn names those of its files."""
