"""What was imported, and what became of each file."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, select

from musicai.settings import Settings
from musicai.sources.base import Problem
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
    """The parts of a file with these bytes in its first import; empty if they are gone."""
    files, imports = schema.import_files.c, schema.imports.c
    query = (
        select(schema.import_files)
        .join_from(schema.import_files, schema.imports)
        .where(
            imports.profile == profile,
            imports.state == "visible",
            files.digest == digest,
            files.repeated.is_(False),
            (imports.include_private == include_private) | (files.private == 0),
        )
        .order_by(files.id)
    )
    rows = connection.execute(query).all()
    parts = [row for row in rows if row.import_id == rows[0].import_id]
    for row in parts:
        if row.catalogue is not None and (
            cataloguing.by_digest(connection, row.catalogue) is None
            or not cataloguing.is_whole(cataloguing.file_of(settings, row.catalogue))
        ):
            return ()
    return tuple(_file(row) for row in parts)


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
