"""Settings of the deep components."""

from __future__ import annotations

from dataclasses import dataclass

from musicai.core.errors import QueryError
from musicai.models.base import ComponentConfig


@dataclass(frozen=True)
class TransformerConfig(ComponentConfig):
    """Settings of :class:`musicai.models.deep.transformer.Transformer`."""

    size: int = 128
    """Length of an item's vector and of the hidden state; a multiple of ``heads``."""
    layers: int = 2
    """Blocks of attention (≥ 1)."""
    heads: int = 2
    """Heads of attention in each (≥ 1)."""
    length: int = 50
    """The last so many plays (≥ 2) of a session are seen."""
    dropout: float = 0.4
    """0 to below 1."""
    temperature: float = 0.07
    """Above 0: cosines are divided by it."""
    hide: float = 0.1
    """0 to below 1: share of plays of a session that training hides from the network."""
    forget: float = 0.1
    """0 to below 1: share of tracks that training knows by artist and features alone, in each
    step, so that tracks which nobody played find their place."""
    recency: float = 1.0
    """≥ 0: the oldest session is drawn e^−recency times as often as the newest."""
    negatives: int = 8_192
    """Tracks (≥ 1) drawn for each step to stand against what came next."""
    learning_rate: float = 1e-3
    """Above 0, after the warm-up."""
    weight_decay: float = 0.01
    """≥ 0."""
    epochs: int = 8
    """Passes over the plays (≥ 1), at most; then as many again as were best, over all of them."""
    patience: int = 2
    """Training ends after so many passes (≥ 1) that did no better on the latest sessions."""
    plays_a_batch: int = 4_096
    """Plays (≥ 2) in one step, at most."""
    most_plays: int = 3_000_000
    """Plays (≥ 1) that all passes together go over, at most; it bounds the time."""

    def __post_init__(self) -> None:
        least = {"layers": 1, "heads": 1, "length": 2, "negatives": 1, "epochs": 1}
        least |= {"size": 1, "patience": 1, "plays_a_batch": 2, "most_plays": 1}
        for name, bound in least.items():
            if getattr(self, name) < bound:
                raise QueryError(f"{name} must be at least {bound}.")
        if self.size % self.heads:
            raise QueryError(f"size must be a multiple of heads, which are {self.heads}.")
        for name in ("dropout", "hide", "forget"):
            if not 0 <= getattr(self, name) < 1:
                raise QueryError(f"{name} must be at least 0 and below 1.")
        if min(self.temperature, self.learning_rate) <= 0:
            raise QueryError("temperature and learning_rate must be above 0.")
        if min(self.recency, self.weight_decay) < 0:
            raise QueryError("recency and weight_decay must be at least 0.")


@dataclass(frozen=True)
class AutoencoderConfig(ComponentConfig):
    """Settings of :class:`musicai.models.deep.autoencoder.Autoencoder`."""

    size: int = 128
    """Length (≥ 1) of the hidden state: what a listener is boiled down to."""
    dropout: float = 0.5
    """0 to below 1: share of a row that training hides and has to be foretold."""
    presence: float = 0.75
    """0 to 1: how much an entry counts by being there at all, beside its confidence r: it enters
    as r^(1 − presence)."""
    basket_weight: float = 1.0
    """Confidence (> 0) of a basket's entry, where a listener's own is about 0.5 to 4."""
    friend_weight: float = 0.3
    """Confidence (≥ 0) of a friendship between listeners."""
    artist_share: float = 0.5
    """Part (0 to 1] of an artist's score that a track of theirs gets which nobody played."""
    profile_tracks: int = 1_000
    """At most this many (≥ 1) of the query's heaviest tracks count."""
    rows_a_step: int = 250
    """Listeners and baskets (≥ 1) that one step learns from."""
    negatives: int = 20_000
    """Tracks (≥ 1) drawn for each step to stand against those of its rows; all where that is not
    more."""
    learning_rate: float = 1e-3
    """Above 0."""
    weight_decay: float = 0.01
    """≥ 0."""
    steps: int = 2_000
    """Steps (≥ 1), at most; then as many again as were best, over all entries."""
    patience: int = 4
    """Training ends after so many (≥ 1) looks in a row at hidden entries that found nothing
    better."""
    most_products: float = 4e12
    """Products (> 0) of numbers that all steps take, at most; it bounds the time."""

    def __post_init__(self) -> None:
        whole = ("size", "profile_tracks", "rows_a_step", "negatives", "steps", "patience")
        for name in whole:
            if getattr(self, name) < 1:
                raise QueryError(f"{name} must be at least 1.")
        if not 0 <= self.dropout < 1 or not 0 < self.artist_share <= 1:
            raise QueryError("dropout must be 0 to below 1, artist_share above 0 and at most 1.")
        if not 0 <= self.presence <= 1:
            raise QueryError("presence must be between 0 and 1.")
        if min(self.learning_rate, self.basket_weight, self.most_products) <= 0:
            raise QueryError("learning_rate, basket_weight and most_products must be above 0.")
        if min(self.weight_decay, self.friend_weight) < 0:
            raise QueryError("weight_decay and friend_weight must be at least 0.")
