"""AcousticBrainz's classes of mood and voice, out of the archives of one JSON a submission.

A probability says how sure a small trained model is of a class, not how much of it there is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from musicai.core.errors import UnreadableFile
from musicai.core.progress import Progress, no_progress
from musicai.data.audio_descriptors import Measure
from musicai.open_data import dumps, values
from musicai.open_data.dumps import DumpReport

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


def read(
    path: Path,
    wanted: Mapping[str, str],
    dated: str,
    report: DumpReport,
    progress: Progress = no_progress,
) -> Iterator[Measure]:
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
                yield Measure(recording, feature, mean, "", len(known), apart, source, dated)


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
            for number, member in enumerate(dumps.streamed(archive)):
                if number % TELL_EVERY == 0:
                    progress(min(packed.tell() / size, 1.0), f"reading {path.name}")
                named = _SUBMISSION.fullmatch(member.name.rsplit("/", 1)[-1])
                if not named or not member.isfile():
                    continue
                report.read += 1
                inside = archive.extractfile(member) if named[1] in wanted else None
                if inside is not None and member.size <= MAX_BYTES:
                    yield from _parsed(inside.read(), named[1], wanted, report)
    except FileNotFoundError as error:
        raise UnreadableFile(f"There is no file {path}.") from error
    except dumps.DAMAGE as error:
        report.damage(error)
    if not report.read and not report.damaged:
        raise UnreadableFile(
            f"{path.name} holds no submission of AcousticBrainz. Take an archive of its highlevel "
            "JSON dump, as it was downloaded."
        )


def _parsed(
    data: bytes, mbid: str, wanted: Mapping[str, str], report: DumpReport
) -> Iterator[tuple[str, Any]]:
    try:
        yield wanted[mbid], json.loads(data)
    except (ValueError, RecursionError):
        report.rejected += 1
        report.note(mbid, "Its submission is no JSON.")


def _probability(data: Any, model: str, name: str) -> float:
    """From 0 to 1; NaN for what is none."""
    models = values.entries(values.entries(data).get("highlevel"))
    number = values.entries(values.entries(models.get(model)).get("all")).get(name)
    if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number <= 1:
        return float("nan")
    return float(number)
