"""Going back, naming, keeping and clearing out versions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from musicai.core.errors import ModelError, NotFound, QueryError
from musicai.core.settings import Settings
from musicai.data.library import Vocabulary
from musicai.models.blend import LearnedWeights
from musicai.models.registry import registry
from musicai.models.registry import versions as versioning
from musicai.models.registry.artifacts import Trained
from musicai.store import Store, VersionMark


def small(profile: str = "p") -> Trained:
    """A version of which only the name matters."""
    weights = LearnedWeights({"content": 1.0})
    return Trained(profile, False, "f", {}, Vocabulary(["a"]), {}, weights, {})


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Without the version that ships with the project."""
    return replace(settings, bundled_models=settings.home / "bundled_models")


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with Store(settings) as opened:
        opened.create_profile("p")
        opened.create_profile("other")
        yield opened


def made(settings: Settings, store: Store, number: int, monkeypatch: pytest.MonkeyPatch) -> str:
    """The n-th version, active; each gets a later name."""
    monkeypatch.setattr(
        "musicai.models.registry.registry.secrets.token_hex", lambda size: f"{number:02x}"
    )
    version = registry.save(settings, store, small())
    registry.activate(settings, store, "p", version)
    return version


def test_going_back_twice_goes_back_further(
    settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = (made(settings, store, n, monkeypatch) for n in range(3))
    assert versioning.roll_back(settings, store, "p") == second
    assert registry.active(settings, store, "p") == second
    assert versioning.roll_back(settings, store, "p") == first
    with pytest.raises(ModelError, match="No earlier version"):
        versioning.roll_back(settings, store, "p")
    assert registry.active(settings, store, "p") == first
    registry.activate(settings, store, "p", third)
    assert versioning.roll_back(settings, store, "p") == first


def test_going_back_passes_by_what_is_gone_or_damaged(
    settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third, _ = (made(settings, store, n, monkeypatch) for n in range(4))
    registry.delete(settings, store, third)
    (settings.models / second / "vocabulary.npz").write_bytes(b"damaged")
    target = versioning.rollback_target(settings, store, "p")
    assert target is not None
    assert target.version == first


def test_the_same_version_activated_twice_is_one_step(
    settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (made(settings, store, n, monkeypatch) for n in range(2))
    registry.activate(settings, store, "p", second)
    assert store.list_served("p") == [second, first]
    assert versioning.roll_back(settings, store, "p") == first


def test_names_and_pins_are_listed_and_go_with_the_version(
    settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = made(settings, store, 0, monkeypatch)
    versioning.rename(settings, store, version, "  before the summer ")
    versioning.pin(settings, store, version)
    [info] = registry.list_versions(settings, store, "p")
    assert (info.name, info.pinned) == ("before the summer", True)
    versioning.rename(settings, store, version, "")
    versioning.pin(settings, store, version, pinned=False)
    assert store.version_marks() == {version: VersionMark("", False)}
    registry.delete(settings, store, version)
    assert store.version_marks() == {}
    assert store.list_served("p") == []


@pytest.mark.parametrize("name", ["x" * 61, "two\nlines", "nul\0"])
def test_a_name_that_cannot_be_one_is_refused(
    settings: Settings, store: Store, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = made(settings, store, 0, monkeypatch)
    with pytest.raises(QueryError, match="60 visible"):
        versioning.rename(settings, store, version, name)


def test_the_rule_keeps_the_newest_the_pinned_the_serving_and_the_one_before(
    settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = [made(settings, store, n, monkeypatch) for n in range(7)]
    versioning.pin(settings, store, versions[0])
    registry.activate(settings, store, "p", versions[2])  # came upon the sixth
    assert versioning.prunable(settings, store, "p", keep=1) == tuple(
        versions[n] for n in (5, 4, 3, 1)
    )
    versioning.set_keep_number(store, "p", 3)
    assert versioning.keep_number(store, "p") == 3
    assert versioning.prune(settings, store, "p") == (versions[3], versions[1])
    left = {info.version for info in registry.list_versions(settings, store, "p")}
    assert left == {versions[n] for n in (0, 2, 4, 5, 6)}
    assert versioning.prune(settings, store, "p") == ()


def test_another_profiles_versions_are_not_cleared_out(
    settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("musicai.models.registry.registry.secrets.token_hex", lambda size: "ff")
    kept = registry.save(settings, store, small("other"))
    for number in range(3):
        made(settings, store, number, monkeypatch)
    versioning.prune(settings, store, "p", keep=1)
    assert kept in [info.version for info in registry.list_versions(settings, store)]


def test_at_least_one_is_kept(settings: Settings, store: Store) -> None:
    for number in (0, -1):
        with pytest.raises(QueryError, match="At least 1"):
            versioning.set_keep_number(store, "p", number)
    assert versioning.keep_number(store, "p") == versioning.KEEP


def test_a_version_is_found_by_its_beginning_or_its_name(
    settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (made(settings, store, n, monkeypatch) for n in range(2))
    versioning.rename(settings, store, first, "summer")
    infos = registry.list_versions(settings, store)
    assert versioning.find(infos, second).version == second
    assert versioning.find(infos, "summer").version == first
    with pytest.raises(QueryError, match="could be"):
        versioning.find(infos, "20")
    for absent in ("", "winter"):
        with pytest.raises(NotFound):
            versioning.find(infos, absent)


def test_the_bundled_version_is_left_as_it_is(settings: Settings, store: Store) -> None:
    with pytest.raises(ModelError, match="bundled"):
        versioning.rename(settings, store, registry.BUNDLED, "mine")
    with pytest.raises(ModelError, match="bundled"):
        versioning.pin(settings, store, registry.BUNDLED)
