"""The canonical tables: column names, dtypes, and the frozen, validated Library.

Everything that comes in is brought to these columns at the border and trusted
inside. Rows are addressed by position: a *track row* is a position in
``Library.tracks`` and the same position in every array of the models.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from musicai.core.errors import DataError
from musicai.data.frames import conform, empty_frame
from musicai.data.neighbour_data import Pack

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int32]
BoolArray = npt.NDArray[np.bool_]
RowArray = npt.NDArray[np.intp]
"""Rows for taking from large arrays many times: numpy's own index type saves a conversion."""

UNIT_FEATURES = (
    "danceability",
    "energy",
    "valence",
    "acousticness",
    "instrumentalness",
    "liveness",
    "speechiness",
)
"""Audio features in [0, 1], as Spotify defined them."""

AUDIO_FEATURES = (*UNIT_FEATURES, "tempo", "loudness")
"""All audio features: the unit ones, tempo in beats a minute, loudness in dB."""

KEY_COLUMNS = ("key", "mode")
"""The musical key, as Spotify writes it: ``key`` is the pitch class of its tonic, 0 to 11 from C up
in semitones, ``mode`` 1 for major and 0 for minor. No audio features: a key has no middle, so that
it is never averaged nor estimated. ``musicai.data.musical_keys`` names and compares keys."""

FEATURE_SOURCES = ("file", "matched", "estimated", "none")
"""Where a track's audio features come from, best first."""

KEY_SOURCES = ("file", "matched", "none")
"""Where a track's key comes from: its row, a catalogue, nowhere."""

GENRE_SOURCES = ("file", "matched", "artist", "none")
"""Where a track's genres come from: its row, a catalogue, the artist table, nowhere."""

MATCHES = ("", "id", "isrc", "name", "fuzzy", "confirmed")
"""How an own track's row in a catalogue was found: not at all, by Spotify id, by ISRC, by
normalised title, first artist and duration, by likeness of the names, or by the person."""

ESTIMATES = ("", "neighbours", "artist", "genre")
"""What estimated audio features were made from; "" for a track without estimates."""

ARTIST_SEPARATOR = ";"
"""Between artists, and between genres, inside one text column."""

INVENTED_PREFIX = "invented"
"""Track ids of the sample world begin so; they never enter a profile with real data."""

SOURCE_TRACK_COLUMNS: dict[str, str] = {
    "track_id": "str",
    "name": "str",
    "artists": "str",
    "album": "str",
    "genres": "str",
    "isrc": "str",
    "year": "float32",
    "duration_ms": "float32",
    "popularity": "float32",
    "explicit": "boolean",
    **dict.fromkeys(AUDIO_FEATURES, "float32"),
    **dict.fromkeys(KEY_COLUMNS, "float32"),
}
"""Columns a reader fills. Text is never missing (""), numbers are NaN where not known.

``track_id``: the 22-character Spotify id where there is one, else ``name:`` and a
digest of the normalised first artist and title (``musicai.data.text_keys.name_id``).
``artists``, ``genres``: joined by ";". ``popularity``: 0 to 100. ``genres``: micro-genres
in lower case. ``key``, ``mode``: see ``KEY_COLUMNS``.
"""

TRACK_COLUMNS: dict[str, str] = {
    **SOURCE_TRACK_COLUMNS,
    "feature_source": "category",
    "genre_source": "category",
    "key_source": "category",
    "origin": "category",
    "own": "bool",
    "in_catalogue": "bool",
    "recording": "int32",
    "match": "category",
    "estimate": "category",
    "excluded": "bool",
}
"""Columns of ``Library.tracks``.

``origin``: "your history", "your playlists" or the catalogue's name. ``own``: played by
the listener or in one of the listener's playlists. ``in_catalogue``: found in an enabled
catalogue (an own track can be, too). ``recording``: tracks of one number are one recording.
``key_source``: one of ``KEY_SOURCES``. ``match``: one of ``MATCHES``. ``estimate``: one of
``ESTIMATES``. ``excluded``: the listener left all of the track out of their taste.
"""

PLAY_COLUMNS: dict[str, str] = {
    "track": "int32",
    "listener": "int32",
    "played_at": "datetime64[s, UTC]",
    "ms_played": "int64",
    "skipped": "boolean",
    "reason_start": "category",
    "reason_end": "category",
    "shuffle": "boolean",
}
"""Columns of ``Library.plays``, sorted by ``played_at``. ``track``: track row.
``listener``: position in ``Library.listeners``. ``played_at``: start of the play."""

PLAYLIST_COLUMNS: dict[str, str] = {
    "playlist": "category",
    "track": "int32",
    "position": "int32",
    "added_at": "datetime64[s, UTC]",
    "api_born": "bool",
}
"""Columns of ``Library.playlist_items``. ``added_at`` may be missing (NaT).
``api_born``: the row came through Spotify's API; training on it needs consent."""


LINK_COLUMNS: dict[str, str] = {
    "track_id": "str",
    "kind": "category",
    "via": "str",
    "through": "str",
    "strength": "float32",
}
"""How tracks of a catalogue were found from the listener's own music; a track may have several.

``kind``: one of ``LINK_KINDS``. ``via``: the own artist (or the tag) it starts from, as the
listener's tracks spell it. ``through``: for a second step, the similar artist between, else "".
``strength``: 0 to 1, how strong the likeness is among those of the same ``via``."""

LINK_KINDS = ("similar artist", "top recording", "similar recording", "tag", "fresh release")
"""``similar artist``: by an artist whom listeners of ``via`` play; ``top recording``: a much
played recording of ``via`` itself; ``similar recording``: played beside a recording of ``via``;
``tag``: carries the tag ``via``; ``fresh release``: a new release of ``via``."""


class Vocabulary:
    """Track ids in row order: id ↔ row."""

    def __init__(self, ids: Iterable[str]) -> None:
        # a column of text is brought over whole: one by one it takes ten times as long
        whole = ids.astype(object) if isinstance(ids, pd.Series) else list(ids)
        self._index = pd.Index(np.asarray(whole, dtype=object))
        if not self._index.is_unique:
            twice = self._index[self._index.duplicated()][0]
            raise DataError(f"Track id {twice!r} occurs twice; ids must be unique.")

    def __len__(self) -> int:
        return len(self._index)

    def __contains__(self, track_id: object) -> bool:
        return track_id in self._index

    @property
    def ids(self) -> npt.NDArray[np.object_]:
        """(n_tracks,) ids in row order."""
        return np.asarray(self._index, dtype=object)

    def rows(self, ids: Iterable[str]) -> IntArray:
        """(len(ids),) rows, −1 where an id is not known."""
        wanted = np.asarray(list(ids), dtype=object)
        return np.asarray(self._index.get_indexer(pd.Index(wanted)), dtype=np.int32)

    def id(self, row: int) -> str:
        """The id at a row."""
        return str(self._index[row])

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over all ids in order."""
        return hashlib.sha256("\n".join(map(str, self._index)).encode()).hexdigest()


@dataclass(frozen=True)
class Library:
    """One profile's tracks, plays and playlists, with the tracks of its enabled catalogues.

    Own tracks come first. Frozen and never mutated: it is shared between
    sessions, and cached by ``fingerprint``. :meth:`validate` is the only door.
    """

    profile: str
    """The profile's name."""
    invented: bool
    """True for the sample world."""
    tracks: pd.DataFrame
    """``TRACK_COLUMNS``, one row a track."""
    plays: pd.DataFrame
    """``PLAY_COLUMNS``, sorted by time."""
    playlist_items: pd.DataFrame
    """``PLAYLIST_COLUMNS``."""
    listeners: tuple[str, ...]
    """Names of the listeners; the first is the profile's owner."""
    fingerprint: str
    """SHA-256 that names exactly this data (imports, catalogues and consent)."""
    train_on_api_rows: bool = False
    """Whether the person allowed training on rows that came through Spotify's API."""
    joined: str = ""
    """Names the tracks alone, whatever is left out of taste; side files of arrays go by it."""
    excluded_plays: int = 0
    """The owner's plays that are left out of ``plays`` because the person excluded them."""
    neighbours: tuple[Pack, ...] = ()
    """What other, real listeners play; nothing of it is read before training."""
    links: pd.DataFrame = field(default_factory=lambda: empty_frame(LINK_COLUMNS))
    """``LINK_COLUMNS``: how open data came from the own music to tracks of the enabled
    catalogues."""
    vocabulary: Vocabulary = field(init=False, compare=False, repr=False)
    """Track id ↔ track row."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "vocabulary", Vocabulary(self.tracks["track_id"]))

    @classmethod
    def validate(
        cls,
        *,
        profile: str,
        invented: bool,
        tracks: pd.DataFrame,
        plays: pd.DataFrame,
        playlist_items: pd.DataFrame,
        listeners: Sequence[str],
        fingerprint: str,
        train_on_api_rows: bool = False,
        joined: str = "",
        links: pd.DataFrame | None = None,
        neighbours: Sequence[Pack] = (),
    ) -> Library:
        """Validate the tables and freeze them.

        Raises:
            DataError: a column is missing, an id is empty or occurs twice, a play
                points outside the tables, or invented and real tracks meet.
        """
        tracks = conform(tracks, TRACK_COLUMNS, "tracks")
        plays = conform(plays, PLAY_COLUMNS, "plays")
        playlist_items = conform(playlist_items, PLAYLIST_COLUMNS, "playlist_items")
        _check_rows(plays["track"], len(tracks), "plays.track")
        _check_rows(plays["listener"], len(listeners), "plays.listener")
        _check_rows(playlist_items["track"], len(tracks), "playlist_items.track")
        if (tracks["track_id"] == "").any():
            raise DataError("A track has an empty id; every track needs one.")
        if not listeners:
            raise DataError("A library needs at least one listener, its owner.")
        if not plays["played_at"].is_monotonic_increasing:
            plays = plays.sort_values("played_at", kind="stable", ignore_index=True)
        marked = tracks["track_id"].str.startswith(INVENTED_PREFIX)
        if len(tracks) and bool(marked.any()) != invented:
            raise DataError(
                f"Profile {profile!r} would mix invented sample tracks with real ones. "
                "The sample lives in a profile of its own."
            )
        return cls(
            profile=profile,
            invented=invented,
            tracks=tracks,
            plays=plays,
            playlist_items=playlist_items,
            listeners=tuple(listeners),
            fingerprint=fingerprint,
            train_on_api_rows=train_on_api_rows,
            joined=joined or fingerprint,
            neighbours=tuple(neighbours),
            links=conform(
                empty_frame(LINK_COLUMNS) if links is None else links, LINK_COLUMNS, "links"
            ),
        )

    @property
    def n_tracks(self) -> int:
        """Number of track rows."""
        return len(self.tracks)

    @cached_property
    def canonical(self) -> RowArray:
        """(n_tracks,) for each row the first row of its recording, which stands for it in taste.

        Own tracks come first, so an own track is never stood for by a catalogue's.
        """
        _, first, place = np.unique(
            self.tracks["recording"].to_numpy(), return_index=True, return_inverse=True
        )
        return np.asarray(first[place], dtype=np.intp)

    @cached_property
    def by_artist(self) -> dict[str, list[int]]:
        """Name as it is written → rows of the tracks that name the artist, as a guest too."""
        found: dict[str, list[int]] = {}
        for row, names in enumerate(self.tracks["artists"].tolist()):
            for name in set(names.split(ARTIST_SEPARATOR)) if names else ():
                found.setdefault(name, []).append(row)
        return found

    def training_items(self) -> pd.DataFrame:
        """Playlist rows that may enter ``fit``: all with consent, else those not ``api_born``."""
        if self.train_on_api_rows:
            return self.playlist_items
        return self.playlist_items[~self.playlist_items["api_born"]]

    def before(self, cut: pd.Timestamp) -> Library:
        """What was known before ``cut``: plays and playlist rows earlier than it.

        ``own`` is recomputed, so a track first met after the cut is a candidate
        only if an enabled catalogue holds it. Undated playlist rows stay out:
        they may have been added later.
        """
        plays = self.plays[self.plays["played_at"] < cut]
        items = self.playlist_items[self.playlist_items["added_at"] < cut]
        own = self.tracks["excluded"].to_numpy(dtype=bool, copy=True)  # met, and never new again
        own[plays.loc[plays["listener"] == 0, "track"].to_numpy()] = True
        own[items["track"].to_numpy()] = True
        return Library(
            profile=self.profile,
            invented=self.invented,
            tracks=self.tracks.assign(own=own),
            plays=plays.reset_index(drop=True),
            playlist_items=items.reset_index(drop=True),
            listeners=self.listeners,
            fingerprint=hashlib.sha256(
                f"{self.fingerprint}<{cut.isoformat()}".encode()
            ).hexdigest(),
            train_on_api_rows=self.train_on_api_rows,
            excluded_plays=self.excluded_plays,
            neighbours=self.neighbours,
            links=self.links,
        )


def _check_rows(rows: pd.Series, size: int, column: str) -> None:
    if len(rows) and (int(rows.min()) < 0 or int(rows.max()) >= size):
        raise DataError(f"Column {column!r} points outside its table of {size} rows.")


class Shown:
    """What the screen shows of a track, by row: id, title, artists, origin."""

    def __init__(self, library: Library) -> None:
        columns = ("track_id", "name", "artists", "origin")
        self._values = [library.tracks[column].to_numpy(dtype=object) for column in columns]

    def __getitem__(self, row: int) -> tuple[str, str, tuple[str, ...], str]:
        track_id, name, artists, origin = (str(values[row]) for values in self._values)
        names = tuple(part.strip() for part in artists.split(ARTIST_SEPARATOR) if part.strip())
        return track_id, name, names, origin
