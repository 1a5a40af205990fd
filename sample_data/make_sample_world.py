"""Makes the invented sample world from a seed, byte for byte the same each time.

Run ``python -m sample_data.make_sample_world``; see ``sample_data/README.md``.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import time
import zipfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from sample_data.catalogue import World, make_catalogue
from sample_data.listening import Plays, Stage, make_listener, simulate
from sample_data.main_listener import main_listener, make_export
from sample_data.sounds import FEATURES

SEED = 7
N_LISTENERS = 300
"""Listeners beside the main one."""

CATALOGUE_FILE = "catalogue_sample.csv.gz"
LISTENERS_FILE = "listeners_sample.csv.gz"
EXPORT_FILE = "my_spotify_data_sample.zip"

CATALOGUE_COLUMNS = (
    "track_id", "track_name", "artists", "album_name", "release_date", "popularity",
    "duration_ms", "explicit", "danceability", "energy", "key", "loudness", "mode",
    "speechiness", "acousticness", "instrumentalness", "liveness", "valence", "tempo", "genres",
)  # fmt: skip
LISTENER_COLUMNS = ("listener", "track_id", "played_at", "ms_played", "skipped")


def make_world(out: Path, seed: int = SEED) -> dict[str, int]:
    """Writes the three files into a folder.

    Args:
        out: The folder; it is made if it is not there.
        seed: Another seed makes another world.

    Returns:
        How many tracks, artists, listeners and plays there are.
    """
    world = make_catalogue(seed)
    stage = Stage(world)
    main = main_listener(stage, np.random.default_rng([seed, 4]))
    main_plays = simulate(main, stage, np.random.default_rng([seed, 5]))
    others: list[tuple[str, Plays]] = []
    for number in range(1, N_LISTENERS + 1):
        rng = np.random.default_rng([seed, 6, number])
        listener = make_listener(f"listener-{number:03d}", rng)
        others.append((listener.name, simulate(listener, stage, rng)))
    out.mkdir(parents=True, exist_ok=True)
    write_gzip(out / CATALOGUE_FILE, CATALOGUE_COLUMNS, _catalogue_rows(world))
    write_gzip(out / LISTENERS_FILE, LISTENER_COLUMNS, _play_rows(world, others))
    export = make_export(world, main_plays, np.random.default_rng([seed, 7]))
    write_zip(out / EXPORT_FILE, export.members)
    return {
        "tracks": len(world.titles),
        "artists": len(world.artists),
        "listeners": 1 + len(others),
        "plays": len(main_plays.track) + sum(len(plays.track) for _, plays in others),
    }


def write_gzip(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Writes a gzipped CSV that holds neither a time nor a file name of its own."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    path.write_bytes(gzip.compress(text.getvalue().encode(), compresslevel=9, mtime=0))


def write_zip(path: Path, members: dict[str, bytes]) -> None:
    """Writes a zip whose members carry a fixed time."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name, date_time=(2026, 9, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            info.create_system = 3
            archive.writestr(info, data)


def _catalogue_rows(world: World) -> Iterable[tuple[object, ...]]:
    for i, audio in enumerate(world.audio):
        values: dict[str, object] = {}
        if i not in world.no_audio:
            values = {name: _number(v) for name, v in zip(FEATURES, audio, strict=True)}
            values |= {"key": world.key[i], "mode": world.mode[i]}
        known = {
            "track_id": world.ids[i],
            "track_name": world.titles[i],
            "artists": ";".join(world.artist_names(i)),
            "album_name": world.albums[i],
            "release_date": world.dates[i],
            "popularity": world.popularity[i],
            "duration_ms": world.duration[i],
            "explicit": str(world.explicit[i]).lower(),
            "genres": "" if i in world.no_genres else ";".join(world.micro[i]),
        }
        row = known | values
        yield tuple(row.get(column, "") for column in CATALOGUE_COLUMNS)


def _number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")


def _play_rows(world: World, others: list[tuple[str, Plays]]) -> Iterable[tuple[object, ...]]:
    for name, plays in others:
        for track, at, ms, skipped in zip(
            plays.track, plays.at, plays.ms, plays.skipped, strict=True
        ):
            moment = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            yield name, world.ids[track], moment, ms, str(skipped).lower()


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Make the invented sample world.")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder to write")
    parser.add_argument("--seed", type=int, default=SEED, help="another seed, another world")
    options = parser.parse_args(arguments)
    began = time.perf_counter()
    counts = make_world(options.out, options.seed)
    told = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    print(f"{told} in {time.perf_counter() - began:.1f} s")


if __name__ == "__main__":
    main()
