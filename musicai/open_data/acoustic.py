"""What AcousticBrainz measured, out of its dumps of 2022 (CC0), for wanted recordings alone.

    acousticbrainz-lowlevel-features-<date>-lowlevel|rhythm|tonal.tar.zst   one CSV each
    acousticbrainz-highlevel-json-<date>-<n>.tar.zst                        one JSON a submission

A recording has a submission for each file that somebody had of it: what stands of several is
their median, their most frequent word, or the mean of their probabilities, with how many there
are and how far they lie apart. Nothing is unpacked to the disk.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from musicai.core.progress import Progress, no_progress
from musicai.data.audio_descriptors import FEATURES, PROBABILITY, Measure
from musicai.open_data import probabilities
from musicai.open_data.dumps import DumpReport, tables

PARTS = ("lowlevel", "rhythm", "tonal")
"""The three tables."""

_ID, _OFFSET = "mbid", "submission_offset"
_KEY, _SCALE = "key_key", "key_scale"

_DATE = re.compile(r"-(20[0-9]{2})([01][0-9])([0-3][0-9])(?![0-9])")


@dataclass
class AcousticAnswers:
    """What a dump tells of wanted recordings."""

    measures: list[Measure] = field(default_factory=list)
    report: DumpReport = field(default_factory=lambda: DumpReport(""))

    @property
    def recordings(self) -> int:
        """Of how many recordings something is told."""
        return len({one.recording for one in self.measures})


def read(
    path: Path, wanted: Mapping[str, str], progress: Progress = no_progress
) -> AcousticAnswers:
    """The measures that a dump holds of wanted recordings.

    A damaged dump gives what stands before the damage; ``report`` says where.

    Args:
        path: One of the dumps; its name tells its kind and day.
        wanted: Every id of each recording → the id under which it is measured here.
        progress: Told of the packed bytes that were read.

    Raises:
        UnreadableFile: the file cannot be opened, or is no such dump.
        Cancelled: as ``progress`` does.
    """
    answers = AcousticAnswers(report=DumpReport(path.name))
    dated = "-".join(found.groups()) if (found := _DATE.search(path.name)) else ""
    if "highlevel" in path.name:
        answers.measures = list(probabilities.read(path, wanted, dated, answers.report, progress))
        return answers
    for part, frame in _submissions(path, wanted, answers.report, progress).items():
        for feature in _of(part):
            if not FEATURES[feature].words:
                answers.measures += _numbers(frame, feature, part, dated)
        if part == "tonal":
            answers.measures += _words(frame, part, dated)
    return answers


def _of(part: str) -> list[str]:
    """The columns of a table, beside the two that name the submission."""
    return [name for name, feature in FEATURES.items() if feature.part == part != PROBABILITY]


def _submissions(
    path: Path, wanted: Mapping[str, str], report: DumpReport, progress: Progress
) -> dict[str, pd.DataFrame]:
    """Part → its submissions of wanted recordings: ``recording`` and the features."""
    members = {f"{part}.csv": (_ID, _OFFSET, *_of(part)) for part in PARTS}
    ids = pa.array(sorted(wanted), pa.string())
    kept: dict[str, list[pd.DataFrame]] = {}
    for member, table in tables(path, members, report, progress):
        hits = table.filter(pc.is_in(pc.utf8_lower(table[_ID]), value_set=ids))
        if hits.num_rows:
            part = member.removesuffix(".csv")
            kept.setdefault(part, []).append(_typed(hits.to_pandas(), _of(part), report))
    found = {}
    for part, frames in kept.items():
        frame = pd.concat(frames, ignore_index=True).drop_duplicates([_ID, _OFFSET])
        found[part] = frame.assign(recording=frame[_ID].map(wanted)).drop(columns=[_ID, _OFFSET])
    return found


def _typed(frame: pd.DataFrame, features: list[str], report: DumpReport) -> pd.DataFrame:
    """Texts → numbers and known words; what is neither is told and left out."""
    frame[_ID] = frame[_ID].str.lower()
    frame[_OFFSET] = pd.to_numeric(frame[_OFFSET], errors="coerce")
    nameless = frame[_OFFSET].isna()
    if nameless.any():
        report.rejected += int(nameless.sum())
        report.note(str(frame.loc[nameless, _ID].iloc[0]), "Its submission has no number.")
        frame = frame[~nameless]
    for name in features:
        kind, text = FEATURES[name], frame[name]
        if kind.words:
            good = text.isin(kind.words)
            frame = frame.assign(**{name: text.where(good, "")})
        else:
            number = pd.to_numeric(text, errors="coerce").astype("float32")
            good = number.abs().lt(np.inf) & number.between(kind.least, kind.most)
            frame = frame.assign(**{name: number.where(good)})
        bad = ~good & (text != "")
        for mbid, cell in zip(frame.loc[bad, _ID], text[bad], strict=True):
            report.note(str(mbid), f"{name} cannot be {str(cell)[:40]!r}.")
    return frame


def _numbers(frame: pd.DataFrame, feature: str, part: str, dated: str) -> Iterator[Measure]:
    known = frame[["recording", feature]].dropna()
    of = known.groupby("recording", sort=True)[feature]
    apart = (known[feature] - of.transform("median")).abs()
    spread = apart.groupby(known["recording"], sort=True).median()
    middle = of.median()
    rows = zip(middle.index, middle.tolist(), of.size().tolist(), spread.tolist(), strict=True)
    for recording, value, n, off in rows:
        yield Measure(str(recording), feature, value, "", n, off, part, dated)


def _words(frame: pd.DataFrame, part: str, dated: str) -> Iterator[Measure]:
    """Key and scale as one word, so that no key is told with the scale of another one."""
    known = frame[(frame[_KEY] != "") & (frame[_SCALE] != "")]
    counted = known.groupby(["recording", _KEY, _SCALE]).size().rename("n").reset_index()
    counted["of"] = counted.groupby("recording")["n"].transform("sum")
    up = [True, False, True, True]
    first = counted.sort_values(["recording", "n", _KEY, _SCALE], ascending=up)
    first = first.drop_duplicates("recording")
    names = ("recording", _KEY, _SCALE, "n", "of")
    for recording, key, scale, n, of in zip(*(first[name].tolist() for name in names), strict=True):
        for feature, word in ((_KEY, key), (_SCALE, scale)):
            yield Measure(recording, feature, float("nan"), word, of, 1.0 - n / of, part, dated)
