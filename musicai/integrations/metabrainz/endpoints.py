"""What each endpoint is asked, and its answer as one row for each question.

Every function here takes questions (text → what is asked) and a way to make a call, and gives
question → row. A row holds the fields that ``musicai.integrations.metabrainz.parsing`` reads and no
others. A question that the host knows nothing of is absent or None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from musicai.data.text_keys import first_artist, normalise
from musicai.integrations.metabrainz import parsing
from musicai.integrations.metabrainz.models import RecordingName
from musicai.integrations.metabrainz.transport import Call

Ask = Callable[[Call], Any]
Rows = dict[str, Any]

LONGEST_NAMES = 250
"""Characters of artist, title and album together that ListenBrainz takes for one recording."""

SIMILAR_ARTISTS = (
    "session_based_days_7500_session_300_contribution_5_threshold_10_limit_100_filter_True_skip_30"
)
"""The data set of similar artists that ListenBrainz itself shows."""

RADIO_ARTISTS = 20
"""Artists of one artist radio, and recordings of each."""

RADIO_RECORDINGS = 10

TAGGED = 100
"""Recordings of one tag radio."""

TOP = 100
"""Recordings of an artist that are kept, the most played."""

BROWSE = 100
"""Recordings of an artist that MusicBrainz lists at once; which ones it lists says nothing."""

FRESH_DAYS = 90

FOUND = 25
"""Hits of a search that are looked at."""

_SPOTIFY_TRACK = "https://open.spotify.com/track/"


@dataclass(frozen=True)
class Kind:
    """One kind of question."""

    name: str
    """Under which answers are kept."""
    days: int
    """How long an answer counts; that nothing is known counts for 30 days at most."""
    doing: str
    """What the person is told meanwhile."""
    batch: int = 1
    """Questions of one call."""


LOOKUP = Kind("lookup", 180, "looking up recordings by name", 50)
SEARCH = Kind("search", 180, "searching for recordings by name")
SPOTIFY_URL = Kind("spotify-url", 180, "looking up Spotify ids", 50)
ARTIST = Kind("artist", 180, "searching for artists")
RECORDING = Kind("recording", 90, "reading tags and years", 500)
POPULARITY = Kind("popularity", 30, "reading how many people listen", 500)
SIMILAR = Kind("similar-artists", 30, "reading similar artists")
TOP_RECORDINGS = Kind("top-recordings", 30, "reading what is played most of an artist")
ARTIST_RADIO = Kind("artist-radio", 30, "listening to artist radios")
TAG_RADIO = Kind("tag-radio", 30, "listening to tag radios")
FRESH = Kind("fresh-releases", 1, "reading new releases")
BROWSED = Kind("artist-recordings", 90, "reading what an artist recorded")
RELEASE_TRACKS = Kind("release-tracks", 30, "reading the tracks of new releases")
SPOTIFY_IDS = Kind("spotify-ids", 180, "looking for Spotify ids", 50)

_LOOKUP_KEYS = (
    "recording_mbid", "recording_name", "artist_mbids", "artist_credit_name", "release_mbid"
)  # fmt: skip
_SEARCH_KEYS = (
    "id", "title", "name", "disambiguation", "artist-credit", "artist", "releases"
)  # fmt: skip
_FACT_KEYS = (
    "recording", "artist", "release", "tag", "name", "length", "isrcs", "first_release_date",
    "artists", "artist_mbid", "year", "release_group", "count", "genre_mbid",
)  # fmt: skip
_LISTENED_KEYS = (
    "recording_mbid", "recording_name", "artist_name", "artist_mbids", "similar_artist_mbid",
    "similar_artist_name", "release_name", "length", "total_listen_count", "total_user_count",
)  # fmt: skip
_SIMILAR_KEYS = ("artist_mbid", "name", "score", "reference_mbid")
_BROWSED_KEYS = (
    "id", "title", "length", "artist-credit", "artist", "name", "video", "media", "tracks",
    "recording",
)  # fmt: skip
_RELEASE_KEYS = (
    "artist_mbids", "artist_credit_name", "release_group_mbid", "release_name", "release_date"
)  # fmt: skip


# --- by name ------------------------------------------------------------------------------


def names_of(named: RecordingName) -> dict[str, str] | None:
    """What ListenBrainz is asked of a recording; None for what it would turn down.

    One item too long or empty would cost the whole batch, and so would an album that is null
    rather than absent.
    """
    artist, title = parsing.parse_text(first_artist(named.artist)), parsing.parse_text(named.title)
    album = parsing.parse_text(named.album)
    if not artist or not title:
        return None
    asked = {"artist_name": artist, "recording_name": title}
    if album and len(artist) + len(title) + len(album) <= LONGEST_NAMES:
        asked["release_name"] = album
    return asked if len(artist) + len(title) <= LONGEST_NAMES else None


def apart(asked: Mapping[str, str]) -> str:
    """Equal for two items of which ListenBrainz would answer but one within a batch."""
    return normalise(f"{asked['artist_name']}{asked['recording_name']}").replace(" ", "")


def lookup(ask: Ask, questions: Mapping[str, Mapping[str, str]]) -> Rows:
    """Recordings by exact names; the host joins its answers by position."""
    body = {"recordings": list(questions.values())}
    answer = ask(Call("listenbrainz", "/1/metadata/lookup/", body=body, needs_token=True))
    order = list(questions)
    found = {}
    for row in parsing.parse_rows(answer):
        index = parsing.parse_count(row.get("index"))
        if (
            index is not None
            and index < len(order)
            and parsing.parse_mbid(row.get("recording_mbid"))
        ):
            found[order[index]] = parsing.prune_answer(row, _LOOKUP_KEYS)
    return found


def search(ask: Ask, questions: Mapping[str, Mapping[str, str]]) -> Rows:
    """Recordings by a search for their names."""
    ((question, asked),) = questions.items()
    query = (
        f"recording:{_phrase(asked['recording_name'])} AND artist:{_phrase(asked['artist_name'])}"
    )
    return {question: _search(ask, "recording", query, "recordings")}


def artist(ask: Ask, questions: Mapping[str, str]) -> Rows:
    """Artists by a search for their name."""
    ((question, name),) = questions.items()
    return {question: _search(ask, "artist", f"artist:{_phrase(name)}", "artists")}


def _search(ask: Ask, what: str, query: str, listed: str) -> Any:
    parameters = [("query", query), ("limit", str(FOUND)), ("fmt", "json")]
    answer = ask(Call("musicbrainz", f"/{what}", parameters))
    hits = parsing.parse_items(parsing.entries(answer).get(listed))[:FOUND]
    return parsing.prune_answer(hits, _SEARCH_KEYS) or None


def name_of_artist(name: str) -> str:
    """The name as it is asked for; "" for what cannot be."""
    clean = parsing.parse_text(first_artist(name))
    return clean if len(clean) <= LONGEST_NAMES else ""


def _phrase(name: str) -> str:
    """The name as one phrase of the search language, in which only these two are special."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


# --- by id --------------------------------------------------------------------------------


def spotify_url(ask: Ask, questions: Mapping[str, str]) -> Rows:
    """Recording ids of Spotify tracks; one that is alone comes without a list around it."""
    parameters = [("resource", _SPOTIFY_TRACK + track) for track in questions.values()]
    parameters += [("inc", "recording-rels"), ("fmt", "json")]
    answer = parsing.entries(ask(Call("musicbrainz", "/url", parameters)))
    urls = answer.get("urls", [answer])
    by_track = {track: question for question, track in questions.items()}
    found = {}
    for url in parsing.parse_rows(urls):
        resource = url.get("resource")
        track = resource.rsplit("/", 1)[-1] if isinstance(resource, str) else ""
        recordings = [
            parsing.parse_mbid(parsing.entries(relation.get("recording")).get("id"))
            for relation in parsing.parse_rows(url.get("relations"))
        ]
        recording = next(filter(None, recordings), "")
        if track in by_track and recording:
            found[by_track[track]] = recording
    return found


def recording(ask: Ask, questions: Mapping[str, str]) -> Rows:
    """Names, years and tags of recordings; merged ids are absent."""
    body = {"recording_mbids": list(questions.values()), "inc": "artist tag release"}
    answer = ask(Call("listenbrainz", "/1/metadata/recording/", body=body))
    return _by_question(
        questions,
        {
            key: parsing.prune_answer(row, _FACT_KEYS)
            for key, row in parsing.entries(answer).items()
            if isinstance(row, dict)
        },
    )


def popularity(ask: Ask, questions: Mapping[str, str]) -> Rows:
    """How many people listened to a recording; null means that it is not known."""
    body = {"recording_mbids": list(questions.values())}
    answer = ask(Call("listenbrainz", "/1/popularity/recording", body=body))
    told = {
        row.get("recording_mbid"): parsing.parse_count(row.get("total_user_count"))
        for row in parsing.parse_rows(answer)
        if isinstance(row.get("recording_mbid"), str)
    }
    return _by_question(questions, told)


def spotify_ids(ask: Ask, questions: Mapping[str, str]) -> Rows:
    """Spotify ids of recordings; the host leaves rows out, so they are joined by id."""
    body = [{"recording_mbid": one} for one in questions.values()]
    answer = ask(Call("labs", "/spotify-id-from-mbid/json", body=body))
    told: dict[Any, list[str]] = {}
    for row in parsing.parse_rows(answer):
        ids = [parsing.spotify_id(one) for one in parsing.parse_items(row.get("spotify_track_ids"))]
        if isinstance(row.get("recording_mbid"), str):
            told.setdefault(row["recording_mbid"], []).extend(filter(None, ids))
    return _by_question(questions, {key: ids for key, ids in told.items() if ids})


def _by_question(questions: Mapping[str, str], told: Mapping[Any, Any]) -> Rows:
    by_mbid = {one: question for question, one in questions.items()}
    found = {}
    for key, row in told.items():
        question = by_mbid.get(parsing.parse_mbid(key))
        if question is not None:
            found[question] = row
    return found


# --- one seed a call ----------------------------------------------------------------------


def similar(ask: Ask, questions: Mapping[str, tuple[str, str]]) -> Rows:
    """Artists like one artist; with several seeds a call would not tell whose they are."""
    ((question, (seed, algorithm)),) = questions.items()
    parameters = [("artist_mbids", seed), ("algorithm", algorithm)]
    answer = ask(Call("labs", "/similar-artists/json", parameters))
    rows = parsing.prune_answer(parsing.parse_items(answer), _SIMILAR_KEYS)
    return {
        question: [
            row for row in parsing.parse_rows(rows) if row.get("reference_mbid") in (None, seed)
        ]
    }


def top_recordings(ask: Ask, questions: Mapping[str, str]) -> Rows:
    """What is played most of an artist."""
    ((question, seed),) = questions.items()
    path = f"/1/popularity/top-recordings-for-artist/{quote(seed)}"
    answer = ask(Call("listenbrainz", path, needs_token=True))
    rows = sorted(
        parsing.parse_rows(answer),
        key=lambda r: -(parsing.parse_count(r.get("total_user_count")) or 0),
    )
    return {question: parsing.prune_answer(rows[:TOP], _LISTENED_KEYS)}


def artist_radio(ask: Ask, questions: Mapping[str, str]) -> Rows:
    """Recordings of an artist and of similar ones, drawn at random by the host."""
    ((question, seed),) = questions.items()
    parameters = [
        ("mode", "easy"),
        ("max_similar_artists", str(RADIO_ARTISTS)),
        ("max_recordings_per_artist", str(RADIO_RECORDINGS)),
        ("pop_begin", "0"),
        ("pop_end", "100"),
    ]
    answer = ask(Call("listenbrainz", f"/1/lb-radio/artist/{quote(seed)}", parameters))
    each = [
        row for listed in parsing.entries(answer).values() for row in parsing.parse_rows(listed)
    ]
    return {question: parsing.prune_answer(each, _LISTENED_KEYS)}


def tag_radio(ask: Ask, questions: Mapping[str, str]) -> Rows:
    """Recordings of a tag, drawn at random by the host.

    Its ``percent`` looks inverted and leaves recent music out, so it is not read.
    """
    ((question, tag),) = questions.items()
    parameters = [("tag", tag), ("pop_begin", "0"), ("pop_end", "100"), ("count", str(TAGGED))]
    answer = ask(Call("listenbrainz", "/1/lb-radio/tags", parameters))
    return {question: parsing.prune_answer(parsing.parse_items(answer), _LISTENED_KEYS)}


def fresh(ask: Ask, questions: Mapping[str, None]) -> Rows:
    """Releases of the last weeks and the next ones, of all artists."""
    (question,) = questions
    path = "/1/explore/fresh-releases/"
    answer = ask(Call("listenbrainz", path, [("days", str(FRESH_DAYS))]))
    releases = parsing.entries(parsing.entries(answer).get("payload")).get("releases")
    return {question: parsing.prune_answer(parsing.parse_items(releases), _RELEASE_KEYS)}


def browse_recordings(ask: Ask, questions: Mapping[str, str]) -> Rows:
    """Recordings of an artist as MusicBrainz lists them; how popular each is, it does not know."""
    ((question, seed),) = questions.items()
    parameters = [("artist", seed), ("inc", "artist-credits"), ("limit", str(BROWSE))]
    answer = ask(Call("musicbrainz", "/recording", [*parameters, ("fmt", "json")]))
    listed = parsing.parse_items(parsing.entries(answer).get("recordings"))[:BROWSE]
    return {question: parsing.prune_answer(listed, _BROWSED_KEYS) or None}


def release_tracks(ask: Ask, questions: Mapping[str, str]) -> Rows:
    """The first release of a release group, with its media and their tracks."""
    ((question, group),) = questions.items()
    parameters = [("release-group", group), ("inc", "recordings artist-credits"), ("limit", "1")]
    answer = ask(Call("musicbrainz", "/release", [*parameters, ("fmt", "json")]))
    listed = parsing.parse_items(parsing.entries(answer).get("releases"))[:1]
    return {question: parsing.prune_answer(listed, _BROWSED_KEYS) or None}
