"""From a listener's library to a personal catalogue, against a stub on this machine."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Iterator
from datetime import date

import pandas as pd
import pytest

from musicai.cli import main
from musicai.core.errors import Cancelled, DataError, QueryError
from musicai.core.settings import Settings
from musicai.data.text_keys import name_id, recording_key
from musicai.integrations import enrichment
from musicai.integrations.enrichment import (
    Plan,
    allow,
    enrich,
    list_allowed_steps,
    order_steps,
    plan_for,
    preview,
)
from musicai.integrations.enrichment.catalog import Candidate, Link, popularity_of, tables
from musicai.integrations.enrichment.limits import falloff
from musicai.integrations.metabrainz import Listened, OpenData, Resolved, StoredAnswers
from musicai.library.assemble import load_library
from musicai.store import Store
from tests import worlds
from tests.integrations.test_open_data_client import Watch
from tests.open_data_stub import Reply, Song, Stub, World, made_id

TOKEN = "a-token-of-the-stub"
TODAY = date(2026, 3, 1)
ALL = [step.name for step in enrichment.STEPS]

SPOTIFY = "3z8h0TU7ReDPLIbEnYhWZb"


def world() -> World:
    """Foo is played; Zed is similar to Foo, Quux to Zed; Foo has a new release."""
    songs = [
        Song(artist, f"{artist} Song {n}", listeners=10 * n, tags=("dub",))
        for artist in ("Foo", "Zed", "Quux")
        for n in range(1, 5)
    ]
    songs[0] = Song("Foo", "Foo Song 1", listeners=10, spotify=SPOTIFY)
    songs.append(Song("Foo", "Brand New", album="New", year=2026, listeners=None))
    songs.append(Song("Other", "Tagged", listeners=99))
    similar = {"Foo": [("Zed", 100)], "Zed": [("Foo", 100), ("Quux", 50)]}
    fresh = [
        {
            "artist_mbids": [made_id("artist", "Foo")],
            "artist_credit_name": "Foo",
            "release_group_mbid": made_id("group", name),
            "release_name": name,
            "release_date": day,
        }
        for name, day in (("New", "2026-02-01"), ("Later", "2026-05-01"))
    ]
    return World(songs, similar, fresh)


@pytest.fixture
def plan() -> Plan:
    rows = [
        {"track_id": SPOTIFY, "name": "Foo Song 1", "artists": "Foo"},
        {"track_id": "name:x", "name": "Foo Song 4", "artists": "Foo;Guest"},
        {"track_id": "name:y", "name": "Once", "artists": "Rare"},
    ]
    plays = [(0, float(h), 200_000, False, 0) for h in range(5)]
    plays += [(1, float(10 + h), 200_000, False, 0) for h in range(2)] + [
        (2, 20.0, 200_000, False, 0)
    ]
    return plan_for(worlds.library(rows, plays))


@pytest.fixture
def stub() -> Iterator[Stub]:
    watch = Watch()
    with Stub(watch.now) as stub:
        world().serve(stub)
        yield stub


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with Store(settings) as store:
        store.create_profile("p")
        yield store


def client(stub: Stub, store: Store, token: str | None = TOKEN) -> OpenData:
    clock = Watch()
    return OpenData(
        stub.hosts,
        StoredAnswers(store, clock),
        contact="tests",
        token=token,
        clock=clock,
        chance=random.Random(0),
    )


def run(
    stub: Stub, store: Store, plan: Plan, names: list[str], token: str | None = TOKEN
) -> enrichment.Enrichment:
    with client(stub, store, token) as asking:
        return enrich(
            store, "p", plan, order_steps(names), asking, today=TODAY, chance=random.Random(0)
        )


# --- plan, steps, preview -------------------------------------------------------------


def test_loved_artists_are_those_played_most_by_their_first_name(plan: Plan) -> None:
    (foo,) = plan.artists  # "Rare" was heard once
    assert (foo.name, foo.plays) == ("Foo", 7)
    assert [(t.named.title, t.spotify) for t in foo.tracks] == [
        ("Foo Song 1", SPOTIFY),
        ("Foo Song 4", ""),
    ]
    assert recording_key("Rare", "Once") in plan.played


def test_what_is_left_out_of_taste_is_not_asked_about() -> None:
    made = worlds.library(
        [{"track_id": "a", "name": "A", "artists": "Foo", "excluded": True}],
        [(0, float(h), 200_000, False, 0) for h in range(5)],
    )
    assert plan_for(made).artists == ()


def test_the_invented_sample_asks_nobody() -> None:
    made = worlds.two_camps()
    object.__setattr__(made, "invented", True)
    with pytest.raises(DataError, match="invented"):
        plan_for(made)


def test_steps_bring_what_they_need() -> None:
    assert [step.name for step in order_steps(["further"])] == ["artists", "similar", "further"]
    with pytest.raises(QueryError, match="no step 'nonsense'"):
        order_steps(["nonsense"])
    with pytest.raises(QueryError, match="at least one"):
        order_steps(["spotify"])


def test_what_is_allowed_is_kept_for_the_profile_alone(store: Store) -> None:
    store.create_profile("q")
    store.change_settings("p", {"other": 1})
    allow(store, "p", order_steps(["tags"]))
    assert list_allowed_steps(store, "p") == ("artists", "tags")
    assert list_allowed_steps(store, "q") == ()
    assert store.settings_of("p")["other"] == 1
    allow(store, "p", ())
    assert list_allowed_steps(store, "p") == ()


def test_a_preview_tells_what_leaves_and_no_count(plan: Plan) -> None:
    shown = preview(plan, order_steps(ALL), has_token=False)
    assert shown.steps[0].examples == ("Foo: Foo Song 1", "Foo;Guest: Foo Song 4")
    assert {"MusicBrainz", "ListenBrainz", "ListenBrainz labs"} == set(shown.hosts)
    assert shown.minutes >= 1
    assert all(one.requests > 0 for one in shown.steps)


@pytest.mark.parametrize("token", [TOKEN, None])
def test_the_preview_bounds_the_requests(
    stub: Stub, store: Store, plan: Plan, token: str | None
) -> None:
    run(stub, store, plan, ALL, token)
    assert len(stub.seen) <= preview(plan, order_steps(ALL), has_token=bool(token)).requests


# --- the work -------------------------------------------------------------------------


@pytest.mark.parametrize("token", [TOKEN, None])
def test_every_step_leads_to_tracks_never_played(
    stub: Stub, store: Store, plan: Plan, token: str | None
) -> None:
    done = run(stub, store, plan, ALL, token)
    assert (done.artists, done.recognised, done.complete) == (1, 1, True)
    assert done.steps
    assert not any(one.problem for one in done.steps)
    links = store.catalogue_links(done.catalogue)
    frame = store.catalogue_tracks(done.catalogue)
    names = frame.set_index("track_id")["name"]
    paths = {
        (names[row.track_id], row.kind, row.via, row.through)
        for row in links.itertuples(index=False)
    }
    assert ("Zed Song 4", "similar artist", "Foo", "") in paths
    assert ("Quux Song 4", "similar artist", "Foo", "Zed") in paths
    assert ("Foo Song 3", "top recording", "Foo", "") in paths
    assert ("Brand New", "fresh release", "Foo", "") in paths
    assert ("Tagged", "tag", "dub", "") in paths
    linked = set(names[links["track_id"]])
    assert not linked & {"Foo Song 1", "Foo Song 4"}, "played already"
    assert not any(seen.query.get("release-group") == [made_id("group", "Later")]
                   for seen in stub.seen), "not out yet"  # fmt: skip
    assert done.tracks == len(linked)
    own = frame[frame["track_id"] == SPOTIFY].iloc[0]
    assert own["genres"] == "dub"  # what the host knows of an own track is kept for it
    zed = frame[frame["name"] == "Zed Song 4"].iloc[0]
    assert zed["genres"] == "dub"
    assert zed["year"] == 2001
    assert zed["popularity"] == pytest.approx(popularity_of(40), abs=1e-3)


def test_the_best_known_tracks_of_an_artist_are_linked_most(
    stub: Stub, store: Store, plan: Plan
) -> None:
    done = run(stub, store, plan, ["similar"])
    frame = store.catalogue_tracks(done.catalogue)
    joined = store.catalogue_links(done.catalogue).merge(frame[["track_id", "name"]])
    strength = joined.set_index("name")["strength"]
    assert strength["Zed Song 4"] == 1.0
    assert strength["Zed Song 3"] == pytest.approx(falloff(1))
    assert set(strength.index) == {f"Zed Song {n}" for n in range(1, 5)}


def test_no_time_no_count_and_no_name_of_the_listener_leaves(
    stub: Stub, store: Store, plan: Plan
) -> None:
    run(stub, store, plan, ALL)
    allowed_keys = {
        "recordings", "artist_name", "recording_name", "release_name", "recording_mbids",
        "recording_mbid", "inc",
    }  # fmt: skip

    def keys(value: object) -> set[str]:
        if isinstance(value, dict):
            return set(value) | {k for v in value.values() for k in keys(v)}
        return {k for v in value for k in keys(v)} if isinstance(value, list) else set()

    bodies = [seen.body for seen in stub.seen if seen.raw]
    assert bodies
    assert set().union(*map(keys, bodies)) <= allowed_keys
    for seen in stub.seen:
        if not seen.path.startswith("/listenbrainz"):
            assert "authorization" not in seen.headers


def test_a_second_run_asks_nothing_and_changes_nothing(
    stub: Stub, store: Store, plan: Plan
) -> None:
    first = run(stub, store, plan, ALL)
    asked = len(stub.seen)
    second = run(stub, store, plan, ALL)
    assert len(stub.seen) == asked
    assert (second.tracks, second.links) == (first.tracks, first.links)
    assert [c.name for c in store.catalogues("p")] == ["Open data"]


def test_a_host_that_fails_keeps_what_others_gave_and_continue_completes(
    stub: Stub, store: Store, plan: Plan
) -> None:
    path = "/labs/similar-artists/json"
    stub.on("GET", path, Reply({"error": "down"}, 503))
    done = run(stub, store, plan, ["similar", "top"])
    outcome = {one.step: one for one in done.steps}
    assert outcome["similar"].failures
    assert "labs" in outcome["similar"].problem.lower()
    assert outcome["top"].failures == 0
    assert set(done.links) == {"top recording"}
    assert not done.complete
    stub.on("GET", path, world()._similar)
    whole = run(stub, store, plan, ["similar", "top"])
    assert whole.complete
    assert set(whole.links) == {"similar artist", "top recording"}


def test_the_network_gone_leaves_the_catalogue_as_it_was(
    stub: Stub, store: Store, plan: Plan
) -> None:
    first = run(stub, store, plan, ["top"])
    store.answers_forget()
    with Stub() as silent:
        for kind in ("GET", "POST"):
            for seen in list(stub.seen):
                silent.on(kind, seen.path, Reply({"error": "down"}, 503))
        gone = run(silent, store, plan, ["top"])
    assert gone.catalogue == ""
    assert not gone.complete
    assert gone.steps[0].problem
    assert len(store.catalogue_links(first.catalogue)) == first.links["top recording"]


def test_what_a_dump_names_is_not_asked_for(stub: Stub, store: Store, plan: Plan) -> None:
    songs = {song.title: song for song in world().songs}
    offline = {
        track.named: Resolved(songs[track.named.title].recording, track.named.title, (), "Foo")
        for track in plan.tracks
    }
    with client(stub, store) as asking:
        done = enrich(store, "p", plan, order_steps(["top"]), asking, today=TODAY, offline=offline)
    assert (done.recognised, done.complete) == (1, True)
    assert not stub.asked("/musicbrainz/url")
    assert not stub.asked("/listenbrainz/1/metadata/lookup/")


def test_cancelling_keeps_the_answers(stub: Stub, store: Store, plan: Plan) -> None:
    calls = 0

    def stop(fraction: float, note: str = "") -> None:
        nonlocal calls
        calls += 1
        if calls == 6:
            raise Cancelled("Stopped.")

    with client(stub, store) as asking, pytest.raises(Cancelled):
        enrich(store, "p", plan, order_steps(ALL), asking, stop, today=TODAY)
    assert store.catalogues("p") == []
    asked = len(stub.seen)
    assert asked
    assert store.answers_counts()
    run(stub, store, plan, ALL)
    again = [(s.method, s.path, s.raw, str(s.query)) for s in stub.seen]
    assert len(again) == len(set(again)), "nothing was asked twice"


def test_progress_grows_from_0_to_1(stub: Stub, store: Store, plan: Plan) -> None:
    told: list[float] = []
    with client(stub, store) as asking:
        enrich(
            store,
            "p",
            plan,
            order_steps(ALL),
            asking,
            lambda f, note="": told.append(f),
            today=TODAY,
        )
    assert told == sorted(told)
    assert told[0] < 0.2
    assert told[-1] == pytest.approx(1.0)


# --- the tables -----------------------------------------------------------------------


def candidate(mbid: str, name: str, listeners: int | None, *links: Link) -> Candidate:
    return Candidate(Listened(mbid, name, "By"), list(links), listeners=listeners)


def test_two_ids_of_one_recording_become_one_track_with_all_links() -> None:
    one = candidate("1", "Song", 5, Link("tag", "dub", 0.5))
    two = candidate("2", "Song (Remastered 2011)", 9, Link("tag", "dub", 0.25),
                    Link("similar artist", "Foo", 1.0))  # fmt: skip
    frame, links = tables([one, two], [], frozenset())
    assert list(frame["name"]) == ["Song (Remastered 2011)"]
    assert sorted(zip(links["kind"], links["strength"], strict=True)) == [
        ("similar artist", 1.0),
        ("tag", 0.5),
    ]
    assert set(links["track_id"]) == {name_id("By", "Song")}


def test_what_nothing_names_or_is_played_is_no_candidate() -> None:
    link = Link("tag", "dub", 1.0)
    unnamed, played = candidate("1", "", 5, link), candidate("2", "Mine", 5, link)
    frame, links = tables([unnamed, played], [], frozenset({recording_key("By", "Mine")}))
    assert len(frame) == len(links) == 0


def test_popularity_grows_with_the_logarithm_and_unknown_is_not_zero() -> None:
    assert popularity_of(0) == 0.0
    assert popularity_of(300_000) == 100.0 == popularity_of(10**9)
    assert 0 < popularity_of(10) < popularity_of(1_000) < 100
    assert pd.isna(popularity_of(None))


# --- the command ----------------------------------------------------------------------


def test_nothing_runs_before_it_is_allowed(
    home: object, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["open-data", "run", "--profile", "p", "--step", "top"]) == 2
    assert "--yes" in capsys.readouterr().err


@pytest.mark.slow
def test_the_token_is_piped_in_and_never_shown(
    home: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("0123456789abcdef-secret\n"))
    assert main(["open-data", "token", "--json"]) == 0
    assert main(["open-data", "status", "--json"]) == 0
    told = capsys.readouterr().out
    assert "0123456789" not in told
    assert json.loads(told.splitlines()[-1])["token"] == "…cret"
    assert main(["open-data", "token", "--remove"]) == 0


def test_a_catalogue_of_open_data_joins_the_library(
    stub: Stub, store: Store, settings: Settings, plan: Plan
) -> None:
    done = run(stub, store, plan, ["similar", "tags"])
    made = load_library(store, settings, "p")
    assert set(made.tracks["origin"]) == {done.catalogue}
    assert len(made.links) == sum(done.links.values())


def test_which_recordings_they_are_is_kept(stub: Stub, store: Store, plan: Plan) -> None:
    """Of own tracks and of found ones, so that dumps can be read for them later."""
    done = run(stub, store, plan, ["similar"])
    kept = store.recordings("p")
    assert kept[SPOTIFY] == made_id("recording", "Foo", "Foo Song 1")
    frame = store.catalogue_tracks(done.catalogue).set_index("name")["track_id"]
    assert kept[frame["Zed Song 4"]] == made_id("recording", "Zed", "Zed Song 4")
    assert set(store.catalogue_links(done.catalogue)["track_id"]) <= kept.keys()
