r"""Whether the moods follow their names, by names that people gave to playlists and genres.

    python -m benchmarks.moods --data ../shared/data --json

A playlist called "Chillout & Remixes" or a genre called "focus beats" says in words what it
is for: its tracks (or, of a genre, the mean of its tracks) are weak labels of the mood.
``NAMES`` holds the words. Playlists and genres are parted into two halves by a hash of their
name; rules were adjusted on the half "tune" alone, and "held-out" is what is reported.

- ``auc``: how often a labelled one scores above one that is not (.5 is chance), beside all
  others and beside those labelled with another mood; the interval resamples playlists or
  genres, not tracks.
- ``overlap``: Jaccard of the 100 best tracks of each two moods.
- ``top``: medians of each mood's 100 best tracks, beside all tracks.
- ``narrow``: how chill the mildest 1 % of a library are said to be of which nothing but what is
  named energetic is left: by its own order alone 1, a clear case, by definition.
- ``reliability``: of the tracks that the component "Mood & genre" scores in each band, the
  share that is labelled, counted as if half of all tracks were: comparable between moods.

Names are weak witnesses: a party playlist holds ballads, and "hard rock" names a style. The
figures compare one set of rules with another; they do not say how often a mood is right.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata

from musicai.data.library import AUDIO_FEATURES, BoolArray, FloatArray
from musicai.data.moods import MOOD_WEIGHTS, MOODS, mood_matrix
from musicai.models.rules import RulesConfig, calibrate_moods

NAMES: dict[str, str] = {
    "energetic": r"hardcore|hardstyle|hard (?:rock|dance|trance|techno)|rock hard|speed|thrash"
    r"|power (?:metal|thrash)|\brave|gabber|hyper|big room|beast|bass ?drops|bass ?boosted"
    r"|badass|pump|energ",
    "chill": r"chill|lo-?fi\b|lounge|relax|calming|downtempo|mellow|smooth|easy listening|coffee",
    "happy": r"happy|feel.?good|good vibes|sunny|sunshine|bubblegum|cheer|joy|jolly|polka|\bska\b"
    r"|calypso|\bsoca\b|children's (?:music|folk)|carnaval",
    "melancholic": r"\bsad|slowcore|melanch|heartbreak|depress|lament|elegy|gloom|fado|torch song"
    r"|someone you loved|ghost stories|neofolk",
    "party": r"party|fiesta|\bclub|danceflo|dance (?:hits|room|pop|mix)|baila|ballare|perreo"
    r"|\bdisco\b|crunk|eurodance|festival bangers",
    "focused": r"\bfocus|\bstudy|brain waves|concentrat|calming instrumental|background|meditat"
    r"|compositional ambient|piano cover|lo-?fi beats|minimalism",
    "romantic": r"romantico|\blove (?:songs|mix)|midnight love|lovers rock|ballad|bolero|serenad"
    r"|quiet storm|sexy|wedding|slow jam|torch song",
    "workout": r"work ?out|\bgym|cardio|crossfit|fitness|\brun\b|warm ?up|locker room|\bbpm\b"
    r"|traprun",
}
"""Mood → words of a name that speak of it."""

CLEAR = 0.95
"""Of all tracks of the reference, the share that scores less than a clear case of a mood."""

TOP = 100
DRAWS = 200
BANDS: tuple[tuple[float, float], ...] = ((0.0, 0.25), (0.25, 0.5), (0.5, 1.0), (1.0, 9.0))
HALVES = ("tune", "held-out")

_Labels = dict[str, BoolArray]


@dataclass(frozen=True)
class Named:
    """Rows of audio features, each belonging to something that a person named."""

    audio: FloatArray
    """(n, 9)."""
    unit: npt.NDArray[np.int_]
    """(n,) playlist or genre of each row."""
    names: tuple[str, ...]
    """Name of each unit."""

    def part(self, half: str) -> Named:
        """The rows of one half; units keep their numbers."""
        kept = np.array([place == half for place in halves(self.names)], dtype=bool)
        rows = kept[self.unit]
        if half == "held-out":  # nothing that was seen while tuning
            seen = {row.tobytes() for row in self.audio[~rows]}
            rows &= np.array([row.tobytes() not in seen for row in self.audio], dtype=bool)
        return Named(self.audio[rows], self.unit[rows], self.names)


def moods_of(name: str) -> tuple[str, ...]:
    """The moods of which a name speaks."""
    return tuple(mood for mood in MOODS if re.search(NAMES[mood], name, re.IGNORECASE))


def halves(names: Sequence[str]) -> list[str]:
    """Half of each name: alternating in the order of their hashes, within what they speak of."""
    digests = [hashlib.blake2b(name.encode(), digest_size=8).hexdigest() for name in names]
    found = [""] * len(names)
    count: dict[tuple[str, ...], int] = {}
    for place in sorted(range(len(names)), key=lambda k: (digests[k], k)):
        group = moods_of(names[place])
        found[place] = HALVES[count.get(group, 0) % 2]
        count[group] = count.get(group, 0) + 1
    return found


def labels(named: Named) -> _Labels:
    """Mood → (n,) whether the row's unit is named after it."""
    spoken = [moods_of(name) for name in named.names]
    return {mood: np.array([mood in of for of in spoken], dtype=bool)[named.unit] for mood in MOODS}


def auc(scores: FloatArray, positive: BoolArray) -> float:
    """How often a positive row scores above another; ties count half."""
    n = int(positive.sum())
    if not 0 < n < len(positive):
        return float("nan")
    ranks = rankdata(scores)
    return float((ranks[positive].sum() - n * (n + 1) / 2) / (n * (len(scores) - n)))


def _interval(scores: FloatArray, positive: BoolArray, unit: npt.NDArray[np.int_]) -> list[float]:
    """95 % of the AUCs when units are drawn again, named and other ones apart."""
    rng = np.random.default_rng(0)
    order = np.argsort(unit, kind="stable")
    starts = np.flatnonzero(np.diff(unit[order], prepend=-1))
    groups = np.split(order, starts[1:])
    sides = [[g for g in groups if positive[g[0]] == side] for side in (True, False)]
    found = []
    for _ in range(DRAWS):
        drawn = [
            np.concatenate([side[k] for k in rng.integers(0, len(side), len(side))])
            for side in sides
        ]
        found.append(auc(scores[np.concatenate(drawn)], positive[np.concatenate(drawn)]))
    return [round(float(end), 3) for end in np.quantile(found, [0.025, 0.975])]


def aucs(named: Named, scores: FloatArray) -> dict[str, Any]:
    """Mood → AUC beside all others and beside other moods, with n and interval."""
    label = labels(named)
    anything = np.logical_or.reduce(list(label.values()))
    found: dict[str, Any] = {}
    for column, mood in enumerate(MOODS):
        positive = label[mood]
        entry: dict[str, Any] = {
            "n_rows": int(positive.sum()),
            "n_names": len(np.unique(named.unit[positive])),
            "auc": None,
        }
        known = ~np.isnan(scores[:, column])
        for key, rows in (("auc", known), ("auc_among_moods", known & anything)):
            values = scores[rows, column]
            if 0 < positive[rows].sum() < rows.sum():
                entry[key] = round(auc(values, positive[rows]), 3)
                entry[f"{key}_interval"] = _interval(values, positive[rows], named.unit[rows])
        found[mood] = entry
    return found


def reliability(named: Named, worth: FloatArray) -> dict[str, Any]:
    """Mood → band of the component's score → share labelled, as if half of all tracks were."""
    found: dict[str, Any] = {}
    for column, (mood, positive) in enumerate(labels(named).items()):
        entry = {}
        for low, high in BANDS:
            inside = (worth[:, column] >= low) & (worth[:, column] < high)
            if positive.any() and inside.any():
                yes, no = inside[positive].mean(), inside[~positive].mean()
                entry[f"from {low:g}"] = {
                    "share": round(float(yes / (yes + no)), 3),
                    "n_rows": int(inside.sum()),
                    "n_labelled": int(inside[positive].sum()),
                }
        found[mood] = entry
    return found


def top_lists(audio: FloatArray, scores: FloatArray) -> dict[str, Any]:
    """Overlap of the best tracks of each two moods, and their medians."""
    tops = [np.argsort(-scores[:, k], kind="stable")[:TOP] for k in range(len(MOODS))]
    pairs = {
        f"{MOODS[a]} {MOODS[b]}": len(set(tops[a]) & set(tops[b]))
        / len(set(tops[a]) | set(tops[b]))
        for b in range(len(MOODS))
        for a in range(b)
    }
    medians = {
        mood: dict(
            zip(AUDIO_FEATURES, np.median(audio[rows], axis=0).round(3).tolist(), strict=True)
        )
        for mood, rows in zip(MOODS, tops, strict=True)
    }
    everything = np.median(audio, axis=0).round(3).tolist()
    return {
        "overlap": {name: round(value, 3) for name, value in pairs.items()},
        "overlap_max": round(max(pairs.values()), 3),
        "overlap_mean": round(float(np.mean(list(pairs.values()))), 4),
        "top": {**medians, "all": dict(zip(AUDIO_FEATURES, everything, strict=True))},
    }


def reference(sources: dict[str, Named]) -> dict[str, Any]:
    """The constants of ``musicai.data.moods`` measured anew: every source counts the same."""
    audio = [np.unique(named.audio, axis=0) for named in sources.values()]
    table = np.vstack(audio)
    weight = np.concatenate([np.full(len(rows), 1.0 / len(rows)) for rows in audio])
    scores = mood_matrix(table)
    found: dict[str, Any] = {}
    for column, mood in enumerate(MOODS):
        usual = {}
        for rule in MOOD_WEIGHTS[mood]:
            values = table[:, AUDIO_FEATURES.index(rule.feature)]
            known = values > 0 if rule.feature == "tempo" else ~np.isnan(values)
            member = rule.membership(values[known])
            usual[rule.feature] = round(float(np.average(member, weights=weight[known])), 3)
        anchors = [_quantile(scores[:, column], weight, q) for q in (0.5, CLEAR)]
        found[mood] = {"anchors": anchors, "usual": usual}
    return found


def _quantile(values: FloatArray, weight: npt.NDArray[np.float64], q: float) -> float:
    known = ~np.isnan(values)
    order = np.argsort(values[known])
    below = np.cumsum(weight[known][order])
    place = int(np.searchsorted(below, q * below[-1]))
    return round(float(values[known][order][place]), 3)


# --- the tables -----------------------------------------------------------------------


def playlists(path: Path) -> Named:
    """Tracks of named playlists."""
    table = pd.read_csv(path, keep_default_na=False).drop_duplicates(["playlist_id", "track_id"])
    unit, _ = pd.factorize(table["playlist_id"])
    names = table.groupby(unit)["playlist_name"].first()
    return Named(_audio(table), unit, tuple(names))


def genres(path: Path) -> Named:
    """Genres, each with the means of its tracks."""
    table = pd.read_csv(path, keep_default_na=False)
    table = table[table["genres"] != "[]"]
    return Named(_audio(table), np.arange(len(table)), tuple(table["genres"]))


def _audio(table: pd.DataFrame) -> FloatArray:
    return np.asarray(table[list(AUDIO_FEATURES)].to_numpy(), dtype=np.float32)


def measure(sources: dict[str, Named], half: str) -> dict[str, Any]:
    """All figures of one half; the top lists are over all tracks, which have no label."""
    found: dict[str, Any] = {"half": half}
    for name, whole in sources.items():
        named = whole.part(half)
        raw = mood_matrix(named.audio)
        worth = calibrate_moods(raw, RulesConfig())
        found[name] = {
            "auc": aucs(named, raw),
            "reliability": reliability(named, worth),
            "narrow": narrow(named),
            "n_rows": len(named.unit),
        }
    tracks = np.unique(sources["playlists"].audio, axis=0)
    found["reference"] = reference(sources)
    found["tracks"] = {"n": len(tracks), **top_lists(tracks, mood_matrix(tracks))}
    return found


def narrow(named: Named) -> dict[str, float | None]:
    """How chill the mildest track of a library of loud music is said to be."""
    raw = mood_matrix(named.audio[labels(named)["energetic"]])
    column = MOODS.index("chill")
    return {
        name: _mildest(calibrate_moods(raw, config)[:, column])
        for name, config in (("own order", RulesConfig(own_share=1.0)), ("said", RulesConfig()))
    }


def _mildest(worth: FloatArray) -> float | None:
    known = worth[~np.isnan(worth)]
    return round(float(np.quantile(known, 0.99)), 3) if len(known) else None


def _show(found: dict[str, Any]) -> None:
    for source in ("playlists", "genres"):
        print(f"{source}, {found['half']}:")
        for mood in MOODS:
            one = found[source]["auc"][mood]
            bands = found[source]["reliability"][mood].items()
            told = "  ".join(
                f"{band}: {cell['share']} ({cell['n_labelled']}/{cell['n_rows']})"
                for band, cell in bands
            )
            print(
                f"  {mood:12} auc {one['auc']} {one.get('auc_interval', '')} among moods "
                f"{one.get('auc_among_moods')} n {one['n_rows']}/{one['n_names']}  {told}"
            )
    for mood, medians in found["tracks"]["top"].items():
        print(f"  top {mood:12} " + " ".join(f"{k[:6]} {v:g}" for k, v in medians.items()))
    print({k: v for k, v in found["tracks"]["overlap"].items() if v > 0.02})
    print("overlap max", found["tracks"]["overlap_max"], "mean", found["tracks"]["overlap_mean"])


def main() -> None:
    """The command line; the last line is one JSON object."""
    parser = argparse.ArgumentParser(description="Whether the moods follow their names.")
    parser.add_argument("--data", type=Path, required=True, help="folder of the public tables")
    parser.add_argument("--half", choices=HALVES, default="held-out")
    parser.add_argument("--json", action="store_true", help="print one line of JSON alone")
    options = parser.parse_args()
    tables = options.data / "tracks"
    sources = {
        "playlists": playlists(tables / "spotify_songs" / "spotify_songs.csv"),
        "genres": genres(tables / "genres" / "data_by_genres.csv"),
    }
    found = measure(sources, options.half)
    if not options.json:
        _show(found)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
