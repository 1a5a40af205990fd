"""Commands about the data: taking in, taking away, leaving out, copies, and what there is."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from musicai.cli.arguments import Commands, add_command, add_force, add_job, add_json, add_profile
from musicai.cli.output import Outcome, choose_profile, show_rows, show_table, work_of
from musicai.core import jobs
from musicai.core.errors import QueryError, SettingsError
from musicai.core.progress import Progress, no_progress, part
from musicai.core.settings import Settings
from musicai.data.feedback import Exclusion
from musicai.data.parsed import TABLE_KINDS, ColumnMapping, ReadOptions
from musicai.library import export as prepared
from musicai.library.assemble import load_library
from musicai.library.exclusions import count_excluded
from musicai.library.export import KINDS, export_profile
from musicai.library.formats import mapped_table
from musicai.library.formats.csv_text import normalise_header
from musicai.library.formats.fields import clean_text, parse_iso_times
from musicai.library.formats.musicai_rows import parse_track_id
from musicai.library.importing import import_files
from musicai.library.sample import SAMPLE_PROFILE, load_sample
from musicai.models.registry import registry
from musicai.store import Store
from musicai.store import backup as write_backup
from musicai.store import restore as read_backup
from musicai.store.records import moment
from musicai.training.health import examine
from musicai.training.schedule import after_import
from musicai.training.train import TrainingResult, train
from musicai.training.update import update

# --- import ---------------------------------------------------------------------------


DAY_S = 24 * 3600


def import_command(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    """Files, folders and archives into a profile."""
    try:
        with work_of(options, settings, "import") as work:
            uploads = jobs.read_spool(settings, options.spool) if options.spool else []
            if not options.paths and not uploads:
                raise QueryError("Say which files, folders or archives to import.")
            for mapping in [one for path in options.mapping for one in mappings_in(path)]:
                store.save_mapping(mapping)
            report = import_files(
                store,
                settings,
                options.profile,
                [*options.paths, *uploads],
                ReadOptions(include_private=options.include_private),
                part(work.progress, 0.0, 0.4 if options.train else 1.0),
                consent={"yes": True, "no": False}.get(options.train_on_api_data or ""),
            )
            work.result(report.summarise())
            result = report.to_json()
            if options.train and report.fingerprint_changed:
                trained = _start_learning(store, settings, options.profile, work.progress)
                if trained is not None:
                    work.result({"version": trained.version})
                    result["training"] = trained.to_json()
    finally:
        if options.spool:
            jobs.discard_spool(settings, options.spool)
    if not options.json:
        _show_import(result)
    return (0 if report.files else 1), result


def _start_learning(
    store: Store, settings: Settings, profile: str, progress: Progress
) -> TrainingResult | None:
    """What the profile wants after an import: a training, an update, or nothing."""
    how = after_import(store.settings_of(profile))
    if how == "nothing":
        return None
    learn = update if how == "update" else train
    return learn(store, settings, profile, progress=part(progress, 0.4, 1.0))


def doctor(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    """Is everything as it should be? 1 on a problem."""
    known = [p.name for p in store.profiles()]
    profile = options.profile or (known[0] if len(known) == 1 else None)
    found = examine(settings, store, profile)
    if not options.json:
        show_table(("", "check", "what"), [(c.state, c.name, c.detail) for c in found.checks])
        print(found.summary)
    return (1 if found.state == "problem" else 0), found.to_json()


def _show_import(result: Mapping[str, Any]) -> None:
    rare = [kind for kind in ("neighbours", "track_facts", "choices") if result[kind]["read"]]
    for kind in ("plays", "playlist_rows", "tracks", *rare):
        counts = ", ".join(f"{n:,} {what.replace('_', ' ')}" for what, n in result[kind].items())
        print(f"{kind.replace('_', ' ')}: {counts}")
    if result["superseded"]:
        print(
            f"{result['superseded']:,} plays of earlier imports are known more exactly now; they "
            "count once."
        )
    show_table(("file", "where", "why"), [list(problem.values()) for problem in result["problems"]])
    if result["consent_needed"]:
        print(
            "Rows that came through Spotify's API are not trained on. To allow it, import again "
            "with --train-on-api-data yes."
        )


def mappings_in(path: Path) -> list[ColumnMapping]:
    """What the columns of unknown tables mean: one JSON object, or a list of them.

    Each is ``{"header": [names], "kind": "plays", "columns": {meaning: name}}``.

    Raises:
        QueryError: the file cannot be read or is none of this.
    """
    try:
        found = json.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise QueryError(f"--mapping {path.name} cannot be read as JSON ({error}).") from error
    return [_mapping(one, path.name) for one in (found if isinstance(found, list) else [found])]


def _mapping(said: object, file: str) -> ColumnMapping:
    wrong = QueryError(
        f'--mapping {file} needs objects with "header" (the table\'s column names), "kind" '
        f'({", ".join(TABLE_KINDS)}) and "columns" (a column of the header for each meaning).'
    )
    if not isinstance(said, dict):
        raise wrong
    header, kind, columns = (said.get(key) for key in ("header", "kind", "columns"))
    if not (isinstance(header, list) and isinstance(columns, dict) and kind in TABLE_KINDS):
        raise wrong
    names = tuple(normalise_header(str(name)) for name in header)
    pairs = tuple((str(key), normalise_header(str(value))) for key, value in columns.items())
    mapping = ColumnMapping(names, kind, pairs)
    fault = mapped_table.check_mapping(mapping)
    if fault:
        raise QueryError(f"--mapping {file}: {fault}")
    return mapping


# --- taking away and bringing back ----------------------------------------------------


def export(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    """Everything of a profile as CSV and Parquet in a zip, or as JSON."""
    kind = _kind(options)
    profile = choose_profile(options, store, settings)
    _may_write(options.target, force=options.force)
    with work_of(options, settings, "export", alone=False) as work:
        export_profile(store, settings, profile, options.target, kind, work.progress)
        size = options.target.stat().st_size
        work.result({"bytes": size})
    if not options.json:
        print(f"Profile {profile!r} is in {options.target} ({size:,} bytes).")
    return 0, {"profile": profile, "file": str(options.target), "format": kind, "bytes": size}


def _kind(options: argparse.Namespace) -> Literal["zip", "json"]:
    kind = options.format or options.target.suffix.casefold().removeprefix(".")
    if kind not in KINDS:
        raise QueryError(
            f"{options.target.name} does not say what to write. End it in .zip or .json, or add "
            "--format."
        )
    return kind  # type: ignore[no-any-return]


def _may_write(target: Path, *, force: bool) -> None:
    if not target.absolute().parent.is_dir():
        raise SettingsError(
            f"There is no folder {str(target.parent)!r}. Make it first, or choose another one."
        )
    if target.is_dir():
        raise QueryError(f"{target} is a folder. Say the name of a file in it.")
    if target.exists() and not force:
        raise QueryError(f"{target} is there already. Choose another name, or add --force.")


def backup(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    """The database and the catalogues in one zip."""
    _may_write(options.file, force=options.force)
    with _explain_disk_errors(options.file, "written"):
        write_backup(store, options.file)
        size = options.file.stat().st_size
    if not options.json:
        print(
            f"Everything but the trained versions is in {options.file} ({size:,} bytes). It holds "
            "your listening history: keep it where only you can read it."
        )
    return 0, {"file": str(options.file), "bytes": size}


def restore(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    """All profiles and catalogues as a backup has them."""
    if not options.file.is_file():
        raise QueryError(f"There is no file {options.file}. Check the path and its spelling.")
    if not options.yes:
        raise QueryError(
            f"This replaces all {len(store.profiles())} profiles by those of {options.file.name}. "
            "Add --yes if that is what you want."
        )
    with _explain_disk_errors(options.file, "restored"):
        before = read_backup(store, options.file)
    names = [profile.name for profile in store.profiles()]
    if not options.json:
        print(
            f"Restored: {', '.join(names) or 'no profile'}. What was here before is kept as "
            f"{before}."
        )
    return 0, {"profiles": names, "before": str(before)}


@contextmanager
def _explain_disk_errors(path: Path, what: str) -> Iterator[None]:
    """Errors of the disk in plain words."""
    try:
        yield
    except OSError as error:
        raise SettingsError(
            f"{path.name} cannot be {what} ({error.strerror or error}). Choose another folder, or "
            "make room."
        ) from error


# --- leaving out ----------------------------------------------------------------------


def exclude(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    """Rules of what says nothing about one's taste: add, take back, list."""
    profile = choose_profile(options, store, settings)
    rules = _read_exclusions(options)
    known = store.exclusions(profile)
    if (options.action == "list") == bool(rules):
        raise QueryError(
            "Say what to leave out: --artist, --track, --playlist, or --from with --to; list "
            "takes none of them."
        )
    if options.action == "remove":
        for rule in rules:
            if rule not in known:
                raise QueryError(
                    f"{_describe_import(rule)} is not left out. `exclude list` shows what is."
                )
            store.remove_exclusion(profile, rule)
    for rule in rules if options.action == "add" else ():
        store.add_exclusion(profile, rule)
    whole = load_library(store, settings, profile, whole=True)
    rows = [
        {
            "kind": rule.kind,
            "value": rule.value,
            "from": _time(rule.since),
            "to": _time(rule.until),
            "plays": count_excluded(whole, rule),
        }
        for rule in store.exclusions(profile)
    ]
    show_rows(options, rows)
    return 0, {"profile": profile, "exclusions": rows}


def _describe_import(rule: Exclusion) -> str:
    if rule.kind == "period":
        return f"The period from {_time(rule.since)} to {_time(rule.until)}"
    return f"The {rule.kind} {rule.value!r}"


def _time(seconds: int) -> str | None:
    return None if seconds < 0 else f"{moment(seconds):%Y-%m-%dT%H:%M:%SZ}"


# --- what there is --------------------------------------------------------------------


def profiles(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    """The profiles."""
    rows = [
        {
            "name": profile.name,
            "invented": profile.invented,
            "imports": len(store.imports(profile.name)),
            "version": registry.active(settings, store, profile.name),
        }
        for profile in store.profiles()
    ]
    show_rows(options, rows)
    return 0, {"profiles": rows}


def sample(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    """The invented sample in its own profile."""
    load_sample(store, settings, no_progress)
    if not options.json:
        print(f"The invented sample is in profile {SAMPLE_PROFILE!r}.")
    return 0, {"profile": SAMPLE_PROFILE}


def delete_profile(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    """A profile with its data and versions is gone."""
    store.profile(options.name)
    versions = registry.retire_profile(settings, store, options.name)
    store.delete_profile(options.name)
    jobs.forget(settings, options.name)
    prepared.delete_export(settings, options.name)
    if not options.json:
        print(f"Profile {options.name!r} is deleted, and {len(versions)} versions trained on it.")
    return 0, {"deleted": options.name, "versions": list(versions)}


def _read_exclusions(options: argparse.Namespace) -> tuple[Exclusion, ...]:
    """What ``exclude`` names, in the order of the kinds.

    Raises:
        QueryError: a name is blank, an id is none, or the period is not one.
    """
    rules = [Exclusion("artist", clean_text(name)) for name in options.artist]
    rules += [Exclusion("track", parse_track_id(text)) for text in options.track]
    rules += [Exclusion("playlist", clean_text(name)) for name in options.playlist]
    for rule in rules:
        if not rule.value:
            wanted = (
                "a Spotify id or one that begins with name:" if rule.kind == "track" else "text"
            )
            raise QueryError(f"--{rule.kind} needs {wanted}.")
    if options.since or options.until:
        since, until = _parse_moment(options.since, 0), _parse_moment(options.until, 1)
        if not 0 <= since < until:
            raise QueryError(
                "A period needs --from and a later --to, each a day (2024-05-01) or a time "
                "(2024-05-01T18:00, UTC)."
            )
        rules.append(Exclusion("period", "", since, until))
    return tuple(rules)


def _parse_moment(text: str | None, whole_days: int) -> int:
    """Seconds since 1970, -1 for none; a bare day ends ``whole_days`` later than it begins."""
    seconds = int(parse_iso_times([text or ""])[0])
    bare = len((text or "").strip()) == len("2024-05-01")
    return seconds + whole_days * DAY_S if seconds >= 0 and bare else seconds


def add_commands(commands: Commands) -> None:
    """Declare the commands of this module."""
    _add_import(commands)
    _add_export(commands)
    _add_exclude(commands)
    _add_copies(commands)
    text = "look whether everything is as it should be; exit code 1 on a problem"
    add_profile(add_command(commands, "doctor", text, doctor))
    text = "delete a profile with its data and the versions trained on it"
    deletion = add_command(commands, "delete-profile", text, delete_profile)
    deletion.add_argument("name", metavar="NAME")
    add_json(deletion)
    add_json(add_command(commands, "profiles", "list the profiles", profiles))
    text = "load the invented sample world into a profile of its own"
    add_json(add_command(commands, "sample", text, sample))


def _add_import(commands: Commands) -> None:
    text = "take in exports and track tables: files, folders and archives"
    parser = add_command(commands, "import", text, import_command)
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
    add_job(parser)
    add_json(parser)


def _add_export(commands: Commands) -> None:
    text = "write everything of a profile to one file, which import reads again"
    parser = add_command(commands, "export", text, export)
    parser.add_argument("target", type=Path, metavar="TARGET", help="such as everything.zip")
    parser.add_argument(
        "--format",
        choices=("zip", "json"),
        help="CSV and Parquet in a zip, or one JSON object; without it the target's ending says",
    )
    add_force(parser)
    add_job(parser)
    add_profile(parser)


def _add_exclude(commands: Commands) -> None:
    text = "leave listening out of your taste, take that back, or list what is left out"
    parser = add_command(commands, "exclude", text, exclude)
    parser.add_argument("action", choices=("add", "remove", "list"))
    for name, meaning in (("artist", "NAME"), ("track", "ID"), ("playlist", "NAME")):
        parser.add_argument(f"--{name}", action="append", default=[], metavar=meaning)
    parser.add_argument(
        "--from", dest="since", metavar="DAY", help="2024-05-01, or a time such as 2024-05-01T18:00"
    )
    parser.add_argument("--to", dest="until", metavar="DAY", help="the last day, or a time (UTC)")
    add_profile(parser)


def _add_copies(commands: Commands) -> None:
    text = "copy all profiles and catalogues to one zip"
    parser = add_command(commands, "backup", text, backup)
    parser.add_argument("file", type=Path, metavar="FILE")
    add_force(parser)
    add_json(parser)
    text = "replace all profiles and catalogues by those of a backup"
    parser = add_command(commands, "restore", text, restore)
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--yes", action="store_true", help="really replace what is here")
    add_json(parser)
