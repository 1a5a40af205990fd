"""The tables of the database.

Everything an import brings carries its ``import_id``: tracks, names, plays and
playlist rows. Undoing an import is therefore one cascading delete, and an
import that was cut off is invisible because its row is still ``pending``.
"""

from __future__ import annotations

from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    ScalarSelect,
    Select,
    Table,
    Text,
    UniqueConstraint,
    select,
    text,
)

from musicai.data.library import SOURCE_TRACK_COLUMNS

metadata = MetaData()

_SQL_TYPES = {"str": Text, "float32": Float, "boolean": Boolean}


def _of_import() -> Column[int]:
    return Column(
        "import_id", Integer, ForeignKey("imports.id", ondelete="CASCADE"), nullable=False
    )


profiles = Table(
    "profiles",
    metadata,
    Column("name", Text, primary_key=True),
    Column("label", Text, nullable=False, default=""),
    Column("invented", Boolean, nullable=False, default=False),
    Column("created_at", Integer, nullable=False),
    Column("active_version", Text),
    Column("train_on_api_rows", Boolean),
    Column("settings", Text, nullable=False, default="{}"),
)
"""``train_on_api_rows`` is null until the person has been asked."""

imports = Table(
    "imports",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("profile", Text, nullable=False, index=True),
    Column("state", Text, nullable=False),
    Column("include_private", Boolean, nullable=False),
    Column("created_at", Integer, nullable=False),
    Column("seconds", Float, nullable=False, default=0.0),
    sqlite_autoincrement=True,
)
"""``state``: ``pending`` while it is written, ``visible`` from one small transaction on.
``profile`` is not a foreign key: the first import creates its profile only when it ends."""

import_files = Table(
    "import_files",
    metadata,
    Column("id", Integer, primary_key=True),
    _of_import(),
    Column("file", Text, nullable=False),
    Column("digest", Text, nullable=False, index=True),
    Column("format", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("repeated", Boolean, nullable=False),
    Column("catalogue", Text),
    Column("read", Integer, nullable=False),
    Column("imported", Integer, nullable=False),
    Column("duplicate", Integer, nullable=False),
    Column("not_music", Integer, nullable=False),
    Column("private", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    Index("import_files_by_import", "import_id"),
)
"""``repeated``: the bytes were known already, nothing of them was stored again.
``catalogue``: digest of the catalogue that the file became."""

problems = Table(
    "problems",
    metadata,
    Column("id", Integer, primary_key=True),
    _of_import(),
    Column("file", Text, nullable=False),
    Column("where", Text, nullable=False),
    Column("why", Text, nullable=False),
    Index("problems_by_import", "import_id"),
)

tracks = Table(
    "tracks",
    metadata,
    Column("id", Integer, primary_key=True),
    _of_import(),
    Column("row", Integer, nullable=False),
    *[Column(name, _SQL_TYPES[dtype]) for name, dtype in SOURCE_TRACK_COLUMNS.items()],
    Index("tracks_by_import", "import_id"),
)
"""What each import says about a track. ``row`` is the track's number in its profile; several
rows with one ``row`` are merged on reading, the earliest known value of a column wins."""

listeners = Table(
    "listeners",
    metadata,
    Column("import_id", ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True),
    Column("code", Integer, primary_key=True),
    Column("name", Text, nullable=False),
)
"""Names of the listeners that an import speaks of; code 0 with the name "" is the owner."""

playlists = Table(
    "playlists",
    metadata,
    Column("import_id", ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True),
    Column("code", Integer, primary_key=True),
    Column("name", Text, nullable=False),
)

words = Table(
    "words",
    metadata,
    Column("code", Integer, primary_key=True),
    Column("text", Text, nullable=False, unique=True),
)
"""The few words in which a player says why a play began and ended; 0 is "not known"."""

plays = Table(
    "plays",
    metadata,
    Column("id", Integer, primary_key=True),
    _of_import(),
    Column("track", Integer, nullable=False),
    Column("listener", Integer, nullable=False),
    Column("played_at", Integer, nullable=False),
    Column("ms_played", Integer, nullable=False),
    Column("skipped", Integer, nullable=False),
    Column("reason_start", Integer, nullable=False),
    Column("reason_end", Integer, nullable=False),
    Column("shuffle", Integer, nullable=False),
    Column("superseded_by", Integer),
    Column("duplicate", Integer, nullable=False, server_default=text("0")),
    Column("source", Integer, nullable=False, server_default=text("0")),
    Index("plays_by_import", "import_id"),
)
"""Integers alone, so that a million of them are read in a second or two.

``reason_*``: codes of ``words``. ``skipped``, ``shuffle``: 1, 0, −1 for not known.
``source``: position in ``PLAY_SOURCES``, whose word the play is.
``superseded_by``: the import that holds the same play already; such rows are kept, so that
undoing that import brings them to light, and are not read otherwise. ``duplicate``: 1 where that
import holds the very same row, 0 where it tells the same play in the words of a better source.
"""

playlist_items = Table(
    "playlist_items",
    metadata,
    Column("id", Integer, primary_key=True),
    _of_import(),
    Column("playlist", Integer, nullable=False),
    Column("track", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    Column("added_at", Integer, nullable=False),
    Column("api_born", Integer, nullable=False),
    Column("superseded_by", Integer),
    Index("playlist_items_by_import", "import_id"),
)

catalogues = Table(
    "catalogues",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("licence", Text, nullable=False),
    Column("invented", Boolean, nullable=False),
    Column("n_tracks", Integer, nullable=False),
    Column("digest", Text, nullable=False),
    Column("created_at", Integer, nullable=False),
    Column("kind", Text, nullable=False, server_default="tracks"),
    Column("owner", Text, nullable=False, server_default=""),
    Column("n_listeners", Integer, nullable=False, server_default=text("0")),
    Column("updated_at", Integer, nullable=False, server_default=text("0")),
    UniqueConstraint("name"),
    UniqueConstraint("digest"),
)
"""``kind``: ``tracks``, a table of tracks; ``neighbours``, what other listeners play, where
``n_tracks`` counts the artists or tracks they name; ``open``, what open data found for the profile
``owner``. ``updated_at`` is 0 for one that was never replaced."""

profile_catalogues = Table(
    "profile_catalogues",
    metadata,
    Column("profile", Text, primary_key=True),
    Column("catalogue", ForeignKey("catalogues.id", ondelete="CASCADE"), primary_key=True),
    Column("enabled", Boolean, nullable=False),
)

artifacts = Table(
    "artifacts",
    metadata,
    Column("version", Text, primary_key=True),
    Column("file", Text, primary_key=True),
    Column("sha256", Text, nullable=False),
)
"""SHA-256 of every file of the model versions trained on this machine."""

profile_versions = Table(
    "profile_versions",
    metadata,
    Column("profile", Text, primary_key=True),
    Column("version", Text, primary_key=True),
)

version_marks = Table(
    "version_marks",
    metadata,
    Column("version", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("pinned", Boolean, nullable=False),
)
"""What the person says of a version: a name of its own, and that it is to be kept."""

activations = Table(
    "activations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("profile", Text, nullable=False, index=True),
    Column("version", Text, nullable=False),
    Column("at", Integer, nullable=False),
)
"""Which versions served a profile, one upon the other; rolling back takes the last away."""

fingerprints = Table(
    "fingerprints",
    metadata,
    Column("profile", Text, primary_key=True),
    Column("fingerprint", Text, primary_key=True),
    Column("used_at", Integer, nullable=False),
)
"""Fingerprints that side files were made for, so that they can be found and deleted."""


def _of_profile(name: str, *columns: Column[Any]) -> Table:
    """A table of one kind of choice; ``import_id`` is null for a choice made here.

    Two imports may bring the same choice, so that undoing one leaves it with the other; it
    counts once.
    """
    return Table(
        name,
        metadata,
        Column("id", Integer, primary_key=True),
        Column("profile", Text, nullable=False),
        Column("import_id", Integer, ForeignKey("imports.id", ondelete="CASCADE")),
        Column("created_at", Integer, nullable=False),
        *columns,
        UniqueConstraint("profile", "import_id", *(c.name for c in columns if c.info)),
        Index(f"{name}_by_import", "import_id"),
    )


_KEY = {"key": True}
"""Marks the columns that make a choice the same choice."""

exclusions = _of_profile(
    "exclusions",
    Column("kind", Text, nullable=False, info=_KEY),
    Column("value", Text, nullable=False, info=_KEY),
    Column("since", Integer, nullable=False, info=_KEY),
    Column("until", Integer, nullable=False, info=_KEY),
)

match_decisions = _of_profile(
    "match_decisions",
    Column("first", Text, nullable=False, info=_KEY),
    Column("second", Text, nullable=False, info=_KEY),
    Column("same", Boolean, nullable=False),
)

feedback = _of_profile(
    "feedback",
    Column("track_id", Text, nullable=False, info=_KEY),
    Column("verdict", Text, nullable=False, info=_KEY),
    Column("given_at", Integer, nullable=False, info=_KEY),
)

mappings = Table(
    "mappings",
    metadata,
    Column("header", Text, primary_key=True),
    Column("mapping", Text, nullable=False),
)
"""What the columns of tables mean that no reader knows; both columns are JSON."""


answers = Table(
    "answers",
    metadata,
    Column("endpoint", Text, primary_key=True),
    Column("question", Text, primary_key=True),
    Column("body", Text),
    Column("fetched_at", Integer, nullable=False),
    Index("answers_by_age", "fetched_at"),
)
"""What open data hosts answered. ``question``: canonical JSON of one item asked, such as a pair
of names or an id; ``body``: JSON, null where the host knows nothing of it."""

recordings = Table(
    "recordings",
    metadata,
    Column("profile", Text, primary_key=True),
    Column("track_id", Text, primary_key=True),
    Column("mbid", Text, nullable=False),
    Column("noted_at", Integer, nullable=False),
    Index("recordings_by_mbid", "mbid"),
)
"""Which recording of MusicBrainz a track of a profile is, the canonical id where it is known."""

aliases = Table(
    "aliases",
    metadata,
    Column("alias", Text, primary_key=True),
    Column("mbid", Text, nullable=False),
    Index("aliases_by_mbid", "mbid"),
)
"""Other ids of those recordings → the canonical one; an id is in one of the two columns only."""

measures = Table(
    "measures",
    metadata,
    Column("mbid", Text, primary_key=True),
    Column("feature", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("value", Float),
    Column("word", Text, nullable=False),
    Column("n", Integer, nullable=False),
    Column("spread", Float, nullable=False),
    Column("dated", Text, nullable=False),
    Column("noted_at", Integer, nullable=False),
)
"""``musicai.data.audio_descriptors.AudioDescriptor``: what AcousticBrainz measured. Never joined
with audio features."""

read_dumps = Table(
    "read_dumps",
    metadata,
    Column("profile", Text, primary_key=True),
    Column("file", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("read_at", Integer, nullable=False),
)
"""Dumps that were read to their end. ``state``: digest of the file's size and time and of the
ids that were looked for; the same state would give the same measures."""

lists = Table(
    "lists",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("profile", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("made_at", Integer, nullable=False),
    Column("changed_at", Integer, nullable=False),
    UniqueConstraint("profile", "name", name="lists_by_name"),
)
"""The playlists that a person made here; the one without a name is being put together."""

list_tracks = Table(
    "list_tracks",
    metadata,
    Column("list", Integer, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("track_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("artists", Text, nullable=False),
)
"""Their tracks in order. Title and artists stay readable when the track itself is gone."""

impressions = Table(
    "impressions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("profile", Text, nullable=False),
    Column("track_id", Text, nullable=False),
    Column("shown_at", Integer, nullable=False),
    Column("rank", Integer, nullable=False),
    Column("mode", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("propensity", Float),
    Column("experiment", Integer),
    Column("team", Text, nullable=False),
    Index("impressions_by_time", "profile", "shown_at"),
    Index("impressions_by_experiment", "profile", "experiment"),
)
"""The tracks of lists that were shown, for acceptance over time and for experiments."""

experiments = Table(
    "experiments",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("profile", Text, nullable=False),
    Column("a", Text, nullable=False),
    Column("b", Text, nullable=False),
    Column("started_at", Integer, nullable=False),
    Column("ended_at", Integer),
    Column("verdict", Text),
    Index("ix_experiments_profile", "profile"),
)
"""Blind comparisons; ``a``, ``b`` and ``verdict`` are JSON."""


sent_playlists = Table(
    "sent_playlists",
    metadata,
    Column("playlist_id", Text, primary_key=True),
    Column("profile", Text, primary_key=True),
    Column("account_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("recipe", Text, nullable=False),
    Column("tracks", Integer, nullable=False),
    Column("made_at", Integer, nullable=False),
    Column("written_at", Integer, nullable=False),
)
"""Playlists at Spotify that were made from here; ``recipe`` is JSON."""


def visible_imports(profile: str) -> ScalarSelect[int]:
    """The ids of a profile's imports that are not being written."""
    return (
        select(imports.c.id)
        .where(imports.c.profile == profile, imports.c.state == "visible")
        .scalar_subquery()
    )


def word_codes(connection: Connection) -> dict[str, int]:
    """Word → code; the empty word, 0, is always there."""
    rows = connection.execute(select(words.c.text, words.c.code))
    return {"": 0} | {str(word): int(code) for word, code in rows}


def raw_rows(connection: Connection, statement: Select[Any]) -> list[tuple[Any, ...]]:
    """All rows as the driver gives them; several times faster than SQLAlchemy's rows."""
    cursor = connection.execute(statement).cursor
    assert cursor is not None  # a SELECT always has one
    return list(cursor.fetchall())


def raw_integers(connection: Connection, statement: Select[Any]) -> npt.NDArray[np.int64]:
    """(n_columns, n) a statement of integers without nulls, with no row held as objects."""
    result = connection.execute(statement)
    rows: Any = result.cursor  # the driver's own rows are several times faster
    width = len(result.keys())
    values = np.fromiter(chain.from_iterable(rows), dtype=np.int64)
    return np.ascontiguousarray(values.reshape(-1, width).T)
