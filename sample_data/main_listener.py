"""The main invented listener, and the history as Spotify's extended export writes it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from sample_data.catalogue import BASE62, N_SCENES, Floats, World
from sample_data.listening import Block, Listener, Plays, Stage
from sample_data.sounds import GENRES, MICRO

FOLDER = "Spotify Extended Streaming History"
"""The folder inside the zip."""

MAIN_PLAYS = 5000
FAREWELL_DAY = 165
"""Until then (mid-February 2025) the later forgotten favourites are played a lot."""

WORKDAYS = (0, 1, 2, 3, 4)
EVERY_DAY = (0, 1, 2, 3, 4, 5, 6)

BLOCKS = (
    Block((22, 23, 0), EVERY_DAY, 1.1, {"jazz": 2.2, "electronic": 1.6}, "calm"),
    Block((8, 9, 10, 11), WORKDAYS, 0.8, {"indie": 2.0, "electronic": 0.4}, "focus"),
    Block((13, 14, 15, 16), WORKDAYS, 0.55, {"indie": 2.2, "alternative": 0.9}, "open"),
    Block((18,), WORKDAYS, 2.6, {"electronic": 1.4, "hip-hop": 1.8, "rock": 0.8}, "workout"),
    Block((10, 11, 12), (5, 6), 0.9, {"jazz": 1.0, "r&b": 1.4, "indie": 0.6}, "calm"),
    Block((15, 16, 17, 18), (5, 6), 0.6, {"indie": 1.8, "rock": 0.6}, "lively"),
    Block((20, 21), (4, 5), 1.2, {"electronic": 1.6, "hip-hop": 1.0, "pop": 0.8}, "lively"),
    Block((20, 21), (0, 1, 2, 3, 6), 0.5, {}, "wistful"),
)
"""Habits: indie by day, a workout at six, jazz and electronic music at night."""

LABELS = {
    "deep house": 1.4, "downtempo": 1.5, "ambient": 1.0, "indie folk": 1.6, "dream pop": 1.3,
    "cool jazz": 1.6, "nu jazz": 1.5, "jazz trio": 1.2, "post-punk": 1.0, "neo soul": 1.1,
    "boom bap": 1.2,
}  # fmt: skip
"""Micro-genres that the main listener likes, by how much."""

PODCASTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "The Long Walk Home",
        ("Harbour Towns", "The Night Ferry", "A Map of Fog", "The Lighthouse Keepers"),
    ),
    (
        "Small Machines",
        ("Why Clocks Drift", "The Button That Did Nothing", "A Short History of Knobs"),
    ),
    ("Soup & Circumstance", ("Leek and Potato", "The Great Barley Debate")),
)
"""Invented podcasts and their episodes."""

AUDIOBOOK = ("The Cartographer of Saltmarsh", ("Chapter 1", "Chapter 2", "Chapter 3", "Chapter 4"))
"""An invented audiobook and its chapters."""

Row = dict[str, object]


@dataclass(frozen=True)
class Export:
    """The files of the export, by name within the zip."""

    members: dict[str, bytes]


def main_listener(stage: Stage, rng: np.random.Generator) -> Listener:
    """The main listener: three scenes, a drift away from rock, eight forgotten favourites."""
    before, after = np.zeros(N_SCENES), np.zeros(N_SCENES)
    chosen = rng.permutation(N_SCENES)[:4]
    before[chosen[:3]] = (1.0, 0.8, 0.4)
    after[chosen] = (0.9, 0.45, 0.6, 0.8)
    early, late = np.zeros(len(GENRES)), np.zeros(len(GENRES))
    for name, (first, last) in {
        "jazz": (0.6, 1.5), "electronic": (1.0, 1.3), "indie": (1.4, 1.0),
        "alternative": (1.2, 0.2), "rock": (0.9, 0.1), "r&b": (0.2, 0.8),
    }.items():  # fmt: skip
        early[GENRES.index(name)], late[GENRES.index(name)] = first, last
    labels = dict(LABELS)
    unknown = set(labels) - {label for group in MICRO.values() for label in group}
    if unknown:
        raise ValueError(f"No such micro-genres: {sorted(unknown)}.")
    return Listener(
        name="",
        plays=MAIN_PLAYS,
        kind="office",
        scenes=(before, after),
        labels=labels,
        genres=(early, late),
        sound=np.array([-0.2, -0.1, 0.2, 0.3]),
        renown=0.5,
        loyalty=0.5,
        discovery=0.16,
        patience=1.35,
        blocks=BLOCKS,
        farewell=_farewell(stage, before, rng),
        farewell_day=FAREWELL_DAY,
    )


def _farewell(stage: Stage, scenes: Floats, rng: np.random.Generator) -> tuple[int, ...]:
    """Eight tracks by eight artists, of the genres that the listener leaves behind."""
    leaving = np.isin(stage.genre, [GENRES.index("alternative"), GENRES.index("rock")])
    worth = 2.0 * (stage.scenes * scenes).sum(axis=1) + 0.6 * stage.renown
    worth = np.where(leaving, worth + rng.gumbel(0, 0.5, stage.n), -np.inf)
    chosen: list[int] = []
    for track in np.argsort(-worth):
        if stage.artist[track] not in stage.artist[chosen]:
            chosen.append(int(track))
        if len(chosen) == 8:
            break
    return tuple(chosen)


def make_export(world: World, plays: Plays, rng: np.random.Generator) -> Export:
    """The main listener's plays in the exact layout of the extended streaming history."""
    rows = [_music_row(world, plays, i, rng) for i in range(len(plays.track))]
    rows += _zero_rows(world, plays, rng)
    rows += _spoken_rows(plays, rng)
    video = [row for row in rows if row["episode_show_name"] == PODCASTS[1][0]]
    audio = [row for row in rows if row["episode_show_name"] != PODCASTS[1][0]]
    parts = {
        "Streaming_History_Audio_2024-2025_0.json": [r for r in audio if str(r["ts"]) < "2025-09"],
        "Streaming_History_Audio_2025-2026_1.json": [r for r in audio if str(r["ts"]) >= "2025-09"],
        "Streaming_History_Video_2025.json": [r for r in video if str(r["ts"])[:4] == "2025"],
    }
    members = {"ReadMeFirst_ExtendedStreamingHistory.pdf": PLACEHOLDER}
    for name, part in parts.items():
        mixed = [part[i] for i in _almost_sorted(part, rng)]
        members[name] = json.dumps(mixed, indent=2, ensure_ascii=False).encode()
    return Export({f"{FOLDER}/{name}": data for name, data in members.items()})


PLACEHOLDER = (
    b"%PDF-1.4\n% A placeholder: the invented sample world has no document here.\n"
    b"1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n"
)
"""Stands where Spotify puts its explanatory document."""


def _almost_sorted(rows: list[Row], rng: np.random.Generator) -> list[int]:
    """Positions in an order like the real files': by time in stretches, stretches mixed."""
    order = sorted(range(len(rows)), key=lambda i: (str(rows[i]["ts"]), i))
    stretches = [order[i : i + 97] for i in range(0, len(order), 97)]
    return [i for s in rng.permutation(len(stretches)) for i in stretches[int(s)]]


def _row(end: int, ms: int, rng: np.random.Generator) -> Row:
    """A row with nothing played in it: the 23 keys in Spotify's order."""
    return {
        "ts": _time(end),
        "platform": str(rng.choice(["android", "windows", "web_player"], p=[0.72, 0.22, 0.06])),
        "ms_played": ms,
        "conn_country": "ZZ",
        "ip_addr": "203.0.113.7",
        "master_metadata_track_name": None,
        "master_metadata_album_artist_name": None,
        "master_metadata_album_album_name": None,
        "spotify_track_uri": None,
        "episode_name": None,
        "episode_show_name": None,
        "spotify_episode_uri": None,
        "audiobook_title": None,
        "audiobook_uri": None,
        "audiobook_chapter_uri": None,
        "audiobook_chapter_title": None,
        "reason_start": "clickrow",
        "reason_end": "trackdone",
        "shuffle": False,
        "skipped": False,
        "offline": bool(rng.random() < 0.03),
        "offline_timestamp": end - -(-ms // 1000) - int(rng.random() < 0.6),
        "incognito_mode": bool(rng.random() < 0.008),
    }


def _music_row(world: World, plays: Plays, i: int, rng: np.random.Generator) -> Row:
    track, ms, skipped = plays.track[i], plays.ms[i], plays.skipped[i]
    row = _row(plays.at[i] + -(-ms // 1000), ms, rng)
    row |= _names(world, track)
    after_skip = i > 0 and plays.skipped[i - 1]
    start = "fwdbtn" if after_skip else "trackdone"
    row["reason_start"] = str(rng.choice(["clickrow", "playbtn"])) if plays.first[i] else start
    row["shuffle"] = not plays.run[i] and bool(rng.random() < 0.45)
    last = i + 1 == len(plays.track) or plays.first[i + 1]
    if skipped:
        back = rng.random() < 0.05
        row["reason_end"] = "backbtn" if back else ("endplay" if last else "fwdbtn")
        row["skipped"] = True
    elif ms < world.duration[track]:
        row["reason_end"] = "logout" if last else "endplay"
        row["skipped"] = not last
    return row


def _names(world: World, track: int) -> Row:
    return {
        "master_metadata_track_name": world.titles[track],
        "master_metadata_album_artist_name": world.artist_names(track)[0],
        "master_metadata_album_album_name": world.albums[track],
        "spotify_track_uri": f"spotify:track:{world.ids[track]}",
    }


def _zero_rows(world: World, plays: Plays, rng: np.random.Generator) -> list[Row]:
    """Rows of 0 ms: a track that was passed over at once, as happens in real files."""
    rows = []
    for i in rng.permutation(len(plays.track))[: len(plays.track) // 250]:
        row = _row(plays.at[i], 0, rng) | _names(world, plays.track[i])
        row |= {"reason_start": "fwdbtn", "reason_end": "fwdbtn", "skipped": True}
        rows.append(row)
    return rows


def _spoken_rows(plays: Plays, rng: np.random.Generator) -> list[Row]:
    """Podcast episodes and audiobook chapters, in the pauses after sessions."""
    ends = [i for i in range(len(plays.at) - 1) if plays.at[i + 1] - plays.at[i] > 3 * 3600]
    rows = []
    for number, i in enumerate(sorted(rng.permutation(ends)[:90].tolist())):
        ms = int(rng.integers(4, 42) * 60000 + rng.integers(0, 60000))
        end = plays.at[i] + plays.ms[i] // 1000 + 60 + ms // 1000
        row = _row(end, ms, rng)
        if number % 10 == 9:
            title, chapters = AUDIOBOOK
            row["audiobook_title"] = title
            row["audiobook_uri"] = f"spotify:show:{_id(rng)}"
            row["audiobook_chapter_uri"] = f"spotify:episode:{_id(rng)}"
            row["audiobook_chapter_title"] = chapters[number // 10 % len(chapters)]
        else:
            show, episodes = PODCASTS[int(rng.integers(len(PODCASTS)))]
            row["episode_name"] = episodes[int(rng.integers(len(episodes)))]
            row["episode_show_name"] = show
            row["spotify_episode_uri"] = f"spotify:episode:{_id(rng)}"
        rows.append(row)
    return rows


def _id(rng: np.random.Generator) -> str:
    return "invented" + "".join(BASE62[i] for i in rng.integers(0, 62, 14))


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
