"""The three hosts of open data on a port of this machine, with answers that a test lays down.

In a test: ``with Stub() as stub: stub.on("GET", "/labs/similar-artists/json", [...])``, then a
client on ``stub.hosts``, or a program with ``MUSICAI_OPEN_DATA_HOST`` set to ``stub.address``.
``World(...).serve(stub)`` answers every endpoint from a small invented world.

As a program, ``python -m tests.open_data_stub`` serves such a world, prints its address and ends
with its standard input.
"""

from __future__ import annotations

import contextlib
import json
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from musicai.data.text_keys import normalise
from musicai.integrations.metabrainz.transport import Hosts

ANY = object()
"""A fixture with this body answers whatever is posted."""


@dataclass(frozen=True)
class Seen:
    """A request that came."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    raw: bytes
    at: float
    """``time.monotonic()``, or the watch that the stub was given."""

    @property
    def body(self) -> Any:
        return json.loads(self.raw) if self.raw else None


@dataclass(frozen=True)
class Reply:
    """What to answer; ``body`` rather than ``data`` for what is no JSON."""

    data: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    promised: int = 0
    """Bytes that the header promises beyond those that come."""
    hang: float = 0.0
    """Seconds before the answer."""
    hang_within: float = 0.0
    """Seconds between what comes and what was promised beyond it."""
    pace: Callable[[], None] | None = None
    """Called before each ten bytes that are sent."""

    def content(self) -> bytes:
        return json.dumps(self.data).encode() if self.body is None else self.body


Answering = Callable[[Seen], "Reply | Any"]


@dataclass
class _Fixture:
    method: str
    path: str
    body: Any
    answer: Answering
    left: float

    def fits(self, seen: Seen) -> bool:
        there = self.left > 0 and (self.method, self.path) == (seen.method, seen.path)
        return there and (self.body is ANY or self.body == seen.body)


class Stub:
    """A server on a free port; stops when the block ends."""

    def __init__(self, watch: Callable[[], float] = time.monotonic) -> None:
        self.seen: list[Seen] = []
        self.watch = watch
        self._fixtures: list[_Fixture] = []
        self._lock = threading.Lock()
        self.ending = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.ending.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def hosts(self) -> Hosts:
        return Hosts(
            *(f"{self.address}/{name}" for name in ("listenbrainz", "labs", "musicbrainz"))
        )

    def on(
        self,
        method: str,
        path: str,
        answer: Answering | Reply | Any,
        *,
        body: Any = ANY,
        times: float = float("inf"),
    ) -> None:
        """Answer this from now on, or so many times; what was laid down last comes first."""
        fixed = answer if callable(answer) else lambda seen: answer
        with self._lock:
            self._fixtures.insert(0, _Fixture(method, path, body, fixed, times))

    def asked(self, path: str) -> list[Seen]:
        """The requests to a path."""
        return [seen for seen in self.seen if seen.path == path]

    def answer(self, seen: Seen) -> Reply:
        with self._lock:
            self.seen.append(seen)
            fixture = next((one for one in self._fixtures if one.fits(seen)), None)
            if fixture is not None:
                fixture.left -= 1
        if fixture is None:
            return Reply({"code": 404, "error": "not laid down in this stub"}, 404)
        told = fixture.answer(seen)
        reply = told if isinstance(told, Reply) else Reply(told)
        self.ending.wait(reply.hang)
        return reply


def _handler(stub: Stub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            query = parse_qs(parts.query, keep_blank_values=True)
            seen = Seen(self.command, parts.path, query, headers, raw, stub.watch())
            reply = stub.answer(seen)
            content = reply.content()
            self.close_connection = True  # no idle connection outlives its test
            with contextlib.suppress(ConnectionError):  # the client may have given up
                self.send_response(reply.status)
                sent = {"Content-Type": "application/json", **reply.headers}
                for name, value in sent.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content) + reply.promised))
                self.send_header("Connection", "close")
                self.end_headers()
                step = 10 if reply.pace else len(content) or 1
                for start in range(0, len(content), step):
                    if reply.pace:
                        reply.pace()
                    self.wfile.write(content[start : start + step])
                stub.ending.wait(reply.hang_within)

        do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 (the standard library's names)

        def log_message(self, format: str, *args: object) -> None:
            """Print nothing."""

    return Handler


# --- a world ------------------------------------------------------------------------------


def made_id(*parts: str) -> str:
    """The id of what bears these names; the same names give the same id."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "\t".join(normalise(part) for part in parts)))


@dataclass(frozen=True)
class Song:
    """A recording of the world; its ids follow from its names."""

    artist: str
    title: str
    album: str = "An Album"
    year: int = 2001
    tags: tuple[str, ...] = ("dub",)
    listeners: int | None = 10
    length_ms: int = 200_000
    spotify: str = ""

    @property
    def recording(self) -> str:
        return made_id("recording", self.artist, self.title)

    @property
    def artist_id(self) -> str:
        return made_id("artist", self.artist)

    def listened(self) -> dict[str, Any]:
        return {
            "recording_mbid": self.recording,
            "recording_name": self.title,
            "artist_name": self.artist,
            "artist_mbids": [self.artist_id],
            "release_name": self.album,
            "length": self.length_ms,
            "total_listen_count": None if self.listeners is None else self.listeners * 9,
            "total_user_count": self.listeners,
        }


class World:
    """Answers to every endpoint, made of songs and of who is similar to whom.

    ``token``: the one that is accepted; calls that need one are answered 401 without it.
    """

    def __init__(
        self,
        songs: Iterable[Song],
        similar: Mapping[str, Sequence[tuple[str, int]]] | None = None,
        fresh: Sequence[Mapping[str, Any]] = (),
        token: str = "a-token-of-the-stub",
    ) -> None:
        self.songs = list(songs)
        self.similar = dict(similar or {})
        self.fresh = list(fresh)
        self.token = token
        self.by_id = {song.recording: song for song in self.songs}
        self.artists = {song.artist_id: song.artist for song in self.songs}
        self.artists |= {
            made_id("artist", name): name
            for seed, others in self.similar.items()
            for name in (seed, *(other for other, _ in others))
        }

    def serve(self, stub: Stub) -> None:
        """Lay down every answer."""
        lb, labs, mb = "/listenbrainz/1", "/labs", "/musicbrainz"
        stub.on("GET", f"{lb}/validate-token", self._valid)
        stub.on("POST", f"{lb}/metadata/lookup/", self._needing(self._lookup))
        stub.on("POST", f"{lb}/metadata/recording/", self._facts)
        stub.on("POST", f"{lb}/popularity/recording", self._popularity)
        stub.on("GET", f"{lb}/lb-radio/tags", self._tag_radio)
        stub.on("GET", f"{lb}/explore/fresh-releases/", {"payload": {"releases": self.fresh}})
        stub.on("GET", f"{labs}/similar-artists/json", self._similar)
        stub.on("POST", f"{labs}/spotify-id-from-mbid/json", self._spotify_ids)
        stub.on("GET", f"{mb}/artist", self._find_artist)
        stub.on("GET", f"{mb}/recording", self._recordings)
        stub.on("GET", f"{mb}/release", self._release)
        stub.on("GET", f"{mb}/url", self._urls)
        for one in self.artists:
            top = f"{lb}/popularity/top-recordings-for-artist/{one}"
            stub.on("GET", top, self._needing(self._top))
            stub.on("GET", f"{lb}/lb-radio/artist/{one}", self._artist_radio)

    def _authorised(self, seen: Seen) -> bool:
        return seen.headers.get("authorization") == f"Token {self.token}"

    def _needing(self, answer: Answering) -> Answering:
        refused = Reply({"code": 401, "error": "Invalid authorization token."}, 401)
        return lambda seen: answer(seen) if self._authorised(seen) else refused

    def _valid(self, seen: Seen) -> Any:
        return {"code": 200, "valid": self._authorised(seen), "user_name": "somebody"}

    def _lookup(self, seen: Seen) -> Any:
        rows = []
        for index, asked in enumerate(seen.body["recordings"]):
            row = {
                "index": index,
                "artist_name_arg": asked["artist_name"],
                "recording_name_arg": asked["recording_name"],
            }
            song = self.by_id.get(
                made_id("recording", asked["artist_name"], asked["recording_name"])
            )
            if song:
                row |= {
                    "recording_mbid": song.recording,
                    "recording_name": song.title,
                    "artist_credit_name": song.artist,
                    "artist_mbids": [song.artist_id],
                    "release_mbid": made_id("release", song.artist, song.album),
                }
            rows.append(row)
        return rows

    def _facts(self, seen: Seen) -> Any:
        found = {}
        for one in seen.body["recording_mbids"]:
            if song := self.by_id.get(one):
                tags = [
                    {"tag": tag, "count": 3, "genre_mbid": made_id("genre", tag)}
                    for tag in song.tags
                ]
                found[one] = {
                    "recording": {
                        "name": song.title,
                        "length": song.length_ms,
                        "isrcs": [],
                        "first_release_date": f"{song.year}-05-06",
                    },
                    "artist": {
                        "name": song.artist,
                        "artists": [{"artist_mbid": song.artist_id, "name": song.artist}],
                    },
                    "release": {"name": song.album, "year": song.year},
                    "tag": {"recording": tags, "artist": [], "release_group": []},
                }
        return found

    def _popularity(self, seen: Seen) -> Any:
        asked = [(one, self.by_id.get(one)) for one in seen.body["recording_mbids"]]
        return [
            {"recording_mbid": one, "total_user_count": song.listeners if song else None}
            for one, song in asked
        ]

    def _top(self, seen: Seen) -> Any:
        artist = seen.path.rsplit("/", 1)[-1]
        return [song.listened() for song in self.songs if song.artist_id == artist]

    def _artist_radio(self, seen: Seen) -> Any:
        seed = self.artists[seen.path.rsplit("/", 1)[-1]]
        names = [seed, *(name for name, _ in self.similar.get(seed, ()))]
        return {
            made_id("artist", name): [
                {
                    "recording_mbid": song.recording,
                    "similar_artist_mbid": song.artist_id,
                    "similar_artist_name": song.artist,
                    "total_listen_count": 9,
                }
                for song in self.songs
                if song.artist == name
            ]
            for name in names
        }

    def _tag_radio(self, seen: Seen) -> Any:
        return [
            {"recording_mbid": song.recording, "tag_count": 3, "percent": 12.5, "source": source}
            for song in self.songs
            if seen.query["tag"][0] in song.tags
            for source in ("artist", "recording")
        ]

    def _similar(self, seen: Seen) -> Any:
        (one,) = seen.query["artist_mbids"]
        return [
            {
                "artist_mbid": made_id("artist", name),
                "name": name,
                "score": score,
                "reference_mbid": one,
            }
            for name, score in self.similar.get(self.artists.get(one, ""), ())
        ]

    def _spotify_ids(self, seen: Seen) -> Any:
        asked = [self.by_id.get(row["recording_mbid"]) for row in seen.body]
        return [
            {"recording_mbid": song.recording, "spotify_track_ids": [song.spotify]}
            for song in asked
            if song and song.spotify
        ]

    def _urls(self, seen: Seen) -> Any:
        by_id = {song.spotify: song for song in self.songs if song.spotify}
        found = []
        for resource in seen.query["resource"]:
            if song := by_id.get(resource.rsplit("/", 1)[-1]):
                recording = {"id": song.recording, "title": song.title}
                relation = {"target-type": "recording", "recording": recording}
                found.append({"resource": resource, "relations": [relation]})
        if len(seen.query["resource"]) == 1:
            return found[0] if found else Reply({"error": "Not Found"}, 404)
        return {"url-count": len(found), "urls": found}

    def _find_artist(self, seen: Seen) -> Any:
        asked = normalise(seen.query["query"][0].removeprefix("artist:"))
        hits = [{"id": one, "name": name} for one, name in self.artists.items()]
        return {"artists": [hit for hit in hits if normalise(hit["name"]) == asked]}

    def _recordings(self, seen: Seen) -> Any:
        if "artist" not in seen.query:
            return self._find_recording(seen)
        (artist,) = seen.query["artist"]
        mine = [song for song in self.songs if song.artist_id == artist]
        return {"recordings": [self._listed(song) for song in mine]}

    def _release(self, seen: Seen) -> Any:
        (group,) = seen.query["release-group"]
        name = next(
            (one["release_name"] for one in self.fresh if one["release_group_mbid"] == group), ""
        )
        tracks = [
            {"title": song.title, "recording": self._listed(song)}
            for song in self.songs
            if name and song.album == name
        ]
        return {"releases": [{"title": name, "media": [{"tracks": tracks}]}] if name else []}

    @staticmethod
    def _listed(song: Song) -> dict[str, Any]:
        artist = {"id": song.artist_id, "name": song.artist}
        return {
            "id": song.recording,
            "title": song.title,
            "length": song.length_ms,
            "video": False,
            "artist-credit": [{"name": song.artist, "artist": artist}],
        }

    def _find_recording(self, seen: Seen) -> Any:
        hits = []
        for song in self.songs:
            query = f'recording:"{song.title}" AND artist:"{song.artist}"'
            if normalise(query) == normalise(seen.query["query"][0]):
                artist = {"id": song.artist_id, "name": song.artist}
                release = {"id": made_id("release", song.artist, song.album), "title": song.album}
                hits.append(
                    {
                        "id": song.recording,
                        "title": song.title,
                        "artist-credit": [{"name": song.artist, "artist": artist}],
                        "releases": [release],
                    }
                )
        return {"recordings": hits}


def small_world() -> World:
    """Three artists with four songs each, each similar to the others."""
    names = ("Foo", "Zed", "Quux")
    songs = [
        Song(name, f"{name} Song {number}", listeners=10 * number, year=1999 + number)
        for name in names
        for number in range(1, 5)
    ]
    similar = {
        name: [(other, 100 - place) for place, other in enumerate(names) if other != name]
        for name in names
    }
    fresh = [
        {
            "artist_mbids": [songs[0].artist_id],
            "artist_credit_name": songs[0].artist,
            "release_group_mbid": made_id("group", "New"),
            "release_name": "New",
            "release_date": "2026-01-02",
        }
    ]
    return World(songs, similar, fresh)


@contextlib.contextmanager
def running_world() -> Iterator[Stub]:
    """A stub that serves :func:`small_world`."""
    with Stub() as stub:
        small_world().serve(stub)
        yield stub


if __name__ == "__main__":
    with running_world() as served:
        sys.stdout.write(f"{served.address}\n")
        sys.stdout.flush()
        sys.stdin.read()
