"""What AcousticBrainz measured, out of its dumps of 2022 (CC0), for wanted recordings alone.

    acousticbrainz-lowlevel-features-<date>-lowlevel|rhythm|tonal.tar.zst   one CSV each
    acousticbrainz-highlevel-json-<date>-<n>.tar.zst                        one JSON a submission

A recording has a submission for each file that somebody had of it: what stands of several is
their median, their most frequent word, or the mean of their probabilities, with how many there
are and how far they lie apart. Nothing is unpacked to the disk.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from musicai.core.errors import UnreadableFile
from musicai.core.progress import Progress, no_progress
from musicai.data.audio_descriptors import FEATURES, PROBABILITY, AudioDescriptor
from musicai.integrations.metabrainz import dumps, parsing
from musicai.integrations.metabrainz.dumps import DumpReport, tables

_CLASSES = {
    "danceable": ("danceability", "danceable"),
    "acoustic": ("mood_acoustic", "acoustic"),
    "aggressive": ("mood_aggressive", "aggressive"),
    "electronic": ("mood_electronic", "electronic"),
    "happy": ("mood_happy", "happy"),
    "party": ("mood_party", "party"),
    "relaxed": ("mood_relaxed", "relaxed"),
    "sad": ("mood_sad", "sad"),
    "instrumental": ("voice_instrumental", "instrumental"),
}
"""Feature → the model and its class."""

_SUBMISSION = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-[0-9]{1,9}\.json")
_NUMBER = re.compile(r"-([0-9]{1,4})\.tar")

MAX_BYTES = 2**20
"""A larger submission is passed over; real ones have some 10 kB."""

TELL_EVERY = 500
"""Members between two reports of progress."""


def read_probabilities(
    path: Path,
    wanted: Mapping[str, str],
    dated: str,
    report: DumpReport,
    progress: Progress = no_progress,
) -> Iterator[AudioDescriptor]:
    """The mean probabilities of wanted recordings over their submissions in one archive.

    Args:
        path: ``acousticbrainz-highlevel-…-json-<date>-<n>.tar.zst``.
        wanted: Every id of each recording → the id under which it is measured here.
        dated: The day of the dump.
        report: Takes counts and problems.
        progress: Told of the packed bytes that were read.

    Raises:
        UnreadableFile: the file cannot be opened, or holds no submission.
    """
    told: dict[str, list[npt.NDArray[np.float32]]] = {}
    for recording, data in _documents(path, wanted, report, progress):
        numbers = np.array([_probability(data, *names) for names in _CLASSES.values()], np.float32)
        told.setdefault(recording, []).append(numbers)
    source = f"highlevel {_archive(path.name)}"
    for recording in sorted(told):
        all_of_it = np.stack(told[recording]).astype(np.float64)
        for feature, column in zip(_CLASSES, all_of_it.T, strict=True):
            known = column[np.isfinite(column)]
            if len(known):
                mean, apart = float(known.mean()), float(known.std())
                yield AudioDescriptor(
                    recording, feature, mean, "", len(known), apart, source, dated
                )


def _archive(name: str) -> str:
    """What tells an archive from the others of its series."""
    number = _NUMBER.search(name)
    return "sample" if "sample" in name else number[1] if number else "0"


def _documents(
    path: Path, wanted: Mapping[str, str], report: DumpReport, progress: Progress
) -> Iterator[tuple[str, Any]]:
    """(recording, parsed JSON) of the wanted submissions; a broken one is told and left out."""
    try:
        size = max(path.stat().st_size, 1)
        with ExitStack() as stack:
            packed = stack.enter_context(path.open("rb"))
            archive = dumps.archive(stack, packed, path)
            for number, member in enumerate(dumps.stream_members(archive)):
                if number % TELL_EVERY == 0:
                    progress(min(packed.tell() / size, 1.0), f"reading {path.name}")
                named = _SUBMISSION.fullmatch(member.name.rsplit("/", 1)[-1])
                if not named or not member.isfile():
                    continue
                report.read += 1
                inside = archive.extractfile(member) if named[1] in wanted else None
                if inside is not None and member.size <= MAX_BYTES:
                    yield from _parse_rows(inside.read(), named[1], wanted, report)
    except FileNotFoundError as error:
        raise UnreadableFile(f"There is no file {path}.") from error
    except dumps.DAMAGE as error:
        report.damage(error)
    if not report.read and not report.damaged:
        raise UnreadableFile(
            f"{path.name} holds no submission of AcousticBrainz. Take an archive of its highlevel "
            "JSON dump, as it was downloaded."
        )


def _parse_rows(
    data: bytes, mbid: str, wanted: Mapping[str, str], report: DumpReport
) -> Iterator[tuple[str, Any]]:
    try:
        yield wanted[mbid], json.loads(data)
    except (ValueError, RecursionError):
        report.rejected += 1
        report.note(mbid, "Its submission is no JSON.")


def _probability(data: Any, model: str, name: str) -> float:
    """From 0 to 1; NaN for what is none."""
    models = parsing.entries(parsing.entries(data).get("highlevel"))
    number = parsing.entries(parsing.entries(models.get(model)).get("all")).get(name)
    if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number <= 1:
        return float("nan")
    return float(number)


PARTS = ("lowlevel", "rhythm", "tonal")
"""The three tables."""

_ID, _OFFSET = "mbid", "submission_offset"
_KEY, _SCALE = "key_key", "key_scale"

_DATE = re.compile(r"-(20[0-9]{2})([01][0-9])([0-3][0-9])(?![0-9])")


@dataclass
class AcousticAnswers:
    """What a dump tells of wanted recordings."""

    measures: list[AudioDescriptor] = field(default_factory=list)
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
        answers.measures = list(read_probabilities(path, wanted, dated, answers.report, progress))
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
            kept.setdefault(part, []).append(_convert_texts(hits.to_pandas(), _of(part), report))
    found = {}
    for part, frames in kept.items():
        frame = pd.concat(frames, ignore_index=True).drop_duplicates([_ID, _OFFSET])
        found[part] = frame.assign(recording=frame[_ID].map(wanted)).drop(columns=[_ID, _OFFSET])
    return found


def _convert_texts(frame: pd.DataFrame, features: list[str], report: DumpReport) -> pd.DataFrame:
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


def _numbers(frame: pd.DataFrame, feature: str, part: str, dated: str) -> Iterator[AudioDescriptor]:
    known = frame[["recording", feature]].dropna()
    of = known.groupby("recording", sort=True)[feature]
    apart = (known[feature] - of.transform("median")).abs()
    spread = apart.groupby(known["recording"], sort=True).median()
    middle = of.median()
    rows = zip(middle.index, middle.tolist(), of.size().tolist(), spread.tolist(), strict=True)
    for recording, value, n, off in rows:
        yield AudioDescriptor(str(recording), feature, value, "", n, off, part, dated)


def _words(frame: pd.DataFrame, part: str, dated: str) -> Iterator[AudioDescriptor]:
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
            yield AudioDescriptor(
                recording, feature, float("nan"), word, of, 1.0 - n / of, part, dated
            )
