"""What a reader is given and what it gives back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from musicai.core.progress import Progress, no_progress
from musicai.data.feedback import Choices
from musicai.data.frames import empty_frame
from musicai.data.library import SOURCE_TRACK_COLUMNS

MAX_PLAY_MS = 24 * 3600 * 1000
"""Longest believable single play, milliseconds."""


NOMINAL_MS = 180_000
"""How long a play counts whose log does not say it and whose track's length is not known."""


PLAY_SOURCES = (
    "spotify_extended",
    "spotify_account",
    "apple_music",
    "listenbrainz",
    "pano_scrobbler",
    "lastfm",
    "librefm",
    "maloja",
    "rockbox",
    "mapped_table",
    "itunes",
    "listeners",
)
"""Whose word a play is, the most exact first: of one play found in several, the first counts.

The position is what the database keeps, so new names are added at the end.
"""

TABLE_KINDS = ("plays", "playlist", "catalogue")
"""What the rows of an unknown table can be mapped to."""

SOURCE_PLAY_COLUMNS: dict[str, str] = {
    "track": "int32",
    "listener": "str",
    "played_at": "int64",
    "ms_played": "int64",
    "skipped": "int8",
    "reason_start": "str",
    "reason_end": "str",
    "shuffle": "int8",
}
"""Plays as a reader gives them. ``track``: row of ``ParsedFile.tracks``. ``listener``: ""
for the profile's owner. ``played_at``: seconds since 1970 of the START. ``skipped``,
``shuffle``: 1, 0, or −1 for not known. ``reason_*``: "" for not known."""

SOURCE_ITEM_COLUMNS: dict[str, str] = {
    "playlist": "str",
    "track": "int32",
    "position": "int32",
    "added_at": "int64",
}
"""Playlist rows as a reader gives them. ``added_at``: seconds since 1970, −1 not known."""


@dataclass(frozen=True)
class Problem:
    """One thing that was not taken in."""

    file: str
    """The file as the person knows it; a member of an archive as ``zip › member``."""
    where: str
    """Row, line or byte, as exactly as is known; "" for the whole file."""
    why: str
    """What is wrong and what to do, in plain words."""


@dataclass(frozen=True)
class ColumnMapping:
    """What the columns of a table mean that no reader knows, as the person said it."""

    header: tuple[str, ...]
    """The table's column names through ``text.header_name``; the mapping serves every table
    with exactly these."""
    kind: Literal["plays", "playlist", "catalogue"]
    columns: tuple[tuple[str, str], ...]
    """(meaning, column) pairs; meanings are those of ``mapped_table.MEANINGS``."""


@dataclass(frozen=True)
class ReadOptions:
    """Choices of the person that change what a reader takes."""

    include_private: bool = False
    """Take plays of private sessions too."""
    mappings: tuple[ColumnMapping, ...] = ()
    """For tables that no reader knows."""
    progress: Progress = field(default=no_progress, compare=False)
    """Told the share of a long table that is read; what it raises to stop passes through."""


@dataclass(frozen=True)
class PackPart:
    """Rows of one file of a neighbour pack; ``sources.neighbours`` puts them together."""

    role: str
    """What the rows say: "counts" of a table that stands alone, else a role of ``HETREC``."""
    rows: pd.DataFrame


@dataclass(frozen=True)
class ParsedFile:
    """One file, read. ``read`` = rows kept + ``not_music`` + ``private`` + ``rejected``."""

    file: str
    format: str
    """The reader's name."""
    kind: Literal["plays", "playlist", "catalogue", "tracks", "choices", "neighbours"]
    """What the rows are: plays, a playlist, a track table that becomes a catalogue, facts about
    own tracks alone, choices (feedback, exclusions, confirmed matches), or what other listeners
    play."""
    tracks: pd.DataFrame = field(default_factory=lambda: empty_frame(SOURCE_TRACK_COLUMNS))
    """``SOURCE_TRACK_COLUMNS``, one row a track id."""
    plays: pd.DataFrame = field(default_factory=lambda: empty_frame(SOURCE_PLAY_COLUMNS))
    playlist_items: pd.DataFrame = field(default_factory=lambda: empty_frame(SOURCE_ITEM_COLUMNS))
    read: int = 0
    not_music: int = 0
    private: int = 0
    rejected: int = 0
    duplicate: int = 0
    """Rows of a track table that name a track id again (catalogues only)."""
    problems: tuple[Problem, ...] = ()
    """At most one for each rejected row; the first 1,000 are kept, the rest are counted."""
    api_born: bool = False
    """The rows came through Spotify's API (Exportify); training on them needs consent."""
    play_source: str = ""
    """One of ``PLAY_SOURCES`` where that is not the format: our own export hands on whose word
    its plays were."""
    choices: Choices = field(default_factory=Choices)
    """What the person decided, where a file holds such (kind "choices")."""
    pack: PackPart | None = None
    """Rows of a neighbour pack (kind "neighbours")."""
    further: tuple[ParsedFile, ...] = ()
    """Rows of other kinds in the same file, such as the playlists of an iTunes library; each
    part has counts of its own and no further parts."""


@dataclass(frozen=True)
class Source:
    """A reader for one export format."""

    name: str
    """Key in reports, such as ``spotify_extended``."""
    label: str
    """What the screen calls it."""
    sniff: Callable[[bytes], bool]
    """Given the first 64 KiB of a file: is it this format? Looks at content, not names."""
    parse: Callable[[bytes, str, ReadOptions], ParsedFile]
    """Given the bytes, the file's shown name and the options: the rows.

    Raises:
        UnreadableFile: nothing in the file can be read.
    """
