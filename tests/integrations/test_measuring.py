"""From dumps on this machine to what is known of the tracks, through the command as well."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from musicai.cli import main
from musicai.core.errors import Cancelled, DataError, UnreadableFile
from musicai.core.settings import Settings
from musicai.data.library import Library
from musicai.integrations.enrichment import coverage, look_up, measure
from musicai.integrations.metabrainz import canonical_dump as redirects
from musicai.library.assemble import load_library
from musicai.store import Store
from tests import worlds
from tests.integrations.test_open_data_acoustic import document, feature_dump, high, rhythm, tonal
from tests.integrations.test_open_data_dumps import (
    MEMBER,
    archive,
    mbid,
    redirect_table,
    row,
    table,
)
from tests.library.test_neighbours import history
from tests.open_data_stub import Stub, made_id
from tests.ui.test_ui_library import imported


def canonical_dump(folder: Path, names: Sequence[tuple[str, str]]) -> Path:
    """The names with their recordings; each has one id more that was merged into it."""
    path = folder / "musicbrainz-canonical-dump-20260101.tar.zst"
    merged = [(made_id("old", credit, title), mbid(credit, title)) for credit, title in names]
    rows = [row(credit, title) for credit, title in names]
    path.write_bytes(
        archive(
            (MEMBER, table(*rows)), (f"x/{redirects.MEMBER_redirects}", redirect_table(*merged))
        )
    )
    return path


@pytest.fixture
def me(home: Path) -> Path:
    """A profile "me" that played "Song 0" of Björk and of Radiohead, and more."""
    imported(home, ("h.json", history("Björk", "Radiohead")))
    return home


def own(store: Store) -> tuple[str, Library]:
    profile = store.profiles()[0].name
    return profile, load_library(store, store.settings, profile)


def names_of(library: Library) -> list[tuple[str, str]]:
    return list(zip(library.tracks["artists"], library.tracks["name"], strict=True))


def test_names_lead_to_recordings_and_those_to_measures(me: Path, tmp_path: Path) -> None:
    with Store(Settings(home=me)) as store:
        profile, library = own(store)
        names = names_of(library)
        first, second = names[:2]
        dumps = [
            feature_dump(
                tmp_path, "rhythm",
                rhythm(mbid(*first), 0, 100), rhythm(made_id("old", *first), 0, 110),
                rhythm(made_id("recording", "stranger"), 0, 150),
            ),
            feature_dump(tmp_path, "tonal", tonal(made_id("old", *second), 0, "A", "minor")),
        ]  # fmt: skip
        before = store.fingerprint(profile)
        done = measure(store, profile, library, dumps, canonical=canonical_dump(tmp_path, names))
        assert (done.tracks, done.measured) == (len(names), 2)
        assert [one.recordings for one in done.dumps] == [1, 1]
        told = {(track, one.feature): one for track, one in store.measures(profile)}
        ids = list(library.tracks["track_id"])
        bpm = told[ids[0], "bpm"]
        assert (bpm.value, bpm.n, bpm.spread) == (105.0, 2, 5.0)
        assert told[ids[1], "key_key"].word == "A"
        shown = coverage(store, profile, library)
        assert (shown.own, shown.recognised, shown.n_measured) == (len(names), len(names), 2)
        assert shown.features["bpm"] == shown.features["key_key"] == 1
        # kept apart: the tracks, their features and the models made of them stay what they were
        assert store.fingerprint(profile) == before
        after = load_library(store, store.settings, profile)
        assert after.tracks["tempo"].isna().all()


def test_a_dump_is_read_once_until_something_changes(me: Path, tmp_path: Path) -> None:
    with Store(Settings(home=me)) as store:
        profile, library = own(store)
        names = names_of(library)
        path = feature_dump(tmp_path, "rhythm", rhythm(mbid(*names[0]), 0, 100))
        whole = canonical_dump(tmp_path, names[:1])
        assert not measure(store, profile, library, [path], canonical=whole).dumps[0].known
        again = measure(store, profile, library, [path])
        assert again.dumps[0].known
        assert again.measured == 1
        os.utime(path, ns=(1, 1))
        assert not measure(store, profile, library, [path]).dumps[0].known
        look_up(store, profile, library, canonical_dump(tmp_path, names))
        assert not measure(store, profile, library, [path]).dumps[0].known  # more is wanted


def test_a_damaged_dump_counts_as_far_and_is_read_again(me: Path, tmp_path: Path) -> None:
    with Store(Settings(home=me)) as store:
        profile, library = own(store)
        names = names_of(library)
        many = [rhythm(made_id("recording", str(n)), 0, 60 + n % 90) for n in range(20_000)]
        path = feature_dump(tmp_path, "rhythm", rhythm(mbid(*names[0]), 0, 100), *many)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        whole = canonical_dump(tmp_path, names)
        done = measure(store, profile, library, [path], canonical=whole)
        assert done.measured == 1
        assert done.dumps[0].report.damaged
        assert not measure(store, profile, library, [path]).dumps[0].known


def test_a_run_that_was_stopped_goes_on_with_the_next_dump(me: Path, tmp_path: Path) -> None:
    with Store(Settings(home=me)) as store:
        profile, library = own(store)
        names = names_of(library)
        look_up(store, profile, library, canonical_dump(tmp_path, names))
        one = feature_dump(tmp_path, "rhythm", rhythm(mbid(*names[0]), 0, 100))
        two = feature_dump(tmp_path, "tonal", tonal(mbid(*names[0]), 0, "A", "minor"))

        def stop(fraction: float, note: str = "") -> None:
            if "tonal" in note:
                raise Cancelled("Stopped.")

        with pytest.raises(Cancelled):
            measure(store, profile, library, [one, two], stop)
        assert {m.feature for _, m in store.measures(profile)} >= {"bpm"}
        assert "key_key" not in {m.feature for _, m in store.measures(profile)}
        done = measure(store, profile, library, [one, two])
        assert [dump.known for dump in done.dumps] == [True, False]


def test_an_exact_id_stays_and_becomes_canonical(me: Path, tmp_path: Path) -> None:
    with Store(Settings(home=me)) as store:
        profile, library = own(store)
        names, ids = names_of(library), list(library.tracks["track_id"])
        exact = made_id("old", *names[1])  # a host said so; the name leads to another one
        store.put_recordings(profile, {ids[0]: exact, "gone": "x"})
        look_up(store, profile, library, canonical_dump(tmp_path, names))
        assert store.recordings(profile)[ids[0]] == mbid(*names[1])
        path = feature_dump(tmp_path, "rhythm", rhythm(exact, 0, 100))
        measure(store, profile, library, [path])
        assert "gone" not in store.recordings(profile)
        assert {track for track, _ in store.measures(profile)} == set(ids[:2])


def test_without_a_known_recording_it_says_what_to_do(me: Path, tmp_path: Path) -> None:
    path = feature_dump(tmp_path, "rhythm", rhythm(made_id("recording", "x"), 0, 100))
    with Store(Settings(home=me)) as store:
        profile, library = own(store)
        with pytest.raises(DataError, match="Give the canonical dump too"):
            measure(store, profile, library, [path])
        with pytest.raises(UnreadableFile, match="no file"):
            measure(store, profile, library, [path, tmp_path / "nowhere.csv"])


def test_the_invented_sample_has_no_recordings(settings: Settings, tmp_path: Path) -> None:
    made = worlds.two_camps()
    object.__setattr__(made, "invented", True)
    with Store(settings) as store, pytest.raises(DataError, match="invented"):
        measure(store, "p", made, [tmp_path / "x.csv"])


# --- the command ----------------------------------------------------------------------


def test_the_command_reads_dumps_and_the_status_tells(
    me: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Store(Settings(home=me)) as store:
        profile, library = own(store)
    names = names_of(library)
    rhythms = feature_dump(tmp_path, "rhythm", rhythm(mbid(*names[0]), 0, 100))
    moods = high(tmp_path, (mbid(*names[0]), 0, document(happy=0.75)))
    command = ["open-data", "acousticbrainz", str(rhythms), str(moods), "--profile", profile]
    whole = canonical_dump(tmp_path, names)
    assert main([*command, "--canonical", str(whole), "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["tracks"], told["measured"]) == (len(names), 1)
    assert [one["recordings"] for one in told["dumps"]] == [1, 1]
    assert main(["open-data", "status", "--profile", profile, "--json"]) == 0
    status = json.loads(capsys.readouterr().out.splitlines()[-1])["acousticbrainz"]
    assert status["features"]["happy"] == status["features"]["bpm"] == 1
    assert main(["open-data", "status", "--profile", profile]) == 0
    shown = capsys.readouterr().out
    assert "Tempo may be doubled or halved" in shown
    assert "Probability of “happy”" in shown
    assert main(command) == 0
    assert "read before" in capsys.readouterr().out


def test_the_command_refuses_another_file(
    me: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "song.mp3"
    path.write_bytes(b"x")
    assert main(["open-data", "acousticbrainz", str(path)]) == 1
    assert "its name must end with .tar.zst" in capsys.readouterr().err


@pytest.mark.slow
def test_what_the_dump_names_is_not_asked_for(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    imported(home, ("h.json", history("Foo", "Bar")))
    with Store(Settings(home=home)) as store:
        profile, library = own(store)
    named = [pair for pair in names_of(library) if pair[0] == "Foo"]
    dump = canonical_dump(tmp_path, named)
    with Stub() as stub:
        monkeypatch.setenv("MUSICAI_OPEN_DATA_HOST", stub.address)
        command = ["open-data", "run", "--profile", profile, "--step", "fresh", "--yes", "--json"]
        assert main([*command, "--canonical", str(dump)]) == 0
        sent = [f"{seen.path} {seen.query} {seen.raw!r}" for seen in stub.seen]
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["canonical"]["found"] == len(named)
    by_name = [one for one in sent if "Song" in one]
    assert by_name  # what it does not hold
    assert all("Bar" in one for one in by_name)
    assert not any("Foo" in one for one in sent)  # nor the artist, whom the dump credits
    assert any(mbid(*named[0]) in one for one in sent)
    with Store(Settings(home=home)) as store:
        assert set(store.recordings(profile).values()) == {mbid(*pair) for pair in named}
