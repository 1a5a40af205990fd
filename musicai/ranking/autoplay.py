"""A session of its own: track after track from a start, along an arc, smooth where it can be.

Each step takes the track with the largest sum of five parts, which the step keeps:

    liking     0 to 1: the blend's score of the whole request, over the tracks to choose from
    follows    0 to 1: what comes next after the session so far (the component "sequence")
    tempo      −1 to 0: how far its tempo is from the one before, in octaves; half and double
               tempo count as near
    energy     −1 to 0: how far its energy is from where the arc wants it
    key        −½ to ½: how much nearer its key is to the one before than those of the others to
               choose from are on average, on the circle of fifths (``keys``)

What is not known of a track costs nothing: it neither helps nor is held against it. The key is
measured against the average because most distances are far from 0: were each a cost, a track
without a key would come before nearly every track with one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from musicai.core.errors import NoCandidates, QueryError
from musicai.data import musical_keys
from musicai.data.arrays import Query
from musicai.data.library import AUDIO_FEATURES, KEY_COLUMNS, FloatArray
from musicai.ranking.request import Recommendation, Recommender, Request, Tuning

ARCS: Mapping[str, float] = {"steady": 0.0, "rising": 0.35, "winding down": -0.35}
"""Arc → how far the energy moves from the first track to the last."""

MOST = 50
"""Tracks of a session."""

POOL = 300
"""The best tracks of the blend, among which each step chooses."""

FOLLOWED = 10
"""Tracks of the session that the next one goes on from."""

TEMPO_WEIGHT = 2.0
ENERGY_WEIGHT = 3.0
"""Cost of an octave of tempo (half of one is the most), and of the whole range of energy; neither
costs more than 1, which is all that liking or what comes next can bring."""

KEY_WEIGHT = 0.5
"""What the other side of the circle of fifths costs more than the same key. Chosen, not measured:
half of what tempo or energy can cost, so that a near key decides among tracks that fit as well."""

_TEMPO, _ENERGY = AUDIO_FEATURES.index("tempo"), AUDIO_FEATURES.index("energy")


@dataclass(frozen=True)
class AutoplayOptions:
    """How a session shall be.

    Raises:
        QueryError: a value is out of its range.
    """

    n: int = 15
    """Tracks, 2 to ``MOST``."""
    arc: str = "steady"
    """One of ``ARCS``."""
    apart: int = 3
    """No artist twice within so many tracks (1 to 20): 1 lets an artist follow themselves."""

    def __post_init__(self) -> None:
        if not 2 <= self.n <= MOST:
            raise QueryError(f"A session has 2 to {MOST} tracks, not {self.n}.")
        if self.arc not in ARCS:
            raise QueryError(f"There is no arc {self.arc!r}; choose from {', '.join(ARCS)}.")
        if not 1 <= self.apart <= 20:
            raise QueryError(f"Artists can be kept 1 to 20 tracks apart, not {self.apart}.")


@dataclass(frozen=True)
class AutoplayStep:
    """One track of a session, and why it came there."""

    track: int
    """Track row."""
    parts: Mapping[str, float]
    """"liking", "follows", "tempo", "energy", "key"; they sum to what it was chosen by."""
    why: str
    """One sentence, made of the parts."""
    tempo: float
    """Beats a minute; NaN where it is not known."""
    energy: float
    """0 to 1; NaN where it is not known."""
    wanted: float
    """The energy that the arc wants here; NaN where it cannot tell."""
    key: str = ""
    """What its key is called, such as "A minor"; "" where it is not known."""


@dataclass(frozen=True)
class AutoplaySession:
    """The tracks in order."""

    steps: tuple[AutoplayStep, ...]
    notes: tuple[str, ...] = ()
    """What could not be done as wished."""


def autoplay(ai: Recommender, request: Request, wish: AutoplayOptions) -> AutoplaySession:
    """A session that goes on from the request's seeds, else from the listener's last session.

    Args:
        ai: The profile.
        request: Seeds, mode, mood, genre and filters, as for any list.
        wish: Length, arc and how far apart artists are.

    Raises:
        QueryError: the request cannot be meant.
        NoCandidates: there is nothing to choose from.
    """
    scored = ai.score(request)
    found = ai.rank(scored, Tuning(n_recommendations=POOL, diversity=0.0, artist_cap=POOL))
    if not len(found):
        raise NoCandidates(
            "There is no track to choose from. Choose another mode or fewer filters."
        )
    return _Walk(ai, scored.query, list(found), wish).session(scored.notes)


class _Walk:
    def __init__(
        self, ai: Recommender, query: Query, pool: list[Recommendation], wish: AutoplayOptions
    ) -> None:
        self._ai = ai
        self._query = query
        self._pool = pool
        self._wish = wish
        self._rows = np.array([item.track for item in pool], dtype=np.int32)
        score = np.array([item.score for item in pool], dtype=np.float64)
        self._liking = (score - score.min()) / max(float(np.ptp(score)), 1e-9)
        self._artist = ai.features.artist[self._rows]
        self._recording = ai.features.recording[self._rows]
        self._tempo = _mask_unknown(ai.features.audio[self._rows, _TEMPO])
        self._energy = _mask_unknown(ai.features.audio[self._rows, _ENERGY])
        self._keys = ai.library.tracks[list(KEY_COLUMNS)].to_numpy(dtype=np.float64)
        self._sequence = ai.components.get("sequence")
        self._past, _ = query.session()

    def session(self, notes: tuple[str, ...]) -> AutoplaySession:
        """All steps; fewer where tracks run out."""
        steps: list[AutoplayStep] = []
        taken: list[int] = []
        free = np.ones(len(self._rows), dtype=bool)
        free &= ~np.isin(self._recording, self._ai.features.recording[self._past])
        for place in range(self._wish.n):
            allowed = free & ~np.isin(self._artist, self._recent_artists(taken))
            if not allowed.any():
                break
            step, at = self._step(taken, allowed, place)
            steps.append(step)
            taken.append(at)
            free &= self._recording != self._recording[at]
        return AutoplaySession(tuple(steps), (*notes, *self._notes(len(steps), bool(free.any()))))

    def _notes(self, found: int, left: bool) -> tuple[str, ...]:
        """What could not be as wished; ``left``: only their artists keep further tracks out."""
        told = []
        if self._sequence is None:
            told.append(
                "“What comes next” is not trained yet; the order follows what you like, and sound."
            )
        if np.isnan(self._energy).all():
            told.append("No energy is known of these tracks, so the arc changes nothing.")
        if found < self._wish.n:
            count = f"Only {found} {'track' if found == 1 else 'tracks'}" if found else "No track"
            told.append(
                f"{count}: with artists {self._wish.apart} tracks apart there are no more. "
                "Let them come closer, or choose another mode."
                if left
                else f"{count}: what else there is was heard just before. Choose another mode."
            )
        return tuple(told)

    def _recent_artists(self, taken: list[int]) -> npt.NDArray[np.int32]:
        """Who may not come next; unknown artists are taken to differ."""
        apart = self._wish.apart - 1
        latest = self._artist[taken[-apart:]] if apart and taken else self._artist[:0]
        if apart > len(taken) and len(self._past):
            before = self._ai.features.artist[self._past[-(apart - len(taken)) :]]
            latest = np.concatenate([before, latest])
        return latest[latest >= 0].astype(np.int32)

    def _step(
        self, taken: list[int], allowed: npt.NDArray[np.bool_], place: int
    ) -> tuple[AutoplayStep, int]:
        query, follows = self._following(taken)
        wanted = self._compute_wanted(taken, place)
        parts = {
            "liking": self._liking,
            "follows": follows,
            "tempo": -TEMPO_WEIGHT * _octaves(self._tempo, self._last(taken, _TEMPO)),
            "energy": -np.minimum(ENERGY_WEIGHT * _away(self._energy, wanted), 1.0),
            "key": KEY_WEIGHT * self._nearer(taken, allowed),
        }
        total = np.where(allowed, sum(parts.values()), -np.inf)
        at = int(np.argmax(total))
        mine = {name: float(values[at]) for name, values in parts.items()}
        step = AutoplayStep(
            track=int(self._rows[at]),
            parts=mine,
            why=self._why(query, at, mine, taken, wanted),
            tempo=float(self._tempo[at]),
            energy=float(self._energy[at]),
            wanted=wanted,
            key=musical_keys.name(*self._keys[self._rows[at]]),
        )
        return step, at

    def _following(self, taken: list[int]) -> tuple[Query, npt.NDArray[np.float64]]:
        """The question of this step, and (n,) what comes next after the session so far, 0 to 1."""
        chosen = self._rows[taken]
        so_far = np.concatenate([self._past, chosen])[-FOLLOWED:].astype(np.int32)
        query = replace(self._query, seeds=so_far)
        if self._sequence is None or not len(so_far):
            return query, np.zeros(len(self._rows))
        scores = np.nan_to_num(self._sequence.score(query)[self._rows]).astype(np.float64)
        return query, np.maximum(scores, 0.0) / max(float(scores.max()), 1e-12)

    def _last(self, taken: list[int], feature: int) -> float:
        """What is known of the track before this one; NaN where nothing is."""
        if taken:
            return float((self._tempo if feature == _TEMPO else self._energy)[taken[-1]])
        if len(self._past):
            return float(_mask_unknown(self._ai.features.audio[self._past[-1:], feature])[0])
        return float("nan")

    def _last_key(self, taken: list[int]) -> npt.NDArray[np.float64]:
        """(2,) key and mode of the track before this one; NaN where they are not known."""
        before = self._rows[taken[-1:]] if taken else self._past[-1:]
        return self._keys[before[0]] if len(before) else np.full(2, np.nan)

    def _nearer(self, taken: list[int], allowed: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
        """(n,) how much nearer each key is than the allowed ones on average; 0 if unknown."""
        away = musical_keys.distances(*self._keys[self._rows].T, *self._last_key(taken))
        known = ~np.isnan(away)
        if not (known & allowed).any():
            return np.zeros(len(away))
        return np.where(known, away[known & allowed].mean() - away, 0.0)

    def _compute_wanted(self, taken: list[int], place: int) -> float:
        """The energy that the arc wants at a place: from that of the start, in equal steps."""
        start = _mask_unknown(self._ai.features.audio[self._past[-FOLLOWED:], _ENERGY])
        if np.isnan(start).all():
            start = self._energy[taken[:1]] if taken else start
        if np.isnan(start).all():
            return float("nan")
        moved = ARCS[self._wish.arc] * (place + 1) / self._wish.n
        return float(np.clip(np.nanmedian(start) + moved, 0.0, 1.0))

    def _why(
        self, query: Query, at: int, parts: Mapping[str, float], taken: list[int], wanted: float
    ) -> str:
        """The strongest part that speaks for it, and how it fits in."""
        item = self._pool[at]
        text = item.reason.split("; and ")[0].removesuffix(".")
        if parts["follows"] >= parts["liking"] and self._sequence is not None:
            reasons = self._sequence.reasons(query, item.track)
            if reasons:
                text = f"Because {reasons[0].text}"
        fits = []
        tempo, energy = float(self._tempo[at]), float(self._energy[at])
        before = self._last(taken, _TEMPO)
        if not np.isnan(tempo) and not np.isnan(before):
            fits.append(f"{tempo:.0f} BPM after {before:.0f}")
        if not np.isnan(energy) and not np.isnan(wanted):
            fits.append(f"energy {energy:.2f} where {wanted:.2f} is wanted")
        change = musical_keys.change(*self._keys[self._rows[at]], *self._last_key(taken))
        fits += [change] if change else []
        return f"{text}; {', '.join(fits)}." if fits else f"{text}."


def _mask_unknown(values: FloatArray) -> npt.NDArray[np.float64]:
    return np.asarray(values, dtype=np.float64)


def _octaves(tempo: npt.NDArray[np.float64], before: float) -> npt.NDArray[np.float64]:
    """(n,) distance in octaves, at most ½, as half and double tempo feel alike; 0 if unknown."""
    if np.isnan(before) or before <= 0:
        return np.zeros(len(tempo))
    with np.errstate(divide="ignore", invalid="ignore"):
        away = np.abs(np.log2(tempo / before)) % 1.0
    return np.nan_to_num(np.minimum(away, 1.0 - away), nan=0.0)


def _away(energy: npt.NDArray[np.float64], wanted: float) -> npt.NDArray[np.float64]:
    if np.isnan(wanted):
        return np.zeros(len(energy))
    return np.nan_to_num(np.abs(energy - wanted), nan=0.0)
