"""Learns from the library, measures what was learned, and decides what serves."""
