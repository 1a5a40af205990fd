"""What a person decided: exclusions, confirmed matches, feedback, meanings of columns.

A choice that an import brought goes when the import is undone; one made here stays
until it is taken back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, astuple
from typing import Any

from sqlalchemy import Connection, Select, Table, and_, delete, select
from sqlalchemy.dialects.sqlite import insert as upsert

from musicai.choices import Choices, Exclusion, Feedback, MatchDecision
from musicai.sources.base import ColumnMapping
from musicai.store import schema

Choice = Exclusion | MatchDecision | Feedback

_TABLES: dict[type[Choice], Table] = {
    Exclusion: schema.exclusions,
    MatchDecision: schema.match_decisions,
    Feedback: schema.feedback,
}


def read(connection: Connection, profile: str) -> Choices:
    """All choices of a profile that count now, in the order they were made."""

    def every(kind: type[Choice]) -> list[dict[str, Any]]:
        rows = connection.execute(_selection(kind, _TABLES[kind], profile))
        return [dict(row) for row in rows.mappings()]

    return Choices(
        tuple(Exclusion(**row) for row in every(Exclusion)),
        tuple(MatchDecision(**row) for row in every(MatchDecision)),
        tuple(Feedback(**row) for row in every(Feedback)),
    )


def _selection(kind: type[Choice], table: Table, profile: str) -> Select[tuple[object, ...]]:
    columns = [table.c[name] for name in kind.__dataclass_fields__]
    counts = table.c.import_id.is_(None) | table.c.import_id.in_(schema.visible_imports(profile))
    return select(*columns).where(table.c.profile == profile, counts).order_by(table.c.id)


def add(
    connection: Connection, profile: str, choices: Iterable[Choice], import_id: int | None = None
) -> None:
    """Note choices; one that is there already stays as it is, a decision is replaced."""
    for choice in choices:
        table = _TABLES[type(choice)]
        values = {"profile": profile, "import_id": import_id, **asdict(choice)}
        statement = upsert(table).values(**values)
        if isinstance(choice, MatchDecision) and import_id is None:
            statement = statement.on_conflict_do_update(
                index_elements=["profile", "first", "second"],
                set_={"same": choice.same, "import_id": None},
            )
        else:
            statement = statement.on_conflict_do_nothing()
        connection.execute(statement)


def remove(connection: Connection, profile: str, choice: Choice) -> None:
    """Take a choice back, wherever it came from."""
    table = _TABLES[type(choice)]
    keys = {name: value for name, value in asdict(choice).items() if table.c[name].info}
    same = and_(*(table.c[name] == value for name, value in keys.items()))
    connection.execute(delete(table).where(table.c.profile == profile, same))


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
    return tuple(mapping_of(json.loads(row.header), json.loads(row.mapping)) for row in rows)


def mapping_of(header: list[str], said: dict[str, object]) -> ColumnMapping:
    """The mapping from its JSON values."""
    columns = said["columns"]
    assert isinstance(columns, list)  # written below
    return ColumnMapping(
        tuple(header),
        said["kind"],  # type: ignore[arg-type]
        tuple((str(meaning), str(column)) for meaning, column in columns),
    )


def save_mapping(connection: Connection, mapping: ColumnMapping) -> None:
    """Keep a mapping for every table with this header."""
    said = json.dumps({"kind": mapping.kind, "columns": mapping.columns})
    values = {"header": json.dumps(mapping.header), "mapping": said}
    connection.execute(
        upsert(schema.mappings).values(**values).on_conflict_do_update(set_={"mapping": said})
    )


def remove_mapping(connection: Connection, header: Iterable[str]) -> None:
    """Forget what a header means."""
    key = json.dumps(tuple(header))
    connection.execute(delete(schema.mappings).where(schema.mappings.c.header == key))
