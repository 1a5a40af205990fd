"""What the commands' declarations share: how one is added, common options, types of values."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from typing import TypeAlias

from musicai.cli.output import Outcome
from musicai.core.settings import Settings
from musicai.store import Store

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
"""Where commands, or the actions of one, are added."""

Run = Callable[[argparse.Namespace, Settings, Store], Outcome]
"""What a command does: prints for people, returns the exit code and what ``--json`` prints."""


def add_command(commands: Commands, name: str, text: str, run: Run) -> argparse.ArgumentParser:
    """Declare a command, with the function that runs it."""
    parser = add_action(commands, name, text)
    parser.set_defaults(run=run)
    return parser


def add_action(actions: Commands, name: str, text: str) -> argparse.ArgumentParser:
    """Declare an action of a command; the text is its help and its description."""
    return actions.add_parser(name, help=text, description=text.capitalize() + ".")


def add_json(parser: argparse.ArgumentParser) -> None:
    """Declare ``--json``."""
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")


def add_profile(parser: argparse.ArgumentParser) -> None:
    """Declare ``--profile`` and ``--json``."""
    parser.add_argument(
        "--profile",
        metavar="NAME",
        help="the profile; without it the only one with real data, else the sample",
    )
    add_json(parser)


def repeat_profile(action: argparse.ArgumentParser) -> None:
    """Declare them behind an action too; left out, what stood before the action holds."""
    action.add_argument("--profile", metavar="NAME", default=argparse.SUPPRESS)
    action.add_argument("--json", action="store_true", default=argparse.SUPPRESS)


def add_job(parser: argparse.ArgumentParser) -> None:
    """Declare ``--job``, by which the dashboard follows the work."""
    parser.add_argument("--job", metavar="ID", help="report progress to this background job")


def add_force(parser: argparse.ArgumentParser) -> None:
    """Declare ``--force``."""
    parser.add_argument("--force", action="store_true", help="replace a file that is there")


def parse_years(text: str) -> tuple[int, int]:
    """Parse ``first-last``, of which either may be left out."""
    first, sign, last = text.partition("-")
    if not sign or not (first + last).isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not FROM-TO, such as 1990-1999")
    return int(first or 0), int(last or 9999)


def parse_pair(text: str) -> tuple[str, float]:
    """Parse ``name=value``."""
    name, sign, value = text.partition("=")
    try:
        return name.strip(), float(value if sign else "")
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=NUMBER") from None


def parse_mix(text: str) -> str | Mapping[str, float]:
    """Parse one name, or ``name=share,name=share``."""
    return dict(parse_pair(part) for part in text.split(",")) if "=" in text else text.strip()
