"""Helpers for the tests of readers of scrobbles."""

from __future__ import annotations

import json
from typing import Any

from musicai.data.library import SOURCE_TRACK_COLUMNS
from musicai.data.parsed import SOURCE_PLAY_COLUMNS, ParsedFile, ReadOptions
from musicai.library.formats import SOURCES

AT = 1_700_000_000
"""2023-11-14 22:13:20 UTC."""


def read(text: str | bytes, reader: Any) -> ParsedFile:
    """The file through its reader, which must be the one that recognises it."""
    data = text.encode() if isinstance(text, str) else text
    assert [source.name for source in SOURCES if source.sniff(data[:65536])] == [reader.NAME]
    return checked(reader.parse(data, "a file", ReadOptions()))


def checked(parsed: ParsedFile) -> ParsedFile:
    """Counts add up, for every part alone, and tables are as promised."""
    for part in (parsed, *parsed.further):
        kept = len(part.plays) if part.kind == "plays" else len(part.choices)
        assert part.read == kept + part.rejected + part.not_music
        assert part.rejected == len(part.problems)
        assert part.plays.dtypes.astype(str).to_dict() == SOURCE_PLAY_COLUMNS
        assert part.tracks.dtypes.astype(str).to_dict() == SOURCE_TRACK_COLUMNS
        assert part.plays["track"].between(0, len(part.tracks) - 1).all()
        assert part.tracks["track_id"].is_unique
    return parsed


def listen(artist: Any = "Air", track: Any = "Talisman", at: Any = AT, **metadata: Any) -> str:
    """A line as ListenBrainz writes it."""
    named = {"artist_name": artist, "track_name": track, "mbid_mapping": None, **metadata}
    return json.dumps({"listened_at": at, "track_metadata": named}) + "\n"


def only(parsed: ParsedFile) -> dict[str, Any]:
    """The one track of a file."""
    (row,) = parsed.tracks.to_dict("records")
    return {str(name): value for name, value in row.items()}
