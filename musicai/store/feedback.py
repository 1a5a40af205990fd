"""What a person decided: exclusions, confirmed matches, feedback, meanings of columns.

A choice that an import brought goes when the import is undone; one made here stays
until it is taken back.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, astuple
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, delete, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert

from musicai.data.feedback import Choices, Exclusion, Feedback, MatchDecision
from musicai.data.parsed import ColumnMapping
from musicai.store import schema

Choice = Exclusion | MatchDecision | Feedback

_TABLES: dict[type[Choice], Table] = {
    Exclusion: schema.exclusions,
    MatchDecision: schema.match_decisions,
    Feedback: schema.feedback,
}


def each(choices: Choices) -> Iterator[Choice]:
    """All of them, kind by kind."""
    yield from choices.exclusions
    yield from choices.decisions
    yield from choices.feedback


def key_of(choice: Choice) -> tuple[object, ...]:
    """What makes a choice the same choice: of a decision the pair, not what was decided."""
    table = _TABLES[type(choice)]
    return (table.name, *(v for name, v in asdict(choice).items() if table.c[name].info))


def read(connection: Connection, profile: str) -> Choices:
    """All choices of a profile that count now, in the order they were made.

    Of several on one thing the first counts: what is decided here takes the place of what
    was there, while an import never overrules what is there.
    """
    found: dict[type[Choice], tuple[Any, ...]] = {}
    for kind, table in _TABLES.items():
        rows = (kind(*row) for row in connection.execute(_selection(kind, table, profile)))
        firsts: dict[tuple[object, ...], Choice] = {}
        for choice in rows:
            firsts.setdefault(key_of(choice), choice)
        found[kind] = tuple(firsts.values())
    return Choices(found[Exclusion], found[MatchDecision], found[Feedback])


def _selection(kind: type[Choice], table: Table, profile: str) -> Select[Any]:
    columns = [table.c[name] for name in kind.__dataclass_fields__]
    counts = table.c.import_id.is_(None) | table.c.import_id.in_(schema.visible_imports(profile))
    return select(*columns).where(table.c.profile == profile, counts).order_by(table.c.id)


def add(connection: Connection, profile: str, choice: Choice) -> None:
    """Note what was decided here; a decision on a match takes the place of every earlier one."""
    table = _TABLES[type(choice)]
    if isinstance(choice, MatchDecision):
        remove(connection, profile, choice)
    else:
        mine = select(table.c.id).where(_same(profile, choice), table.c.import_id.is_(None))
        if connection.execute(mine).first() is not None:
            return
    connection.execute(insert(table), _values(profile, [choice], None))


def add_imported(
    connection: Connection, profile: str, choices: Sequence[Choice], import_id: int
) -> None:
    """Note what a file brings; they count from when the import is visible."""
    for kind, table in _TABLES.items():
        values = _values(profile, [one for one in choices if isinstance(one, kind)], import_id)
        if values:
            connection.execute(upsert(table).on_conflict_do_nothing(), values)


def _values(
    profile: str, choices: Iterable[Choice], import_id: int | None
) -> list[dict[str, object]]:
    common = {"profile": profile, "import_id": import_id, "created_at": int(time.time())}
    return [{**common, **asdict(choice)} for choice in choices]


def remove(connection: Connection, profile: str, choice: Choice) -> None:
    """Take a choice back, wherever it came from."""
    connection.execute(delete(_TABLES[type(choice)]).where(_same(profile, choice)))


def _same(profile: str, choice: Choice) -> ColumnElement[bool]:
    table = _TABLES[type(choice)]
    keys = {name: value for name, value in asdict(choice).items() if table.c[name].info}
    return and_(
        table.c.profile == profile, *(table.c[name] == value for name, value in keys.items())
    )


def forget(connection: Connection, profile: str) -> None:
    """Delete all choices of a profile."""
    for table in _TABLES.values():
        connection.execute(delete(table).where(table.c.profile == profile))


def fingerprint_parts(choices: Choices) -> dict[str, list[list[object]]]:
    """What of the choices changes the library; nothing for a profile without any."""
    parts: dict[str, list[list[object]]] = {}
    if choices.exclusions:
        parts["exclusions"] = sorted(list(astuple(rule)) for rule in choices.exclusions)
    if choices.decisions:
        parts["decisions"] = sorted(list(astuple(one)) for one in choices.decisions)
    return parts


# --- meanings of columns --------------------------------------------------------------


def mappings(connection: Connection) -> tuple[ColumnMapping, ...]:
    """What the person said of tables that no reader knows."""
    rows = connection.execute(select(schema.mappings).order_by(schema.mappings.c.header))
    return tuple(_mapping(json.loads(row.header), json.loads(row.mapping)) for row in rows)


def _mapping(header: list[str], said: dict[str, Any]) -> ColumnMapping:
    columns = tuple((str(meaning), str(column)) for meaning, column in said["columns"])
    return ColumnMapping(tuple(header), said["kind"], columns)


def save_mapping(connection: Connection, mapping: ColumnMapping) -> None:
    """Keep a mapping for every table with this header."""
    said = json.dumps({"kind": mapping.kind, "columns": mapping.columns})
    values = {"header": _header(mapping.header), "mapping": said}
    connection.execute(
        upsert(schema.mappings).values(**values).on_conflict_do_update(set_={"mapping": said})
    )


def remove_mapping(connection: Connection, header: Iterable[str]) -> None:
    """Forget what a header means."""
    connection.execute(delete(schema.mappings).where(schema.mappings.c.header == _header(header)))


def _header(names: Iterable[str]) -> str:
    return json.dumps(list(names))
