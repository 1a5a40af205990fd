"""Charts: data in, a Plotly figure and its alt text out.

Every mark has a label or a shape beside its colour. The alt text says what the chart
shows, not what kind of chart it is. Draw one with
``st.plotly_chart(chart.figure, alt=chart.alt, config=CONFIG)``.
"""

from musicai.ui.charts.autoplay import course
from musicai.ui.charts.base import CONFIG, Chart
from musicai.ui.charts.drift import drift_features, drift_genres
from musicai.ui.charts.habits import (
    WEEKDAYS,
    clock,
    counted_bars,
    hour_bars,
    week,
)
from musicai.ui.charts.history import (
    STEPS,
    Bucket,
    buckets,
    calendar,
    timeline,
    usual_step,
    years,
)
from musicai.ui.charts.map import MAP_CONFIG, Dots, Marked, by_genre, by_score
from musicai.ui.charts.models import (
    PROVENANCE_LABELS,
    contributions,
    coverage,
    coverage_bars,
    metrics_chart,
)
from musicai.ui.charts.monitoring import by_day, by_version
from musicai.ui.charts.sound import RADAR_AXES, diversity, genres, radar, radar_change
from musicai.ui.charts.taste import discovery, diversity_over_time, moods, shares, skips

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
    "counted_bars",
    "course",
    "coverage",
    "coverage_bars",
    "discovery",
    "diversity",
    "diversity_over_time",
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
