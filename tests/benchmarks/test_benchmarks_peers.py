"""Peers beside ours: environments, the exchange, and what is said where one cannot be run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from benchmarks.peers import __main__ as command
from benchmarks.peers import comparing, environments
from benchmarks.peers.comparing import PeerError
from benchmarks.quality import interactions
from benchmarks.quality.choosing import cut
from benchmarks.quality.synthetic import write_split

HERE = Path(sys.executable)


@pytest.fixture(scope="module")
def split(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return write_split(tmp_path_factory.mktemp("split"), users=60, items=50, pairs=1_200, topics=5)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interactions, "search_for", lambda _: {})
    small: dict[str, Any] = {
        "implicit.als": ({"factors": 8, "iterations": 3}, {"factors": 16, "iterations": 3}),
        "implicit.cosine": ({"K": 10},),
    }
    monkeypatch.setattr(comparing, "GRIDS", small)


@pytest.mark.slow
def test_peers_and_ours_beside_each_other(
    split: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With our own implicit in the peer's place; LensKit cannot be installed here."""

    def prepared(family: environments.Family, folder: Path) -> Path:
        if family.name == "implicit":
            return HERE
        raise environments.NotInstalledError("ERROR: No matching distribution found")

    monkeypatch.setattr(comparing, "prepared", prepared)
    options = ["--train", str(split[0]), "--test", str(split[1]), "--env", str(tmp_path)]
    assert command.main([*options, "--peers", "implicit", "lenskit", "--json"]) == 0
    lines = capsys.readouterr().out.splitlines()
    result = json.loads(lines[-1])
    assert {"musicai hybrid", "implicit.als", "implicit.cosine"} <= set(result["methods"])
    als = result["methods"]["implicit.als"]
    assert json.dumps(als["settings"]) in als["validation"]
    assert als["validation"][json.dumps(als["settings"])] == max(als["validation"].values())
    assert 0 < als["metrics"]["ndcg@20"] < 1
    assert als["fit_s"] >= 0
    assert result["not_run"] == {
        "lenskit": "could not be installed: ERROR: No matching distribution found"
    }
    assert any("lenskit: not run: could not be installed" in line for line in lines)
    assert result["versions"]["implicit"]["implicit"]


def test_lists_come_back_masked_and_padded(split: tuple[Path, Path]) -> None:
    problem = interactions.load(*split)
    train, valid = cut(problem.train, seed=0)
    lists, seconds = comparing._ranked(HERE, "implicit.cosine", ({"K": 5},), train, valid, 0)
    users = np.flatnonzero(np.diff(valid.indptr))
    assert lists.shape == (1, len(users), 100)
    assert seconds.shape == (1, 2)
    for row, user in zip(lists[0], users, strict=True):
        known = row[row >= 0]
        assert len(set(known)) == len(known)
        assert not np.isin(known, train[user].indices).any()


def test_a_peer_that_fails_says_why(split: tuple[Path, Path]) -> None:
    problem = interactions.load(*split)
    with pytest.raises(PeerError, match="factor"):
        comparing._peer(problem, HERE, "implicit.als", ({"no_such_factor": 1},), 0)
    wide = interactions.load(*split)
    object.__setattr__(wide, "train", csr_matrix((5, comparing.MAX_EASE_ITEMS + 1)))
    with pytest.raises(PeerError, match="memory"):
        comparing._peer(wide, HERE, "rectools.ease", ({},), 0)


def test_what_pip_says_is_handed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = "WARNING: slow\nERROR: No matching distribution found for lenskit\n\n"
    monkeypatch.setattr(environments.venv, "create", lambda *_, **__: None)
    monkeypatch.setattr(
        environments,
        "_ran",
        lambda command, seconds: subprocess.CompletedProcess(command, 1, "", said),
    )
    with pytest.raises(environments.NotInstalledError, match="No matching distribution"):
        environments.prepared(environments.FAMILIES["lenskit"], tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="the folder of a Python differs")
def test_an_environment_that_is_there_is_used_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "numbers/bin"
    folder.mkdir(parents=True)
    (folder / "python").write_text(f'#!/bin/sh\nexec "{HERE}" "$@"\n')
    (folder / "python").chmod(0o755)
    family = environments.Family("numbers", ("numpy",), ("numpy",))
    monkeypatch.setattr(environments.venv, "create", lambda *_, **__: pytest.fail("made again"))
    python = environments.prepared(family, tmp_path)
    assert environments.versions(python, family)["numpy"] == np.__version__
    strange = environments.Family("strange", ("numpy",), ("no_such_module",))
    assert environments.versions(python, strange) == {}


def test_the_product_knows_no_peer() -> None:
    """Neither the package nor its requirements; ``implicit`` is a solver of its own."""
    root = Path(__file__).parents[2]
    asked = (root / "requirements.txt").read_text() + (root / "requirements-dev.txt").read_text()
    assert not {"rectools", "lenskit"} & {line.split("=")[0].lower() for line in asked.split()}
    for path in (root / "musicai").rglob("*.py"):
        assert "benchmarks" not in [
            word
            for line in path.read_text("utf-8").splitlines()
            if line.startswith(("import ", "from "))
            for word in line.replace(".", " ").split()
        ]
