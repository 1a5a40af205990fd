"""The command line, the only package that prints; ``musicai`` alone starts the dashboard.

With ``--json`` the last line printed is one JSON object. Errors are one line on
stderr; the exit code is 0 for success, 1 for an error or a failed check, 2 for a
command that cannot be meant, 130 for a cancelled one.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence

from musicai.cli import (
    catalogs,
    data,
    enrichment,
    experiments,
    feedback,
    insights,
    models,
    playlists,
    recommend,
)
from musicai.cli.arguments import build_parser
from musicai.cli.dashboard import start_dashboard
from musicai.cli.output import Outcome, json_line
from musicai.core.errors import Cancelled, MusicAIError, QueryError
from musicai.core.logging import setup_logging
from musicai.core.settings import Settings, load_settings
from musicai.store import Store


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command, or the dashboard where none is named; returns the exit code."""
    arguments = sys.argv[1:] if argv is None else argv
    if not arguments:
        return _start_dashboard()
    options = build_parser().parse_args(arguments)
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


def _start_dashboard() -> int:
    try:
        return start_dashboard()
    except MusicAIError as error:
        print(f"musicai: {error}", file=sys.stderr)
        return 1


def _fail(options: argparse.Namespace, message: str, code: int) -> int:
    line = " ".join(message.split()) or "Stopped."
    print(f"musicai: {line}", file=sys.stderr)
    if options.json:
        print(json_line({"error": line}))
    return code


_COMMANDS: Mapping[str, Callable[[argparse.Namespace, Settings, Store], Outcome]] = {
    "import": data.import_command,
    "export": data.export,
    "exclude": data.exclude,
    "backup": data.backup,
    "doctor": data.doctor,
    "restore": data.restore,
    "recommend": recommend.recommend,
    "autoplay": recommend.autoplay,
    "taste": insights.taste,
    "history": insights.history,
    "train": recommend.train,
    "test": recommend.test,
    "all": recommend.all_command,
    "train-bundled": recommend.train_bundled,
    "profiles": data.profiles,
    "catalogues": catalogs.catalogues,
    "open-data": enrichment.open_data,
    "sample": data.sample,
    "models": models.models,
    "playlists": playlists.playlists,
    "feedback": feedback.feedback,
    "experiments": experiments.experiments,
    "delete-profile": data.delete_profile,
}
