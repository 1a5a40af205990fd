"""Neighbour packs: read, put together, kept, and learned from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from musicai import data_processor as dp
from musicai.core.progress import no_progress
from musicai.core.settings import Settings
from musicai.data.arrays import Query, TrainingData
from musicai.data.external_interactions import MIN_LISTENERS, neighbour_rows, pack_coverage
from musicai.data.neighbour_data import Pack, PackTables
from musicai.data.parsed import ParsedFile, ReadOptions
from musicai.library.archives import Input
from musicai.library.assemble import collect_tagged_genres, load_library
from musicai.library.formats import recognise_format
from musicai.library.formats.neighbour_data import assemble_pack
from musicai.library.import_report import ImportReport
from musicai.library.importing import get_folder, get_pack_name, import_files
from musicai.models.collaborative import Collaborative, CollaborativeConfig
from musicai.store import Store
from tests.conftest import SHARED

HETREC = {
    "artists.dat": (
        'id\tname\turl\tpictureURL\n1\tBjörk\tu\tp\n2\t"Weird Al\tu\tp\n3\tPortishead\tu\tp\n'
    ),
    "user_artists.dat": (
        "userID\tartistID\tweight\n7\t1\t900\n7\t3\t30\n9\t3\t5\n9\t2\t50\n9\t99\t4\n"
    ),
    "tags.dat": "tagID\ttagValue\n1\ttrip-hop\n2\tseen live\n",
    "user_taggedartists.dat": (
        "userID\tartistID\ttagID\tday\tmonth\tyear\n7\t3\t1\t1\t1\t2009\n9\t3\t1\t1\t1\t2009\n"
        "7\t3\t2\t1\t1\t2009\n9\t3\t2\t1\t1\t2009\n7\t1\t1\t1\t1\t2009\n7\t1\t77\t1\t1\t2009\n"
    ),
    "user_friends.dat": "userID\tfriendID\n7\t9\n9\t7\n7\t1234\n",
}


def parsed(text: str | bytes, file: str = "x.dat") -> ParsedFile:
    data = text.encode() if isinstance(text, str) else text
    source = recognise_format(data)
    assert source is not None
    assert source.name == "neighbours"
    return source.parse(data, file, ReadOptions())


def hetrec(**changed: str) -> list[ParsedFile]:
    files = HETREC | {name.replace("_dat", ".dat"): text for name, text in changed.items()}
    return [parsed(text, name) for name, text in files.items() if text]


# --- reading --------------------------------------------------------------------------


def test_hetrec_is_put_together_from_its_files() -> None:
    pack, files = assemble_pack(hetrec())
    assert pack is not None
    assert pack.items["artist"].tolist() == ["Björk", '"Weird Al', "Portishead"]
    assert pack.n_listeners == 2
    assert pack.listens.to_numpy().tolist() == [[0, 0, 900], [0, 2, 30], [1, 1, 50], [1, 2, 5]]
    assert pack.tags.to_numpy().tolist() == [
        [0, "trip-hop", 1],
        [2, "seen live", 2],
        [2, "trip-hop", 2],
    ]
    assert pack.friends.to_numpy().tolist() == [[0, 1]]
    by_name = {one.file: one for one in files}
    assert by_name["user_artists.dat"].rejected == 1
    assert "artists.dat" in by_name["user_artists.dat"].problems[0].why
    assert by_name["user_taggedartists.dat"].rejected == 1
    assert by_name["user_friends.dat"].rejected == 1


def test_without_the_names_nothing_of_a_numbered_pack_can_be_used() -> None:
    files = [parsed(text, name) for name, text in HETREC.items() if name != "artists.dat"]
    pack, after = assemble_pack(files)
    assert pack is None
    for one in after:
        assert one.rejected == one.read
        assert one.problems


@pytest.mark.parametrize(
    "text",
    [
        "user,artist,plays\nann,Björk,3\nbob,Björk,2\nann,BJÖRK,4\n",
        "listener;artist name;count\nann;Björk;3\nbob;Björk;2\nann;BJÖRK;4\n",
        "".join(
            f"{who * 40}\t\t{name}\t{n}\n"
            for who, name, n in (("a", "Björk", 3), ("b", "Björk", 2), ("a", "BJÖRK", 4))
        ),
    ],
    ids=["commas", "semicolons", "last.fm 360K"],
)
def test_a_table_of_counts_is_a_pack_of_its_own(text: str) -> None:
    pack, files = assemble_pack([parsed(text)])
    assert pack is not None
    assert pack.items.to_numpy().tolist() == [["Björk", ""]]
    assert pack.listens.to_numpy().tolist() == [[0, 0, 7], [1, 0, 2]]
    assert (files[0].read, files[0].rejected) == (3, 0)


def test_a_table_may_count_tracks() -> None:
    pack, _ = assemble_pack(
        [parsed("user\tartist\ttrack\tplays\nann\tBjörk\tJóga\t3\nbob\tBjörk\t\t1\n")]
    )
    assert pack is not None
    assert pack.items.to_numpy().tolist() == [["Björk", "Jóga"]]
    assert pack.n_listeners == 1, "a row without its track says nothing"


def test_rows_that_cannot_be_are_named() -> None:
    bad = ["", "-3", "0", "nan", "inf", "1e12", "many"]
    rows = [f"ann,Björk,{count}\n" for count in bad] + [",Björk,1\n", "ann,,1\n", "ann,Björk,1\n"]
    one = parsed("user,artist,plays\n" + "".join(rows))
    assert (one.read, one.rejected) == (10, 9)
    assert {problem.where for problem in one.problems} == {f"line {n}" for n in range(2, 11)}


TEN_SCRIPTS = (
    "Björk",
    "Кино",
    "久石譲",
    "방탄소년단",
    "فيروز",
    "אביתר בנאי",
    "ไอซ์",
    "Σπύρος",
    "लता",
    "ꦠꦸꦭꦸꦱ꧀",
)


def test_one_listener_and_names_in_ten_scripts() -> None:
    rows = "".join(f"x,{name},2\n" for name in TEN_SCRIPTS)
    pack, _ = assemble_pack([parsed("user,artist,plays\n" + rows)])
    assert pack is not None
    assert pack.items["artist"].tolist() == list(TEN_SCRIPTS)
    assert pack.n_listeners == 1


ROW = st.tuples(st.integers(0, 5), st.integers(-2, 6), st.floats(-3, 50))


@pytest.mark.slow
@examples(deadline=None)
@given(st.lists(ROW, max_size=40))
def test_counts_add_up_whatever_the_rows(rows: Sequence[tuple[int, int, float]]) -> None:
    listens = "userID\tartistID\tweight\n" + "".join(f"{u}\t{a}\t{n}\n" for u, a, n in rows)
    pack, files = assemble_pack(hetrec(user_artists_dat=listens))
    for one in files:
        assert 0 <= one.rejected <= one.read
    good = {(u, a) for u, a, n in rows if a in (1, 2, 3) and n > 0}
    assert (0 if pack is None else len(pack.listens)) == len(good)


@examples(deadline=None)
@given(st.binary(max_size=300))
def test_bytes_below_a_header_never_crash(data: bytes) -> None:
    for header in (b"user,artist,plays\n", b"userID\tartistID\tweight\n", b"id\tname\turl\n"):
        assemble_pack([parsed(header + data)])


def test_what_a_pack_is_called() -> None:
    assert get_pack_name(get_folder("hetrec/artists.dat")) == "hetrec"
    assert get_pack_name(get_folder("hetrec.zip › artists.dat")) == "hetrec"
    assert get_pack_name(get_folder("all.zip › hetrec/artists.dat")) == "hetrec"
    assert get_pack_name(get_folder("artists.dat")) == "Neighbours"
    assert get_pack_name("counts.csv") == "counts"


# --- keeping --------------------------------------------------------------------------


def history(*artists: str) -> bytes:
    """Plays of two tracks of each artist, in sessions of four."""
    rows = []
    for number, name in enumerate([*artists] * 6):
        song = number // len(artists) % 2
        time = pd.Timestamp("2024-01-01", tz="UTC") + pd.Timedelta(minutes=4 * number)
        track = "abcdefghij"[artists.index(name)] * 21 + str(song)
        rows.append(
            f'{{"ts": "{time.isoformat().replace("+00:00", "Z")}", "ms_played": 200000, '
            f'"master_metadata_track_name": "Song {song}", '
            f'"master_metadata_album_artist_name": "{name}", '
            '"master_metadata_album_album_name": "A", '
            f'"spotify_track_uri": "spotify:track:{track}"}}'
        )
    return ("[" + ",".join(rows) + "]").encode()


def catalogue(*artists: str) -> bytes:
    """Two tracks of each artist that nobody has played."""
    head = "track_id,track_name,track_artist,danceability,energy,valence,tempo\n"
    return (
        head
        + "".join(
            f"{'XYZWVU'[place] * 20}n{n},New {n},{name},0.{n + 3},0.5,0.5,120\n"
            for place, name in enumerate(artists)
            for n in range(2)
        )
    ).encode()


def counts(n: int = 30) -> bytes:
    """Half of the listeners play Björk with Portishead, half Metallica with Slayer."""
    pairs = (("Björk", "Portishead"), ("Metallica", "Slayer"))
    rows = [f"u{who},{name},{5 + who % 3}\n" for who in range(n) for name in pairs[who % 2]]
    return ("user,artist,plays\n" + "".join(rows)).encode()


def take(store: Store, settings: Settings, *inputs: Input) -> ImportReport:
    return import_files(store, settings, "p", inputs, ReadOptions(), no_progress)


@pytest.fixture
def stocked(settings: Settings) -> Store:
    store = Store(settings)
    take(
        store,
        settings,
        ("h.json", history("Björk", "Radiohead")),
        ("table.csv", catalogue("Portishead", "Slayer")),
        ("counts.csv", counts()),
    )
    return store


def test_a_pack_is_imported_repeated_and_undone(settings: Settings) -> None:
    inputs = [(f"hetrec/{name}", text.encode()) for name, text in HETREC.items()]
    with Store(settings) as store:
        take(store, settings, ("h.json", history("Björk")))
        before = store.fingerprint("p")
        report = take(store, settings, *inputs)
        assert report.neighbours.adds_up
        assert report.neighbours.imported == report.neighbours.read - 3
        assert report.fingerprint_changed
        (pack,) = store.neighbours("p")
        assert (pack.name, pack.n_listeners) == ("hetrec", 2)
        assert len(pack.tables.friends) == 1
        again = take(store, settings, *inputs)
        assert again.neighbours.imported == 0
        assert again.neighbours.adds_up
        assert [one.name for one in store.neighbours("p")] == ["hetrec"]
        for one in store.imports("p"):
            if one.neighbours.read:
                store.undo_import(one.id)
        assert store.neighbours("p") == ()
        assert store.fingerprint("p") == before
        assert not list(settings.catalogues.glob("*.parquet"))


def test_the_sample_world_takes_no_real_listeners(settings: Settings) -> None:
    with Store(settings) as store:
        report = import_files(
            store,
            settings,
            "sample",
            [("counts.csv", counts())],
            ReadOptions(),
            no_progress,
            invented=True,
        )
        assert "invented" in report.problems[0].why
        assert not store.has_profile("sample") or store.neighbours("sample") == ()


# --- learning -------------------------------------------------------------------------


def training(settings: Settings, store: Store) -> TrainingData:
    library = load_library(store, settings, "p")
    return dp.build_training_data(library, dp.build_features(library))


def test_rows_stand_over_the_librarys_artists(settings: Settings, stocked: Store) -> None:
    library = load_library(stocked, settings, "p")
    features = dp.build_features(library)
    rows = neighbour_rows(library, features)
    assert rows is not None
    names = list(features.artist_names)
    assert rows.artists.shape == (30, len(names) + 1), "Metallica is a bridge"
    assert rows.artists[0, names.index("Björk")] == pytest.approx(np.log(2))
    assert rows.artists[1, names.index("Björk")] == 0
    assert rows.n_listeners(len(names)) == 30
    assert rows.tracks.nnz == 0
    covered = pack_coverage(library, library.neighbours[0])
    assert (covered.n_artists, covered.artists) == (2, 0.5)
    assert (covered.n_plays, covered.plays) == (12, 0.5)
    assert (covered.sharing, covered.new_tracks) == (15, 4)
    assert MIN_LISTENERS > 1


def test_tracks_are_found_by_artist_and_title(settings: Settings) -> None:
    text = "user,artist,track,plays\n" + "".join(f"u{n},björk,SONG 1,4\n" for n in range(3))
    with Store(settings) as store:
        take(store, settings, ("h.json", history("Björk")), ("c.csv", text.encode()))
        library = load_library(store, settings, "p")
        rows = neighbour_rows(library, dp.build_features(library))
        assert rows is not None
        (row,) = np.unique(rows.tracks.indices)
        assert library.tracks["name"].iat[int(row)] == "Song 1"


def test_taste_in_artists_reaches_tracks_that_nobody_played(
    settings: Settings, stocked: Store
) -> None:
    data = training(settings, stocked)
    library = load_library(stocked, settings, "p")
    model = Collaborative(CollaborativeConfig(factors=8, regularization=0.5)).fit(data, no_progress)
    query = Query(dp.build_history(library), np.zeros(0, dtype=np.int32))
    scores = model.score(query)
    by = library.tracks["artists"].to_numpy()
    near, far = scores[by == "Portishead"], scores[by == "Slayer"]
    assert np.isfinite(scores).all()
    assert near.min() > 10 * np.abs(far).max()
    track = int(np.flatnonzero(by == "Portishead")[0])
    for row in (track, 0, len(by) - 1):
        assert model.contributions(query, row)[1].sum() == pytest.approx(scores[row], abs=1e-4)
    (reason,) = model.reasons(query, track)
    assert reason.text == "listeners like you who play Björk also play Portishead"
    (own,) = model.reasons(query, 0)
    assert "listeners like you" not in own.text, "the pack knows artists, not tracks"


def test_reasons_name_only_artists_whom_the_pack_knows(settings: Settings) -> None:
    """What listeners of the pack play is not said of an artist whom none of them plays."""
    with Store(settings) as store:
        take(
            store,
            settings,
            ("h.json", history("Björk", "Radiohead", "Unheard-of")),
            ("table.csv", catalogue("Portishead", "Slayer", "Unheard-of", "Björk")),
            ("counts.csv", counts()),
        )
        data, library = training(settings, store), load_library(store, settings, "p")
        model = Collaborative(CollaborativeConfig(factors=8, regularization=0.5)).fit(
            data, no_progress
        )
        query = Query(dp.build_history(library), np.zeros(0, dtype=np.int32))
        new = ~library.tracks["own"].to_numpy()
        said = {
            str(library.tracks["artists"].iat[row]): reason.text
            for row in np.flatnonzero(new)
            for reason in model.reasons(query, int(row))
        }
        assert said["Portishead"] == "listeners like you who play Björk also play Portishead"
        assert said["Björk"] == "you play Björk, as listeners like you do"
        assert said["Unheard-of"] == "you play Unheard-of"


def test_half_of_the_artists_score_and_no_more(settings: Settings, stocked: Store) -> None:
    data, library = training(settings, stocked), load_library(stocked, settings, "p")
    query = Query(dp.build_history(library), np.zeros(0, dtype=np.int32))
    whole, half = (
        Collaborative(CollaborativeConfig(factors=8, regularization=0.5, artist_share=share)).fit(
            data, no_progress
        )
        for share in (1.0, 0.5)
    )
    own = library.tracks["own"].to_numpy()
    np.testing.assert_allclose(half.score(query)[~own] * 2, whole.score(query)[~own], rtol=1e-5)
    np.testing.assert_array_equal(half.score(query)[own], whole.score(query)[own])


@pytest.mark.parametrize("method", ["als", "nmf"])
def test_saved_loaded_and_aligned_alike(
    settings: Settings, stocked: Store, tmp_path: Path, method: str
) -> None:
    data, library = training(settings, stocked), load_library(stocked, settings, "p")
    config = CollaborativeConfig(method=method, factors=8, nmf_factors=3, regularization=0.5)
    model = Collaborative(config).fit(data, no_progress)
    model.save(tmp_path)
    loaded = Collaborative.load(tmp_path, config)
    query = Query(dp.build_history(library), np.zeros(0, dtype=np.int32))
    scores = model.score(query)
    np.testing.assert_array_equal(loaded.score(query), scores)
    rows = np.append(np.arange(len(scores))[::-1], -1).astype(np.int32)
    past = dp.build_history(library)
    mirrored = type(past)(
        rows=(len(scores) - 1 - past.rows)[::-1].astype(np.int32),
        confidence=past.confidence[::-1],
        plays=past.plays[::-1],
        last_played=past.last_played[::-1],
        now=past.now,
    )
    turned = loaded.align(rows).score(Query(mirrored, np.zeros(0, dtype=np.int32)))
    np.testing.assert_allclose(turned[:-1][::-1], scores, atol=1e-5)
    assert np.isnan(turned[-1])


def test_few_listeners_are_not_called_listeners_like_you(settings: Settings) -> None:
    with Store(settings) as store:
        take(
            store,
            settings,
            ("h.json", history("Björk")),
            ("table.csv", catalogue("Portishead", "Slayer")),
            ("counts.csv", counts(8)),
        )
        data, library = training(settings, store), load_library(store, settings, "p")
        assert (data.n_listeners, data.n_neighbours) == (1, 8)
        model = Collaborative(CollaborativeConfig(factors=8, regularization=0.5)).fit(
            data, no_progress
        )
        query = Query(dp.build_history(library), np.zeros(0, dtype=np.int32))
        new = int(np.flatnonzero(library.tracks["artists"] == "Portishead")[0])
        (reason,) = model.reasons(query, new)
        assert reason.text == "a few listeners who play Björk also play Portishead"


def test_a_pack_of_one_listener_in_ten_scripts_is_learned_from(settings: Settings) -> None:
    """Beside negative counts, which are named; the good rows find the owner's artists."""
    good = "".join(f"x,{name.upper()},{n + 1}\n" for n, name in enumerate(TEN_SCRIPTS))
    bad = "".join(f"x,{name},-2\n" for name in TEN_SCRIPTS)
    with Store(settings) as store:
        report = take(
            store,
            settings,
            ("h.json", history(*TEN_SCRIPTS)),
            ("table.csv", catalogue("Portishead", "Кино")),
            ("one.csv", ("user,artist,plays\n" + good + bad).encode()),
        )
        assert (report.neighbours.imported, report.neighbours.rejected) == (10, 10)
        assert report.neighbours.adds_up
        assert [one.where for one in report.problems] == [f"line {n}" for n in range(12, 22)]
        library = load_library(store, settings, "p")
        covered = pack_coverage(library, library.neighbours[0])
        assert (covered.artists, covered.plays, covered.sharing) == (1.0, 1.0, 1)
        data = training(settings, store)
        assert (data.n_listeners, data.n_neighbours) == (1, 1)
        model = Collaborative(CollaborativeConfig(factors=8, regularization=0.5)).fit(
            data, no_progress
        )
        query = Query(dp.build_history(library), np.zeros(0, dtype=np.int32))
        scores = model.score(query)
        assert np.isfinite(scores[library.tracks["artists"] == "Кино"]).all()
        for row in np.flatnonzero(~library.tracks["own"].to_numpy()):
            for reason in model.reasons(query, int(row)):
                assert "listeners like you" not in reason.text, "it is one listener"


def test_tags_of_a_pack_name_genres_where_nothing_else_does(tmp_path: Path) -> None:
    tables, _ = assemble_pack(hetrec())
    assert tables is not None
    pack = Pack("x", tmp_path / "x.parquet", 2)
    pack.__dict__["tables"] = PackTables.validate(
        tables.items, tables.listens, tables.tags, tables.friends
    )
    assert collect_tagged_genres([pack]) == {"portishead": "trip-hop"}, (
        "one listener's tag is no genre"
    )


@pytest.mark.slow
def test_the_real_pack_is_read_whole() -> None:
    folder = SHARED / "interactions" / "hetrec_lastfm2k"
    if not folder.exists():
        pytest.skip("the HetRec files are not beside this checkout")
    files = [parsed(path.read_bytes(), path.name) for path in sorted(folder.glob("*.dat"))]
    pack, after = assemble_pack(files)
    assert pack is not None
    assert {one.file: (one.read, one.rejected) for one in after} == {
        "artists.dat": (17_632, 0),
        "tags.dat": (11_946, 0),
        "user_artists.dat": (92_834, 0),
        "user_friends.dat": (25_434, 0),
        "user_taggedartists.dat": (186_479, 1_538),
    }
    assert pack.n_listeners == 1_892
    assert len(pack.friends) == 12_717
