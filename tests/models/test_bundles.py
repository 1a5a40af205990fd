"""A version as one file: whole, checked, and without anything executable."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from benchmarks.generate import library as make_library
from musicai.core.errors import (
    IncompatibleModel,
    ModelError,
    NotFound,
    UnreadableFile,
    UnsafeFile,
    UntrustedArtifact,
)
from musicai.core.progress import no_progress
from musicai.core.settings import Settings
from musicai.data.arrays import Query
from musicai.data_processor import build_features, build_history, build_training_data
from musicai.models.blend import LearnedWeights
from musicai.models.collaborative import Collaborative, CollaborativeConfig
from musicai.models.registry import bundles, registry
from musicai.models.registry.artifacts import VECTORIZER_PICKLE, Trained, sha256
from musicai.store import Store


@pytest.fixture(scope="module")
def trained() -> Trained:
    library = make_library(120, 3_000, seed=3)
    data = build_training_data(library, build_features(library))
    collaborative = Collaborative(CollaborativeConfig(factors=8, epochs=3)).fit(data, no_progress)
    return Trained(
        profile="p",
        invented=False,
        fingerprint=library.fingerprint,
        sizes={"tracks": 120},
        vocabulary=library.vocabulary,
        components={"collaborative": collaborative},
        weights=LearnedWeights({"collaborative": 1.0}),
        metrics={},
        pickles={VECTORIZER_PICKLE: {"any": "object"}},
    )


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with Store(settings) as opened:
        opened.create_profile("p")
        opened.create_profile("q")
        opened.create_profile("sample", invented=True)
        yield opened


@pytest.fixture
def version(settings: Settings, store: Store, trained: Trained) -> str:
    return registry.save(settings, store, trained)


@pytest.fixture
def bundle(settings: Settings, store: Store, version: str, tmp_path: Path) -> Path:
    return bundles.export_version(settings, store, version, tmp_path / "v.musicai-model")


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def changed(path: Path, **values: Any) -> Path:
    """The bundle with another manifest."""
    files = members(path)
    files["manifest.json"] = json.dumps(json.loads(files["manifest.json"]) | values).encode()
    return packed(path, files)


def test_what_was_exported_scores_the_same_elsewhere(
    settings: Settings, store: Store, trained: Trained, version: str, bundle: Path, tmp_path: Path
) -> None:
    elsewhere = replace(settings, home=tmp_path / "elsewhere")
    with Store(elsewhere) as other:
        other.create_profile("me")
        taken = bundles.import_version(elsewhere, other, "me", bundle)
        loaded = registry.load(elsewhere, other, taken)
        [info] = [i for i in registry.list_versions(elsewhere, other, "me") if not i.bundled]
        assert registry.active(elsewhere, other, "me") is None
        registry.activate(elsewhere, other, "me", taken)
        assert registry.active(elsewhere, other, "me") == taken
    assert list(loaded.vocabulary.ids) == list(trained.vocabulary.ids)
    past = build_history(make_library(120, 3_000, seed=3))
    query = Query(history=past, seeds=np.array([], dtype=np.int32))
    expected = trained.components["collaborative"].score(query)
    np.testing.assert_array_equal(loaded.components["collaborative"].score(query), expected)
    assert np.isfinite(expected).any()
    assert info.problem is None
    assert info.profiles == ("me",)
    assert info.imported["version"] == version


def test_a_bundle_holds_numbers_and_texts_only_and_is_the_same_each_time(
    settings: Settings, store: Store, version: str, bundle: Path, tmp_path: Path
) -> None:
    assert {Path(name).suffix for name in members(bundle)} == {".npz", ".json"}
    assert (settings.models / version / VECTORIZER_PICKLE).is_file()
    again = bundles.export_version(settings, store, version, tmp_path / "again.musicai-model")
    assert again.read_bytes() == bundle.read_bytes()


def test_an_altered_version_is_not_exported(
    settings: Settings, store: Store, version: str, tmp_path: Path
) -> None:
    (settings.models / version / "vocabulary.npz").write_bytes(b"other")
    with pytest.raises(UntrustedArtifact, match="vocabulary"):
        bundles.export_version(settings, store, version, tmp_path / "v")
    assert list(tmp_path.glob("v*")) == []
    with pytest.raises(NotFound):
        bundles.export_version(settings, store, "2000-01-01", tmp_path / "v")


def test_a_pickle_in_a_bundle_is_refused_and_never_opened(
    settings: Settings, store: Store, bundle: Path, tmp_path: Path
) -> None:
    mark = tmp_path / "opened"

    class Trap:
        def __reduce__(self) -> tuple[object, tuple[object, ...]]:
            return (Path.touch, (mark,))

    buffer = io.BytesIO()
    joblib.dump(Trap(), buffer)
    packed(bundle, members(bundle) | {VECTORIZER_PICKLE: buffer.getvalue()})
    with pytest.raises(UnsafeFile, match=VECTORIZER_PICKLE):
        bundles.import_version(settings, store, "q", bundle)
    assert not mark.exists()


def test_objects_inside_an_array_are_refused_and_never_opened(
    settings: Settings, store: Store, bundle: Path, tmp_path: Path
) -> None:
    mark = tmp_path / "opened"

    class Trap:
        def __reduce__(self) -> tuple[object, tuple[object, ...]]:
            return (Path.touch, (mark,))

    name = "components/collaborative/collaborative.npz"
    buffer = io.BytesIO()
    with np.load(io.BytesIO(members(bundle)[name])) as stored:
        arrays = dict(stored)
    first = next(iter(arrays))
    np.savez(buffer, **{**arrays, first: np.array([Trap()], dtype=object)})
    files = members(bundle) | {name: buffer.getvalue()}
    manifest = json.loads(files["manifest.json"])
    manifest["files"][name] = {"sha256": sha256(files[name]), "bytes": len(files[name])}
    packed(bundle, files | {"manifest.json": json.dumps(manifest).encode()})
    with pytest.raises(UnreadableFile, match="component collaborative"):
        bundles.import_version(settings, store, "q", bundle)
    assert not mark.exists()
    assert list(settings.models.glob("*")) == [settings.models / store.versions_of("p")[0]]


@pytest.mark.parametrize(
    "name", ["../evil.json", "/evil.json", "components/../../x.npz", "a\\b.json", "c:/x.json"]
)
def test_a_place_outside_is_refused(
    settings: Settings, store: Store, bundle: Path, name: str
) -> None:
    packed(bundle, members(bundle) | {name: b"{}"})
    with pytest.raises(UnsafeFile, match="nothing was imported"):
        bundles.import_version(settings, store, "q", bundle)


def _cut(files: dict[str, bytes]) -> dict[str, bytes]:
    return {name: data for name, data in files.items() if name != "vocabulary.npz"}


def _flipped(files: dict[str, bytes]) -> dict[str, bytes]:
    data = bytearray(files["components/collaborative/collaborative.json"])
    data[len(data) // 2] ^= 1
    return files | {"components/collaborative/collaborative.json": bytes(data)}


@pytest.mark.parametrize(
    ("harm", "word"),
    [
        (_cut, "vocabulary.npz"),
        (_flipped, "collaborative.json"),
        (lambda files: files | {"more.json": b"{}"}, "more.json"),
        (lambda files: files | {"manifest.json": b"[]"}, "bundle"),
        (lambda files: {}, "manifest.json"),
    ],
)
def test_a_damaged_bundle_is_told_by_its_part(
    settings: Settings,
    store: Store,
    bundle: Path,
    harm: Callable[[dict[str, bytes]], dict[str, bytes]],
    word: str,
) -> None:
    packed(bundle, harm(members(bundle)))
    with pytest.raises(UnreadableFile, match=word):
        bundles.import_version(settings, store, "q", bundle)
    assert store.versions_of("q") == []


def test_layouts_and_components_of_others_are_incompatible(
    settings: Settings, store: Store, bundle: Path
) -> None:
    changed(bundle, bundle=99)
    with pytest.raises(IncompatibleModel, match="99"):
        bundles.import_version(settings, store, "q", bundle)
    changed(bundle, bundle=1, components={"telepathy": {"config": {}, "saved": True}})
    with pytest.raises(IncompatibleModel, match="telepathy"):
        bundles.import_version(settings, store, "q", bundle)


def test_invented_and_real_stay_apart(settings: Settings, store: Store, bundle: Path) -> None:
    with pytest.raises(ModelError, match="stay apart"):
        bundles.import_version(settings, store, "sample", bundle)
    changed(bundle, invented=True)
    with pytest.raises(ModelError, match="invented music"):
        bundles.import_version(settings, store, "q", bundle)


def test_a_bundle_that_unpacks_too_large_is_refused(
    settings: Settings, store: Store, bundle: Path
) -> None:
    with pytest.raises(UnsafeFile, match="unpacks to more"):
        bundles.import_version(replace(settings, max_unpacked_bytes=1_000), store, "q", bundle)
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros.npy", bytes(4 * 1024**2))
    small = replace(settings, max_unpacked_bytes=2 * 1024**2)
    packed(bundle, members(bundle) | {"components/collaborative/z.npz": bomb.getvalue()})
    with pytest.raises(UnsafeFile, match="unpacks to more"):
        bundles.import_version(small, store, "q", bundle)


@given(data=st.binary(max_size=300))
@hypothesis_settings(
    max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
def test_any_bytes_are_refused_without_a_trace(
    settings: Settings, store: Store, tmp_path: Path, data: bytes
) -> None:
    path = tmp_path / "any"
    path.write_bytes(data)
    with pytest.raises(UnreadableFile, match="cannot be read as a bundle"):
        bundles.import_version(settings, store, "q", path)
    assert store.versions_of("q") == []


def test_an_absent_file_is_told(settings: Settings, store: Store, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="nowhere"):
        bundles.import_version(settings, store, "q", tmp_path / "nowhere")
