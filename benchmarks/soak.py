"""Four tabs and the command line at work on one data folder at once: is anything lost?

    python -m benchmarks.soak --minutes 5 --json

Each tab is a session of the real app in a process of its own: it judges tracks of the list,
takes verdicts back, puts tracks into the list that is being put together, and one of them starts
and cancels trainings. The command line judges and trains meanwhile. Everybody judges tracks of
their own only and remembers what they were told is done; at the end the database must hold
exactly that, no lock may be left, no version be half there, and the active one must serve.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import multiprocessing
import os
import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from musicai.ai_model import MusicAI
from musicai.cli import main as command_line
from musicai.core import jobs
from musicai.core.errors import JobRunning
from musicai.core.settings import PROJECT_ROOT, Settings
from musicai.library.sample import SAMPLE_PROFILE, load_sample
from musicai.models.registry import registry
from musicai.ranking.feedback import standing
from musicai.store import Store

TABS = 4
PATIENCE_S = 120
"""How long a job may take to end after everybody has stopped."""

BUSY = "is running"
"""In what the command line says while a tab's training works."""

QUICK = ["--method", "als", "--factors", "8", "--epochs", "2", "--no-evaluation", "--no-map"]

Done = dict[str, Any]
"""``said``: track id → verdict or None after it was taken back; ``added``: ids; ``steps``."""


def mine(track_id: str, worker: int) -> bool:
    """Whether a worker is the only one who judges a track."""
    return zlib.crc32(track_id.encode()) % (TABS + 1) == worker


def tab(worker: int, home: str, until: float, told: Any) -> None:
    """One session of the app, pressing buttons until the time is over."""
    os.environ["MUSICAI_HOME"] = home
    from streamlit.testing.v1 import AppTest  # noqa: PLC0415 (in the process that needs it)

    def opened() -> AppTest:
        app = AppTest.from_file(str(PROJECT_ROOT / "streamlit_app.py"), default_timeout=120)
        return app.run()

    app = opened()
    done: Done = {"said": {}, "added": [], "steps": 0, "errors": []}
    while time.time() < until:
        app.switch_page("pages/discover.py").run()
        ids = [b.key.removeprefix("more_") for b in app.button if (b.key or "").startswith("more_")]
        for track_id in [one for one in ids if mine(one, worker)][:2]:
            _judge(app, track_id, done)
        if worker == 0:
            _train(opened())  # a tab of its own
        done["steps"] += 1
        done["errors"] += [e.value for e in (*app.exception, *app.error)]
    told.send(done)


def _judge(app: Any, track_id: str, done: Done) -> None:
    """Put a track into the list and judge it; every third verdict is taken back at once."""
    add = f"discover_add_{track_id}"
    if any(b.key == add for b in app.button):
        app.button(key=add).click().run()
        done["added"].append(track_id)
    thumbs = f"discover_{track_id}_thumbs"
    if not any(f.key == thumbs for f in app.feedback):
        return
    number = len(done["said"])
    app.feedback(key=thumbs).set_value(number % 2).run()
    done["said"][track_id] = "like" if number % 2 else "dislike"
    if number % 3 == 0 and any(b.key == "verdict_undo" for b in app.button):
        app.button(key="verdict_undo").click().run()
        done["said"][track_id] = None


def _train(app: Any) -> None:
    """Start a training, or cancel the one that works."""
    app.switch_page("pages/models.py").run()
    cancel = [b for b in app.button if b.key == "cancel_main"]
    if cancel:
        if not cancel[0].disabled:
            cancel[0].click().run()
        return
    app.segmented_control(key="models_preset").set_value("Quick").run()
    (submit,) = [b for b in app.button if b.label == "Retrain"]
    if not submit.disabled:
        submit.click().run()


def console(worker: int, home: str, until: float, told: Any) -> None:
    """The command line, command after command."""
    os.environ["MUSICAI_HOME"] = home
    done: Done = {"said": {}, "added": [], "steps": 0, "errors": []}
    profile = ["--profile", SAMPLE_PROFILE]
    while time.time() < until:
        listed = _run(
            ["recommend", "-n", "40", "--draw", str(done["steps"]), "--surprise", "1"], profile
        )
        own = [r["track_id"] for r in listed["recommendations"] if mine(r["track_id"], worker)]
        for track_id in own[:2]:
            told_of = _run(["feedback", "like", track_id], profile)
            if "error" not in told_of:
                done["said"][track_id] = "like"
        error = _run(["train", *QUICK], profile).get("error", "")
        if error and BUSY not in error:
            done["errors"].append(error)
        done["steps"] += 1
    told.send(done)


def _run(command: list[str], profile: list[str]) -> dict[str, Any]:
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        command_line([*command, *profile, "--json"])
    found: dict[str, Any] = json.loads(out.getvalue().splitlines()[-1])
    return found


def measure(seconds: float) -> dict[str, Any]:
    """Let all work together, and compare what they were told with what is there."""
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(home=Path(home))
        with Store(settings) as store:
            load_sample(store, settings)
        until = time.time() + seconds
        workers: list[tuple[Callable[..., None], int]] = [(tab, n) for n in range(TABS)]
        workers.append((console, TABS))
        pipes = []
        for work, number in workers:
            ours, theirs = context.Pipe(duplex=False)
            process = context.Process(target=work, args=(number, home, until, theirs))
            process.start()
            theirs.close()
            pipes.append((process, ours))
        found: list[Done] = []
        for process, ours in pipes:
            found.append(ours.recv())
            process.join()
        return {"seconds": round(seconds), **_compared(settings, found)}


def _compared(settings: Settings, found: list[Done]) -> dict[str, Any]:
    wanted = {track: one for done in found for track, one in done["said"].items()}
    _await_jobs(settings)
    with Store(settings) as store:
        there = {t: one.verdict for t, one in standing(store.feedback(SAMPLE_PROFILE)).items()}
        listed = {one.track_id for one in store.list_tracks(SAMPLE_PROFILE)}
        versions = registry.list_versions(settings, store)
    lost = [track for track, one in wanted.items() if there.get(track) != one]
    added = {track for done in found for track in done["added"]}
    try:
        with jobs.exclusive(settings, "train", SAMPLE_PROFILE):
            locked = False
    except JobRunning:
        locked = True
    music = MusicAI(SAMPLE_PROFILE, settings=settings)
    return {
        "steps": [done["steps"] for done in found],
        "verdicts": len(wanted),
        "lost_verdicts": len(lost),
        "strange_verdicts": len(set(there) - set(wanted)),
        "lost_list_tracks": len(added - listed),
        "lock_left": locked,
        "versions": len(versions),
        "damaged_versions": sum(one.problem is not None for one in versions),
        "serves": len(music.get_hybrid_recommendations(n_recommendations=5)) == 5
        and not music.notes,
        "errors": sorted({error for done in found for error in done["errors"]}),
    }


def _await_jobs(settings: Settings) -> None:
    until = time.time() + PATIENCE_S
    while time.time() < until:
        job = jobs.find_latest(settings)
        if job is None or job.is_finished:
            return
        time.sleep(0.2)


def main(argv: list[str] | None = None) -> int:
    """Measure and print; 1 if anything was lost or left."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    found = measure(60 * options.minutes)
    if options.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name:18} {value}")
    bad = ("lost_verdicts", "strange_verdicts", "lost_list_tracks", "damaged_versions")
    lost = any(found[name] for name in bad) or found["lock_left"] or found["errors"]
    return 1 if lost or not found["serves"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
