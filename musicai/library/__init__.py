"""Files in, files out, catalogues, and one Library."""
