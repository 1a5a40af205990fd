"""ListenBrainz: listens as JSON lines or as one array, and the loved and hated recordings.

Layout: https://listenbrainz.readthedocs.io/en/latest/users/json.html. Who listened
is never taken, nor are pins and the account, which the same archive holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from musicai.data.feedback import Choices, Feedback
from musicai.data.parsed import ParsedFile, ReadOptions, Source
from musicai.data.text_keys import normalise
from musicai.library.formats.fields import Complaints, parse_spotify_id
from musicai.library.formats.json_rows import (
    is_array,
    read_array_rows,
    read_first_object,
    read_lines,
)
from musicai.library.formats.scrobbles import Scrobbles, is_believable, parse_epoch, parse_length

NAME = "listenbrainz"

_HEAD_BYTES = 64 * 1024
_VERDICTS = {1: "like", -1: "dislike"}


def sniff(head: bytes) -> bool:
    """An object with a listen's keys, or with those of a verdict."""
    row = read_first_object(head)
    if row is None:
        return False
    return ("listened_at" in row and "track_metadata" in row) or _is_feedback(row)


def _is_feedback(row: dict[str, Any]) -> bool:
    return "score" in row and ("recording_msid" in row or "recording_mbid" in row)


def parse(data: bytes, file: str, options: ReadOptions) -> ParsedFile:
    """The listens of one file, or its verdicts.

    Raises:
        UnreadableFile: an array that is broken from its start.
    """
    rows = Scrobbles(file, NAME, Complaints(file))
    values = read_array_rows(data, rows) if is_array(data) else read_lines(data)
    first = read_first_object(data[:_HEAD_BYTES])
    if first is not None and _is_feedback(first):
        return _parse_feedback(rows, values)
    for where, row in values:
        _add_listen(rows, where, row)
    return rows.build_file()


def _as_dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _get_artists(metadata: dict[str, Any]) -> object:
    """The artists one by one where the row tells them apart, else the credit as it is.

    The names that the mapping to MusicBrainz gives are taken only if all of them are in the
    credit that the player sent: a wrong mapping names somebody else.
    """
    listed = _as_dict(metadata.get("additional_info")).get("artist_names")
    if isinstance(listed, list) and any(isinstance(name, str) and name.strip() for name in listed):
        return listed
    credit = metadata.get("artist_name")
    mapped = _as_dict(metadata.get("mbid_mapping")).get("artists")
    if isinstance(credit, str) and isinstance(mapped, list) and len(mapped) > 1:
        names = [_as_dict(one).get("artist_credit_name") for one in mapped]
        whole = f" {normalise(credit)} "
        if all(isinstance(name, str) and f" {normalise(name)} " in whole for name in names):
            return names
    return credit


def _find_track_id(info: dict[str, Any]) -> str:
    addresses = (info.get("spotify_id"), info.get("origin_url"))
    found = (parse_spotify_id(address) for address in addresses if isinstance(address, str))
    return next(filter(None, found), "")


def _add_listen(rows: Scrobbles, where: str, row: object) -> None:
    metadata = _as_dict(row).get("track_metadata")
    if isinstance(row, ValueError):
        rows.refuse(where, "is damaged or cut off")
    elif not isinstance(row, dict) or not isinstance(metadata, dict):
        rows.refuse(where, "is no listen (listened_at and track_metadata)")
    else:
        info = _as_dict(metadata.get("additional_info"))
        rows.add(
            where,
            _get_artists(metadata),
            metadata.get("track_name"),
            row.get("listened_at"),
            album=metadata.get("release_name"),
            track_id=_find_track_id(info),
            duration_ms=parse_length(info.get("duration_ms"))
            or parse_length(info.get("duration"), unit_ms=1000),
            heard_ms=parse_length(info.get("duration_played"), unit_ms=1000),
            code=info.get("isrc"),
        )


def _parse_feedback(rows: Scrobbles, values: Iterator[tuple[str, Any]]) -> ParsedFile:
    """The verdicts as choices; ``rows`` counts them and holds their tracks."""
    found: list[tuple[int, Any, int]] = []
    for where, value in values:
        rows.read += 1
        row = _as_dict(value)
        score = row.get("score")
        if type(score) is not int or score not in _VERDICTS:
            rows.reject(where, "has no score of 1 or -1")
            continue
        metadata = _as_dict(row.get("track_metadata"))
        track = rows.add_track(
            _get_artists(metadata),
            metadata.get("track_name"),
            metadata.get("release_name"),
            _find_track_id(_as_dict(metadata.get("additional_info"))),
        )
        if track is None:
            rows.reject(where, "names its recording by an id alone, without artist and title")
            continue
        given = parse_epoch(row.get("created"))
        found.append((track, _VERDICTS[score], given if is_believable(given) else 0))
    ids = rows.list_track_ids()
    verdicts = tuple(Feedback(ids[track], verdict, at) for track, verdict, at in found)
    return replace(rows.build_file(), kind="choices", choices=Choices(feedback=verdicts))


SOURCE = Source(name=NAME, label="ListenBrainz", sniff=sniff, parse=parse)
