"""Which bundled model is trusted. Written by ``python -m musicai train-bundled``; do not edit."""

BUNDLED_SHA256 = "eed7113e944de866c036ba63e8b6922bc9e211fd61e19c464bd6cf4cc75b364d"
"""SHA-256 of ``models/saved/bundled/manifest.json``, which in turn names those of its files."""
