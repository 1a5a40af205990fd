"""Which bundled model is trusted. Written by ``python -m musicai train-bundled``; do not edit."""

BUNDLED_SHA256 = "69c5d8d267136b9f9e87c5a7bd90626c282ff2a9c53b133a412cd77403726fde"
"""SHA-256 of ``models/saved/bundled/manifest.json``, which in turn names those of its files."""
