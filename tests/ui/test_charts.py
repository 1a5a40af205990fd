"""Charts: the figures carry the data, the alt texts the takeaway, for full and empty profiles."""

from __future__ import annotations

import json
from collections.abc import Callable
from math import nan
from typing import Any

import plotly.graph_objects as go
import pytest

from musicai.insights.highlights import ProvenanceShares
from musicai.insights.taste import ListeningPatterns, TasteProfile
from musicai.models import COMPONENTS
from musicai.ui import charts
from musicai.ui.theme import COMPONENT_COLOURS, GENRE_COLOURS
from tests.insights.test_taste import SMALL, at, constructed, library, profile, track

EMPTY = profile(library([track(0)]))


@pytest.fixture(scope="module")
def full() -> TasteProfile:
    return profile(constructed())


def rich() -> TasteProfile:
    """A profile with every feature, against a catalogue."""
    sound = dict.fromkeys(
        (
            "danceability",
            "valence",
            "acousticness",
            "instrumentalness",
            "liveness",
            "speechiness",
        ),
        0.4,
    )
    own = [track(i, "jazz", energy=0.2 + 0.02 * i, tempo=100.0, **sound) for i in range(3)]
    other = [
        track(i, "rock", energy=0.5 + i / 200, tempo=120.0, own=False, **sound)
        for i in range(3, 63)
    ]
    return profile(library(own + other, [(i, at(i, 20)) for i in range(3)]))


def patterns(taste: TasteProfile) -> ListeningPatterns:
    assert taste.listening_patterns is not None
    return taste.listening_patterns


TASTE_CHARTS: list[Callable[[TasteProfile], charts.Chart]] = [
    charts.plot_radar,
    charts.plot_genres,
    lambda taste: charts.plot_diversity(taste.genre_diversity),
]
PATTERN_CHARTS: list[Callable[[ListeningPatterns], charts.Chart]] = [
    charts.plot_clock,
    lambda told: charts.plot_week(told.by_weekday_hour),
    lambda told: charts.plot_discovery(told.months),
]


def in_house_style(chart: charts.Chart) -> None:
    layout = chart.figure.layout
    assert isinstance(chart.figure, go.Figure)
    assert layout.paper_bgcolor == layout.plot_bgcolor == "rgba(0,0,0,0)"
    assert layout.dragmode is False
    assert layout.height <= 480
    assert len(chart.alt) > 15
    assert chart.alt.endswith(".")
    json.loads(chart.figure.to_json())


@pytest.mark.parametrize("draw", TASTE_CHARTS)
def test_taste_charts_full_and_empty(
    draw: Callable[[TasteProfile], charts.Chart], full: TasteProfile
) -> None:
    for taste in (full, EMPTY, rich()):
        in_house_style(draw(taste))
    assert len(draw(EMPTY).figure.data) == 0


@pytest.mark.parametrize("draw", PATTERN_CHARTS)
def test_pattern_charts_full_and_empty(
    draw: Callable[[ListeningPatterns], charts.Chart], full: TasteProfile
) -> None:
    in_house_style(draw(patterns(full)))
    nothing = patterns(profile(SMALL, since=at(900, 0)))
    in_house_style(draw(nothing))
    assert len(draw(nothing).figure.data) == 0


def test_radar_has_you_the_catalogue_and_the_spread() -> None:
    taste = rich()
    chart = charts.plot_radar(taste)
    band, catalogue, you = chart.figure.data
    assert (catalogue.name, you.name) == ("Catalogue", "You")
    assert catalogue.line.dash == "dash"
    assert len(you.r) == len(charts.RADAR_AXES) + 1
    assert you.r[0] == you.r[-1]
    assert you.r[1] == pytest.approx(taste.audio_features["energy"].mean)
    assert band.fill == "toself"
    assert min(band.r) >= 0
    assert max(band.r) <= 1
    assert "Furthest from the catalogue: Calmer than the tracks you have not played" in chart.alt


def test_radar_leaves_unknown_features_out(full: TasteProfile) -> None:
    assert len(charts.plot_radar(full).figure.data) == 0  # only energy is known of this listener


def test_genre_bars_carry_name_share_and_colour(full: TasteProfile) -> None:
    chart = charts.plot_genres(full)
    (bars,) = chart.figure.data
    assert list(bars.x) == sorted(bars.x)
    assert sum(bars.x) == pytest.approx(1)
    assert bars.y[-1] == "Jazz"
    assert bars.marker.color[-1] == GENRE_COLOURS["jazz"]
    assert all("%" in text for text in bars.text)
    assert chart.alt.startswith("Genres of your listening: Jazz 36")


def test_diversity_is_drawn_to_scale(full: TasteProfile) -> None:
    whole, value = charts.plot_diversity(full.genre_diversity).figure.data
    assert whole.x == (10,)
    assert value.x[0] == pytest.approx(full.genre_diversity.effective_genres)


def test_clock_puts_each_hour_in_its_place(full: TasteProfile) -> None:
    (bars,) = charts.plot_clock(patterns(full)).figure.data
    assert list(bars.r) == list(patterns(full).by_hour)
    assert bars.theta[12] == 187.5
    assert "most between 22:00 and 23:00" in charts.plot_clock(patterns(full)).alt


def test_week_draws_area_by_plays_and_leaves_quiet_hours_empty(full: TasteProfile) -> None:
    (squares,) = charts.plot_week(patterns(full).by_weekday_hour).figure.data
    counts = [count for row in patterns(full).by_weekday_hour for count in row if count]
    assert len(squares.x) == len(counts)
    assert max(squares.marker.size) == 13
    assert sum([n for _, n in squares.customdata]) == patterns(full).completed
    assert squares.marker.symbol == "square"


def test_what_stayed_and_what_did_not_add_up_to_the_first_listens(full: TasteProfile) -> None:
    months = patterns(full).months
    stayed, left, recent = charts.plot_discovery(months).figure.data
    assert [bar.name for bar in (stayed, left, recent)] == [
        "Stayed",
        "Did not",
        "Too recent to say",
    ]
    fresh = sum(one.first_listens for one in months)
    assert sum(stayed.y) + sum(left.y) + sum(recent.y) == fresh > 0
    assert min(*stayed.y, *left.y, *recent.y) >= 0


COVERAGE = ProvenanceShares(
    features_by_plays={"file": 0.5, "matched": 0.0, "estimated": 0.3, "none": 0.2},
    features_by_tracks={"file": 0.25, "matched": 0.25, "estimated": 0.25, "none": 0.25},
    genres_by_plays={"file": 0.0, "matched": 0.0, "artist": 1.0, "none": 0.0},
    genres_by_tracks={"file": 0.0, "matched": 0.0, "artist": 1.0, "none": 0.0},
    n_tracks=4,
    n_plays=10,
)


def test_coverage_stacks_by_provenance() -> None:
    figure, alt = charts.plot_coverage(COVERAGE)
    in_house_style(charts.Chart(figure, alt))
    assert [trace.name for trace in figure.data] == [
        "In your files",
        "Matched",
        "By artist",
        "Estimated",
        "Not known",
    ]
    for row in range(4):
        assert sum(trace.x[row] for trace in figure.data) == pytest.approx(1)
    hatched = {trace.name for trace in figure.data if trace.marker.pattern.shape}
    assert hatched == {"By artist", "Estimated", "Not known"}
    assert "Features, by plays 80\u00a0% known" in alt


def test_coverage_without_plays_is_by_tracks_only() -> None:
    bare = ProvenanceShares(**{**COVERAGE.__dict__, "n_plays": 0})
    assert list(charts.plot_coverage(bare).figure.data[0].y) == [
        "Features, by tracks",
        "Genres, by tracks",
    ]


def test_contributions_are_sorted_labelled_and_hatched_below_zero() -> None:
    chart = charts.plot_contributions(
        {"content": 0.5, "novelty": -0.1, "rules": 0.3}, {"content": "Sounds alike"}
    )
    in_house_style(chart)
    (bars,) = chart.figure.data
    assert list(bars.y) == ["Novelty", "Rules", "Sounds alike"]
    assert list(bars.marker.pattern.shape) == ["/", "", ""]
    assert bars.text[0] == "−0.10"
    assert chart.alt.startswith("Score 0.70: Sounds alike +0.50")
    in_house_style(charts.plot_contributions({}))
    assert charts.plot_contributions({}).alt == "This score has no parts."


EVALUATION: dict[str, Any] = {
    "n": 301,
    "units": "listener",
    "k": 20,
    "metrics": {
        "hybrid": {"ndcg@20": 0.25, "calibration_error": 0.5, "novelty": 9.0},
        "popularity": {"ndcg@20": 0.0912, "calibration_error": 1.5, "novelty": 8.0},
        "content": {"ndcg@20": 0.2, "calibration_error": 0.2, "novelty": 10.5},
        "random": {"ndcg@20": 0.0},
        "rules": {"ndcg@20": 0.0, "opinions": 0.0},
        "history": {"recall@20": 0.5},
        "forgotten": {"ndcg@20": 0.9},
    },
    "intervals": {"hybrid": {"ndcg@20": [0.2, 0.31]}},
    "tasks": {"repeat": {"n": 1, "metrics": {"own_top": {"ndcg@20": 0.4}}, "intervals": {}}},
}


def test_metrics_have_their_intervals_and_the_colours_of_their_components() -> None:
    """Silent methods, and components that are no more, are left out."""
    chart = charts.plot_metrics(EVALUATION)
    in_house_style(chart)
    (dots,) = chart.figure.data
    assert list(dots.y) == ["Chance", "Popularity", "Sounds alike alone", "The blend in use"]
    assert dots.error_x.array[-1] == pytest.approx(0.06)
    assert dots.error_x.arrayminus[-1] == pytest.approx(0.05)
    assert dots.error_x.array[0] == 0
    assert dots.marker.symbol == ("x", "circle", "circle", "diamond")
    assert dots.marker.color[1:3] == (
        COMPONENT_COLOURS["popularity"],
        COMPONENT_COLOURS["content"],
    )
    assert dots.marker.color[3] not in COMPONENT_COLOURS.values(), "the blend is no component"
    assert list(dots.text) == [".000", ".091", ".20", ".25"]
    assert chart.alt.startswith("Best in nDCG: The blend in use. The blend in use .25, ")
    assert "Over n = 301 listeners." in chart.alt


def test_the_picture_of_metrics_says_what_it_rests_on() -> None:
    """A picture that is saved has no caption beside it."""
    real = charts.plot_metrics(EVALUATION)
    title = real.figure.layout.xaxis.title.text
    assert "nDCG · n = 301 listeners" in title
    assert "95 % interval" in title
    assert "nvented" not in title + real.alt
    invented = charts.plot_metrics(EVALUATION, invented=True)
    assert "Invented data: no measure of quality" in invented.figure.layout.xaxis.title.text
    assert invented.alt.endswith("Invented data.")


def test_the_best_stands_on_top_where_less_is_better_too() -> None:
    chart = charts.plot_metrics(EVALUATION, "calibration_error")
    (dots,) = chart.figure.data
    assert list(dots.x) == [1.5, 0.5, 0.2]
    assert chart.alt.startswith("Lowest, which is best, in calibration error: Sounds alike alone.")
    assert "Lower is better" in chart.figure.layout.xaxis.title.text
    assert charts.plot_metrics(EVALUATION, "novelty").alt.startswith("Highest in novelty: Sounds")


def test_metrics_of_one_task_and_of_nothing() -> None:
    one = charts.plot_metrics(EVALUATION, task="repeat")
    assert list(one.figure.data[0].y) == ["Your own top tracks"]
    assert "n = 1 listener." in one.alt
    assert charts.plot_metrics({}).alt == "Nothing could be measured."
    assert charts.plot_metrics(EVALUATION, "mrr").alt == "Nothing could be measured."


def test_a_chart_of_every_method_fits_the_house_style() -> None:
    methods = {name: {"ndcg@20": 0.1} for name in (*COMPONENTS, "hybrid", "own_top", "random")}
    in_house_style(charts.plot_metrics({"n": 3, "units": "week", "metrics": methods}))


def test_the_download_button_is_the_only_one() -> None:
    assert charts.CONFIG["modeBarButtons"] == [["toImage"]]
    assert charts.CONFIG["displaylogo"] is False


def test_labels_of_near_moods_do_not_lie_on_each_other() -> None:
    from musicai.ui.charts.taste import _place_labels  # noqa: PLC0415

    alone = _place_labels([(0.2, 0.2, "chill"), (0.8, 0.8, "party")])
    assert alone == ["top center", "top center"]
    first, second = _place_labels([(0.5, 0.5, "energetic"), (0.51, 0.51, "workout")])
    assert first == "top center"
    assert second != first


def test_the_course_names_keys_where_they_are_known() -> None:
    chart = charts.plot_course(
        ["One", "Two"], [0.4, 0.5], [0.4, 0.4], [100.0, nan], ["A minor", ""]
    )
    assert list(chart.figure.data[1].text) == ["One, 100 BPM, A minor", "Two, tempo not known"]
    bare = charts.plot_course(["One"], [0.4], [0.4], [100.0])
    assert list(bare.figure.data[1].text) == ["One, 100 BPM"]
