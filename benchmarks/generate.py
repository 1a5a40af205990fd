"""Invented data of any size, shaped like the real thing, for benchmarks and stories.

Artists and tracks follow a Zipf law, plays come in sessions of one mood, at the
hours people listen, with skips and repeats. The same arguments give the same
bytes. Nothing here is a real person's data, and none of the tracks exists.
"""

from __future__ import annotations

import argparse
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pandas as pd

from musicai.data.frames import empty_frame
from musicai.data.library import AUDIO_FEATURES, KEY_COLUMNS, PLAYLIST_COLUMNS, Library

_BASE62 = np.frombuffer(
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", dtype=np.uint8
)
_ADJECTIVES = (
    "Amber Arctic Blue Broken Burning City Copper Crystal Dancing Distant Echoing Electric Empty "
    "Falling Fading Floating Forgotten Frozen Gentle Ghost Golden Hidden Hollow Holy Iron Lonely "
    "Lost Lucky Midnight Morning Neon Northern Ocean Open Paper Pale Purple Quiet Radio Restless "
    "Rising Rolling Royal Running Sacred Secret Silent Silver Slow Small Solar Southern Static "
    "Summer Tender Tiny Velvet Violet Wandering Wild Winter Wooden Young"
)
_NOUNS = (
    "Anchor Animals Arcade Atlas Avenue Bells Birds Bloom Bones Bridge Candle Canyon Captain Cats "
    "Cinema Cloud Coast Colours Comet Dawn Daughters Desert Diary Dogs Dream Empire Engine Eyes "
    "Feather Fields Fire Flood Forest Garden Glass Harbour Heart Hill Horizon Horses Hotel House "
    "Island Kids Kingdom Lake Lantern Letters Light Lions Machine Map Meadow Memory Mirror Moon "
    "Mountain Museum Night Orchard Orchestra Parade Party Pilot Planet Rain River Road Rooms Rose "
    "Satellite Sea Season Shadow Ships Signal Sky Smoke Snow Song Sparrow Station Stone Storm Sun "
    "Theatre Tide Tower Train Valley Voices Wave Window Wolves Year"
)
_FIRST, _SECOND = _ADJECTIVES.split(), _NOUNS.split()
_MICRO_GENRES = (
    ("dance pop", "electropop", "art pop", "synthpop"),
    ("classic rock", "hard rock", "garage rock", "album rock"),
    ("hip hop", "gangster rap", "southern hip hop", "boom bap"),
    ("house", "techno", "edm", "downtempo"),
    ("bebop", "cool jazz", "vocal jazz", "jazz fusion"),
    ("baroque", "classical piano", "early romantic era", "opera"),
    ("country", "bluegrass", "country road", "honky tonk"),
    ("r&b", "neo soul", "quiet storm", "contemporary r&b"),
    ("indie pop", "indie folk", "lo-fi indie", "chamber pop"),
    ("alternative metal", "grunge", "post-punk", "shoegaze"),
)
# danceability, energy, valence, acousticness, instrumentalness, liveness, speechiness,
# tempo / 100, loudness / -10: a rough middle of each genre, from general knowledge
_CENTRES = np.array(
    [
        [0.68, 0.68, 0.55, 0.18, 0.02, 0.17, 0.07, 1.20, 0.60],
        [0.50, 0.78, 0.52, 0.15, 0.08, 0.22, 0.06, 1.26, 0.70],
        [0.75, 0.66, 0.52, 0.18, 0.02, 0.20, 0.25, 1.15, 0.68],
        [0.70, 0.80, 0.42, 0.08, 0.45, 0.18, 0.08, 1.25, 0.72],
        [0.53, 0.35, 0.50, 0.72, 0.35, 0.17, 0.05, 1.14, 1.35],
        [0.30, 0.18, 0.22, 0.93, 0.75, 0.13, 0.04, 1.05, 2.10],
        [0.58, 0.60, 0.58, 0.38, 0.01, 0.17, 0.04, 1.22, 0.80],
        [0.66, 0.55, 0.50, 0.30, 0.02, 0.16, 0.10, 1.10, 0.76],
        [0.58, 0.58, 0.48, 0.35, 0.12, 0.16, 0.05, 1.21, 0.85],
        [0.48, 0.80, 0.42, 0.08, 0.10, 0.20, 0.06, 1.27, 0.65],
    ]
)
_HOURS = np.array([2, 1, 1, 1, 1, 2, 4, 7, 8, 6, 5, 5, 6, 6, 6, 6, 7, 9, 10, 10, 9, 8, 6, 4.0])
_START = 1_577_836_800
"""2020-01-01T00:00:00Z, seconds since 1970: the first possible play."""


@dataclass(frozen=True)
class World:
    """Invented tracks and their artists."""

    ids: list[str]
    names: list[str]
    artist: np.ndarray[Any, np.dtype[np.int64]]
    artist_names: list[str]
    albums: list[str]
    genre: np.ndarray[Any, np.dtype[np.int64]]
    """(n_tracks,) position in the ten genres; the artist's."""
    duration_ms: np.ndarray[Any, np.dtype[np.int64]]
    weight: np.ndarray[Any, np.dtype[np.float64]]
    """(n_tracks,) how much it is played; a Zipf law, shuffled."""


def _ids(n: int, random: np.random.Generator) -> list[str]:
    """Distinct Spotify-shaped ids, none of them of the sample world."""
    letters = _BASE62[random.integers(0, 62, size=(n, 22))]
    letters[:, 0] = _BASE62[np.arange(n) % 10]  # a digit: never "invented…"
    return [row.tobytes().decode() for row in letters]


def _pair_names(n: int, random: np.random.Generator, pattern: str) -> list[str]:
    first = random.integers(0, len(_FIRST), n)
    second = random.integers(0, len(_SECOND), n)
    return [
        pattern.format(_FIRST[a], _SECOND[b], "" if i < 2_000 else f" {i}")
        for i, (a, b) in enumerate(zip(first, second, strict=True))
    ]


def world(tracks: int, random: np.random.Generator) -> World:
    """``tracks`` invented tracks by about an eighth as many artists."""
    n_artists = max(tracks // 8, 1)
    share = 1.0 / np.arange(1, n_artists + 1) ** 0.7
    artist = random.choice(n_artists, size=tracks, p=share / share.sum())
    artist_names = _pair_names(n_artists, random, "The {0} {1}{2}")
    genre = random.integers(0, 10, n_artists)[artist]
    titles = _pair_names(tracks, random, "{0} {1}")
    weight = random.permutation(1.0 / np.arange(1, tracks + 1) ** 0.8)
    album_number = random.integers(1, 6, tracks)
    albums = [
        f"{_SECOND[(int(a) * 7 + int(number)) % len(_SECOND)]} {number}"
        for a, number in zip(artist, album_number, strict=True)
    ]
    return World(
        ids=_ids(tracks, random),
        names=titles,
        artist=artist,
        artist_names=artist_names,
        albums=albums,
        genre=genre,
        duration_ms=random.integers(120_000, 330_000, tracks),
        weight=weight,
    )


def _draw(made: World, genre: Any, random: np.random.Generator) -> np.ndarray[Any, Any]:
    """One track for each wanted genre, by the tracks' weights."""
    order = np.argsort(made.genre, kind="stable")
    bounds = np.searchsorted(made.genre[order], np.arange(11))
    total = np.concatenate([[0.0], np.cumsum(made.weight[order])])
    low, high = total[bounds[:-1]], total[bounds[1:]]
    empty = high <= low  # a genre no artist has: draw from everything instead
    low[empty], high[empty] = 0.0, total[-1]
    point = low[genre] + random.random(len(genre)) * (high - low)[genre]
    at = np.searchsorted(total, point, side="right") - 1
    return order[np.minimum(at, len(order) - 1)]


def _sessions(
    plays: int, taste: Any, random: np.random.Generator, span_days: int
) -> tuple[Any, Any]:
    """Start second and genre of each of ``plays`` plays of one listener, in time order."""
    lengths = random.geometric(1 / 12.0, size=plays)
    count = int(np.searchsorted(np.cumsum(lengths), plays)) + 1
    lengths = lengths[:count]
    day = np.sort(random.integers(0, span_days, count))
    hour = random.choice(24, size=count, p=_HOURS / _HOURS.sum())
    begin = np.sort(_START + day * 86_400 + hour * 3_600 + random.integers(0, 3_600, count))
    main = random.choice(10, size=count, p=taste)
    session = np.repeat(np.arange(count), lengths)[:plays]
    place = np.arange(plays) - np.searchsorted(session, session, side="left")
    genre = np.where(random.random(plays) < 0.8, main[session], random.choice(10, plays, p=taste))
    return begin[session] + place * 215, genre


def library(tracks: int, interactions: int, seed: int = 0) -> Library:
    """A library in memory: a catalogue with features and ``interactions`` plays.

    About one listener for each 250 plays; the owner has one play in fifty.

    Args:
        tracks: Number of track rows.
        interactions: Number of plays.
        seed: Same arguments, same library.
    """
    random = np.random.default_rng(seed)
    made = world(tracks, random)
    listeners = max(interactions // 250, 1)
    counts = random.multinomial(interactions, _listener_shares(listeners, random))
    track, listener, at = [], [], []
    for number, plays in enumerate(counts):
        if not plays:
            continue
        taste = random.dirichlet(np.full(10, 0.25))
        start, genre = _sessions(int(plays), taste, random, 1_400)
        track.append(_draw(made, genre, random) if number == 0 else genre)
        listener.append(np.full(plays, number))
        at.append(start)
    chosen = np.concatenate(track)
    who = np.concatenate(listener)
    others = who > 0
    chosen[others] = _draw(made, chosen[others], random)
    done = random.random(len(chosen)) < 0.85
    frame = pd.DataFrame(
        {
            "track": chosen,
            "listener": who,
            "played_at": pd.to_datetime(np.concatenate(at), unit="s", utc=True),
            "ms_played": np.where(done, made.duration_ms[chosen], 12_000),
            "skipped": ~done,
            "reason_start": "trackdone",
            "reason_end": np.where(done, "trackdone", "fwdbtn"),
            "shuffle": False,
        }
    ).sort_values("played_at", kind="stable", ignore_index=True)
    return Library.validate(
        profile="benchmark",
        invented=False,
        tracks=_track_table(made, np.unique(chosen[who == 0]), random),
        plays=frame,
        playlist_items=empty_frame(PLAYLIST_COLUMNS),
        listeners=["you", *(f"listener {i}" for i in range(1, listeners))],
        fingerprint=f"benchmark-{tracks}-{interactions}-{seed}",
    )


def _listener_shares(listeners: int, random: np.random.Generator) -> Any:
    shares = random.gamma(1.5, size=listeners)
    shares /= shares.sum()
    if listeners > 1:
        shares *= 0.98
        shares[0] = 0.0
        shares *= 0.98 / shares.sum()
        shares[0] = 0.02
    return shares / shares.sum()


def _track_table(made: World, own: Any, random: np.random.Generator) -> pd.DataFrame:
    n = len(made.ids)
    spread = np.array([0.12, 0.13, 0.18, 0.15, 0.15, 0.08, 0.04, 0.22, 0.25])
    audio = _CENTRES[made.genre] + random.normal(size=(n, 9)) * spread
    audio[:, :7] = audio[:, :7].clip(0.0, 1.0)
    audio[:, 7] = audio[:, 7].clip(0.5, 2.1) * 100.0
    audio[:, 8] = -audio[:, 8].clip(0.05, 4.0) * 10.0
    micro = random.integers(0, 4, n)
    rank = np.empty(n)
    rank[np.argsort(made.weight)] = np.linspace(0.0, 100.0, n)
    flags = np.zeros(n, dtype=bool)
    flags[own] = True
    return pd.DataFrame(
        {
            "track_id": made.ids,
            "name": made.names,
            "artists": [made.artist_names[a] for a in made.artist],
            "album": made.albums,
            "genres": [_MICRO_GENRES[g][m] for g, m in zip(made.genre, micro, strict=True)],
            "isrc": "",
            "year": random.integers(1965, 2024, n).astype("float32"),
            "duration_ms": made.duration_ms.astype("float32"),
            "popularity": rank.astype("float32"),
            "explicit": False,
            **dict(zip(AUDIO_FEATURES, audio.T.astype("float32"), strict=True)),
            **dict.fromkeys(KEY_COLUMNS, np.float32(np.nan)),
            "key_source": "none",
            "feature_source": "file",
            "genre_source": "file",
            "origin": np.where(flags, "your history", "benchmark catalogue"),
            "own": flags,
            "in_catalogue": True,
            "recording": np.arange(n, dtype=np.int32),
            "match": "",
            "estimate": "",
            "excluded": False,
        }
    )


def extended_history(
    plays: int, tracks: int, seed: int = 0, *, rows_per_file: int = 16_000
) -> bytes:
    """A zip in the layout of Spotify's extended streaming history.

    About one row in 140 is a podcast, one in 200 of a private session; every
    track of the invented world is played at least once where ``plays`` allow.

    Args:
        plays: Rows over all files.
        tracks: Distinct tracks.
        seed: Same arguments, same bytes.
        rows_per_file: Rows of one JSON member; Spotify's are about 16,000.
    """
    random = np.random.default_rng(seed)
    made = world(tracks, random)
    start, genre = _sessions(plays, random.dirichlet(np.full(10, 0.6)), random, 1_600)
    chosen = _draw(made, genre, random)
    each = min(tracks, plays // 2)
    chosen[random.choice(plays, each, replace=False)] = random.permutation(tracks)[:each]
    rows = _history_rows(made, chosen, start, random)
    years = np.array([int(row["ts"][:4]) for row in rows[:: max(rows_per_file, 1)]] or [2020])
    packed = io.BytesIO()
    folder = "Spotify Extended Streaming History"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        _member(archive, f"{folder}/ReadMeFirst_ExtendedStreamingHistory.pdf", b"%PDF-1.4\n%%EOF\n")
        for number, begin in enumerate(range(0, len(rows), rows_per_file)):
            part = orjson.dumps(rows[begin : begin + rows_per_file], option=orjson.OPT_INDENT_2)
            name = f"Streaming_History_Audio_{years[number]}_{number}.json"
            _member(archive, f"{folder}/{name}", part)
    return packed.getvalue()


def _member(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    info = zipfile.ZipInfo(name, date_time=(2024, 5, 1, 0, 0, 0))
    info.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(info, data)


def _history_rows(
    made: World, chosen: Any, start: Any, random: np.random.Generator
) -> list[dict[str, Any]]:
    n = len(chosen)
    done = random.random(n) < 0.78
    length = made.duration_ms[chosen]
    heard = np.where(done, length, (length * random.random(n) * 0.5).astype(np.int64))
    end = start + heard // 1_000
    stamps = np.datetime_as_string(end.astype("datetime64[s]"))
    podcast = random.random(n) < 1 / 140
    private = random.random(n) < 1 / 200
    shuffle = random.random(n) < 0.4
    rows = []
    for i in range(n):
        row = _history_row(made, int(chosen[i]), f"{stamps[i]}Z", int(heard[i]), bool(done[i]))
        row["shuffle"] = bool(shuffle[i])
        row["offline_timestamp"] = int(start[i])
        row["incognito_mode"] = bool(private[i])
        if podcast[i]:
            _as_podcast(row, i)
        rows.append(row)
    return rows


def _history_row(made: World, track: int, stamp: str, heard: int, done: bool) -> dict[str, Any]:
    """One row with Spotify's 23 keys, in Spotify's order."""
    return {
        "ts": stamp,
        "platform": "android",
        "ms_played": heard,
        "conn_country": "ZZ",
        "ip_addr": "203.0.113.7",
        "master_metadata_track_name": made.names[track],
        "master_metadata_album_artist_name": made.artist_names[made.artist[track]],
        "master_metadata_album_album_name": made.albums[track],
        "spotify_track_uri": f"spotify:track:{made.ids[track]}",
        "episode_name": None,
        "episode_show_name": None,
        "spotify_episode_uri": None,
        "audiobook_title": None,
        "audiobook_uri": None,
        "audiobook_chapter_uri": None,
        "audiobook_chapter_title": None,
        "reason_start": "trackdone" if done else "clickrow",
        "reason_end": "trackdone" if done else "fwdbtn",
        "shuffle": False,
        "skipped": not done,
        "offline": False,
        "offline_timestamp": 0,
        "incognito_mode": False,
    }


def _as_podcast(row: dict[str, Any], number: int) -> None:
    for key in ("track_name", "album_artist_name", "album_album_name"):
        row[f"master_metadata_{key}"] = None
    row["spotify_track_uri"] = None
    row["episode_name"] = f"Episode {number}"
    row["episode_show_name"] = "An invented show"
    row["spotify_episode_uri"] = f"spotify:episode:{number:022d}"


def main(argv: list[str] | None = None) -> int:
    """Write a history zip: ``python -m benchmarks.generate FILE --plays N --tracks M``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.generate", description=main.__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--plays", type=int, default=40_000)
    parser.add_argument("--tracks", type=int, default=4_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(argv)
    options.file.write_bytes(extended_history(options.plays, options.tracks, options.seed))
    print(f"{options.file}: {options.plays} rows over {options.tracks} tracks")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
