"""Rows of answers, fresh or from the cache → the values of the module ``models``.

A row of which the needed parts are absent or of a wrong type is left out; nothing raises.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rapidfuzz import fuzz

from musicai.data import text_keys
from musicai.data.text_keys import normalise, title_key
from musicai.integrations.metabrainz.models import (
    ArtistRef,
    ArtistTag,
    Listened,
    NewRelease,
    RecordingFacts,
    RecordingName,
    Resolved,
    SimilarArtist,
)
from musicai.library.matching import find_versions

ALIKE = 0.9
"""Likeness, 0 to 1, of the artist and of the title from which an answer is taken."""

_NUMBERS = re.compile(r"\d+")


def likeness(one: str, other: str) -> float:
    """Normalised indel similarity of two normalised names, 0 to 1; 0 where one is empty."""
    if not one or not other:
        return 0.0
    return fuzz.ratio(normalise(one), normalise(other)) / 100.0


def same_title(asked: str, told: str) -> bool:
    """Whether two titles are alike, apart from guests and marks of a re-issue.

    Another number ("Part 2") or version ("Live") is another recording however alike the rest is.
    """
    one, other = title_key(asked), title_key(told)
    return (
        fuzz.ratio(one, other) >= ALIKE * 100.0
        and _NUMBERS.findall(one) == _NUMBERS.findall(other)
        and find_versions(asked) == find_versions(told)
    )


def same_artist(asked: str, told: Sequence[str]) -> bool:
    """Whether one of the names under which the artist is credited is alike."""
    return any(likeness(asked, name) >= ALIKE for name in told)


LONGEST_TEXT = 500
"""Characters of a name that are kept."""

DEEPEST = 8
"""Levels of an answer that are kept."""

_MBID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_SPOTIFY = re.compile(r"[0-9A-Za-z]{22}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_YEAR = re.compile(r"([0-9]{4})(?:-|$)")
YEARS = range(1850, 2200)
"""Years that a recording can be of."""


def parse_mbid(value: Any) -> str:
    """The id in lower case, or "" for what is none."""
    lower = value.lower() if isinstance(value, str) else ""
    return lower if _MBID.fullmatch(lower) else ""


def parse_mbids(value: Any) -> tuple[str, ...]:
    """The ids of a list, each once."""
    return tuple(dict.fromkeys(one for one in map(parse_mbid, parse_items(value)) if one))


def spotify_id(value: Any) -> str:
    """The id of a Spotify track, or "" for what is none."""
    return value if isinstance(value, str) and _SPOTIFY.fullmatch(value) else ""


def parse_text(value: Any) -> str:
    """A name on one line without control characters; "" for what is no text."""
    if not isinstance(value, str):
        return ""
    shown = "".join(ch if ch.isprintable() else " " for ch in value[:LONGEST_TEXT])
    return " ".join(shown.split())


def parse_count(value: Any) -> int | None:
    """A whole number from 0 on; None for null and everything else."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value < 2**53 else None


def parse_positive(value: Any) -> float:
    """A finite number above 0; NaN for everything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.nan
    return float(value) if math.isfinite(value) and 0 < value < 1e15 else math.nan


def parse_year(value: Any) -> float:
    """The year of a date or a number; NaN where there is none."""
    if isinstance(value, str):
        found = _YEAR.match(value)
        value = int(found[1]) if found else None
    if isinstance(value, bool) or not isinstance(value, int) or value not in YEARS:
        return math.nan
    return float(value)


def date(value: Any) -> str:
    """A whole date, or ""."""
    return value if isinstance(value, str) and _DATE.fullmatch(value) else ""


def parse_items(value: Any) -> list[Any]:
    """The list, or an empty one for what is none."""
    return value if isinstance(value, list) else []


def entries(value: Any) -> dict[str, Any]:
    """The object, or an empty one for what is none."""
    return value if isinstance(value, dict) else {}


def parse_rows(value: Any) -> Iterator[dict[str, Any]]:
    """The objects of a list; anything else in it is passed over."""
    return (row for row in parse_items(value) if isinstance(row, dict))


def prune_answer(value: Any, keys: Iterable[str], depth: int = DEEPEST) -> Any:
    """The answer with these fields alone and no deeper than ``depth``, so that little is kept."""
    if isinstance(value, dict | list) and not depth:
        return None
    if isinstance(value, dict):
        return {k: prune_answer(value[k], keys, depth - 1) for k in keys if k in value}
    if isinstance(value, list):
        return [prune_answer(one, keys, depth - 1) for one in value]
    return value


def parse_lookup(row: Any, asked: RecordingName) -> Resolved | None:
    """The answer of a lookup, if it is like what was asked.

    Its key is the whole credit; where the answer does not repeat that, the asked artist stands.
    """
    row = entries(row)
    artist = text_keys.first_artist(asked.artist)
    credit = parse_text(row.get("artist_credit_name")) or artist
    name, recording = parse_text(row.get("recording_name")), parse_mbid(row.get("recording_mbid"))
    if not recording or not same_artist(artist, [credit]) or not same_title(asked.title, name):
        return None
    artists = parse_mbids(row.get("artist_mbids"))
    return Resolved(recording, name, artists, credit, parse_mbid(row.get("release_mbid")))


def parse_search(hits: Any, asked: RecordingName) -> Resolved | None:
    """The best hit of a search that is like what was asked.

    First one on the asked album, then one without a remark such as "live", then the host's order.
    """
    best: tuple[tuple[bool, bool], Resolved] | None = None
    for hit in parse_rows(hits):
        credits = list(parse_rows(hit.get("artist-credit")))
        people = [entries(credit.get("artist")) for credit in credits]
        names = [
            parse_text(credit.get("name")) or parse_text(person.get("name"))
            for credit, person in zip(credits, people, strict=True)
        ]
        recording, name = parse_mbid(hit.get("id")), parse_text(hit.get("title"))
        asked_artist = text_keys.first_artist(asked.artist)
        if not recording or not same_artist(asked_artist, [" ".join(names), *names[:1]]):
            continue
        if not same_title(asked.title, name):
            continue
        release = _release(hit, asked.album)
        rank = (not release, bool(parse_text(hit.get("disambiguation"))))
        if best is None or rank < best[0]:
            artists = parse_mbids([person.get("id") for person in people])
            best = (rank, Resolved(recording, name, artists, "; ".join(names), release))
    return best[1] if best else None


def _release(hit: dict[str, Any], album: str) -> str:
    """The id of the release of that name, or ""."""
    for release in parse_rows(hit.get("releases")):
        if likeness(parse_text(release.get("title")), album) >= ALIKE:
            return parse_mbid(release.get("id"))
    return ""


def artist(hits: Any, asked: str) -> str | None:
    """The id of the artist whose name is most like the asked one, the host's order deciding."""
    best, found = 0.0, None
    for hit in parse_rows(hits):
        alike = likeness(asked, parse_text(hit.get("name")))
        if alike >= ALIKE and alike > best and parse_mbid(hit.get("id")):
            best, found = alike, parse_mbid(hit.get("id"))
    return found


def facts(row: Any, mbid: str) -> RecordingFacts | None:
    """What is known of a recording; None where even its names are not."""
    row = entries(row)
    recording, credit = entries(row.get("recording")), entries(row.get("artist"))
    release = entries(row.get("release"))
    name, artist_name = parse_text(recording.get("name")), parse_text(credit.get("name"))
    if not name or not artist_name:
        return None
    artists = [
        ArtistRef(parse_mbid(one.get("artist_mbid")), parse_text(one.get("name")))
        for one in parse_rows(credit.get("artists"))
    ]
    year = parse_year(recording.get("first_release_date"))
    codes = [parse_text(one) for one in parse_items(recording.get("isrcs"))]
    return RecordingFacts(
        recording=mbid,
        name=name,
        artist_name=artist_name,
        artists=tuple(one for one in artists if one.mbid and one.name),
        length_ms=parse_positive(recording.get("length")),
        year=parse_year(release.get("year")) if math.isnan(year) else year,
        isrc=next(filter(None, map(text_keys.isrc, codes)), ""),
        release_name=parse_text(release.get("name")),
        tags=_tags(entries(row.get("tag"))),
    )


def _tags(told: dict[str, Any]) -> tuple[ArtistTag, ...]:
    """Each tag once with its most votes, most first; voted down ones are left out."""
    best: dict[str, ArtistTag] = {}
    for level in ("recording", "release_group", "artist"):
        for row in parse_rows(told.get(level)):
            tag, votes = parse_text(row.get("tag")).casefold(), parse_count(row.get("count"))
            if tag and votes and (tag not in best or best[tag].count < votes):
                best[tag] = ArtistTag(tag, votes, bool(parse_mbid(row.get("genre_mbid"))))
    return tuple(sorted(best.values(), key=lambda one: (-one.count, one.tag)))


def similar(rows: Any, seed: str) -> list[SimilarArtist]:
    """Similar artists, most similar first, as shares of the best; each once, the seed left out."""
    raw: dict[str, tuple[float, str]] = {}
    for row in parse_rows(rows):
        one, score = parse_mbid(row.get("artist_mbid")), parse_positive(row.get("score"))
        if one and one != seed and score > raw.get(one, (0.0, ""))[0]:
            raw[one] = (score, parse_text(row.get("name")))
    best = max((score for score, _ in raw.values()), default=1.0)
    found = [SimilarArtist(one, name, score / best) for one, (score, name) in raw.items()]
    return sorted(found, key=lambda one: (-one.score, one.artist))


def parse_popular(rows: Any) -> list[Listened]:
    """Recordings in the host's order, each once."""
    found: dict[str, Listened] = {}
    for row in parse_rows(rows):
        one = parse_mbid(row.get("recording_mbid"))
        artists = parse_mbids(row.get("artist_mbids"))
        similar_artist = parse_mbid(row.get("similar_artist_mbid"))
        if one and one not in found:
            found[one] = Listened(
                recording=one,
                name=parse_text(row.get("recording_name")),
                artist_name=parse_text(row.get("artist_name") or row.get("similar_artist_name")),
                artists=artists or ((similar_artist,) if similar_artist else ()),
                release_name=parse_text(row.get("release_name")),
                length_ms=parse_positive(row.get("length")),
                listeners=parse_count(row.get("total_user_count")),
                listens=parse_count(row.get("total_listen_count")),
            )
    return list(found.values())


def parse_browse(rows: Any, release_name: str = "") -> list[Listened]:
    """Recordings as MusicBrainz lists them, each once; videos are left out."""
    found: dict[str, Listened] = {}
    for row in parse_rows(rows):
        credits = list(parse_rows(row.get("artist-credit")))
        people = [entries(credit.get("artist")) for credit in credits]
        names = [
            parse_text(credit.get("name")) or parse_text(person.get("name"))
            for credit, person in zip(credits, people, strict=True)
        ]
        one, name = parse_mbid(row.get("id")), parse_text(row.get("title"))
        if one and name and row.get("video") is not True and one not in found:
            found[one] = Listened(
                recording=one,
                name=name,
                artist_name="; ".join(filter(None, names)),
                artists=parse_mbids([person.get("id") for person in people]),
                release_name=release_name,
                length_ms=parse_positive(row.get("length")),
            )
    return list(found.values())


def release_tracks(rows: Any) -> list[Listened]:
    """The recordings on a release, in its order."""
    for release in parse_rows(rows):
        media = parse_rows(release.get("media"))
        tracks = [track for medium in media for track in parse_rows(medium.get("tracks"))]
        credit = release.get("artist-credit")
        recordings = [
            {"artist-credit": track.get("artist-credit") or credit}
            | entries(track.get("recording"))
            for track in tracks
        ]
        return parse_browse(recordings, parse_text(release.get("title")))
    return []


def releases(rows: Any) -> list[NewRelease]:
    """New releases in the host's order, each group once."""
    found: dict[str, NewRelease] = {}
    for row in parse_rows(rows):
        group, artists = (
            parse_mbid(row.get("release_group_mbid")),
            parse_mbids(row.get("artist_mbids")),
        )
        if group and artists and group not in found:
            found[group] = NewRelease(
                artists=artists,
                artist_name=parse_text(row.get("artist_credit_name")),
                release_group=group,
                name=parse_text(row.get("release_name")),
                date=date(row.get("release_date")),
            )
    return list(found.values())
