"""The calls to the Web API: pages, failures of every kind, waits, and what is never done twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicai.core.errors import (
    Cancelled,
    NotAllowed,
    QuotaSpent,
    RateLimited,
    SignInNeeded,
    SpotifyError,
    SpotifyUnavailable,
)
from musicai.integrations.spotify import session_library
from musicai.integrations.spotify.client import Account, Client
from musicai.integrations.spotify.parsing import (
    SOURCE,
    ApiArtist,
    ApiPlaylist,
    ApiTrack,
    SkippedRow,
    artist_of,
    playlist_of,
    track_of,
)
from musicai.integrations.spotify.session_library import LISTS, PLAYLIST, Shelf
from tests.open_data_stub import Reply, Stub
from tests.spotify_session import Sleeps, client_at
from tests.spotify_stub import QUOTA, TOO_OFTEN, Playlist, SpotifyWorld, failure, track, track_id

OWN = "StubPlaylistOwn0000001"


@pytest.fixture
def stub() -> Iterator[Stub]:
    with Stub() as running:
        yield running


@pytest.fixture
def world(stub: Stub) -> SpotifyWorld:
    return SpotifyWorld(stub)


@pytest.fixture
def sleeps() -> Sleeps:
    return Sleeps()


@pytest.fixture
def client(stub: Stub, world: SpotifyWorld, sleeps: Sleeps) -> Client:
    return client_at(stub, sleeps=sleeps)


# --- one call that fails --------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "kind", "text"),
    [
        (QUOTA, QuotaSpent, "quota"),
        (failure(429, "slow down"), RateLimited, "in a while"),
        (failure(429, "slow down", **{"Retry-After": "7200"}), RateLimited, "in 2 hours"),
        (failure(429, "slow down", **{"Retry-After": "soon"}), RateLimited, "in a while"),
        (
            failure(403, "Active premium subscription required for the owner of the app."),
            NotAllowed,
            "whose owner has Premium",
        ),
        (failure(403, "User not registered in the Developer Dashboard"), NotAllowed, "User Manag"),
        (failure(403, "Insufficient client scope"), NotAllowed, "permission"),
        (failure(404, "Not found"), NotAllowed, "any more"),
        (failure(400, "Bad request"), NotAllowed, "400"),
        (failure(500, "oops"), SpotifyUnavailable, "did not answer"),
        (failure(503, "oops", **{"Retry-After": "9999"}), SpotifyUnavailable, "did not answer"),
        (Reply({"error": "plain text"}, 403), NotAllowed, "not on"),
        (Reply({"error": "plain text"}, 500), SpotifyUnavailable, "500"),
        (Reply(None, 502, body=b"<html>"), SpotifyUnavailable, "502"),
        (Reply(None, 200, body=b""), SpotifyUnavailable, "no list"),
        (Reply(None, 204, body=b""), SpotifyUnavailable, "no list"),
        (Reply([1, 2]), SpotifyUnavailable, "no list"),
        (Reply({"items": None}), SpotifyUnavailable, "no list"),
    ],
)
def test_each_failure_has_its_error(
    stub: Stub, client: Client, sleeps: Sleeps, reply: Reply, kind: type[Exception], text: str
) -> None:
    stub.on("GET", "/v1/me/tracks", reply)
    with pytest.raises(kind, match=text):
        client.read_saved_tracks(0)
    assert not sleeps, "slept for an answer that another moment does not mend"


def test_a_short_wait_is_waited_once(stub: Stub, client: Client, sleeps: Sleeps) -> None:
    stub.on("GET", "/v1/me/tracks", TOO_OFTEN, times=1)
    told: list[str] = []
    assert len(client.read_saved_tracks(0, told.append).rows) == 50
    assert sum(sleeps) == 2
    assert told[0] == "Spotify asks to wait 2 s"


def test_a_second_wait_is_the_persons(stub: Stub, client: Client, sleeps: Sleeps) -> None:
    stub.on("GET", "/v1/me/tracks", TOO_OFTEN)
    with pytest.raises(RateLimited) as raised:
        client.read_saved_tracks(0)
    assert raised.value.wait == 2
    assert sum(sleeps) == 2
    assert len(stub.asked("/v1/me/tracks")) == 2


def test_a_wait_can_be_stopped(stub: Stub, client: Client, sleeps: Sleeps) -> None:
    stub.on("GET", "/v1/me/tracks", TOO_OFTEN)

    def stop(text: str) -> None:
        raise Cancelled(text)

    with pytest.raises(Cancelled):
        client.read_saved_tracks(0, stop)
    assert not sleeps


def test_a_server_that_fails_twice_is_asked_again(stub: Stub, client: Client) -> None:
    stub.on("GET", "/v1/me/tracks", failure(502, "oops"), times=2)
    assert client.read_saved_tracks(0).total == 120


def test_a_host_that_is_gone(stub: Stub, client: Client) -> None:
    with Stub() as gone:
        address = gone.address
    client._api.prefix = f"{address}/v1/"
    with pytest.raises(SpotifyUnavailable, match="cannot be reached"):
        client.account()


def test_an_account_without_a_name_is_no_account(stub: Stub, client: Client) -> None:
    stub.on("GET", "/v1/me/", {"display_name": "nobody"})
    with pytest.raises(SpotifyUnavailable, match="names nobody"):
        client.account()
    stub.on("GET", "/v1/me/", {"id": "old-kind"})
    assert client.account() == Account("old-kind", "old-kind", "old-kind")


# --- rows -----------------------------------------------------------------------------


def test_a_track_as_a_new_app_is_told_it() -> None:
    found = track_of({"added_at": "2024-02-03T04:05:06Z", "item": track(7, isrc="GBAYE0601498")})
    assert isinstance(found, ApiTrack)
    assert found.source == SOURCE == "spotify_api"
    assert (found.track_id, found.name, found.artists) == (
        track_id(7),
        "Stub Song 7",
        ("Stub Artist 7",),
    )
    assert (found.isrc, found.duration_ms, found.released) == (
        "GBAYE0601498",
        200_000.0,
        "2019-05-01",
    )
    assert found.noted_at == 1706933106
    assert found.uri == f"spotify:track:{track_id(7)}"
    assert found.url == f"https://open.spotify.com/track/{track_id(7)}"


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"added_at": None, "item": None}, "no longer available"),
        ({"item": None, "track": None}, "no longer available"),
        ({"item": {"type": "episode", "name": "Talk", "id": track_id(1)}}, "a podcast episode"),
        ({"item": {"name": "", "id": track_id(1)}}, "without a name or an id"),
        ({"item": {"name": "x", "id": None}}, "without a name or an id"),
        ({"item": {"name": "x", "id": "../../etc"}}, "without a name or an id"),
        (None, "an empty row"),
        ("text", "an empty row"),
    ],
)
def test_rows_that_are_no_track(row: Any, why: str) -> None:
    assert track_of(row) == SkippedRow(why)


def test_the_old_name_of_the_field_is_read() -> None:
    found = track_of({"track": track(3)})
    assert isinstance(found, ApiTrack)
    assert found.track_id == track_id(3)


def test_a_file_of_ones_own_has_no_address() -> None:
    row = {"is_local": True, "item": {"name": "Demo", "id": None, "artists": [{"name": "Me"}]}}
    found = track_of(row)
    assert isinstance(found, ApiTrack)
    assert (found.name, found.uri, found.url) == ("Demo", "", "")


def test_heads_of_playlists_old_and_new() -> None:
    new = playlist_of({"id": OWN, "name": "A", "items": {"total": 3}, "owner": {"id": "me"}})
    old = playlist_of({"id": OWN, "name": "A", "tracks": {"total": 4}, "collaborative": True})
    bare = playlist_of({"id": OWN})
    assert isinstance(new, ApiPlaylist)
    assert isinstance(old, ApiPlaylist)
    assert isinstance(bare, ApiPlaylist)
    assert (new.total, new.owner_id) == (3, "me")
    assert (old.total, old.collaborative) == (4, True)
    assert (bare.total, bare.name) == (None, "Untitled")
    assert playlist_of({"name": "no id"}) == SkippedRow("without an id")
    assert isinstance(artist_of({"id": track_id(1), "name": "A"}), ApiArtist)


FIELDS = (
    *("item", "track", "id", "name", "artists", "album", "is_local", "type", "explicit"),
    *("duration_ms", "external_ids", "isrc", "release_date", "added_at", "owner", "items"),
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(FIELDS),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(json_values)
def test_no_row_of_any_shape_raises(row: Any) -> None:
    for read in (track_of, artist_of, playlist_of):
        assert isinstance(read(row), ApiTrack | ApiArtist | ApiPlaylist | SkippedRow)


# --- lists ----------------------------------------------------------------------------


def opened(client: Client) -> Shelf:
    return Shelf(client.account())


def test_all_lists_are_read_whole(stub: Stub, client: Client) -> None:
    held = opened(client)
    told: list[float] = []
    session_library.read(client, held, LISTS, lambda share, note="": told.append(share))
    assert all(listing.done and not listing.failure for listing in held.listings.values())
    assert len(held.listings["saved"].tracks) == 120
    assert [len(held.listings[f"top_tracks_{s}"].tracks) for s in session_library.SPANS] == [
        30,
        30,
        30,
    ]
    assert len(held.listings["top_artists_long_term"].artists) == 30
    assert len(held.listings["recent"].tracks) == 20
    assert told == sorted(told)
    assert told[-1] == 1.0
    # 6 top lists, recent and playlists with one page each, 120 saved tracks in 3
    assert len([seen for seen in stub.seen if seen.method == "GET"]) == 1 + 1 + 6 + 1 + 1 + 3


def test_only_own_playlists_are_offered_and_read(client: Client) -> None:
    held = opened(client)
    session_library.read(client, held, ["playlists"])
    assert [one.playlist_id for one in held.own_playlists()] == [OWN]
    session_library.read(client, held, [PLAYLIST + OWN])
    listing = held.listings[PLAYLIST + OWN]
    assert listing.label == "Stub Mix"
    assert [one.track_id for one in listing.tracks] == [track_id(n) for n in range(1, 6)]


def test_strange_rows_of_a_playlist_are_counted(client: Client, world: SpotifyWorld) -> None:
    rows = [
        {"item": track(1)},
        {"track": track(2)},
        {"item": None},
        {"item": {"type": "episode", "id": track_id(3), "name": "Talk"}},
        {"is_local": True, "item": {"name": "Demo", "artists": [{"name": "Me"}]}},
        {"item": track(1)},
    ]
    world.add_playlist(Playlist("StubPlaylistOdd0000001", "Odd", world.user, rows=rows))
    held = opened(client)
    session_library.read(client, held, ["playlists", PLAYLIST + "StubPlaylistOdd0000001"])
    listing = held.listings[PLAYLIST + "StubPlaylistOdd0000001"]
    assert [one.name for one in listing.tracks] == ["Stub Song 1", "Stub Song 2", "Demo"]
    assert listing.left_out == {"no longer available": 1, "a podcast episode": 1}
    assert listing.read == 6


def test_the_quota_in_the_middle_of_5000_keeps_what_came(stub: Stub) -> None:
    world = SpotifyWorld(stub, saved=5000)
    client = client_at(stub)
    held = opened(client)
    good = world._needs_token(world._saved)
    asked: list[int] = []

    def until_the_middle(seen: Any) -> Any:
        asked.append(int(seen.query["offset"][0]))
        return good(seen) if len(asked) <= 50 else QUOTA

    stub.on("GET", "/v1/me/tracks", until_the_middle)
    session_library.read(client, held, ["saved", "playlists"])
    saved = held.listings["saved"]
    assert len(saved.tracks) == 2500
    assert not saved.done
    assert "quota" in saved.failure
    assert held.list_unfinished() == ["saved", "playlists"]
    assert not stub.asked("/v1/me/playlists"), "the next list was asked for in vain"

    stub.on("GET", "/v1/me/tracks", good)
    stub.seen.clear()
    session_library.read(client, held, held.list_unfinished())
    assert len(saved.tracks) == 5000
    assert saved.done
    assert not saved.failure
    assert stub.asked("/v1/me/tracks")[0].query["offset"] == ["2500"]
    assert len(stub.asked("/v1/me/tracks")) == 50


def test_one_list_that_fails_does_not_cost_the_others(stub: Stub, client: Client) -> None:
    stub.on("GET", "/v1/me/top/artists", failure(403, "Insufficient client scope"))
    held = opened(client)
    session_library.read(client, held, LISTS)
    failed = [key for key, listing in held.listings.items() if listing.failure]
    assert failed == [key for key in LISTS if key.startswith("top_artists")]
    assert held.listings["saved"].done


def test_stopping_keeps_what_came(client: Client) -> None:
    held = opened(client)

    def stop(share: float, note: str = "") -> None:
        if "100" in note:
            raise Cancelled("stop")

    with pytest.raises(Cancelled):
        session_library.read(client, held, ["saved"], stop)
    assert len(held.listings["saved"].tracks) == 100
    session_library.read(client, held, ["saved"])
    assert len(held.listings["saved"].tracks) == 120


def test_a_list_that_is_done_is_read_anew(client: Client, world: SpotifyWorld) -> None:
    held = opened(client)
    session_library.read(client, held, ["saved"])
    world.saved = world.saved[:10]
    session_library.read(client, held, ["saved"])
    assert len(held.listings["saved"].tracks) == 10


def test_a_total_that_lies_does_not_read_for_ever(stub: Stub, client: Client) -> None:
    stub.on("GET", "/v1/me/tracks", {"items": [], "total": 10**9, "next": "https://x/"})
    held = opened(client)
    session_library.read(client, held, ["saved"])
    assert held.listings["saved"].done
    assert len(stub.asked("/v1/me/tracks")) == 1


def test_an_ended_connection_ends_the_reading(world: SpotifyWorld, client: Client) -> None:
    held = opened(client)
    world.revoke()
    session_library.read(client, held, LISTS)
    assert all("ended" in listing.failure for listing in held.listings.values())


# --- playing --------------------------------------------------------------------------


def test_a_track_is_played(client: Client, world: SpotifyWorld) -> None:
    client.play(["spotify:track:a"])
    assert world.played == ["spotify:track:a"]


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        (failure(404, "Player command failed", "NO_ACTIVE_DEVICE"), "No device is ready"),
        (failure(403, "Player command failed", "PREMIUM_REQUIRED"), "Only Premium"),
    ],
)
def test_why_nothing_plays(stub: Stub, client: Client, reply: Reply, text: str) -> None:
    stub.on("PUT", "/v1/me/player/play", reply)
    with pytest.raises(NotAllowed, match=text):
        client.play(["spotify:track:a"])


def test_every_error_is_of_one_tree() -> None:
    for kind in (SignInNeeded, NotAllowed, RateLimited, QuotaSpent, SpotifyUnavailable):
        assert issubclass(kind, SpotifyError)
