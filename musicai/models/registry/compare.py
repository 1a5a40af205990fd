"""Two versions side by side: what changed in data, settings and measured quality.

Figures of two versions were measured on the last weeks of their own data. Where both were
measured on the same data from the same cut on, their difference means something; elsewhere
the sentence says that they are not to be compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from musicai.models.registry.registry import VersionInfo

METRICS = (
    "ndcg@20",
    "recall@20",
    "precision@20",
    "map@20",
    "mrr@20",
    "hit_rate@20",
    "coverage",
    "diversity",
    "novelty",
    "serendipity@20",
    "calibration_error",
)
"""Metrics of the blend that are compared, where both versions have them."""


@dataclass(frozen=True)
class ConfigChange:
    """One thing that differs."""

    what: str
    """Dotted name, such as ``collaborative.factors``."""
    before: Any
    """Value in the first version; None where it has none."""
    after: Any


@dataclass(frozen=True)
class MetricPair:
    """One metric of the blend in both versions."""

    metric: str
    before: float
    before_interval: tuple[float, float] | None
    """95 % bootstrap interval."""
    after: float
    after_interval: tuple[float, float] | None


@dataclass(frozen=True)
class VersionComparison:
    """What changed from one version to another."""

    before: str
    after: str
    data: tuple[ConfigChange, ...]
    config: tuple[ConfigChange, ...]
    """Training choices, configurations of components, default weights and libraries."""
    metrics: tuple[MetricPair, ...]
    same_test: bool
    """Both were measured on the same data, from the same moment on."""
    note: str
    """Whether the figures may be compared, in a sentence."""

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def compare(before: VersionInfo, after: VersionInfo) -> VersionComparison:
    """Everything that the manifests of two versions tell apart."""
    same_test = _test_of(before) is not None and _test_of(before) == _test_of(after)
    return VersionComparison(
        before=before.version,
        after=after.version,
        data=tuple(_changes({"": _data(before)}, {"": _data(after)})),
        config=tuple(_changes(_choices(before), _choices(after))),
        metrics=tuple(_metrics(before, after)),
        same_test=same_test,
        note=_note(before, after, same_test),
    )


def _data(info: VersionInfo) -> Mapping[str, Any]:
    return {**info.sizes, "fingerprint": info.fingerprint[:12]}


def _choices(info: VersionInfo) -> dict[str, Mapping[str, Any]]:
    return {
        "training": info.config,
        **info.components,
        "weights": info.weights.everyone,
        **{f"weights.{mode}": own.everyone for mode, own in info.weights.modes.items()},
        "libraries": info.libraries,
    }


def _changes(
    before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]
) -> Iterator[ConfigChange]:
    for group in dict.fromkeys([*before, *after]):
        old, new = before.get(group, {}), after.get(group, {})
        for name in dict.fromkeys([*old, *new]):
            if old.get(name) != new.get(name):
                yield ConfigChange(f"{group}.{name}".lstrip("."), old.get(name), new.get(name))


def _test_of(info: VersionInfo) -> tuple[str, str] | None:
    """What the figures were measured on; None where nothing was."""
    cut = info.metrics.get("cut")
    # an update measures nothing: its figures are those of the version it came from
    return (info.fingerprint, str(cut)) if cut and not info.update else None


def _metrics(before: VersionInfo, after: VersionInfo) -> Iterator[MetricPair]:
    old, new = (info.metrics.get("metrics", {}).get("hybrid", {}) for info in (before, after))
    spans = [info.metrics.get("intervals", {}).get("hybrid", {}) for info in (before, after)]
    for name in METRICS:
        if old.get(name) is not None and new.get(name) is not None:
            was, now = (_interval(one.get(name)) for one in spans)
            yield MetricPair(name, float(old[name]), was, float(new[name]), now)


def _interval(stored: Any) -> tuple[float, float] | None:
    return (float(stored[0]), float(stored[1])) if stored else None


def _note(before: VersionInfo, after: VersionInfo, same_test: bool) -> str:
    if same_test:
        return "Both were measured on the same last weeks of the same data."
    unmeasured = [i.version for i in (before, after) if _test_of(i) is None]
    if unmeasured:
        return f"Nothing was measured for version {' and '.join(unmeasured)} itself."
    return (
        "They were measured on different weeks, so a difference in the figures says little "
        "about which is better."
    )
