"""Peers and ours on one split: settings chosen on one validation slice, test read once."""

from __future__ import annotations

import json
import logging
import subprocess
import tempfile
import time
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from benchmarks.peers.environments import FAMILIES, NotInstalledError, prepared, versions
from benchmarks.quality import protocol
from benchmarks.quality.choosing import KEY, cut, sampled
from benchmarks.quality.scoring import CUTOFFS, Lists, Problem

logger = logging.getLogger(__name__)

SECONDS = 1_800
"""A peer may take so long for all of its settings."""

WORKER = Path(__file__).with_name("worker.py")

GRIDS: dict[str, tuple[dict[str, Any], ...]] = {
    "implicit.als": (
        {"factors": 64, "regularization": 30.0, "alpha": 5.0},
        {"factors": 64, "regularization": 10.0, "alpha": 5.0},
        {"factors": 128, "regularization": 90.0, "alpha": 15.0},
        {"factors": 256, "regularization": 50.0, "alpha": 10.0},
        {"factors": 256, "regularization": 90.0, "alpha": 15.0},
    ),
    "implicit.bpr": (
        {"factors": 64, "learning_rate": 0.05, "regularization": 0.01, "iterations": 150},
        {"factors": 64, "learning_rate": 0.01, "regularization": 0.01, "iterations": 300},
        {"factors": 128, "learning_rate": 0.05, "regularization": 0.03, "iterations": 150},
    ),
    "implicit.cosine": ({"K": 20}, {"K": 50}, {"K": 200}, {"K": 400}),
    "rectools.ease": ({"regularization": 100.0}, {"regularization": 300.0}),
    "rectools.pure_svd": ({"factors": 8}, {"factors": 16}, {"factors": 32}, {"factors": 64}),
    "lenskit.als": (
        {"embedding_size": 64, "epochs": 15, "regularization": 0.1, "weight": 40.0},
        {"embedding_size": 64, "epochs": 15, "regularization": 0.3, "weight": 10.0},
        {"embedding_size": 128, "epochs": 15, "regularization": 1.0, "weight": 10.0},
    ),
    "lenskit.item_knn": ({"max_nbrs": 20}, {"max_nbrs": 50}, {"max_nbrs": 100}),
}
"""Peer → settings to choose among on validation."""

MAX_EASE_ITEMS = 20_000
"""RecTools' EASE inverts a square of all items: 3 GB and minutes a fit at this many."""


def compare(problem: Problem, folder: Path, families: Iterable[str], seed: int) -> dict[str, Any]:
    """Everything, as one JSON object."""
    started = time.perf_counter()
    ours = protocol.run(problem, seed=seed)
    methods = {"musicai hybrid": {"metrics": ours["metrics"], "seconds": ours["seconds"]}}
    for name in ("collaborative", "item_item", "popularity"):
        methods[f"musicai {name}"] = {"metrics": ours["baselines"][name]}
    found_versions = {"musicai": version_of("musicai")}
    not_run: dict[str, str] = {}
    for name in families:
        family = FAMILIES[name]
        try:
            python = prepared(family, folder)
        except NotInstalledError as error:
            not_run[name] = f"could not be installed: {error}"
            continue
        found_versions |= {name: versions(python, family)}
        for peer, grid in GRIDS.items():
            if peer.split(".")[0] != name:
                continue
            try:
                methods[peer] = _peer(problem, python, peer, grid, seed)
            except PeerError as error:
                not_run[peer] = str(error)
    return {
        "dataset": problem.name,
        "data": dict(problem.facts),
        "n": ours["n"],
        "methods": methods,
        "not_run": not_run,
        "versions": found_versions,
        "intervals": ours["intervals"],
        "config": ours["config"],
        "seconds": round(time.perf_counter() - started, 1),
    }


def version_of(package: str) -> str:
    """The version that is installed, or that this is a working copy."""
    try:
        return version(package)
    except ModuleNotFoundError:
        return "working copy"


class PeerError(Exception):
    """A peer did not come to an end, and why."""


def _peer(
    problem: Problem, python: Path, peer: str, grid: tuple[dict[str, Any], ...], seed: int
) -> dict[str, Any]:
    """Choose on the validation users that ours were chosen on; measure on test."""
    if peer == "rectools.ease" and problem.train.shape[1] > MAX_EASE_ITEMS:
        raise PeerError(f"its square of {problem.train.shape[1]:,} items does not fit in memory")
    if problem.valid is None:
        train, valid = cut(problem.train, seed)
        everything = problem.train
    else:
        train, valid = problem.train, problem.valid
        everything = csr_matrix(problem.train + valid)
    started = time.perf_counter()
    judged = sampled(valid, protocol.USERS_IN_SEARCH, seed)
    values = [0.0] * len(grid)
    if judged.nnz:
        lists, _ = _ranked(python, peer, grid, train, judged, seed)
        values = [_measured(one, judged).mean(KEY) for one in lists]
    best = grid[int(np.argmax(values))]
    logger.info("%s: %s, nDCG@20 %.4f on validation", peer, best, max(values))
    lists, seconds = _ranked(python, peer, (best,), everything, problem.test, seed)
    per_user = _measured(lists[0], problem.test).per_user()
    return {
        "metrics": {name: round(float(value.mean()), 5) for name, value in per_user.items()},
        "settings": best,
        "validation": {json.dumps(one): round(v, 5) for one, v in zip(grid, values, strict=True)},
        "fit_s": round(float(seconds[0, 0]), 2),
        "rank_s": round(float(seconds[0, 1]), 2),
        "seconds": round(time.perf_counter() - started, 1),
    }


def _ranked(
    python: Path,
    peer: str,
    grid: tuple[Mapping[str, Any], ...],
    train: csr_matrix,
    targets: csr_matrix,
    seed: int,
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float64]]:
    """(n_settings, n_users, k) lists for the users with targets, and (n_settings, 2) seconds.

    Raises:
        PeerError: with the last thing it said.
    """
    users = np.flatnonzero(np.diff(targets.indptr))
    with tempfile.TemporaryDirectory(prefix="musicai-peers-") as made:
        job, out = Path(made) / "job.npz", Path(made) / "out.npz"
        np.savez(
            job,
            data=np.ones(train.nnz, dtype=np.float32),
            indices=train.indices,
            indptr=train.indptr,
            shape=np.array(train.shape),
            users=users,
            k=np.int64(max(CUTOFFS)),
        )
        command = [str(python), str(WORKER), str(job), str(out), peer, json.dumps(grid), str(seed)]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=SECONDS, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise PeerError(f"took more than {SECONDS} s") from error
        if done.returncode:
            said = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
            raise PeerError(said[-1])
        with np.load(out, allow_pickle=False) as stored:
            return stored["lists"], stored["seconds"]


def _measured(lists: npt.NDArray[np.int32], targets: csr_matrix) -> Lists:
    found = Lists()
    for ranked, user in zip(lists, np.flatnonzero(np.diff(targets.indptr)), strict=True):
        found.add(ranked, targets.indices[targets.indptr[user] : targets.indptr[user + 1]])
    return found
