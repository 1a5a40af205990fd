"""Invented artist names, album titles and track titles, by a grammar for each genre.

All names are made up. People get uncommon surnames and bands uncommon pairs of words,
so that a name shared with a real artist would be a coincidence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from sample_data.words import ALBUM_SHAPES, ARTIST_SHAPES, ONCE, POOLS, TITLE_SHAPES, TITLES

KEYS = (
    "C Major", "C Minor", "D Major", "D Minor", "E-Flat Major", "E Minor", "F Major",
    "F-Sharp Minor", "G Major", "G Minor", "A-Flat Major", "A Minor", "B-Flat Major", "B Minor",
)  # fmt: skip
"""Keys of the classical works."""

MOVEMENTS = (
    ("Allegro", "Allegro moderato", "Allegro con brio", "Andante – Allegro", "Moderato"),
    ("Adagio", "Andante cantabile", "Largo", "Lento e mesto", "Andante con moto"),
    ("Scherzo. Vivace", "Menuetto", "Allegretto grazioso", "Intermezzo", "Presto leggiero"),
    ("Finale. Presto", "Rondo. Allegro", "Allegro molto", "Vivace assai", "Finale. Allegro"),
)
"""Tempo words for the movements of a work, in order."""

ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
"""Movement numbers."""


@dataclass
class Namer:
    """Draws names that it has not drawn before."""

    rng: np.random.Generator
    """The source of chance."""

    def __post_init__(self) -> None:
        self._artists: set[str] = set()
        self._whole: set[str] = set()
        self._albums: set[str] = set()
        self._words: dict[str, int] = {}
        self._titles: dict[str, int] = {}
        self._ready = {genre: list(self.rng.permutation(TITLES[genre])) for genre in TITLES}

    def artist(self, genre: str) -> str:
        """A new artist name in the manner of a genre; no striking word comes up often."""
        whole = {entry for slot in ONCE for entry in POOLS[slot]}
        for attempt in range(2000):
            name = self._fill(self._pick(ARTIST_SHAPES[genre]), genre)
            words = [word for word in name.replace("&", " ").split() if len(word) > 3]
            worn = any(self._words.get(word, 0) >= 2 + attempt // 200 for word in words)
            inside = {entry for entry in whole if entry in name}
            if name.lower() in self._artists or worn or inside & self._whole or _repeats(name):
                continue
            self._artists.add(name.lower())
            self._whole |= inside
            for word in words:
                self._words[word] = self._words.get(word, 0) + 1
            return name
        raise RuntimeError(f"The grammar of {genre!r} is too small for another artist name.")

    def album(self, genre: str) -> str:
        """A new album title in the manner of a genre."""
        for _ in range(2000):
            name = self._fill(self._pick(ALBUM_SHAPES[genre]), genre)
            if name.lower() not in self._albums and not _repeats(name):
                self._albums.add(name.lower())
                return name
        raise RuntimeError(f"The grammar of {genre!r} is too small for another album title.")

    def title(self, genre: str, taken: set[str]) -> str:
        """A track title that the artist has not used; a title is at most twice in the world."""
        ready = self._ready[genre]
        if ready and self.rng.random() < 0.42:
            name = str(ready.pop())
            if self._titles.get(name.lower(), 0) == 0 and name.lower() not in taken:
                return self._take(name, taken)
        for attempt in range(2000):
            name = self._fill(self._pick(TITLE_SHAPES[genre]), genre)
            allowed = 0 if attempt < 40 else 1
            used = self._titles.get(name.lower(), 0)
            if used <= allowed and name.lower() not in taken and not _repeats(name):
                return self._take(name, taken)
        raise RuntimeError(f"The grammar of {genre!r} is too small for another title.")

    def work(self, size: int, opus: int) -> tuple[str, list[str]]:
        """A classical work or set: its album title and the titles of its parts."""
        key = self._pick(KEYS)
        if size <= 4:
            form = self._pick(POOLS["work"])
            number = int(self.rng.integers(1, 8))
            work = f"{form} No. {number} in {key}, Op. {opus}"
            tempi = [self._pick(MOVEMENTS[min(i, 3)]) for i in range(size)]
            return work, [f"{work}: {ROMAN[i]}. {tempo}" for i, tempo in enumerate(tempi)]
        form = self._pick(POOLS["piece"])
        keys = [self._pick(KEYS) for _ in range(size)]
        parts = [f"{form}, Op. {opus}: No. {i + 1} in {k}" for i, k in enumerate(keys)]
        return f"{size} {_plural(form)}, Op. {opus}", parts

    def _take(self, name: str, taken: set[str]) -> str:
        taken.add(name.lower())
        self._titles[name.lower()] = self._titles.get(name.lower(), 0) + 1
        return name

    def _pick(self, options: tuple[str, ...]) -> str:
        return options[int(self.rng.integers(len(options)))]

    def _fill(self, shape: str, genre: str) -> str:
        """The shape with each ``{slot}`` drawn from the genre's pool, else the common one."""
        out, rest = "", shape
        while "{" in rest:
            before, _, rest = rest.partition("{")
            slot, _, rest = rest.partition("}")
            word = self._pick(POOLS.get(f"{genre}.{slot}") or POOLS[slot])
            if rest.startswith("s") and not rest[1:2].isalpha():
                word, rest = _plural(word), rest[1:]
            out += before
            if word[0] in "AEIO" and re.search(r"\b[Aa] $", out):
                out = out[:-1] + "n "
            out += word
        return out + rest


def _plural(word: str) -> str:
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return word + "es"
    if word.endswith("y") and word[-2] not in "aeiou":
        return word[:-1] + "ies"
    return word + "s"


def _repeats(name: str) -> bool:
    """Whether a word of four or more letters (or its plural) is there twice."""
    words = [w.strip("(),.'").lower().removesuffix("s") for w in name.split() if len(w) > 3]
    return len(words) != len(set(words))
