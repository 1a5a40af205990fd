"""Audio features that no file gives: what they are guessed from, and how far off that is.

Three ways, each measured by hiding values that are known and guessing them again:

* the tracks one plays beside it: the mean of known tracks that share sessions and
  playlists with it, weighted by the square of the cosine between their baskets
  (item-based neighbours, Sarwar et al. 2001, "Item-based collaborative filtering");
* the mean of the same artist's known tracks;
* the mean of its genres' known tracks, weighted by membership.

A track takes the way with the smallest measured error that can say anything of it.
"""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from musicai.core.files import atomic_write
from musicai.core.settings import Settings
from musicai.data.genres import genre_matrix
from musicai.data.library import AUDIO_FEATURES, BoolArray, Library
from musicai.data.sessions import basket_rows, mark_completed, sessions
from musicai.data.text_keys import artist_keys

logger = logging.getLogger(__name__)

Matrix = npt.NDArray[np.float64]

HIDDEN = 2_000
"""Tracks whose known values are hidden to measure the error, at most."""

LEAST_HIDDEN = 50
"""With fewer the error says nothing, and the order is that of ``WAYS``."""

LEAST_NEIGHBOURS = 3
"""Known tracks that a track must have been played beside."""

LARGEST_BASKET = 200
"""Sessions and playlists with more tracks say little of which belong together."""

WAYS = ("artist", "genre", "neighbours")
"""In the order in which they are used where nothing can be measured."""

_CHUNK = 20_000


@dataclass(frozen=True)
class EstimateError:
    """How far one way of estimating is off for one feature."""

    method: str
    """One of ``WAYS``."""
    feature: str
    error: float
    """Mean absolute error, in the feature's own unit."""
    baseline: float
    """The same of the mean of all known tracks, over the same tracks."""
    n: int
    """Tracks that it stands on."""


@dataclass(frozen=True)
class KnownFeatures:
    """What estimates are made from, a row a track."""

    audio: Matrix
    """(n, 9) known values, NaN elsewhere; estimates are not among them."""
    artist: npt.NDArray[np.int64]
    """(n,) number of the first artist, −1 for none."""
    genres: Matrix
    """(n, 10) membership."""
    baskets: sparse.csr_matrix
    """(baskets, n) ones; rows are sessions and playlists."""
    recording: npt.NDArray[np.int32]
    """(n,) tracks of one number are one recording."""

    @property
    def is_known(self) -> BoolArray:
        """(n,) tracks with any known value."""
        return np.asarray(np.isfinite(self.audio).any(axis=1))


def collect_known_features(
    tracks: pd.DataFrame, plays: pd.DataFrame, items: pd.DataFrame
) -> KnownFeatures:
    """Gather what a library knows; estimates that its tracks carry count as not known.

    Args:
        tracks: ``TRACK_COLUMNS``.
        plays: ``PLAY_COLUMNS``.
        items: ``PLAYLIST_COLUMNS``.
    """
    audio = tracks[list(AUDIO_FEATURES)].to_numpy(dtype=np.float64, copy=True)
    audio[(tracks["feature_source"] == "estimated").to_numpy(dtype=bool)] = np.nan
    names = artist_keys(tracks["artists"].astype(object))
    codes = pd.factorize(np.array(names, dtype=object))[0].astype(np.int64)
    codes[np.array([not name for name in names], dtype=bool)] = -1
    done = mark_completed(plays)
    lists = items["playlist"].astype("category").cat.codes.to_numpy()
    parts = [
        basket_rows(sessions(plays)[done], plays["track"].to_numpy()[done], len(tracks)),
        basket_rows(lists, items["track"].to_numpy(), len(tracks)),
    ]
    baskets = sparse.csr_matrix(sparse.vstack(parts, format="csr"), dtype=np.float64)
    small = np.diff(baskets.indptr) <= LARGEST_BASKET
    members = np.nan_to_num(genre_matrix(tracks["genres"])).astype(np.float64)
    return KnownFeatures(
        audio=audio,
        artist=codes,
        genres=members,
        baskets=sparse.csr_matrix(baskets[np.flatnonzero(small)]),
        recording=tracks["recording"].to_numpy(dtype=np.int32),
    )


# --- the three ways -------------------------------------------------------------------


def _divide_sums(total: Matrix, weight: Matrix) -> Matrix:
    result: Matrix = np.divide(total, weight, out=np.full(total.shape, np.nan), where=weight > 0)
    return result


def estimate_by_artist(known: KnownFeatures, wanted: npt.NDArray[np.intp]) -> Matrix:
    """(len(wanted), 9) means of the same artist's known tracks."""
    size = int(known.artist.max(initial=-1)) + 1
    has = np.flatnonzero((known.artist >= 0) & known.is_known)
    members = sparse.csr_matrix(
        (np.ones(len(has)), (known.artist[has], np.arange(len(has)))), shape=(size, len(has))
    )
    values = known.audio[has]
    total = np.asarray(members @ np.nan_to_num(values))
    count = np.asarray(members @ np.isfinite(values).astype(float))
    means = np.vstack([_divide_sums(total, count), np.full((1, len(AUDIO_FEATURES)), np.nan)])
    return np.asarray(means[known.artist[wanted]])


def estimate_by_genre(known: KnownFeatures, wanted: npt.NDArray[np.intp]) -> Matrix:
    """(len(wanted), 9) means of the genres' known tracks, weighted by membership."""
    has = known.is_known
    present = np.isfinite(known.audio[has])
    weights = known.genres[has]
    centre = _divide_sums(weights.T @ np.nan_to_num(known.audio[has]), weights.T @ present)
    mine = known.genres[wanted]
    return _divide_sums(mine @ np.nan_to_num(centre), mine @ np.isfinite(centre).astype(float))


def estimate_by_neighbours(known: KnownFeatures, wanted: npt.NDArray[np.intp]) -> Matrix:
    """(len(wanted), 9) weighted means of known tracks played beside them."""
    found = np.full((len(wanted), len(AUDIO_FEATURES)), np.nan)
    has = np.flatnonzero(known.is_known)
    if not known.baskets.nnz or not len(has):
        return found
    size = np.sqrt(np.asarray(known.baskets.sum(axis=0)).ravel())
    unit = known.baskets @ sparse.diags(
        np.divide(1.0, size, out=np.zeros_like(size), where=size > 0)
    )
    columns = sparse.csc_matrix(unit)
    theirs = columns[:, has]
    values, present = np.nan_to_num(known.audio[has]), np.isfinite(known.audio[has]).astype(float)
    for start in range(0, len(wanted), _CHUNK):
        rows = wanted[start : start + _CHUNK]
        likeness = sparse.csr_matrix(columns[:, rows].T @ theirs)
        enough = np.diff(likeness.indptr) >= LEAST_NEIGHBOURS
        likeness.data **= 2
        guess = _divide_sums(np.asarray(likeness @ values), np.asarray(likeness @ present))
        guess[~enough] = np.nan
        found[start : start + _CHUNK] = guess
    return found


_BY: dict[str, Callable[[KnownFeatures, npt.NDArray[np.intp]], Matrix]] = {
    "artist": estimate_by_artist,
    "genre": estimate_by_genre,
    "neighbours": estimate_by_neighbours,
}


# --- measuring ------------------------------------------------------------------------


def measure_errors(facts: KnownFeatures, *, seed: int = 0) -> tuple[EstimateError, ...]:
    """The error of each way on tracks whose known values were hidden from all of them."""
    has = np.flatnonzero(facts.is_known)
    random = np.random.default_rng(seed)
    # at most a fifth, or what is left to guess from would be another library
    hidden = np.sort(random.permutation(has)[: min(HIDDEN, len(has) // 5)])
    if not len(hidden):
        return ()
    audio = facts.audio.copy()
    # with all its releases: a value must not be guessed from itself
    audio[np.isin(facts.recording, facts.recording[hidden])] = np.nan
    rest = replace(facts, audio=audio)
    truth = facts.audio[hidden]
    overall = np.broadcast_to(_compute_column_means(audio), truth.shape)
    found = []
    for method, way in _BY.items():
        guess = way(rest, hidden)
        for column, feature in enumerate(AUDIO_FEATURES):
            both = np.isfinite(guess[:, column]) & np.isfinite(truth[:, column])
            if not both.any():
                continue
            off = np.abs(guess[both, column] - truth[both, column]).mean()
            base = np.abs(overall[both, column] - truth[both, column]).mean()
            found.append(EstimateError(method, feature, float(off), float(base), int(both.sum())))
    return tuple(found)


def _compute_column_means(values: Matrix) -> Matrix:
    """(9,) means of the known values; NaN for a feature that no track has."""
    present = np.isfinite(values)
    return _divide_sums(np.nan_to_num(values).sum(axis=0), present.sum(axis=0).astype(float))


def rank_methods(errors: tuple[EstimateError, ...]) -> tuple[str, ...]:
    """The ways, that with the smallest error against the overall mean first."""

    def rate_method(way: str) -> float:
        mine = [e for e in errors if e.method == way and e.n >= LEAST_HIDDEN and e.baseline > 0]
        return float(np.mean([e.error / e.baseline for e in mine])) if mine else 1.0

    return tuple(sorted(WAYS, key=lambda way: (rate_method(way), WAYS.index(way))))


def estimate_features(tracks: pd.DataFrame, facts: KnownFeatures) -> pd.DataFrame:
    """Fill what is missing in tracks without audio features; each row says from what.

    Args:
        tracks: ``TRACK_COLUMNS``; changed columns are copies.
        facts: ``collect_known_features`` of the same tracks.
    """
    lacking = np.flatnonzero(~facts.is_known)
    if not len(lacking) or not facts.is_known.any():
        return tracks
    values = facts.audio[lacking]
    method = np.full(len(lacking), "", dtype=object)
    for way in rank_methods(measure_errors(facts)):
        guess = _BY[way](facts, lacking)
        fresh = ~np.isfinite(values) & np.isfinite(guess)
        method[(method == "") & fresh.any(axis=1)] = way
        values = np.where(fresh, guess, values)
    tracks = tracks.copy()
    rows = lacking[method != ""]
    audio = tracks[list(AUDIO_FEATURES)].to_numpy(dtype=np.float32, copy=True)
    audio[rows] = values[method != ""]
    tracks[list(AUDIO_FEATURES)] = audio
    for column, words in (("feature_source", "estimated"), ("estimate", method[method != ""])):
        changed = tracks[column].astype(object).to_numpy(copy=True)
        changed[rows] = words
        tracks[column] = changed
    return tracks


def load_estimate_errors(settings: Settings, library: Library) -> tuple[EstimateError, ...]:
    """The measured errors of a library, from their side file where it is whole."""
    path = settings.cache / f"errors-{library.fingerprint[:32]}.json"
    try:
        return tuple(EstimateError(**row) for row in json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        pass
    errors = measure_errors(
        collect_known_features(library.tracks, library.plays, library.training_items())
    )
    with contextlib.suppress(OSError), atomic_write(path) as beside:
        beside.write_text(json.dumps([asdict(error) for error in errors]), "utf-8")
    return errors
