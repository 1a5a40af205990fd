"""What a large catalogue costs: taking it in, joining it, loading it again, and its coverage.

    python -m benchmarks.catalogues --tracks 1000000 --json

A table of tracks is made (``--seed``), and a small history of which half the plays are of tracks
in the table. Each step runs in a process of its own, as on a command line: ``add`` reads the table
into a catalogue, ``join`` is the first ``load_library`` after that, ``features`` the first
``load_features`` (with a ``load_library`` before it), ``load`` a later ``load_library``, and
``coverage`` the first look at what the catalogue covers. Of each: seconds by the clock and of the
processor, and the most memory the process held, interpreter and libraries (``idle``) included.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from musicai.core.progress import no_progress
from musicai.core.settings import Settings
from musicai.data.library import AUDIO_FEATURES, UNIT_FEATURES
from musicai.data.parsed import ReadOptions
from musicai.data_processor import load_features
from musicai.library.assemble import load_library
from musicai.library.catalogs import read_catalogue
from musicai.library.coverage import measure_coverage
from musicai.library.importing import import_files
from musicai.store import Store

PROFILE = "benchmark"

TRACKS_AN_ARTIST = 12
"""On average; a few artists have many more."""

STEPS = ("idle", "add", "join", "features", "load", "coverage")


def names(numbers: np.ndarray[Any, np.dtype[np.int64]], what: str) -> pd.Series:
    """A name for each number, of two words, so that titles are about as long as real ones."""
    first, second = (pd.Series(part).astype(str) for part in (numbers % 977, numbers // 977))
    return f"{what} " + first + " of " + second


def table(path: Path, tracks: int, seed: int) -> pd.DataFrame:
    """Write a table of tracks as CSV; returns the columns that name them."""
    rng = np.random.default_rng(seed)
    artists = max(tracks // TRACKS_AN_ARTIST, 1)
    by = np.minimum(rng.pareto(0.9, tracks) * artists * 0.05, artists - 1).astype(np.int64)
    frame = pd.DataFrame(
        {
            "track_id": [f"{n:022d}" for n in range(tracks)],
            "track_name": names(rng.permutation(tracks), "Song"),
            "artists": names(by, "Artist"),
            "album_name": names(rng.integers(0, tracks // 8 + 1, tracks), "Album"),
            "track_genre": rng.choice(["rock", "jazz", "house", "folk", "metal"], tracks),
            "duration_ms": rng.integers(90_000, 400_000, tracks),
            "popularity": rng.integers(0, 101, tracks),
            **{name: rng.random(tracks).round(4) for name in UNIT_FEATURES},
            "tempo": rng.uniform(60, 180, tracks).round(3),
            "loudness": -rng.uniform(2, 30, tracks).round(3),
        }
    )
    assert set(AUDIO_FEATURES) <= set(frame.columns)
    frame.to_csv(path, index=False)
    return frame[["track_id", "track_name", "artists"]]


def history(there: pd.DataFrame, plays: int, own: int, seed: int) -> bytes:
    """Plays of ``own`` tracks, every second of which the table has, half of those by name alone."""
    rng = np.random.default_rng(seed + 1)
    rows = there.iloc[rng.choice(len(there), own, replace=False)]
    heard = [
        {
            "master_metadata_track_name": name if k % 2 else f"Else {k}",
            "master_metadata_album_artist_name": by,
            "master_metadata_album_album_name": "Album",
            "spotify_track_uri": f"spotify:track:{track_id if k % 4 == 1 else f'x{k:021d}'}",
        }
        for k, (track_id, name, by) in enumerate(rows.itertuples(index=False))
    ]
    start = pd.Timestamp("2024-01-01", tz="UTC")
    told = [
        {
            "ts": (start + pd.Timedelta(minutes=4 * k)).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "ms_played": 200_000,
            **heard[k % own],
            "reason_start": "trackdone",
            "reason_end": "trackdone",
            "shuffle": False,
            "skipped": False,
            "offline": False,
            "incognito_mode": False,
        }
        for k in range(plays)
    ]
    return json.dumps(told).encode()


def run_add(settings: Settings, path: Path) -> dict[str, float]:
    """The table becomes a catalogue, enabled for the profile."""
    file = read_catalogue(settings, path)
    with Store(settings) as store:
        one = store.add_catalogue("made", file.tracks, origin=file.origin, digest=file.digest)
        store.enable_catalogue(PROFILE, "made", True)
        return {"tracks": one.n_tracks, "file_mb": round(one.path.stat().st_size / 1e6, 1)}


def run_load(settings: Settings, path: Path) -> dict[str, float]:
    """The library as the app opens it."""
    with Store(settings) as store:
        library = load_library(store, settings, PROFILE)
    new = library.tracks["in_catalogue"] & ~library.tracks["own"]
    return {"tracks": library.n_tracks, "new_tracks": int(new.sum())}


def run_features(settings: Settings, path: Path) -> dict[str, float]:
    """Texts, artists and audio of all tracks as arrays, and the library they are made of."""
    with Store(settings) as store:
        features = load_features(settings, load_library(store, settings, PROFILE))
    return {"terms": len(features.terms), "artists": len(features.artist_names)}


def run_coverage(settings: Settings, path: Path) -> dict[str, float]:
    """What the catalogue covers of the history."""
    with Store(settings) as store:
        found = measure_coverage(store, settings, PROFILE)
    return {
        "artists_share": round(found.enabled.artists / found.n_artists, 3),
        "plays_matched_share": round(found.enabled.plays_matched / found.n_plays, 3),
    }


def run_idle(settings: Settings, path: Path) -> dict[str, float]:
    """Nothing: what the interpreter and the libraries take."""
    return {}


_RUN: dict[str, Callable[[Settings, Path], dict[str, float]]] = {
    "idle": run_idle,
    "add": run_add,
    "join": run_load,
    "features": run_features,
    "load": run_load,
    "coverage": run_coverage,
}


def run_step(step: str, home: Path, path: Path) -> dict[str, float]:
    """One step in this process, with its time and memory."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = _RUN[step](Settings(home=home, max_unpacked_bytes=4 * 1024**3), path)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kilobytes elsewhere
    return {
        "s": round(time.perf_counter() - wall, 2),
        "cpu_s": round(time.process_time() - cpu, 2),
        "peak_mb": round(peak * unit / 1e6),
        **found,
    }


def make(home: Path, path: Path, tracks: int, plays: int, own: int, seed: int) -> None:
    """The table at ``path``, and a home whose profile holds the history."""
    there = table(path, tracks, seed)
    given = ("Streaming_History_Audio_2024.json", history(there, plays, own, seed))
    settings = Settings(home=home)
    with Store(settings) as store:
        import_files(store, settings, PROFILE, [given], ReadOptions(), no_progress)


def in_process(*arguments: object) -> str:
    """One step in a process of its own; a large parent would be counted into its child's peak."""
    command = [sys.executable, "-m", "benchmarks.catalogues", "--step", *map(str, arguments)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def measure(tracks: int, plays: int, own: int, seed: int) -> dict[str, Any]:
    """All steps in turn, each in a process of its own."""
    with tempfile.TemporaryDirectory() as name:
        home, path = Path(name) / "home", Path(name) / "made.csv"
        in_process("make", home, path, tracks, plays, own, seed)
        result: dict[str, Any] = {
            "tracks": tracks,
            "plays": plays,
            "own_tracks": own,
            "csv_mb": round(path.stat().st_size / 1e6, 1),
        }
        for step in STEPS:
            result[step] = json.loads(in_process(step, home, path).splitlines()[-1])
    return result


def main(argv: list[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tracks", type=int, default=1_000_000, help="of the catalogue")
    parser.add_argument("--plays", type=int, default=20_000, help="of the history")
    parser.add_argument("--own", type=int, default=2_000, help="tracks of the history")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    parser.add_argument("--step", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.step:
        step, home, path, *sizes = options.step
        if step == "make":
            make(Path(home), Path(path), *map(int, sizes))
        else:
            print(json.dumps(run_step(step, Path(home), Path(path))))
        return 0
    result = measure(options.tracks, options.plays, options.own, options.seed)
    if options.json:
        print(json.dumps(result))
        return 0
    for step in STEPS:
        print(f"{step}: " + ", ".join(f"{name} {value}" for name, value in result[step].items()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
