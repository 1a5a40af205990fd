"""Pano Scrobbler's log as JSON lines: one event a line, times in milliseconds.

A ``love`` that no later ``unlove`` takes back becomes a like.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from musicai.data.feedback import Choices, Feedback
from musicai.data.parsed import ParsedFile, ReadOptions, Source
from musicai.library.formats.fields import Complaints
from musicai.library.formats.json_rows import first_object, lines
from musicai.library.formats.scrobbles import Scrobbles, believable, epoch, length_ms

NAME = "pano_scrobbler"

_KEYS = frozenset(("timeMs", "artist", "track"))
_Event = tuple[str, dict[str, Any]]


def sniff(head: bytes) -> bool:
    """A line with a time in milliseconds, an artist and a track."""
    row = first_object(head)
    return row is not None and set(row) >= _KEYS


def parse(data: bytes, file: str, options: ReadOptions) -> ParsedFile:
    """The scrobbles, and the loved tracks as a further part."""
    rows = Scrobbles(file, NAME, Complaints(file))
    loves: list[_Event] = []
    for where, row in lines(data):
        event = row.get("event", "scrobble") if isinstance(row, dict) else None
        if event == "scrobble":
            rows.add(
                where,
                row.get("artist"),
                row.get("track"),
                row.get("timeMs"),
                album=row.get("album"),
                duration_ms=length_ms(row.get("durationMs")),
            )
        elif event in ("love", "unlove"):
            loves.append((where, row))
        elif isinstance(row, ValueError):
            rows.refuse(where, "is damaged or cut off")
        else:
            rows.refuse(where, "is no event of a kind that is known (scrobble, love, unlove)")
    further = (_likes(file, loves),) if loves else ()
    return replace(rows.build_file(), further=further)


def _likes(file: str, loves: list[_Event]) -> ParsedFile:
    """The loves as choices; those that were taken back, and what took them back, are named."""
    rows = Scrobbles(file, NAME, Complaints(file))
    taken_back: dict[tuple[str, str], int] = {}
    for _, row in loves:
        if row["event"] == "unlove":
            moment = epoch(row.get("timeMs"))
            taken_back[_names(row)] = max(moment, taken_back.get(_names(row), -1))
    found: list[tuple[int, int]] = []
    for where, row in loves:
        rows.read += 1
        given = epoch(row.get("timeMs"))
        if row["event"] == "unlove":
            rows.reject(where, "takes a love back and is no verdict by itself")
        elif given <= taken_back.get(_names(row), -2):
            rows.reject(where, "is a love that was taken back")
        elif (track := rows.track(row.get("artist"), row.get("track"), row.get("album"))) is None:
            rows.reject(where, "has no artist or no title")
        else:
            found.append((track, given if believable(given) else 0))
    ids = rows.track_ids()
    likes = tuple(Feedback(ids[track], "like", at) for track, at in found)
    return replace(rows.build_file(), kind="choices", choices=Choices(feedback=likes))


def _names(row: dict[str, Any]) -> tuple[str, str]:
    artist, track = row.get("artist"), row.get("track")
    return (
        artist.casefold() if isinstance(artist, str) else "",
        track.casefold() if isinstance(track, str) else "",
    )


SOURCE = Source(name=NAME, label="Pano Scrobbler", sniff=sniff, parse=parse)
