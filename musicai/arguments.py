"""What the command line understands: every command, argument and default, as argparse."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

METHODS = ("auto", "als", "nmf")
"""How the collaborative component learns; "auto" takes the better by evaluation."""


def build_parser() -> argparse.ArgumentParser:
    """The parser of ``python -m musicai``; each command's function name is in ``command``."""
    parser = argparse.ArgumentParser(
        prog="musicai", description="A private music recommender that explains itself."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _import(commands)
    _recommend(commands)
    _taste(commands)
    for name, text in (
        ("train", "train a version, measure it on a temporal hold-out, make it active"),
        ("all", "train, measure and test"),
    ):
        _training(commands.add_parser(name, help=text, description=text.capitalize() + "."))
    text = "check the active version: its files, its moods and its genres"
    _profile(commands.add_parser("test", help=text, description=text.capitalize() + "."))
    _versions(commands)
    _catalogues(commands)
    text = "delete a profile with its data and the versions trained on it"
    deletion = commands.add_parser("delete-profile", help=text, description=text.capitalize() + ".")
    deletion.add_argument("name", metavar="NAME")
    _json(deletion)
    for name, text in (
        ("profiles", "list the profiles"),
        ("sample", "load the invented sample world into a profile of its own"),
    ):
        _json(commands.add_parser(name, help=text, description=text.capitalize() + "."))
    text = "train the bundled version on the sample and trust it in the source (for developers)"
    _json(commands.add_parser("train-bundled", help=text, description=text.capitalize() + "."))
    return parser


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")


def _profile(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--profile",
        metavar="NAME",
        help="the profile; without it the only one with real data, else the sample",
    )
    _json(parser)


def _job(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--job", metavar="ID", help="report progress to this background job")


def _import(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "take in exports and track tables: files, folders and archives"
    parser = commands.add_parser("import", help=text, description=text.capitalize() + ".")
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH")
    parser.add_argument("--profile", required=True, metavar="NAME", help="made if it is not there")
    parser.add_argument(
        "--spool", type=Path, metavar="FOLDER", help="a folder of uploads, deleted afterwards"
    )
    parser.add_argument(
        "--include-private", action="store_true", help="take plays of private sessions too"
    )
    parser.add_argument(
        "--train-on-api-data",
        choices=("yes", "no"),
        help="consent to train on rows that came through Spotify's API (Exportify)",
    )
    parser.add_argument("--train", action="store_true", help="train right after the import")
    _job(parser)
    _json(parser)


def _recommend(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "a list of recommendations, each with its reason"
    parser = commands.add_parser("recommend", help=text, description=text.capitalize() + ".")
    parser.add_argument("--user", metavar="LISTENER", help="a listener; without it the owner")
    parser.add_argument(
        "--mode", default="auto", help="auto, rediscover (own tracks), discover (new ones) or mix"
    )
    parser.add_argument("--mood", type=_mix, metavar="MOOD", help="chill, or chill=.7,romantic=.3")
    parser.add_argument("--genre", type=_mix, metavar="GENRE", help="jazz, or jazz=.5,indie=.5")
    parser.add_argument("--mood-strength", type=float, default=0.5, metavar="0-1")
    parser.add_argument("--genre-strength", type=float, default=0.5, metavar="0-1")
    parser.add_argument("--seed", action="append", default=[], metavar="TRACK", help="a track id")
    parser.add_argument("-n", type=int, default=20, help="length of the list (default 20)")
    parser.add_argument("--diversity", type=float, default=0.2, metavar="0-1")
    parser.add_argument(
        "--novelty", type=float, default=0.0, metavar="-1-1", help="-1 familiar to 1 obscure"
    )
    parser.add_argument("--artist-cap", type=int, default=3, metavar="N")
    parser.add_argument(
        "--weight", action="append", default=[], type=_pair, metavar="COMPONENT=WEIGHT"
    )
    parser.add_argument("--version", metavar="VERSION", help="without it the active one")
    _profile(parser)


def _taste(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "the taste profile of a listener"
    parser = commands.add_parser("taste", help=text, description=text.capitalize() + ".")
    parser.add_argument("--user", metavar="LISTENER", help="a listener; without it the owner")
    _profile(parser)


def _training(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--method", choices=METHODS, default="auto", help="collaborative method")
    parser.add_argument("--factors", type=int, help="size of the factors")
    parser.add_argument("--epochs", type=int, help="sweeps over the data")
    parser.add_argument("--regularization", type=float, help="pull of the factors towards 0")
    parser.add_argument("--alpha", type=float, help="weight of a confidence (ALS)")
    parser.add_argument("--seed", type=int, default=0, help="of the random numbers (default 0)")
    parser.add_argument(
        "--no-evaluation", action="store_true", help="train at once, without measuring first"
    )
    _job(parser)
    _profile(parser)


def _versions(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "list the trained versions"
    _profile(commands.add_parser("versions", help=text, description=text.capitalize() + "."))
    text = "make a version the one that serves a profile"
    parser = commands.add_parser("activate", help=text, description=text.capitalize() + ".")
    parser.add_argument("version", metavar="VERSION")
    _profile(parser)
    text = "delete a version for good"
    parser = commands.add_parser("delete-version", help=text, description=text.capitalize() + ".")
    parser.add_argument("version", metavar="VERSION")
    _json(parser)


def _catalogues(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "list the catalogues, or switch one on or off for a profile"
    parser = commands.add_parser("catalogues", help=text, description=text.capitalize() + ".")
    parser.add_argument("action", nargs="?", choices=("enable", "disable"))
    parser.add_argument("name", nargs="?", metavar="NAME")
    _profile(parser)


def _pair(text: str) -> tuple[str, float]:
    """``name=value``."""
    name, sign, value = text.partition("=")
    try:
        return name.strip(), float(value if sign else "")
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=NUMBER") from None


def _mix(text: str) -> str | Mapping[str, float]:
    """One name, or ``name=share,name=share``."""
    return dict(_pair(part) for part in text.split(",")) if "=" in text else text.strip()
