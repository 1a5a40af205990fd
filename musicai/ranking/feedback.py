"""What a listener said of single tracks, and how it moves the next list at once.

A *like* enters the listener's past as if the track had just been played ``LIKE_PLAYS`` times,
so that every component hears it; a *dislike* takes the track out of it. Both lean the list
towards or away from tracks that share names and genres with what was judged (Rocchio, 1971):
a contribution of its own, which adds up with the others. *Not now* holds a track back for
``REST_DAYS``, *never this artist* every track of an artist for good. Nothing here is slow, and
nothing waits for training; the next training takes likes and dislikes in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from scipy.sparse import csr_matrix

from musicai.data.arrays import History, TrackFeatures, TrainingData
from musicai.data.feedback import Feedback
from musicai.data.library import BoolArray, FloatArray, IntArray, Library
from musicai.models.base import Reason

Verdict = Literal["like", "dislike", "not_now", "never_artist"]

LIKE_PLAYS = 8
"""So many completed plays of today a like is worth."""

LIKE_CONFIDENCE = float(np.log1p(LIKE_PLAYS))

REST_DAYS = 7
"""So long a track that was "not now" is held back."""

WEIGHT = 0.5
"""Worth, in units of the blended score, of being wholly like what was liked or disliked."""

NAME = "verdicts"
"""What the contribution is called beside the components'."""

DAY = 86_400
_NONE: IntArray = np.zeros(0, dtype=np.int32)


@dataclass(frozen=True)
class LatestFeedback:
    """The verdicts that count now, as rows of a library."""

    liked: IntArray = field(default_factory=lambda: _NONE)
    """(l,) ascending."""
    disliked: IntArray = field(default_factory=lambda: _NONE)
    """(d,) ascending; the track by which an artist was ruled out is among them."""
    resting: IntArray = field(default_factory=lambda: _NONE)
    """(r,) tracks that are not to be shown for some days."""
    banned: IntArray = field(default_factory=lambda: _NONE)
    """(b,) every track of artists that are never to be shown."""

    def __bool__(self) -> bool:
        return any(map(len, (self.liked, self.disliked, self.resting, self.banned)))

    def mark_showable(self, features: TrackFeatures, mode: str) -> BoolArray | None:
        """(n_tracks,) what may stand in a list; None for everything.

        A verdict holds for every release of a recording. What was liked is no longer new, so
        "discover" leaves it out too.
        """
        gone = [self.disliked, self.resting, *([self.liked] if mode == "discover" else [])]
        rows = np.concatenate(gone)
        if not len(rows) and not len(self.banned):
            return None
        recording = features.recording
        met = np.zeros(int(recording.max(initial=-1)) + 1, dtype=bool)
        met[recording[rows]] = True
        kept: BoolArray = ~met[recording]
        kept[self.banned] = False
        return kept


def standing(feedback: Iterable[Feedback]) -> dict[str, Feedback]:
    """Track id → the verdict that counts: the latest one, of several at once the last given."""
    found: dict[str, Feedback] = {}
    for one in sorted(feedback, key=lambda verdict: verdict.given_at):
        found[one.track_id] = one
    return found


def resolve(
    library: Library, features: TrackFeatures, feedback: Iterable[Feedback], now: int
) -> LatestFeedback:
    """Verdicts as rows; those on tracks that the library does not hold are passed over.

    Args:
        library: The data.
        features: Of its tracks.
        feedback: All that was given.
        now: Seconds since 1970, for what rests.
    """
    told = sorted(standing(feedback).values(), key=lambda verdict: verdict.given_at)
    rows = library.vocabulary.rows([one.track_id for one in told])
    # the releases of a recording count together, at its first row, as in the history
    latest = {
        int(library.canonical[row]): one
        for one, row in zip(told, rows.tolist(), strict=True)
        if row >= 0
    }
    kinds: dict[str, list[int]] = {"like": [], "dislike": [], "not_now": [], "never_artist": []}
    for row, one in latest.items():
        if one.verdict != "not_now" or now - one.given_at < REST_DAYS * DAY:
            kinds[one.verdict].append(row)
    return LatestFeedback(
        liked=_rows(kinds["like"]),
        disliked=_rows(kinds["dislike"] + kinds["never_artist"]),
        resting=_rows(kinds["not_now"]),
        banned=_of_artists(library, features, kinds["never_artist"]),
    )


def _rows(found: Iterable[int]) -> IntArray:
    return np.unique(np.array(list(found), dtype=np.int32)).astype(np.int32)


def _of_artists(library: Library, features: TrackFeatures, judged: list[int]) -> IntArray:
    """Every track of the first artists of the judged ones, as a guest too."""
    found = list(judged)
    for artist in {int(features.artist[row]) for row in judged} - {-1}:
        found += np.flatnonzero(features.artist == artist).tolist()
        found += library.by_artist.get(features.artist_names[artist], [])
    return _rows(found)


# --- what they move -------------------------------------------------------------------


def apply_feedback(past: History, verdicts: LatestFeedback) -> History:
    """The past with likes as plays of now, and without what was disliked."""
    if not len(verdicts.liked) and not len(verdicts.disliked):
        return past
    kept = ~np.isin(past.rows, verdicts.disliked)
    old = past.rows[kept]
    rows = np.union1d(old, verdicts.liked).astype(np.int32)
    stays = ~np.isin(past.recent, verdicts.disliked)
    place = np.searchsorted(rows, old)

    def move_weight(counts: IntArray) -> IntArray:
        found = np.zeros((len(rows), counts.shape[1]), dtype=counts.dtype)
        found[place] = counts[kept]
        return found

    confidence = np.zeros(len(rows), dtype=np.float32)
    plays = np.zeros(len(rows), dtype=past.plays.dtype)
    last = np.zeros(len(rows), dtype=np.int64)
    confidence[place], plays[place] = past.confidence[kept], past.plays[kept]
    last[place] = past.last_played[kept]
    confidence[np.searchsorted(rows, verdicts.liked)] += np.float32(LIKE_CONFIDENCE)
    return replace(
        past,
        rows=rows,
        confidence=confidence,
        plays=plays,
        last_played=last,
        liked=verdicts.liked,
        occasions={name: move_weight(counts) for name, counts in past.occasions.items()},
        recent=past.recent[stays],
        recent_heard=past.recent_heard[stays],
        recent_at=past.recent_at[stays] if len(past.recent_at) else past.recent_at,
    )


def taught(data: TrainingData, verdicts: LatestFeedback) -> TrainingData:
    """Training data in which the owner's row, the first, has heard the verdicts."""
    if not len(verdicts.liked) and not len(verdicts.disliked):
        return data
    width = data.interactions.shape[1]
    row = np.asarray(data.interactions[0].toarray(), dtype=np.float32).ravel()
    row[verdicts.liked] += np.float32(LIKE_CONFIDENCE)
    row[verdicts.disliked] = 0.0
    columns = np.flatnonzero(row)
    rest = data.interactions[1:]
    first = csr_matrix((row[columns], columns, [0, len(columns)]), shape=(1, width))
    joined = csr_matrix(
        (
            np.concatenate([first.data, rest.data]),
            np.concatenate([first.indices, rest.indices]),
            np.concatenate([first.indptr, rest.indptr[1:] + len(columns)]),
        ),
        shape=data.interactions.shape,
        dtype=np.float32,
    )
    return replace(data, interactions=joined)


def leaning(features: TrackFeatures, verdicts: LatestFeedback) -> FloatArray | None:
    """(n_tracks,) −1 like what was disliked … 1 like what was liked; None without verdicts.

    tanh(Σ liked cos / √l − Σ disliked cos / √d) over the TF-IDF documents: one verdict moves
    its like as a whole, and of many none is drowned by a mean.
    """
    if not len(verdicts.liked) and not len(verdicts.disliked):
        return None
    wanted = _sum(features, verdicts.liked) - _sum(features, verdicts.disliked)
    found: FloatArray = np.tanh(features.tfidf @ wanted, dtype=np.float32)
    return found


def _sum(features: TrackFeatures, rows: IntArray) -> FloatArray:
    """(n_terms,) the documents of ``rows`` added up, over √ their number."""
    if not len(rows):
        return np.zeros(features.tfidf.shape[1], dtype=np.float32)
    total = np.asarray(features.tfidf[rows].sum(axis=0), dtype=np.float32).ravel()
    scaled: FloatArray = total / np.float32(np.sqrt(len(rows)))
    return scaled


def reasons(features: TrackFeatures, verdicts: LatestFeedback, track: int) -> list[Reason]:
    """The liked track that lifts ``track`` most; none where nothing liked is like it."""
    if not len(verdicts.liked):
        return []
    likeness = np.asarray(
        (features.tfidf[verdicts.liked] @ features.tfidf[track].T).toarray()
    ).ravel()
    best = int(np.argmax(likeness))
    if likeness[best] <= 0:
        return []
    row = int(verdicts.liked[best])
    if row == track:
        return [Reason(NAME, "you liked it", float(likeness[best]), row)]
    text = f"you liked “{features.names[row]}”"
    same = features.artist[row] == features.artist[track] >= 0
    if same:
        text += f" by {features.artist_names[features.artist[row]]} too"
    return [Reason(NAME, text, float(likeness[best]), row)]


WORDS: Mapping[str, str] = {
    "like": "Liked",
    "dislike": "Disliked",
    "not_now": "Not now",
    "never_artist": "Never this artist",
}
"""What the screen and the command line call a verdict."""
