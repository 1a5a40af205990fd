"""How well a version does, beside popularity, chance and one's own top tracks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from musicai.data.sessions import HEAVY_FROM, LIGHT_FROM, SEGMENTS
from musicai.ui import charts, wording
from musicai.ui.charts.metric_labels import MEASURES, get_metric_key, label_method, list_methods

if TYPE_CHECKING:
    from musicai.models.registry.registry import VersionInfo

MACHINERY = "Invented data: these numbers are a check of the machinery, not a measure of quality."
"""Under every figure that was measured on the sample."""

_TASKS = {
    "new": ("New to you", "Tracks you had never played before the cut and did play after it."),
    "repeat": ("Played before", "Tracks you knew already and came back to after the cut."),
}
_COLUMNS = ("ndcg", "recall", "hit_rate")
_MORE = {
    "Hits": ("precision", "map", "mrr"),
    "Surprise and taste": ("serendipity", "calibration_error"),
    "Variety": ("diversity", "novelty"),
    "Reach": ("coverage", "gini"),
}
"""Shown on demand, a few at a time: all of them side by side do not fit a phone."""
_UNBROKEN_DASH = "\u2060–\u2060"
_UNITS = {"listener": "listener", "week": "week", "day": "day"}
_SEGMENTS = {
    "new": ("New", f"fewer than {LIGHT_FROM}"),
    "light": ("Light", f"{LIGHT_FROM} to {HEAVY_FROM - 1}"),
    "heavy": ("Heavy", f"{HEAVY_FROM} or more"),
}
"""What each segment is called, and its full plays before the cut."""
FEW = 10
"""An interval over fewer lists than this would look narrower than it is."""


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
    st.caption(
        f"Lists of {k}, made from everything before a cut in time, compared with what was played "
        f"after it. {_explain_measures(_COLUMNS)}"
    )
    measure = _choose_measure([measured[task] for task in _TASKS if measured.get(task)], k)
    for task, (title, text) in _TASKS.items():
        result = measured.get(task)
        st.markdown(f"**{title}** :small[{text}]")
        if result and result.get("metrics"):
            _task(info, task, measure, k)
        else:
            st.markdown("Nothing to measure here: no such plays after the cut.")


def _explain_measures(measures: Sequence[str]) -> str:
    return " ".join(MEASURES[name].sentence for name in measures)


def _choose_measure(results: Sequence[Mapping[str, Any]], k: int) -> str:
    """Which measure the charts show; those of a list, as only they have intervals."""
    offered = list_charted(results, k)
    chosen = st.selectbox(
        "What the charts compare",
        offered,
        format_func=lambda name: MEASURES[name].label,
        key="models_measure",
        bind="query-params",
        width=320,
        help="  \n".join(MEASURES[name].sentence for name in offered),
    )
    if chosen not in _COLUMNS:
        st.caption(MEASURES[chosen].sentence)
    return chosen


def list_charted(results: Sequence[Mapping[str, Any]], k: int) -> list[str]:
    """The measures that any method has an interval of; older versions have fewer."""
    held = {
        key
        for result in results
        for ends in (result.get("intervals") or {}).values()
        for key in ends
    }
    return [name for name in MEASURES if get_metric_key(name, k) in held] or ["ndcg"]


def _task(info: VersionInfo, task: str, measure: str, k: int) -> None:
    result, title = info.metrics["tasks"][task], _TASKS[task][0]
    units = _UNITS.get(str(info.metrics.get("units", "week")), "unit")
    chart = charts.plot_metrics(info.metrics, measure, task=task, invented=info.invented)
    st.plotly_chart(
        chart.figure,
        alt=f"{title}. {chart.alt}",
        key=f"models_chart_{task}",
        config=charts.CONFIG,
    )
    st.table(
        table(result, k),
        hide_index=True,
        border="horizontal",
        alt=f"{title}: the blend beside simple baselines and single components",
    )
    _further(result, k, title)
    n = int(result.get("n", 0))
    st.caption(
        f"Over {wording.format_count(n, units)}. "
        f"{wording.format_share(float(result.get('reachable', 0.0)))} of the tracks could be "
        "foretold at "
        f"all. {_difference(result)}"
    )
    _segments(result, k, units, title)


# --- methods --------------------------------------------------------------------------


def table(result: Mapping[str, Any], k: int) -> dict[str, list[str]]:
    """Methods in rows: the blend, the baselines, then each component alone."""
    metrics, intervals = result["metrics"], result.get("intervals", {})
    methods = list_methods(metrics)
    found: dict[str, list[str]] = {"": [_name(method) for method in methods]}
    for measure in _COLUMNS:
        key, label = get_metric_key(measure, k), MEASURES[measure].label
        found[label] = [_figure(metrics[m], key) for m in methods]
        if measure == "ndcg":
            found[label][0] = f"**{found[label][0]}**"
            found["95 % interval"] = [
                _interval(metrics[m], intervals.get(m, {}), key) for m in methods
            ]
    return found


def _further(result: Mapping[str, Any], k: int, title: str) -> None:
    groups = {name: more(result, k, name) for name in _MORE}
    groups = {name: columns for name, columns in groups.items() if len(columns) > 1}
    if not groups:
        return
    with st.expander("More measures", icon=":material/table_rows:"):
        for tab, (name, columns) in zip(st.tabs(list(groups)), groups.items(), strict=True):
            with tab:
                st.table(
                    columns,
                    hide_index=True,
                    border="horizontal",
                    alt=f"{title}, {name.lower()}: {wording.join_list(list(columns)[1:])}",
                )
                shown = [m for m in _MORE[name] if MEASURES[m].label in columns]
                st.caption(_explain_measures(shown))


def more(result: Mapping[str, Any], k: int, group: str) -> dict[str, list[str]]:
    """Further measures of one group, methods in the same rows as :func:`table`.

    Those that the version does not have, as it was trained before they were, are left out.
    """
    metrics = result["metrics"]
    methods = list_methods(metrics)
    found = {"": [_name(method) for method in methods]}
    for measure in _MORE[group]:
        key = get_metric_key(measure, k)
        if any(key in metrics[m] for m in methods):
            found[MEASURES[measure].label] = [_figure(metrics[m], key) for m in methods]
    return found


def _name(method: str) -> str:
    label = label_method(method)
    return f"**{label}**" if method == "hybrid" else label


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
    between = f"{wording.format_difference(low)} to {wording.format_difference(high)}"
    return f"{verdict}: nDCG {wording.format_difference(mean)} ({between})."


# --- segments -------------------------------------------------------------------------


def _segments(result: Mapping[str, Any], k: int, units: str, title: str) -> None:
    """By how much is known of a listener; nothing for versions that did not measure it."""
    held = result.get("segments") or {}
    if not held:
        return
    found = segments(result, k, units)
    if found:
        st.markdown(":small[By how much was known of a listener]")
        st.table(
            found,
            hide_index=True,
            border="horizontal",
            alt=f"{title}: the blend and popularity by how much is known of a listener",
        )
    st.caption(segment_words(held, units))


def segments(result: Mapping[str, Any], k: int, units: str) -> dict[str, list[str]]:
    """Segments in rows, least known first; empty where all listeners are of one."""
    held = result.get("segments") or {}
    names = [name for name in SEGMENTS if name in held]
    if len(names) < 2:
        return {}
    key = get_metric_key("ndcg", k)
    rows = [held[name] for name in names]
    return {
        "": [_SEGMENTS[name][0] for name in names],
        f"{units.capitalize()}s": [f"{int(row['n']):,}" for row in rows],
        "nDCG": [_figure(row["metrics"].get("hybrid", {}), key) for row in rows],
        "95 % interval": [
            "too few"
            if row["n"] < FEW
            else _interval(
                row["metrics"].get("hybrid", {}), row["intervals"].get("hybrid", {}), key
            )
            for row in rows
        ],
        "Popularity": [_figure(row["metrics"].get("popularity", {}), key) for row in rows],
    }


def segment_words(held: Mapping[str, Any], units: str) -> str:
    """Which segments there are, what they mean, and which are left out."""
    names = [name for name in SEGMENTS if name in held]
    ranges = [f"{_SEGMENTS[name][0].lower()} {_SEGMENTS[name][1]}" for name in names]
    if len(names) > 1:
        absent = [_SEGMENTS[name][0].lower() for name in SEGMENTS if name not in held]
        rest = f" No one here is {wording.join_list(absent, 'or')}." if absent else ""
        return (
            f"Full plays before the cut: {wording.join_list(ranges)}.{rest} "
            "Popularity is the nDCG of that method."
        )
    (name,) = names
    who = "every listener here is" if units == "listener" else "you are"
    return (
        f"By how much was known before the cut, {who} {_SEGMENTS[name][0].lower()} "
        f"({_SEGMENTS[name][1]} full plays); there is no one else to tell apart."
    )


def headline(metrics: Mapping[str, Any]) -> float | None:
    """The blend's nDCG@20 on the headline task, where it was measured."""
    hybrid = (metrics.get("metrics") or {}).get("hybrid") or {}
    value = hybrid.get("ndcg@20")
    return None if value is None else float(value)
