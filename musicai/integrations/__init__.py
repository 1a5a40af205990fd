"""Asks the world, if the person allows it: the only rooms with a network."""
