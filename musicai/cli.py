"""The command line: ``python -m musicai COMMAND``; the only module that prints.

With ``--json`` the last line printed is one JSON object. Errors are one line on
stderr; the exit code is 0 for success, 1 for an error or a failed check, 2 for a
command that cannot be meant, 130 for a cancelled one.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from musicai import jobs, registry
from musicai.ai_model import MusicAI
from musicai.arguments import build_parser
from musicai.checks import Report, check_model
from musicai.errors import Cancelled, MusicAIError, QueryError
from musicai.fitting import TrainingConfig
from musicai.importing import import_inputs
from musicai.logs import setup_logging
from musicai.output import figure, json_line, table
from musicai.progress import Progress, no_progress, part
from musicai.sample import SAMPLE_PROFILE, load_sample
from musicai.settings import Settings, load_settings
from musicai.sources.base import ReadOptions
from musicai.store import Store
from musicai.training import TrainingResult, train, train_bundled

logger = logging.getLogger(__name__)

QUEUE_SECONDS = 3600.0
"""How long a background job waits for the one before it."""

Outcome = tuple[int, Mapping[str, Any]]
"""Exit code, and what ``--json`` prints."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    options = build_parser().parse_args(argv)
    try:
        settings = load_settings()
        setup_logging(settings)
        with Store(settings) as store:
            code, result = _COMMANDS[options.command](options, settings, store)
    except KeyboardInterrupt:
        return _fail(options, "Stopped; nothing of it was kept.", 130)
    except Cancelled as error:
        return _fail(options, str(error), 130)
    except MusicAIError as error:
        return _fail(options, str(error), 2 if isinstance(error, QueryError) else 1)
    if options.json:
        print(json_line(result))
    return code


def _fail(options: argparse.Namespace, message: str, code: int) -> int:
    line = " ".join(message.split()) or "Stopped."
    print(f"musicai: {line}", file=sys.stderr)
    if options.json:
        print(json_line({"error": line}))
    return code


# --- import ---------------------------------------------------------------------------


def _import(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    try:
        with _work(options, settings, "import") as work:
            uploads = jobs.read_spool(settings, options.spool) if options.spool else []
            if not options.paths and not uploads:
                raise QueryError("Say which files, folders or archives to import.")
            report = import_inputs(
                store,
                settings,
                options.profile,
                [*options.paths, *uploads],
                ReadOptions(include_private=options.include_private),
                part(work.progress, 0.0, 0.4 if options.train else 1.0),
                consent={"yes": True, "no": False}.get(options.train_on_api_data or ""),
            )
            work.result(report.summary())
            result = report.to_json()
            if options.train and report.fingerprint_changed:
                trained = train(
                    store, settings, options.profile, progress=part(work.progress, 0.4, 1.0)
                )
                work.result({"version": trained.version})
                result["training"] = trained.to_json()
    finally:
        if options.spool:
            jobs.discard_spool(settings, options.spool)
    if not options.json:
        _show_import(result)
    return (0 if report.files else 1), result


def _show_import(result: Mapping[str, Any]) -> None:
    for kind in ("plays", "playlist_rows", "tracks"):
        counts = ", ".join(f"{n:,} {what.replace('_', ' ')}" for what, n in result[kind].items())
        print(f"{kind.replace('_', ' ')}: {counts}")
    _table(("file", "where", "why"), [list(problem.values()) for problem in result["problems"]])
    if result["consent_needed"]:
        print(
            "Rows that came through Spotify's API are not trained on. To allow it, import again "
            "with --train-on-api-data yes."
        )


# --- asking ---------------------------------------------------------------------------


def _recommend(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    profile = _profile(options, store, settings)
    music = MusicAI(profile, settings=settings, version=options.version)
    items = music.get_hybrid_recommendations(
        user_id=options.user,
        seed_tracks=options.seed or None,
        mood=options.mood,
        genre=options.genre,
        n_recommendations=options.n,
        mode=options.mode,
        weights=dict(options.weight) or None,
        mood_strength=options.mood_strength,
        genre_strength=options.genre_strength,
        diversity=options.diversity,
        novelty=options.novelty,
        artist_cap=options.artist_cap,
    )
    rows = [
        {
            "rank": item.rank,
            "track_id": item.track_id,
            "name": item.name,
            "artists": list(item.artists),
            "score": float(item.score),
            "contributions": {name: float(v) for name, v in item.contributions.items()},
            "reason": item.reason,
            "origin": item.origin,
        }
        for item in items
    ]
    if not options.json:
        _table(
            ("", "track", "artist", "score", "why", "from"),
            [[i.rank, i.name, i.artists, f"{i.score:.2f}", i.reason, i.origin] for i in items],
        )
        for note in items.notes:
            print(f"Note: {note}")
    return 0, {
        "recommendations": rows,
        "mode": items.mode,
        "notes": list(items.notes),
        "version": items.version,
        "profile": profile,
    }


def _taste(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    music = MusicAI(_profile(options, store, settings), settings=settings)
    taste = music.analyze_user_taste(user_id=options.user)
    result = taste.to_dict()
    if not options.json:
        _table(
            ("feature", "you", "catalogue"),
            [
                (name, figure(row.get("mean")), figure(row.get("catalogue")))
                for name, row in result["audio_features"].items()
            ],
        )
        _table(("genre", "share"), [(n, figure(v)) for n, v in result["genre_shares"].items()])
        for insight in result["insights"]:
            print(insight["text"])
    return 0, result


# --- training -------------------------------------------------------------------------


def _train(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    _, result = _run_training(options, settings, store)
    return 0, result.to_json()


def _run_training(
    options: argparse.Namespace, settings: Settings, store: Store
) -> tuple[str, TrainingResult]:
    with _work(options, settings, "train") as work:
        profile = _profile(options, store, settings)
        result = train(store, settings, profile, _config(options), work.progress)
        work.result({"version": result.version, "method": result.method})
    _show_training(options, result)
    return profile, result


def _all(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    profile, result = _run_training(options, settings, store)
    report = check_model(MusicAI(profile, settings=settings), store)
    _show_report(options, report)
    return (0 if report.passed else 1), {**result.to_json(), "test": report.to_json()}


def _test(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    profile = _profile(options, store, settings)
    report = check_model(MusicAI(profile, settings=settings), store)
    _show_report(options, report)
    return (0 if report.passed else 1), report.to_json()


def _train_bundled(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    load_sample(store, settings, no_progress)
    digest = train_bundled(store, settings, SAMPLE_PROFILE, no_progress)
    if not options.json:
        print(f"models/saved/bundled is trained; its manifest has SHA-256 {digest}.")
    return 0, {"version": registry.BUNDLED, "sha256": digest}


def _config(options: argparse.Namespace) -> TrainingConfig:
    return TrainingConfig(
        method=options.method,
        factors=options.factors,
        epochs=options.epochs,
        regularization=options.regularization,
        alpha=options.alpha,
        seed=options.seed,
        evaluate=not options.no_evaluation,
    )


def _show_training(options: argparse.Namespace, result: TrainingResult) -> None:
    if options.json:
        return
    print(f"Version {result.version}, {result.seconds:.1f} s, method {result.method}.")
    metrics = result.metrics.get("metrics", {})
    names = ("recall@20", "ndcg@20", "precision@20", "diversity")
    _table(
        ("", *names),
        [[who, *(figure(row.get(name)) for name in names)] for who, row in metrics.items()],
    )
    for note in result.notes:
        print(f"Note: {note}")


def _show_report(options: argparse.Namespace, report: Report) -> None:
    if options.json:
        return
    for label, items in report.lists.items():
        print(f"\n{label}")
        _table(("", "track", "artist"), [[i.rank, i.name, i.artists] for i in items])
    word = {True: "ok", False: "FAILED", None: "skipped"}
    print()
    _table(("check", "", "detail"), [[c.name, word[c.passed], c.detail] for c in report.checks])


# --- what there is --------------------------------------------------------------------


def _profiles(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    rows = [
        {
            "name": profile.name,
            "invented": profile.invented,
            "imports": len(store.imports(profile.name)),
            "version": registry.active(settings, store, profile.name),
        }
        for profile in store.profiles()
    ]
    _show(options, rows)
    return 0, {"profiles": rows}


def _catalogues(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    profile = _profile(options, store, settings)
    if options.action:
        known = {catalogue.name for catalogue in store.catalogues(profile)}
        if options.name not in known:
            raise QueryError(
                f"There is no catalogue {options.name!r}. There "
                f"{'are ' + ', '.join(sorted(known)) if known else 'is none yet; import a table'}."
            )
        store.enable_catalogue(profile, options.name, options.action == "enable")
    rows = [
        {"name": c.name, "enabled": c.enabled, "tracks": c.n_tracks, "invented": c.invented}
        for c in store.catalogues(profile)
    ]
    _show(options, rows)
    return 0, {"profile": profile, "catalogues": rows}


def _sample(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    load_sample(store, settings, no_progress)
    if not options.json:
        print(f"The invented sample is in profile {SAMPLE_PROFILE!r}.")
    return 0, {"profile": SAMPLE_PROFILE}


def _versions(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    infos = registry.list_versions(settings, store, options.profile)
    rows = [
        {
            "version": info.version,
            "created_at": info.created_at,
            "profiles": list(info.profiles),
            "mb": round(info.size_bytes / 2**20, 2),
            "problem": info.problem,
        }
        for info in infos
    ]
    _show(options, rows)
    return 0, {"versions": rows}


def _activate(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    profile = _profile(options, store, settings)
    registry.activate(settings, store, profile, options.version)
    if not options.json:
        print(f"Version {options.version} now serves profile {profile!r}.")
    return 0, {"profile": profile, "version": options.version}


def _delete_version(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    registry.delete(settings, store, options.version)
    if not options.json:
        print(f"Version {options.version} is deleted.")
    return 0, {"deleted": options.version}


def _delete_profile(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    store.profile(options.name)
    versions = registry.retire_profile(settings, store, options.name)
    store.delete_profile(options.name)
    jobs.forget(settings, options.name)
    if not options.json:
        print(f"Profile {options.name!r} is deleted, and {len(versions)} versions trained on it.")
    return 0, {"deleted": options.name, "versions": list(versions)}


# --- shared ---------------------------------------------------------------------------


def _profile(options: argparse.Namespace, store: Store, settings: Settings) -> str:
    """The profile named, else the only one with real data, else the sample."""
    if options.profile:
        store.profile(options.profile)
        return str(options.profile)
    real = [profile.name for profile in store.profiles() if not profile.invented]
    if len(real) > 1:
        raise QueryError(f"Say which profile with --profile: {', '.join(sorted(real))}.")
    if real:
        return real[0]
    load_sample(store, settings, no_progress)
    return SAMPLE_PROFILE


@dataclass(frozen=True)
class _Work:
    """Where a job reports to."""

    progress: Progress
    result: Callable[[Mapping[str, Any]], None]


@contextmanager
def _work(options: argparse.Namespace, settings: Settings, kind: str) -> Iterator[_Work]:
    """Progress to the job's status file, or to a terminal; one job at a time either way."""
    if options.job:
        with jobs.JobProgress(settings, options.job, queue_seconds=QUEUE_SECONDS) as job:
            yield _Work(job, job.result)
        return
    with jobs.exclusive(settings, kind, options.profile or SAMPLE_PROFILE):
        try:
            yield _Work(_terminal_progress, lambda values: None)
        finally:
            if sys.stderr.isatty():
                print(file=sys.stderr)


def _terminal_progress(fraction: float, note: str = "") -> None:
    if sys.stderr.isatty():
        print(f"\r{fraction:4.0%} {note:<70.70}", end="", file=sys.stderr, flush=True)


def _show(options: argparse.Namespace, rows: Sequence[Mapping[str, Any]]) -> None:
    if options.json:
        return
    if not rows:
        print("None yet.")
        return
    _table(tuple(rows[0]), [list(row.values()) for row in rows])


def _table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    for line in table(headers, rows):
        print(line)


_COMMANDS: Mapping[str, Callable[[argparse.Namespace, Settings, Store], Outcome]] = {
    "import": _import,
    "recommend": _recommend,
    "taste": _taste,
    "train": _train,
    "test": _test,
    "all": _all,
    "train-bundled": _train_bundled,
    "profiles": _profiles,
    "catalogues": _catalogues,
    "sample": _sample,
    "versions": _versions,
    "activate": _activate,
    "delete-version": _delete_version,
    "delete-profile": _delete_profile,
}
