"""The Discover page."""
