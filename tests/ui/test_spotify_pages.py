"""Connect and Send as a person uses them, against a stub of Spotify."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from musicai.core.progress import no_progress
from musicai.core.settings import Settings
from musicai.data.parsed import ReadOptions
from musicai.data.playlists import ListEntry
from musicai.integrations.spotify import auth
from musicai.integrations.spotify.client import Client
from musicai.library.importing import import_files
from musicai.store import Store
from musicai.ui import state
from musicai.ui.spotify import lists, send_request
from tests.integrations.test_spotify_lists import history
from tests.open_data_stub import Stub
from tests.pages import opened, run
from tests.spotify_session import visited
from tests.spotify_stub import CLIENT_ID, QUOTA, SpotifyWorld, failure, track, track_id


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    with Stub() as running:
        monkeypatch.setenv("MUSICAI_SPOTIFY_HOST", running.address)
        yield running


@pytest.fixture
def world(stub: Stub) -> SpotifyWorld:
    songs = [track(1, "Blue Room", "Ada"), track(3, "Red Door", "Ben"), track(90, "Far *Away*")]
    return SpotifyWorld(stub, songs=songs, saved=60)


@pytest.fixture
def me(home: Path, settings: Settings) -> Path:
    """A profile "me" with four songs, and a client id."""
    auth.save(settings, CLIENT_ID)
    with Store(settings) as store:
        files = [("Streaming_History_Audio_2024.json", history())]
        import_files(store, settings, "me", files, ReadOptions(), no_progress)
    return home


def told(app: AppTest) -> str:
    kinds = (app.markdown, app.caption, app.info, app.success, app.warning, app.error)
    return " ".join(e.value for kind in kinds for e in kind)


def link(app: AppTest, key: str) -> str:
    """The address that a link button leads to."""
    found = [e for e in app.get("link_button") if e.proto.id.endswith(key) or key in e.proto.id]
    assert found, [e.proto for e in app.get("link_button")]
    return str(found[0].proto.url)


def returned(back: dict[str, str]) -> AppTest:
    """A new session, as the browser opens it when Spotify sends it back."""
    app = opened()
    for name, value in back.items():
        app.query_params[name] = value
    return run(app)


def connected(page: str = "connect.py", key: str = "connect_sign_in") -> AppTest:
    return returned(visited(link(opened(page), key)))


# --- set-up ---------------------------------------------------------------------------


def test_without_a_client_id_the_steps_are_there(home: Path) -> None:
    app = opened("connect.py")
    assert "Create app" in told(app)
    assert [one.value for one in app.code] == ["http://127.0.0.1:8501"]
    app.text_input(key="connect_client_id").set_value(f" {CLIENT_ID} ")
    run(app.button(key="FormSubmitter:connect_form-Keep").click())
    assert "Sign in" in [one.value for one in app.subheader]
    assert CLIENT_ID not in told(app)
    run(app.button(key="connect_change").click())
    assert "Create app" in told(app)
    run(app.button(key="connect_back").click())
    assert "Create app" not in told(app)


def test_a_wrong_client_id_says_what_one_looks_like(home: Path) -> None:
    app = opened("connect.py")
    app.text_input(key="connect_client_id").set_value("my secret")
    run(app.button(key="FormSubmitter:connect_form-Keep").click())
    assert "32 digits" in told(app)
    assert "Create app" in told(app)


def test_the_link_asks_for_reading_alone_and_stays_the_same(me: Path, world: SpotifyWorld) -> None:
    app = opened("connect.py")
    first = link(app, "connect_sign_in")
    asked = parse_qs(urlsplit(first).query)
    assert "modify" not in asked["scope"][0]
    assert asked["redirect_uri"] == ["http://127.0.0.1:8501"]
    assert link(run(app), "connect_sign_in") == first


# --- the return -----------------------------------------------------------------------


def test_the_return_in_a_new_session_connects_it(me: Path, world: SpotifyWorld) -> None:
    app = connected()
    assert app.title[0].value == "Connect"
    assert "Connected as Name of stub\\-user" in told(app)
    assert not {"code", "state", "error"} & set(app.query_params)
    assert app.selectbox(key="profile").value == "me"


def test_another_session_sees_nothing_of_it(me: Path, world: SpotifyWorld) -> None:
    app = connected()
    run(app.button(key="spotify_read_all").click())
    other = opened("connect.py")
    assert send_request.SESSION not in other.session_state
    assert "Connected as" not in told(other)
    assert link(other, "connect_sign_in")
    world.user = "second-user"
    world.songs = [track(77, "Second Song")]
    second = returned(visited(link(other, "connect_sign_in")))
    assert "Name of second\\-user" in told(second)
    assert not second.session_state[send_request.SESSION].shelf.listings
    mine, theirs = (
        app.session_state[send_request.SESSION],
        second.session_state[send_request.SESSION],
    )
    assert mine.token.told["access_token"] != theirs.token.told["access_token"]
    run(app)
    assert "Name of stub\\-user" in told(app)


@pytest.mark.parametrize(
    ("back", "text"),
    [
        ({"state": "made-up", "code": "x"}, "not known here"),
        ({"state": "", "code": "x"}, "not known here"),
        ({"state": "made-up", "error": "access_denied"}, "not known here"),
    ],
)
def test_a_return_that_nobody_began(
    me: Path, world: SpotifyWorld, back: dict[str, str], text: str
) -> None:
    app = returned(back)
    assert text in told(app)
    assert app.title[0].value == "Connect"
    assert not {"code", "state", "error"} & set(app.query_params)
    assert link(app, "connect_sign_in")


def test_a_return_that_is_replayed(me: Path, world: SpotifyWorld) -> None:
    back = visited(link(opened("connect.py"), "connect_sign_in"))
    assert "Connected" in told(returned(dict(back)))
    again = returned(dict(back))
    assert "not known here" in told(again)
    assert "Connected as" not in told(again)


def test_a_no_at_spotify(me: Path, world: SpotifyWorld) -> None:
    world.denies = "access_denied"
    assert "You said no" in told(connected())


def test_an_account_that_is_not_on_the_apps_list(me: Path, stub: Stub, world: SpotifyWorld) -> None:
    stub.on("GET", "/v1/me/", failure(403, "User not registered in the Developer Dashboard"))
    app = connected()
    assert "User Management" in told(app)
    assert send_request.SESSION not in app.session_state


def test_a_code_in_the_address_without_a_state_is_nobodys(home: Path) -> None:
    app = opened()
    app.query_params["code"] = "x"
    assert not run(app).error


# --- lists ----------------------------------------------------------------------------


def test_lists_are_read_matched_and_started_from(me: Path, world: SpotifyWorld) -> None:
    app = connected()
    run(app.button(key="spotify_read_all").click())
    assert app.selectbox(key="spotify_list").options[0] == "Top tracks, the last weeks · 3"
    assert "**2 of 3** are in your music or catalogues" in told(app)
    assert "1 track not found here" in [one.label for one in app.expander]
    assert "Far \\*Away\\*" in told(app)
    assert "from Spotify" in told(app)
    frame = app.dataframe[0].value
    assert frame["Open"].tolist()[0] == f"https://open.spotify.com/track/{track_id(1)}"
    run(app.button(key="spotify_seeds").click())
    assert app.title[0].value == "Discover"
    assert len(app.session_state["discover_seeds"]) == 2


def test_only_what_is_in_the_library_goes_into_the_list(me: Path, world: SpotifyWorld) -> None:
    app = connected()
    run(app.button(key="spotify_read_all").click())
    run(app.button(key="spotify_add").click())
    with Store(Settings(home=me)) as store:
        assert [one.name for one in store.list_tracks("me")] == ["Blue Room", "Red Door"]


def test_a_failure_in_the_middle_is_told_and_continued(
    me: Path, stub: Stub, world: SpotifyWorld
) -> None:
    app = connected()
    stub.on("GET", "/v1/me/tracks", QUOTA, times=1)
    run(app.button(key="spotify_read_all").click())
    run(app.selectbox(key="spotify_list").set_value("saved"))
    assert "quota at Spotify is used up" in told(app)
    run(app.button(key="spotify_continue").click())
    run(app.selectbox(key="spotify_list").set_value("saved"))
    assert "60 of" in told(app) or "**0 of 60**" in told(app)
    assert "spotify_continue" not in [b.key for b in app.button]


def test_own_playlists_are_read_one_by_one(me: Path, world: SpotifyWorld) -> None:
    app = connected()
    run(app.button(key="spotify_read_all").click())
    assert app.selectbox(key="spotify_playlist").options == ["Stub Mix · 3 tracks"]
    run(app.button(key="spotify_read_one").click())
    assert any(one.startswith("Stub Mix") for one in app.selectbox(key="spotify_list").options)


def test_a_connection_that_ended_says_so_and_signs_in_again(me: Path, world: SpotifyWorld) -> None:
    app = connected()
    run(app.button(key="spotify_read_all").click())
    world.revoke()
    run(app.button(key="spotify_read_all").click())
    assert "older than six months" in told(app)
    again = returned(visited(link(app, "connect_sign_in")))
    assert "Connected as" in told(again)
    assert again.selectbox(key="spotify_list").options, "what was read before is gone"


def test_a_connection_ended_elsewhere_after_all_was_read_breaks_nothing(
    me: Path, world: SpotifyWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = connected()
    whole = lists.read

    def read(client: Client, *rest: object) -> None:
        whole(client, *rest)  # type: ignore[arg-type]
        st.session_state[send_request.SESSION].token.told = None

    monkeypatch.setattr(lists, "read", read)
    run(app.button(key="spotify_read_all").click())
    assert not app.exception
    assert link(app, "connect_sign_in")


def test_keeping_needs_the_switch(me: Path, world: SpotifyWorld) -> None:
    app = connected()
    run(app.button(key="spotify_read_all").click())
    assert app.button(key="spotify_keep").disabled
    assert "Do not use the Spotify Platform" in told(app)
    run(app.toggle(key="spotify_consent_me").set_value(True))
    run(app.button(key="spotify_keep").click())
    assert "rows kept" in told(app)
    with Store(Settings(home=me)) as store:
        assert any(f.format == "spotify_api" for r in store.imports("me") for f in r.files)


# --- sending --------------------------------------------------------------------------


def put_in_list(home: Path, *extra: ListEntry) -> None:
    with Store(Settings(home=home)) as store:
        mine = [
            ListEntry(track_id(1), "Blue Room", "Ada"),
            ListEntry(track_id(4), "Zu Haus", "Zoë"),
        ]
        store.add_to_list("me", [*mine, *extra])


def on_the_way(app: AppTest) -> AppTest:
    run(app.switch_page("pages/playlists.py"))
    return run(app.button(key="playlists_staging_send").click())


def test_a_list_is_sent_after_the_permission_and_written_again(
    me: Path, world: SpotifyWorld
) -> None:
    put_in_list(me)
    app = on_the_way(connected())
    assert app.title[0].value == "Send"
    assert "**2 of 2** can be sent: 2 known by Spotify's id." in told(app)
    assert "send_now" not in [b.key for b in app.button]
    address = link(app, "send_allow")
    assert "playlist-modify-private" in address
    assert "playlist-modify-public" not in address

    app = returned(visited(address))
    assert app.title[0].value == "Send"
    app.text_input(key="send_name").set_value("Evening")
    app.text_input(key="send_description").set_value("Slow")
    run(app.button(key="send_now").click())
    assert "“Evening” is in your account with 2 tracks" in told(app)
    (made,) = world.made
    assert (made.name, made.description, made.public) == ("Evening", "Slow", False)
    assert made.uris == [f"spotify:track:{track_id(n)}" for n in (1, 4)]

    with Store(Settings(home=me)) as store:
        store.take_from_list("me", [track_id(1)])
    run(app.switch_page("pages/connect.py"))
    run(app.button(key=f"connect_update_{made.playlist_id}").click())
    assert app.title[0].value == "Send"
    run(app.switch_page("pages/send.py"))  # the harness itself does not follow the page
    run(app.button(key="send_now").click())
    assert made.uris == [f"spotify:track:{track_id(4)}"]
    assert len(world.made) == 1


def test_not_connected_the_list_waits_for_the_sign_in(me: Path, world: SpotifyWorld) -> None:
    put_in_list(me)
    app = on_the_way(opened("playlists.py"))
    assert "You are not connected" in told(app)
    app = returned(visited(link(app, "send_connect")))
    assert app.title[0].value == "Send"
    run(app.button(key="send_now").click())
    assert len(world.made) == 1


def test_what_is_unsure_is_chosen_and_what_is_missing_is_listed(
    me: Path, world: SpotifyWorld
) -> None:
    unsure = ListEntry("name:0000000000000001", "Red Door", "Another Ben")
    put_in_list(me, unsure, ListEntry("name:0000000000000002", "Nowhere", "Nobody"))
    app = on_the_way(opened("playlists.py"))
    app = returned(visited(link(app, "send_connect")))
    assert "**2 of 4** can be sent" in told(app)
    assert "Nowhere — Nobody (not found at Spotify)" in told(app)
    choice = app.selectbox(key=f"send_choice_{unsure.track_id}")
    assert choice.options == ["Leave it out", "Red Door — Ben, on Stub Album 3, 3 min 20 s"]
    run(choice.set_value(track_id(3)))
    assert "**3 of 4** can be sent" in told(app)
    run(app.button(key="send_now").click())
    assert world.made[0].uris[-1] == f"spotify:track:{track_id(3)}"


def test_a_failure_while_filling_is_finished_in_the_same_playlist(
    me: Path, stub: Stub, world: SpotifyWorld
) -> None:
    put_in_list(me)
    app = on_the_way(opened("playlists.py"))
    app = returned(visited(link(app, "send_connect")))

    def broken(seen: Any) -> Any:
        made = world.made[0]
        stub.on(
            "PUT",
            f"/v1/playlists/{made.playlist_id}/items",
            failure(429, "slow", **{"Retry-After": "900"}),
            times=1,
        )
        return world._head(made, seen)

    real = world.add_playlist

    def adding(playlist: Any) -> None:
        real(playlist)
        stub.on("GET", f"/v1/playlists/{playlist.playlist_id}", broken, times=1)

    world.add_playlist = adding  # type: ignore[method-assign]
    run(app.button(key="send_now").click())
    assert "asked too often" in told(app)
    assert app.button(key="send_now").label == "Write it in place"
    run(app.button(key="send_now").click())
    assert len(world.made) == 1
    assert len(world.made[0].uris) == 2


def test_recommendations_are_sent_and_made_anew(me: Path, world: SpotifyWorld) -> None:
    app = run(connected("connect.py").switch_page("pages/discover.py"))
    run(app.button(key="discover_send").click())
    assert app.title[0].value == "Send"
    app = returned(visited(link(app, "send_allow")))
    run(app.button(key="send_now").click())
    with Store(Settings(home=me)) as store:
        (sent,) = store.list_sent("me", "acc-stub-user")
    assert json.loads(json.dumps(sent.recipe))["request"]["mode"] == "rediscover"
    run(app.switch_page("pages/connect.py"))
    assert "From recommendations" in told(app)
    run(app.button(key=f"connect_update_{sent.playlist_id}").click())
    assert app.title[0].value == "Send"


def test_invented_tracks_are_not_sent(with_sample: Path, world: SpotifyWorld) -> None:
    app = opened("discover.py")
    assert app.button(key="discover_send").disabled


def test_the_page_without_a_list_says_where_one_comes_from(me: Path) -> None:
    assert "no list on its way" in told(opened("send.py"))


# --- playing --------------------------------------------------------------------------


def test_playing_asks_for_its_permission_and_plays(
    me: Path, stub: Stub, world: SpotifyWorld
) -> None:
    app = connected()
    run(app.button(key="spotify_read_all").click())
    app = returned(visited(link(app, "spotify_play_allow")))
    assert app.selectbox(key="spotify_list").options, "what was read was lost on the way"
    run(app.button(key="spotify_play").click())
    assert world.played[0] == f"spotify:track:{track_id(1)}"
    stub.on("PUT", "/v1/me/player/play", failure(404, "x", "NO_ACTIVE_DEVICE"))
    run(app.button(key="spotify_play").click())
    assert "No device is ready" in told(app)


def test_a_tracks_page_plays_it(me: Path, world: SpotifyWorld) -> None:
    app = opened("detail.py", track=track_id(1))
    assert "detail_play" not in str([b.key for b in app.button])
    app = connected()
    app = returned(visited(link(_read(app), "spotify_play_allow")))
    app.query_params["track"] = track_id(1)
    run(app.switch_page("pages/detail.py"))
    run(app.button(key="detail_play").click())
    assert world.played == [f"spotify:track:{track_id(1)}"]


def _read(app: AppTest) -> AppTest:
    return run(app.button(key="spotify_read_all").click())


# --- the way out ----------------------------------------------------------------------


def test_disconnecting_forgets_everything(me: Path, world: SpotifyWorld) -> None:
    app = _read(connected())
    run(app.toggle(key="spotify_consent_me").set_value(True))
    run(app.button(key="spotify_keep").click())
    run(app.button(key="connect_disconnect").click())
    offered = [one for one, _ in app.session_state["spotify_links"].values()]
    assert offered
    assert all(map(state.get_waiting_room().has, offered))
    run(app.button(key="connect_leave").click())
    assert not any(map(state.get_waiting_room().has, offered)), "what was read waits on"
    assert send_request.SESSION not in app.session_state
    assert "Connected as" not in told(run(app))
    with Store(Settings(home=me)) as store:
        assert not any(f.format == "spotify_api" for r in store.imports("me") for f in r.files)
    held = b"".join(path.read_bytes() for path in me.rglob("*") if path.is_file())
    assert b"secret-" not in held
