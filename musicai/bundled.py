"""Which bundled model is trusted. Written by ``python -m musicai train-bundled``; do not edit."""

BUNDLED_SHA256 = "3532e99ec7caa4943d22d0504c5c48a91336e5989ca17a283446b2f9f7ab519f"
"""SHA-256 of ``models/saved/bundled/manifest.json``, which in turn names those of its files."""
