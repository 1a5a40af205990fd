"""Readers of music exports, one module a format.

A new format is one module with a ``SOURCE``, and one line in ``SOURCES``.
"""

from __future__ import annotations

from musicai.sources import exportify, listeners, spotify_extended, track_table
from musicai.sources.base import Source

SOURCES: tuple[Source, ...] = (
    spotify_extended.SOURCE,
    exportify.SOURCE,
    listeners.SOURCE,
    track_table.SOURCE,
)
"""In the order they are asked; no file belongs to two of them."""

HEAD_BYTES = 64 * 1024
"""How much of a file its readers look at to recognise it."""


def recognise(data: bytes) -> Source | None:
    """The reader for a file, by its content; None if no reader knows it."""
    head = data[:HEAD_BYTES]
    return next((source for source in SOURCES if source.sniff(head)), None)
