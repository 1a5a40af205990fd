"""Charts: data in, a Plotly figure and its alt text out.

Every mark has a label or a shape beside its colour. The alt text says what the chart
shows, not what kind of chart it is. Draw one with
``st.plotly_chart(chart.figure, alt=chart.alt, config=CONFIG)``.
"""

from musicai.ui.charts.autoplay import plot_course
from musicai.ui.charts.base import CONFIG, Chart
from musicai.ui.charts.history import (
    STEPS,
    WEEKDAYS,
    Bucket,
    choose_step,
    list_years,
    plot_calendar,
    plot_clock,
    plot_counts,
    plot_feature_drift,
    plot_genre_drift,
    plot_hours,
    plot_timeline,
    plot_week,
    sum_buckets,
)
from musicai.ui.charts.map import MAP_CONFIG, Dots, MapOverlay, plot_map_by_genre, plot_map_by_score
from musicai.ui.charts.models import (
    PROVENANCE_LABELS,
    plot_by_day,
    plot_by_version,
    plot_contributions,
    plot_coverage,
    plot_metrics,
    plot_provenance,
)
from musicai.ui.charts.taste import (
    RADAR_AXES,
    plot_discovery,
    plot_diversity,
    plot_diversity_over_time,
    plot_genres,
    plot_moods,
    plot_radar,
    plot_radar_change,
    plot_shares,
    plot_skips,
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
    "MapOverlay",
    "choose_step",
    "list_years",
    "plot_by_day",
    "plot_by_version",
    "plot_calendar",
    "plot_clock",
    "plot_contributions",
    "plot_counts",
    "plot_course",
    "plot_coverage",
    "plot_discovery",
    "plot_diversity",
    "plot_diversity_over_time",
    "plot_feature_drift",
    "plot_genre_drift",
    "plot_genres",
    "plot_hours",
    "plot_map_by_genre",
    "plot_map_by_score",
    "plot_metrics",
    "plot_moods",
    "plot_provenance",
    "plot_radar",
    "plot_radar_change",
    "plot_shares",
    "plot_skips",
    "plot_timeline",
    "plot_week",
    "sum_buckets",
]
