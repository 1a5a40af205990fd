"""Findings: sentences with their numbers, kept only where ``evidence`` supports them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np

from musicai.data.genres import GENRES
from musicai.data.library import BoolArray
from musicai.insights.taste.plays import DAY, HOUR, Double, Plays
from musicai.insights.taste.profile import FeatureTaste, Insight, Peers, Top
from musicai.insights.taste.significance import (
    CAUTION,
    EFFECT_LEAST,
    PLAYS_LEAST,
    POINTS_LEAST,
    SOUNDS,
    Z_LEAST,
    Cells,
    Side,
    compare,
    side,
)
from musicai.insights.taste.sound import SoundComparison
from musicai.insights.taste.wording import MORE_LESS, amount, capital, day, percent, subject

SPAN_LEAST_DAYS = 120
"""Shortest history that is split into an earlier and a later half."""
SHOWN = 8
"""Insights kept."""
EXTREME = 0.1
"""Of the listeners on either side: who is beyond is told so."""
_CHARTS = {
    "skips": "skips",
    "artist": "favourites",
    "hour": "habits",
    "genre": "genres",
    "sound": "sound",
    "diversity": "diversity",
    "repeats": "habits",
    "peers": "diversity",
}
"""Kind of a finding → ``Insight.chart``."""
OF_A_KIND = 2
"""Insights kept of one kind."""


@dataclass(frozen=True)
class ListeningSplit:
    """Two parts of the listening, and how a sentence speaks of them."""

    kind: str
    one: BoolArray
    other: BoolArray
    genre: str
    """Of a genre: fields {genre}, {a}, {b}."""
    sound: str
    """Of a feature: fields {More}, {more}, {feature}, {a}, {b}."""
    evidence: str


def splits(table: Cells) -> Iterator[ListeningSplit]:
    """The parts of the listening that are held against each other."""
    late = (table.hour >= 22) | (table.hour < 5)
    yield ListeningSplit(
        "night",
        late,
        ~late,
        "{genre} is {a} of your listening after 22:00, {b} before.",
        "After 22:00 you turn {more}: {feature} {a}, before {b}.",
        "22:00 to 5:00 against the rest of the day",
    )
    yield ListeningSplit(
        "weekend",
        table.weekend,
        ~table.weekend,
        "{genre} is {a} of your listening at weekends, {b} on weekdays.",
        "Your weekends are {more}: {feature} {a}, on weekdays {b}.",
        "Saturday and Sunday against Monday to Friday",
    )
    yield ListeningSplit(
        "morning",
        (table.hour >= 5) & (table.hour < 12),
        (table.hour >= 18) & (table.hour < 22),
        "{genre} is {a} of your listening before noon, {b} in the evening.",
        "Your mornings are {more} than your evenings: {feature} {a} against {b}.",
        "5:00 to 12:00 against 18:00 to 22:00",
    )
    if len(table.local) and table.local[-1] - table.local[0] >= SPAN_LEAST_DAYS * DAY:
        middle = int(table.local[0] + table.local[-1]) // 2
        later = table.local >= middle
        turn = day(datetime.fromtimestamp(middle, UTC).date())
        yield ListeningSplit(
            "change",
            later,
            ~later,
            f"{{genre}} is {{a}} of your listening since {turn}, {{b}} before.",
            f"You have turned {{more}}: {{feature}} {{a}} since {turn}, {{b}} before.",
            "the later half of the period against the earlier",
        )


def past(
    table: Cells, since: int, until: int, taste: Mapping[str, FeatureTaste]
) -> Iterator[Insight]:
    """Genres and features of a period that differ from all that was before it.

    Args:
        table: Of the whole history.
        since: First second of the period on the wall clock, since 1970.
        until: Its last second.
        taste: Of the period.
    """
    split = ListeningSplit(
        "past",
        (table.local >= since - since % HOUR) & (table.local <= until),
        table.local < since - since % HOUR,
        "{genre} is {a} of your listening in this period, {b} in all before.",
        "In this period you are {more} than before: {feature} {a} against {b}.",
        "this period against all of your history before it",
    )
    yield from contrasts(table, taste, [split])


def among_peers(told: Peers | None) -> Iterator[Insight]:
    """How widely the listening spreads beside other listeners, where it is among the extremes."""
    if told is None or min(told.below, 1 - told.below) > EXTREME:
        return
    wide = told.below > 0.5
    share = told.below if wide else 1 - told.below
    yield Insight(
        text=f"Your listening spreads over {'more' if wide else 'fewer'} genres than that of "
        f"{percent(share)} of the other listeners here.",
        kind="peers",
        numbers={"share": share, "listeners": float(told.n)},
        n=told.n,
        evidence=f"{told.n:,} other listeners with enough plays of known genre.",
        weight=share - 0.5,
    )


def contrasts(
    table: Cells, taste: Mapping[str, FeatureTaste], parts: Iterable[ListeningSplit] | None = None
) -> Iterator[Insight]:
    """Genres and features that differ between parts of the listening; :func:`splits` by default."""
    spread = np.array([taste[name].spread or 0.0 for name in SOUNDS])
    known = table.genre_known[:, None]
    for split in splits(table) if parts is None else parts:
        sides = [
            (
                side(table.session[part], table.genre[part], known[part]),
                side(table.session[part], table.sound[part], table.sound_known[part], spread),
            )
            for part in (split.one, split.other)
        ]
        (genre_a, sound_a), (genre_b, sound_b) = sides
        for at, effect in compare(genre_a, genre_b, None, POINTS_LEAST):
            yield _contrast(split, GENRES[at], genre_a, genre_b, at, effect)
        for at, effect in compare(sound_a, sound_b, spread, EFFECT_LEAST):
            yield _contrast(split, SOUNDS[at], sound_a, sound_b, at, effect)


def _contrast(
    split: ListeningSplit, name: str, one: Side, other: Side, at: int, effect: float
) -> Insight:
    a, b = float(one.value[at]), float(other.value[at])
    if name in GENRES:
        text = split.genre.format(genre=subject(name), a=percent(a), b=percent(b))
    else:
        more, less = MORE_LESS[name]
        text = split.sound.format(
            more=more if a > b else less, feature=name, a=amount(name, a), b=amount(name, b)
        )
    n, m = int(one.n[at]), int(other.n[at])
    return Insight(
        text=text,
        kind=split.kind,
        numbers={f"{name} one": a, f"{name} other": b},
        n=n + m,
        evidence=f"{capital(split.evidence)}; {n:,} and {m:,} plays.",
        weight=effect,
    )


def skips(plays: Plays, genre_rows: Double) -> Iterator[Insight]:
    """Genres that are skipped more or less than everything else; a track's main genre counts."""
    main = np.where(genre_rows.any(axis=1), genre_rows.argmax(axis=1), -1)[plays.track]
    said = (plays.skipped >= 0) & (main >= 0)
    if not said.any():
        return
    session, main, skipped = plays.session[said], main[said], plays.skipped[said] == 1
    place = np.cumsum(np.r_[0, np.diff(session) != 0])
    shape = (int(place[-1]) + 1, len(GENRES))
    cell, size = place * len(GENRES) + main, shape[0] * shape[1]
    m = np.bincount(cell, minlength=size).reshape(shape).astype(np.float64)
    y = np.bincount(cell[skipped], minlength=size).reshape(shape).astype(np.float64)
    order = np.arange(shape[0], dtype=np.int64)
    rest_m, rest_y = m.sum(axis=1, keepdims=True) - m, y.sum(axis=1, keepdims=True) - y
    a, b = side(order, y, m), side(order, rest_y, rest_m)
    for at, effect in compare(a, b, None, POINTS_LEAST):
        one, other = float(a.value[at]), float(b.value[at])
        yield Insight(
            text=f"You skip {percent(one)} of {subject(GENRES[at])} plays, "
            f"{percent(other)} of everything else.",
            kind="skips",
            numbers={"skip rate": one, "skip rate elsewhere": other},
            n=int(a.n[at] + b.n[at]),
            evidence=f"{int(a.n[at]):,} plays of {subject(GENRES[at])} "
            f"and {int(b.n[at]):,} of other known genres.",
            weight=effect,
        )


def artist(tops: tuple[Top, ...], amount_heard: float) -> Iterator[Insight]:
    """The first artist, where clearly ahead of the second."""
    if amount_heard < PLAYS_LEAST or not tops or tops[0].share < 2 * POINTS_LEAST:
        return
    first, second = tops[0].share, tops[1].share if len(tops) > 1 else 0.0
    error = math.sqrt(max(first + second - (first - second) ** 2, 1e-9) / amount_heard)
    if first - second < Z_LEAST * error:
        return
    after = f"; {tops[1].name}, next, is {percent(second)}" if len(tops) > 1 else ""
    yield Insight(
        text=f"{tops[0].name} is {percent(first)} of your listening{after}.",
        kind="artist",
        numbers={"share": first, "next share": second},
        n=int(amount_heard),
        evidence=f"{int(amount_heard):,} plays, by first artist.",
        weight=first - second - CAUTION * error,
    )


def busiest_hour(by_hour: tuple[int, ...]) -> Iterator[Insight]:
    """The hour with the most plays, where it has at least twice its even share."""
    total = sum(by_hour)
    at = int(np.argmax(by_hour))
    if total < 2 * PLAYS_LEAST or by_hour[at] < total / 12:
        return
    share = by_hour[at] / total
    yield Insight(
        text=f"Your busiest hour begins at {at}:00: {percent(share)} of your plays, "
        f"{share * 24:.1f} times an even day.",
        kind="hour",
        numbers={"hour": float(at), "share": share},
        n=total,
        evidence=f"{total:,} completed plays by local hour.",
        weight=share - 1 / 24,
    )


def against_catalogue(
    taste: Mapping[str, FeatureTaste],
    shares: Mapping[str, float],
    genre_rows: Double,
    compared: SoundComparison,
    amount_heard: float,
) -> Iterator[Insight]:
    """The feature and the genre in which the listening is furthest from the catalogue."""
    if compared.own or not compared.words or amount_heard < PLAYS_LEAST:
        return
    for name, one in taste.items():
        if one.mean is None or one.catalogue is None or not one.catalogue_spread:
            continue
        n = one.coverage * amount_heard
        away = abs(one.mean - one.catalogue) / one.catalogue_spread
        away -= CAUTION * (one.spread or 0.0) / one.catalogue_spread / math.sqrt(max(n, 1.0))
        if n >= PLAYS_LEAST and away >= 2 * EFFECT_LEAST:
            yield Insight(
                text=f"Your music is {one.sentence[0].lower()}{one.sentence[1:]}",
                kind="sound",
                numbers={name: one.mean, f"{name} elsewhere": one.catalogue},
                n=int(n),
                evidence=f"{int(n):,} plays with {name}, against {compared.words}.",
                weight=away / 2,
            )
    yield from _genre_against_catalogue(shares, genre_rows, compared, amount_heard)


def _genre_against_catalogue(
    shares: Mapping[str, float], genre_rows: Double, compared: SoundComparison, amount_heard: float
) -> Iterator[Insight]:
    others = genre_rows[compared.rows].sum(axis=0)
    if others.sum() < 2 * PLAYS_LEAST or not any(shares.values()):
        return
    there = dict(zip(GENRES, (others / others.sum()).tolist(), strict=True))
    name = max(GENRES, key=lambda genre: shares[genre] - there[genre])
    a, b = shares[name], there[name]
    error = math.sqrt(max(a * (1 - a), 0.01) / amount_heard)
    if a - b < max(2 * POINTS_LEAST, Z_LEAST * error):
        return
    yield Insight(
        text=f"{subject(name)} is {percent(a)} of your listening, {percent(b)} of "
        f"{compared.words}.",
        kind="genre",
        numbers={"share": a, "share elsewhere": b},
        n=int(amount_heard),
        evidence=f"{int(amount_heard):,} plays, {int(others.sum()):,} other tracks.",
        weight=(a - b - CAUTION * error) / math.sqrt(max(b * (1 - b), 0.01)) / 2,
    )


def plain_facts(
    effective: float | None, repeat_share: float | None, amount_heard: float
) -> Iterator[Insight]:
    """Two figures that are always worth knowing, ranked below every finding."""
    if effective is not None and amount_heard >= PLAYS_LEAST:
        yield Insight(
            text=f"Your listening spreads as widely as {effective:.1f} equally loved genres "
            f"would, of {len(GENRES)}.",
            kind="diversity",
            numbers={"effective genres": effective},
            n=int(amount_heard),
            evidence="The exponential of the Shannon entropy of your genre shares.",
            weight=0.02,
        )
    if repeat_share is not None and amount_heard >= PLAYS_LEAST:
        yield Insight(
            text=f"{percent(repeat_share)} of your plays are of tracks you had already heard "
            "in this period.",
            kind="repeats",
            numbers={"repeat share": repeat_share},
            n=int(amount_heard),
            evidence=f"{int(amount_heard):,} completed plays.",
            weight=0.01,
        )


def rank_findings(found: Iterator[Insight]) -> tuple[Insight, ...]:
    """The most surprising first, at most ``OF_A_KIND`` of a kind and ``SHOWN`` in all."""
    kept: list[Insight] = []
    for one in sorted(found, key=lambda each: (-each.weight, each.text)):
        if sum(each.kind == one.kind for each in kept) < OF_A_KIND:
            kept.append(replace(one, chart=_chart_of(one)))
    return tuple(kept[:SHOWN])


def _chart_of(one: Insight) -> str:
    """The part of the page that shows what a finding speaks of (``Insight.chart``)."""
    if one.kind in _CHARTS:
        return _CHARTS[one.kind]
    # contrasts of parts of the listening are of a genre or of a feature
    return "genres" if any(name.split(" ")[0] in GENRES for name in one.numbers) else "sound"
