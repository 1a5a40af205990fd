"""From the lists at Spotify to the library and back: matches, addresses, playlists, keeping."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from musicai.ai_model import MusicAI
from musicai.core.errors import (
    NotAllowed,
    NotFound,
    QueryError,
    RateLimited,
    SpotifyError,
    SpotifyUnavailable,
)
from musicai.core.progress import no_progress
from musicai.core.settings import Settings
from musicai.data.parsed import ReadOptions
from musicai.data.playlists import ListEntry
from musicai.integrations.spotify import consent, matching, playlists, session_library
from musicai.integrations.spotify.client import Client
from musicai.integrations.spotify.matching import Addressed, address_tracks, choose_candidate
from musicai.integrations.spotify.parsing import ApiTrack
from musicai.integrations.spotify.session_library import PLAYLIST, Shelf
from musicai.library.assemble import load_library
from musicai.library.formats import spotify_api
from musicai.library.importing import import_files
from musicai.library.sample import SAMPLE_PROFILE
from musicai.ranking import playlists as recipes
from musicai.ranking.request import Filters, Request, Tuning
from musicai.store import Store
from tests.open_data_stub import Reply, Stub
from tests.reader_contract import holds
from tests.spotify_session import client_at
from tests.spotify_stub import SpotifyWorld, failure, track, track_id

SONGS = [("Blue Room", "Ada"), ("Blue Room (Live)", "Ada"), ("Red Door", "Ben"), ("Zu Haus", "Zoë")]


def history() -> bytes:
    """Plays of four songs: two with ids that the stub knows, two with ids of other releases."""
    ids = [track_id(1), "Other0000000000000002A", "Other0000000000000003A", track_id(4)]
    return json.dumps(
        [
            {
                "ts": f"2024-03-{day:02d}T10:0{place}:00Z",
                "ms_played": 200_000,
                "master_metadata_track_name": name,
                "master_metadata_album_artist_name": artist,
                "master_metadata_album_album_name": "An Album",
                "spotify_track_uri": f"spotify:track:{ids[place]}",
                "reason_start": "trackdone",
                "reason_end": "trackdone",
                "shuffle": False,
                "skipped": False,
            }
            for day in range(1, 21)
            for place, (name, artist) in enumerate(SONGS)
        ]
    ).encode()


@dataclass
class Desk:
    """A profile with four songs, and an account at the stub that has two of them."""

    settings: Settings
    store: Store
    stub: Stub
    world: SpotifyWorld
    client: Client
    shelf: Shelf

    def read(self, *keys: str) -> None:
        session_library.read(self.client, self.shelf, keys)


@pytest.fixture
def desk(settings: Settings) -> Iterator[Desk]:
    songs = [
        track(1, "Blue Room", "Ada"),
        track(2, "Blue Room - Live", "Ada"),
        track(3, "Red Door", "Ben"),
        track(90, "Only At Spotify", "Nobody Here"),
    ]
    with Store(settings) as store, Stub() as stub:
        import_files(
            store,
            settings,
            "me",
            [("Streaming_History_Audio_2024.json", history())],
            ReadOptions(),
            no_progress,
        )
        world = SpotifyWorld(stub, songs=songs, saved=3)
        client = client_at(stub)
        yield Desk(settings, store, stub, world, client, Shelf(client.account()))


# --- Spotify -> library ---------------------------------------------------------------


def test_tracks_are_found_by_id_and_name_and_the_rest_is_told(desk: Desk) -> None:
    desk.read("top_tracks_short_term")
    library = load_library(desk.store, desk.settings, "me")
    found = matching.match(library, desk.shelf.listings["top_tracks_short_term"].tracks)
    names = library.tracks["name"].tolist()
    assert [names[row] if row >= 0 else None for row in found.rows] == [
        "Blue Room",
        "Blue Room (Live)",
        "Red Door",
        None,
    ]
    assert found.methods[0] == "id"
    assert "" not in found.methods[:3]
    assert [one.name for one in found.missing] == ["Only At Spotify"]
    assert sum(found.by_method.values()) == 3
    assert set(found.by_method) <= set(matching.HOW)


def test_nothing_to_match_is_matched(desk: Desk) -> None:
    library = load_library(desk.store, desk.settings, "me")
    found = matching.match(library, [])
    assert len(found.matched_rows) == 0
    assert found.by_method == {}


def test_a_local_file_gets_an_id_of_its_names() -> None:
    frame = matching.frame_of([ApiTrack("Demo", ("Me",), explicit=None)])
    assert frame["track_id"].str.startswith("name:").all()
    assert np.isnan(frame["duration_ms"].iloc[0])


# --- the house rule, both sides -------------------------------------------------------


def everything_under(home: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file())


def test_what_is_read_reaches_neither_disk_nor_training(desk: Desk) -> None:
    before = desk.store.fingerprint("me")
    desk.read(*session_library.LISTS, PLAYLIST + "StubPlaylistOwn0000001")
    library = load_library(desk.store, desk.settings, "me")
    matching.match(library, list(desk.shelf.tracks()))
    MusicAI("me", settings=desk.settings).get_hybrid_recommendations()
    assert {one.source for one in desk.shelf.tracks()} == {"spotify_api"}
    assert desk.store.fingerprint("me") == before
    assert load_library(desk.store, desk.settings, "me").training_items().empty
    held = everything_under(desk.settings.home)
    for secret in (b"Only At Spotify", b"Stub Album", b"Stub Mix", b"secret-", b"stub-user"):
        assert secret not in held


def test_without_consent_keeping_is_refused_and_writes_nothing(desk: Desk) -> None:
    desk.read("saved")
    for answer in (None, False):
        if answer is not None:
            desk.store.set_consent("me", answer)
        before = desk.store.fingerprint("me")
        with pytest.raises(QueryError, match="only after you have read"):
            consent.keep(desk.store, desk.settings, "me", desk.shelf)
        assert desk.store.fingerprint("me") == before
        assert not consent.list_api_imports(desk.store, "me")


def test_with_consent_lists_are_kept_and_trained_on_while_it_holds(desk: Desk) -> None:
    desk.read("saved", "top_tracks_short_term", "recent")
    desk.store.set_consent("me", True)
    report = consent.keep(desk.store, desk.settings, "me", desk.shelf)
    assert report.playlist_rows.imported == 3 + 4
    assert not report.problems
    library = load_library(desk.store, desk.settings, "me")
    assert set(library.playlist_items["playlist"].unique()) == {
        "Saved tracks (Spotify)",
        "Top tracks, the last weeks (Spotify)",
    }
    assert library.playlist_items["api_born"].all()
    assert len(library.training_items()) == 7
    assert "Only At Spotify" in library.tracks["name"].tolist()

    desk.store.set_consent("me", False)
    taken_back = load_library(desk.store, desk.settings, "me")
    assert len(taken_back.playlist_items) == 7
    assert taken_back.training_items().empty


def test_keeping_again_takes_the_place_of_what_was_kept(desk: Desk) -> None:
    desk.store.set_consent("me", True)
    desk.read("saved")
    consent.keep(desk.store, desk.settings, "me", desk.shelf)
    consent.keep(desk.store, desk.settings, "me", desk.shelf)  # the same again
    assert len(consent.list_api_imports(desk.store, "me")) >= 1
    desk.world.saved = desk.world.saved[1:]
    desk.read("saved")
    consent.keep(desk.store, desk.settings, "me", desk.shelf)
    assert len(consent.list_api_imports(desk.store, "me")) == 1
    items = load_library(desk.store, desk.settings, "me").playlist_items
    assert len(items) == 2


def test_disconnecting_deletes_all_of_it_and_nothing_else(desk: Desk) -> None:
    plays = len(load_library(desk.store, desk.settings, "me").plays)
    desk.store.set_consent("me", True)
    desk.read("saved", "top_tracks_short_term")
    consent.keep(desk.store, desk.settings, "me", desk.shelf)
    load_library(desk.store, desk.settings, "me")
    assert b"Only At Spotify" in everything_under(desk.settings.home)
    desk.store.note_sent("me", "Made", desk.shelf.account.account_id, "A", {"list": ""})
    desk.store.note_sent("me", "Elsewhere", "another account", "B", {"list": ""})
    assert consent.delete_all(desk.store, desk.shelf.account.account_id) == 1
    held = everything_under(desk.settings.home)
    for word in (b"Only At Spotify", b"Stub Album", b"acc-stub-user", b"lists from Spotify"):
        assert word not in held, word
    library = load_library(desk.store, desk.settings, "me")
    assert library.playlist_items.empty
    assert len(library.plays) == plays
    assert not consent.list_api_imports(desk.store, "me")
    assert not desk.store.list_sent("me", desk.shelf.account.account_id)
    assert len(desk.store.list_sent("me", "another account")) == 1


def test_the_sample_keeps_nothing_and_nothing_read_is_nothing_kept(
    with_sample: Path, desk: Desk
) -> None:
    desk.read("saved")
    desk.store.set_consent(SAMPLE_PROFILE, True)
    with pytest.raises(QueryError, match="invented"):
        consent.keep(desk.store, desk.settings, SAMPLE_PROFILE, desk.shelf)
    desk.shelf.listings.clear()
    desk.store.set_consent("me", True)
    with pytest.raises(QueryError, match="nothing to keep"):
        consent.keep(desk.store, desk.settings, "me", desk.shelf)


# --- the reader of what is kept -------------------------------------------------------


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"playlists": None},
        {"playlists": [None, {"name": "x"}, {"rows": [None, 1, {}]}]},
        {"playlists": [{"name": "x", "rows": [{"name": "a", "artists": "not a list"}]}]},
        {"playlists": [{"name": "x", "rows": [{"id": track_id(1), "name": "a"}]}]},
        {"playlists": [{"rows": [{"name": "a", "artists": ["b"], "added_at": 10**12}]}]},
        {"playlists": [{"rows": [{"name": "a", "artists": ["b"], "duration_ms": -1}] * 2}]},
    ],
)
def test_odd_rows_of_kept_lists_are_counted(told: dict[str, Any]) -> None:
    data = json.dumps({spotify_api.MARK: 1, **told}, separators=(",", ":")).encode()
    assert spotify_api.sniff(data)
    holds(spotify_api.parse(data, "kept.json", ReadOptions()))


# --- library -> Spotify ---------------------------------------------------------------


def asked_nobody(words: str) -> Sequence[Any]:
    pytest.fail(f"searched for {words}")


def in_list(desk: Desk, *names: str) -> list[ListEntry]:
    library = load_library(desk.store, desk.settings, "me")
    rows = {name: row for row, name in enumerate(library.tracks["name"].tolist())}
    artists = dict(SONGS)
    return [ListEntry(library.vocabulary.id(rows[n]), n, artists[n]) for n in names]


def test_an_id_of_spotifys_is_sent_as_it_is(desk: Desk) -> None:
    library = load_library(desk.store, desk.settings, "me")
    tracks = in_list(desk, "Blue Room", "Zu Haus")
    found = address_tracks(library, tracks, asked_nobody)
    assert [one.how for one in found.values()] == ["id", "id"]
    assert [one.uri for one in found.values()] == [
        f"spotify:track:{track_id(1)}",
        f"spotify:track:{track_id(4)}",
    ]


def test_a_track_without_an_id_is_searched_for(desk: Desk) -> None:
    library = load_library(desk.store, desk.settings, "me")
    listed = ListEntry("name:0000000000000001", "Red Door", "Ben")
    found = address_tracks(library, [listed], desk.client.search)[listed.track_id]
    assert (found.how, found.spotify_id) == ("found", track_id(3))
    assert desk.stub.asked("/v1/search")[0].query["q"] == ['track:"Red Door" artist:"Ben"']


def test_another_version_or_artist_is_a_candidate_and_not_a_find(desk: Desk) -> None:
    library = load_library(desk.store, desk.settings, "me")
    listed = ListEntry("name:0000000000000002", "Red Door", "Somebody Else")
    found = address_tracks(library, [listed], desk.client.search)[listed.track_id]
    assert (found.how, found.uri) == ("unsure", "")
    assert [one.track_id for one in found.candidates] == [track_id(3)]
    picked = choose_candidate(found, track_id(3))
    assert (picked.how, picked.uri) == ("chosen", f"spotify:track:{track_id(3)}")
    assert choose_candidate(picked, "").how == "unsure"


def test_what_is_not_there_or_invented_stays_here(desk: Desk) -> None:
    library = load_library(desk.store, desk.settings, "me")
    missing = ListEntry("name:0000000000000003", 'A "Quoted" Thing', "")
    invented = ListEntry("invented00000000000001", "Nothing", "Nobody")
    found = address_tracks(library, [missing, invented], desk.client.search)
    assert [one.how for one in found.values()] == ["missing", "invented"]
    assert not any(one.uri for one in found.values())
    assert all('"' not in seen.query["q"][0] for seen in desk.stub.asked("/v1/search"))


def test_what_was_found_is_not_asked_again(desk: Desk) -> None:
    library = load_library(desk.store, desk.settings, "me")
    listed = ListEntry("name:0000000000000001", "Red Door", "Ben")
    known = {listed.track_id: Addressed(listed, "chosen", track_id(3))}
    assert address_tracks(library, [listed], asked_nobody, known) == known


# --- playlists ------------------------------------------------------------------------


def uris(n: int, start: int = 0) -> list[str]:
    return [f"spotify:track:{track_id(5000 + start + k)}" for k in range(n)]


RECIPE = {"list": "Mine"}


def sent_with(desk: Desk, wanted: Sequence[str], **head: Any) -> playlists.SentPlaylist:
    name, description, once = playlists.check_playlist(
        "My  list", head.pop("description", ""), wanted
    )
    made = playlists.make(
        desk.client,
        desk.store,
        "me",
        desk.shelf.account,
        name,
        RECIPE,
        description=description,
        **head,
    )
    playlists.fill(desk.client, desk.store, "me", desk.shelf.account, made, once, RECIPE)
    return desk.store.list_sent("me", desk.shelf.account.account_id)[0]


@pytest.mark.parametrize("n", [1, 99, 100, 101, 250])
def test_a_list_becomes_a_private_playlist_in_pieces(desk: Desk, n: int) -> None:
    sent = sent_with(desk, [*uris(n), uris(1)[0]], description="Two\nlines")
    made = desk.world.made[0]
    assert made.uris == uris(n)
    assert (made.name, made.public, made.description) == ("My list", False, "Two lines")
    assert (sent.playlist_id, sent.tracks) == (made.playlist_id, n)
    assert sent.written_at > 0
    assert len(desk.world.made) == 1


def test_a_piece_whose_answer_is_lost_is_not_sent_twice(desk: Desk) -> None:
    made = playlists.make(desk.client, desk.store, "me", desk.shelf.account, "A", RECIPE)
    playlist = desk.world.made[0]
    path = f"/v1/playlists/{made.playlist_id}/items"

    def taken_but_silent(seen: Any) -> Reply:
        desk.world._append(playlist, seen)
        return Reply(None, 502, body=b"")

    desk.stub.on("POST", path, taken_but_silent, times=1)
    playlists.fill(desk.client, desk.store, "me", desk.shelf.account, made, uris(250), RECIPE)
    assert playlist.uris == uris(250)


def test_a_piece_that_did_not_arrive_is_sent_again_once(desk: Desk) -> None:
    made = playlists.make(desk.client, desk.store, "me", desk.shelf.account, "A", RECIPE)
    path = f"/v1/playlists/{made.playlist_id}/items"
    desk.stub.on("POST", path, failure(500, "oops"), times=1)
    playlists.fill(desk.client, desk.store, "me", desk.shelf.account, made, uris(250), RECIPE)
    assert desk.world.made[0].uris == uris(250)


def test_a_failure_half_way_is_finished_in_the_same_playlist(desk: Desk) -> None:
    made = playlists.make(desk.client, desk.store, "me", desk.shelf.account, "A", RECIPE)
    path = f"/v1/playlists/{made.playlist_id}/items"
    desk.stub.on("POST", path, failure(429, "slow", **{"Retry-After": "900"}), times=1)
    with pytest.raises(RateLimited, match="15 minutes"):
        playlists.fill(desk.client, desk.store, "me", desk.shelf.account, made, uris(250), RECIPE)
    (kept,) = desk.store.list_sent("me", desk.shelf.account.account_id)
    assert kept.written_at == 0
    playlists.fill(desk.client, desk.store, "me", desk.shelf.account, kept, uris(250), RECIPE)
    assert [p.uris for p in desk.world.made] == [uris(250)]


def test_somebody_elses_change_meanwhile_is_told(desk: Desk) -> None:
    made = playlists.make(desk.client, desk.store, "me", desk.shelf.account, "A", RECIPE)
    playlist = desk.world.made[0]

    def changed(seen: Any) -> Reply:
        playlist.uris = playlist.uris[:7]
        return failure(500, "oops")

    desk.stub.on("POST", f"/v1/playlists/{made.playlist_id}/items", changed, times=1)
    with pytest.raises(NotAllowed, match="somebody else"):
        playlists.fill(desk.client, desk.store, "me", desk.shelf.account, made, uris(150), RECIPE)


def test_a_playlist_is_brought_up_to_date_in_place(desk: Desk) -> None:
    sent = sent_with(desk, uris(150))
    playlists.fill(
        desk.client, desk.store, "me", desk.shelf.account, sent, uris(20, 500), {"list": "New"}
    )
    assert [p.uris for p in desk.world.made] == [uris(20, 500)]
    (now,) = desk.store.list_sent("me", desk.shelf.account.account_id)
    assert (now.tracks, now.recipe) == (20, {"list": "New"})


def test_a_playlist_that_was_not_made_from_here_is_never_touched(desk: Desk) -> None:
    own = desk.world.playlists["StubPlaylistOwn0000001"]
    before = list(own.uris)
    foreign = playlists.SentPlaylist(own.playlist_id, "acc-stub-user", own.name, RECIPE, 0, 0, 0)
    with pytest.raises(NotAllowed, match="not made from here"):
        playlists.fill(desk.client, desk.store, "me", desk.shelf.account, foreign, uris(3), RECIPE)
    assert own.uris == before
    assert not [seen for seen in desk.stub.seen if seen.method == "PUT"]


def test_a_playlist_that_another_account_has_now_is_left_alone(desk: Desk) -> None:
    sent = sent_with(desk, uris(3))
    desk.world.made[0].owner = "somebody-else"
    with pytest.raises(NotAllowed):
        playlists.fill(desk.client, desk.store, "me", desk.shelf.account, sent, uris(5), RECIPE)
    assert desk.world.made[0].uris == uris(3)


def test_a_playlist_that_cannot_be_made_is_not_made_twice(desk: Desk) -> None:
    desk.stub.on("POST", "/v1/me/playlists", failure(502, "oops"))
    with pytest.raises(SpotifyUnavailable):
        playlists.make(desk.client, desk.store, "me", desk.shelf.account, "A", RECIPE)
    assert len(desk.stub.asked("/v1/me/playlists")) == 1
    assert not desk.store.list_sent("me", desk.shelf.account.account_id)


@pytest.mark.parametrize(
    ("name", "wanted", "text"),
    [
        ("", uris(1), "name"),
        ("  \n ", uris(1), "name"),
        ("x" * 101, uris(1), "name"),
        ("A", [], "nothing to send"),
        ("A", ["", ""], "nothing to send"),
        ("A", uris(10_001), "at most 10,000"),
    ],
)
def test_what_cannot_be_sent(name: str, wanted: list[str], text: str) -> None:
    with pytest.raises(QueryError, match=text):
        playlists.check_playlist(name, "", wanted)


def test_a_scope_that_is_missing_is_named(desk: Desk) -> None:
    client = client_at(desk.stub, scopes=("user-top-read",))
    with pytest.raises(SpotifyError, match="permission"):
        playlists.make(client, desk.store, "me", desk.shelf.account, "A", RECIPE)


def test_deleting_the_profile_forgets_its_playlists(desk: Desk) -> None:
    sent_with(desk, uris(3))
    desk.store.delete_profile("me")
    assert not desk.store.list_sent("me", desk.shelf.account.account_id)
    with pytest.raises(NotFound):
        desk.store.note_written("me", desk.world.made[0].playlist_id, RECIPE, 1)


# --- recipes --------------------------------------------------------------------------


def test_a_request_comes_back_from_json_as_it_was(own_history: Path) -> None:
    ai = MusicAI("me")
    seed = ai.favourites(1)[0]
    request = Request(seed_tracks=(seed,), mode="rediscover")
    tuning = Tuning(weights={"history": 1.0}, diversity=0.4, n_recommendations=7)
    recipe = json.loads(json.dumps(recipes.of_request(request, tuning)))
    with Store(Settings(home=own_history)) as store:
        made = recipes.make_list(recipe, ai, store)
    direct = ai.rank(ai.score(request), tuning)
    assert [one.track_id for one in made] == [item.track_id for item in direct]
    assert len(made) == 7


def test_every_field_of_a_request_survives_json() -> None:
    request = Request(
        seed_tracks=("a", "b"),
        mood={"happy": 0.25, "chill": 0.75},
        genre={"rock": 1.0},
        mode="mix",
        mood_strength=0.7,
        genre_strength=0.2,
        filters=Filters(("x",), (1990, 2000), ("rock",), True),
    )
    told = json.loads(json.dumps(recipes.of_request(request, Tuning(draw=3, surprise=0.5))))
    assert recipes._request(told["request"]) == request
    assert Tuning(**told["tuning"]) == Tuning(draw=3, surprise=0.5)


def test_a_list_is_made_anew_from_what_it_holds_now(own_history: Path) -> None:
    ai = MusicAI("me")
    with Store(Settings(home=own_history)) as store:
        first, second = (ListEntry(ai.library.vocabulary.id(row), "n", "a") for row in (0, 1))
        store.save_list("me", "Mine", [first])
        assert recipes.make_list({"list": "Mine"}, ai, store) == [first]
        store.add_to_list("me", [second], "Mine")
        assert recipes.make_list({"list": "Mine"}, ai, store) == [first, second]
        store.delete_list("me", "Mine")
        with pytest.raises(NotFound):
            recipes.make_list({"list": "Mine"}, ai, store)
        with pytest.raises(QueryError, match="cannot be read"):
            recipes.make_list({"request": {"mode": "mix"}}, ai, store)


def test_recipes_in_words() -> None:
    assert recipes.describe_recipe({"list": ""}) == "your list"
    assert recipes.describe_recipe({"list": "Mine"}) == "the playlist “Mine”"
    told = recipes.of_request(Request(mood={"happy": 1.0}, seed_tracks=("a",)), Tuning())
    assert recipes.describe_recipe(told) == "recommendations (happy, from your picks)"
    assert recipes.describe_recipe({}) == "recommendations"
