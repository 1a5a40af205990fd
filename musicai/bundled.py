"""Which bundled model is trusted. Written by ``python -m musicai train-bundled``; do not edit."""

BUNDLED_SHA256 = "f3c4de724fe938079d1a552ea3727609dae8bb7709561f2a5f99e043be16f42b"
"""SHA-256 of ``models/saved/bundled/manifest.json``, which in turn names those of its files."""
