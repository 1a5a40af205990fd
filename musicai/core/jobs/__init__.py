"""Long work as child processes of our own command line, watched through status files.

    page ── start() ──> python -m musicai import|train … --job ID
      │                        │ JobProgress: lock, status file, cancel flag
      └── status() <── ID.json ┘

A job outlives the page that started it, survives a reload, and can be
cancelled. One job works at a time in one home; a plain command line takes the
same lock through :func:`exclusive`. A status file holds numbers and plain
notes, of the person only the profile's name, and of a catalogue's file its name and the rows
that were not taken.
"""

from musicai.core.jobs.manager import cancel, find_latest, forget, prune, read_status, start
from musicai.core.jobs.runner import JobProgress, exclusive
from musicai.core.jobs.status import Job, JobStatus, Kind
from musicai.core.jobs.uploads import discard_spool, read_spool, spool

__all__ = [
    "Job",
    "JobProgress",
    "JobStatus",
    "Kind",
    "cancel",
    "discard_spool",
    "exclusive",
    "find_latest",
    "forget",
    "prune",
    "read_spool",
    "read_status",
    "spool",
    "start",
]
