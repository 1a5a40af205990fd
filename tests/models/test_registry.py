"""Versions on disk: trust, atomicity, listing, activation."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import joblib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sklearn.decomposition import NMF
from sklearn.feature_extraction.text import TfidfVectorizer

from benchmarks.generate import library as make_library
from musicai.core.errors import IncompatibleModel, ModelError, NotFound, UntrustedArtifact
from musicai.core.progress import no_progress
from musicai.core.settings import Settings
from musicai.data.arrays import Query
from musicai.data_processor import build_features, build_history, build_training_data
from musicai.models.blend import LearnedWeights
from musicai.models.collaborative import Collaborative, CollaborativeConfig
from musicai.models.popularity import Popularity
from musicai.models.registry import artifacts, registry, trusted
from musicai.models.registry.artifacts import NMF_PICKLE, VECTORIZER_PICKLE, Trained
from musicai.models.registry.bundled import save_bundled
from musicai.store import Store
from tests.conftest import ROOT

WEIGHTS = LearnedWeights(
    {"collaborative": 0.7, "popularity": 0.3},
    {"new": {"collaborative": 0.2, "popularity": 0.8}},
    {"rediscover": LearnedWeights({"collaborative": 0.1, "popularity": 0.9})},
)


@pytest.fixture(scope="module")
def trained() -> Trained:
    """A small training run."""
    library = make_library(120, 3_000, seed=3)
    features = build_features(library)
    data = build_training_data(library, features)
    collaborative = Collaborative(CollaborativeConfig(factors=8, epochs=3)).fit(data, no_progress)
    dense = np.abs(data.interactions[:20].toarray())
    return Trained(
        profile="p",
        invented=False,
        fingerprint=library.fingerprint,
        sizes={"tracks": 120},
        vocabulary=library.vocabulary,
        components={
            "collaborative": collaborative,
            "popularity": Popularity().fit(data, no_progress),
        },
        weights=WEIGHTS,
        metrics={"metrics": {"hybrid": {"ndcg@20": 0.25}}},
        notes=("A note.",),
        seconds=1.5,
        pickles={
            VECTORIZER_PICKLE: TfidfVectorizer().fit(["a night train", "a blue train"]),
            NMF_PICKLE: NMF(2, init="nndsvda", tol=1e-2).fit(dense),
        },
    )


@pytest.fixture
def settings(home: Path) -> Settings:
    """Without the version that ships with the project."""
    return Settings(home=home, bundled_models=home / "bundled_models")


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with Store(settings) as opened:
        opened.create_profile("p")
        opened.create_profile("other")
        yield opened


@pytest.fixture
def version(settings: Settings, store: Store, trained: Trained) -> str:
    return registry.save(settings, store, trained)


def edit_manifest(settings: Settings, store: Store, version: str, **changes: object) -> None:
    """Change a manifest and its record, as an older musicai would have written it."""
    path = settings.models / version / "manifest.json"
    manifest = json.loads(path.read_text("utf-8")) | changes
    path.write_bytes(json.dumps(manifest).encode())
    hashes = store.artifact_hashes(version)
    store.record_artifacts(version, hashes | {"manifest.json": artifacts.sha256(path.read_bytes())})


def test_what_is_saved_is_what_is_loaded(
    settings: Settings, store: Store, trained: Trained, version: str
) -> None:
    loaded = registry.load(settings, store, version)
    assert list(loaded.vocabulary.ids) == list(trained.vocabulary.ids)
    assert loaded.weights == WEIGHTS
    # what needs no training is fitted anew on the data at hand
    assert set(loaded.components) == {"collaborative"}
    past = build_history(make_library(120, 3_000, seed=3))
    query = Query(history=past, seeds=np.array([], dtype=np.int32))
    before = trained.components["collaborative"].score(query)
    np.testing.assert_array_equal(loaded.components["collaborative"].score(query), before)
    assert np.isfinite(before).any()


def test_the_manifest_says_what_it_is(settings: Settings, version: str) -> None:
    manifest = json.loads((settings.models / version / "manifest.json").read_text("utf-8"))
    assert manifest["profiles"] == ["p"]
    assert set(manifest["libraries"]) == {"python", "numpy", "scipy", "scikit-learn", "implicit"}
    assert manifest["components"]["collaborative"]["config"]["factors"] == 8
    on_disk = {
        path.relative_to(settings.models / version).as_posix()
        for path in (settings.models / version).rglob("*")
        if path.is_file()
    }
    assert set(manifest["files"]) | {"manifest.json"} == on_disk
    assert {VECTORIZER_PICKLE, NMF_PICKLE} <= on_disk


def test_same_run_same_bytes(settings: Settings, store: Store, trained: Trained) -> None:
    first, second = (registry.save(settings, store, trained) for _ in range(2))
    assert first != second
    a, b = (store.artifact_hashes(v) for v in (first, second))
    assert {n: h for n, h in a.items() if n != "manifest.json"} == {
        n: h for n, h in b.items() if n != "manifest.json"
    }


@pytest.mark.parametrize(
    "name",
    [
        "manifest.json",
        "vocabulary.npz",
        "components/collaborative/collaborative.npz",
        "components/collaborative/collaborative.json",
    ],
)
@pytest.mark.parametrize("how", ["one byte", "gone"])
def test_an_altered_file_is_refused_by_name(
    settings: Settings, store: Store, version: str, name: str, how: str
) -> None:
    path = settings.models / version / name
    if how == "gone":
        path.unlink()
    else:
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
    with pytest.raises(UntrustedArtifact, match=name):
        registry.load(settings, store, version)


def test_an_altered_manifest_cannot_vouch_for_altered_files(
    settings: Settings, store: Store, version: str
) -> None:
    folder = settings.models / version
    pickle = folder / VECTORIZER_PICKLE
    pickle.write_bytes(b"something else")
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    manifest["files"][VECTORIZER_PICKLE] = {
        "sha256": artifacts.sha256(b"something else"),
        "bytes": 14,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(UntrustedArtifact, match=r"manifest\.json"):
        registry.load_pickle(settings, store, version, VECTORIZER_PICKLE)


def test_a_file_that_was_not_recorded_is_refused(
    settings: Settings, store: Store, version: str
) -> None:
    (settings.models / version / "components" / "collaborative" / "more.npz").write_bytes(b"x")
    with pytest.raises(UntrustedArtifact, match=r"more\.npz"):
        registry.load(settings, store, version)


def test_an_altered_pickle_is_never_opened(
    settings: Settings, store: Store, version: str, tmp_path: Path
) -> None:
    """The pickle would leave a file behind if it were opened."""
    mark = tmp_path / "opened"

    class Trap:
        def __reduce__(self) -> tuple[object, tuple[object, ...]]:
            return (Path.touch, (mark,))

    joblib.dump(Trap(), settings.models / version / NMF_PICKLE)
    with pytest.raises(UntrustedArtifact, match=NMF_PICKLE):
        registry.load_pickle(settings, store, version, NMF_PICKLE)
    registry.load(settings, store, version)  # serving does not read it
    assert not mark.exists()
    joblib.load(settings.models / version / NMF_PICKLE)
    assert mark.exists(), "the trap does not work, so the test shows nothing"


def test_pickles_open(settings: Settings, store: Store, version: str) -> None:
    vectorizer = registry.load_pickle(settings, store, version, VECTORIZER_PICKLE)
    assert "train" in vectorizer.get_feature_names_out()
    assert registry.load_pickle(settings, store, version, NMF_PICKLE).components_.shape == (2, 120)
    with pytest.raises(NotFound):
        registry.load_pickle(settings, store, version, "../../musicai.db")


def test_another_scikit_learn_serves_but_opens_no_pickle(
    settings: Settings, store: Store, version: str
) -> None:
    libraries = artifacts.library_versions() | {"scikit-learn": "1.3.2"}
    edit_manifest(settings, store, version, libraries=libraries)
    with pytest.raises(IncompatibleModel, match=r"1\.3\.2"):
        registry.load_pickle(settings, store, version, VECTORIZER_PICKLE)
    assert registry.load(settings, store, version).components
    [info] = registry.list_versions(settings, store, "p")
    assert info.problem is None
    assert "1.3.2" in str(info.pickle_problem)


def test_a_patch_release_of_scikit_learn_opens_without_a_warning(
    settings: Settings, store: Store, version: str
) -> None:
    here = artifacts.library_versions()["scikit-learn"]
    patched = ".".join([*here.split(".")[:2], "99"])
    edit_manifest(
        settings, store, version, libraries=artifacts.library_versions() | {"scikit-learn": patched}
    )
    assert registry.load_pickle(settings, store, version, VECTORIZER_PICKLE) is not None


def test_versions_of_other_layouts_and_components_are_incompatible(
    settings: Settings, store: Store, trained: Trained, version: str
) -> None:
    edit_manifest(settings, store, version, format=99)
    with pytest.raises(IncompatibleModel, match="99"):
        registry.load(settings, store, version)
    second = registry.save(settings, store, trained)
    edit_manifest(settings, store, second, components={"telepathy": {"config": {}, "saved": True}})
    with pytest.raises(IncompatibleModel, match="telepathy"):
        registry.load(settings, store, second)
    assert all(info.problem for info in registry.list_versions(settings, store))


def test_bad_folders_are_listed_with_their_problem(
    settings: Settings, store: Store, version: str
) -> None:
    (settings.models / "2020-01-01T00-00-00-0000").mkdir()
    foreign = settings.models / "2020-01-02T00-00-00-0000"
    shutil.copytree(settings.models / version, foreign)
    infos = {info.version: info for info in registry.list_versions(settings, store)}
    assert infos[version].problem is None
    assert infos[version].size_bytes > 1_000
    assert "not trained on this machine" in str(infos[foreign.name].problem)
    assert infos["2020-01-01T00-00-00-0000"].problem
    with pytest.raises(UntrustedArtifact):
        registry.load(settings, store, foreign.name)
    (settings.models / version / "components" / "collaborative" / "collaborative.npz").unlink()
    [info] = [i for i in registry.list_versions(settings, store) if i.version == version]
    assert "collaborative.npz" in str(info.problem)


@given(st.binary(max_size=200) | st.from_regex(r"\{.*\}", fullmatch=True).map(str.encode))
@hypothesis_settings(max_examples=30, deadline=None)
def test_listing_survives_any_manifest(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    settings = Settings(home=tmp_path_factory.mktemp("home"), bundled_models=Path("absent"))
    folder = settings.models / "2020-01-01T00-00-00-0000"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_bytes(data)
    with Store(settings) as store:
        store.record_artifacts(folder.name, {"manifest.json": artifacts.sha256(data)})
        [info] = registry.list_versions(settings, store)
    assert info.problem


def test_a_failed_save_leaves_nothing(settings: Settings, store: Store, trained: Trained) -> None:
    class Broken(Collaborative):
        def save(self, folder: Path) -> None:
            (folder / "half.npz").write_bytes(b"half")
            raise OSError(errno.ENOSPC, "disk full")

    broken = replace(trained, components={"collaborative": Broken()})
    with pytest.raises(ModelError, match="disk full"):
        registry.save(settings, store, broken)
    assert list(settings.models.iterdir()) == []
    assert store.versions_of("p") == []


def test_a_killed_save_leaves_no_half_version(settings: Settings, tmp_path: Path) -> None:
    """A process dies in the middle of writing, as with a power cut."""
    script = tmp_path / "die.py"
    script.write_text(
        "import os, sys\n"
        "from pathlib import Path\n"
        "from musicai.models.registry import registry\n"
        "from musicai.models.registry.artifacts import Trained\n"
        "from musicai.models.blend import LearnedWeights\n"
        "from musicai.models.collaborative import Collaborative\n"
        "from musicai.core.settings import Settings\n"
        "from musicai.store import Store\n"
        "from musicai.data.library import Vocabulary\n"
        "class Dying(Collaborative):\n"
        "    def save(self, folder):\n"
        "        (folder / 'half.npz').write_bytes(b'half')\n"
        "        os._exit(9)\n"
        "settings = Settings(home=Path(sys.argv[1]))\n"
        "trained = Trained('p', False, 'f', {}, Vocabulary(['a']),\n"
        "                  {'collaborative': Dying()}, LearnedWeights({}), {})\n"
        "with Store(settings) as store:\n"
        "    store.create_profile('p')\n"
        "    registry.save(settings, store, trained)\n",
        "utf-8",
    )
    done = subprocess.run(
        [sys.executable, str(script), str(settings.home)],
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 9
    assert [p.name[0] for p in settings.models.iterdir()] == ["."]
    with Store(settings) as store:
        assert registry.list_versions(settings, store) == []
        assert registry.active(settings, store, "p") is None


def test_activate_and_fall_back(
    settings: Settings, store: Store, trained: Trained, version: str
) -> None:
    assert registry.active(settings, store, "p") is None
    registry.activate(settings, store, "p", version)
    assert registry.active(settings, store, "p") == version
    with pytest.raises(ModelError, match="other"):
        registry.activate(settings, store, "other", version)
    with pytest.raises(NotFound):
        registry.activate(settings, store, "p", "2000-01-01T00-00-00-0000")
    with pytest.raises(NotFound):
        registry.activate(settings, store, "p", "../../etc")
    (settings.models / version / "vocabulary.npz").unlink()
    assert registry.active(settings, store, "p") is None
    with pytest.raises(ModelError, match="vocabulary"):
        registry.activate(settings, store, "p", version)


def test_delete(settings: Settings, store: Store, version: str) -> None:
    registry.activate(settings, store, "p", version)
    registry.delete(settings, store, version)
    assert registry.active(settings, store, "p") is None
    assert list(settings.models.iterdir()) == []
    with pytest.raises(NotFound):
        registry.delete(settings, store, version)
    with pytest.raises(ModelError):
        registry.delete(settings, store, registry.BUNDLED)


def test_a_deleted_profile_takes_its_versions_along(
    settings: Settings, store: Store, trained: Trained, version: str
) -> None:
    kept = registry.save(settings, store, replace(trained, profile="other"))
    assert registry.retire_profile(settings, store, "p") == (version,)
    store.delete_profile("p")
    assert [path.name for path in settings.models.iterdir()] == [kept]
    assert store.artifact_hashes(version) == {}


def bundle(settings: Settings, trained: Trained, tmp_path: Path) -> tuple[Settings, str]:
    """A bundled version of our own; its digest is not the source's."""
    source = tmp_path / "constant.py"
    source.write_text('"""Doc."""\n\nBUNDLED_SHA256 = ""\n"""More."""\n', "utf-8")
    own = replace(settings, bundled_models=tmp_path / "saved")
    digest = save_bundled(own, replace(trained, invented=True), source)
    assert source.read_text("utf-8") == f'"""Doc."""\n\nBUNDLED_SHA256 = "{digest}"\n"""More."""\n'
    return own, digest


def test_bundled_is_trusted_by_the_constant_alone(
    settings: Settings,
    store: Store,
    trained: Trained,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own, digest = bundle(settings, trained, tmp_path)
    with pytest.raises(UntrustedArtifact, match=r"manifest\.json"):
        registry.load(own, store, registry.BUNDLED)
    monkeypatch.setattr(trusted, "BUNDLED_SHA256", digest)
    assert registry.load(own, store, registry.BUNDLED).components
    assert registry.load_pickle(own, store, registry.BUNDLED, VECTORIZER_PICKLE) is not None
    path = own.bundled_models / "bundled" / "components" / "collaborative" / "collaborative.npz"
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(UntrustedArtifact, match=r"collaborative\.npz"):
        registry.load(own, store, registry.BUNDLED)


def test_bundled_serves_only_the_very_same_invented_data(
    settings: Settings,
    store: Store,
    trained: Trained,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store.create_profile("invented", invented=True)
    same = replace(trained, fingerprint=store.fingerprint("invented"), profile="invented")
    own, digest = bundle(settings, same, tmp_path)
    monkeypatch.setattr(trusted, "BUNDLED_SHA256", digest)
    assert registry.active(own, store, "invented") == registry.BUNDLED
    assert registry.active(own, store, "p") is None
    own, digest = bundle(settings, trained, tmp_path)
    monkeypatch.setattr(trusted, "BUNDLED_SHA256", digest)
    assert registry.active(own, store, "invented") is None


def test_real_data_are_never_bundled(settings: Settings, trained: Trained, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="real data"):
        save_bundled(replace(settings, bundled_models=tmp_path), trained, tmp_path / "x")
    assert list(tmp_path.glob("bundled*")) == []


def test_serving_imports_nothing_heavy() -> None:
    code = (
        "import sys; import musicai.models.registry.registry; "
        "print([m for m in ('sklearn', 'implicit', 'joblib') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT
    )
    assert done.stdout.strip() == "[]"
