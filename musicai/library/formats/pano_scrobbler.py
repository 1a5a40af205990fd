"""Pano Scrobbler's log as JSON lines: one event a line, times in milliseconds.

A ``love`` that no later ``unlove`` takes back becomes a like.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from musicai.data.feedback import Choices, Feedback
from musicai.data.parsed import ParsedFile, ReadOptions, Source
from musicai.library.formats.fields import Complaints
from musicai.library.formats.json_rows import read_first_object, read_lines
from musicai.library.formats.scrobbles import Scrobbles, is_believable, parse_epoch, parse_length

NAME = "pano_scrobbler"

_KEYS = frozenset(("timeMs", "artist", "track"))
_Event = tuple[str, dict[str, Any]]


def sniff(head: bytes) -> bool:
    """A line with a time in milliseconds, an artist and a track."""
    row = read_first_object(head)
    return row is not None and set(row) >= _KEYS


def parse(data: bytes, file: str, options: ReadOptions) -> ParsedFile:
    """The scrobbles, and the loved tracks as a further part."""
    rows = Scrobbles(file, NAME, Complaints(file))
    loves: list[_Event] = []
    for where, row in read_lines(data):
        event = row.get("event", "scrobble") if isinstance(row, dict) else None
        if event == "scrobble":
            rows.add(
                where,
                row.get("artist"),
                row.get("track"),
                row.get("timeMs"),
                album=row.get("album"),
                duration_ms=parse_length(row.get("durationMs")),
            )
        elif event in ("love", "unlove"):
            loves.append((where, row))
        elif isinstance(row, ValueError):
            rows.refuse(where, "is damaged or cut off")
        else:
            rows.refuse(where, "is no event of a kind that is known (scrobble, love, unlove)")
    further = (_collect_likes(file, loves),) if loves else ()
    return replace(rows.build_file(), further=further)


def _collect_likes(file: str, loves: list[_Event]) -> ParsedFile:
    """The loves as choices; those that were taken back, and what took them back, are named."""
    rows = Scrobbles(file, NAME, Complaints(file))
    taken_back: dict[tuple[str, str], int] = {}
    for _, row in loves:
        if row["event"] == "unlove":
            moment = parse_epoch(row.get("timeMs"))
            taken_back[_get_names(row)] = max(moment, taken_back.get(_get_names(row), -1))
    found: list[tuple[int, int]] = []
    for where, row in loves:
        rows.read += 1
        given = parse_epoch(row.get("timeMs"))
        if row["event"] == "unlove":
            rows.reject(where, "takes a love back and is no verdict by itself")
        elif given <= taken_back.get(_get_names(row), -2):
            rows.reject(where, "is a love that was taken back")
        elif (
            track := rows.add_track(row.get("artist"), row.get("track"), row.get("album"))
        ) is None:
            rows.reject(where, "has no artist or no title")
        else:
            found.append((track, given if is_believable(given) else 0))
    ids = rows.list_track_ids()
    likes = tuple(Feedback(ids[track], "like", at) for track, at in found)
    return replace(rows.build_file(), kind="choices", choices=Choices(feedback=likes))


def _get_names(row: dict[str, Any]) -> tuple[str, str]:
    artist, track = row.get("artist"), row.get("track")
    return (
        artist.casefold() if isinstance(artist, str) else "",
        track.casefold() if isinstance(track, str) else "",
    )


SOURCE = Source(name=NAME, label="Pano Scrobbler", sniff=sniff, parse=parse)
