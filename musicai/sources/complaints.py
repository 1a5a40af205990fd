"""Problems of one file, counted all and listed up to a limit."""

from __future__ import annotations

from musicai.data.parsed import Problem

MAX_LISTED = 1_000
"""Problems of one file that are listed one by one."""


class Complaints:
    """Collects what was not taken in from one file."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._listed: list[Problem] = []
        self._more = 0

    def add(self, where: str, why: str) -> None:
        """Note one problem."""
        if len(self._listed) < MAX_LISTED:
            self._listed.append(Problem(self._file, where, why))
        else:
            self._more += 1

    def problems(self) -> tuple[Problem, ...]:
        """The first problems, and one that counts the rest."""
        if not self._more:
            return tuple(self._listed)
        rest = Problem(
            self._file,
            f"{self._more} more places",
            f"Only the first {MAX_LISTED} problems of a file are listed; these are not.",
        )
        return (*self._listed, rest)
