"""Training of the network: sampled softmax, early stopping on the latest sessions."""

from __future__ import annotations

import copy
import logging
import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from musicai.core.progress import Progress, part
from musicai.data.library import BoolArray, FloatArray
from musicai.models.deep import device as devices
from musicai.models.deep import session_features
from musicai.models.deep.config import TransformerConfig
from musicai.models.deep.session_features import Rows, SessionEvents
from musicai.models.deep.spectral import carry_vectors, item_vectors
from musicai.models.deep.transformer_numpy import ARTIST, CONTENT, CONTENT_MAP, OWN, Arrays
from musicai.models.deep.transformer_torch import Input, TransformerNetwork

logger = logging.getLogger(__name__)

VALIDATION_SHARE = 0.05
"""The latest sessions, which decide when to stop."""

VALIDATION_SESSIONS = 2_000
"""At most so many of them."""

FEWEST_SESSIONS = 20
"""With fewer there is no validation, and every pass is gone through."""

WARM_UP = 300
"""Steps until the learning rate is full."""

STEPS_A_PASS = 100
"""Little data is cut into smaller batches, so that a pass has about so many steps."""

UPDATE_PASSES, UPDATE_RATE = 2, 0.3
"""Passes of an update, and their share of the learning rate."""

UPDATE_PLAYS = 400_000
"""Plays that a pass of an update goes over, at most: recent ones are drawn more."""

CLIP = 5.0
TOP = 20
POPULARITY_POWER = 0.75
"""Negatives are drawn by plays raised to it."""

WITHOUT_CONTEXT = 0.5
"""Share of sessions that training shows without times, as seeds come without them."""

STOPPED = (
    "Deep sequence: the weights became NaN in pass {epoch}; training ended there, with the "
    "last good ones."
)


@dataclass(frozen=True)
class Known:
    """What is known of each item, and where it starts; (n_items, …) each."""

    artist: Rows
    """1 + the artist's place, 0 for none."""
    n_artists: int
    content: FloatArray
    """(n_items, ``CONTENT``)."""

    @property
    def is_described(self) -> BoolArray:
        """(n_items,) True where there is more than the item itself."""
        return (self.artist > 0) | self.content.any(axis=1)


@dataclass(frozen=True)
class Before:
    """What an update begins with."""

    arrays: Arrays
    """All of them, in the items and artists of now."""
    there: BoolArray
    """(n_items,) True for items that were learned."""


@dataclass(frozen=True)
class LearnedTransformer:
    """The outcome."""

    arrays: dict[str, FloatArray]
    passes: int
    """Passes over the data that went into it."""
    ndcg: float
    """nDCG@20 of the next track among all, on the latest sessions; NaN where not measured."""
    notes: tuple[str, ...] = ()


def learn(
    plays: SessionEvents,
    known: Known,
    before: Before | None,
    config: TransformerConfig,
    seed: int,
    progress: Progress,
    *,
    device: str | None = None,
) -> LearnedTransformer:
    """Train; on CUDA where there is any, and on the processor where its memory is short.

    Args:
        plays: What was played, older sessions first.
        known: What is known of the items.
        before: What is learned already, to be updated; begun with spectral vectors if None.
        config: Settings.
        seed: The same data, settings, seed and machine give the same bytes.
        progress: Called in every step; raising ``Cancelled`` from it ends the work.
        device: Of torch; chosen if None.
    """

    def go(where: str) -> LearnedTransformer:
        if before is not None:
            return _update_network(plays, known, before, config, seed, where, progress)
        return _learn_sessions(plays, known, config, seed, where, progress)

    learned, notes = devices.train_on_device(go, "Deep sequence", device)
    return replace(learned, notes=(*notes, *learned.notes))


def _learn_sessions(
    plays: SessionEvents,
    known: Known,
    config: TransformerConfig,
    seed: int,
    device: str,
    progress: Progress,
) -> LearnedTransformer:
    """The latest sessions say how many passes are best; then as many over all of them."""
    valid = 0
    if len(plays) >= FEWEST_SESSIONS:
        valid = min(max(int(len(plays) * VALIDATION_SHARE), 1), VALIDATION_SESSIONS)
    passes = min(config.epochs, max(config.most_plays // max(len(plays.items), 1), 1))
    half = 0.5 if valid else 1.0
    older = _Training(plays.between(0, len(plays) - valid), known, config, seed, device)
    older.begin(None)
    latest = plays.between(len(plays) - valid, len(plays)) if valid else None
    course = older.course(passes, told="Learning the order of plays")
    found = older.run(course, latest, part(progress, 0.0, half))
    if not valid or found.notes:
        return found
    whole = _Training(plays, known, config, seed, device)
    whole.begin(None)
    told = "Learning it again with the latest sessions"
    course = whole.course(passes, told=told)
    course.passes = found.passes
    again = whole.run(course, None, part(progress, half, 1.0))
    if again.notes:
        return replace(found, notes=again.notes)
    return replace(again, ndcg=found.ndcg)


def _update_network(
    plays: SessionEvents,
    known: Known,
    before: Before,
    config: TransformerConfig,
    seed: int,
    device: str,
    progress: Progress,
) -> LearnedTransformer:
    """A few passes over mostly recent sessions, from what was learned before."""
    training = _Training(plays, known, config, seed, device)
    training.begin(before)
    share = min(1.0, UPDATE_PLAYS / max(len(plays.items), 1))
    told = "Learning from the latest plays"
    course = training.course(UPDATE_PASSES, share=share, rate=UPDATE_RATE, told=told)
    return training.run(course, None, progress)


class _NotFinite(Exception):
    """The loss of a step is no number."""


@dataclass
class _Best:
    ndcg: float = math.nan
    passes: int = 0
    state: dict[str, Tensor] = field(default_factory=dict)


@dataclass
class _Course:
    """A run of passes, and how fast it learns: warm-up, then a cosine down to nearly nothing."""

    passes: int
    share: float
    """Of the sessions, in each pass."""
    batch_plays: int
    steps: int
    rate: float
    optimiser: torch.optim.Optimizer
    told: str
    done: int = 0

    def step(self) -> None:
        """One step more."""
        self.done += 1
        warm = min(1.0, self.done / min(WARM_UP, max(self.steps // 10, 1)))
        cosine = 0.5 * (1 + math.cos(math.pi * min(1.0, self.done / self.steps)))
        for one in self.optimiser.param_groups:
            one["lr"] = self.rate * warm * max(cosine, 0.02)


@dataclass(frozen=True)
class _Candidates:
    """Items of one step."""

    rows: Rows
    """(m,) ascending."""
    correction: FloatArray
    """(m,) log of the chance to be among them."""


class _Training:
    """One network over some plays; ``valid`` says after each pass how good it is."""

    def __init__(
        self, plays: SessionEvents, known: Known, config: TransformerConfig, seed: int, device: str
    ) -> None:
        self.plays, self.known, self.config, self.device = plays, known, config, device
        self.seed = seed
        self.rng = np.random.default_rng(seed)
        torch.manual_seed(seed)
        count = np.bincount(plays.items, minlength=len(known.artist)).astype(np.float64)
        self.share = count / max(count.sum(), 1.0)
        drawn = count**POPULARITY_POWER
        self.chance = drawn / max(drawn.sum(), 1.0)
        self.drawn = np.cumsum(self.chance)
        self.described = known.is_described
        self.network = TransformerNetwork(len(known.artist), known.n_artists, config).to(device)
        self.artist = torch.from_numpy(known.artist).to(device)
        self.content = torch.from_numpy(known.content).to(device)

    def begin(self, before: Before | None) -> None:
        """Set the arrays to begin with."""
        n, size = len(self.known.artist), self.config.size
        if before is None or not before.there.all():
            vectors = item_vectors(self.plays.items, self.plays.starts, n, size, self.seed)
        if before is None:
            self._set(start_of(vectors, self.known, self.config))
        elif before.there.all():
            self._set(before.arrays)
        else:
            own = carry_vectors(vectors, before.arrays[OWN], before.there)
            self._set({**before.arrays, OWN: own})

    def _set(self, arrays: Arrays) -> None:
        state = self.network.state_dict()
        for name, values in arrays.items():
            state[name].copy_(torch.from_numpy(np.ascontiguousarray(values)))

    # --- the passes -------------------------------------------------------------------

    def run(
        self, course: _Course, valid: SessionEvents | None, progress: Progress
    ) -> LearnedTransformer:
        """All passes, or until those over ``valid`` tell nothing better."""
        best, bad = _Best(state=self._state()), 0
        notes: tuple[str, ...] = ()
        for epoch in range(course.passes):
            within = part(progress, epoch / course.passes, (epoch + 1) / course.passes)
            try:
                self._pass(course, within, f"{course.told}, pass {epoch + 1}…")
            except _NotFinite:
                notes = (STOPPED.format(epoch=epoch + 1),)
                break
            ndcg = self.measure_ndcg(valid) if valid is not None else math.nan
            logger.info("pass %d of %d: nDCG@%d %.5f", epoch + 1, course.passes, TOP, ndcg)
            if not ndcg <= best.ndcg:  # also where nothing is measured
                best, bad = _Best(ndcg, epoch + 1, self._state()), 0
                continue
            bad += 1
            if bad >= self.config.patience:
                break
        self.network.load_state_dict(best.state)
        return LearnedTransformer(self.arrays(), best.passes, best.ndcg, notes)

    def course(self, passes: int, *, share: float = 1.0, rate: float = 1.0, told: str) -> _Course:
        """So many passes over a share of the sessions, at a share of the learning rate."""
        total = max(len(self.plays.items), 1)
        batch_plays = min(self.config.plays_a_batch, max(total // STEPS_A_PASS, 64))
        optimiser = torch.optim.AdamW(
            self.network.parameters(),
            lr=rate * self.config.learning_rate,
            weight_decay=self.config.weight_decay,
            betas=(0.9, 0.98),
        )
        return _Course(
            passes,
            share,
            batch_plays,
            max(int(passes * share * total / batch_plays), 1),
            rate * self.config.learning_rate,
            optimiser,
            told,
        )

    def _pass(self, course: _Course, progress: Progress, told: str) -> None:
        self.network.train()
        n = len(self.plays)
        age = np.arange(n)[::-1] / max(n, 1)
        weight = np.exp(-self.config.recency * age)
        drawn = max(int(n * course.share), 1)
        chosen = self.rng.choice(n, drawn, p=weight / weight.sum())
        batches = list(session_features.groups(self.plays, chosen, course.batch_plays, self.rng))
        for number, group in enumerate(batches):
            progress(number / len(batches), told)
            course.step()
            loss = self._loss(session_features.batch(self.plays, group))
            if loss is None:
                continue
            if not torch.isfinite(loss):
                raise _NotFinite
            course.optimiser.zero_grad()
            torch.autograd.backward(loss)
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), CLIP)
            course.optimiser.step()

    def _state(self) -> dict[str, Tensor]:
        return copy.deepcopy(self.network.state_dict())

    def arrays(self) -> dict[str, FloatArray]:
        """The parameters by name."""
        return {name: value.cpu().numpy() for name, value in self.network.state_dict().items()}

    # --- one step ---------------------------------------------------------------------

    def _candidates(self, given: session_features.Batch) -> _Candidates:
        """Drawn ones and those of the batch; all, where that is not more."""
        n = len(self.share)
        if n <= self.config.negatives:
            return _Candidates(np.arange(n), np.zeros(n, dtype=np.float32))
        own = given.items[given.items >= 0]
        drawn = np.searchsorted(self.drawn, self.rng.random(self.config.negatives))
        rows = np.unique(np.concatenate([own, np.minimum(drawn, n - 1)]))
        missed = self.config.negatives * np.log1p(-np.minimum(self.chance[rows], 1 - 1e-9))
        missed += len(own) * np.log1p(-np.minimum(self.share[rows], 1 - 1e-9))
        return _Candidates(rows, np.log(-np.expm1(missed)).astype(np.float32))

    def _keep_best(self, rows: Rows) -> Tensor:
        kept = np.ones(len(rows), dtype=np.float32)
        there = self.described[rows]
        kept[there] = self.rng.random(int(there.sum())) >= self.config.forget
        return torch.from_numpy(kept).to(self.device)

    def _loss(self, given: session_features.Batch) -> Tensor | None:
        """Mean cross entropy of what came next and was heard; None where nothing did."""
        candidates = self._candidates(given)
        place = np.searchsorted(candidates.rows, np.maximum(given.items, 0))
        place = np.minimum(place, len(candidates.rows) - 1)
        shown, step = np.nonzero((given.items[:, 1:] >= 0) & (given.skip[:, 1:] == 0))
        if not len(shown):
            return None
        hidden = self.rng.random(given.items.shape) < self.config.hide
        timed = (self.rng.random((len(given.items), 1)) >= WITHOUT_CONTEXT).astype(np.int64)
        tensor = self._tensor
        places = tensor(place)
        absent = tensor((given.items < 0) | hidden)
        data = self._input(given, places, absent, timed)
        rows, correction = tensor(candidates.rows), tensor(candidates.correction)
        vectors, bias = self.network.items(
            rows, self.artist[rows], self.content[rows], self._keep_best(candidates.rows)
        )
        states = self.network.states(vectors, data)
        session, after = tensor(shown), tensor(step)
        scores = self.network.scores(states[session, after], vectors, bias - correction)
        # what the session holds, and what came next, are always among the candidates: no
        # correction for them; and the copy score for what is past
        upto = torch.arange(places.shape[1], device=self.device) <= after[:, None] + 1
        always = tensor(given.first)[session] & upto
        extra = correction[places[session]] * always
        copies = self.network.copies(states, session, after, absent[:, :-1])
        extra = extra + functional.pad(copies, (0, 1))
        scores.scatter_add_(1, places[session], extra * upto)
        return functional.cross_entropy(scores, places[session, after + 1])

    def _input(
        self, given: session_features.Batch, places: Tensor, absent: Tensor, timed: Rows
    ) -> Input:
        """All plays but the last, with times where ``timed`` (n_sessions, 1) is 1."""
        return Input(
            places[:, :-1],
            absent[:, :-1],
            self._tensor((given.gap * timed)[:, :-1]),
            self._tensor((given.slot * timed)[:, :-1]),
            self._tensor(given.skip[:, :-1]),
        )

    def _tensor(self, values: np.ndarray[Any, Any]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(values)).to(self.device)

    # --- measuring --------------------------------------------------------------------

    def ranks(self, plays: SessionEvents) -> FloatArray:
        """(n,) rank of what came next among all items, ties counted half."""
        with torch.no_grad():
            return self._ranks(plays)

    def _ranks(self, plays: SessionEvents) -> FloatArray:
        self.network.eval()
        n = len(self.share)
        rows = torch.arange(n, device=self.device)
        kept = torch.ones(n, device=self.device)
        vectors, bias = self.network.items(rows, self.artist, self.content, kept)
        found = [np.zeros(0, dtype=np.float32)]
        order = np.argsort(plays.length, kind="stable")
        for group in np.array_split(order, max(len(order) // 128, 1)):
            if not len(group):
                continue
            given = session_features.batch(plays, group)
            shown, step = np.nonzero((given.items[:, 1:] >= 0) & (given.skip[:, 1:] == 0))
            if not len(shown):
                continue
            places = self._tensor(np.maximum(given.items, 0))
            absent = self._tensor(given.items < 0)
            data = self._input(given, places, absent, np.ones((len(group), 1), dtype=np.int64))
            states = self.network.states(vectors, data)
            session, after = self._tensor(shown), self._tensor(step)
            scores = self.network.scores(states[session, after], vectors, bias)
            copies = self.network.copies(states, session, after, absent[:, :-1])
            scores.scatter_add_(1, places[:, :-1][session], copies)
            own = scores.gather(1, places[session, after + 1][:, None])
            equal = (scores == own).sum(1) - 1
            found.append((1 + (scores > own).sum(1) + equal / 2).cpu().numpy())
        return np.concatenate(found)

    def measure_ndcg(self, plays: SessionEvents) -> float:
        """NDCG@20 of :meth:`ranks`; NaN where nothing is asked."""
        ranks = self.ranks(plays)
        if not len(ranks):
            return math.nan
        return float(np.where(ranks <= TOP, 1.0 / np.log2(1.0 + ranks), 0.0).mean())


def start_of(vectors: FloatArray, known: Known, config: TransformerConfig) -> dict[str, FloatArray]:
    """Arrays to begin with: spectral vectors, split into the artists' means and the rest."""
    size = config.size
    artist = np.zeros((known.n_artists + 1, size), dtype=np.float32)
    count = np.bincount(known.artist, minlength=len(artist)).astype(np.float32)
    np.add.at(artist, known.artist, vectors)
    artist /= (count + 1.0)[:, None]  # one more, so that an artist's only track keeps half
    artist[0] = 0.0
    return {
        OWN: vectors - artist[known.artist],
        ARTIST: artist,
        CONTENT_MAP: np.zeros((size, CONTENT), dtype=np.float32),
    }
