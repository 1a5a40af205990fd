"""The client of open data, against a stub on this machine and a watch that the test moves."""

from __future__ import annotations

import itertools
import json
import logging
import os
import random
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import musicai
from musicai.core.errors import (
    Cancelled,
    HostUnavailable,
    NeedsToken,
    OpenDataError,
    Refused,
    SettingsError,
)
from musicai.core.settings import Settings, load_settings
from musicai.integrations.metabrainz import (
    Credentials,
    Hosts,
    OpenData,
    RecordingName,
    StoredAnswers,
    connect,
    credentials,
    hosts_of,
    transport,
)
from musicai.store import Store
from tests.conftest import ROOT
from tests.open_data_stub import Reply, Seen, Song, Stub, World, made_id, small_world

TOKEN = "a-token-of-the-stub"
LOOKUP = "/listenbrainz/1/metadata/lookup/"
FACTS = "/listenbrainz/1/metadata/recording/"
POPULARITY = "/listenbrainz/1/popularity/recording"
RADIO = "/listenbrainz/1/lb-radio/artist/"
TAGS = "/listenbrainz/1/lb-radio/tags"
SIMILAR = "/labs/similar-artists/json"
URLS = "/musicbrainz/url"
DAY = 86_400.0


class Watch:
    """A clock on which only sleeping takes time."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def now(self) -> float:
        return self.seconds

    def wall(self) -> float:
        return 1_700_000_000.0 + self.seconds

    def sleep(self, seconds: float) -> None:
        assert 0 < seconds <= 1.0, "a longer pause could not be stopped"
        self.seconds += seconds


@pytest.fixture(autouse=True)
def only_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test of this file connects to another machine."""
    connect_to = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        assert address[0] == "127.0.0.1", f"a test wanted to reach {address}"
        connect_to(self, address)

    def lookup(host: Any, *rest: Any, **more: Any) -> Any:
        assert host == "127.0.0.1", f"a test wanted to look up {host}"
        return real_lookup(host, *rest, **more)

    real_lookup = socket.getaddrinfo
    monkeypatch.setattr(socket.socket, "connect", guarded)
    monkeypatch.setattr(socket, "getaddrinfo", lookup)


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def stub(watch: Watch) -> Iterator[Stub]:
    with Stub(watch.now) as running:
        yield running


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    opened = Store(settings)
    yield opened
    opened.engine.dispose()


Make = Callable[..., OpenData]


@pytest.fixture
def make(stub: Stub, watch: Watch, store: Store) -> Iterator[Make]:
    made: list[OpenData] = []

    def client(**more: Any) -> OpenData:
        given: dict[str, Any] = {"token": TOKEN, "contact": "a test", **more}
        hosts = given.pop("hosts", stub.hosts)
        chance = random.Random(given.pop("seed", 4))
        one = OpenData(hosts, StoredAnswers(store, watch), clock=watch, chance=chance, **given)
        made.append(one)
        return one

    yield client
    for one in made:
        one.close()


@pytest.fixture
def world(stub: Stub) -> World:
    one = small_world()
    one.serve(stub)
    return one


def ids(count: int, kind: str = "recording") -> list[str]:
    return [made_id(kind, str(number)) for number in range(count)]


def error(status: int, **headers: str) -> Reply:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply({"code": status, "error": "as laid down"}, status, sent)


def null_counts(seen: Seen) -> Any:
    return [
        {"recording_mbid": one, "total_user_count": None} for one in seen.body["recording_mbids"]
    ]


# --- manners ------------------------------------------------------------------------------


def ask_everything(client: OpenData, world: World) -> None:
    song = world.songs[0]
    client.token_is_valid()
    client.resolve(
        [RecordingName(s.artist, s.title, s.album) for s in world.songs]
        + [RecordingName("No", "One")]
    )
    client.spotify_urls(["0" * 22, "1" * 22])
    client.artist_mbid(song.artist)
    client.recordings([s.recording for s in world.songs])
    client.popularity([s.recording for s in world.songs])
    client.similar_artists(song.artist_id)
    client.top_recordings(song.artist_id)
    client.artist_radio(song.artist_id)
    client.tag_radio("dub")
    client.fresh_releases()
    client.spotify_ids([s.recording for s in world.songs])


def test_one_request_a_second_over_all_hosts_and_retries(
    make: Make, stub: Stub, world: World
) -> None:
    stub.on("GET", SIMILAR, error(500), times=2)
    ask_everything(make(), world)
    times = [seen.at for seen in stub.seen]
    assert len({seen.path.split("/")[1] for seen in stub.seen}) == 3
    assert len(times) > 12
    gaps = [after - before for before, after in itertools.pairwise(times)]
    assert min(gaps) >= 1.0


def test_every_request_says_who_asks(make: Make, stub: Stub, world: World) -> None:
    ask_everything(make(contact="music@example.org"), world)
    expected = f"musicai/{musicai.__version__} ( music@example.org )"
    assert {seen.headers["user-agent"] for seen in stub.seen} == {expected}


def test_the_token_goes_to_listenbrainz_alone(make: Make, stub: Stub, world: World) -> None:
    ask_everything(make(), world)
    for seen in stub.seen:
        own = seen.path.startswith("/listenbrainz/")
        assert seen.headers.get("authorization") == (f"Token {TOKEN}" if own else None), seen.path
        assert TOKEN not in str((seen.path, seen.query, seen.raw))


def test_a_netrc_has_no_part_in_it(
    make: Make, stub: Stub, world: World, home: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = home / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    client = make(token=None)
    client._transport._session.trust_env = True  # as it is for the official hosts
    client.popularity(ids(1))
    client.similar_artists(world.songs[0].artist_id)
    assert [seen.headers.get("authorization") for seen in stub.seen] == [None, None]


def test_only_names_and_ids_leave(make: Make, stub: Stub, world: World) -> None:
    """Every field that is sent is one of these; none can carry a time, a count or a user."""
    ask_everything(make(), world)
    fields = {"recordings", "artist_name", "recording_name", "release_name", "recording_mbids"}
    fields |= {"inc", "recording_mbid"}
    constants = {"mode", "max_similar_artists", "max_recordings_per_artist", "pop_begin"}
    constants |= {"pop_end", "count", "days", "limit", "fmt"}
    names = {"query", "resource", "artist_mbids", "algorithm", "tag", "inc"}
    sent: dict[str, set[str]] = {}

    def keys(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            yield from value
            value = list(value.values())
        if isinstance(value, list):
            for one in value:
                yield from keys(one)

    for seen in stub.seen:
        assert set(keys(seen.body)) <= fields, seen.path
        for name, told in seen.query.items():
            assert name in constants | names, (seen.path, name)
            sent.setdefault(name, set()).update(told)
    assert all(len(sent[name]) == 1 for name in constants - {"limit"}), sent


def test_cookies_are_not_kept(make: Make, stub: Stub) -> None:
    stub.on("POST", POPULARITY, lambda s: Reply(null_counts(s), headers={"Set-Cookie": "who=me"}))
    client = make()
    client.popularity(ids(1))
    client.popularity(ids(2))
    assert [seen.headers.get("cookie") for seen in stub.seen] == [None, None]


def test_batches_are_shuffled(make: Make, stub: Stub) -> None:
    stub.on("POST", POPULARITY, null_counts)
    asked = ids(40)
    make().popularity(asked)
    (seen,) = stub.seen
    assert seen.body["recording_mbids"] != asked
    assert sorted(seen.body["recording_mbids"]) == sorted(asked)


def test_the_log_holds_no_names_or_ids(
    make: Make, stub: Stub, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "musicai")
    stub.on("POST", FACTS, error(500), times=3)
    ask_everything(make(), world)
    written = "\n".join(record.getMessage() for record in caplog.records)
    assert "listenbrainz answered 200" in written
    secrets = [TOKEN, "Foo", "Song", "dub", *(s.recording for s in world.songs)]
    assert not [secret for secret in secrets if secret in written]


# --- limits -------------------------------------------------------------------------------


def test_an_exhausted_allowance_is_waited_out(make: Make, stub: Stub) -> None:
    spent = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset-In": "7"}
    stub.on("POST", POPULARITY, lambda s: Reply(null_counts(s), headers=spent))
    client = make()
    client.popularity(ids(1))
    client.popularity(ids(2))
    first, second = stub.seen
    assert second.at - first.at >= 7.0


@pytest.mark.parametrize("status", [429, 503])
def test_an_overloaded_host_says_how_long(make: Make, stub: Stub, status: int) -> None:
    stub.on("POST", POPULARITY, null_counts)
    stub.on("POST", POPULARITY, error(status, X_RateLimit_Reset_In="9"), times=2)
    assert make().popularity(ids(1)) == {ids(1)[0]: None}
    times = [seen.at for seen in stub.seen]
    assert [round(b - a, 3) for a, b in itertools.pairwise(times)] == [10.0, 10.0]


def test_without_a_word_the_waits_grow_and_differ(make: Make, stub: Stub) -> None:
    stub.on("GET", TAGS, error(503))
    with pytest.raises(HostUnavailable, match=r"ListenBrainz \(127.*overloaded"):
        make().tag_radio("dub")
    first, second, third = (seen.at for seen in stub.seen)
    assert 2.0 <= second - first < 4.0 <= third - second < 8.0
    assert second - first != 2.0


def test_musicbrainz_counts_everybody_in_its_headers(make: Make, stub: Stub) -> None:
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset-In": "60"}
    stub.on("GET", "/musicbrainz/artist", Reply({"artists": []}, headers=headers))
    client = make()
    assert client.artist_mbid("Foo") is None
    assert client.artist_mbid("Zed") is None
    assert [seen.at - stub.seen[0].at for seen in stub.seen] == [0.0, 1.0]


@pytest.mark.parametrize("told", ["99999", "-5", "soon", "9" * 400, "٣"])
def test_no_host_makes_it_wait_for_ever(make: Make, stub: Stub, watch: Watch, told: str) -> None:
    stub.on("POST", POPULARITY, null_counts)
    header = {"X-RateLimit-Reset-In": told.encode().decode("latin-1")}
    stub.on("POST", POPULARITY, Reply({}, 429, header), times=1)
    before = watch.now()
    make().popularity(ids(1))
    assert watch.now() - before <= transport.LONGEST_WAIT


# --- failures -----------------------------------------------------------------------------


def test_five_failures_in_a_row_leave_the_host_alone(
    make: Make, stub: Stub, watch: Watch, world: World
) -> None:
    stub.on("GET", SIMILAR, error(500))
    client = make()
    for one in ids(5, "artist"):
        assert client.similar_artists(one) == []
    assert client.unanswered == 5
    assert len(stub.seen) == 5 * transport.TRIES
    with pytest.raises(HostUnavailable, match="left alone for another 15 minutes"):
        client.similar_artists(world.songs[0].artist_id)
    assert len(stub.seen) == 5 * transport.TRIES
    assert client.popularity(ids(1)) == {ids(1)[0]: None}, "another host goes on"
    watch.seconds += 901
    stub.on("GET", SIMILAR, [])
    assert client.similar_artists(world.songs[0].artist_id) == []
    again = make()
    assert again.similar_artists(ids(1, "artist")[0]) == []
    assert stub.seen[-1].query["artist_mbids"] == ids(1, "artist"), "it was not kept as unknown"


def bad_batch(bad: set[str]) -> Callable[[Seen], Any]:
    def answer(seen: Seen) -> Any:
        if bad & set(seen.body["recording_mbids"]):
            return error(500)
        return [
            {"recording_mbid": one, "total_user_count": 7} for one in seen.body["recording_mbids"]
        ]

    return answer


@pytest.mark.parametrize("seed", range(6))
def test_a_bad_question_is_found_and_left_out(make: Make, stub: Stub, seed: int) -> None:
    asked = ids(64)
    stub.on("POST", POPULARITY, bad_batch({asked[5]}))
    client = make(seed=seed)
    found = client.popularity(asked)
    assert {one: found[one] for one in asked if one != asked[5]} == dict.fromkeys(
        [one for one in asked if one != asked[5]], 7
    )
    assert found[asked[5]] is None
    assert client.unanswered == 1
    before = len(stub.seen)
    assert make().popularity(asked) == found, "kept, the bad one as unknown"
    assert len(stub.seen) == before


def test_a_lookup_that_fails_on_one_item_gives_the_others(
    make: Make, stub: Stub, world: World
) -> None:
    def answer(seen: Seen) -> Any:
        if any(row["artist_name"] == "Bad" for row in seen.body["recordings"]):
            return error(500)
        return world._lookup(seen)

    stub.on("POST", LOOKUP, answer)
    names = [RecordingName(song.artist, song.title) for song in world.songs]
    found = make().resolve([*names, RecordingName("Bad", "Apple")])
    assert found.pop(RecordingName("Bad", "Apple")) is None
    assert [one.recording for one in found.values() if one] == [s.recording for s in world.songs]


def test_a_malformed_call_is_not_tried_again(make: Make, stub: Stub) -> None:
    stub.on("GET", SIMILAR, error(400))
    with pytest.raises(Refused, match=r"did not understand the call \(400\)"):
        make().similar_artists(ids(1, "artist")[0], algorithm="unknown")
    assert len(stub.seen) == 1


def test_a_host_that_understands_nothing_is_left_alone(make: Make, stub: Stub) -> None:
    stub.on("POST", POPULARITY, error(400))
    with pytest.raises(OpenDataError):
        make().popularity(ids(400))
    assert len(stub.seen) == transport.FAILURES


@pytest.mark.parametrize(
    "reply",
    [
        Reply([{"recording_mbid": ids(1)[0]}], promised=100),
        Reply(body=b'[{"recording_mbid": "'),
        Reply(body=b""),
        Reply(body=b"\xff\xfe"),
        Reply(body=b"[" * 100_000),
        Reply([], headers={"Content-Encoding": "gzip"}),
    ],
    ids=["shorter than promised", "cut", "empty", "no text", "deep", "no gzip"],
)
def test_a_cut_answer_is_asked_for_again(make: Make, stub: Stub, reply: Reply) -> None:
    stub.on("POST", POPULARITY, bad_batch(set()))
    stub.on("POST", POPULARITY, reply, times=2)
    assert make().popularity(ids(1)) == {ids(1)[0]: 7}
    assert len(stub.seen) == 3


def test_a_slow_host_is_given_up(make: Make, stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "TIMEOUT", (0.5, 0.2))
    stub.on("POST", POPULARITY, bad_batch(set()))
    stub.on("POST", POPULARITY, Reply([], hang=1.0), times=1)
    stub.on("POST", POPULARITY, Reply(body=b"[", promised=9, hang_within=1.0), times=1)
    assert make().popularity(ids(1)) == {ids(1)[0]: 7}
    assert len(stub.seen) == 3


def test_an_answer_too_large_is_not_read(
    make: Make, stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "LARGEST_ANSWER", 100_000)
    stub.on("POST", POPULARITY, bad_batch(set()))
    stub.on("POST", POPULARITY, Reply(body=b" " * 200_000), times=1)
    assert make().popularity(ids(1)) == {ids(1)[0]: 7}
    assert len(stub.seen) == 2


def test_a_host_that_drips_is_given_up(make: Make, stub: Stub, watch: Watch) -> None:
    pieces: list[float] = []

    def pace() -> None:
        time.sleep(0.005)
        watch.seconds += 10.0
        pieces.append(watch.seconds)

    stub.on("POST", POPULARITY, bad_batch(set()))
    stub.on("POST", POPULARITY, Reply(body=b" " * 10_000, pace=pace), times=1)
    assert make().popularity(ids(1)) == {ids(1)[0]: 7}
    assert len(stub.seen) == 2
    assert 12 <= len(pieces) < 500, "the rest was not waited for"


def test_a_host_too_slow_for_a_batch_is_asked_for_less(
    make: Make, stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "TIMEOUT", (0.5, 0.1))

    def answer(seen: Seen) -> Any:
        many = len(seen.body["recording_mbids"]) > 1
        return Reply(body=b"[", promised=9, hang_within=0.6) if many else bad_batch(set())(seen)

    stub.on("POST", POPULARITY, answer)
    assert make().popularity(ids(2)) == dict.fromkeys(ids(2), 7)
    assert len(stub.seen) == 5


def test_no_connection_says_so_without_what_was_asked(make: Make, watch: Watch) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    client = make(hosts=Hosts(base, base, base))
    with pytest.raises(HostUnavailable, match="cannot be reached") as caught:
        client.tag_radio("secret tag")
    chain: BaseException | None = caught.value
    while chain is not None:
        assert "secret" not in str(chain)
        chain = chain.__cause__
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


# --- refusals -----------------------------------------------------------------------------


def test_what_needs_a_token_is_not_asked_without(make: Make, stub: Stub) -> None:
    client = make(token=None)
    with pytest.raises(NeedsToken, match="free ListenBrainz account"):
        client.top_recordings(ids(1, "artist")[0])
    with pytest.raises(NeedsToken, match="Enter one"):
        client.token_is_valid()
    assert not stub.seen


def test_a_refused_token_ends_only_what_needs_it(make: Make, stub: Stub, world: World) -> None:
    client = make(token="not-the-right-one")
    names = [RecordingName(song.artist, song.title) for song in world.songs]
    with pytest.raises(NeedsToken, match="does not accept the token"):
        client.resolve(names)
    assert not client.has_token
    before = len(stub.seen)
    with pytest.raises(NeedsToken, match="does not accept the token"):
        client.top_recordings(world.songs[0].artist_id)
    with pytest.raises(NeedsToken, match="does not accept the token"):
        client.resolve(names)
    assert len(stub.seen) == before, "nothing was asked that needs it"
    song = world.songs[0]
    assert client.popularity([song.recording]) == {song.recording: song.listeners}
    assert "authorization" not in stub.seen[-1].headers
    assert client.token_is_valid() is False


def test_a_call_that_needs_none_goes_on_without(make: Make, stub: Stub, world: World) -> None:
    """A host that turns a bad token down everywhere still answers without it."""

    def answer(seen: Seen) -> Any:
        return error(401) if "authorization" in seen.headers else bad_batch(set())(seen)

    stub.on("POST", POPULARITY, answer)
    assert make(token="not-the-right-one").popularity(ids(1)) == {ids(1)[0]: 7}
    assert len(stub.seen) == 2


def test_a_call_that_newly_needs_a_token_says_so(make: Make, stub: Stub) -> None:
    stub.on("POST", POPULARITY, error(401))
    with pytest.raises(NeedsToken):
        make(token=None).popularity(ids(1))


@pytest.mark.parametrize("valid", [True, False])
def test_a_token_is_checked(make: Make, stub: Stub, valid: bool) -> None:
    stub.on("GET", "/listenbrainz/1/validate-token", {"valid": valid, "user_name": "somebody"})
    client = make()
    assert client.token_is_valid() is valid
    assert client.has_token is valid


@pytest.mark.parametrize(
    "reply",
    [
        error(403),
        Reply(body=b"<!doctype html><p>log in", headers={"Content-Type": "text/html"}),
        Reply({}, 302, {"Location": "http://127.0.0.1:9/listenbrainz/1/popularity/recording"}),
        Reply({}, 307, {"Location": "https://example.org/"}),
    ],
    ids=["403", "HTML", "302", "307"],
)
def test_a_block_or_a_login_page_stops_everything(
    make: Make, stub: Stub, world: World, reply: Reply
) -> None:
    stub.on("POST", POPULARITY, reply)
    client = make()
    for _ in range(2):
        with pytest.raises(Refused, match="nothing more was asked of any host"):
            client.popularity(ids(3))
    with pytest.raises(Refused, match="nothing more was asked of any host"):
        client.similar_artists(world.songs[0].artist_id)
    assert len(stub.seen) == 1


def test_a_page_for_an_error_is_just_an_error(make: Make, stub: Stub) -> None:
    page = {"Content-Type": "text/html"}
    stub.on("POST", POPULARITY, bad_batch(set()))
    stub.on("POST", POPULARITY, Reply(body=b"<html>", status=502, headers=page), times=1)
    assert make().popularity(ids(1)) == {ids(1)[0]: 7}


# --- cache, going on, stopping ------------------------------------------------------------


def test_nothing_is_asked_twice_until_it_is_old(
    make: Make, stub: Stub, watch: Watch, world: World
) -> None:
    ask_everything(make(), world)
    before = len(stub.seen)
    ask_everything(make(), world)
    assert [seen.path for seen in stub.seen[before:]] == ["/listenbrainz/1/validate-token"]


ARTIST_ID = made_id("artist", "Foo")
RECORDING_ID = made_id("recording", "Foo", "Bar")
SPOTIFY = "7ATyvp3TmYBmGW7YuC8DJ3"

AGES: dict[str, tuple[int, Callable[[OpenData], Any]]] = {
    LOOKUP: (180, lambda client: client.resolve([RecordingName("Foo", "Bar")])),
    URLS: (180, lambda client: client.spotify_urls([SPOTIFY])),
    "/musicbrainz/artist": (180, lambda client: client.artist_mbid("Foo")),
    "/labs/spotify-id-from-mbid/json": (180, lambda client: client.spotify_ids([RECORDING_ID])),
    FACTS: (90, lambda client: client.recordings([RECORDING_ID])),
    POPULARITY: (30, lambda client: client.popularity([RECORDING_ID])),
    SIMILAR: (30, lambda client: client.similar_artists(ARTIST_ID)),
    f"/listenbrainz/1/popularity/top-recordings-for-artist/{ARTIST_ID}": (
        30,
        lambda client: client.top_recordings(ARTIST_ID),
    ),
    f"{RADIO}{ARTIST_ID}": (30, lambda client: client.artist_radio(ARTIST_ID)),
    TAGS: (30, lambda client: client.tag_radio("dub")),
    "/listenbrainz/1/explore/fresh-releases/": (1, lambda client: client.fresh_releases()),
}


@pytest.mark.parametrize("path", AGES)
def test_each_kind_of_answer_has_its_age(make: Make, stub: Stub, watch: Watch, path: str) -> None:
    days, ask = AGES[path]
    fresh = small_world().fresh
    World([Song("Foo", "Bar", spotify=SPOTIFY)], {"Foo": [("Zed", 3)]}, fresh).serve(stub)
    start = watch.seconds
    first = ask(make())
    assert first
    for passed, calls in ((days * DAY - 3_600, 1), (days * DAY + 3_600, 2)):
        watch.seconds = start + passed
        assert repr(ask(make())) == repr(first)
        assert [seen.path for seen in stub.seen] == [path] * calls


def test_that_nothing_is_known_counts_for_thirty_days(
    make: Make, stub: Stub, watch: Watch, world: World
) -> None:
    names = [RecordingName("No", "One")]
    for days, calls in ((0, 1), (29, 1), (31, 2)):
        watch.seconds = days * DAY + 1_000
        assert make().resolve(names) == {names[0]: None}
        assert len(stub.asked(LOOKUP)) == calls, days


def test_a_damaged_kept_answer_is_asked_for_again(make: Make, stub: Stub, store: Store) -> None:
    stub.on("POST", POPULARITY, bad_batch(set()))
    one, other = ids(2)
    store.answers_put("popularity", [(one, "{"), (other, '"many"')], fetched_at=1_700_000_000)
    assert make().popularity([one, other]) == {one: 7, other: None}


def test_a_second_call_goes_on_where_the_first_ended(make: Make, stub: Stub) -> None:
    asked = ids(1_200)
    stub.on("POST", POPULARITY, error(503))
    stub.on("POST", POPULARITY, bad_batch(set()), times=2)
    with pytest.raises(HostUnavailable):
        make().popularity(asked)
    before = len(stub.seen)
    stub.on("POST", POPULARITY, bad_batch(set()))
    assert make().popularity(asked) == dict.fromkeys(asked, 7)
    (seen,) = stub.seen[before:]
    assert len(seen.body["recording_mbids"]) == 200


def test_the_person_can_stop_it_between_requests(make: Make, stub: Stub, store: Store) -> None:
    stub.on("POST", POPULARITY, bad_batch(set()))

    def stop(fraction: float, note: str = "") -> None:
        if len(stub.seen) == 2:
            raise Cancelled("as the person wished")

    with pytest.raises(Cancelled):
        make(progress=stop).popularity(ids(1_500))
    assert len(stub.seen) == 2
    assert store.answers_counts() == {"popularity": (1_000, 0)}


def test_the_person_can_stop_a_long_wait(make: Make, stub: Stub, watch: Watch) -> None:
    stub.on("POST", POPULARITY, error(429, X_RateLimit_Reset_In="100"))
    until = watch.now() + 5

    def stop(fraction: float, note: str = "") -> None:
        if watch.now() >= until:
            raise Cancelled("as the person wished")

    with pytest.raises(Cancelled):
        make(progress=stop).popularity(ids(1))
    assert watch.now() <= until + 1


def test_progress_only_grows_and_says_what_is_done(make: Make, world: World) -> None:
    told: list[tuple[float, str]] = []
    client = make(progress=lambda fraction, note="": told.append((fraction, note)))
    client.resolve([RecordingName("Foo", f"Song {n} (feat. Somebody)") for n in range(120)])
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)
    assert {note for _, note in told} == {"looking up recordings by name", "asking ListenBrainz"}
    client.popularity(ids(2))
    assert told[-1] == (1.0, "reading how many people listen")


# --- hosts, settings, token ---------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org",
        "http://api.listenbrainz.org",
        "https://musicbrainz.org",
        "https://api.listenbrainz.org@example.org",
        "https://api.listenbrainz.org.example.org",
        "http://127.0.0.1:80@example.org/",
        "http://127.0.0.1",
        "http://localhost:80",
        "http://127.0.0.1:80/../x",
        "http://127.0.0.1:80\n",
        "",
    ],
)
def test_only_official_hosts_and_this_machine(address: str) -> None:
    with pytest.raises(SettingsError, match="no address of open data"):
        Hosts(listenbrainz=address)


def test_the_environment_names_a_stub_on_this_machine_alone(home: Any) -> None:
    environ = {"MUSICAI_HOME": str(home)}
    assert hosts_of(load_settings(environ)) == Hosts()
    assert not Hosts().local
    stub = "http://127.0.0.1:4321"
    hosts = hosts_of(load_settings({**environ, "MUSICAI_OPEN_DATA_HOST": stub}))
    assert hosts == Hosts(f"{stub}/listenbrainz", f"{stub}/labs", f"{stub}/musicbrainz")
    assert hosts.local
    for wrong in ("http://127.0.0.1:1/x", "https://example.org", "http://127.0.0.1:80\n"):
        with pytest.raises(SettingsError, match="MUSICAI_OPEN_DATA_HOST"):
            load_settings({**environ, "MUSICAI_OPEN_DATA_HOST": wrong})


@pytest.mark.slow
def test_another_program_can_be_pointed_at_the_stub(home: Any) -> None:
    """As the browser test does it: the stub is a program, and so is the app."""
    serving = [sys.executable, "-m", "tests.open_data_stub"]
    asking = (
        "from musicai.integrations.metabrainz import connect\n"
        "from musicai.core.settings import load_settings\n"
        "from musicai.store import Store\n"
        "print(connect(Store(load_settings())).artist_mbid('foo'))\n"
    )
    with subprocess.Popen(
        serving, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout
        address = server.stdout.readline().strip()
        environ = {**os.environ, "MUSICAI_HOME": str(home), "MUSICAI_OPEN_DATA_HOST": address}
        answer = subprocess.run(
            [sys.executable, "-c", asking],
            cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        assert server.stdin
        server.stdin.close()
        assert server.wait(30) == 0
    assert answer.stdout.strip() == made_id("artist", "Foo")


@pytest.mark.skipif(os.name != "posix", reason="file rights are told apart on POSIX")
def test_the_token_lies_where_only_its_owner_can_read_it(settings: Settings) -> None:
    old = os.umask(0)
    try:
        credentials.save(settings, Credentials("a-secret-token-1234", "me@example.org"))
    finally:
        os.umask(old)
    path = credentials.path_of(settings)
    assert path == settings.home / "open-data.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(settings.home.iterdir()) == [path]


def test_token_and_contact_are_kept_and_forgotten(settings: Settings) -> None:
    assert credentials.load(settings) == Credentials(None, credentials.DEFAULT_CONTACT)
    kept = Credentials("a-secret-token-1234", "me@example.org")
    credentials.save(settings, kept)
    credentials.save(settings, kept)
    assert credentials.load(settings) == kept
    credentials.remove(settings)
    credentials.remove(settings)
    assert credentials.load(settings) == Credentials()


def test_a_token_does_not_show(settings: Settings) -> None:
    assert "secret" not in repr(Credentials("a-secret-token-1234"))
    assert credentials.mask_token("a-secret-token-1234") == "…1234"
    assert credentials.mask_token("12345678") == "…"
    assert credentials.mask_token(None) == ""
    path = credentials.path_of(settings)
    for damaged in ('{"token": "a secret', '{"token": "a secret", "contact": "x"}', "[" * 9_000):
        path.write_text(damaged)
        with pytest.raises(SettingsError, match="is damaged") as caught:
            credentials.load(settings)
        assert "secret" not in str(caught.value)
        assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    "token", ["", "short", "a b c d e f g", "x" * 129, "abcdefgh\r\nX: y", "ä" * 9]
)
def test_what_is_no_token_is_not_taken(token: str) -> None:
    with pytest.raises(SettingsError, match="no ListenBrainz token"):
        Credentials(token)


@pytest.mark.parametrize("contact", ["", "x" * 201, "a\r\nX-Header: b", "a (b)", "ä"])
def test_what_is_no_contact_is_not_sent(stub: Stub, store: Store, contact: str) -> None:
    with pytest.raises(SettingsError, match="contact"):
        OpenData(stub.hosts, StoredAnswers(store), contact=contact)
    with pytest.raises(SettingsError, match="contact"):
        Credentials(None, contact)


def test_the_client_of_a_person_has_their_token(stub: Stub, home: Any) -> None:
    settings = load_settings({"MUSICAI_HOME": str(home), "MUSICAI_OPEN_DATA_HOST": stub.address})
    World([Song("Foo", "Bar")]).serve(stub)
    credentials.save(settings, Credentials(TOKEN, "me@example.org"))
    store = Store(settings)
    with connect(store) as client:
        assert client.token_is_valid()
    store.engine.dispose()
    assert "( me@example.org )" in stub.seen[0].headers["user-agent"]


# --- the store ----------------------------------------------------------------------------


def test_the_store_keeps_answers(store: Store) -> None:
    questions = [json.dumps(number) for number in range(1_300)]
    store.answers_put("a", [(q, None if q == "7" else q) for q in questions], fetched_at=10)
    store.answers_put("a", [("5", "new")], fetched_at=20)
    store.answers_put("b", [("5", "other")], fetched_at=30)
    store.answers_put("b", [], fetched_at=30)
    found = store.answers_get("a", [*questions, "absent"])
    assert len(found) == 1_300
    assert (found["5"], found["6"], found["7"]) == (("new", 20), ("6", 10), (None, 10))
    assert store.answers_counts() == {"a": (1_299, 1), "b": (1, 0)}
    assert store.answers_forget(older_than=20) == 1_299
    assert store.answers_counts() == {"a": (1, 0), "b": (1, 0)}
    assert store.answers_forget() == 2
    assert store.answers_counts() == {}
