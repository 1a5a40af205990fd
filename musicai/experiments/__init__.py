"""Comparing two models: by what was held out, and by what a person says to a common list."""
