"""Which bundled model is trusted. Written by ``python -m musicai train-bundled``; do not edit."""

BUNDLED_SHA256 = "3dcca3e8be0a4c310ad65383a02a20b2cc75072c0b548543efb573e2368b53f0"
"""SHA-256 of ``models/saved/bundled/manifest.json``, which in turn names those of its files."""
