"""Which bundled model is trusted. Written by ``python -m musicai train-bundled``; do not edit."""

BUNDLED_SHA256 = "5a43df28249d7f2724dffc984c6c62cd185a23fc04c27d153e84707315b21eb8"
"""SHA-256 of ``models/saved/bundled/manifest.json``, which in turn names those of its files."""
