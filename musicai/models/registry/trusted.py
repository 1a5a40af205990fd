"""Which bundled model is trusted. Written by ``python -m musicai train-bundled``; do not edit."""

BUNDLED_SHA256 = "f8fef19e00ddb9f4b3c111abe3399e24c22ed7cabdfec0ccf0745eb56ed04380"
"""SHA-256 of ``models/saved/bundled/manifest.json``, which in turn names those of its files."""
