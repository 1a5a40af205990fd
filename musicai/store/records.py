"""What the store hands out: frozen records."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from musicai.data.parsed import Problem


def moment(seconds: int) -> datetime:
    """Seconds since 1970 as a time in UTC."""
    return datetime.fromtimestamp(seconds, UTC)


@dataclass(frozen=True)
class Counts:
    """Rows by what became of them; ``read`` is the sum of the others."""

    read: int = 0
    imported: int = 0
    duplicate: int = 0
    not_music: int = 0
    private: int = 0
    rejected: int = 0

    @property
    def adds_up(self) -> bool:
        """Whether every row that was read is accounted for."""
        parts = self.imported + self.duplicate + self.not_music + self.private + self.rejected
        return self.read == parts

    @property
    def n_kept(self) -> int:
        """Rows that are in the data: imported now, or there before."""
        return self.imported + self.duplicate

    def count_as_repeated(self) -> Counts:
        """The counts of reading the same file again: everything kept is a duplicate."""
        return Counts(self.read, 0, self.n_kept, self.not_music, self.private, self.rejected)

    def to_json(self) -> dict[str, int]:
        """Plain values, in reading order."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @classmethod
    def total(cls, counts: Iterable[Counts]) -> Counts:
        """The sum, column by column."""
        every = list(counts)
        return cls(**{f.name: sum(getattr(c, f.name) for c in every) for f in fields(cls)})


@dataclass(frozen=True)
class Profile:
    """One person's data, kept apart from every other profile's."""

    name: str
    label: str
    invented: bool
    """True for the sample world; nothing real ever enters it."""
    created_at: datetime
    active_version: str | None
    """The model version in use; None for the profile that was never trained."""
    train_on_api_rows: bool | None
    """Consent to train on rows that came through Spotify's API; None = not asked yet."""


@dataclass(frozen=True)
class FileRecord:
    """One file of an import."""

    file: str
    """The file as the person knows it."""
    digest: str
    """SHA-256 of its bytes."""
    format: str
    kind: str
    """``plays``, ``playlist``, ``catalogue``, ``tracks``, ``choices`` or ``neighbours``."""
    counts: Counts
    repeated: bool = False
    """True if the bytes were known already and nothing was stored again."""
    catalogue: str | None = None
    """Digest of the catalogue that the file became."""


def counts_of_kind(files: Iterable[FileRecord], kind: str) -> Counts:
    """The sum over the files of one kind."""
    return Counts.total(f.counts for f in files if f.kind == kind)


@dataclass(frozen=True)
class ImportRecord:
    """One import as the Library page lists it."""

    id: int
    profile: str
    created_at: datetime
    seconds: float
    files: tuple[FileRecord, ...]
    problems: tuple[Problem, ...]

    @property
    def plays(self) -> Counts:
        """Rows of its files of plays."""
        return counts_of_kind(self.files, "plays")

    @property
    def playlist_rows(self) -> Counts:
        """Rows of its playlists."""
        return counts_of_kind(self.files, "playlist")

    @property
    def tracks(self) -> Counts:
        """Rows of its track tables."""
        return counts_of_kind(self.files, "catalogue")

    @property
    def neighbours(self) -> Counts:
        """Rows of its neighbour packs."""
        return counts_of_kind(self.files, "neighbours")

    @property
    def further(self) -> Counts:
        """Facts about own tracks, and choices."""
        kinds = ("tracks", "choices")
        return Counts.total(counts_of_kind(self.files, kind) for kind in kinds)


@dataclass(frozen=True)
class Catalogue:
    """A track table that can be recommended from."""

    id: int
    name: str
    origin: str
    """The file it came from."""
    licence: str
    invented: bool
    n_tracks: int
    digest: str
    created_at: datetime
    path: Path
    """Its Parquet file."""
    enabled: bool = False
    """Whether the profile that was asked for recommends from it."""
    kind: str = "tracks"
    """``tracks``: a table of tracks; ``neighbours``: what other listeners play; ``open``: what
    open data found for one profile."""
    owner: str = ""
    """The profile that a catalogue of kind ``open`` was made for; "" for everybody's."""
    n_listeners: int = 0
    """Listeners of a neighbour pack."""
    updated_at: datetime | None = None
    """When its tracks were last replaced; None for never."""


@dataclass(frozen=True)
class OwnData:
    """Everything a profile has imported, as tables with rows by position."""

    tracks: pd.DataFrame
    """``SOURCE_TRACK_COLUMNS``, sorted by track id."""
    plays: pd.DataFrame
    """``PLAY_COLUMNS`` and ``source`` (a category of ``PLAY_SOURCES``: whose word the play is),
    sorted by time; the order of the file decides within a second."""
    playlist_items: pd.DataFrame
    """``PLAYLIST_COLUMNS``, sorted by playlist and position."""
    listeners: tuple[str, ...]
    """Names; the first is the owner, "you"."""
    fingerprint: str
    train_on_api_rows: bool = False
    invented: bool = field(default=False)
