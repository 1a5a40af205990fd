"""Rows of answers, fresh or from the cache → the values of ``musicai.open_data.answers``.

A row of which the needed parts are absent or of a wrong type is left out; nothing raises.
"""

from __future__ import annotations

import math
from typing import Any

from musicai.data import text_keys
from musicai.open_data import values
from musicai.open_data.answers import (
    ArtistRef,
    ArtistTag,
    Listened,
    Named,
    RecordingFacts,
    Release,
    Resolved,
    SimilarArtist,
)
from musicai.open_data.likeness import ALIKE, likeness, same_artist, same_title


def looked_up(row: Any, asked: Named) -> Resolved | None:
    """The answer of a lookup, if it is like what was asked.

    Its key is the whole credit; where the answer does not repeat that, the asked artist stands.
    """
    row = values.entries(row)
    artist = text_keys.first_artist(asked.artist)
    credit = values.text(row.get("artist_credit_name")) or artist
    name, recording = values.text(row.get("recording_name")), values.mbid(row.get("recording_mbid"))
    if not recording or not same_artist(artist, [credit]) or not same_title(asked.title, name):
        return None
    artists = values.mbids(row.get("artist_mbids"))
    return Resolved(recording, name, artists, credit, values.mbid(row.get("release_mbid")))


def searched(hits: Any, asked: Named) -> Resolved | None:
    """The best hit of a search that is like what was asked.

    First one on the asked album, then one without a remark such as "live", then the host's order.
    """
    best: tuple[tuple[bool, bool], Resolved] | None = None
    for hit in values.rows(hits):
        credits = list(values.rows(hit.get("artist-credit")))
        people = [values.entries(credit.get("artist")) for credit in credits]
        names = [
            values.text(credit.get("name")) or values.text(person.get("name"))
            for credit, person in zip(credits, people, strict=True)
        ]
        recording, name = values.mbid(hit.get("id")), values.text(hit.get("title"))
        asked_artist = text_keys.first_artist(asked.artist)
        if not recording or not same_artist(asked_artist, [" ".join(names), *names[:1]]):
            continue
        if not same_title(asked.title, name):
            continue
        release = _release(hit, asked.album)
        rank = (not release, bool(values.text(hit.get("disambiguation"))))
        if best is None or rank < best[0]:
            artists = values.mbids([person.get("id") for person in people])
            best = (rank, Resolved(recording, name, artists, "; ".join(names), release))
    return best[1] if best else None


def _release(hit: dict[str, Any], album: str) -> str:
    """The id of the release of that name, or ""."""
    for release in values.rows(hit.get("releases")):
        if likeness(values.text(release.get("title")), album) >= ALIKE:
            return values.mbid(release.get("id"))
    return ""


def artist(hits: Any, asked: str) -> str | None:
    """The id of the artist whose name is most like the asked one, the host's order deciding."""
    best, found = 0.0, None
    for hit in values.rows(hits):
        alike = likeness(asked, values.text(hit.get("name")))
        if alike >= ALIKE and alike > best and values.mbid(hit.get("id")):
            best, found = alike, values.mbid(hit.get("id"))
    return found


def facts(row: Any, mbid: str) -> RecordingFacts | None:
    """What is known of a recording; None where even its names are not."""
    row = values.entries(row)
    recording, credit = values.entries(row.get("recording")), values.entries(row.get("artist"))
    release = values.entries(row.get("release"))
    name, artist_name = values.text(recording.get("name")), values.text(credit.get("name"))
    if not name or not artist_name:
        return None
    artists = [
        ArtistRef(values.mbid(one.get("artist_mbid")), values.text(one.get("name")))
        for one in values.rows(credit.get("artists"))
    ]
    year = values.year(recording.get("first_release_date"))
    codes = [values.text(one) for one in values.items(recording.get("isrcs"))]
    return RecordingFacts(
        recording=mbid,
        name=name,
        artist_name=artist_name,
        artists=tuple(one for one in artists if one.mbid and one.name),
        length_ms=values.positive(recording.get("length")),
        year=values.year(release.get("year")) if math.isnan(year) else year,
        isrc=next(filter(None, map(text_keys.isrc, codes)), ""),
        release_name=values.text(release.get("name")),
        tags=_tags(values.entries(row.get("tag"))),
    )


def _tags(told: dict[str, Any]) -> tuple[ArtistTag, ...]:
    """Each tag once with its most votes, most first; voted down ones are left out."""
    best: dict[str, ArtistTag] = {}
    for level in ("recording", "release_group", "artist"):
        for row in values.rows(told.get(level)):
            tag, votes = values.text(row.get("tag")).casefold(), values.count(row.get("count"))
            if tag and votes and (tag not in best or best[tag].count < votes):
                best[tag] = ArtistTag(tag, votes, bool(values.mbid(row.get("genre_mbid"))))
    return tuple(sorted(best.values(), key=lambda one: (-one.count, one.tag)))


def similar(rows: Any, seed: str) -> list[SimilarArtist]:
    """Similar artists, most similar first, as shares of the best; each once, the seed left out."""
    raw: dict[str, tuple[float, str]] = {}
    for row in values.rows(rows):
        one, score = values.mbid(row.get("artist_mbid")), values.positive(row.get("score"))
        if one and one != seed and score > raw.get(one, (0.0, ""))[0]:
            raw[one] = (score, values.text(row.get("name")))
    best = max((score for score, _ in raw.values()), default=1.0)
    found = [SimilarArtist(one, name, score / best) for one, (score, name) in raw.items()]
    return sorted(found, key=lambda one: (-one.score, one.artist))


def listened(rows: Any) -> list[Listened]:
    """Recordings in the host's order, each once."""
    found: dict[str, Listened] = {}
    for row in values.rows(rows):
        one = values.mbid(row.get("recording_mbid"))
        artists = values.mbids(row.get("artist_mbids"))
        similar_artist = values.mbid(row.get("similar_artist_mbid"))
        if one and one not in found:
            found[one] = Listened(
                recording=one,
                name=values.text(row.get("recording_name")),
                artist_name=values.text(row.get("artist_name") or row.get("similar_artist_name")),
                artists=artists or ((similar_artist,) if similar_artist else ()),
                release_name=values.text(row.get("release_name")),
                length_ms=values.positive(row.get("length")),
                listeners=values.count(row.get("total_user_count")),
                listens=values.count(row.get("total_listen_count")),
            )
    return list(found.values())


def browsed(rows: Any, release_name: str = "") -> list[Listened]:
    """Recordings as MusicBrainz lists them, each once; videos are left out."""
    found: dict[str, Listened] = {}
    for row in values.rows(rows):
        credits = list(values.rows(row.get("artist-credit")))
        people = [values.entries(credit.get("artist")) for credit in credits]
        names = [
            values.text(credit.get("name")) or values.text(person.get("name"))
            for credit, person in zip(credits, people, strict=True)
        ]
        one, name = values.mbid(row.get("id")), values.text(row.get("title"))
        if one and name and row.get("video") is not True and one not in found:
            found[one] = Listened(
                recording=one,
                name=name,
                artist_name="; ".join(filter(None, names)),
                artists=values.mbids([person.get("id") for person in people]),
                release_name=release_name,
                length_ms=values.positive(row.get("length")),
            )
    return list(found.values())


def release_tracks(rows: Any) -> list[Listened]:
    """The recordings on a release, in its order."""
    for release in values.rows(rows):
        media = values.rows(release.get("media"))
        tracks = [track for medium in media for track in values.rows(medium.get("tracks"))]
        credit = release.get("artist-credit")
        recordings = [
            {"artist-credit": track.get("artist-credit") or credit}
            | values.entries(track.get("recording"))
            for track in tracks
        ]
        return browsed(recordings, values.text(release.get("title")))
    return []


def releases(rows: Any) -> list[Release]:
    """New releases in the host's order, each group once."""
    found: dict[str, Release] = {}
    for row in values.rows(rows):
        group, artists = (
            values.mbid(row.get("release_group_mbid")),
            values.mbids(row.get("artist_mbids")),
        )
        if group and artists and group not in found:
            found[group] = Release(
                artists=artists,
                artist_name=values.text(row.get("artist_credit_name")),
                release_group=group,
                name=values.text(row.get("release_name")),
                date=values.date(row.get("release_date")),
            )
    return list(found.values())
