"""Which row of a catalogue is the recording of an own track, and how surely.

In this order: the person's word, the Spotify id, the ISRC, the same normalised
artist and title with a length that fits, and likeness of the names. What is only
likely is never applied: it is a doubt, for the person to confirm.

Likeness is rapidfuzz's normalised indel similarity (0 to 100). It is looked for
among the titles of the same normalised first artist alone, so the cost follows the
number of titles of one artist, not the size of the catalogue. On the labelled pairs
of ``tests/library/test_pairing.py`` ``SURE`` has no wrong pair, and ``DOUBT`` loses none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from rapidfuzz import fuzz, process

from musicai.core.progress import Progress, no_progress
from musicai.data.feedback import MatchDecision
from musicai.data.library import AUDIO_FEATURES, BoolArray, RowArray
from musicai.data.text_keys import artist_keys, isrc, title_key

SURE = 93.0
"""Likeness of titles from which one artist's track is taken for the same recording."""

DOUBT = 82.0
"""Likeness from which the person is asked."""

LENGTH_MS = 10_000.0
LENGTH_SHARE = 0.07
"""Two lengths fit if they differ by no more than the larger of ten seconds and 7 %."""

MAX_TITLES = 2_000
"""Titles of one artist that are compared."""

MAX_ARTISTS = 200
"""Artists of one title that are compared."""

_VERSIONS = re.compile(
    r"\b(live|unplugged|remix|mix|rework|edit|acoustic|demo|instrumental|karaoke|cover|tribute|"
    r"sped up|slowed|nightcore|a cappella|acapella|reprise|session|orchestral|piano)\b"
)
_NUMBERS = re.compile(r"\d+|\b(?:i{1,3}|iv|vi{0,3}|ix|x)\b")


def find_versions(title: str) -> frozenset[str]:
    """The words that make a title another version of a recording: live, remix, acoustic."""
    return frozenset(_VERSIONS.findall(title_key(title)))


def can_match_lengths(one: float, other: float) -> bool:
    """Whether two lengths, milliseconds, can be of one recording; an unknown one fits all."""
    if np.isnan(one) or np.isnan(other):
        return True
    return abs(one - other) <= max(LENGTH_MS, LENGTH_SHARE * max(one, other))


@dataclass(frozen=True)
class LikelyMatch:
    """A pair that is only likely."""

    own: int
    """Row of the own table."""
    other: int
    """Row of the catalogue."""
    score: float
    """Likeness, 0 to 1."""
    why: str


@dataclass(frozen=True)
class RecordMatches:
    """The partner of each own track."""

    partner: RowArray
    """(n_own,) catalogue row, −1 for none."""
    method: list[str]
    """(n_own,) one of ``MATCHES``."""
    doubts: tuple[LikelyMatch, ...]


@dataclass
class _RecordMatcher:
    own: pd.DataFrame
    other: pd.DataFrame
    apart: set[tuple[str, str]]
    partner: RowArray = field(init=False)
    method: list[str] = field(init=False)
    doubts: dict[int, LikelyMatch] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.partner = np.full(len(self.own), -1, dtype=np.intp)
        self.method = [""] * len(self.own)
        self.own_ids = self.own["track_id"].astype(object).tolist()
        self.ids = self.other["track_id"].astype(object).tolist()
        self.names = self.own["name"].astype(object).tolist()
        self.other_names = self.other["name"].astype(object).tolist()
        self.own_artist = artist_keys(self.own["artists"].astype(object))
        self.other_artist = artist_keys(self.other["artists"].astype(object))
        self.own_length = self.own["duration_ms"].to_numpy(dtype=float)
        self.length = self.other["duration_ms"].to_numpy(dtype=float)
        has_audio = self.other[list(AUDIO_FEATURES)].notna().any(axis=1).to_numpy(dtype=bool)
        self.best_first = np.argsort(~has_audio, kind="stable")

    def list_unmatched(self) -> list[int]:
        """Own rows without a partner that have a name."""
        return [row for row in np.flatnonzero(self.partner < 0).tolist() if self.names[row]]

    def is_allowed(self, row: int, other: int) -> bool:
        """Whether the person did not say that the two are different."""
        one, two = self.own_ids[row], self.ids[other]
        return (min(one, two), max(one, two)) not in self.apart

    def add_match(self, row: int, other: int, method: str) -> None:
        """Settle a track."""
        self.partner[row] = other
        self.method[row] = method
        self.doubts.pop(row, None)

    def add_likely_match(self, row: int, other: int, score: float, why: str) -> None:
        """Keep the likeliest doubt of a track."""
        known = self.doubts.get(row)
        if known is None or known.score < score:
            self.doubts[row] = LikelyMatch(row, other, score, why)

    # --- the steps ----------------------------------------------------------------------

    def match_by_decision(self, together: Iterable[tuple[str, str]]) -> None:
        """What the person confirmed."""
        mine = {track_id: row for row, track_id in enumerate(self.own_ids)}
        theirs = {track_id: row for row, track_id in enumerate(self.ids)} if together else {}
        for pair in together:
            for one, other in (pair, pair[::-1]):
                if one in mine and other in theirs and one != other:
                    self.add_match(mine[one], theirs[other], "confirmed")

    def match_by_id(self) -> None:
        """The same Spotify id."""
        found = pd.Index(self.ids).get_indexer(self.own_ids)
        for row in np.flatnonzero((found >= 0) & (self.partner < 0)).tolist():
            self.add_match(row, int(found[row]), "id")

    def match_by_isrc(self) -> None:
        """The same recording code, unless the titles say live and studio."""
        codes = [isrc(text) if text else "" for text in self.other["isrc"].astype(object)]
        first = {codes[row]: row for row in self.best_first[::-1].tolist() if codes[row]}
        mine = [isrc(text) if text else "" for text in self.own["isrc"].astype(object)]
        for row in self.list_unmatched():
            other = first.get(mine[row], -1) if mine[row] else -1
            if other < 0 or not self.is_allowed(row, other):
                continue
            if find_versions(self.names[row]) == find_versions(self.other_names[other]):
                self.add_match(row, other, "isrc")
            else:
                self.add_likely_match(
                    row, other, 0.99, "the recording code is the same, the versions differ"
                )

    def match_by_name(self) -> None:
        """The same normalised first artist and title, and a length that fits."""
        keys, free = _compute_keys(self.names, self.own_artist), self.list_unmatched()
        wanted = {keys[row] for row in free}
        there: dict[str, list[int]] = {}
        mine = {self.own_artist[row] for row in free}
        other_keys = _compute_keys(self.other_names, self.other_artist, mine)
        for place in self.best_first.tolist():
            if other_keys[place] in wanted:
                there.setdefault(other_keys[place], []).append(place)
        for row in self.list_unmatched():
            rows = [other for other in there.get(keys[row], ()) if self.is_allowed(row, other)]
            fitting = [
                other
                for other in rows
                if can_match_lengths(self.own_length[row], self.length[other])
            ]
            if fitting:
                self.add_match(row, fitting[0], "name")
            elif rows:
                apart = abs(self.own_length[row] - self.length[rows[0]]) / 1000
                why = f"artist and title are the same, the lengths differ by {apart:,.0f} s"
                self.add_likely_match(row, rows[0], 0.95, why)

    def match_by_similarity(self) -> None:
        """Titles of the same artist that are nearly the same."""
        free, artist = self.list_unmatched(), self.own_artist
        wanted = {artist[row] for row in free if artist[row]}
        titles = _group_titles(self.other_names, self.other_artist, wanted)
        for row in free:
            choices = titles.get(artist[row])
            if choices and row not in self.doubts:
                self._find_similar(row, choices)

    def match_by_similar_artist(self) -> None:
        """The very same title by an artist who is spelt nearly so: always a question."""
        artist = self.own_artist
        free = [row for row in self.list_unmatched() if row not in self.doubts and artist[row]]
        wanted = {title_key(self.names[row]) for row in free}
        there: dict[str, dict[int, str]] = {}
        for place, name in enumerate(self.other_names if wanted else ()):
            if name and (key := title_key(name)) in wanted:
                artists = there.setdefault(key, {})
                if len(artists) < MAX_ARTISTS:
                    artists[place] = self.other_artist[place]
        for row in free:
            choices = there.get(title_key(self.names[row]), {})
            found = process.extractOne(artist[row], choices, scorer=fuzz.ratio, score_cutoff=DOUBT)
            if found is None or not self.is_allowed(row, found[2]):
                continue
            if can_match_lengths(self.own_length[row], self.length[found[2]]):
                why = "the titles are the same, the artists are spelt nearly so"
                self.add_likely_match(row, found[2], found[1] / 100.0, why)

    def _find_similar(self, row: int, choices: Mapping[int, str]) -> None:
        mine = title_key(self.names[row])
        found = process.extract(mine, choices, scorer=fuzz.ratio, score_cutoff=DOUBT, limit=3)
        for title, score, other in found:
            same_numbers = _NUMBERS.findall(mine) == _NUMBERS.findall(title)
            if not same_numbers or not self.is_allowed(row, other):
                continue
            if find_versions(mine) != find_versions(title):
                continue
            fits = can_match_lengths(self.own_length[row], self.length[other])
            if score >= SURE and fits:
                self.add_match(row, other, "fuzzy")
            else:
                why = "the titles are nearly the same" + ("" if fits else ", the lengths differ")
                self.add_likely_match(row, other, score / 100.0, why)
            return


def _compute_keys(
    names: Sequence[str], by: Sequence[str], artists: set[str] | None = None
) -> list[str]:
    """``recording_key`` of each row with a name; with ``artists`` of theirs alone.

    Args:
        names: (n,) titles.
        by: (n,) ``artist_keys``.
        artists: Whose rows have a key; that much fewer titles are looked at.
    """
    return [
        f"{artist}\t{title_key(name)}" if name and (artists is None or artist in artists) else ""
        for artist, name in zip(by, names, strict=True)
    ]


def _group_titles(
    names: Sequence[str], by: Sequence[str], artists: set[str]
) -> dict[str, dict[int, str]]:
    """Title keys by row, by artist."""
    found: dict[str, dict[int, str]] = {}
    for row, (artist, name) in enumerate(zip(by, names, strict=True)):
        if artist in artists and name:
            titles = found.setdefault(artist, {})
            if len(titles) < MAX_TITLES:
                titles[row] = title_key(name)
    return found


def match_records(
    own: pd.DataFrame,
    catalogue: pd.DataFrame,
    decisions: Iterable[MatchDecision] = (),
    progress: Progress = no_progress,
) -> RecordMatches:
    """Find the catalogue row of each own track.

    Args:
        own: ``SOURCE_TRACK_COLUMNS``, index 0 to n − 1.
        catalogue: The same, of all catalogues together; of several rows of one
            recording the first with audio features is taken.
        decisions: What the person said.
        progress: Raises ``Cancelled`` to stop.
    """
    note = f"Matching your {len(own):,} tracks with {len(catalogue):,}"
    progress(0.0, note)
    said = list(decisions)
    search = _RecordMatcher(own, catalogue, {(d.first, d.second) for d in said if not d.same})
    if len(catalogue) and len(own):
        search.match_by_decision([(d.first, d.second) for d in said if d.same])
        search.match_by_id()
        progress(0.3, note)
        search.match_by_isrc()
        progress(0.4, note)
        search.match_by_name()
        progress(0.6, note)
        search.match_by_similarity()
        progress(0.8, note)
        search.match_by_similar_artist()
    return RecordMatches(search.partner, search.method, tuple(search.doubts.values()))


def find_similar_titles(
    own: pd.DataFrame, recording: np.ndarray[tuple[int], np.dtype[np.int32]]
) -> Iterator[LikelyMatch]:
    """Own tracks of one artist whose titles are nearly the same, yet not one recording."""
    artist = artist_keys(own["artists"].astype(object))
    names = own["name"].astype(object).tolist()
    length = own["duration_ms"].to_numpy(dtype=float)
    by_artist: dict[str, dict[int, int]] = {}
    for row, (by, name) in enumerate(zip(artist, names, strict=True)):
        if by and name:
            by_artist.setdefault(by, {}).setdefault(int(recording[row]), row)
    for rows in by_artist.values():
        titles = {row: title_key(names[row]) for row in list(rows.values())[:MAX_TITLES]}
        if len(titles) < 2:
            continue
        places = list(titles)
        scores = process.cdist(
            list(titles.values()), list(titles.values()), scorer=fuzz.ratio,
            score_cutoff=DOUBT, dtype=np.uint8,
        )  # fmt: skip
        for i, j in np.argwhere(np.triu(scores, 1) > 0).tolist():
            one, other = places[i], places[j]
            numbers = _NUMBERS.findall(titles[one]) == _NUMBERS.findall(titles[other])
            plain = find_versions(names[one]) == find_versions(names[other])
            if numbers and plain and can_match_lengths(length[one], length[other]):
                why = "two tracks of yours whose titles are nearly the same"
                yield LikelyMatch(one, other, float(scores[i, j]) / 100.0, why)


def apply_decisions(
    recording: np.ndarray[tuple[int], np.dtype[np.int32]],
    pairs: Iterable[tuple[int, int]],
    split: Iterable[tuple[int, int]] = (),
) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    """Recording numbers with some rows brought together and some set apart.

    Args:
        recording: (n,) numbers by names.
        pairs: Rows that are one recording.
        split: Rows that are not, though their names say so.
    """
    numbers = recording.astype(np.int64).copy()
    following = int(numbers.max(initial=-1)) + 1
    edges = np.array([(numbers[a], numbers[b]) for a, b in pairs], dtype=np.int64).reshape(-1, 2)
    if len(edges):
        from scipy.sparse import coo_matrix  # noqa: PLC0415 (only where something is merged)
        from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

        graph = coo_matrix(
            (np.ones(len(edges), dtype=bool), (edges[:, 0], edges[:, 1])),
            shape=(following, following),
        )
        numbers = connected_components(graph, directed=False)[1][numbers].astype(np.int64)
        following = int(numbers.max()) + 1
    for one, other in split:  # last, so that nothing joins again what the person told apart
        if numbers[one] == numbers[other]:
            numbers[other] = following
            following += 1
    return pd.factorize(numbers)[0].astype(np.int32)


def split_by_length(
    recording: np.ndarray[tuple[int], np.dtype[np.int32]], length: np.ndarray[Any, np.dtype[Any]]
) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    """Recording numbers in which tracks of one name whose lengths cannot be of one are apart.

    Tracks of unknown length stay with the first of their name.

    Args:
        recording: (n,) numbers by names.
        length: (n,) milliseconds, NaN where not known.
    """
    known = np.flatnonzero(~np.isnan(length))
    order = known[np.lexsort((length[known], recording[known]))]
    same = recording[order][1:] == recording[order][:-1]
    wide = np.diff(length[order]) > np.maximum(LENGTH_MS, LENGTH_SHARE * length[order][1:])
    numbers = recording.astype(np.int64).copy()
    following = int(numbers.max(initial=-1)) + 1
    cuts = np.flatnonzero(same & wide)
    for place in cuts.tolist():
        end = place + 1
        number = recording[order[place]]
        while end < len(order) and recording[order[end]] == number:
            numbers[order[end]] = following
            end += 1
        following += 1
    return pd.factorize(numbers)[0].astype(np.int32)


def mark_known_audio(frame: pd.DataFrame) -> BoolArray:
    """(n,) tracks with any audio feature."""
    return frame[list(AUDIO_FEATURES)].notna().any(axis=1).to_numpy(dtype=bool)
