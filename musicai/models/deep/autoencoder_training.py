"""Training of the autoencoder: a row with holes goes in, the whole row is foretold."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from scipy.sparse import csr_matrix
from torch import Tensor
from torch.nn import functional

from musicai.core.progress import Progress, part
from musicai.data.library import FloatArray
from musicai.models.deep import device as devices
from musicai.models.deep.autoencoder_arrays import AutoencoderNetwork
from musicai.models.deep.config import AutoencoderConfig

logger = logging.getLogger(__name__)

Rows = npt.NDArray[np.intp]

HIDDEN_ROWS = 500
"""Of so many rows, at most, some entries are hidden: they decide when to stop."""

HIDDEN_SHARE = 0.2
FEWEST_ENTRIES = 5
"""A row with fewer keeps them all."""

FEWEST_ROWS = 20
"""With fewer rows to hide anything of there is no validation, and every step is gone through."""

LOOKS = 50
"""So often, at most, it is looked whether the hidden entries are foretold better."""

TOP = 20

UPDATE_STEPS, UPDATE_RATE = 100, 0.3
"""Steps of an update, at most, and their share of the learning rate."""

STOPPED = (
    "Deep taste: the weights became NaN in step {step}; training ended there, with the last "
    "good ones."
)


@dataclass(frozen=True)
class LearnedAutoencoder:
    """The outcome."""

    network: AutoencoderNetwork
    steps: int
    """Steps that went into it."""
    ndcg: float
    """nDCG@20 of the hidden entries among all that a row does not hold; NaN where not measured."""
    notes: tuple[str, ...] = ()


def learn(
    matrix: csr_matrix,
    before: AutoencoderNetwork | None,
    config: AutoencoderConfig,
    seed: int,
    progress: Progress,
    *,
    device: str | None = None,
) -> LearnedAutoencoder:
    """Train; some entries of some rows say how many steps are best, then as many over all.

    Args:
        matrix: (n_rows, n_columns) float32 > 0, listeners and baskets by what they play.
        before: What is learned already, to be updated in a few steps; None to begin.
        config: Settings.
        seed: The same data, settings, seed and machine give the same bytes.
        progress: Called in every step; raising ``Cancelled`` from it ends the work.
        device: Of torch; chosen if None.
    """
    steps = _affordable(matrix, config)

    def go(where: str) -> LearnedAutoencoder:
        if before is not None:
            training = _Training(matrix, before, config, seed, where, UPDATE_RATE)
            return training.run(min(steps, UPDATE_STEPS), None, progress)
        return _learn_weights(matrix, config, steps, seed, where, progress)

    learned, notes = devices.train_on_device(go, "Deep taste", device)
    return replace(learned, notes=(*notes, *learned.notes))


def _affordable(matrix: csr_matrix, config: AutoencoderConfig) -> int:
    """Steps of forward and backward passes that ``most_products`` is enough for, twice over."""
    columns = min(matrix.shape[1], config.negatives)
    rows = min(config.rows_a_step, matrix.shape[0])
    return max(1, min(config.steps, int(config.most_products / (6 * rows * columns * config.size))))


def _learn_weights(
    matrix: csr_matrix,
    config: AutoencoderConfig,
    steps: int,
    seed: int,
    device: str,
    progress: Progress,
) -> LearnedAutoencoder:
    given, hidden = _hide(matrix, seed)
    if hidden is None:
        return _Training(matrix, None, config, seed, device).run(steps, None, progress)
    first = _Training(given, None, config, seed, device)
    found = first.run(steps, hidden, part(progress, 0.0, 0.6))
    if found.notes:
        return found
    whole = _Training(matrix, None, config, seed, device)
    again = whole.run(found.steps, None, part(progress, 0.6, 1.0))
    return replace(found, notes=again.notes) if again.notes else replace(again, ndcg=found.ndcg)


def _hide(matrix: csr_matrix, seed: int) -> tuple[csr_matrix, csr_matrix | None]:
    """The matrix without some entries, and these; None where there are too few rows for it."""
    rng = np.random.default_rng(seed)
    size = np.diff(matrix.indptr)
    rows = np.flatnonzero(size >= FEWEST_ENTRIES)
    if len(rows) < FEWEST_ROWS:
        return matrix, None
    chosen = np.zeros(matrix.shape[0], dtype=bool)
    # longer rows are more like the listeners who will ask
    most = min(HIDDEN_ROWS, len(rows) // 2)
    chosen[rng.choice(rows, most, replace=False, p=size[rows] / size[rows].sum())] = True
    away = np.repeat(chosen, size) & (rng.random(matrix.nnz) < HIDDEN_SHARE)
    parts = []
    for kept in (~away, away):
        indptr = np.concatenate([[0], np.cumsum(kept)])[matrix.indptr]
        entries = (matrix.data[kept], matrix.indices[kept], indptr)
        parts.append(csr_matrix(entries, shape=matrix.shape))
    return parts[0], parts[1]


class _Training:
    """One network over some rows."""

    def __init__(
        self,
        matrix: csr_matrix,
        before: AutoencoderNetwork | None,
        config: AutoencoderConfig,
        seed: int,
        device: str,
        rate: float = 1.0,
    ) -> None:
        self.matrix, self.config, self.device = matrix, config, device
        self.rng = np.random.default_rng(seed)
        self.filled = np.flatnonzero(np.diff(matrix.indptr))
        begin = before if before is not None else self._begin()
        self.parameters = [
            torch.from_numpy(one.astype(np.float32)).to(device).requires_grad_()
            for one in (begin.encoder, begin.hidden, begin.decoder, begin.bias)
        ]
        self.optimiser = torch.optim.AdamW(
            self.parameters, lr=rate * config.learning_rate, weight_decay=config.weight_decay
        )

    def _begin(self) -> AutoencoderNetwork:
        """Glorot and Bengio (2010)."""
        n, size = self.matrix.shape[1], self.config.size
        end = math.sqrt(6.0 / (n + size))
        tables = (self.rng.uniform(-end, end, size=(n, size)).astype(np.float32) for _ in range(2))
        return AutoencoderNetwork(
            next(tables), np.zeros(size, np.float32), next(tables), np.zeros(n, np.float32)
        )

    def run(self, steps: int, hidden: csr_matrix | None, progress: Progress) -> LearnedAutoencoder:
        """So many steps, or until ``hidden`` entries are foretold no better."""
        every = max(steps // LOOKS, 1)
        best, bad = LearnedAutoencoder(self._network(), 0, math.nan), 0
        order = np.zeros(0, dtype=np.intp)
        for step in range(1, steps + 1 if len(self.filled) else 1):
            progress((step - 1) / steps, "Learning what listeners have in common…")
            if not len(order):
                order = self.rng.permutation(self.filled)
            taken, order = order[: self.config.rows_a_step], order[self.config.rows_a_step :]
            loss = self._loss(taken)
            if not torch.isfinite(loss):
                return replace(best, notes=(STOPPED.format(step=step),))
            self.optimiser.zero_grad()
            torch.autograd.backward(loss)
            self.optimiser.step()
            if step % every and step < steps:
                continue
            ndcg = self._measure_ndcg(hidden) if hidden is not None else math.nan
            logger.info("step %d of %d: nDCG@%d %.5f", step, steps, TOP, ndcg)
            if not ndcg <= best.ndcg:  # also where nothing is measured
                best, bad = LearnedAutoencoder(self._network(), step, ndcg), 0
                continue
            bad += 1
            if bad >= self.config.patience:
                break
        return best

    def _network(self) -> AutoencoderNetwork:
        return AutoencoderNetwork(*(one.detach().cpu().numpy().copy() for one in self.parameters))

    def _loss(self, rows: Rows) -> Tensor:
        """Multinomial cross entropy (Liang et al., 2018), summed over a row's entries."""
        given = self.matrix[rows]
        columns = self._candidates(given)
        decoder, bias = self.parameters[2:]
        state = self._state(given, self.config.dropout)
        wanted = self._tensor(given[:, columns.rows].toarray())
        chosen = self._tensor(columns.rows)
        scores = state @ decoder[chosen].T + bias[chosen] + self._tensor(columns.correction)
        return -(torch.log_softmax(scores, dim=1) * wanted).sum(1).mean()

    def _state(self, rows: csr_matrix, dropout: float) -> Tensor:
        """(n, size) the hidden state of rows scaled to length 1, with holes."""
        encoder, hidden, *_ = self.parameters
        length = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
        values = rows.data / np.repeat(np.maximum(length, 1e-12), np.diff(rows.indptr))
        if dropout:
            values = values * (self.rng.random(len(values)) >= dropout) / (1.0 - dropout)
        summed = functional.embedding_bag(
            self._tensor(rows.indices.astype(np.int64)),
            encoder,
            self._tensor(rows.indptr[:-1].astype(np.int64)),
            mode="sum",
            per_sample_weights=self._tensor(values.astype(np.float32)),
        )
        return torch.tanh(summed + hidden)

    def _candidates(self, rows: csr_matrix) -> _Candidates:
        """The rows' own columns and some drawn evenly from the rest; all where they are few."""
        n = self.matrix.shape[1]
        if n <= self.config.negatives:
            return _Candidates(np.arange(n), np.zeros(n, dtype=np.float32))
        own = np.unique(rows.indices)
        rest = np.delete(np.arange(n), own)
        drawn = self.rng.choice(rest, min(self.config.negatives, len(rest)), replace=False)
        # each that was drawn stands for so many
        stands = math.log(len(rest) / max(len(drawn), 1)) if len(rest) else 0.0
        correction = np.concatenate([np.zeros(len(own)), np.full(len(drawn), stands)])
        return _Candidates(np.concatenate([own, drawn]), correction.astype(np.float32))

    def _measure_ndcg(self, hidden: csr_matrix) -> float:
        """NDCG@20 of the hidden entries, among the columns that a row does not hold."""
        rows = np.flatnonzero(np.diff(hidden.indptr))
        gain = 1.0 / np.log2(np.arange(TOP) + 2.0)
        found = []
        with torch.no_grad():
            decoder, bias = self.parameters[2:]
            for some in np.array_split(rows, max(len(rows) // 100, 1)):
                given = self.matrix[some]
                scores = self._state(given, 0.0) @ decoder.T + bias
                scores[tuple(self._tensor(one) for one in given.nonzero())] = -math.inf
                top = torch.topk(scores, min(TOP, scores.shape[1])).indices.cpu().numpy()
                for row, places in zip(some, top, strict=True):
                    wanted = hidden.indices[hidden.indptr[row] : hidden.indptr[row + 1]]
                    hits = np.isin(places, wanted) * gain[: len(places)]
                    found.append(hits.sum() / gain[: min(len(wanted), TOP)].sum())
        return float(np.mean(found)) if found else math.nan

    def _tensor(self, values: npt.NDArray[np.generic]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(values)).to(self.device)


@dataclass(frozen=True)
class _Candidates:
    """Columns of one step."""

    rows: Rows
    """(m,) columns."""
    correction: FloatArray
    """(m,) log of how many columns each stands for."""
