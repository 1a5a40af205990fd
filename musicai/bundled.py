"""Which bundled model is trusted. Written by ``python -m musicai train-bundled``; do not edit."""

BUNDLED_SHA256 = "baed1edd8024030a1b212ca7c9129b14d86f009ce4a1f008310b2b8412ad5b1f"
"""SHA-256 of ``models/saved/bundled/manifest.json``, which in turn names those of its files."""
