"""Which bundled model is trusted. Written by ``python -m musicai train-bundled``; do not edit."""

BUNDLED_SHA256 = "458a31f97b86e511f6f65d9dfe775ef1618146cc27a92ad042af05c0a7ee0146"
"""SHA-256 of ``models/saved/bundled/manifest.json``, which in turn names those of its files."""
