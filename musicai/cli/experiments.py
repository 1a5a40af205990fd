"""Commands about blind experiments: begin one, look at it, end it; Discover shows the lists."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import asdict

from musicai.cli.arguments import Commands, add_action, add_command, add_profile, repeat_profile
from musicai.cli.output import Outcome, choose_profile, show_rows
from musicai.core.errors import NotFound
from musicai.core.settings import Settings
from musicai.data.feedback import Experiment
from musicai.library.assemble import load_library
from musicai.models.registry import registry
from musicai.models.registry import versions as versioning
from musicai.store import Store
from musicai.training.experiments.online import sides, so_far


def experiments(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    """One of the actions; how the running one stands without one."""
    return _ACTIONS[options.action or "show"](options, settings, store)


def _list_experiments(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    profile = choose_profile(options, store, settings)
    rows = [asdict(one) for one in store.experiments(profile)]
    show_rows(options, rows)
    return 0, {"profile": profile, "experiments": rows}


def _start_experiment(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    profile = choose_profile(options, store, settings)
    versions = registry.list_versions(settings, store)
    a, b = (versioning.find(versions, name).version for name in (options.a, options.b))
    number = store.begin_experiment(
        profile, *sides(a, b, options.weights_a or "", options.weights_b or "")
    )
    if not options.json:
        print(f"Experiment {number} goes on: Discover drafts its lists from both, blind.")
    return 0, {"profile": profile, "experiment": number}


def _show_experiment(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    profile = choose_profile(options, store, settings)
    running = _running(store, profile)
    verdict = so_far(store, profile, running, load_library(store, settings, profile))
    if not options.json:
        print(verdict.describe())
    return 0, {"profile": profile, "experiment": asdict(running), **verdict.to_json()}


def _end_experiment(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    profile = choose_profile(options, store, settings)
    running = _running(store, profile)
    verdict = so_far(store, profile, running, load_library(store, settings, profile))
    store.end_experiment(profile, running.id, {**verdict.to_json(), "promoted": False})
    if not options.json:
        print(verdict.describe())
    return 0, {"profile": profile, "experiment": running.id, **verdict.to_json()}


def _running(store: Store, profile: str) -> Experiment:
    running = store.running_experiment(profile)
    if running is None:
        raise NotFound(
            f"No experiment is going on in profile {profile!r}; `musicai experiments start A B` "
            "begins one."
        )
    return running


_ACTIONS: Mapping[str, Callable[[argparse.Namespace, Settings, Store], Outcome]] = {
    "list": _list_experiments,
    "start": _start_experiment,
    "show": _show_experiment,
    "end": _end_experiment,
}


def add_commands(commands: Commands) -> None:
    """Declare the command and its actions."""
    text = "compare two versions blind, on the lists that Discover shows"
    parser = add_command(commands, "experiments", text, experiments)
    add_profile(parser)
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    for name, text in (
        ("show", "how the running one stands"),
        ("list", "all, newest first"),
        ("end", "end the running one"),
    ):
        repeat_profile(add_action(actions, name, text))
    start = actions.add_parser("start", help="begin one")
    for side in ("a", "b"):
        start.add_argument(side, metavar=side.upper(), help="a version")
    for side in ("a", "b"):
        start.add_argument(f"--weights-{side}", metavar="PRESET", help="such as Safe")
    repeat_profile(start)
