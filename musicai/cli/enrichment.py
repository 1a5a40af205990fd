"""Commands about open data: what would be asked, the work itself, the token, the answers."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from musicai.cli.arguments import Commands, add_action, add_command, add_job, add_json, add_profile
from musicai.cli.output import Outcome, choose_profile, show_table, work_of
from musicai.core.errors import QueryError
from musicai.core.progress import Progress, part
from musicai.core.settings import Settings
from musicai.data.audio_descriptors import CAUTION, FEATURES
from musicai.data.library import Library
from musicai.integrations import enrichment
from musicai.integrations.metabrainz import connect, credentials
from musicai.integrations.metabrainz.canonical_dump import CanonicalAnswers
from musicai.integrations.metabrainz.dumps import DumpReport
from musicai.library.assemble import load_library
from musicai.store import Store
from musicai.training.train import train


def open_data(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    """One of the actions."""
    return _ACTIONS[options.action](options, settings, store)


def _steps(
    options: argparse.Namespace, store: Store, profile: str
) -> tuple[enrichment.EnrichmentStep, ...]:
    """Those named, else those allowed before."""
    return enrichment.order_steps(options.step or enrichment.list_allowed_steps(store, profile))


def _preview(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    profile = choose_profile(options, store, settings)
    steps = _steps(options, store, profile)
    plan = enrichment.plan_for(load_library(store, settings, profile))
    has_token = credentials.load(settings).token is not None
    shown = enrichment.preview(plan, steps, has_token=has_token)
    result = {
        "profile": profile,
        "requests": shown.requests,
        "minutes": shown.minutes,
        "hosts": list(shown.hosts),
        "steps": [
            {
                "step": one.step.name,
                "leaves": one.step.leaves,
                "hosts": list(one.step.hosts),
                "examples": list(one.examples),
                "known": one.n_known,
                "requests": one.requests,
            }
            for one in shown.steps
        ],
    }
    if not options.json:
        show_table(
            ("step", "what leaves", "to", "requests, at most"),
            [
                (one.step.name, one.step.leaves, ", ".join(one.step.hosts), one.requests)
                for one in shown.steps
            ],
        )
        print(
            f"At most {shown.requests:,} requests, one a second: {shown.minutes} min. Names and "
            "ids only, never times or counts. Nothing was asked yet."
        )
    return 0, result


def _run(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    profile = choose_profile(options, store, settings)
    steps = _steps(options, store, profile)
    names = {step.name for step in steps}
    if not options.yes and not names <= set(enrichment.list_allowed_steps(store, profile)):
        raise QueryError(
            "Nothing leaves this machine before you allow it. Look at `open-data preview` with the "
            "same steps, then repeat this with --yes."
        )
    with work_of(options, settings, "enrich") as work:
        enrichment.allow(store, profile, steps)
        library = load_library(store, settings, profile)
        plan = enrichment.plan_for(library)
        begun = 0.3 if options.canonical else 0.0
        known = _offline(options, store, library, part(work.progress, 0.0, begun))
        asking = part(work.progress, begun, 0.8 if options.train else 1.0)
        with connect(store) as client:
            done = enrichment.enrich(
                store, profile, plan, steps, client, asking, offline=known.found
            )
        result = {"profile": profile, **asdict(done), "complete": done.complete}
        if options.canonical:
            result["canonical"] = {"found": len(known.found), **_counts(known.report)}
        problem = next((one.problem for one in done.steps if one.problem), "")
        told = {key: result[key] for key in ("tracks", "recognised", "artists", "complete")}
        work.result({**told, "problem": problem})
        if options.train and done.catalogue:
            trained = train(store, settings, profile, progress=part(work.progress, 0.8, 1.0))
            work.result({"version": trained.version})
            result["training"] = trained.to_json()
    if not options.json:
        _show(done)
    return 0, result


def _offline(
    options: argparse.Namespace, store: Store, library: Library, progress: Progress
) -> CanonicalAnswers:
    """What the canonical dump, if one was given, tells of the own tracks."""
    if not options.canonical:
        return CanonicalAnswers()
    return enrichment.look_up(store, library.profile, library, options.canonical, progress)


def _acousticbrainz(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    profile = choose_profile(options, store, settings)
    with work_of(options, settings, "measure") as work:
        library = load_library(store, settings, profile)
        done = enrichment.measure(
            store, profile, library, options.dumps, work.progress, canonical=options.canonical
        )
        told = {"tracks": done.tracks, "measured": done.measured}
        problems = [problem for one in done.dumps for problem in one.report.problems]
        first = f"{problems[0].file}: {problems[0].why}" if problems else ""
        work.result({**told, "problems": len(problems), "problem": first})
    dumps = [
        {"file": one.file, "recordings": one.recordings, "known": one.known, **_counts(one.report)}
        for one in done.dumps
    ]
    if not options.json:
        show_table(
            ("dump", "rows", "recordings", "problems"),
            [
                (one.file, one.report.read, one.recordings, len(one.report.problems))
                if not one.known
                else (one.file, "read before", "", "")
                for one in done.dumps
            ],
        )
        for problem in problems:
            print(f"{problem.file} {problem.where}: {problem.why}")
        print(f"AcousticBrainz measured {done.measured:,} of {done.tracks:,} recognised tracks.")
    return 0, {"profile": profile, **told, "dumps": dumps}


def _counts(report: DumpReport) -> dict[str, Any]:
    problems = [asdict(problem) for problem in report.problems]
    return {"read": report.read, "rejected": report.rejected, "problems": problems}


def _show(done: enrichment.Enrichment) -> None:
    print(f"{done.recognised} of {done.artists} artists recognised.")
    show_table(
        ("step", "found", "unanswered", "why"),
        [(one.step, one.found, one.failures, one.problem) for one in done.steps],
    )
    if done.catalogue:
        print(f"{done.tracks:,} new tracks are in the catalogue {done.catalogue!r}.")
    else:
        print("Nothing new was found; the catalogue stays as it was.")
    if not done.complete:
        print("Run it again later: it goes on where it was stopped.")


def _status(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    profile = choose_profile(options, store, settings)
    kept = credentials.load(settings)
    counts = store.answers_counts()
    measured = enrichment.coverage(store, profile, load_library(store, settings, profile))
    result = {
        "profile": profile,
        "allowed": list(enrichment.list_allowed_steps(store, profile)),
        "token": credentials.mask_token(kept.token),
        "contact": kept.contact,
        "answers": {name: {"known": k, "unknown": u} for name, (k, u) in counts.items()},
        "acousticbrainz": {
            "own": measured.own,
            "recognised": measured.recognised,
            "measured": measured.n_measured,
            "features": dict(measured.features),
        },
    }
    if not options.json:
        print(f"allowed: {', '.join(result['allowed']) or 'nothing'}")
        print(f"token: {result['token'] or 'none'}")
        show_table(("asked", "known", "unknown"), [(n, k, u) for n, (k, u) in counts.items()])
        _show_measured(measured)
    return 0, result


def _show_measured(measured: enrichment.DescriptorCoverage) -> None:
    print(
        f"Recordings known of {measured.recognised:,} of your {measured.own:,} tracks; "
        f"AcousticBrainz measured {measured.n_measured:,}. {CAUTION}"
    )
    if measured.features:
        show_table(
            ("measured by AcousticBrainz", "tracks"),
            [(FEATURES[name].label, n) for name, n in measured.features.items()],
        )


def _refuse(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    profile = choose_profile(options, store, settings)
    enrichment.allow(store, profile, ())
    if not options.json:
        print("No step is allowed any more.")
    return 0, {"profile": profile, "allowed": []}


def _token(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    """Never an argument: those are seen by every user of the machine, and kept by shells."""
    kept = credentials.Credentials() if options.remove else credentials.load(settings)
    token: str | None = None
    if not options.remove:
        typed = getpass.getpass("ListenBrainz token: ") if sys.stdin.isatty() else sys.stdin.read()
        token = typed.strip()
    credentials.save(settings, replace(kept, token=token))
    shown = credentials.mask_token(token)
    if not options.json:
        print(f"Kept, readable by you alone: {shown}" if shown else "Forgotten.")
    return 0, {"token": shown}


def _forget(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    n = store.answers_forget()
    if not options.json:
        print(f"{n:,} answers deleted.")
    return 0, {"deleted": n}


_ACTIONS: Mapping[str, Callable[[argparse.Namespace, Settings, Store], Outcome]] = {
    "preview": _preview,
    "run": _run,
    "acousticbrainz": _acousticbrainz,
    "status": _status,
    "refuse": _refuse,
    "token": _token,
    "forget": _forget,
}


def add_commands(commands: Commands) -> None:
    """Declare the command and its actions."""
    text = "find new music through MusicBrainz and ListenBrainz, if you allow it"
    parser = add_command(commands, "open-data", text, open_data)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)

    def action(name: str, text: str) -> argparse.ArgumentParser:
        return add_action(actions, name, text)

    for name, text in (
        ("preview", "show what would leave this machine, to whom, and for how long"),
        ("run", "do the allowed steps, and make what they find your personal catalogue"),
    ):
        one = action(name, text)
        one.add_argument(
            "--step",
            action="append",
            default=[],
            metavar="STEP",
            help="artists, similar, top, tags, fresh, further or spotify; repeat it for several",
        )
        add_profile(one)
    one.add_argument("--yes", action="store_true", help="allow these steps for the profile")
    one.add_argument("--train", action="store_true", help="train a version on it afterwards")
    _add_canonical(one, "names looked up in it leave nowhere")
    add_job(one)
    measuring = action("acousticbrainz", "keep what AcousticBrainz measured of your tracks")
    measuring.add_argument(
        "dumps",
        nargs="+",
        type=Path,
        metavar="DUMP",
        help="acousticbrainz-lowlevel-features-….tar.zst (lowlevel, rhythm, tonal), or archives of "
        "acousticbrainz-highlevel-json; they are read here, and nothing leaves this machine",
    )
    _add_canonical(measuring, "finds the recordings of more tracks, and ids that were merged")
    add_profile(measuring)
    add_job(measuring)
    add_profile(action("status", "show the allowed steps and what was answered so far"))
    add_profile(action("refuse", "allow no step any more; what was found stays"))
    token = action("token", "keep the ListenBrainz token that is typed or piped in")
    token.add_argument("--remove", action="store_true", help="forget it")
    add_json(token)
    add_json(action("forget", "delete all answers of the hosts from this machine"))


def _add_canonical(parser: argparse.ArgumentParser, use: str) -> None:
    parser.add_argument(
        "--canonical",
        type=Path,
        metavar="DUMP",
        help=f"MusicBrainz's canonical dump (.tar.zst): {use}",
    )
