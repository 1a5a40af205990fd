"""A file for one catalogue: read as an import reads it, and refused where it is something else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from musicai.core.errors import UnreadableFile
from musicai.core.progress import Progress, no_progress
from musicai.core.settings import Settings
from musicai.data.parsed import ColumnMapping, ParsedFile, Problem, ReadOptions
from musicai.reading import few_collections, read_file
from musicai.sources import exportify
from musicai.sources.archives import Input, open_inputs
from musicai.sources.worlds import keep_apart

LONGEST_ORIGIN = 200
"""Characters of a file's name that are kept as a catalogue's origin."""


@dataclass(frozen=True)
class CatalogueFile:
    """The tracks of one file, and what became of its rows."""

    file: str
    """As the person knows it."""
    digest: str
    """SHA-256 of its bytes."""
    tracks: pd.DataFrame
    """``SOURCE_TRACK_COLUMNS``, each track once; at least one."""
    read: int
    """Rows of the file: those kept, repeated ones (``duplicate``), and others (``rejected``)."""
    duplicate: int
    rejected: int
    problems: tuple[Problem, ...]

    @property
    def origin(self) -> str:
        """The file's name as a catalogue notes it: one line, not too long."""
        line = "".join(ch if ch.isprintable() else " " for ch in self.file).strip()
        return line[-LONGEST_ORIGIN:].strip() or "a file"


def read_catalogue(
    settings: Settings,
    given: Input,
    *,
    mappings: Sequence[ColumnMapping] = (),
    invented: bool = False,
    progress: Progress = no_progress,
) -> CatalogueFile:
    """Read the one track table that a file, or an archive around it, holds.

    A playlist that Exportify wrote counts as one: here its tracks are not taken for the person's.

    Rows without a name and repeated ones are left out and counted; numbers out of their range
    count as not known. Both are in ``problems``, with their lines.

    Args:
        settings: Limits of what is unpacked.
        given: A path, or an uploaded name with its bytes.
        mappings: What the person said of tables that no reader knows.
        invented: Whether invented tracks are wanted, or real ones.
        progress: Raises ``Cancelled`` to stop.

    Raises:
        UnreadableFile: it cannot be read, holds no table of tracks or several, or no track of
            it can be used; the message says which, and why.
    """
    options = ReadOptions(mappings=tuple(mappings), progress=progress)
    found: list[tuple[ParsedFile, str]] = []
    problems: list[Problem] = []
    for member in open_inputs([given], settings):
        if isinstance(member, Problem):
            problems.append(member)
            continue
        with few_collections():
            reading = read_file(member.data, member.file, options)
        if reading.parsed is None:
            problems += [reading.problem] if reading.problem else []
        elif _is_table(reading.parsed):
            found.append((keep_apart(reading.parsed, invented=invented), member.digest))
        else:
            why = "This is no table of tracks that a catalogue can be made of. Import it instead."
            problems.append(Problem(member.file, "", why))
    if len(found) > 1:
        names = ", ".join(parsed.file for parsed, _ in found[:3])
        raise UnreadableFile(
            f"There are {len(found)} tables of tracks in it ({names}). Give one file a catalogue."
        )
    if not found or not len(found[0][0].tracks):
        problems += found[0][0].problems if found else []
        raise UnreadableFile(_why_not(problems))
    parsed, digest = found[0]
    left_out = parsed.rejected + parsed.not_music
    return CatalogueFile(
        file=parsed.file,
        digest=digest,
        tracks=parsed.tracks,
        read=parsed.read,
        duplicate=parsed.read - left_out - len(parsed.tracks),
        rejected=left_out,
        problems=(*problems, *parsed.problems),
    )


def _is_table(parsed: ParsedFile) -> bool:
    """A table of tracks, or somebody's public playlist from Exportify, which is one as well."""
    return parsed.kind == "catalogue" or (
        parsed.kind == "playlist" and parsed.format == exportify.NAME
    )


def _why_not(problems: Sequence[Problem]) -> str:
    if not problems:
        return "The file holds no tracks. A table needs a header and a row for each track."
    first = problems[0]
    place = f"{first.file}, {first.where}" if first.where else first.file
    return f"{place}: {first.why}"
