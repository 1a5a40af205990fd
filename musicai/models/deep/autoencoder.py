"""Deep taste: an autoencoder that foretells the whole of a listener from a part."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from scipy.sparse import csr_matrix

from musicai.core.progress import Progress
from musicai.data.arrays import Query, TrainingData
from musicai.data.library import FloatArray, IntArray
from musicai.models.base import Component, ComponentConfig, Reason, write_json
from musicai.models.deep import availability
from musicai.models.deep.autoencoder_arrays import TABLES, AutoencoderNetwork
from musicai.models.deep.config import AutoencoderConfig
from musicai.models.factorization import places
from musicai.models.item_index import Entries, ItemIndex
from musicai.models.side_information import SideInformation, SideWeights, confidences, join

NO_ROWS = "“Deep taste” was not trained: nobody in the data plays two tracks."


@dataclass(frozen=True)
class _Encoded:
    """A query as a listener of the network."""

    entries: Entries
    values: FloatArray
    """(e,) what of each entry goes in; their length is 1."""
    pulled: FloatArray
    """(size,) x·encoder."""


class Autoencoder(Component):
    """A denoising autoencoder over the interaction row (Mult-DAE), served without torch.

    Liang et al., "Variational autoencoders for collaborative filtering" (2018): a listener's row
    of length 1, with half of it hidden, goes through one hidden layer, and the multinomial
    likelihood of the whole row is maximised. Rows are listeners, those of neighbour packs, and
    baskets; columns are tracks, and artists and friends where there are any
    (:mod:`musicai.models.side_information`). Of the forms tried on a validation slice of Last.fm it
    was the best: nDCG@20 .222 alone, where the variational form of that paper, with two hidden
    layers of 600, had .202; it lifts the blend of the other components from .237 to .240.

    The score is how far a track's logit is above the mean of all.
    """

    name = "autoencoder"
    label = "Deep taste"
    help = (
        "Lifts what a neural network, trained on what is played by the same listeners, expects of "
        "a taste like yours."
    )
    trained = True
    optional = True
    config_class = AutoencoderConfig
    config: AutoencoderConfig
    goes_on = True

    def __init__(self, config: ComponentConfig | None = None) -> None:
        super().__init__(config)
        self.network_: AutoencoderNetwork | None = None
        self.n_tracks_ = 0
        self._mean: FloatArray | None = None

    @property
    def silent(self) -> bool:
        """True without a trained network."""
        return self.network_ is None

    # --- training ---------------------------------------------------------------------

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Train the network; without torch it stays silent, and says what to install.

        Raises:
            DataError: a confidence is negative, not a number, or beyond 1,000,000.
        """
        self.n_tracks_ = data.features.n_tracks
        self.network_ = self._mean = None
        if not availability.is_installed():
            self.notes_ = (availability.WITHOUT_TORCH,)
        else:
            self._train(data, None, progress)
        return self

    def update(self, data: TrainingData, progress: Progress) -> Self:
        """Go on from what is learned in a few steps; without torch it stays as it is."""
        other = type(self)(self.config)
        if self.network_ is None:
            return other.fit(data, progress)
        other.n_tracks_ = data.features.n_tracks
        if availability.is_installed():
            other._train(data, self, progress)
            return other
        other.items_, other.network_ = self.items_, self.network_
        other.notes_ = (availability.not_updated(self.label, "it has no opinion on new tracks"),)
        return other

    def _train(self, data: TrainingData, before: Autoencoder | None, progress: Progress) -> None:
        from musicai.models.deep import autoencoder_training  # noqa: PLC0415 (imports torch)

        progress(0.0, "Gathering what listeners play…")
        config = self.config
        joint = join(
            confidences(data, config.basket_weight),
            data,
            SideWeights(0, 0, 0, config.friend_weight),
        )
        self.items_ = ItemIndex.of(joint, data, config.artist_share, config.friend_weight)
        matrix = _enter_rows(joint, config.presence)
        if not (np.diff(matrix.indptr) > 1).any():
            self.notes_ = (NO_ROWS,)
            return
        start = None
        if before is not None and before.network_ is not None:
            start = _start(before.items_, before.network_, self.items_, joint)
        learned = autoencoder_training.learn(matrix, start, config, data.seed, progress)
        self.notes_ = learned.notes
        kept = np.arange(joint.n_kept, dtype=np.int32)
        self.network_ = learned.network.of(kept).round_to_half()

    # --- scores -----------------------------------------------------------------------

    def score(self, query: Query) -> FloatArray:
        """(n_tracks,) NaN where a track, or all of the query, was not in training."""
        found, network = self._encode_query(query), self.network_
        if found is None or network is None:
            return np.full(self.n_tracks_, np.nan, dtype=np.float32)
        n = len(self.items_.tracks) + len(self.items_.artists)
        state = np.tanh(found.pulled + network.hidden)
        logits = network.decoder[:n] @ state + network.bias[:n]
        return self.items_.by_track(logits - logits.mean())

    def _encode_query(self, query: Query) -> _Encoded | None:
        """The query as a listener, worked out once; None where nothing of it is known here."""
        if self.network_ is None:
            return None
        if self.token not in query.memo:
            entries = self.items_.entries(query, self.config.profile_tracks)
            query.memo[self.token] = None
            if entries is not None:
                raw = entries.weights ** np.float32(1.0 - self.config.presence)
                values = np.asarray(raw / np.linalg.norm(raw), dtype=np.float32)
                pulled = values @ self.network_.encoder[entries.slots]
                query.memo[self.token] = _Encoded(entries, values, pulled)
        found: _Encoded | None = query.memo[self.token]
        return found

    # --- reasons ----------------------------------------------------------------------

    def contributions(self, query: Query, track: int) -> tuple[IntArray, FloatArray]:
        """The score of ``track`` taken apart by the query's tracks.

        Integrated gradients from an empty row (Sundararajan et al., 2017), which have a closed
        form here: the parts sum to how far the query moved the score, less what friends add.

        Returns:
            rows (k,) of the query's tracks that are known here; parts (k,) float32.
        """
        found, network = self._encode_query(query), self.network_
        slot = int(self.items_.slot[track]) if network is not None else -1
        if found is None or network is None or slot < 0:
            return np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.float32)
        moved = np.tanh(found.pulled + network.hidden) - np.tanh(network.hidden)
        small = np.abs(found.pulled) < 1e-6  # there the slope itself
        slope = 1.0 - np.tanh(network.hidden) ** 2
        slope = np.where(small, slope, moved / np.where(small, 1.0, found.pulled))
        toward = slope * (network.decoder[slot] - self._mean_of_decoder())
        parts = found.values * (network.encoder[found.entries.slots] @ toward)
        parts = parts.astype(np.float32) * np.float32(self.items_.share_of(track))
        return found.entries.rows, found.entries.of_tracks(parts)

    def _mean_of_decoder(self) -> FloatArray:
        """(size,) over what is scored; worked out once, as every reason asks for it."""
        assert self.network_ is not None
        if self._mean is None:
            n = len(self.items_.tracks) + len(self.items_.artists)
            self._mean = self.network_.decoder[:n].mean(axis=0)
        return self._mean

    def reasons(self, query: Query, track: int) -> list[Reason]:
        """The played track or seed that moved it most."""
        if self.network_ is None:
            return []
        rows, parts = self.contributions(query, track)
        return self.items_.reasons(self.name, query, track, rows, parts)

    # --- disk and vocabularies --------------------------------------------------------

    def save(self, folder: Path) -> None:
        """The network in half precision as npz, titles and artists as JSON."""
        arrays: dict[str, Any] = {"n_tracks": np.int64(self.n_tracks_)}
        texts: dict[str, Any] = {}
        if self.network_ is not None:
            for name in TABLES:
                arrays[f"network_{name}"] = getattr(self.network_, name).astype(np.float16)
            arrays |= {f"items_{name}": one for name, one in self.items_.arrays().items()}
            texts = self.items_.texts()
        np.savez(folder / "autoencoder.npz", allow_pickle=False, **arrays)
        write_json(folder / "autoencoder.json", texts)

    @classmethod
    def load(cls, folder: Path, config: ComponentConfig) -> Self:
        """Read what ``save`` wrote."""
        component = cls(config)
        texts = json.loads((folder / "autoencoder.json").read_text("utf-8"))
        with np.load(folder / "autoencoder.npz", allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        component.n_tracks_ = int(arrays["n_tracks"])
        if texts:
            tables = (arrays[f"network_{name}"].astype(np.float32) for name in TABLES)
            component.network_ = AutoencoderNetwork(*tables)
            own = {name.removeprefix("items_"): one for name, one in arrays.items()}
            component.items_ = ItemIndex.restore(
                own, texts, component.config.artist_share, component.config.friend_weight
            )
        return component

    def align(self, rows: IntArray) -> Self:
        """The same network for another vocabulary."""
        other = type(self)(self.config)
        other.n_tracks_, other.notes_ = len(rows), self.notes_
        if self.network_ is not None:
            other.items_, kept = self.items_.align(rows)
            other.network_ = self.network_.of(kept)
        return other


def _enter_rows(joint: SideInformation, presence: float) -> csr_matrix:
    """The joint matrix as rows go into the network."""
    matrix = csr_matrix(joint.matrix, dtype=np.float32, copy=True)
    matrix.data **= np.float32(1.0 - presence)
    return matrix


def _start(
    old: ItemIndex, network: AutoencoderNetwork, new: ItemIndex, joint: SideInformation
) -> AutoencoderNetwork:
    """What an update begins with: what is known of each column, and nothing for new ones."""
    place = places(old, new)
    known = np.flatnonzero(place >= 0)
    n = joint.matrix.shape[1]
    found = {}
    for name in ("encoder", "decoder", "bias"):
        learned = getattr(network, name)
        found[name] = np.zeros((n, *learned.shape[1:]), dtype=np.float32)
        found[name][known] = learned[place[known]]
    fresh = np.ones(n, dtype=bool)
    fresh[known] = False
    # as rare as the rarest, until the steps say more
    found["bias"][fresh] = network.bias.min(initial=0.0)
    return AutoencoderNetwork(hidden=network.hidden, **found)
