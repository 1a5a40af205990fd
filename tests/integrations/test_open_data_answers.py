"""What is made of the hosts' answers: right values from right ones, nothing from the rest."""

from __future__ import annotations

import dataclasses
import math
import random
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from musicai.data.text_keys import normalise
from musicai.integrations.metabrainz import (
    ArtistRef,
    ArtistTag,
    Hosts,
    Listened,
    NewRelease,
    OpenData,
    RecordingFacts,
    RecordingName,
    Resolved,
    SimilarArtist,
    endpoints,
    parsing,
)
from musicai.integrations.metabrainz import parsing as values
from musicai.integrations.metabrainz.parsing import same_artist, same_title
from tests.open_data_stub import made_id

R1, R2, R3 = (made_id("recording", str(n)) for n in range(3))
A1, A2, A3 = (made_id("artist", str(n)) for n in range(3))
L1, G1, X1 = made_id("release"), made_id("group"), made_id("genre")
SPOTIFY = "7ATyvp3TmYBmGW7YuC8DJ3"


class Memory:
    """A cache that forgets nothing, and no store."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], tuple[str | None, int]] = {}

    def get(self, endpoint: str, question: str) -> tuple[str | None, int] | None:
        return self.kept.get((endpoint, question))

    def get_many(self, endpoint: str, questions: Any) -> dict[str, tuple[str | None, int]]:
        found = {question: self.get(endpoint, question) for question in questions}
        return {question: answer for question, answer in found.items() if answer}

    def put(self, endpoint: str, answers: Any) -> None:
        for question, body in answers:
            self.kept[endpoint, question] = (body, 0)


class Still:
    """A clock that stands."""

    def now(self) -> float:
        return 0.0

    def wall(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        raise AssertionError("nothing here waits")


class Asked:
    """A client of which each call is answered by ``answer``; what was called is kept."""

    def __init__(self, answer: Any, token: str | None = "a-token-of-the-stub") -> None:
        self.calls: list[Any] = []
        self.client = OpenData(
            Hosts(), Memory(), contact="a test", token=token, clock=Still(),
            chance=random.Random(3),
        )  # fmt: skip
        answering = answer if callable(answer) else lambda call: answer

        def call(asked: Any) -> Any:
            self.calls.append(asked)
            # as it comes over the wire
            return orjson.loads(orjson.dumps(answering(asked)))

        self.client._transport.call = call  # type: ignore[method-assign]


# --- names --------------------------------------------------------------------------------


def lookup_answer(call: Any) -> Any:
    """Finds everything, in reverse order, and echoes the names."""
    return [
        {
            "index": index,
            "artist_name_arg": asked["artist_name"],
            "artist_credit_name": asked["artist_name"],
            "recording_name": asked["recording_name"],
            "recording_mbid": made_id("recording", asked["artist_name"], asked["recording_name"]),
            "artist_mbids": [A1, A2],
            "release_mbid": L1,
            "new_field": {"of": ["the", "host"]},
        }
        for index, asked in reversed(list(enumerate(call.body["recordings"])))
    ]


def test_a_lookup_is_joined_by_position() -> None:
    names = [RecordingName("Foo", "Bar", "Baz"), RecordingName("Zed", "Quux")]
    found = Asked(lookup_answer).client.resolve(names)
    assert found[names[0]] == Resolved(
        made_id("recording", "Foo", "Bar"), "Bar", (A1, A2), "Foo", L1
    )
    assert found[names[1]] == Resolved(
        made_id("recording", "Zed", "Quux"), "Quux", (A1, A2), "Zed", L1
    )


def test_an_unmatched_row_resolves_to_nothing() -> None:
    rows = [{"index": 0, "artist_name_arg": "Q", "recording_name_arg": "Z"}]
    assert Asked(rows).client.resolve([RecordingName("Q", "Z")]) == {RecordingName("Q", "Z"): None}


def test_an_answer_without_the_credit_stands_for_the_asked_artist() -> None:
    rows = [{"index": 0, "recording_name": "Bar", "recording_mbid": R1, "artist_mbids": [A1]}]
    assert Asked(rows).client.resolve([RecordingName("Foo", "Bar")])[
        RecordingName("Foo", "Bar")
    ] == Resolved(R1, "Bar", (A1,), "Foo")


@pytest.mark.parametrize("index", [-1, 1, 2**63, 1e30, True, "0", None, 0.0])
def test_a_row_for_no_item_is_passed_over(index: Any) -> None:
    rows = [{"index": index, "recording_name": "Bar", "recording_mbid": R1}]
    assert Asked(rows).client.resolve([RecordingName("Foo", "Bar")]) == {
        RecordingName("Foo", "Bar"): None
    }


def test_what_the_host_would_turn_down_is_never_sent() -> None:
    good = RecordingName("Foo", "Bar")
    bad = [
        RecordingName("", "Bar"),
        RecordingName("Foo", ""),
        RecordingName("  ", "Bar"),
        RecordingName("Foo", "\x00\n"),
        RecordingName("F" * 125, "B" * 126),
        RecordingName(";", "Bar"),
        RecordingName("\ud800", "x" * 300),
    ]
    asked = Asked(lookup_answer)
    found = asked.client.resolve([*bad, good])
    assert [named for named, known in found.items() if known] == [good]
    assert [call.body for call in asked.calls] == [
        {"recordings": [{"artist_name": "Foo", "recording_name": "Bar"}]}
    ]


@given(st.lists(st.builds(RecordingName, st.text(), st.text(), st.text()), max_size=60))
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_every_item_that_is_sent_keeps_the_rules(names: list[RecordingName]) -> None:
    asked = Asked(lookup_answer)
    found = asked.client.resolve(names)
    assert set(found) == set(names)
    for call in asked.calls:
        items = call.body["recordings"]
        assert 1 <= len(items) <= 50
        for item in items:
            assert all(item.values()), "nothing is null or empty"
            assert set(item) <= {"artist_name", "recording_name", "release_name"}
            assert sum(map(len, item.values())) <= endpoints.LONGEST_NAMES
            assert all(value.isprintable() for value in item.values())
        keys = [normalise(f"{i['artist_name']}{i['recording_name']}") for i in items]
        assert len({key.replace(" ", "") for key in keys}) == len(items)


def test_equal_names_are_asked_once() -> None:
    names = [
        RecordingName("Foo", "Bar"),
        RecordingName("FOO", "bar"),
        RecordingName("foo;Zed", "Bar!"),
    ]
    asked = Asked(lookup_answer)
    found = asked.client.resolve(names)
    assert len(asked.calls) == 1
    assert len(asked.calls[0].body["recordings"]) == 1
    assert len({known.recording for known in found.values() if known}) == 1
    assert all(found.values())


def test_names_that_only_look_equal_to_the_host_are_kept_apart() -> None:
    """Without blanks "AB" + "C" is "A" + "BC"; in one batch the host would answer one of them."""
    names = [
        RecordingName("Ab", "C"),
        RecordingName("A", "Bc"),
        RecordingName("Foo", "Bar", "One"),
        RecordingName("Foo", "Bar", "Two"),
    ]
    asked = Asked(lookup_answer)
    assert all(asked.client.resolve(names).values())
    assert sorted(len(call.body["recordings"]) for call in asked.calls) == [2, 2]


def test_a_title_is_tried_again_without_guests_and_reissue_marks() -> None:
    def answer(call: Any) -> Any:
        return [row for row in lookup_answer(call) if row["recording_name"] in ("bar", "Plain")]

    names = [
        RecordingName("Foo", "Bar - 2011 Remaster"),
        RecordingName("Foo", "Plain"),
        RecordingName("Foo", "Live Bar"),
    ]
    asked = Asked(answer)
    found = asked.client.resolve(names)
    assert [bool(known) for known in found.values()] == [True, True, False]
    assert [len(call.body["recordings"]) for call in asked.calls] == [3, 1]


@pytest.mark.parametrize(
    ("credit", "name", "taken"),
    [
        ("Foo Fighters", "Everlong", True),
        ("foo fighters", "EVERLONG!", True),
        ("Foo Fighter", "Everlong", True),
        ("Foo Fighters", "Everlong (feat. Somebody)", True),
        ("Fu Fighters Tribute", "Everlong", False),
        ("Foo Fighters", "Everlong Live", False),
        ("Foo Fighters", "Everlong 2", False),
        ("Foo Fighters", "Something Else", False),
        ("Foo Fighters", "", False),
    ],
)
def test_an_answer_counts_only_if_it_is_alike(credit: str, name: str, taken: bool) -> None:
    asked = RecordingName("Foo Fighters", "Everlong")
    rows = [
        {"index": 0, "recording_mbid": R1, "artist_credit_name": credit, "recording_name": name}
    ]
    assert bool(Asked(rows).client.resolve([asked])[asked]) is taken


def test_long_titles_that_differ_in_a_number_or_version_are_not_alike() -> None:
    title = "A Symphony of a Thousand Winters, Part"
    assert same_title(f"{title} 1", f"{title} 1")
    assert not same_title(f"{title} 1", f"{title} 2")
    assert not same_title(title, f"{title} (Live)")
    assert not same_artist("", [""])


def hit(recording: str, title: str = "Bar", **more: Any) -> dict[str, Any]:
    credit = [{"name": "Foo", "artist": {"id": A1, "name": "Foo"}}]
    return {"id": recording, "score": 100, "title": title, "artist-credit": credit, **more}


def test_without_a_token_each_name_is_searched_for() -> None:
    releases = [{"id": G1, "title": "Else"}, {"id": L1, "title": "Baz"}]
    hits = [
        hit(A3, "Bar Bar Black Sheep"),
        hit(R1, disambiguation="live, 1999"),
        hit(R2),
        hit(R3, disambiguation="remaster", releases=releases),
    ]
    asked = Asked({"recordings": hits}, token=None)
    names = [
        RecordingName("Foo", "Bar"),
        RecordingName("Foo", "Bar", "Baz"),
        RecordingName("F", 'B "x" \\ y'),
    ]
    found = asked.client.resolve(names)
    assert found == {
        names[0]: Resolved(R2, "Bar", (A1,), "Foo"),
        names[1]: Resolved(R3, "Bar", (A1,), "Foo", L1),
        names[2]: None,
    }
    queries = {dict(call.query)["query"] for call in asked.calls}
    assert queries == {
        'recording:"Bar" AND artist:"Foo"',
        'recording:"B \\"x\\" \\\\ y" AND artist:"F"',
    }
    assert {call.host for call in asked.calls} == {"musicbrainz"}


def test_an_artist_is_the_most_alike_hit() -> None:
    hits = [
        {"id": A1, "name": "Beyoncés"},
        {"id": A2, "name": "Beyoncé"},
        {"id": A3, "name": "BEYONCE"},
    ]
    assert Asked({"artists": hits}).client.artist_mbid("Beyonce") == A2
    assert Asked({"artists": [{"id": A1, "name": "Somebody"}]}).client.artist_mbid("Foo") is None
    asked = Asked({"artists": hits})
    assert asked.client.artist_mbid("") is None
    assert asked.client.artist_mbid("x" * 400) is None
    assert not asked.calls


# --- ids ----------------------------------------------------------------------------------


def test_what_is_no_id_is_never_sent() -> None:
    asked = Asked([])
    wrong = ["", "x", R1 + " ", R1[:-1], "../../1/user/somebody", "a" * 22]
    client = asked.client
    assert client.recordings(wrong) == dict.fromkeys(wrong)
    assert client.popularity(wrong) == dict.fromkeys(wrong)
    assert client.spotify_ids(wrong) == dict.fromkeys(wrong, ())
    assert client.spotify_urls([R1, "", "é" * 22]) == {R1: None, "": None, "é" * 22: None}
    for one in wrong:
        assert client.similar_artists(one) == client.artist_radio(one) == []
        assert client.top_recordings(one) == []
    assert client.tag_radio(" ") == []
    assert not asked.calls


def test_ids_in_capitals_are_the_same_ids() -> None:
    asked = Asked([{"recording_mbid": R1, "total_user_count": 3}])
    assert asked.client.popularity([R1.upper(), R1]) == {R1.upper(): 3, R1: 3}
    assert asked.calls[0].body == {"recording_mbids": [R1]}


URL = {"resource": f"https://open.spotify.com/track/{SPOTIFY}"}


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ({**URL, "relations": [{"recording": {"id": R1}}]}, R1),
        ({"url-count": 1, "urls": [{**URL, "relations": [{"recording": {"id": R1}}]}]}, R1),
        ({**URL, "relations": [{"artist": {"id": A1}}, {"recording": {"id": R2}}]}, R2),
        ({**URL, "relations": []}, None),
        ({"url-count": 0, "urls": []}, None),
        (None, None),  # 404
    ],
)
def test_a_spotify_url_alone_or_in_a_list(answer: Any, found: str | None) -> None:
    asked = Asked(answer)
    assert asked.client.spotify_urls([SPOTIFY]) == {SPOTIFY: found}
    assert asked.calls[0].query == [
        ("resource", URL["resource"]), ("inc", "recording-rels"), ("fmt", "json"),
    ]  # fmt: skip


def test_spotify_urls_come_fifty_at_a_time() -> None:
    tracks = [f"{number:022d}" for number in range(120)]

    def answer(call: Any) -> Any:
        urls = [value for name, value in call.query if name == "resource"]
        return {
            "urls": [
                {"resource": u, "relations": [{"recording": {"id": made_id(u)}}]} for u in urls
            ]
        }

    asked = Asked(answer)
    found = asked.client.spotify_urls(tracks)
    assert found == {t: made_id(f"https://open.spotify.com/track/{t}") for t in tracks}
    assert [len(call.query) - 2 for call in asked.calls] == [50, 50, 20]


FACTS = {
    "recording": {
        "name": "Bar",
        "length": 1000,
        "isrcs": ["nonsense", "gb-aye-69-00531"],
        "first_release_date": "1999-01-01",
        "url_rels": [],
    },
    "artist": {"name": "Foo feat. Zed", "artists": [{"artist_mbid": A1, "name": "Foo"}]},
    "release": {"mbid": L1, "release_group_mbid": G1, "name": "Baz", "year": 2003},
    "tag": {
        "recording": [{"tag": "seen live", "count": 1}, {"tag": "bad", "count": -1}],
        "artist": [{"artist_mbid": A1, "tag": "Dub", "count": 4, "genre_mbid": X1}],
        "release_group": [{"tag": "dub", "count": 2, "genre_mbid": X1}, {"tag": "", "count": 1}],
    },
}


def test_facts_of_a_recording() -> None:
    asked = Asked({R1: FACTS, R3: FACTS})
    found = asked.client.recordings([R1, R2])
    assert found == {
        R1: RecordingFacts(
            recording=R1,
            name="Bar",
            artist_name="Foo feat. Zed",
            artists=(ArtistRef(A1, "Foo"),),
            length_ms=1000.0,
            year=1999.0,
            isrc="GBAYE6900531",
            release_name="Baz",
            tags=(ArtistTag("dub", 4, True), ArtistTag("seen live", 1, False)),
        ),
        R2: None,
    }
    assert asked.calls[0].body["inc"] == "artist tag release"


def test_facts_that_are_not_told_are_not_known() -> None:
    row = {"recording": {"name": "Bar"}, "artist": {"name": "Foo"}, "release": {"year": 2003}}
    found = Asked({R1: row}).client.recordings([R1])[R1]
    assert found
    assert math.isnan(found.length_ms)
    assert (found.year, found.isrc, found.artists, found.tags) == (2003.0, "", (), ())
    nameless = Asked({R1: {**FACTS, "recording": {"name": None}}}).client.recordings([R1])
    assert nameless == {R1: None}


def test_that_nothing_is_known_is_not_zero() -> None:
    rows = [
        {"recording_mbid": R1, "total_listen_count": 9, "total_user_count": 3},
        {"recording_mbid": R2, "total_listen_count": None, "total_user_count": None},
    ]
    assert Asked(rows).client.popularity([R1, R2, R3]) == {R1: 3, R2: None, R3: None}


def test_spotify_ids_are_joined_by_id() -> None:
    rows = [
        {"recording_mbid": R3, "spotify_track_ids": [SPOTIFY, "no id", SPOTIFY, "0" * 22]},
        {"recording_mbid": R2, "spotify_track_ids": []},
        {"recording_mbid": A1, "spotify_track_ids": [SPOTIFY]},
    ]
    found = Asked(rows).client.spotify_ids([R1, R2, R3])
    assert found == {R1: (), R2: (), R3: (SPOTIFY, "0" * 22)}


# --- seeds --------------------------------------------------------------------------------


def test_similar_artists_are_shares_of_the_best() -> None:
    rows = [
        {"artist_mbid": A3, "name": "Low", "score": 30, "reference_mbid": A1},
        {"artist_mbid": A2, "name": "Zed", "score": 120, "reference_mbid": A1},
        {"artist_mbid": A2, "name": "Zed", "score": 60, "reference_mbid": A1},
        {"artist_mbid": A1, "name": "Itself", "score": 999, "reference_mbid": A1},
        {"artist_mbid": G1, "name": "None", "score": 0, "reference_mbid": A1},
        {"artist_mbid": L1, "name": "Another's", "score": 500, "reference_mbid": A3},
    ]
    asked = Asked(rows)
    assert asked.client.similar_artists(A1) == [
        SimilarArtist(A2, "Zed", 1.0),
        SimilarArtist(A3, "Low", 0.25),
    ]
    asked.client.similar_artists(A1, algorithm="another")
    sent = [dict(call.query) for call in asked.calls]
    assert sent == [
        {"artist_mbids": A1, "algorithm": endpoints.SIMILAR_ARTISTS},
        {"artist_mbids": A1, "algorithm": "another"},
    ]


def test_what_is_played_most_of_an_artist() -> None:
    rows = [
        {"recording_mbid": made_id(str(n)), "recording_name": f"Song {n}", "total_user_count": n}
        for n in range(150)
    ]
    rows[149] |= {
        "artist_name": "Foo", "artist_mbids": [A1], "release_name": "Baz", "length": 5,
        "total_listen_count": 900, "caa_id": 1,
    }  # fmt: skip
    found = Asked(rows).client.top_recordings(A1)
    assert found[0] == Listened(made_id("149"), "Song 149", "Foo", (A1,), "Baz", 5.0, 149, 900)
    assert [one.listeners for one in found] == list(range(149, 49, -1))


def test_an_artist_radio() -> None:
    row = {"recording_mbid": R1, "similar_artist_mbid": A2, "similar_artist_name": "Zed"}
    answer = {A2: [{**row, "total_listen_count": 70}, row, {"recording_mbid": R2}], A3: None}
    assert [
        dataclasses.replace(one, length_ms=0.0) for one in Asked(answer).client.artist_radio(A1)
    ] == [
        Listened(R1, artist_name="Zed", artists=(A2,), length_ms=0.0, listens=70),
        Listened(R2, length_ms=0.0),
    ]
    assert Asked({}).client.artist_radio(A1) == []


def test_a_tag_radio_without_repeats() -> None:
    row = {"recording_mbid": R1, "tag_count": 3, "percent": 12.5, "source": "artist"}
    asked = Asked([row, {**row, "source": "recording"}, {**row, "recording_mbid": R2}])
    found = asked.client.tag_radio(" Dub ")
    assert [one.recording for one in found] == [R1, R2]
    assert {one.listeners for one in found} == {None}, "its percent is not read"
    assert dict(asked.calls[0].query)["tag"] == "dub"


def test_new_releases() -> None:
    row = {
        "artist_mbids": [A1], "artist_credit_name": "Foo", "release_group_mbid": G1,
        "release_name": "New", "release_date": "2026-01-02",
    }  # fmt: skip
    other = {"artist_mbids": [A2], "release_group_mbid": L1, "release_date": "soon"}
    answer = {
        "payload": {"releases": [row, row, other, {"release_group_mbid": X1}], "total_count": 4}
    }
    assert Asked(answer).client.fresh_releases() == [
        NewRelease((A1,), "Foo", G1, "New", "2026-01-02"),
        NewRelease((A2,), "", L1, "", ""),
    ]


# --- anything at all ----------------------------------------------------------------------

FIELDS = sorted(
    {
        *endpoints._LOOKUP_KEYS, *endpoints._SEARCH_KEYS, *endpoints._FACT_KEYS,
        *endpoints._LISTENED_KEYS, *endpoints._SIMILAR_KEYS, *endpoints._RELEASE_KEYS,
        "index", "urls", "relations", "resource", "recordings", "payload", "valid",
        "spotify_track_ids",
    }
)  # fmt: skip
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**64 - 1), st.sampled_from([0, 1, 2**53]),
    st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=20),
    st.sampled_from([R1, A1, A1.upper(), SPOTIFY, "Foo", "Bar", "1999-01-01", URL["resource"]]),
)  # fmt: skip
KEYS = st.one_of(st.sampled_from([*FIELDS, R1, A1]), st.text(max_size=5))
JSON = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=6)),
    max_leaves=40,
)

CALLS: dict[str, tuple[Callable[[OpenData], Any], type]] = {
    "resolve": (lambda client: client.resolve([RecordingName("Foo", "Bar", "Baz")]), dict),
    "spotify_urls": (lambda client: client.spotify_urls([SPOTIFY]), dict),
    "artist_mbid": (lambda client: client.artist_mbid("Foo"), object),
    "recordings": (lambda client: client.recordings([R1]), dict),
    "popularity": (lambda client: client.popularity([R1]), dict),
    "similar_artists": (lambda client: client.similar_artists(A1), list),
    "top_recordings": (lambda client: client.top_recordings(A1), list),
    "artist_radio": (lambda client: client.artist_radio(A1), list),
    "tag_radio": (lambda client: client.tag_radio("dub"), list),
    "fresh_releases": (lambda client: client.fresh_releases(), list),
    "spotify_ids": (lambda client: client.spotify_ids([R1]), dict),
    "token_is_valid": (lambda client: client.token_is_valid(), bool),
}


@pytest.mark.parametrize("name", CALLS)
@given(answer=JSON, token=st.booleans())
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_no_answer_breaks_anything(name: str, answer: Any, token: bool) -> None:
    """And what was kept of it reads back as the same."""
    ask, kind = CALLS[name]
    asked = Asked(answer, "a-token-of-the-stub" if token or name != "resolve" else None)
    first = ask(asked.client)
    assert isinstance(first, kind)
    calls = len(asked.calls)
    if name != "token_is_valid":
        assert repr(ask(asked.client)) == repr(first)
        assert len(asked.calls) == calls
    check_types(first)


PARSERS: dict[str, Callable[[Any], Any]] = {
    "looked_up": lambda row: parsing.parse_lookup(row, RecordingName("Foo", "Bar")),
    "searched": lambda row: parsing.parse_search(row, RecordingName("Foo", "Bar", "Baz")),
    "artist": lambda row: parsing.artist(row, "Foo"),
    "facts": lambda row: parsing.facts(row, R1),
    "similar": lambda row: parsing.similar(row, A1),
    "listened": parsing.parse_popular,
    "releases": parsing.releases,
}


@pytest.mark.parametrize("name", PARSERS)
@given(row=JSON)
@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
def test_no_row_breaks_a_parser(name: str, row: Any) -> None:
    """The cache may hold what an older or newer musicai kept."""
    check_types(PARSERS[name](row))
    check_types(PARSERS[name]([row, FACTS]))


def check_types(value: Any) -> None:
    """Each field of a record has the type it promises, also deep within."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for one in value:
            check_types(one)
    if dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            one, promised = getattr(value, field.name), str(field.type)
            kinds = {"str": str, "float": float, "int": int, "bool": bool, "int | None": int}
            if promised in kinds:
                assert isinstance(one, kinds[promised]) or (one is None and "None" in promised)
            else:
                assert isinstance(one, tuple), promised
            if isinstance(one, str):
                assert one.isprintable()
                one.encode()
            check_types(one)


@given(JSON)
def test_what_is_kept_is_bounded(answer: Any) -> None:
    kept = values.prune_answer(answer, ("name", "artist"), depth=3)

    def depth(value: Any) -> int:
        inner = value.values() if isinstance(value, dict) else value
        return 1 + max(map(depth, inner), default=0) if isinstance(value, dict | list) else 0

    assert depth(kept) <= 3


@pytest.mark.parametrize(
    ("read", "value", "expected"),
    [
        (values.parse_count, True, None),
        (values.parse_count, -1, None),
        (values.parse_count, 1.0, None),
        (values.parse_count, 2**60, None),
        (values.parse_count, 0, 0),
        (values.parse_text, " a\n\u202eb\x00 ", "a b"),
        (values.parse_text, 5, ""),
        (values.parse_year, "1999", 1999.0),
        (values.parse_year, 1999, 1999.0),
        (values.parse_year, True, None),
        (values.parse_year, "0000-00-00", None),
        (values.parse_year, "19999-01-01", None),
        (values.parse_positive, 0, None),
        (values.parse_positive, 1e300, None),
        (values.parse_positive, 2, 2.0),
        (values.date, "2026-01-02", "2026-01-02"),
        (values.date, "2026", ""),
    ],
)
def test_single_values(read: Callable[[Any], Any], value: Any, expected: Any) -> None:
    found = read(value)
    if isinstance(found, float) and math.isnan(found):
        found = None
    assert found == expected
