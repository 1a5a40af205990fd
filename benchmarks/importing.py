"""How long an import takes, beside reading the same bytes as JSON.

    python -m benchmarks.importing --plays 1000000 --json

A history in Spotify's layout (``benchmarks.generate``) is imported by a fresh
process into an empty home, loaded as the app loads it, and imported again, each
time by another process, as on a command line. Beside it, in the same minute,
another process reads the members of the same zip one by one with
``orjson.loads``; unpacking them is not counted there. Both are measured in turns,
so that a busy machine disturbs both, and the better of the rounds counts.

``import_s`` is from the paths to the committed database; making the tables that
the app loads is in ``ready_s``. Seconds of the processor, children included, are
in ``cpu_s``: on a busy machine they say more.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import psutil

from benchmarks.generate import extended_history
from musicai.core.settings import Settings
from musicai.data.parsed import ReadOptions
from musicai.library.importing import import_files
from musicai.store import Store

PROFILE = "benchmark"

SAMPLE_EVERY_S = 0.02
"""How often the memory of all processes is looked at, seconds."""


def history(folder: Path, plays: int, tracks: int, seed: int) -> Path:
    """The zip, made once for a folder and size."""
    path = folder / f"history-{plays}-{tracks}-{seed}.zip"
    if not path.is_file():
        beside = path.with_suffix(".part")
        beside.write_bytes(extended_history(plays, tracks, seed))
        beside.replace(path)
    return path


def processor_seconds() -> float:
    """Of this process and its ended children."""
    return sum(
        used.ru_utime + used.ru_stime
        for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def run_orjson(path: Path) -> dict[str, float]:
    """``orjson.loads`` of each member, unpacked before."""
    seconds, size = 0.0, 0
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.endswith(".json"):
                data = archive.read(name)
                size += len(data)
                started = time.perf_counter()
                orjson.loads(data)
                seconds += time.perf_counter() - started
    return {"seconds": seconds, "bytes": size}


def run_import(path: Path, home: Path) -> dict[str, float]:
    """One import into a home, as the command line does it."""
    saved: list[float] = []

    def progress(fraction: float, note: str = "") -> None:
        if note == "Preparing the tables":
            saved.append(time.perf_counter())

    settings = Settings(home=home)
    with Store(settings) as store:
        before, started = processor_seconds(), time.perf_counter()
        report = import_files(store, settings, PROFILE, [path], ReadOptions(), progress)
        ready = time.perf_counter()
        assert report.plays.adds_up
        return {
            "seconds": (saved[0] if saved else ready) - started,
            "ready": ready - started,
            "cpu": processor_seconds() - before,
            "read": report.plays.read,
            "imported": report.plays.imported,
        }


def run_load(home: Path) -> dict[str, float]:
    """The profile's own data, as the app loads them."""
    with Store(Settings(home=home)) as store:
        started = time.perf_counter()
        own = store.own_data(PROFILE)
        return {"seconds": time.perf_counter() - started, "plays": len(own.plays)}


STEPS: dict[str, Callable[..., dict[str, float]]] = {
    "orjson": run_orjson,
    "import": run_import,
    "load": run_load,
}


def in_process(step: str, *arguments: Path) -> dict[str, float]:
    """Run one step in a fresh process; ``peak_mb`` is of it and all its children together."""
    command = [sys.executable, "-m", "benchmarks.importing", "--step", step, *map(str, arguments)]
    root = Path(__file__).resolve().parent.parent
    child = subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True)
    peak = [0]
    watching = threading.Thread(target=_watch, args=(child.pid, peak))
    watching.start()
    output, _ = child.communicate()
    watching.join()
    if child.returncode:
        raise RuntimeError(f"the step {step} failed")
    result: dict[str, float] = json.loads(output.splitlines()[-1])
    return {**result, "peak_mb": peak[0] / 2**20}


def _watch(pid: int, peak: list[int]) -> None:
    try:
        process = psutil.Process(pid)
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            peak[0] = max(peak[0], sum(map(_memory, [process, *process.children(recursive=True)])))
            time.sleep(SAMPLE_EVERY_S)
    except psutil.Error:
        return


def _memory(process: psutil.Process) -> int:
    """Bytes in memory; pages shared between processes count in each."""
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def measure(
    plays: int, tracks: int | None = None, seed: int = 0, *, rounds: int = 2, folder: Path
) -> dict[str, Any]:
    """All figures of one size."""
    path = history(folder, plays, tracks or max(plays // 10, 20), seed)
    imports, plain, repeats, loads = [], [], [], []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(dir=folder) as home:
            plain.append(in_process("orjson", path))
            imports.append(in_process("import", path, Path(home)))
            loads.append(in_process("load", Path(home)))
            repeats.append(in_process("import", path, Path(home)))
    best = min(imports, key=lambda one: one["seconds"])
    orjson_s = min(one["seconds"] for one in plain)
    assert best["imported"] == loads[0]["plays"]
    assert repeats[0]["imported"] == 0
    return {
        "plays": plays,
        "bytes": int(plain[0]["bytes"]),
        "import_s": best["seconds"],
        "ready_s": best["ready"],
        "orjson_s": orjson_s,
        "ratio": best["seconds"] / orjson_s,
        "ready_ratio": best["ready"] / orjson_s,
        "peak_mb": max(one["peak_mb"] for one in imports),
        "load_s": min(one["seconds"] for one in loads),
        "repeat_s": min(one["seconds"] for one in repeats),
        "cpu_s": best["cpu"],
        "cores": os.cpu_count(),
    }


def main(argv: list[str] | None = None) -> int:
    """Measure one size and print it; with ``--json``, one object as the last line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.importing", description=main.__doc__
    )
    parser.add_argument("--plays", type=int, default=1_000_000)
    parser.add_argument("--tracks", type=int, help="distinct tracks (a tenth of the plays)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="keep the zip here (a temporary folder)")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--step", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.step:
        step, *arguments = options.step
        print(json.dumps(STEPS[step](*map(Path, arguments))))
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        figures = measure(
            options.plays, options.tracks, options.seed, rounds=options.rounds, folder=folder
        )
    shown = {k: round(v, 3) if isinstance(v, float) else v for k, v in figures.items()}
    if options.json:
        print(json.dumps(shown))
    else:
        for name, value in shown.items():
            print(f"{name:12} {value}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
