"""Charts: data in, a Plotly figure and its alt text out.

Every mark has a label or a shape beside its colour. The alt text says what the chart
shows, not what kind of chart it is. Draw one with
``st.plotly_chart(chart.figure, alt=chart.alt, config=CONFIG)``.
"""

from musicai.ui.charts.autoplay import course
from musicai.ui.charts.base import CONFIG, Chart
from musicai.ui.charts.history import (
    STEPS,
    WEEKDAYS,
    Bucket,
    buckets,
    calendar,
    clock,
    draw_counted_bars,
    drift_features,
    drift_genres,
    hour_bars,
    timeline,
    usual_step,
    week,
    years,
)
from musicai.ui.charts.map import MAP_CONFIG, Dots, Marked, by_genre, by_score
from musicai.ui.charts.models import (
    PROVENANCE_LABELS,
    by_day,
    by_version,
    contributions,
    coverage,
    coverage_bars,
    metrics_chart,
)
from musicai.ui.charts.taste import (
    RADAR_AXES,
    discovery,
    diversity,
    diversity_over_time,
    genres,
    moods,
    radar,
    radar_change,
    shares,
    skips,
)

__all__ = [
    "CONFIG",
    "MAP_CONFIG",
    "PROVENANCE_LABELS",
    "RADAR_AXES",
    "STEPS",
    "WEEKDAYS",
    "Bucket",
    "Chart",
    "Dots",
    "Marked",
    "buckets",
    "by_day",
    "by_genre",
    "by_score",
    "by_version",
    "calendar",
    "clock",
    "contributions",
    "course",
    "coverage",
    "coverage_bars",
    "discovery",
    "diversity",
    "diversity_over_time",
    "draw_counted_bars",
    "drift_features",
    "drift_genres",
    "genres",
    "hour_bars",
    "metrics_chart",
    "moods",
    "radar",
    "radar_change",
    "shares",
    "skips",
    "timeline",
    "usual_step",
    "week",
    "years",
]
