"""Train, update and check versions."""

from __future__ import annotations

import argparse

from musicai.ai_model import MusicAI
from musicai.cli.arguments import Commands, add_command, add_job, add_json, add_profile, parse_pair
from musicai.cli.output import Outcome, choose_profile, figure, show_table, work_of
from musicai.core.progress import no_progress
from musicai.core.settings import Settings
from musicai.library.sample import SAMPLE_PROFILE, load_sample
from musicai.models.hyperparameters import parse_settings
from musicai.models.registry import registry
from musicai.store import Store
from musicai.training.checks import Report, check_model
from musicai.training.fit import TrainingConfig
from musicai.training.schedule import due
from musicai.training.train import TrainingResult
from musicai.training.train import train as run_training
from musicai.training.train import train_bundled as run_bundled
from musicai.training.update import UpdateResult
from musicai.training.update import update as run_update

# --- asking ---------------------------------------------------------------------------


METHODS = ("auto", "als", "nmf")
"""How the collaborative component learns; "auto" takes the better by evaluation."""


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


def add_commands(commands: Commands) -> None:
    """Declare the commands of this module."""
    text = "train a version, measure it on a temporal hold-out, make it active"
    _add_choices(add_command(commands, "train", text, train), may_update=True)
    text = "train, measure and test"
    _add_choices(add_command(commands, "all", text, all_command), may_update=False)
    text = "check the active version: its files, its moods and its genres"
    add_profile(add_command(commands, "test", text, test))
    text = "train the bundled version on the sample and trust it in the source (for developers)"
    add_json(add_command(commands, "train-bundled", text, train_bundled))


def _add_choices(parser: argparse.ArgumentParser, *, may_update: bool) -> None:
    if may_update:
        parser.add_argument(
            "--update",
            action="store_true",
            help="go on from the active version with what is new, in a fraction of the time; it "
            "measures nothing anew, and keeps weights and settings (the other choices then count "
            "only where it has to train in full)",
        )
        parser.add_argument(
            "--if-due", action="store_true", help="only if the profile's schedule asks for it now"
        )
    else:
        parser.set_defaults(update=False, if_due=False)
    parser.add_argument("--method", choices=METHODS, default="auto", help="collaborative method")
    parser.add_argument("--factors", type=int, help="size of the factors")
    parser.add_argument("--epochs", type=int, help="sweeps over the data")
    parser.add_argument("--regularization", type=float, help="pull of the factors towards 0")
    parser.add_argument("--alpha", type=float, help="weight of a confidence (ALS)")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        type=parse_pair,
        metavar="COMPONENT.NAME=VALUE",
        help="any hyper-parameter, such as item_item.dropout=0.3; a wrong name lists them all",
    )
    parser.add_argument(
        "--tune",
        type=float,
        default=0.0,
        metavar="MINUTES",
        help="look for better hyper-parameters on validation for so long (default 0)",
    )
    parser.add_argument("--seed", type=int, default=0, help="of the random numbers (default 0)")
    parser.add_argument(
        "--no-evaluation", action="store_true", help="train at once, without measuring first"
    )
    parser.add_argument(
        "--no-gate",
        action="store_true",
        help="let the new version serve even where it does worse than the one in use",
    )
    parser.add_argument(
        "--no-map", action="store_true", help="leave the music map out of the version"
    )
    parser.add_argument(
        "--no-deep",
        action="store_true",
        help="leave the deep sequence out, which takes longest (it needs torch)",
    )
    add_job(parser)
    add_profile(parser)
