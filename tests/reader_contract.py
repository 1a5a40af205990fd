"""What every reader promises of the rows it gives back, as assertions."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from musicai.data.library import SOURCE_TRACK_COLUMNS
from musicai.data.parsed import (
    MAX_PLAY_MS,
    SOURCE_ITEM_COLUMNS,
    SOURCE_PLAY_COLUMNS,
    ColumnMapping,
    ParsedFile,
    ReadOptions,
)
from musicai.library.formats.csv_text import read_csv_header
from musicai.library.formats.fields import MAX_LISTED, get_latest_time
from musicai.library.formats.mapped_table import propose_mapping
from musicai.library.formats.tracks import RANGES


def parts(parsed: ParsedFile) -> Iterator[ParsedFile]:
    """A file's parts, the main one first."""
    yield parsed
    yield from parsed.further


def kept(part: ParsedFile) -> int:
    """Rows of a part that were taken in."""
    return {
        "plays": len(part.plays),
        "playlist": len(part.playlist_items),
        "catalogue": len(part.tracks),
        "tracks": len(part.tracks),
        "choices": len(part.choices),
        "neighbours": len(part.pack.rows) if part.pack else 0,
    }[part.kind]


def taken(parsed: ParsedFile) -> int:
    """Rows of all parts that were taken in, or were in the file twice."""
    return sum(kept(part) + part.duplicate for part in parts(parsed))


def options_for(data: bytes, *, private: bool = False) -> ReadOptions:
    """Options with the mapping that would be proposed for a table."""
    header = read_csv_header(data)
    proposal = propose_mapping(header) if header else None
    mappings: tuple[ColumnMapping, ...] = (proposal,) if proposal else ()
    return ReadOptions(include_private=private, mappings=mappings)


def holds(parsed: ParsedFile) -> None:
    """Counts add up, tables are as promised, rows point inside, numbers are in range."""
    for part in parts(parsed):
        _part_holds(part)
        assert part is parsed or not part.further
        assert part.file == parsed.file


def _part_holds(part: ParsedFile) -> None:
    for count in (part.not_music, part.private, part.rejected, part.duplicate):
        assert count >= 0
    assert part.read == (
        kept(part) + part.not_music + part.private + part.rejected + part.duplicate
    )
    for frame, columns in (
        (part.tracks, SOURCE_TRACK_COLUMNS),
        (part.plays, SOURCE_PLAY_COLUMNS),
        (part.playlist_items, SOURCE_ITEM_COLUMNS),
    ):
        assert frame.dtypes.astype(str).to_dict() == columns
    for rows in (part.plays, part.playlist_items):
        assert rows["track"].between(0, len(part.tracks) - 1).all()
    _tracks_hold(part)
    assert part.plays["ms_played"].between(0, MAX_PLAY_MS).all()
    assert part.plays["played_at"].between(0, get_latest_time()).all()
    assert part.plays["skipped"].isin([-1, 0, 1]).all()
    assert part.playlist_items["added_at"].between(-1, get_latest_time()).all()
    _problems_hold(part)


def _tracks_hold(part: ParsedFile) -> None:
    tracks = part.tracks
    assert tracks["track_id"].is_unique
    assert tracks["track_id"].str.fullmatch(r"[0-9A-Za-z]{22}|name:[0-9a-f]{16}").all()
    text = [name for name, kind in SOURCE_TRACK_COLUMNS.items() if kind == "str"]
    assert not tracks[text].isna().to_numpy().any()
    measures = tracks[list(RANGES)].to_numpy(np.float64)
    low, high = np.array(list(RANGES.values())).T
    assert (((measures >= low) & (measures <= high)) | np.isnan(measures)).all()
    for name in text:
        "\n".join(tracks[name]).encode()  # no half characters


def _problems_hold(part: ParsedFile) -> None:
    placed = [problem for problem in part.problems if problem.where]
    assert len(placed) >= min(part.rejected, MAX_LISTED)
    assert len(part.problems) <= MAX_LISTED + 2
    for problem in part.problems:
        assert problem.file == part.file
        assert problem.why
        assert len(problem.where) < 1_000
        assert len(problem.why) < 2_000
