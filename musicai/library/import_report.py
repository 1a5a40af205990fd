"""What an import came to: counts that add up, and the rows that were not taken in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from musicai.data.parsed import Problem
from musicai.store.records import Counts, FileRecord, counts_of_kind


@dataclass(frozen=True)
class ImportReport:
    """What became of every row. Each ``Counts`` adds up: ``read`` is the sum of the rest."""

    profile: str
    files: tuple[FileRecord, ...]
    """Files of a known format, in the order they were met."""
    problems: tuple[Problem, ...]
    """Files and rows that were not taken in, with place and reason."""
    seconds: float
    first_import: bool
    """True if the profile held nothing before."""
    new_tracks: int
    """Tracks that the profile did not know before."""
    fingerprint_changed: bool
    """Whether the profile's data are others now, so that training again is worth it."""
    superseded: int
    """Plays of earlier imports that this one knows more exactly; they do not count twice."""
    consent_needed: bool
    """The profile holds rows that came through Spotify's API, and the person has not yet been
    asked whether models may be trained on them; until then they are not."""

    @property
    def plays(self) -> Counts:
        """Rows of files of plays."""
        return counts_of_kind(self.files, "plays")

    @property
    def playlist_rows(self) -> Counts:
        """Rows of playlists."""
        return counts_of_kind(self.files, "playlist")

    @property
    def tracks(self) -> Counts:
        """Rows of track tables, which become catalogues."""
        return counts_of_kind(self.files, "catalogue")

    @property
    def neighbours(self) -> Counts:
        """Rows of neighbour packs."""
        return counts_of_kind(self.files, "neighbours")

    @property
    def track_facts(self) -> Counts:
        """Rows that say something about own tracks and nothing else."""
        return counts_of_kind(self.files, "tracks")

    @property
    def choices(self) -> Counts:
        """Feedback, exclusions and decisions on matches."""
        return counts_of_kind(self.files, "choices")

    @property
    def new_plays(self) -> int:
        """Plays that were not there before."""
        return self.plays.imported

    def summarise(self) -> dict[str, Any]:
        """The numbers alone, without file names: fit for a job's status file."""
        return {
            "profile": self.profile,
            "plays": self.plays.to_json(),
            "playlist_rows": self.playlist_rows.to_json(),
            "tracks": self.tracks.to_json(),
            "neighbours": self.neighbours.to_json(),
            "track_facts": self.track_facts.to_json(),
            "choices": self.choices.to_json(),
            "n_files": len(self.files),
            "n_problems": len(self.problems),
            "new_tracks": self.new_tracks,
            "new_plays": self.new_plays,
            "superseded": self.superseded,
            "seconds": round(self.seconds, 3),
            "first_import": self.first_import,
            "fingerprint_changed": self.fingerprint_changed,
            "consent_needed": self.consent_needed,
        }

    def to_json(self) -> dict[str, Any]:
        """The object that the command line prints."""
        return {
            **self.summarise(),
            "problems": [{"file": p.file, "where": p.where, "why": p.why} for p in self.problems],
            "files": [
                {
                    "file": record.file,
                    "format": record.format,
                    "kind": record.kind,
                    "repeated": record.repeated,
                    **record.counts.to_json(),
                }
                for record in self.files
            ],
        }
