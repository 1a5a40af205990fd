"""The command line, the only package that prints; ``musicai`` alone starts the dashboard.

With ``--json`` the last line printed is one JSON object. Errors are one line on
stderr; the exit code is 0 for success, 1 for an error or a failed check, 2 for a
command that cannot be meant, 130 for a cancelled one.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

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
    training,
)
from musicai.cli.arguments import Run
from musicai.cli.dashboard import start_dashboard
from musicai.cli.output import json_line
from musicai.core.errors import Cancelled, MusicAIError, QueryError
from musicai.core.logging import setup_logging
from musicai.core.settings import load_settings
from musicai.store import Store

_MODULES = (
    data,
    recommend,
    insights,
    training,
    models,
    playlists,
    feedback,
    experiments,
    catalogs,
    enrichment,
)
"""Each declares its commands beside what they do; the help lists them in this order."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command, or the dashboard where none is named; returns the exit code."""
    arguments = sys.argv[1:] if argv is None else argv
    if not arguments:
        return _start_dashboard()
    options = build_parser().parse_args(arguments)
    try:
        settings = load_settings()
        setup_logging(settings)
        run: Run = options.run
        with Store(settings) as store:
            code, result = run(options, settings, store)
    except KeyboardInterrupt:
        return _fail(options, "Stopped; nothing of it was kept.", 130)
    except Cancelled as error:
        return _fail(options, str(error), 130)
    except MusicAIError as error:
        return _fail(options, str(error), 2 if isinstance(error, QueryError) else 1)
    if options.json:
        print(json_line(result))
    return code


def build_parser() -> argparse.ArgumentParser:
    """Build the parser of all commands; ``run`` of what it parses does the command."""
    parser = argparse.ArgumentParser(
        prog="musicai",
        description="A private music recommender that explains itself. "
        "Without a command, the dashboard opens in your browser.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in _MODULES:
        module.add_commands(commands)
    return parser


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
