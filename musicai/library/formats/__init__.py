"""Readers of music exports, one module a format.

A new format is one module with a ``SOURCE``, and one line in ``SOURCES``.
"""

from __future__ import annotations

from musicai.data.parsed import ReadOptions, Source
from musicai.library.formats import (
    apple_music,
    exportify,
    itunes,
    lastfm,
    librefm,
    listenbrainz,
    listeners,
    maloja,
    mapped_table,
    musicai_export,
    neighbour_data,
    pano_scrobbler,
    rockbox,
    spotify_account,
    spotify_api,
    spotify_extended,
    track_table,
)
from musicai.library.formats.csv_text import read_csv_header

SOURCES: tuple[Source, ...] = (
    musicai_export.SOURCE,
    spotify_extended.SOURCE,
    spotify_account.SOURCE,
    spotify_api.SOURCE,
    exportify.SOURCE,
    listenbrainz.SOURCE,
    pano_scrobbler.SOURCE,
    maloja.SOURCE,
    lastfm.SOURCE,
    librefm.SOURCE,
    rockbox.SOURCE,
    itunes.SOURCE,
    apple_music.SOURCE,
    listeners.SOURCE,
    neighbour_data.SOURCE,
    track_table.SOURCE,
    mapped_table.SOURCE,
)
"""In the order they are asked; no file belongs to two of them."""

HEAD_BYTES = 64 * 1024
"""How much of a file its readers look at to recognise it."""

_NO_OPTIONS = ReadOptions()


def recognise_format(data: bytes, options: ReadOptions = _NO_OPTIONS) -> Source | None:
    """The reader for a file, by its content; None if no reader knows it.

    Args:
        data: All of the file.
        options: Choices of the person; a table that no reader knows is one that can be read
            where ``mappings`` say what the columns of its header mean.
    """
    head = data[:HEAD_BYTES]
    for source in SOURCES:
        if source.sniff(head):
            return source
    known = options.mappings and mapped_table.find_mapping(read_csv_header(head), options)
    return mapped_table.SOURCE if known else None
