"""How fast the product is, beside what a user would otherwise run.

    python -m benchmarks.speed --tracks 100000 --interactions 1000000 --json

Everything timed is the product's own code on an invented library in memory
(``benchmarks.generate``): ``training.fit_all``, ``MusicAI.score`` and ``rank``,
``registry.save`` and ``load``. Beside it, in the same process and minute:
``implicit`` alone on the same matrix with the same settings, and reading the
factor matrix once (``factors @ vector``). Pairs are measured in turns, so that
a busy machine disturbs both.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from threadpoolctl import threadpool_limits

from benchmarks.generate import library as make_library
from musicai.ai_model import MusicAI
from musicai.core.progress import no_progress
from musicai.core.settings import Settings
from musicai.data.arrays import TrainingData
from musicai.data.genres import GENRES
from musicai.data.library import Library
from musicai.data.moods import MOODS
from musicai.models.collaborative import Collaborative, CollaborativeConfig
from musicai.models.registry.registry import save
from musicai.ranking.request import Request, Tuning
from musicai.store import Store
from musicai.training.fit import Fitted, TrainingConfig, fit_all
from musicai.training.train import prepare

QUERIES = 200
"""Requests timed; each differs in listener, seeds, mood or genre."""

_RESIDENT = """
import sys, psutil
from pathlib import Path
from musicai import ai_model
from musicai.models.registry import registry
from musicai.core.settings import Settings
from musicai.store import Store
settings = Settings(home=Path(sys.argv[1]))
with Store(settings) as store:
    store.artifact_hashes(sys.argv[2])
    process = psutil.Process()
    before = process.memory_info().rss
    loaded = registry.load(settings, store, sys.argv[2])
    print((process.memory_info().rss - before) / 2**20)
"""


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds, and what the work returned."""
    started = time.perf_counter()
    value = work()
    return time.perf_counter() - started, value


PLAYS_ALONE = CollaborativeConfig(artist_weight=0, genre_weight=0, friend_weight=0, bridge=False)
"""Settings under which our matrix is the one that ``implicit`` alone is given."""


def als_beside_implicit(data: TrainingData, rounds: int = 2) -> dict[str, float]:
    """Seconds of our ALS and of ``implicit`` alone on one matrix, and of all we fit by default.

    Each is the better of some rounds.
    """
    taken: dict[str, list[float]] = {"als_s": [], "als_alone_s": [], "collaborative_s": []}
    for _ in range(rounds):
        taken["als_alone_s"].append(timed(lambda: _implicit_alone(data, PLAYS_ALONE))[0])
        plain, whole = Collaborative(PLAYS_ALONE), Collaborative()
        taken["als_s"].append(timed(lambda one=plain: one.fit(data, no_progress))[0])
        taken["collaborative_s"].append(timed(lambda one=whole: one.fit(data, no_progress))[0])
    return {name: min(seconds) for name, seconds in taken.items()}


def _implicit_alone(data: TrainingData, config: CollaborativeConfig) -> None:
    matrix = data.interactions.astype(np.float32)
    with threadpool_limits(1, "blas"):
        model = AlternatingLeastSquares(
            factors=config.factors,
            regularization=config.regularization,
            alpha=config.alpha,
            iterations=config.epochs,
            num_threads=config.threads,
            random_state=0,
        )
        model.fit(matrix, show_progress=False)


def requests(library: Library, seed: int = 0) -> list[Request]:
    """Varied requests over all tracks: the owner, others, seeds, moods and genres."""
    random = np.random.default_rng(seed)
    made = []
    for number in range(QUERIES):
        rows = random.integers(0, library.n_tracks, 3)
        made.append(
            Request(
                user_id=None
                if number % 2
                else library.listeners[int(random.integers(0, len(library.listeners)))],
                seed_tracks=tuple(library.vocabulary.id(int(r)) for r in rows)
                if number % 3 == 0
                else (),
                mood={MOODS[number % len(MOODS)]: 1.0} if number % 2 else {},
                genre={GENRES[number % len(GENRES)]: 1.0} if number % 5 == 0 else {},
                mode="mix",
            )
        )
    return made


def latencies(music: MusicAI) -> dict[str, float]:
    """Milliseconds of a list of 20, of re-blending one, and of one matrix × vector."""
    collaborative = music.components["collaborative"]
    assert isinstance(collaborative, Collaborative)
    factors = collaborative.factors_
    vector = np.ones(factors.shape[1], dtype=np.float32)
    random = np.random.default_rng(1)
    whole, blend, matvec = [], [], []
    asked = requests(music.library)
    for request in asked:  # listeners' pasts are read once in a session, not each time
        music.history(music.listener(request.user_id))
    for request in asked[:5]:
        music.rank(music.score(request), Tuning())
    for request in asked:
        matvec.append(timed(lambda: factors @ vector)[0])
        seconds, scored = timed(lambda request=request: music.score(request))
        whole.append(seconds + timed(lambda scored=scored: music.rank(scored, Tuning()))[0])
        weights = {name: float(random.random()) + 0.01 for name in music.components}
        tuning = Tuning(weights=weights)
        blend.append(timed(lambda scored=scored, tuning=tuning: music.rank(scored, tuning))[0])
    return {
        "recommend_p50_ms": 1e3 * float(np.percentile(whole, 50)),
        "recommend_p95_ms": 1e3 * float(np.percentile(whole, 95)),
        "matvec_ms": 1e3 * float(np.median(matvec)),
        "reblend_p95_ms": 1e3 * float(np.percentile(blend, 95)),
    }


def on_disk(library: Library, fitted: Fitted, home: Path) -> dict[str, float]:
    """Megabytes of the saved version, and what loading it adds to a fresh process."""
    settings = Settings(home=home)
    trained = prepare(library, TrainingConfig(evaluate=False), no_progress, fitted=fitted)
    with Store(settings) as store:
        version = save(settings, store, trained)
    folder = settings.models / version
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    done = subprocess.run(
        [sys.executable, "-c", _RESIDENT, str(home), version],
        check=True,
        capture_output=True,
        text=True,
    )
    return {"model_mb": size / 2**20, "resident_mb": float(done.stdout)}


def measure(
    tracks: int, interactions: int, seed: int = 0, *, evaluate: bool = True
) -> dict[str, Any]:
    """All figures of one size."""
    library = make_library(tracks, interactions, seed)
    train_s, fitted = timed(lambda: fit_all(library, TrainingConfig(), no_progress))
    als = als_beside_implicit(fitted.data)
    music = MusicAI(
        library=library, features=fitted.described.features, components=fitted.components
    )
    figures = latencies(music)
    with tempfile.TemporaryDirectory() as folder:
        disk = on_disk(library, fitted, Path(folder))
    all_s = None
    if evaluate:
        all_s, _ = timed(lambda: prepare(library, TrainingConfig(), no_progress))
    return {
        "tracks": tracks,
        "interactions": interactions,
        "entries": int(fitted.data.interactions.nnz),
        "train_s": train_s,
        "all_s": all_s,
        **als,
        **figures,
        **disk,
    }


def main(argv: list[str] | None = None) -> int:
    """Measure one size and print it; with ``--json``, one object as the last line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=main.__doc__)
    parser.add_argument("--tracks", type=int, default=100_000)
    parser.add_argument("--interactions", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--no-evaluation", action="store_true", help="leave all_s out (null)")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    figures = measure(
        options.tracks, options.interactions, options.seed, evaluate=not options.no_evaluation
    )
    shown = {k: round(v, 3) if isinstance(v, float) else v for k, v in figures.items()}
    if options.json:
        print(json.dumps(shown))
    else:
        for name, value in shown.items():
            print(f"{name:18} {value}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
