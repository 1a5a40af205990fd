"""The 10 genres, and the rules that map thousands of micro-genres onto them.

A micro-genre ("alabama indie", "jazz rap") is read from left to right as terms of
``data/genre_terms.csv``, the longest first, and words that are no term (places, languages)
are passed over. Its shares are the mean of its terms' shares, with the last term, which in English
names the thing itself, counting fully and the ones before it ``_MODIFIER_WEIGHT``:
"jazz rap" is rap first and jazz second. Terms marked "alone" speak only when nothing else
does: "piano" alone is classical, but it changes nothing of "jazz piano". Terms without
shares use their words up and say nothing: "bulgarian folk".

What does not follow from the words is decided here, once:

- Metal and punk are rock with a part of alternative; emo, grunge and post-punk lean to
  alternative.
- Soul, funk, motown and gospel are r&b. Blues is r&b first and rock second. Disco is shared
  by r&b, pop and electronic. Reggae and ska grew out of Jamaican rhythm and blues: reggae is
  r&b, ska shares with rock; dancehall and reggaeton are rapped over a beat and sung in
  hooks: hip-hop and pop.
- Folk with songs is indie and country; singer-songwriters are indie and pop. The traditional
  music of a region ("bulgarian folk", "mariachi", "gamelan", "fado") is none of the 10.
- Popular song in any language (k-pop, schlager, chanson, bollywood, latin pop) is pop, and so
  is the band music Latin America dances to (salsa, bachata, cumbia). Sertanejo and tejano
  share with country; bossa nova and samba with jazz.
- Film and game scores, opera, choirs, and the art music of any country are classical. New
  age and music for meditation are electronic (ambient) and classical.
- Comedy, readings, children's songs, sound effects: none. There is no default; a label of
  which nothing is known has no shares.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from musicai.core.errors import DataError
from musicai.core.settings import PACKAGE_DATA
from musicai.data.library import ARTIST_SEPARATOR, FloatArray
from musicai.data.text_keys import normalise

GENRES: tuple[str, ...] = (
    "pop",
    "rock",
    "hip-hop",
    "electronic",
    "jazz",
    "classical",
    "country",
    "r&b",
    "indie",
    "alternative",
)
"""The genres a person can ask for, in the order of every genre vector."""

GENRE_LABELS: dict[str, str] = {
    "pop": "Pop",
    "rock": "Rock",
    "hip-hop": "Hip-hop",
    "electronic": "Electronic",
    "jazz": "Jazz",
    "classical": "Classical",
    "country": "Country",
    "r&b": "R&B",
    "indie": "Indie",
    "alternative": "Alternative",
}
"""What the screen calls each genre."""

_MODIFIER_WEIGHT = 0.6
"""Weight of a term that is not the last of its label."""

_COLUMN = {name: column for column, name in enumerate(GENRES)}


class _Term(NamedTuple):
    shares: FloatArray
    """(10,) sum 1, or all 0 for a term that only uses its words up."""
    alone: bool
    """Counts only where no other term does."""


@dataclass(frozen=True)
class _Terms:
    whole: dict[tuple[str, ...], _Term]
    """Terms by their words."""
    begins: tuple[tuple[str, _Term], ...]
    """One-word terms that end with "*": the part before it."""
    ends: tuple[tuple[str, _Term], ...]
    """One-word terms that begin with "*": the part after it."""
    longest: int
    """Words of the longest term."""

    def find(self, words: Sequence[str]) -> list[_Term]:
        """The terms of a label from left to right, the longest first at each word."""
        found = []
        at = 0
        while at < len(words):
            for size in range(min(self.longest, len(words) - at), 0, -1):
                term = self.whole.get(tuple(words[at : at + size]))
                if term is not None:
                    found.append(term)
                    at += size
                    break
            else:
                term = self._by_part(words[at])
                if term is not None:
                    found.append(term)
                at += 1
        return found

    def _by_part(self, word: str) -> _Term | None:
        for part, term in self.ends:
            if word.endswith(part):
                return term
        return next((term for part, term in self.begins if word.startswith(part)), None)


def _parse_shares(text: str, term: str) -> FloatArray:
    """``"pop .6, rock .4"`` or ``"pop"`` as a vector; an empty text as zeros."""
    shares = np.zeros(len(GENRES), dtype=np.float32)
    for part in filter(None, map(str.strip, text.split(","))):
        genre, _, share = part.partition(" ")
        if genre not in _COLUMN:
            raise DataError(f"Term {term!r} of genre_terms.csv names an unknown genre {genre!r}.")
        shares[_COLUMN[genre]] = float(share) if share else 1.0
    if text and abs(float(shares.sum()) - 1.0) > 1e-3:
        raise DataError(f"The shares of term {term!r} of genre_terms.csv do not sum to 1.")
    return shares


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (PACKAGE_DATA / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


@cache
def _terms() -> _Terms:
    whole: dict[tuple[str, ...], _Term] = {}
    begins: list[tuple[str, _Term]] = []
    ends: list[tuple[str, _Term]] = []
    for row in _rows("genre_terms.csv"):
        name = row["term"]
        term = _Term(_parse_shares(row["shares"], name), row["when"] == "alone")
        if name.startswith("*"):
            ends.append((name[1:], term))
        elif name.endswith("*"):
            begins.append((name[:-1], term))
        else:
            whole[tuple(name.split())] = term
    return _Terms(whole, tuple(begins), tuple(ends), max(map(len, whole)))


@lru_cache(maxsize=50_000)
def _micro_vector(micro: str) -> FloatArray:
    """(10,) shares of one micro-genre, read-only; zeros where it maps to nothing."""
    terms = _terms()
    found = terms.find(normalise(micro).split())
    said = [term for term in found if not term.alone and term.shares.any()]
    said = said or [term for term in found if term.alone and term.shares.any()]
    vector = np.zeros(len(GENRES), dtype=np.float32)
    for place, term in enumerate(said, start=1):
        vector += term.shares * (1.0 if place == len(said) else _MODIFIER_WEIGHT)
    total = float(vector.sum())
    if total > 0:
        vector /= total
    vector.setflags(write=False)
    return vector


def genre_shares(micro: str) -> dict[str, float]:
    """The genres of one micro-genre, the largest share first.

    Args:
        micro: a label such as ``"indie pop"``; case, accents and hyphens do not matter.

    Returns:
        Genre to share; the shares sum to 1. Empty where the label maps to none of them.
    """
    vector = _micro_vector(micro)
    order = np.argsort(-vector, kind="stable")
    return {GENRES[column]: float(vector[column]) for column in order if vector[column] > 0}


def _matrix(labels: Sequence[str]) -> FloatArray:
    """(n, 10) memberships of ";"-joined micro-genres; every different micro-genre is read once."""
    code: dict[str, int] = {}
    columns: list[int] = []
    starts = [0]
    for label in labels:
        columns += [
            code.setdefault(micro, len(code)) for micro in label.split(ARTIST_SEPARATOR) if micro
        ]
        starts.append(len(columns))
    if not code:
        return np.full((len(labels), len(GENRES)), np.nan, dtype=np.float32)
    shares = np.stack([_micro_vector(micro) for micro in code])
    ones = np.ones(len(columns), dtype=np.float32)
    contains = csr_matrix((ones, columns, starts), shape=(len(labels), len(code)))
    sums = np.asarray(contains @ shares, dtype=np.float32)
    top = sums.max(axis=1, keepdims=True)
    members: FloatArray = np.divide(sums, top, out=np.full_like(sums, np.nan), where=top > 0)
    return members


def genre_vector(genres: str) -> FloatArray:
    """Membership of a track in the 10 genres.

    The shares of its micro-genres are summed (labels that map to nothing do not count) and
    divided by the largest, so the main genre has 1 and another has its size beside it.

    Args:
        genres: micro-genres joined by ";".

    Returns:
        (10,) float32, 0 to 1, in the order of ``GENRES``; all NaN where none maps.
    """
    return np.asarray(_matrix([genres])[0], dtype=np.float32)


def genre_matrix(genres: pd.Series) -> FloatArray:
    """``genre_vector`` of every row, computed once for each different text.

    Returns:
        (n, 10) float32; a row of NaN where none of the micro-genres maps.
    """
    codes, labels = pd.factorize(genres.fillna(""))
    if not len(labels):
        return np.empty((0, len(GENRES)), dtype=np.float32)
    return np.asarray(_matrix([str(label) for label in labels])[codes], dtype=np.float32)


def top_genre(vector: FloatArray) -> str | None:
    """The main genre of a genre vector (the first in ``GENRES`` of equals); None where unknown."""
    if not len(vector) or not np.isfinite(vector).any() or float(np.nanmax(vector)) <= 0:
        return None
    return GENRES[int(np.nanargmax(vector))]


@cache
def artist_genres() -> Mapping[str, str]:
    """Well-known artists, normalised as in ``matching.normalise``, and their micro-genres.

    Written by hand from general knowledge; ";"-joined micro-genres, all of which map.
    """
    return MappingProxyType(
        {normalise(row["artist"]): row["genres"] for row in _rows("artist_genres.csv")}
    )
