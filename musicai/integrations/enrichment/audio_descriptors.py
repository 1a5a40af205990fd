"""Dumps on this machine → which recordings the tracks are, and what was measured of them.

Nothing is asked of anybody. What a dump told is in the database as soon as it was read to its
end or to its damage; a run that was stopped goes on with the next dump.
"""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from musicai.core.errors import DataError
from musicai.core.progress import Progress, no_progress, part
from musicai.data.audio_descriptors import FEATURES
from musicai.data.library import Library
from musicai.integrations.metabrainz import RecordingName, acousticbrainz
from musicai.integrations.metabrainz.canonical_dump import CanonicalAnswers, resolve
from musicai.integrations.metabrainz.dumps import DumpReport, check_dump_path
from musicai.store import Store

logger = logging.getLogger(__name__)

BATCH = 5_000
"""Measures that are written in one transaction."""


@dataclass
class DumpOutcome:
    """What became of one dump."""

    file: str
    recordings: int = 0
    """Of how many recordings something was kept."""
    known: bool = False
    """It was read before, and nothing has changed since."""
    report: DumpReport = field(default_factory=lambda: DumpReport(""))


@dataclass
class Measured:
    """What came of a run."""

    tracks: int
    """Tracks of which the recording is known, so that something can be measured of them."""
    measured: int = 0
    """Those of which something is measured now."""
    dumps: list[DumpOutcome] = field(default_factory=list)


@dataclass(frozen=True)
class DescriptorCoverage:
    """How much of the own music is measured."""

    own: int
    """Own tracks."""
    recognised: int
    """Those of which the recording is known."""
    tracks: frozenset[str]
    """Ids of those of which anything is measured."""
    features: Mapping[str, int]
    """Key of ``measures.FEATURES`` → own tracks of which it is measured; in that order."""

    @property
    def n_measured(self) -> int:
        """Own tracks of which anything is measured."""
        return len(self.tracks)


def look_up(
    store: Store,
    profile: str,
    library: Library,
    dump: Path,
    progress: Progress = no_progress,
) -> CanonicalAnswers:
    """Look all own tracks up in the canonical dump, and keep which recordings they are.

    What was known before stays, under its canonical id. Tracks that open data found are looked
    up as well.

    Raises:
        DataError: the library is the invented sample.
        UnreadableFile: the file is no canonical dump.
        Cancelled: as ``progress`` does; nothing of it is kept.
    """
    _real(library)
    names = _names(library)
    known = store.recordings(profile)
    answers = resolve(
        check_dump_path(dump), list(names.values()), progress, known=frozenset(known.values())
    )
    store.put_aliases(answers.aliases)
    found = {
        track: answers.found[named].recording
        for track, named in names.items()
        if named in answers.found
    }
    store.put_recordings(profile, found, replace=False)
    logger.info("canonical dump: %d of %d tracks found", len(found), len(names))
    return answers


def measure(
    store: Store,
    profile: str,
    library: Library,
    dumps: Sequence[Path],
    progress: Progress = no_progress,
    *,
    canonical: Path | None = None,
) -> Measured:
    """Keep what AcousticBrainz's dumps tell of the tracks whose recordings are known.

    Args:
        store: Where it is kept.
        profile: Whose tracks.
        library: Of the profile.
        dumps: Files of ``open_data.acoustic``.
        progress: Told of the bytes that were read.
        canonical: The canonical dump: finds recordings of more tracks, and their other ids.

    Raises:
        DataError: the library is the invented sample, or no recording is known.
        UnreadableFile: a file is no such dump; the others before it count.
        Cancelled: as ``progress`` does; the dumps that were read to their end count.
    """
    _real(library)
    paths = [check_dump_path(dump) for dump in dumps]
    begun = 0.5 if canonical else 0.0
    if canonical:
        look_up(store, profile, library, canonical, part(progress, 0.0, begun))
    store.keep_recordings(profile, _names(library).keys())
    wanted = store.list_wanted_recordings(profile)
    if not wanted:
        raise DataError(
            "It is not known yet which recordings your tracks are. Give the canonical dump too, "
            "or let open data recognise your artists first."
        )
    done = Measured(len(store.recordings(profile)))
    for place, path in enumerate(paths):
        low, high = (begun + (1 - begun) * at / len(paths) for at in (place, place + 1))
        done.dumps.append(_merge_one(store, profile, path, wanted, part(progress, low, high)))
    done.measured = len({track for track, _ in store.measures(profile)})
    return done


def coverage(store: Store, profile: str, library: Library) -> DescriptorCoverage:
    """How much of the own music is measured; looks at counts alone."""
    own = set(library.tracks.loc[library.tracks["own"], "track_id"])
    by_feature = {
        feature: own.intersection(tracks)
        for feature, tracks in store.list_measured_tracks(profile).items()
    }
    return DescriptorCoverage(
        own=len(own),
        recognised=len(own & store.recordings(profile).keys()),
        tracks=frozenset().union(*by_feature.values()),
        features={name: len(by_feature[name]) for name in FEATURES if by_feature.get(name)},
    )


def _merge_one(
    store: Store, profile: str, path: Path, wanted: Mapping[str, str], progress: Progress
) -> DumpOutcome:
    state = _state(path, wanted)
    if store.dump_state(profile, path.name) == state:
        return DumpOutcome(path.name, known=True)
    answers = acousticbrainz.read(path, wanted, progress)
    for start in range(0, len(answers.measures), BATCH):
        store.put_measures(answers.measures[start : start + BATCH])
        progress(1.0, f"keeping what {path.name} tells")
    if not answers.report.damaged:
        store.note_dump(profile, path.name, state)
    kinds = Counter(one.source for one in answers.measures)
    logger.info("a dump of AcousticBrainz: %s of %d ids", dict(kinds), len(wanted))
    return DumpOutcome(path.name, answers.recordings, report=answers.report)


def _state(path: Path, wanted: Mapping[str, str]) -> str:
    """Equal for the same file and the same ids: hashing gigabytes would take a while."""
    about = path.stat()
    text = "\n".join(
        [f"{about.st_size} {about.st_mtime_ns}", *sorted(f"{a} {b}" for a, b in wanted.items())]
    )
    return hashlib.sha256(text.encode()).hexdigest()


def _names(library: Library) -> dict[str, RecordingName]:
    """Track id → its names, for own tracks and those that open data found."""
    tracks = library.tracks
    linked = tracks["track_id"].isin(library.links["track_id"])
    rows = tracks.loc[tracks["own"] | linked, ["track_id", "artists", "name", "album"]]
    return {
        track: RecordingName(artists, name, album)
        for track, artists, name, album in rows.itertuples(index=False, name=None)
    }


def _real(library: Library) -> None:
    if library.invented:
        raise DataError("The invented sample has no open data: nothing in it is real.")
