"""What two manifests tell apart."""

from __future__ import annotations

from dataclasses import replace

from musicai.models.blend import LearnedWeights
from musicai.models.registry.compare import ConfigChange, MetricPair, compare
from musicai.models.registry.registry import VersionInfo

OLD = VersionInfo(
    version="old",
    created_at="2026-01-01T00:00:00+00:00",
    fingerprint="f" * 64,
    sizes={"plays": 100, "tracks": 10},
    metrics={
        "cut": "2025-12-01T00:00:00+00:00",
        "metrics": {"hybrid": {"ndcg@20": 0.2, "recall@20": 0.1, "gini": 0.7}},
        "intervals": {"hybrid": {"ndcg@20": [0.15, 0.25]}},
    },
    weights=LearnedWeights({"content": 0.5, "rules": 0.5}),
    config={"method": "als", "seed": 0},
    components={"collaborative": {"factors": 64, "alpha": 15.0}},
    libraries={"numpy": "2.4.6"},
)


def test_a_version_against_itself_has_no_change() -> None:
    told = compare(OLD, OLD)
    assert (told.data, told.config) == ((), ())
    assert told.same_test
    assert told.metrics == (
        MetricPair("ndcg@20", 0.2, (0.15, 0.25), 0.2, (0.15, 0.25)),
        MetricPair("recall@20", 0.1, None, 0.1, None),
    )


def test_data_settings_weights_and_components_are_told_by_name() -> None:
    new = replace(
        OLD,
        version="new",
        sizes={"plays": 130, "tracks": 10, "listeners": 2},
        weights=LearnedWeights({"content": 0.6, "rules": 0.4}),
        config={"method": "nmf", "seed": 0},
        components={"collaborative": {"factors": 128, "alpha": 15.0}},
    )
    told = compare(OLD, new)
    assert told.data == (ConfigChange("plays", 100, 130), ConfigChange("listeners", None, 2))
    assert told.config == (
        ConfigChange("training.method", "als", "nmf"),
        ConfigChange("collaborative.factors", 64, 128),
        ConfigChange("weights.content", 0.5, 0.6),
        ConfigChange("weights.rules", 0.5, 0.4),
    )


def test_figures_of_other_weeks_are_not_called_comparable() -> None:
    later = replace(OLD, metrics={**OLD.metrics, "cut": "2026-01-01T00:00:00+00:00"})
    told = compare(OLD, later)
    assert not told.same_test
    assert "different weeks" in told.note


def test_an_update_measured_nothing_itself() -> None:
    updated = replace(OLD, version="new", update={"updated_from": "old"})
    told = compare(OLD, updated)
    assert not told.same_test
    assert told.note == "Nothing was measured for version new itself."


def test_versions_without_figures_compare_all_the_same() -> None:
    bare = VersionInfo(version="bare", created_at="")
    told = compare(bare, OLD)
    assert told.metrics == ()
    assert "bare" in told.note
    assert ConfigChange("plays", None, 100) in told.data
