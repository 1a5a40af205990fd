"""How much of one's own music a catalogue knows, and what it adds that was never played.

All of it is about the owner's tracks, played or in a playlist, and their main artists. A track is
matched exactly as it is when the library is joined (``pairing``); what is only likely does not
count. An artist is there if a track of the same main artist is, by normalised name.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt
import pandas as pd

from musicai.core.errors import NotFound
from musicai.core.files import atomic_write
from musicai.core.settings import Settings
from musicai.data.feedback import MatchDecision
from musicai.data.library import AUDIO_FEATURES, BoolArray, IntArray
from musicai.data.text_keys import first_artist, normalise, recording_key
from musicai.library.matching import match_records
from musicai.store import Catalogue, OwnData, Store
from musicai.store.catalogs import NEIGHBOURS

logger = logging.getLogger(__name__)

_COLUMNS = ("track_id", "name", "artists", "isrc", "duration_ms")
"""What is read of a catalogue."""

_FORMAT = "1"


@dataclass(frozen=True)
class Reach:
    """What a catalogue, or several together, know of one's own music; counts."""

    artists: int
    """Own artists of whom it holds a track."""
    plays_matched: int
    """Plays whose track is in it."""
    plays_of_artists: int
    """Plays by an artist who is in it."""
    new_tracks: int
    """Recordings of own artists in it that are not among the own tracks."""


@dataclass(frozen=True)
class CatalogueReach:
    """One catalogue by itself, and all enabled ones together without it and with it."""

    alone: Reach
    without: Reach
    together: Reach


@dataclass(frozen=True)
class CatalogCoverage:
    """Of how much, and how much of it each catalogue covers."""

    n_artists: int
    """Main artists of the own tracks."""
    n_plays: int
    """The owner's plays."""
    enabled: Reach
    """All enabled catalogues together."""
    each: Mapping[str, CatalogueReach]
    """By name; a catalogue whose file is gone is not in it."""


@dataclass(frozen=True)
class _OwnTracks:
    """The owner's tracks, and what is counted over them."""

    tracks: pd.DataFrame
    plays: npt.NDArray[np.int64]
    """(n_tracks,) the owner's plays of each."""
    artist: IntArray
    """(n_tracks,) position in ``artists``, −1 for a track without one."""
    artists: tuple[str, ...]
    """Normalised, each once."""


@dataclass(frozen=True)
class _CatalogueMatch:
    """What one catalogue holds of it."""

    artists: BoolArray
    """(n_artists,)"""
    tracks: BoolArray
    """(n_tracks,)"""
    new: npt.NDArray[np.uint64]
    """A number for each recording of an own artist that is not among the own tracks, sorted."""

    def __or__(self, other: _CatalogueMatch) -> _CatalogueMatch:
        return _CatalogueMatch(
            self.artists | other.artists,
            self.tracks | other.tracks,
            np.union1d(self.new, other.new),
        )


def measure_coverage(store: Store, settings: Settings, profile: str) -> CatalogCoverage:
    """What the catalogues that a profile may use know of its music.

    What each catalogue holds of it is kept in a side file by fingerprint, so only the first call
    after a change looks at its tracks.

    Raises:
        NotFound: there is no such profile.
    """
    data, decisions = store.own_data(profile), store.decisions(profile)
    own = _collect_own(data)
    state = hashlib.sha256(json.dumps([(d.first, d.second, d.same) for d in decisions]).encode())
    key = f"{store.data_fingerprint(profile)[:32]}-{state.hexdigest()[:8]}"
    found: dict[str, _CatalogueMatch] = {}
    enabled: list[str] = []
    for one in store.catalogues(profile):
        if one.kind == NEIGHBOURS:
            continue
        path = settings.cache / f"coverage-{key}-{one.digest[:16]}.npz"
        try:
            found[one.name] = _read_saved(path, own) or _match_catalogue(
                store, path, one, own, decisions
            )
        except NotFound:
            logger.warning("a catalogue's file is gone; it covers nothing")
            continue
        if one.enabled:
            enabled.append(one.name)
    return _summarise_matches(own, found, enabled)


def _summarise_matches(
    own: _OwnTracks, found: Mapping[str, _CatalogueMatch], enabled: Sequence[str]
) -> CatalogCoverage:
    def combine_reach(names: Iterable[str]) -> Reach:
        nothing = _CatalogueMatch(
            np.zeros(len(own.artists), dtype=bool),
            np.zeros(len(own.tracks), dtype=bool),
            np.empty(0, dtype=np.uint64),
        )
        return _count_reach(
            own, reduce(_CatalogueMatch.__or__, (found[name] for name in names), nothing)
        )

    each = {}
    for name in found:
        others = [other for other in enabled if other != name]
        each[name] = CatalogueReach(
            combine_reach([name]), combine_reach(others), combine_reach([*others, name])
        )
    return CatalogCoverage(len(own.artists), int(own.plays.sum()), combine_reach(enabled), each)


def _count_reach(own: _OwnTracks, found: _CatalogueMatch) -> Reach:
    there = np.append(found.artists, False)[own.artist]  # −1 takes the last one
    return Reach(
        artists=int(found.artists.sum()),
        plays_matched=int(own.plays[found.tracks].sum()),
        plays_of_artists=int(own.plays[there].sum()),
        new_tracks=len(found.new),
    )


def _collect_own(data: OwnData) -> _OwnTracks:
    mine = data.plays.loc[data.plays["listener"] == 0, "track"].to_numpy()
    plays = np.bincount(mine, minlength=len(data.tracks)).astype(np.int64)
    used = plays > 0
    used[data.playlist_items["track"].to_numpy()] = True
    tracks = data.tracks[used].reset_index(drop=True)
    names = [normalise(first_artist(text)) for text in tracks["artists"].astype(object)]
    place: dict[str, int] = {}
    artist = [place.setdefault(name, len(place)) if name else -1 for name in names]
    return _OwnTracks(tracks, plays[used], np.array(artist, dtype=np.int32), tuple(place))


# --- one catalogue ----------------------------------------------------------------------


def _match_catalogue(
    store: Store, path: Path, one: Catalogue, own: _OwnTracks, decisions: Sequence[MatchDecision]
) -> _CatalogueMatch:
    found = _match_rows(own, store.catalogue_tracks(one.name, _COLUMNS), decisions)
    try:
        with atomic_write(path) as beside, beside.open("wb") as file:
            np.savez(
                file,
                artists=found.artists,
                tracks=found.tracks,
                new=found.new,
                format=np.frombuffer(_FORMAT.encode(), dtype=np.uint8),
            )
    except OSError:
        logger.warning("the coverage of a catalogue could not be kept; it is counted each time")
    return found


def _read_saved(path: Path, own: _OwnTracks) -> _CatalogueMatch | None:
    """What was found before, or None if the file is absent or damaged."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            if stored["format"].tobytes().decode() != _FORMAT:
                return None
            found = _CatalogueMatch(
                stored["artists"].astype(bool),
                stored["tracks"].astype(bool),
                stored["new"].astype(np.uint64),
            )
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return None
    fits = (len(found.artists), len(found.tracks)) == (len(own.artists), len(own.tracks))
    return found if fits else None


def _match_rows(
    own: _OwnTracks, catalogue: pd.DataFrame, decisions: Sequence[MatchDecision]
) -> _CatalogueMatch:
    """Match the rows that can matter: those of own artists, and those an id or code names."""
    codes, texts = pd.factorize(catalogue["artists"])
    first = [normalise(first_artist(text)) for text in texts.astype(object)]
    place = {name: number for number, name in enumerate(own.artists)}
    artist = np.array([place.get(name, -1) for name in first], dtype=np.int32)[codes]
    said = {track_id for one in decisions for track_id in (one.first, one.second)}
    named = catalogue["track_id"].isin(said.union(own.tracks["track_id"].astype(object)))
    own_codes = set(own.tracks["isrc"].astype(object)) - {""}
    coded = catalogue["isrc"].isin(own_codes)
    chosen = (artist >= 0) | named.to_numpy(dtype=bool) | coded.to_numpy(dtype=bool)
    some = catalogue[chosen].reset_index(drop=True)
    artist = artist[chosen]
    # which of several rows is taken depends on their audio, that one is taken does not
    bare = some.assign(**dict.fromkeys(AUDIO_FEATURES, np.float32(np.nan)))
    partner = match_records(own.tracks, bare, decisions).partner
    keys, own_keys = _number_recordings(some), _number_recordings(own.tracks)
    met = np.union1d(own_keys, keys[partner[partner >= 0]])
    there = np.zeros(len(own.artists), dtype=bool)
    there[artist[artist >= 0]] = True
    return _CatalogueMatch(there, partner >= 0, np.setdiff1d(keys[artist >= 0], met))


def _number_recordings(tracks: pd.DataFrame) -> npt.NDArray[np.uint64]:
    """(n,) a number for each recording, by the names."""
    pairs = zip(tracks["artists"].astype(object), tracks["name"].astype(object), strict=True)
    keys = np.array([recording_key(by, name) for by, name in pairs], dtype=object)
    return np.asarray(pd.util.hash_array(keys), dtype=np.uint64)
