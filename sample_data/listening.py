"""How the invented listeners choose what they play: tastes, sessions, plays.

A listener picks the next track by a utility: how much of the scene's artists the
listener plays, micro-genres, sound, loyalty to artists, the track's renown, and a liking
that nothing explains. Repeats come from the tracks known so far. No part decides alone,
so that a recommender which joins several of them does better than any single one.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sample_data.catalogue import N_SCENES, Floats, World, scene_matrix
from sample_data.sounds import FEATURES, GENRES, MICRO

START = 1725148800
"""2024-09-01T00:00:00Z in seconds since 1970."""
DAYS = 730
"""Length of the world: until 2026-08-31."""
DAY = 86400

SCENE, LABEL, GENRE, SOUND_FIT = 2.9, 1.4, 0.6, 1.6
LOYALTY, RENOWN, PRIVATE, MOOD = 0.6, 0.9, 0.5, 0.8
"""Weights of the parts of the utility; the choice is a softmax of it."""

CONTEXTS: dict[str, tuple[float, float, float, float]] = {
    "calm": (-1.1, -0.3, 0.9, 0.5),
    "focus": (-0.6, -0.2, 0.3, 1.0),
    "lively": (0.6, 0.7, -0.4, -0.2),
    "workout": (1.2, 0.3, -0.8, 0.0),
    "wistful": (-0.6, -1.0, 0.5, 0.0),
    "open": (0.0, 0.0, 0.0, 0.0),
}
"""What a session asks for, as standardised energy, valence, acousticness, instrumentalness."""

CONTEXT_NAMES = tuple(CONTEXTS)
HEARD = ("energy", "valence", "acousticness", "instrumentalness")
"""Features that listeners have preferences about."""

WEEKDAY = {
    "commuter": {7: 5, 8: 6, 12: 2, 13: 1, 17: 5, 18: 5, 19: 3, 20: 3, 21: 3, 22: 2},
    "office": {8: 2, 9: 5, 10: 5, 11: 4, 13: 3, 14: 5, 15: 5, 16: 4, 17: 3, 19: 1, 21: 2},
    "owl": {12: 1, 15: 2, 17: 2, 19: 3, 20: 4, 21: 5, 22: 6, 23: 6, 0: 5, 1: 3},
    "early": {5: 3, 6: 5, 7: 5, 8: 3, 12: 2, 16: 2, 17: 3, 18: 4, 19: 3, 20: 2},
}
"""Session starts by hour of a weekday, for each kind of day a listener may have."""

WEEKEND = {9: 2, 10: 4, 11: 5, 12: 4, 14: 4, 15: 4, 16: 4, 18: 4, 19: 4, 20: 5, 21: 5, 22: 4, 23: 2}
"""Session starts by hour of a Saturday or Sunday, moved later for owls."""


@dataclass
class Block:
    """A habit of the main listener: at these hours, these genres in this mood."""

    hours: tuple[int, ...]
    weekdays: tuple[int, ...]
    weight: float
    """Sessions in an hour of the block, relative to the other blocks."""
    genres: dict[str, float]
    """Added utility by genre."""
    context: str


@dataclass
class Listener:
    """One invented listener."""

    name: str
    plays: int
    kind: str
    scenes: tuple[Floats, Floats]
    """Scene weights at the start and at the end of the two years."""
    labels: dict[str, float]
    """Utility of micro-genres."""
    genres: tuple[Floats, Floats]
    """Utility of genres at the start and at the end."""
    sound: Floats
    """Preferred standardised features, in the order of ``HEARD``."""
    renown: float
    """Pull towards well-known tracks; below 0 for those who dig."""
    loyalty: float
    discovery: float
    """Share of plays that are of a track not played before."""
    patience: float
    """Higher skips less."""
    blocks: tuple[Block, ...] = ()
    farewell: tuple[int, ...] = ()
    """Tracks loved in the first months and then never played again."""
    farewell_day: int = 0


@dataclass
class Plays:
    """A listener's plays in order of time."""

    track: list[int] = field(default_factory=list)
    at: list[int] = field(default_factory=list)
    ms: list[int] = field(default_factory=list)
    skipped: list[bool] = field(default_factory=list)
    run: list[bool] = field(default_factory=list)
    """Whether the play is part of an album or artist run (else shuffled or chosen)."""
    first: list[bool] = field(default_factory=list)
    """Whether the play opens its session."""


class Stage:
    """What all listeners share: the catalogue as standardised arrays."""

    def __init__(self, world: World) -> None:
        columns = [FEATURES.index(name) for name in HEARD]
        audio = np.stack(world.audio)[:, columns]
        self.sound = (audio - audio.mean(axis=0)) / audio.std(axis=0)
        self.scenes = scene_matrix(world)
        self.artist = np.array(world.artist, dtype=np.int64)
        self.genre = np.array([world.artists[a].genre for a in world.artist], dtype=np.int64)
        renown = np.array(world.popularity, dtype=np.float64)
        self.renown = (renown - renown.mean()) / renown.std()
        self.duration = np.array(world.duration, dtype=np.int64)
        self.album = np.array(world.album, dtype=np.int64)
        self.by_album = _groups(world.album)
        self.by_artist = _groups(world.artist)
        self.micro = world.micro
        self.n = len(self.album)

    def label_utility(self, labels: dict[str, float]) -> Floats:
        """(n_tracks,) the mean of the labels' utilities on each track."""
        return np.array([sum(labels.get(m, 0.0) for m in ms) / len(ms) for ms in self.micro])


def _groups(numbers: list[int]) -> list[list[int]]:
    """The positions that carry each number, in order."""
    groups: list[list[int]] = [[] for _ in range(max(numbers) + 1)]
    for position, number in enumerate(numbers):
        groups[number].append(position)
    return groups


def make_listener(name: str, rng: np.random.Generator) -> Listener:
    """A listener with a taste of his or her own."""
    count = int(rng.choice([1, 2, 3], p=[0.25, 0.45, 0.3]))
    chosen = rng.permutation(N_SCENES)[: count + 1]
    before, after = np.zeros(N_SCENES), np.zeros(N_SCENES)
    strengths = np.array([1.0, 0.75, 0.55])[:count]
    before[chosen[:count]] = strengths
    after[chosen[:count]] = strengths * rng.uniform(0.4, 1.1, count)
    after[chosen[count]] = rng.choice([0.0, 0.5, 0.8], p=[0.4, 0.35, 0.25])
    liked = rng.permutation(len(GENRES))[: int(rng.integers(2, 5))]
    early = np.zeros(len(GENRES))
    early[liked] = rng.uniform(0.6, 1.6, len(liked))
    late = early * rng.uniform(0.5, 1.1, len(GENRES))
    late[int(rng.integers(len(GENRES)))] += rng.choice([0.0, 0.8])
    labels = {}
    for genre in liked:
        for label in rng.permutation(MICRO[GENRES[genre]])[:4]:
            labels[str(label)] = float(rng.uniform(0.6, 2.0))
    return Listener(
        name=name,
        plays=int(np.clip(rng.lognormal(5.92, 0.72), 80, 2000)),
        kind=str(rng.choice(list(WEEKDAY))),
        scenes=(before, after),
        labels=labels,
        genres=(early, late),
        sound=np.clip(rng.normal(0.0, 0.8, len(HEARD)), -1.5, 1.5),
        renown=float(rng.normal(0.75, 0.5)),
        loyalty=float(rng.uniform(0.5, 1.4)),
        discovery=float(rng.uniform(0.27, 0.40)),
        patience=float(rng.normal(1.1, 0.45)),
    )


def simulate(listener: Listener, stage: Stage, rng: np.random.Generator) -> Plays:
    """All plays of a listener over the two years, in order."""
    mind = _Mind(listener, stage, rng)
    plays = Plays()
    free_from = START
    for start, length, block in _session_times(listener, rng):
        now = max(start, free_from + 1860)
        if now >= START + DAYS * DAY - 1800 or len(plays.track) >= listener.plays:
            break
        mind.begin_session(now, block)
        for step, (track, run) in enumerate(mind.choose(length)):
            ms, skipped = mind.listen(track)
            plays.track.append(track)
            plays.at.append(now)
            plays.ms.append(ms)
            plays.skipped.append(skipped)
            plays.run.append(run)
            plays.first.append(step == 0)
            now += -(-ms // 1000) + int(rng.integers(0, 3))
            if now >= START + DAYS * DAY:
                break
        free_from = now
    return plays


def _session_times(
    listener: Listener, rng: np.random.Generator
) -> list[tuple[int, int, Block | None]]:
    """Start, length and habit of each session, in order of time."""
    lengths: list[int] = []
    while sum(lengths) < listener.plays:
        lengths.append(int(np.clip(rng.geometric(0.115) + 1, 2, 38)))
    swing = 1.0 + 0.35 * np.sin(np.arange(DAYS) / 365 * 2 * np.pi + rng.uniform(0, 6.3))
    weekday = (np.arange(DAYS) + 6) % 7  # 2024-09-01 is a Sunday
    if listener.kind in ("office", "commuter"):
        swing = swing * np.where(weekday >= 5, 0.8, 1.1)
    places = (np.arange(len(lengths)) + rng.random(len(lengths))) / len(lengths)
    days = np.minimum(np.searchsorted(np.cumsum(swing / swing.sum()), places), DAYS - 1)
    sessions: list[tuple[int, int, Block | None]] = []
    for day, length in zip(days, lengths, strict=True):
        block, hour = _hour(listener, int(weekday[day]), rng)
        sessions.append(
            (START + int(day) * DAY + hour * 3600 + int(rng.integers(3600)), length, block)
        )
    return sorted(sessions, key=lambda session: (session[0], session[1]))


def _hour(listener: Listener, weekday: int, rng: np.random.Generator) -> tuple[Block | None, int]:
    """The hour of a session on such a day, and the habit behind it, if any."""
    options = [b for b in listener.blocks if weekday in b.weekdays]
    if options:
        weights = np.array([b.weight * len(b.hours) for b in options])
        block = options[int(rng.choice(len(options), p=weights / weights.sum()))]
        return block, int(block.hours[int(rng.integers(len(block.hours)))])
    table = WEEKEND if weekday >= 5 else WEEKDAY[listener.kind]
    weights = np.array(list(table.values()), dtype=np.float64)
    hour = int(rng.choice(list(table), p=weights / weights.sum()))
    late = 2 if weekday >= 5 and listener.kind == "owl" and hour < 22 else 0
    return None, hour + late


def _context(now: int, rng: np.random.Generator) -> str:
    """What a session at this time asks for."""
    hour, weekday = now % DAY // 3600, ((now - START) // DAY + 6) % 7
    if hour >= 22 or hour < 6:
        odds = (0.45, 0.05, 0.1, 0.0, 0.2, 0.2)
    elif hour < 12:
        odds = (0.15, 0.35, 0.15, 0.1, 0.05, 0.2)
    elif hour < 17:
        odds = (0.1, 0.25, 0.2, 0.05, 0.1, 0.3)
    else:
        odds = (0.1, 0.05, 0.3, 0.2, 0.1, 0.25)
    if weekday in (4, 5) and hour >= 19:
        odds = (0.05, 0.0, 0.6, 0.05, 0.05, 0.25)
    return CONTEXT_NAMES[int(rng.choice(len(CONTEXT_NAMES), p=odds))]


class _Mind:
    """A listener's memory and choices."""

    def __init__(self, listener: Listener, stage: Stage, rng: np.random.Generator) -> None:
        self.listener, self.stage, self.rng = listener, stage, rng
        self.count = np.zeros(stage.n)
        self.last = np.zeros(stage.n)
        self.known: list[int] = []
        self.fresh = np.ones(stage.n)
        self.artist_count = np.zeros(int(stage.artist.max()) + 1)
        self.private = rng.normal(0.0, PRIVATE, stage.n)
        self.private[list(listener.farewell)] += 3.0
        distance = ((stage.sound - listener.sound) ** 2).sum(axis=1)
        self.steady = (
            LABEL * stage.label_utility(listener.labels)
            - SOUND_FIT * distance / len(HEARD)
            + RENOWN * listener.renown * stage.renown
        )
        self.farewell = listener.farewell

    def begin_session(self, now: int, block: Block | None) -> None:
        """Settles what every track is worth in this session."""
        stage, listener = self.stage, self.listener
        day = (now - START) / DAY
        share = day / DAYS
        scenes = (1 - share) * listener.scenes[0] + share * listener.scenes[1]
        genres = GENRE * ((1 - share) * listener.genres[0] + share * listener.genres[1])
        context = block.context if block else _context(now, self.rng)
        if block:
            genres = genres + np.array([block.genres.get(name, 0.0) for name in GENRES])
        self.taste = (
            SCENE * np.minimum((stage.scenes * scenes).sum(axis=1), 1.2)
            + self.steady
            + genres[stage.genre]
            + self.private
        )
        wish = np.array(CONTEXTS[context])
        self.mood = MOOD * (stage.sound * wish).sum(axis=1)
        self.level = float(np.partition(self.taste, -90)[-90])
        self.draw = np.exp(self.taste + self.mood - self.level)
        self.day = day
        self.gone = set(self.farewell) if day > listener.farewell_day else set()
        self.heard: set[int] = set()

    def choose(self, length: int) -> list[tuple[int, bool]]:
        """The tracks of a session, each with whether it is part of a run."""
        chosen: list[tuple[int, bool]] = []
        while len(chosen) < length:
            track, style = self._next(), self.rng.random()
            run = [track]
            if style < 0.035:
                run = self._album_run(track)
            elif style < 0.09:
                run = self._artist_run(track)
            run = [t for t in run if t not in self.gone][: length - len(chosen)]
            chosen += [(t, len(run) > 1) for t in run]
            self.heard.update(run)
            self.fresh[run] = 0.0
        return chosen

    def listen(self, track: int) -> tuple[int, bool]:
        """Plays a track: how long, and whether it was skipped."""
        rng = self.rng
        joy = (self.taste[track] - self.level) / 2.2 + 0.25 * self.mood[track]
        joy += 0.25 * np.log1p(self.count[track])
        joy += 1.0 if track in self.farewell else 0.0
        skipped = bool(rng.random() < 1 / (1 + np.exp(self.listener.patience + joy)))
        duration = int(self.stage.duration[track])
        if skipped:
            ms = int(min(0.85 * duration, 900 + rng.gamma(1.3, 15000)))
            self.private[track] -= 0.5
        else:
            ms = int(duration * rng.uniform(0.6, 0.99)) if rng.random() < 0.1 else duration
        if self.count[track] == 0:
            self.known.append(track)
        self.count[track] += 1
        self.last[track] = self.day
        self.artist_count[self.stage.artist[track]] += 0.2 if skipped else 1.0
        return ms, skipped

    def _next(self) -> int:
        """A farewell favourite, a track not played before, or a repeat."""
        if self.day < self.listener.farewell_day and self.rng.random() < 0.24:
            place = int(len(self.farewell) * self.rng.random() ** 1.3)
            if self.farewell[place] not in self.heard:
                return self.farewell[place]
        discovery = self.listener.discovery if len(self.known) > 12 else 0.75
        out = self.heard | self.gone
        known = [t for t in self.known if t not in out]
        if not known or self.rng.random() < discovery:
            return self._discover()
        tracks = np.array(known)
        odds = (
            0.75 * np.log(self.count[tracks])
            - self.count[tracks] / 30
            - 0.4 * np.log1p(self.artist_count[self.stage.artist[tracks]])
            + 0.6 * (self.taste[tracks] - self.level)
            + self.mood[tracks]
            - np.minimum(self.day - self.last[tracks], 200) / 45
        )
        return known[self._pick(np.exp(odds - odds.max()))]

    def _discover(self) -> int:
        """A track not played before, rather by an artist whom the listener knows."""
        loyal = LOYALTY * self.listener.loyalty * np.minimum(np.log1p(self.artist_count), 2.2)
        return self._pick(self.draw * self.fresh * np.exp(loyal)[self.stage.artist])

    def _pick(self, odds: Floats) -> int:
        """A position, drawn in proportion to its odds."""
        heap = np.cumsum(odds)
        return int(np.searchsorted(heap, self.rng.random() * heap[-1], side="right"))

    def _album_run(self, track: int) -> list[int]:
        """The album of a track from its beginning, a few tracks of it at least."""
        tracks = self.stage.by_album[int(self.stage.album[track])]
        length = int(self.rng.integers(3, 12))
        return [t for t in tracks if t not in self.heard][:length] or [track]

    def _artist_run(self, track: int) -> list[int]:
        """The track and a few others of its artist, the preferred ones first."""
        tracks = np.array(self.stage.by_artist[int(self.stage.artist[track])])
        order = tracks[np.argsort(-(self.taste[tracks] + self.rng.gumbel(0, 1, len(tracks))))]
        others = [int(t) for t in order if t != track and int(t) not in self.heard]
        return [track, *others[: int(self.rng.integers(1, 5))]]
