"""The Taste page."""
