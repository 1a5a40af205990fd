"""What was imported, and what became of each file."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, select

from musicai.core.settings import Settings
from musicai.data.parsed import Problem
from musicai.store import cataloguing, schema
from musicai.store.records import Counts, FileRecord, ImportRecord, moment


def imports_of(connection: Connection, profile: str) -> list[ImportRecord]:
    """The profile's imports, newest first, with their files and problems."""
    imports, files, problems = schema.imports, schema.import_files, schema.problems
    visible = schema.visible_imports(profile)
    heads = connection.execute(
        select(imports).where(imports.c.id.in_(visible)).order_by(imports.c.id.desc())
    ).all()
    file_rows = connection.execute(
        select(files).where(files.c.import_id.in_(visible)).order_by(files.c.id)
    ).all()
    problem_rows = connection.execute(
        select(problems).where(problems.c.import_id.in_(visible)).order_by(problems.c.id)
    ).all()
    return [
        ImportRecord(
            id=head.id,
            profile=profile,
            created_at=moment(head.created_at),
            seconds=head.seconds,
            files=tuple(_file(row) for row in file_rows if row.import_id == head.id),
            problems=tuple(
                Problem(row.file, row.where, row.why)
                for row in problem_rows
                if row.import_id == head.id
            ),
        )
        for head in heads
    ]


def first_records(
    connection: Connection, settings: Settings, profile: str, digest: str, include_private: bool
) -> tuple[FileRecord, ...]:
    """The parts of a file with these bytes as it was first imported.

    Empty if it never was with these options, or a catalogue that it became is gone.
    """
    files, imports = schema.import_files.c, schema.imports.c
    query = (
        select(schema.import_files, imports.include_private)
        .join_from(schema.import_files, schema.imports)
        .where(
            imports.profile == profile,
            imports.state == "visible",
            files.digest == digest,
            files.repeated.is_(False),
        )
        .order_by(files.id)
    )
    times: dict[int, list[Row[Any]]] = {}
    for row in connection.execute(query):
        times.setdefault(row.import_id, []).append(row)
    for parts in times.values():
        if all(part.include_private == include_private or not part.private for part in parts):
            there = all(_is_there(connection, settings, part.catalogue) for part in parts)
            return tuple(map(_file, parts)) if there else ()
    return ()


def _is_there(connection: Connection, settings: Settings, catalogue: str | None) -> bool:
    if catalogue is None:
        return True
    known = cataloguing.by_digest(connection, catalogue) is not None
    return known and cataloguing.is_whole(cataloguing.file_of(settings, catalogue))


def _file(row: Row[Any]) -> FileRecord:
    return FileRecord(
        file=row.file,
        digest=row.digest,
        format=row.format,
        kind=row.kind,
        counts=Counts(
            read=row.read,
            imported=row.imported,
            duplicate=row.duplicate,
            not_music=row.not_music,
            private=row.private,
            rejected=row.rejected,
        ),
        repeated=bool(row.repeated),
        catalogue=row.catalogue,
    )
