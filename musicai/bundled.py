"""Which bundled model is trusted. Written by ``python -m musicai train-bundled``; do not edit."""

BUNDLED_SHA256 = "9154089c79eaa81bbcb12ff5321fb82b438d201ec5229d7bdd659cb2501eb3ab"
"""SHA-256 of ``models/saved/bundled/manifest.json``, which in turn names those of its files."""
