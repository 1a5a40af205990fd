"""Commands about the music: asking, training, checking, and the versions that answer."""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Mapping

import numpy as np

from musicai.ai_model import MusicAI
from musicai.cli.output import Outcome, choose_profile, figure, show_table, work_of
from musicai.core.progress import no_progress
from musicai.core.settings import Settings
from musicai.data.genres import GENRE_LABELS
from musicai.library.sample import SAMPLE_PROFILE, load_sample
from musicai.models.hyperparameters import parse_settings
from musicai.models.registry import registry
from musicai.ranking import autoplay as autoplaying
from musicai.ranking.autoplay import AutoplayOptions
from musicai.ranking.request import Filters, Request
from musicai.store import Store
from musicai.training.checks import Report, check_model
from musicai.training.fit import TrainingConfig
from musicai.training.monitoring import note_list
from musicai.training.schedule import due
from musicai.training.train import TrainingResult
from musicai.training.train import train as run_training
from musicai.training.train import train_bundled as run_bundled
from musicai.training.update import UpdateResult
from musicai.training.update import update as run_update

# --- asking ---------------------------------------------------------------------------


def recommend(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    """A list, each row with its reason."""
    profile = choose_profile(options, store, settings)
    music = MusicAI(profile, settings=settings, version=options.version)
    started = time.perf_counter()
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
        calibration=options.calibration,
        surprise=options.surprise,
        draw=options.draw,
        filters=Filters(
            origins=tuple(options.origin),
            years=options.years,
            only_genres=tuple(options.only_genre),
            fresh=options.fresh,
        ),
    )
    note_list(time.perf_counter() - started, len(items), items.mode, items.version)
    listed = Counter(item.origin for item in items)
    origins = {name: {"candidates": n, "listed": listed[name]} for name, n in items.origins.items()}
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
            "propensity": item.propensity,
        }
        for item in items
    ]
    if not options.json:
        show_table(
            ("", "track", "artist", "score", "why", "from"),
            [[i.rank, i.name, i.artists, f"{i.score:.2f}", i.reason, i.origin] for i in items],
        )
        parts = [f"{name} {of['listed']} of {of['candidates']:,}" for name, of in origins.items()]
        print(f"Chosen from: {', '.join(parts)}.")
        if items.genres_wanted:
            print(f"Genres: yours {_mix(items.genres_wanted)}; here {_mix(items.genres_listed)}.")
        for note in items.notes:
            print(f"Note: {note}")
    return 0, {
        "recommendations": rows,
        "genre_mix": {"wanted": items.genres_wanted, "listed": items.genres_listed},
        "mode": items.mode,
        "origins": origins,
        "notes": list(items.notes),
        "version": items.version,
        "profile": profile,
    }


def autoplay(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    """A session along an arc, each step with its reason."""
    profile = choose_profile(options, store, settings)
    music = MusicAI(profile, settings=settings, version=options.version)
    request = Request(seed_tracks=tuple(options.seed), mode=options.mode)
    found = autoplaying.autoplay(
        music, request, AutoplayOptions(options.n, options.arc, options.apart)
    )
    tracks = music.library.tracks
    rows = [
        {
            "place": place,
            "track_id": music.library.vocabulary.id(step.track),
            "name": str(tracks["name"].iloc[step.track]),
            "artists": str(tracks["artists"].iloc[step.track]),
            "parts": {name: float(value) for name, value in step.parts.items()},
            "tempo": None if np.isnan(step.tempo) else float(step.tempo),
            "energy": None if np.isnan(step.energy) else float(step.energy),
            "key": step.key or None,
            "why": step.why,
        }
        for place, step in enumerate(found.steps, 1)
    ]
    if not options.json:
        show_table(
            ("", "track", "artist", "why"),
            [[row["place"], row["name"], row["artists"], row["why"]] for row in rows],
        )
        for note in found.notes:
            print(f"Note: {note}")
    return 0, {"session": rows, "notes": list(found.notes), "profile": profile}


def _mix(genres: Mapping[str, float]) -> str:
    """The largest shares of a genre mix."""
    largest = [(name, share) for name, share in genres.items() if share >= 0.005][:4]
    return ", ".join(f"{GENRE_LABELS[name]} {share:.0%}" for name, share in largest) or "unknown"


# --- training -------------------------------------------------------------------------


def train(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    """A new version that serves the profile."""
    if options.if_due:
        found = due(store, settings, choose_profile(options, store, settings))
        if not found.due:
            if not options.json:
                print(found.why)
            return 0, {"due": False, "why": found.why}
    _, result = _run_training(options, settings, store)
    return 0, result.to_json()


def _run_training(
    options: argparse.Namespace, settings: Settings, store: Store
) -> tuple[str, TrainingResult]:
    with work_of(options, settings, "train") as work:
        profile = choose_profile(options, store, settings)
        result: TrainingResult
        if options.update:
            result = run_update(store, settings, profile, work.progress, _config(options))
        else:
            result = run_training(
                store,
                settings,
                profile,
                _config(options),
                work.progress,
                gated=not options.no_gate,
            )
        told = result.to_json()
        kept = {name: told.get(name) for name in ("version", "method", "updated_from", "gate")}
        work.result(kept)
    _show_training(options, result)
    return profile, result


def all_command(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    """Training, then the checks."""
    profile, result = _run_training(options, settings, store)
    report = check_model(MusicAI(profile, settings=settings), store)
    _show_report(options, report)
    return (0 if report.has_passed else 1), {**result.to_json(), "test": report.to_json()}


def test(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    """The checks of the active version."""
    profile = choose_profile(options, store, settings)
    report = check_model(MusicAI(profile, settings=settings), store)
    _show_report(options, report)
    return (0 if report.has_passed else 1), report.to_json()


def train_bundled(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    """The version that ships, trained on the sample."""
    load_sample(store, settings, no_progress)
    digest = run_bundled(store, settings, SAMPLE_PROFILE, no_progress)
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
        music_map=not options.no_map,
        deep=not options.no_deep,
        settings=parse_settings(options.set),
        tune_s=60 * options.tune,
    )


def _show_training(options: argparse.Namespace, result: TrainingResult) -> None:
    if options.json:
        return
    print(f"Version {result.version}, {result.seconds:.1f} s, method {result.method}.")
    if not result.gate.promote:
        print(
            f"It does not serve yet. {result.gate.reason} "
            f"`musicai models activate {result.version}` lets it serve all the same."
        )
    if isinstance(result, UpdateResult) and result.update:
        _show_update(result)
    metrics = result.metrics.get("metrics", {})
    names = ("recall@20", "ndcg@20", "precision@20", "diversity")
    show_table(
        ("", *names),
        [[who, *(figure(row.get(name)) for name in names)] for who, row in metrics.items()],
    )
    for note in result.notes:
        print(f"Note: {note}")


def _show_update(result: UpdateResult) -> None:
    told = result.update
    new = f"{told['new_plays']:,} plays and playlist rows, {told['new_tracks']:,} tracks"
    print(f"Updated from version {told['updated_from']}, {told['sweeps']} sweeps; new: {new}.")
    if result.metrics:
        print(f"Nothing was measured anew; the figures are of version {told['trained_as']}.")
    if result.advice:
        print(f"Note: {result.advice}")


def _show_report(options: argparse.Namespace, report: Report) -> None:
    if options.json:
        return
    for label, items in report.lists.items():
        print(f"\n{label}")
        show_table(("", "track", "artist"), [[i.rank, i.name, i.artists] for i in items])
    word = {True: "ok", False: "FAILED", None: "skipped"}
    print()
    show_table(("check", "", "detail"), [[c.name, word[c.passed], c.detail] for c in report.checks])
