"""The invented catalogue: artists, their albums, and tracks with features and genres."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from sample_data.names import Namer
from sample_data.sounds import ERAS, FEATURES, GENRES, MICRO, MICRO_SHIFT, MOODS, SOUND, SPREAD

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

N_ARTISTS = 400
N_TRACKS = 3000
N_SCENES = 14
"""Scenes are circles of artists that the same people play; they cut across genres."""

GENRE_SIZES = (48, 42, 44, 48, 38, 34, 34, 36, 42, 34)
"""Artists by genre, in the order of ``GENRES``; they sum to ``N_ARTISTS``."""

LIMITS = {"tempo": (52.0, 208.0), "loudness": (-34.0, -1.5)}
"""Bounds of the features that are not within 0 and 1."""

BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@dataclass
class Artist:
    """One invented artist."""

    name: str
    genre: int
    micro: tuple[str, ...]
    popularity: float
    start: int
    end: int
    shift: Floats
    scenes: Floats


@dataclass
class World:
    """The catalogue as arrays, aligned by track."""

    artists: list[Artist]
    ids: list[str] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    albums: list[str] = field(default_factory=list)
    dates: list[str] = field(default_factory=list)
    album: list[int] = field(default_factory=list)
    """Album number of each track; the tracks of an album stand in album order."""
    artist: list[int] = field(default_factory=list)
    """Position of the main artist."""
    guest: list[int] = field(default_factory=list)
    """Position of the second artist, −1 for none."""
    micro: list[tuple[str, ...]] = field(default_factory=list)
    audio: list[Floats] = field(default_factory=list)
    """Values of ``FEATURES``."""
    key: list[int] = field(default_factory=list)
    mode: list[int] = field(default_factory=list)
    popularity: list[int] = field(default_factory=list)
    explicit: list[bool] = field(default_factory=list)
    duration: list[int] = field(default_factory=list)
    no_audio: set[int] = field(default_factory=set)
    no_genres: set[int] = field(default_factory=set)

    def artist_names(self, track: int) -> list[str]:
        """The names on a track, the main one first."""
        names = [self.artists[self.artist[track]].name]
        return names + ([self.artists[self.guest[track]].name] if self.guest[track] >= 0 else [])


def make_catalogue(seed: int) -> World:
    """The whole catalogue from a seed."""
    rng = np.random.default_rng([seed, 1])
    namer = Namer(np.random.default_rng([seed, 2]))
    world = World(_artists(rng, namer))
    sizes = _track_counts(rng, world.artists)
    for position, size in enumerate(sizes):
        _discography(world, position, int(size), rng, namer)
    n = len(world.titles)
    world.ids = _ids(np.random.default_rng([seed, 3]), n)
    order = rng.permutation(n)
    world.no_audio = set(order[: round(0.04 * n)].tolist())
    world.no_genres = set(rng.permutation(n)[: round(0.03 * n)].tolist())
    return world


def scene_matrix(world: World) -> Floats:
    """(n_tracks, N_SCENES) membership of each track's main artist."""
    return np.stack([world.artists[a].scenes for a in world.artist])


def _artists(rng: np.random.Generator, namer: Namer) -> list[Artist]:
    lean = _scene_leanings(rng)
    artists = []
    for genre, size in enumerate(GENRE_SIZES):
        for _ in range(size):
            scenes = np.zeros(N_SCENES)
            first, second = rng.choice(N_SCENES, 2, replace=False, p=lean[genre])
            scenes[first] = 1.0
            scenes[second] = 0.5 if rng.random() < 0.35 else 0.0
            labels = MICRO[GENRES[genre]]
            count = int(rng.choice([1, 2, 3], p=[0.25, 0.5, 0.25]))
            start = _start_year(rng, GENRES[genre])
            artists.append(
                Artist(
                    name=namer.artist(GENRES[genre]),
                    genre=genre,
                    micro=tuple(labels[i] for i in sorted(_some(rng, len(labels), count))),
                    popularity=float(np.clip(88 * rng.beta(1.2, 2.4) + 5, 2, 90)),
                    start=start,
                    end=min(2026, start + 1 + int(rng.gamma(2.2, 6.0))),
                    shift=rng.normal(0.0, 0.55, len(FEATURES)) * SPREAD,
                    scenes=scenes,
                )
            )
    return artists


def _scene_leanings(rng: np.random.Generator) -> Floats:
    """(n_genres, N_SCENES) how the artists of a genre spread over the scenes."""
    lean = np.full((len(GENRES), N_SCENES), 0.25)
    for scene in range(N_SCENES):
        home = rng.choice(len(GENRES), 4, replace=False)
        lean[home, scene] += np.array([1.0, 0.9, 0.7, 0.5])
    return np.asarray(lean / lean.sum(axis=1, keepdims=True))


def _some(rng: np.random.Generator, size: int, count: int) -> list[int]:
    """Distinct positions, the early (broad) labels more often."""
    weights = 1.0 / (2.0 + np.arange(size))
    chosen = rng.choice(size, count, replace=False, p=weights / weights.sum())
    return [int(i) for i in chosen]


def _start_year(rng: np.random.Generator, genre: str) -> int:
    low, mode, high = ERAS[genre]
    return int(rng.triangular(low, mode, high))


def _track_counts(rng: np.random.Generator, artists: list[Artist]) -> Ints:
    """Tracks of each artist: a long tail, known artists have more, ``N_TRACKS`` in all."""
    weights = np.array([a.popularity / 40 + 0.35 for a in artists]) * rng.lognormal(0, 0.45, 400)
    counts = np.maximum(2, np.floor(weights / weights.sum() * (N_TRACKS - 200))).astype(np.int64)
    short = N_TRACKS - int(counts.sum())
    for position in rng.permutation(len(counts))[: abs(short)]:
        counts[position] += 1 if short > 0 else -1
    return np.asarray(np.maximum(counts, 1), dtype=np.int64)


def _discography(
    world: World, position: int, size: int, rng: np.random.Generator, namer: Namer
) -> None:
    """Adds the artist's albums, oldest first."""
    artist = world.artists[position]
    sizes: list[int] = []
    while (left := size - sum(sizes)) > 0:
        single = rng.random() < 0.3
        sizes.append(1 if single else min(left, int(rng.integers(3, 11))))
    years = np.sort(rng.integers(artist.start, artist.end + 1, len(sizes)))
    taken: set[str] = set()
    for release, (length, year) in enumerate(zip(sizes, years, strict=True)):
        date = _date(rng, int(year))
        album, titles = _release(artist, length, release, rng, namer, taken)
        number = world.album[-1] + 1 if world.album else 0
        for title in titles:
            _add_track(world, position, rng, title, album, date, number)


def _release(
    artist: Artist, size: int, release: int, rng: np.random.Generator, namer: Namer, taken: set[str]
) -> tuple[str, list[str]]:
    """One release: its title and its track titles."""
    genre = GENRES[artist.genre]
    modern = any(
        m in ("neo-classical", "minimalism", "compositional ambient") for m in artist.micro
    )
    if genre == "classical" and not modern:
        return namer.work(size, opus=int(rng.integers(1, 20)) + 20 * release)
    titles = [namer.title(genre, taken) for _ in range(size)]
    whole = [title for title in titles if "(" not in title and "Pt." not in title]
    chance = rng.random()
    if whole and (size == 1 or chance < 0.35):
        return whole[int(rng.integers(len(whole)))], titles
    if chance < 0.41 and release == 0:
        return artist.name, titles
    return namer.album(genre), titles


def _date(rng: np.random.Generator, year: int) -> str:
    """A release date: mostly a Friday-like full date, for old records now and then the year."""
    if year < 1985 and rng.random() < 0.5:
        return str(year)
    month = int(rng.integers(1, 13)) if year < 2026 else int(rng.integers(1, 8))
    return f"{year}-{month:02d}-{int(rng.integers(1, 29)):02d}"


def _add_track(
    world: World,
    position: int,
    rng: np.random.Generator,
    title: str,
    album: str,
    date: str,
    number: int,
) -> None:
    artist = world.artists[position]
    genre = GENRES[artist.genre]
    guest = _guest(world, position, rng)
    mood = MOODS[int(rng.integers(len(MOODS)))]
    audio = _sound(rng, genre, artist, mood)
    world.titles.append(_dressed(title, guest, world, int(date[:4]), genre, rng))
    world.albums.append(album)
    world.dates.append(date)
    world.album.append(number)
    world.artist.append(position)
    world.guest.append(guest)
    world.micro.append(_labels(artist.micro, genre, rng))
    world.audio.append(audio)
    world.key.append(int(rng.choice(12)))
    world.mode.append(int(rng.random() < 0.45 + 0.35 * audio[FEATURES.index("valence")]))
    world.popularity.append(int(np.clip(artist.popularity + rng.normal(-11, 12), 0, 97)))
    world.explicit.append(bool(rng.random() < {"hip-hop": 0.5, "r&b": 0.2}.get(genre, 0.04)))
    middle = {"classical": 330, "jazz": 310, "electronic": 275, "pop": 200, "hip-hop": 195}
    seconds = middle.get(genre, 228) * float(rng.lognormal(0, 0.2))
    world.duration.append(int(np.clip(seconds, 75, 900) * 1000) + int(rng.integers(0, 1000)))


def _guest(world: World, position: int, rng: np.random.Generator) -> int:
    """Now and then a second artist, of the same genre more often than not; −1 for none."""
    genre = GENRES[world.artists[position].genre]
    chance = {"hip-hop": 0.16, "pop": 0.10, "r&b": 0.12, "electronic": 0.10, "classical": 0.02}
    if rng.random() > chance.get(genre, 0.04):
        return -1
    same = [i for i, a in enumerate(world.artists) if a.genre == world.artists[position].genre]
    other = int(rng.integers(len(world.artists)))
    guest = int(rng.choice(same)) if rng.random() < 0.75 or genre == "classical" else other
    return guest if guest != position else -1


def _dressed(
    title: str, guest: int, world: World, year: int, genre: str, rng: np.random.Generator
) -> str:
    """The title with what the services add to it: a guest, a remaster."""
    if guest >= 0 and genre != "classical":
        return f"{title} (feat. {world.artists[guest].name})" if rng.random() < 0.6 else title
    if year < 1995 and genre in ("rock", "jazz", "alternative", "r&b") and rng.random() < 0.12:
        return f"{title} - Remastered {int(rng.integers(2003, 2022))}"
    return title


def _labels(micro: tuple[str, ...], genre: str, rng: np.random.Generator) -> tuple[str, ...]:
    """The artist's micro-genres, now and then one less or one more."""
    labels = list(micro)
    chance = rng.random()
    if chance < 0.12 and len(labels) > 1:
        labels.pop(int(rng.integers(len(labels))))
    elif chance < 0.27:
        extra = MICRO[genre][_some(rng, len(MICRO[genre]), 1)[0]]
        labels += [extra] if extra not in labels else []
    return tuple(labels)


def _sound(rng: np.random.Generator, genre: str, artist: Artist, mood: dict[str, float]) -> Floats:
    """Audio features: the genre's, moved by micro-genre, artist, mood and chance."""
    values = np.array(SOUND[genre]) + artist.shift
    for label in artist.micro:
        for name, amount in MICRO_SHIFT.get(label, {}).items():
            values[FEATURES.index(name)] += amount / len(artist.micro)
    for name, amount in mood.items():
        values[FEATURES.index(name)] += amount
    values += rng.normal(0.0, 0.5, len(FEATURES)) * SPREAD
    energy = FEATURES.index("energy")
    values[FEATURES.index("loudness")] += 13.0 * (values[energy] - SOUND[genre][energy])
    values[FEATURES.index("acousticness")] -= 0.45 * (values[energy] - SOUND[genre][energy])
    for column, name in enumerate(FEATURES):
        low, high = LIMITS.get(name, (0.0, 1.0))
        values[column] = _folded(values[column], low, high, rng)
    return np.round(values, 3)


def _folded(value: float, low: float, high: float, rng: np.random.Generator) -> float:
    """The value within its bounds; what would fall outside lands near the edge."""
    span = high - low
    if value < low + 0.02 * span:
        return float(low + 0.02 * span * rng.random() * 1.5)
    if value > high - 0.02 * span:
        return float(high - 0.02 * span * rng.random() * 1.5)
    return float(value)


def _ids(rng: np.random.Generator, count: int) -> list[str]:
    """Distinct ids of 22 characters that cannot be mistaken for real ones."""
    letters = rng.integers(0, 62, (count, 14))
    ids = ["invented" + "".join(BASE62[i] for i in row) for row in letters]
    if len(set(ids)) != count:
        raise RuntimeError("Two tracks drew the same id; choose another seed.")
    return ids
