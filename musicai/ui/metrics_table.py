"""How well a version does, beside popularity, chance and one's own top tracks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from musicai.recommenders import COMPONENTS
from musicai.ui import words

if TYPE_CHECKING:
    from musicai.registry import VersionInfo

MACHINERY = "Invented data: these numbers are a check of the machinery, not a measure of quality."
"""Under every figure that was measured on the sample."""

_TASKS = {
    "new": ("New to you", "Tracks you had never played before the cut and did play after it."),
    "repeat": ("Played before", "Tracks you knew already and came back to after the cut."),
}
_METHODS = {
    "hybrid": "The blend in use",
    "own_top": "Your own top tracks",
    "popularity": "Popularity",
    "random": "Chance",
}
_BASELINES = ("popularity", "own_top", "random")
_COLUMNS = {
    "ndcg": "nDCG",
    "recall": "Recall",
    "hit_rate": "Any hit",
}
_MORE = {
    "precision": "Precision",
    "diversity": "Diversity",
    "coverage": "Coverage",
}
"""Shown on demand: all of them side by side do not fit a phone."""
_PLAIN = ("diversity", "coverage")
"""Metrics of a whole list, stored without its length."""
_UNBROKEN_DASH = "\u2060–\u2060"
_UNITS = {"listener": "listener", "week": "week", "day": "day"}


def draw(info: VersionInfo) -> None:
    """Both tasks apart, with intervals and the number they rest on."""
    if info.invented:
        st.caption(f":material/science: {MACHINERY}")
    measured = info.metrics.get("tasks") or {}
    if not any(measured.get(task, {}).get("metrics") for task in _TASKS):
        st.markdown(
            "Not measured. There was too little history to hold back the latest part and foretell "
            "it, or it was trained without measuring."
        )
        return
    k = int(info.metrics.get("k", 20))
    for task, (title, text) in _TASKS.items():
        result = measured.get(task)
        st.markdown(f"**{title}** :small[{text}]")
        if result and result.get("metrics"):
            _task(result, k, str(info.metrics.get("units", "week")), title)
        else:
            st.markdown("Nothing to measure here: no such plays after the cut.")
    st.caption(
        f"Lists of {k}, made from everything before the cut, compared with what was played after "
        "it. nDCG counts hits near the top more; 1 is perfect. Recall is the share of those tracks "
        "that were found, any hit the share of lists with at least one."
    )


def _task(result: Mapping[str, Any], k: int, units: str, title: str) -> None:
    st.table(
        table(result, k),
        hide_index=True,
        border="horizontal",
        alt=f"{title}: the blend beside simple baselines and single components",
    )
    with st.expander("Precision, diversity and more", icon=":material/table_rows:"):
        st.table(
            more(result, k), hide_index=True, border="horizontal", alt=f"{title}: more metrics"
        )
        st.caption(
            "Precision is the share of the list that was played. "
            "Diversity is how unlike the tracks of a list are, 0 to 1; coverage the share of all "
            "tracks that some list held."
        )
    n = int(result.get("n", 0))
    st.caption(
        f"Over {words.count(n, _UNITS.get(units, 'unit'))}. "
        f"{words.share(float(result.get('reachable', 0.0)))} of the tracks could be foretold at "
        f"all. {_difference(result)}"
    )


def more(result: Mapping[str, Any], k: int) -> dict[str, list[str]]:
    """The further metrics, methods in the same rows as :func:`table`."""
    metrics = result["metrics"]
    methods = _methods(metrics)
    found = {"": [_name(method) for method in methods]}
    for metric, label in _MORE.items():
        key = metric if metric in _PLAIN else f"{metric}@{k}"
        found[label] = [_figure(metrics[m], key) for m in methods]
    return found


def _methods(metrics: Mapping[str, Any]) -> list[str]:
    order = ["hybrid", *_BASELINES, *(c for c in COMPONENTS if c not in _BASELINES)]
    return [method for method in order if method in metrics]


def table(result: Mapping[str, Any], k: int) -> dict[str, list[str]]:
    """Methods in rows: the blend, the baselines, then each component alone."""
    metrics, intervals = result["metrics"], result.get("intervals", {})
    methods = _methods(metrics)
    found: dict[str, list[str]] = {"": [_name(method) for method in methods]}
    for metric, label in _COLUMNS.items():
        key = f"{metric}@{k}"
        found[label] = [_figure(metrics[m], key) for m in methods]
        if metric == "ndcg":
            found[label][0] = f"**{found[label][0]}**"
            found["95 % interval"] = [
                _interval(metrics[m], intervals.get(m, {}), key) for m in methods
            ]
    return found


def _name(method: str) -> str:
    if method == "hybrid":
        return f"**{_METHODS[method]}**"
    if method in _METHODS:
        return _METHODS[method]
    return f"{COMPONENTS[method].label} alone"


def _figure(values: Mapping[str, float], key: str) -> str:
    value = values.get(key) if values.get("opinions", 1.0) else None
    return "–" if value is None or value != value else f"{value:.3f}"  # noqa: PLR0124 (NaN)


def _interval(values: Mapping[str, float], ends: Mapping[str, Sequence[float]], key: str) -> str:
    if not values.get("opinions", 1.0):
        return "no opinion"
    if key not in ends:
        return "–"
    low, high = ends[key]
    return f"{low:.3f}{_UNBROKEN_DASH}{high:.3f}"


def _difference(result: Mapping[str, Any]) -> str:
    """Whether the blend is above popularity, by the paired difference and its interval."""
    found = (result.get("paired_difference") or {}).get("hybrid-vs-popularity")
    if not found:
        return ""
    mean, low, high = found
    if low > 0:
        verdict = "The blend is above popularity"
    elif high < 0:
        verdict = "The blend is below popularity"
    else:
        verdict = "The blend and popularity cannot be told apart"
    return f"{verdict}: nDCG {words.signed3(mean)} ({words.signed3(low)} to {words.signed3(high)})."


def headline(metrics: Mapping[str, Any]) -> float | None:
    """The blend's nDCG@20 on the headline task, where it was measured."""
    hybrid = (metrics.get("metrics") or {}).get("hybrid") or {}
    value = hybrid.get("ndcg@20")
    return None if value is None else float(value)
