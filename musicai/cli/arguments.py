"""What the command line understands: every command, argument and default, as argparse."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from musicai.core.errors import QueryError
from musicai.data.feedback import Exclusion
from musicai.data.periods import LENGTHS
from musicai.library.formats.fields import clean, iso_seconds
from musicai.library.formats.musicai_rows import track_id

METHODS = ("auto", "als", "nmf")
"""How the collaborative component learns; "auto" takes the better by evaluation."""

DAY_S = 24 * 3600


def build_parser() -> argparse.ArgumentParser:
    """The parser of ``python -m musicai``; each command's function name is in ``command``."""
    parser = argparse.ArgumentParser(
        prog="musicai",
        description="A private music recommender that explains itself. "
        "Without a command, the dashboard opens in your browser.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _import(commands)
    _export(commands)
    _exclude(commands)
    _copies(commands)
    _doctor(commands)
    _recommend(commands)
    _autoplay(commands)
    _knowing(commands)
    for name, text in (
        ("train", "train a version, measure it on a temporal hold-out, make it active"),
        ("all", "train, measure and test"),
    ):
        one = commands.add_parser(name, help=text, description=text.capitalize() + ".")
        _training(one, may_update=name == "train")
    text = "check the active version: its files, its moods and its genres"
    _profile(commands.add_parser("test", help=text, description=text.capitalize() + "."))
    _models(commands)
    _playlists(commands)
    _feedback(commands)
    _experiments(commands)
    _catalogues(commands)
    _open_data(commands)
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


def _profile_again(action: argparse.ArgumentParser) -> None:
    """Profile and JSON behind an action too; left out, what stood before the action holds."""
    action.add_argument("--profile", metavar="NAME", default=argparse.SUPPRESS)
    action.add_argument("--json", action="store_true", default=argparse.SUPPRESS)


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
    parser.add_argument(
        "--mapping",
        action="append",
        default=[],
        type=Path,
        metavar="FILE.json",
        help="what the columns of a table mean that no reader knows; kept for the next time",
    )
    parser.add_argument(
        "--train",
        action="store_true",
        help="train right after the import, or update, as the profile's settings have it",
    )
    _job(parser)
    _json(parser)


def _export(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "write everything of a profile to one file, which import reads again"
    parser = commands.add_parser("export", help=text, description=text.capitalize() + ".")
    parser.add_argument("target", type=Path, metavar="TARGET", help="such as everything.zip")
    parser.add_argument(
        "--format",
        choices=("zip", "json"),
        help="CSV and Parquet in a zip, or one JSON object; without it the target's ending says",
    )
    _force(parser)
    _job(parser)
    _profile(parser)


def _force(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--force", action="store_true", help="replace a file that is there")


def _exclude(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "leave listening out of your taste, take that back, or list what is left out"
    parser = commands.add_parser("exclude", help=text, description=text.capitalize() + ".")
    parser.add_argument("action", choices=("add", "remove", "list"))
    for name, meaning in (("artist", "NAME"), ("track", "ID"), ("playlist", "NAME")):
        parser.add_argument(f"--{name}", action="append", default=[], metavar=meaning)
    parser.add_argument(
        "--from", dest="since", metavar="DAY", help="2024-05-01, or a time such as 2024-05-01T18:00"
    )
    parser.add_argument("--to", dest="until", metavar="DAY", help="the last day, or a time (UTC)")
    _profile(parser)


def exclusions_of(options: argparse.Namespace) -> tuple[Exclusion, ...]:
    """What ``exclude`` names, in the order of the kinds.

    Raises:
        QueryError: a name is blank, an id is none, or the period is not one.
    """
    rules = [Exclusion("artist", clean(name)) for name in options.artist]
    rules += [Exclusion("track", track_id(text)) for text in options.track]
    rules += [Exclusion("playlist", clean(name)) for name in options.playlist]
    for rule in rules:
        if not rule.value:
            wanted = (
                "a Spotify id or one that begins with name:" if rule.kind == "track" else "text"
            )
            raise QueryError(f"--{rule.kind} needs {wanted}.")
    if options.since or options.until:
        since, until = _moment(options.since, 0), _moment(options.until, 1)
        if not 0 <= since < until:
            raise QueryError(
                "A period needs --from and a later --to, each a day (2024-05-01) or a time "
                "(2024-05-01T18:00, UTC)."
            )
        rules.append(Exclusion("period", "", since, until))
    return tuple(rules)


def _moment(text: str | None, whole_days: int) -> int:
    """Seconds since 1970, -1 for none; a bare day ends ``whole_days`` later than it begins."""
    seconds = int(iso_seconds([text or ""])[0])
    bare = len((text or "").strip()) == len("2024-05-01")
    return seconds + whole_days * DAY_S if seconds >= 0 and bare else seconds


def _doctor(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "look whether everything is as it should be; exit code 1 on a problem"
    parser = commands.add_parser("doctor", help=text, description=text.capitalize() + ".")
    _profile(parser)


def _copies(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "copy all profiles and catalogues to one zip"
    parser = commands.add_parser("backup", help=text, description=text.capitalize() + ".")
    parser.add_argument("file", type=Path, metavar="FILE")
    _force(parser)
    _json(parser)
    text = "replace all profiles and catalogues by those of a backup"
    parser = commands.add_parser("restore", help=text, description=text.capitalize() + ".")
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--yes", action="store_true", help="really replace what is here")
    _json(parser)


def _autoplay(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "a session along an arc, from seeds or the last session, each step with its reason"
    parser = commands.add_parser("autoplay", help=text, description=text.capitalize() + ".")
    parser.add_argument("--seed", action="append", default=[], metavar="TRACK", help="a track id")
    parser.add_argument("-n", type=int, default=15, help="length of the session (default 15)")
    parser.add_argument("--arc", default="steady", help="steady (default), rising or winding down")
    parser.add_argument(
        "--apart", type=int, default=3, metavar="N", help="no artist twice within N (default 3)"
    )
    parser.add_argument("--mode", default="auto", help="auto, rediscover, discover or mix")
    parser.add_argument("--version", help="a model version; the one in service without it")
    _profile(parser)


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
        "--calibration",
        type=float,
        default=0.0,
        metavar="0-1",
        help="how far the genre mix follows the listener's (default 0)",
    )
    parser.add_argument(
        "--novelty", type=float, default=0.0, metavar="-1-1", help="-1 familiar to 1 obscure"
    )
    parser.add_argument(
        "--surprise",
        type=float,
        default=0.0,
        metavar="0-1",
        help="how far a guess at what else you may like leads the list (default 0)",
    )
    parser.add_argument("--draw", type=int, default=0, metavar="N", help="which guess (default 0)")
    parser.add_argument("--artist-cap", type=int, default=3, metavar="N")
    parser.add_argument(
        "--origin", action="append", default=[], metavar="NAME", help="a catalogue to choose from"
    )
    parser.add_argument("--years", type=_years, metavar="FROM-TO", help="1990-1999, 1990- or -1999")
    parser.add_argument("--only-genre", action="append", default=[], metavar="GENRE")
    parser.add_argument(
        "--fresh", action="store_true", help="only fresh releases that open data found"
    )
    parser.add_argument(
        "--weight", action="append", default=[], type=_pair, metavar="COMPONENT=WEIGHT"
    )
    parser.add_argument("--version", metavar="VERSION", help="without it the active one")
    _profile(parser)


def _knowing(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    for name, text in (
        ("taste", "the taste profile of a listener"),
        ("history", "what a listener played, when, and most"),
    ):
        parser = commands.add_parser(name, help=text, description=text.capitalize() + ".")
        parser.add_argument("--user", metavar="LISTENER", help="a listener; without it the owner")
        _profile(parser)
        _period(parser)


def _period(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--period",
        choices=sorted(LENGTHS),
        default="all",
        help="counted back from the last play (all)",
    )
    for name, what in (("--since", "first"), ("--until", "last")):
        parser.add_argument(
            name, type=date.fromisoformat, metavar="DAY", help=f"{what} day, such as 2025-03-01"
        )
    parser.add_argument("--timezone", metavar="ZONE", help="IANA name; the profile's own, else UTC")


def _training(parser: argparse.ArgumentParser, *, may_update: bool) -> None:
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
        type=_pair,
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
    _job(parser)
    _profile(parser)


def _models(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "list the trained versions, show, compare, test, go back, name, keep, delete, take along"
    parser = commands.add_parser("models", help=text, description=text.capitalize() + ".")
    _profile(parser)
    actions = parser.add_subparsers(dest="action", metavar="ACTION")

    def action(name: str, text: str, *arguments: str) -> argparse.ArgumentParser:
        one = actions.add_parser(name, help=text, description=text.capitalize() + ".")
        for argument in arguments:
            one.add_argument(argument, metavar=argument.upper())
        _profile_again(one)
        return one

    action("list", "the versions, newest first")
    action("show", "everything that is known of a version", "version")
    action("compare", "what changed from one version to another", "before", "after")
    text = "train the settings of two versions anew and see which foretells the last plays better"
    _job(action("duel", text, "a", "b"))
    action("activate", "make a version the one that serves a profile", "version")
    action("rollback", "let the version serve that served before")
    action("rename", "give a version a name of its own", "version", "name")
    action("pin", "keep a version however many newer ones there are", "version")
    action("unpin", "no longer keep it", "version")
    action("delete", "delete a version for good", "version")
    keep = action("prune", "delete old versions; in use, pinned and rollback ones stay")
    keep.add_argument("--keep", type=int, metavar="N", help="newest versions to keep")
    action("export", "write a version as one file, without anything executable", "version", "file")
    action("import", "take a version from such a file; it is not activated", "file")


def _playlists(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "list the playlists made here, show, rename, delete one, or write it as a file"
    parser = commands.add_parser("playlists", help=text, description=text.capitalize() + ".")
    _profile(parser)
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    for name, text, arguments in (
        ("list", "the playlists by name", ()),
        ("show", "the tracks of a playlist in order", ("name",)),
        ("rename", "give a playlist another name", ("name", "new")),
        ("delete", "delete a playlist; its tracks stay", ("name",)),
        ("export", "write a playlist; the ending is csv, m3u8, xspf or jspf", ("name", "file")),
    ):
        one = actions.add_parser(name, help=text, description=text.capitalize() + ".")
        for argument in arguments:
            one.add_argument(argument, metavar=argument.upper())
        _profile_again(one)


def _feedback(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "say what you think of tracks, list what you said, or take it back"
    parser = commands.add_parser("feedback", help=text, description=text.capitalize() + ".")
    _profile(parser)
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    _profile_again(actions.add_parser("list", help="what was said, newest first"))
    for name, text in (
        ("like", "lift what is like these tracks"),
        ("dislike", "leave these tracks out, and hold back what is like them"),
        ("not-now", "hold these tracks back for some days"),
        ("never-artist", "never show the artists of these tracks"),
        ("undo", "forget what was said of these tracks"),
    ):
        one = actions.add_parser(name, help=text, description=text.capitalize() + ".")
        one.add_argument("tracks", nargs="+", metavar="TRACK", help="a track id")
        _profile_again(one)


def _experiments(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "compare two versions blind, on the lists that Discover shows"
    parser = commands.add_parser("experiments", help=text, description=text.capitalize() + ".")
    _profile(parser)
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    for name, text in (
        ("show", "how the running one stands"),
        ("list", "all, newest first"),
        ("end", "end the running one"),
    ):
        _profile_again(actions.add_parser(name, help=text, description=text.capitalize() + "."))
    start = actions.add_parser("start", help="begin one")
    for side in ("a", "b"):
        start.add_argument(side, metavar=side.upper(), help="a version")
    for side in ("a", "b"):
        start.add_argument(f"--weights-{side}", metavar="PRESET", help="such as Safe")
    _profile_again(start)


def _catalogues(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "list the catalogues, add one, rename, describe, enable, update or remove one"
    parser = commands.add_parser("catalogues", help=text, description=text.capitalize() + ".")
    _profile(parser)
    actions = parser.add_subparsers(dest="action", metavar="ACTION")

    def action(name: str, text: str) -> argparse.ArgumentParser:
        one = actions.add_parser(name, help=text, description=text.capitalize() + ".")
        _profile_again(one)
        return one

    def add_named(name: str, text: str) -> argparse.ArgumentParser:
        one = action(name, text)
        one.add_argument("name", metavar="NAME")
        return one

    lister = action("list", "list them, with what each covers of your music")
    lister.add_argument("--no-coverage", action="store_true", help="do not look at their tracks")
    adding = action("add", "make a table of tracks a catalogue, enabled for the profile")
    _tracks(adding)
    adding.add_argument("--name", metavar="NAME", help="without it the file's name")
    adding.add_argument("--licence", default="", metavar="TEXT", help="under which it may be used")
    adding.add_argument("--origin", metavar="TEXT", help="where it is from; else the file's name")
    renaming = action("rename", "call a catalogue otherwise")
    renaming.add_argument("name", metavar="OLD")
    renaming.add_argument("to", metavar="NEW")
    describing = add_named("describe", "note where a catalogue is from, and its licence")
    describing.add_argument("--licence", metavar="TEXT")
    describing.add_argument("--origin", metavar="TEXT")
    add_named("enable", "recommend from a catalogue")
    add_named("disable", "recommend from a catalogue no longer")
    updating = add_named("update", "replace the tracks of a catalogue by those of a newer file")
    _tracks(updating)
    updating.add_argument("--licence", metavar="TEXT", help="without it what was noted stays")
    add_named("remove", "remove a catalogue from every profile")
    _job(action("prepare", "join the enabled catalogues with your music, so that it opens fast"))


def _tracks(parser: argparse.ArgumentParser) -> None:
    """The file that a catalogue's tracks come from, taken by a job or at once."""
    parser.add_argument("file", type=Path, nargs="?", metavar="FILE")
    parser.add_argument(
        "--spool", type=Path, metavar="FOLDER", help="a folder of one upload, deleted afterwards"
    )
    _job(parser)


def _open_data(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "find new music through MusicBrainz and ListenBrainz, if you allow it"
    parser = commands.add_parser("open-data", help=text, description=text.capitalize() + ".")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)

    def action(name: str, text: str) -> argparse.ArgumentParser:
        return actions.add_parser(name, help=text, description=text.capitalize() + ".")

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
        _profile(one)
    one.add_argument("--yes", action="store_true", help="allow these steps for the profile")
    one.add_argument("--train", action="store_true", help="train a version on it afterwards")
    _canonical(one, "names looked up in it leave nowhere")
    _job(one)
    measuring = action("acousticbrainz", "keep what AcousticBrainz measured of your tracks")
    measuring.add_argument(
        "dumps",
        nargs="+",
        type=Path,
        metavar="DUMP",
        help="acousticbrainz-lowlevel-features-….tar.zst (lowlevel, rhythm, tonal), or archives of "
        "acousticbrainz-highlevel-json; they are read here, and nothing leaves this machine",
    )
    _canonical(measuring, "finds the recordings of more tracks, and ids that were merged")
    _profile(measuring)
    _job(measuring)
    _profile(action("status", "show the allowed steps and what was answered so far"))
    _profile(action("refuse", "allow no step any more; what was found stays"))
    token = action("token", "keep the ListenBrainz token that is typed or piped in")
    token.add_argument("--remove", action="store_true", help="forget it")
    _json(token)
    _json(action("forget", "delete all answers of the hosts from this machine"))


def _canonical(parser: argparse.ArgumentParser, use: str) -> None:
    parser.add_argument(
        "--canonical",
        type=Path,
        metavar="DUMP",
        help=f"MusicBrainz's canonical dump (.tar.zst): {use}",
    )


def _years(text: str) -> tuple[int, int]:
    """``first-last``, of which either may be left out."""
    first, sign, last = text.partition("-")
    if not sign or not (first + last).isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not FROM-TO, such as 1990-1999")
    return int(first or 0), int(last or 9999)


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
