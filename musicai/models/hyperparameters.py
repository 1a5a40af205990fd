"""Every hyper-parameter of the trained components: its range, what it does, and how it is read.

The Models page, the command line (``--set collaborative.factors=128``) and the tuning are all
made of :data:`HYPERPARAMETERS`. A range is what is sensible; what is possible at all the
components' own configs check.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from musicai.core.errors import QueryError
from musicai.models import COMPONENTS

Settings = Mapping[str, Mapping[str, Any]]
"""Component → name → value, of those that are not the component's own."""


@dataclass(frozen=True)
class Hyperparameter:
    """One of them."""

    component: str
    name: str
    """Field of the component's config."""
    label: str
    low: float
    high: float
    help: str
    log: bool = False
    """Whether equal ratios, rather than equal steps, are equally far apart."""
    tuned: bool = True
    """Whether the tuning varies it."""

    @property
    def key(self) -> str:
        """How the command line names it."""
        return f"{self.component}.{self.name}"

    @property
    def default(self) -> int | float | bool:
        """The component's own value."""
        value: int | float | bool = getattr(COMPONENTS[self.component].config_class(), self.name)
        return value

    @property
    def whole(self) -> bool:
        """Whether only whole numbers can be meant."""
        return isinstance(self.default, int)

    def validate(self, value: float) -> int | float:
        """The value, as the config takes it.

        Raises:
            QueryError: it is out of range, or no whole number where one is needed.
        """
        if not self.low <= value <= self.high:
            raise QueryError(
                f"{self.key} is {value:g}; it must be between {self.low:g} and {self.high:g}."
            )
        if self.whole and value != int(value):
            raise QueryError(f"{self.key} is {value:g}; it must be a whole number.")
        return int(value) if self.whole else float(value)


def _side(component: str) -> tuple[Hyperparameter, ...]:
    """What both trained components take in beside plays."""
    return (
        Hyperparameter(
            component, "artist_weight", "Artists", 0.0, 10.0, "How strongly tracks of one artist "
            "hang together; 0 leaves artists out.",
        ),
        Hyperparameter(
            component, "genre_weight", "Genres and tags", 0.0, 10.0, "How strongly tracks of one "
            "genre or tag hang together; 0 leaves them out.",
        ),
        Hyperparameter(
            component, "audio_weight", "Sound", 0.0, 10.0, "How strongly tracks that sound alike "
            "hang together; 0 leaves sound out.",
        ),
        Hyperparameter(
            component, "friend_weight", "Friends", 0.0, 10.0, "How strongly friends share a "
            "taste; counts only where friendships are known.", tuned=False,
        ),
        Hyperparameter(
            component, "basket_weight", "Sessions and playlists", 0.05, 10.0, "What an entry of a "
            "session or playlist is worth beside a listener's own plays.", log=True,
        ),
        Hyperparameter(
            component, "artist_share", "Share of the artist", 0.05, 1.0, "Part of the artist's "
            "score that a track gets which nobody has played.", tuned=False,
        ),
        Hyperparameter(
            component, "profile_tracks", "Tracks heard", 50, 5_000, "At most so many of a "
            "listener's heaviest tracks are looked at. More is slower.", log=True, tuned=False,
        ),
    )  # fmt: skip


HYPERPARAMETERS: tuple[Hyperparameter, ...] = (
    Hyperparameter(
        "collaborative", "factors", "Factors (ALS)", 2, 256, "How many hidden tastes ALS may tell "
        "apart. More is slower.", log=True,
    ),
    Hyperparameter(
        "collaborative", "nmf_factors", "Factors (NMF)", 2, 256, "The same for NMF.", log=True,
    ),
    Hyperparameter(
        "collaborative", "epochs", "Sweeps", 1, 200, "How often it goes over your history. More "
        "is slower.", log=True, tuned=False,
    ),
    Hyperparameter(
        "collaborative", "regularization", "Regularisation (ALS)", 0.01, 1_000.0, "How hard "
        "factors are held back. More helps where little is known.", log=True,
    ),
    Hyperparameter(
        "collaborative", "alpha", "Confidence (ALS)", 0.1, 200.0, "How much more a played track "
        "counts than one that was not played.", log=True,
    ),
    *_side("collaborative"),
    Hyperparameter(
        "item_item", "regularization", "Regularisation (EASE)", 1.0, 10_000.0, "How hard direct "
        "weights are held back.", log=True,
    ),
    Hyperparameter(
        "item_item", "dropout", "Dropout (EASE)", 0.0, 0.95, "Share of a listener's tracks it is "
        "made to do without; holds back what is played much.",
    ),
    Hyperparameter(
        "item_item", "presence", "Presence", 0.0, 1.0, "1: that a track was played is all that "
        "counts; 0: how much counts too.",
    ),
    Hyperparameter(
        "item_item", "shrinkage", "Shrinkage (cosine)", 0.0, 500.0, "How much evidence a likeness "
        "needs, in large libraries.",
    ),
    Hyperparameter(
        "item_item", "neighbours", "Neighbours", 10, 1_000, "Weights kept for each track.",
        log=True, tuned=False,
    ),
    *_side("item_item"),
    Hyperparameter(
        "sequence", "decay", "Memory", 0.05, 1.0, "1: all tracks of a session count alike; lower: "
        "the last ones count most.",
    ),
    Hyperparameter(
        "sequence", "window", "Surroundings", 1, 30, "How many plays before and after a track "
        "count as played near it.", tuned=False,
    ),
    Hyperparameter(
        "sequence", "distance", "Nearness", 0.0, 5.0, "How much more the very next play counts "
        "than one further away; 0: all of the surroundings count alike.", tuned=False,
    ),
    Hyperparameter(
        "sequence", "session_tracks", "Tracks gone on from", 1, 60, "At most so many of the last "
        "tracks of a session are looked at.", log=True, tuned=False,
    ),
    Hyperparameter(
        "sequence", "occurrences", "Plays looked at", 10, 20_000, "Of each track at most so many "
        "of its latest plays. More is slower.", log=True, tuned=False,
    ),
    Hyperparameter(
        "sequence", "length_penalty", "Short sessions", 0.0, 2.0, "How much more a short session "
        "counts than a long one.", tuned=False,
    ),
    Hyperparameter(
        "sequence", "backward", "Both directions", 0.0, 1.0, "0: only what came after a track "
        "counts; 1: what came before it counts as much.",
    ),
    Hyperparameter(
        "sequence", "neighbour_share", "Sessions like it", 0.0, 1.0, "How much whole sessions "
        "count beside what is played near a track.",
    ),
    Hyperparameter(
        "sequence", "neighbours", "Sessions asked", 5, 1_000, "How many sessions most like yours "
        "are looked at.", log=True, tuned=False,
    ),
    Hyperparameter(
        "sequence", "skip_weight", "Skips", 0.0, 1.0, "How far a track that you skipped speaks "
        "against what is played near it.", tuned=False,
    ),
    Hyperparameter(
        "transformer", "size", "Size", 16, 512, "Length of a track's vector; a multiple of two. "
        "More is slower.", log=True, tuned=False,
    ),
    Hyperparameter(
        "transformer", "layers", "Layers", 1, 6, "Blocks of attention, one after the other.",
        tuned=False,
    ),
    Hyperparameter(
        "transformer", "epochs", "Passes", 1, 50, "How often it goes over your plays, at most; it "
        "ends where the latest sessions say so.", log=True, tuned=False,
    ),
    Hyperparameter(
        "transformer", "most_plays", "Plays gone over", 10_000, 100_000_000, "In one training, at "
        "most, all passes together; it bounds the time.", log=True, tuned=False,
    ),
    Hyperparameter(
        "transformer", "dropout", "Dropout", 0.0, 0.9, "Share of what the network holds that "
        "training leaves out; more helps where little is known.", tuned=False,
    ),
    Hyperparameter(
        "transformer", "recency", "Recent sessions", 0.0, 5.0, "How much more often recent "
        "sessions are learned from than old ones.", tuned=False,
    ),
    Hyperparameter(
        "transformer", "heads", "Heads", 1, 8, "Ways of looking back in each block; the size is a "
        "multiple of them.", tuned=False,
    ),
    Hyperparameter(
        "transformer", "length", "Plays seen", 5, 200, "At most so many of the last plays of a "
        "session are seen. More is slower.", log=True, tuned=False,
    ),
    Hyperparameter(
        "transformer", "negatives", "Negatives", 100, 100_000, "Tracks drawn in each step to stand "
        "against what came next. More is slower.", log=True, tuned=False,
    ),
    Hyperparameter(
        "transformer", "temperature", "Temperature", 0.01, 1.0, "Lower: sure of the likeliest "
        "tracks; higher: many count.", log=True, tuned=False,
    ),
    Hyperparameter(
        "transformer", "hide", "Hidden plays", 0.0, 0.9, "Share of the plays of a session that "
        "training hides from the network.", tuned=False,
    ),
    Hyperparameter(
        "transformer", "forget", "Known by artist", 0.0, 0.9, "Share of tracks that training knows "
        "by artist and sound alone, for the sake of new ones.", tuned=False,
    ),
    Hyperparameter(
        "transformer", "learning_rate", "Learning rate", 1e-5, 0.1, "How far each step goes.",
        log=True, tuned=False,
    ),
    Hyperparameter(
        "transformer", "weight_decay", "Weight decay", 0.0, 1.0, "How hard weights are held back.",
        tuned=False,
    ),
    Hyperparameter(
        "transformer", "patience", "Patience", 1, 10, "Passes without anything better after which "
        "it ends.", tuned=False,
    ),
    Hyperparameter(
        "transformer", "plays_a_batch", "Plays a step", 64, 65_536, "Plays that one step learns "
        "from.", log=True, tuned=False,
    ),
    Hyperparameter(
        "autoencoder", "size", "Size", 16, 512, "Numbers that a listener is boiled down to. More "
        "is slower.", log=True, tuned=False,
    ),
    Hyperparameter(
        "autoencoder", "dropout", "Dropout", 0.0, 0.9, "Share of a listener that training hides "
        "and has foretold; more helps where little is known.", tuned=False,
    ),
    Hyperparameter(
        "autoencoder", "steps", "Steps", 10, 100_000, "At most so many steps; it ends where hidden "
        "entries are foretold no better.", log=True, tuned=False,
    ),
    Hyperparameter(
        "autoencoder", "most_products", "Products", 1e9, 1e15, "Products of numbers that all steps "
        "take, at most; it bounds the time.", log=True, tuned=False,
    ),
    Hyperparameter(
        "autoencoder", "presence", "Presence", 0.0, 1.0, "At 1 it counts alone that you play a "
        "track, at 0 how much.", tuned=False,
    ),
    Hyperparameter(
        "autoencoder", "rows_a_step", "Rows a step", 10, 10_000, "Listeners and sessions that one "
        "step learns from.", log=True, tuned=False,
    ),
    Hyperparameter(
        "autoencoder", "negatives", "Negatives", 100, 1_000_000, "Tracks drawn in each step to "
        "stand against what is played. More is slower.", log=True, tuned=False,
    ),
    Hyperparameter(
        "autoencoder", "learning_rate", "Learning rate", 1e-5, 0.1, "How far each step goes.",
        log=True, tuned=False,
    ),
    Hyperparameter(
        "autoencoder", "weight_decay", "Weight decay", 0.0, 1.0, "How hard weights are held back.",
        tuned=False,
    ),
    Hyperparameter(
        "autoencoder", "patience", "Patience", 1, 20, "Looks without anything better after which "
        "it ends.", tuned=False,
    ),
    Hyperparameter(
        "autoencoder", "basket_weight", "Sessions", 0.1, 10.0, "How much a session counts beside "
        "a listener.", log=True, tuned=False,
    ),
    Hyperparameter(
        "autoencoder", "artist_share", "Share of the artist", 0.05, 1.0, "Part of the artist's "
        "score that a track gets which nobody has played.", tuned=False,
    ),
    Hyperparameter(
        "autoencoder", "profile_tracks", "Tracks heard", 50, 5_000, "At most so many of a "
        "listener's heaviest tracks are looked at. More is slower.", log=True, tuned=False,
    ),
    Hyperparameter(
        "autoencoder", "friend_weight", "Friends", 0.0, 10.0, "How much a friendship counts, where "
        "packs of listeners name friends.", tuned=False,
    ),
)  # fmt: skip

PRESETS: Mapping[str, Mapping[str, Any]] = {
    "Standard": {},
    "Quick": {
        "method": "als",
        "settings": {"collaborative": {"factors": 32, "epochs": 5}},
        "music_map": False,
    },
    "Fine": {"settings": {"collaborative": {"factors": 128, "epochs": 15}}, "tune_s": 300.0},
}
"""Name on the screen → choices of a training (fields of ``fitting.TrainingConfig``)."""

_BY_KEY = {one.key: one for one in HYPERPARAMETERS}


def parse_settings(pairs: Iterable[tuple[str, float]]) -> dict[str, dict[str, int | float]]:
    """Settings from pairs of ``component.name`` and value.

    Raises:
        QueryError: there is no such hyper-parameter, or the value is out of its range.
    """
    found: dict[str, dict[str, int | float]] = {}
    for key, value in pairs:
        known = _BY_KEY.get(key)
        if known is None:
            raise QueryError(f"There is no hyper-parameter {key!r}; {_choice(key)}.")
        found.setdefault(known.component, {})[known.name] = known.validate(value)
    return found


def _choice(key: str) -> str:
    """What there is instead of an unknown one: those of its component, else the components."""
    component = key.partition(".")[0]
    mine = sorted(one.key for one in HYPERPARAMETERS if one.component == component)
    if mine:
        return f"choose from {', '.join(mine)}"
    every = dict.fromkeys(one.component for one in HYPERPARAMETERS)
    return f"they begin with one of {', '.join(every)} and a dot"
