"""What can be recommended: own tracks and the tracks of enabled catalogues, as one Library.

Here each track gets its features and genres, with where they came from:
from its own file, else from the row of a catalogue that is the same recording
(``pairing``), else estimated (``estimates``), else none.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd
import pyarrow as pa

from musicai.core.files import atomic_write
from musicai.core.progress import Progress, no_progress, part
from musicai.core.settings import Settings
from musicai.data.feedback import MatchDecision
from musicai.data.frames import conform, empty_frame
from musicai.data.genres import artist_genres, genre_shares
from musicai.data.library import (
    ARTIST_SEPARATOR,
    AUDIO_FEATURES,
    KEY_COLUMNS,
    LINK_COLUMNS,
    SOURCE_TRACK_COLUMNS,
    TRACK_COLUMNS,
    BoolArray,
    IntArray,
    Library,
)
from musicai.data.neighbour_data import Pack
from musicai.data.text_keys import artist_keys, isrc, normalise, recordings
from musicai.library.exclusions import leave_out
from musicai.library.feature_estimates import collect_known_features, estimate_features
from musicai.library.matching import (
    RecordMatches,
    apply_decisions,
    find_versions,
    mark_known_audio,
    match_records,
    split_by_length,
)
from musicai.store import OwnData, Store

logger = logging.getLogger(__name__)

HISTORY_ORIGIN = "your history"
PLAYLIST_ORIGIN = "your playlists"

MIN_TAGGERS = 2
"""Listeners who must have given an artist a tag before it is taken for a genre."""

MAX_TAGS = 3
"""Tags of an artist that are taken for genres."""

_TEXT = ("album", "genres", "isrc")
_NUMBERS = ("year", "duration_ms", "popularity")


def get_joined_path(settings: Settings, joined: str) -> Path:
    """The side file of the joined tracks that ``Store.joined_fingerprint`` names."""
    return settings.cache / f"joined-{joined[:32]}.parquet"


def load_library(
    store: Store,
    settings: Settings,
    profile: str,
    *,
    whole: bool = False,
    progress: Progress = no_progress,
) -> Library:
    """The profile's own data joined with its enabled catalogues.

    The joined track table is kept in a side file named by what it was made of, so
    only the first call after a change pays for the matching.

    Args:
        store: Where the data are.
        settings: Where the side files are.
        profile: Whose library.
        whole: Also with what the person left out of their taste.
        progress: Raises ``Cancelled`` to stop; then no side file was written.
    """
    started = time.perf_counter()
    fingerprint, joined = store.fingerprint(profile), store.compute_joined_name(profile)
    path = get_joined_path(settings, joined)
    own: OwnData | None = None
    try:
        tracks = _read_joined(path)
        own = store.own_data(profile)
    except (OSError, ValueError, pa.ArrowException):
        own, catalogue = load_own_and_catalogue(store, profile)
        tags = collect_tagged_genres(store.neighbours(profile))
        tracks = join_tracks(own, catalogue, store.decisions(profile), tags, progress)
        _write_parquet(path, tracks)
    record = store.profile(profile)
    library = Library.validate(
        profile=profile,
        invented=record.invented,
        tracks=tracks,
        plays=own.plays,
        playlist_items=own.playlist_items,
        listeners=own.listeners,
        fingerprint=fingerprint,
        joined=joined,
        train_on_api_rows=bool(record.train_on_api_rows),
        neighbours=store.neighbours(profile),
        links=_load_links(store, profile, tracks["track_id"]),
    )
    if not whole:
        library = leave_out(library, store.exclusions(profile))
    logger.info(
        "library of %d tracks, %d plays in %.2f s",
        library.n_tracks,
        len(library.plays),
        time.perf_counter() - started,
    )
    return library


def _read_joined(path: Path) -> pd.DataFrame:
    """``TRACK_COLUMNS`` of the side file.

    Raises:
        ValueError: another musicai made it, with other columns.
    """
    tracks = pd.read_parquet(path)
    if list(tracks.columns) != list(TRACK_COLUMNS):
        raise ValueError("the side file has other columns")
    return tracks


def _load_links(store: Store, profile: str, there: pd.Series) -> pd.DataFrame:
    """``LINK_COLUMNS`` of the enabled catalogues, for tracks that are there."""
    frames = [store.catalogue_links(c.name) for c in store.catalogues(profile) if c.enabled]
    frames = [frame[frame["track_id"].isin(there)] for frame in frames if len(frame)]
    return pd.concat(frames, ignore_index=True) if frames else empty_frame(LINK_COLUMNS)


def collect_tagged_genres(packs: Sequence[Pack]) -> dict[str, str]:
    """Normalised artist → genres, from the tags that listeners of neighbour packs gave.

    Only tags that a genre is known by, and that at least ``MIN_TAGGERS`` listeners gave; the
    most given first.
    """
    found: dict[str, str] = {}
    for pack in packs:
        tags = pack.tables.tags
        tags = tags[tags["listeners"] >= MIN_TAGGERS]
        known = {tag: bool(genre_shares(tag)) for tag in tags["tag"].unique()}
        tags = tags[tags["tag"].map(known).astype(bool)]
        tags = tags.sort_values(["item", "listeners", "tag"], ascending=[True, False, True])
        names = pack.tables.items["artist"].astype(object)
        for item, most in tags.groupby("item").head(MAX_TAGS).groupby("item")["tag"]:
            found.setdefault(normalise(names.loc[item]), ARTIST_SEPARATOR.join(most))
    return found


def load_own_and_catalogue(store: Store, profile: str) -> tuple[OwnData, pd.DataFrame]:
    """The own data, and the tracks of all enabled catalogues with an ``origin``."""
    enabled = [c for c in store.catalogues(profile) if c.enabled and c.kind != "neighbours"]
    return store.own_data(profile), stack_catalogues(
        [(c.name, store.catalogue_tracks(c.name)) for c in enabled]
    )


def _write_parquet(path: Path, frame: pd.DataFrame) -> None:
    with atomic_write(path) as beside:
        frame.to_parquet(beside, index=False)


def join_tracks(
    data: OwnData,
    catalogue: pd.DataFrame,
    decisions: Sequence[MatchDecision] = (),
    tags: Mapping[str, str] = MappingProxyType({}),
    progress: Progress = no_progress,
) -> pd.DataFrame:
    """One track table: own tracks in their order, then the catalogues' further tracks.

    Args:
        data: The own data; plays and playlists point to rows of its tracks.
        catalogue: ``stack_catalogues`` of the enabled catalogues.
        decisions: The person's word on which tracks are one recording.
        tags: ``collect_tagged_genres`` of the enabled neighbour packs.
        progress: Raises ``Cancelled`` to stop.

    Returns:
        ``TRACK_COLUMNS``.
    """
    own = data.tracks.reset_index(drop=True)
    played = data.plays.loc[data.plays["listener"] == 0, "track"].unique()
    flags = np.zeros(len(own), dtype=bool)
    origin = np.full(len(own), PLAYLIST_ORIGIN, dtype=object)
    flags[data.playlist_items["track"].unique()] = True
    flags[played] = True
    origin[played] = HISTORY_ORIGIN
    pairs = match_records(own, catalogue, decisions, part(progress, 0.0, 0.4))
    progress(0.4, "Putting the tables together")
    own = own.assign(own=flags, origin=origin, recording=0, estimate="", excluded=False)
    own = _adopt_values(own.assign(match=pairs.method), catalogue, pairs)
    # a track that only other listeners played belongs to the catalogue it is known from
    foreign = ~flags & (pairs.partner >= 0)
    own.loc[foreign, "origin"] = catalogue["origin"].to_numpy()[pairs.partner[foreign]]
    rest = catalogue[~catalogue["track_id"].isin(own["track_id"])].assign(
        own=False, in_catalogue=True, recording=0, match="", estimate="", excluded=False
    )
    rest["feature_source"] = np.where(mark_known_audio(rest), "file", "none")
    rest["genre_source"] = np.where(rest["genres"] != "", "file", "none")
    rest["key_source"] = np.where(_mark_whole_keys(rest), "file", "none")
    columns = list(TRACK_COLUMNS)
    tracks = pd.concat([own[columns], rest[columns]], ignore_index=True)
    progress(0.5, "Telling recordings apart")
    tracks["recording"] = _number_recordings(tracks, pairs, catalogue, decisions)
    progress(0.7, "Naming genres")
    tracks = _name_genres(tracks, tags)
    progress(0.8, "Estimating what no file says")
    tracks = estimate_features(
        tracks, collect_known_features(tracks, data.plays, _select_learnable(data))
    )
    progress(0.95, "Saving the joined tracks")
    return conform(tracks, TRACK_COLUMNS, "tracks")


def _select_learnable(data: OwnData) -> pd.DataFrame:
    """Playlist rows that may be learned from: those from Spotify's API only with consent."""
    items = data.playlist_items
    return items if data.train_on_api_rows else items[~items["api_born"]]


def _number_recordings(
    tracks: pd.DataFrame,
    pairs: RecordMatches,
    catalogue: pd.DataFrame,
    decisions: Sequence[MatchDecision],
) -> IntArray:
    """One number a recording: by names, ISRC, the pairs that were found, and the person's word."""
    ids = tracks["track_id"].astype(object).tolist()
    artists = tracks["artists"].astype(object).tolist()
    names = tracks["name"].astype(object).tolist()
    row = {track_id: place for place, track_id in enumerate(ids)}
    together: list[tuple[int, int]] = []
    catalogue_ids = catalogue["track_id"].astype(object).tolist()
    for own, other in enumerate(pairs.partner.tolist()):
        if pairs.method[own] not in ("", "id"):
            together.append((own, row[catalogue_ids[other]]))
    first: dict[str, int] = {}
    for place, text in enumerate(tracks["isrc"].astype(object)):
        code = isrc(text) if text else ""
        if code and find_versions(str(tracks["name"].iat[place])) == frozenset():
            together.append((first.setdefault(code, place), place))
    said = [
        (row[d.first], row[d.second], d.same)
        for d in decisions
        if d.first in row and d.second in row
    ]
    together += [(one, other) for one, other, same in said if same]
    split = [(one, other) for one, other, same in said if not same]
    lengths = tracks["duration_ms"].to_numpy(dtype=float)
    numbers = split_by_length(recordings(artists, names, ids), lengths)
    return apply_decisions(numbers, [(a, b) for a, b in together if a != b], split)


def stack_catalogues(catalogues: list[tuple[str, pd.DataFrame]]) -> pd.DataFrame:
    """The tracks of several catalogues with their ``origin``; of one id the first counts."""
    frames = [frame.assign(origin=name) for name, frame in catalogues if len(frame)]
    if not frames:
        return empty_frame(SOURCE_TRACK_COLUMNS).assign(origin="")
    return pd.concat(frames, ignore_index=True).drop_duplicates("track_id", ignore_index=True)


def _adopt_values(
    own: pd.DataFrame,
    catalogue: pd.DataFrame,
    pairs: RecordMatches,
) -> pd.DataFrame:
    """Own tracks with what their catalogue partner knows and they do not."""
    own, partner = own.copy(), pairs.partner
    by_id = np.array([method == "id" for method in pairs.method], dtype=bool)
    own["in_catalogue"] = partner >= 0
    own["feature_source"] = np.where(mark_known_audio(own), "file", "none")
    own["genre_source"] = np.where(own["genres"] != "", "file", "none")
    own["key_source"] = np.where(_mark_whole_keys(own), "file", "none")
    matched = np.flatnonzero(partner >= 0)
    if not len(matched):
        return own
    found = catalogue.iloc[partner[matched]].set_axis(matched)
    gains = matched[~mark_known_audio(own)[matched] & mark_known_audio(found)]
    own.loc[gains, list(AUDIO_FEATURES)] = found.loc[gains, list(AUDIO_FEATURES)]
    own.loc[gains, "feature_source"] = "matched"
    keyed = matched[~_mark_whole_keys(own)[matched] & _mark_whole_keys(found)]
    own.loc[keyed, list(KEY_COLUMNS)] = found.loc[keyed, list(KEY_COLUMNS)]
    own.loc[keyed, "key_source"] = "matched"
    labelled = matched[(own.loc[matched, "genres"] == "") & (found["genres"] != "")]
    own.loc[labelled, "genre_source"] = "matched"
    for column in _TEXT:
        lacking = matched[own.loc[matched, column] == ""]
        own.loc[lacking, column] = found.loc[lacking, column]
    for column in _NUMBERS:
        lacking = matched[own.loc[matched, column].isna()]
        own.loc[lacking, column] = found.loc[lacking, column]
    nameless = matched[by_id[matched] & (own.loc[matched, "name"] == "")]
    own.loc[nameless, ["name", "artists"]] = found.loc[nameless, ["name", "artists"]]
    return own


def _mark_whole_keys(frame: pd.DataFrame) -> BoolArray:
    """(n,) tracks with a whole key; half of one is never put together with another file's half."""
    return frame[list(KEY_COLUMNS)].notna().all(axis=1).to_numpy(dtype=bool)


def _name_genres(tracks: pd.DataFrame, tags: Mapping[str, str]) -> pd.DataFrame:
    """Genres for tracks without: their artist's in these tables, in the artist table, in tags."""
    artist = _get_first_artists(tracks)
    known = tracks["genres"] != ""
    # the artist's most frequent label set speaks for the artist's other tracks
    counted = tracks[known].groupby([artist[known], "genres"], sort=True).size()
    best = counted.sort_values(kind="stable").groupby(level=0).tail(1).reset_index(level=1)
    here = {str(name): str(genres) for name, genres in best["genres"].items()}
    table = artist_genres()
    guess = pd.Series(
        [here.get(name) or table.get(name) or tags.get(name, "") for name in artist],
        index=tracks.index,
        dtype="str",
    )
    fill = ~known & (guess != "")
    tracks.loc[fill, "genres"] = guess[fill]
    tracks.loc[fill, "genre_source"] = "artist"
    return tracks


def _get_first_artists(tracks: pd.DataFrame) -> pd.Series:
    """The normalised first artist of each track."""
    names = artist_keys(tracks["artists"].astype(object))
    return pd.Series(names, index=tracks.index, dtype="str", name="artist")
