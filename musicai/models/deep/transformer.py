"""Deep sequence: a self-attentive network foretells what is played next."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from musicai.core.progress import Progress, part
from musicai.data.arrays import Query, TrackFeatures, TrainingData
from musicai.data.library import BoolArray, FloatArray, IntArray
from musicai.models.base import Component, ComponentConfig, Reason, write_json
from musicai.models.deep import availability, session_features
from musicai.models.deep.config import TransformerConfig
from musicai.models.deep.transformer_numpy import (
    TABLES,
    Ahead,
    Served,
    SessionInput,
    ahead,
    artists_of,
    content_of,
    select_served_arrays,
    start_again,
    unit,
    with_new,
)

NO_ORDER = "“Deep sequence” was not trained: no session has two plays of different moments."

OCCLUDED = 10
"""The last so many plays are each hidden in turn, to see which of them a score rests on."""

MUCH = 100.0
"""Times less likely are told up to this."""

TELLING = 1.05
"""A play is named where the track would be so many times less likely without it."""


@dataclass(frozen=True)
class _Session:
    """The plays that a query goes on from, where they have a vector; (t, …) each."""

    rows: IntArray
    """Track rows, the latest last."""
    place: IntArray
    """Places in ``Served.rows``."""
    vectors: FloatArray
    gap: session_features.Rows
    slot: session_features.Rows
    skip: session_features.Rows

    def hide_plays(self, absent: BoolArray) -> SessionInput:
        """The network's input, with some plays hidden in each of (b, t)."""
        return SessionInput(self.vectors, absent, self.gap, self.slot, self.skip)


@dataclass(frozen=True)
class _Expected:
    """What the network expects after a query's session."""

    session: _Session
    ahead: Ahead
    chance: FloatArray
    """(m,) probability of each item to come next."""


class Transformer(Component):
    """Causal self-attention over the plays of a session, served without torch.

    SASRec (Kang and McAuley, 2018) with time gaps, times of the week and skips beside the tracks;
    :mod:`musicai.models.deep.transformer_torch` names the parts. A track's vector is its own plus
    its artist's plus a linear map of its sound, genres and year, so that a track which nobody
    played has one too (DropoutNet, Volkovs et al., 2017). The score is the probability to be played
    next.

    The session is the query's seeds in their order, else the last one of the listener.
    """

    name = "transformer"
    label = "Deep sequence"
    help = (
        "Lifts what a neural network, trained on the order of plays, expects after your seeds or "
        "what you heard last."
    )
    trained = True
    optional = True
    config_class = TransformerConfig
    config: TransformerConfig
    goes_on = True

    def __init__(self, config: ComponentConfig | None = None) -> None:
        super().__init__(config)
        self.learned_: Served | None = None
        self.n_tracks_ = 0
        self.names_: dict[int, str] = {}
        self._unit: FloatArray | None = None
        self._mean: FloatArray | None = None

    @property
    def silent(self) -> bool:
        """True without a trained network."""
        return self.learned_ is None

    # --- training ---------------------------------------------------------------------

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Train the network; without torch it stays silent, and says what to install."""
        self.n_tracks_ = data.features.n_tracks
        self.learned_ = self._unit = None
        if not availability.is_installed():
            self.notes_ = (availability.WITHOUT_TORCH,)
        else:
            self._train(data, None, progress)
        return self

    def update(self, data: TrainingData, progress: Progress) -> Self:
        """Go on from what is learned; without torch, give new tracks their place alone."""
        other = type(self)(self.config)
        if self.learned_ is None:
            return other.fit(data, progress)
        other.n_tracks_ = data.features.n_tracks
        if not availability.is_installed():
            other.notes_ = (
                availability.not_updated(self.label, "new tracks were placed by artist and sound"),
            )
            other.learned_ = with_new(self.learned_, data.features)
            other._keep_titles(data.features)
        else:
            other._train(data, self.learned_, progress)
        return other

    def _train(self, data: TrainingData, before: Served | None, progress: Progress) -> None:
        from musicai.models.deep import transformer_training  # noqa: PLC0415 (imports torch)

        progress(0.0, "Gathering sessions for the deep sequence…")
        found = data.sequences
        items, place = np.unique(found.tracks, return_inverse=True)
        plays = session_features.read(
            place.astype(np.int32), found.starts, found.heard, found.times, self.config.length
        )
        if not len(plays):
            self.notes_ = (NO_ORDER,)
            self.learned_ = before
            self._keep_titles(data.features)
            return
        artists, artist = artists_of(data.features, items, before)
        known = transformer_training.Known(artist, len(artists), content_of(data.features)[items])
        start = None
        if before is not None:
            start = transformer_training.Before(
                *start_again(before, items, artist, len(artists), known.content)
            )
        within = part(progress, 0.05, 1.0)
        learned = transformer_training.learn(plays, known, start, self.config, data.seed, within)
        self.notes_ = learned.notes
        self.learned_ = with_new(
            select_served_arrays(learned.arrays, items, artists, artist, known.content),
            data.features,
        )
        self._keep_titles(data.features)

    def _keep_titles(self, features: TrackFeatures) -> None:
        """Keep the titles of tracks that a reason may name."""
        if self.learned_ is not None:
            self.names_ = {int(r): features.names[r] for r in self.learned_.rows}

    # --- scores -----------------------------------------------------------------------

    def score(self, query: Query) -> FloatArray:
        """Probability of each track to come next; NaN without a vector or a session."""
        found = np.full(self.n_tracks_, np.nan, dtype=np.float32)
        expected = self._predict_next(query)
        if expected is not None and self.learned_ is not None:
            found[self.learned_.rows] = expected.chance
        return found

    def _predict_next(self, query: Query) -> _Expected | None:
        key = (self.token, query.moment)
        if key not in query.memo:
            query.memo[key] = self._encode_session(query)
        found: _Expected | None = query.memo[key]
        return found

    def _encode_session(self, query: Query) -> _Expected | None:
        learned = self.learned_
        session = self._session_of(query)
        if learned is None or session is None:
            return None
        whole = np.zeros((1, len(session.place)), dtype=bool)
        found = ahead(learned.arrays, self.config, session.hide_plays(whole))
        logits = self._units() @ found.pointed[0] + learned.bias
        np.add.at(logits, session.place, found.copies[0])
        chance = np.exp(logits - logits.max())
        return _Expected(session, found, chance / chance.sum())

    def _session_of(self, query: Query) -> _Session | None:
        """The last plays of the query that have a vector; None without any."""
        learned = self.learned_
        rows, heard = query.session()
        if learned is None or not len(rows) or not len(learned.rows):
            return None
        times = query.session_times()
        gap, slot = session_features.gap_kinds(times), session_features.slot_kinds(times)
        place = np.minimum(np.searchsorted(learned.rows, rows), len(learned.rows) - 1)
        there = np.flatnonzero(learned.rows[place] == rows)[-self.config.length :]
        if not len(there):
            return None
        if query.moment is not None:
            slot[there[-1]] = query.moment + 1
        skip = (~heard[there]).astype(np.int64)
        vectors = self._units()[place[there]]
        return _Session(rows[there], place[there], vectors, gap[there], slot[there], skip)

    def _units(self) -> FloatArray:
        """(m, d) float32 vectors of about unit length, worked out once."""
        assert self.learned_ is not None
        if self._unit is None:
            self._unit = unit(self.learned_.vectors.astype(np.float32))
            self._mean = self._unit.mean(axis=0)
        return self._unit

    # --- reasons ----------------------------------------------------------------------

    def reasons(self, query: Query, track: int) -> list[Reason]:
        """The play that the track's score rests on most, and how far."""
        expected, learned = self._predict_next(query), self.learned_
        if expected is None or learned is None:
            return []
        place = int(np.searchsorted(learned.rows, track))
        if place == len(learned.rows) or learned.rows[place] != track:
            return []
        session, strength = expected.session, float(expected.chance[place])
        new = "" if learned.played[place] else "; nobody here played it, its artist and sound tell"
        standing = self._standing(query, expected, place)
        less = standing[0] - standing[1:]
        if not len(less) or less.max() < math.log(TELLING):
            plays = "play" if len(session.rows) == 1 else f"{len(session.rows)} plays"
            text = f"it tends to follow the {plays} before it{new}"
            seed = int(session.rows[-1]) if len(session.rows) == 1 else None
            return [Reason(self.name, text, strength, seed)]
        best = int(np.argmax(less))
        row = int(session.rows[len(session.rows) - len(less) + best])
        named = f"“{self.names_[row]}”" if self.names_.get(row) else "an untitled track"
        ratio = math.exp(min(float(less[best]), math.log(MUCH)))
        times = f"{ratio:.1f}" if ratio < 10 else f"{ratio:.0f}"
        times = f"over {MUCH:.0f}" if ratio >= MUCH else times
        text = f"it tends to follow {named}; without that it would be {times} times less likely"
        return [Reason(self.name, f"{text}, against the average track{new}", strength, row)]

    def _standing(self, query: Query, expected: _Expected, place: int) -> FloatArray:
        """Log-odds of one item against the average one: now, and without each last play.

        (1 + k,); hiding a play in turn is occlusion (Zeiler and Fergus, 2014).
        """
        learned, session = self.learned_, expected.session
        assert learned is not None
        key = (self.token, query.moment, "without")
        if key not in query.memo:
            n = len(session.place)
            last = np.arange(n)[-OCCLUDED:] if n > 1 else np.zeros(0, dtype=np.int64)
            absent = np.zeros((len(last), n), dtype=bool)
            absent[np.arange(len(last)), last] = True
            query.memo[key] = ahead(learned.arrays, self.config, session.hide_plays(absent))
        without: Ahead = query.memo[key]
        pointed = np.vstack([expected.ahead.pointed, without.pointed])
        copies = np.vstack([expected.ahead.copies, without.copies])
        own = copies[:, session.place == place].sum(axis=1)
        return np.asarray(pointed @ (self._units()[place] - self._mean) + own, dtype=np.float32)

    # --- disk and vocabularies --------------------------------------------------------

    def save(self, folder: Path) -> None:
        """The arrays as npz; titles and artists as JSON."""
        learned = self.learned_
        arrays: dict[str, Any] = {"n_tracks": np.int64(self.n_tracks_)}
        texts: dict[str, Any] = {"names": {}, "artists": []}
        if learned is not None:
            arrays |= {f"network.{name}": values for name, values in learned.arrays.items()}
            arrays |= {name: getattr(learned, name) for name in TABLES}
            texts["artists"] = learned.artists
            texts["names"] = {str(row): self.names_[row] for row in sorted(self.names_)}
        np.savez_compressed(folder / "transformer.npz", allow_pickle=False, **arrays)
        write_json(folder / "transformer.json", texts)

    @classmethod
    def load(cls, folder: Path, config: ComponentConfig) -> Self:
        """Read what ``save`` wrote."""
        component = cls(config)
        texts = json.loads((folder / "transformer.json").read_text("utf-8"))
        with np.load(folder / "transformer.npz", allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        component.n_tracks_ = int(arrays.pop("n_tracks"))
        if arrays:
            tables = {name: arrays.pop(name) for name in TABLES}
            network = {name.removeprefix("network."): one for name, one in arrays.items()}
            component.learned_ = Served(network, artists=tuple(texts["artists"]), **tables)
            component.names_ = {int(row): str(name) for row, name in texts["names"].items()}
        return component

    def align(self, rows: IntArray) -> Self:
        """The same network for another vocabulary; new tracks wait for :meth:`update`."""
        other = type(self)(self.config)
        other.n_tracks_, other.notes_ = len(rows), self.notes_
        if self.learned_ is None:
            return other
        there = np.flatnonzero(rows >= 0)
        place = np.full(self.n_tracks_, -1, dtype=np.int32)
        place[rows[there]] = there
        moved = place[self.learned_.rows]
        kept = np.flatnonzero(moved >= 0)
        kept = kept[np.argsort(moved[kept])]
        other.learned_ = replace(
            self.learned_,
            rows=moved[kept],
            **{name: getattr(self.learned_, name)[kept] for name in ("vectors", "bias", "played")},
        )
        other.names_ = {int(place[r]): name for r, name in self.names_.items() if place[r] >= 0}
        return other
