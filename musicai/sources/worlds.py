"""The invented sample world and real listening never meet in one profile."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from musicai.data.feedback import Choices
from musicai.data.library import INVENTED_PREFIX
from musicai.data.parsed import ParsedFile, Problem


def keep_apart(parsed: ParsedFile, *, invented: bool) -> ParsedFile:
    """The part without rows of invented tracks, or, in the sample's profile, of real ones.

    Such rows count as rejected.
    """
    marked = parsed.tracks["track_id"].str.startswith(INVENTED_PREFIX).to_numpy(dtype=bool)
    fits = marked == invented
    choices = _choices_apart(parsed.choices, invented=invented)
    if fits.all() and len(choices) == len(parsed.choices):
        return parsed
    place = np.where(fits, np.cumsum(fits) - 1, -1).astype(np.int32)
    tables: dict[str, Any] = {"tracks": parsed.tracks[fits].reset_index(drop=True)}
    for name in ("plays", "playlist_items"):
        rows = getattr(parsed, name)
        track = place[rows["track"].to_numpy()]
        tables[name] = rows.assign(track=track)[track >= 0].reset_index(drop=True)
    kept = replace(parsed, **tables, choices=choices)
    lost = _rows(parsed) - _rows(kept)
    real_rows = (
        f"{lost} rows name real tracks, and this profile is the invented sample world. "
        "Import them into a profile of your own."
    )
    invented_rows = (
        f"{lost} rows name tracks of the invented sample world, which never enters a profile "
        "with real data. Load the sample on its own instead."
    )
    problem = Problem(parsed.file, f"{lost} rows", real_rows if invented else invented_rows)
    return replace(
        kept,
        rejected=parsed.rejected + lost,
        problems=(*parsed.problems, problem) if lost else parsed.problems,
    )


def _rows(parsed: ParsedFile) -> int:
    """The rows that a part counts."""
    if parsed.kind in ("catalogue", "tracks"):
        return len(parsed.tracks)
    return len(parsed.plays) + len(parsed.playlist_items) + len(parsed.choices)


def _choices_apart(choices: Choices, *, invented: bool) -> Choices:
    """The choices that name no track of the other world."""

    def fits(*track_ids: str) -> bool:
        return all(one.startswith(INVENTED_PREFIX) == invented for one in track_ids)

    return Choices(
        tuple(one for one in choices.exclusions if one.kind != "track" or fits(one.value)),
        tuple(one for one in choices.decisions if fits(one.first, one.second)),
        tuple(one for one in choices.feedback if fits(one.track_id)),
    )
