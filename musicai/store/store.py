"""The store: one class over one SQLite file and the Parquet files beside it."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

import pandas as pd
from filelock import Timeout

from musicai.core.errors import DataError, NotFound
from musicai.core.settings import Settings
from musicai.data.feedback import Choices, Exclusion, Feedback, MatchDecision
from musicai.data.parsed import ColumnMapping
from musicai.store import catalog_changes as changes
from musicai.store import catalogs, deletion, feedback, imports, own_data
from musicai.store.audio_descriptors import MeasureStore
from musicai.store.connection import import_lock, plain_errors
from musicai.store.http_cache import AnswerStore
from musicai.store.imports import ImportWriter
from musicai.store.impressions import ShowingStore
from musicai.store.playlists import ListStore, SendingStore
from musicai.store.profiles import ProfileStore, check_name
from musicai.store.records import Catalogue, FileRecord, ImportRecord, OwnData
from musicai.store.versions import VersionStore

logger = logging.getLogger(__name__)


class Store(
    ProfileStore,
    VersionStore,
    AnswerStore,
    MeasureStore,
    ListStore,
    ShowingStore,
    SendingStore,
):
    """Profiles, imports, catalogues, choices and what is known of model versions.

    Thread-safe: every method is one or a few short transactions of its own.
    Several stores, also in several processes, can be open on one home.

    Args:
        settings: Where the data are.
        busy_seconds: How long a write waits for another program's write.

    Raises:
        StoreError: the database cannot be opened, or a newer musicai made it.
    """

    def __init__(self, settings: Settings, *, busy_seconds: float = 10.0) -> None:
        super().__init__(settings, busy_seconds=busy_seconds)
        try:
            with plain_errors(settings.database):
                self._purge_if_idle()
        except BaseException:
            self.close()
            raise

    def _purge_if_idle(self) -> None:
        """Remove imports that were cut off, unless one is being written right now."""
        if not deletion.any_pending(self):
            return
        lock = import_lock(self.settings)
        try:
            with lock:
                deletion.purge(self)
        except Timeout:
            return

    # --- imports ----------------------------------------------------------------------

    def begin_import(self, profile: str, *, include_private: bool = False) -> ImportWriter:
        """Start an import; see :class:`ImportWriter`. The profile need not exist yet."""
        check_name(profile)
        return ImportWriter(self, profile, include_private=include_private)

    def imports(self, profile: str) -> list[ImportRecord]:
        """The profile's imports, newest first, with their files and problems."""
        self.profile(profile)
        with self.reading() as connection:
            return imports.imports_of(connection, profile)

    def file_records(
        self, profile: str, digest: str, include_private: bool = False
    ) -> tuple[FileRecord, ...]:
        """The parts of a file with these bytes in its first import; empty if it is not known."""
        with self.reading() as connection:
            return imports.first_records(
                connection, self.settings, profile, digest, include_private
            )

    def undo_import(self, import_id: int) -> None:
        """Take an import back: its rows, its digests, and catalogues that only it brought.

        Plays that a later import held too stay, with that import.

        Raises:
            NotFound: there is no such import.
            JobRunning: an import is being written.
        """
        with self.exclusive("undoing an import"):
            deletion.undo_import(self, import_id)

    # --- catalogues -------------------------------------------------------------------

    def catalogues(self, profile: str | None = None) -> list[Catalogue]:
        """All catalogues; with a profile those it may use, ``enabled`` as that profile has it."""
        with self.reading() as connection:
            return catalogs.listing(connection, self.settings, profile)

    def catalogue(self, name: str, profile: str | None = None) -> Catalogue:
        """One catalogue.

        Raises:
            NotFound: there is none of that name that the profile may use.
        """
        for catalogue in self.catalogues(profile):
            if catalogue.name == name:
                return catalogue
        raise NotFound(f"There is no catalogue {name!r}. Import a track table to add one.")

    def add_catalogue(
        self,
        name: str,
        frame: pd.DataFrame,
        *,
        origin: str,
        licence: str = "",
        invented: bool = False,
        digest: str,
    ) -> Catalogue:
        """Add a track table; the same digest gives the catalogue that is there already.

        Raises:
            DataError: no tracks, an id twice, or invented tracks among real ones.
            JobRunning: an import is being written.
        """
        with self.exclusive("adding a catalogue"):
            new = catalogs.prepare(
                self.settings,
                changes.check_catalog_name(name),
                frame,
                origin=changes.check_note(origin, "origin"),
                licence=changes.check_note(licence, "licence"),
                invented=invented,
                digest=digest,
            )
            with self.writing() as connection:
                catalogs.insert_new(connection, new)
        return self._of_digest(digest)

    def _of_digest(self, digest: str) -> Catalogue:
        return next(c for c in self.catalogues() if c.digest == digest)

    def enable_catalogue(self, profile: str, name: str, on: bool) -> None:
        """Recommend from a catalogue, or no longer.

        Raises:
            NotFound: no such profile, or no such catalogue that it may use.
            DataError: it would mix invented tracks with real ones.
        """
        catalogue = self.catalogue(name, profile)
        if on and catalogue.invented != self.profile(profile).invented:
            raise DataError(
                f"The catalogue {name!r} cannot be used for the profile {profile!r}: invented "
                "sample tracks and real ones are never mixed."
            )
        self.profile(profile)
        with self.writing() as connection:
            catalogs.set_enabled(connection, profile, catalogue.id, on)

    def rename_catalogue(self, name: str, to: str) -> Catalogue:
        """Call a catalogue otherwise, in every profile.

        Raises:
            NotFound: there is none of that name.
            DataError: the new name is taken or cannot be one.
        """
        catalogue = self.catalogue(name)
        with self.writing() as connection:
            changes.rename(connection, self.settings, catalogue, to)
        return self.catalogue(to.strip())

    def describe_catalogue(
        self, name: str, *, origin: str | None = None, licence: str | None = None
    ) -> Catalogue:
        """Note where a catalogue came from and under which licence; None leaves it.

        Raises:
            NotFound: there is none of that name.
            DataError: a text is too long, or the origin is empty.
        """
        catalogue = self.catalogue(name)
        with self.writing() as connection:
            changes.describe(connection, catalogue, origin=origin, licence=licence)
        return self.catalogue(name)

    def update_catalogue(
        self,
        name: str,
        frame: pd.DataFrame,
        *,
        origin: str,
        licence: str | None = None,
        digest: str,
    ) -> Catalogue:
        """Replace the tracks of a catalogue; every profile keeps whether it is enabled.

        Args:
            name: Which.
            frame: ``SOURCE_TRACK_COLUMNS``.
            origin: The file they come from.
            licence: None keeps what was noted.
            digest: SHA-256 of the file.

        Raises:
            NotFound: there is none of that name.
            DataError: the tracks are refused, or are another catalogue already.
            JobRunning: an import is being written.
        """
        with self.exclusive("updating a catalogue"):
            catalogue = self.catalogue(name)
            changes.put_tracks(
                self, catalogue, frame, origin=origin, licence=licence, digest=digest
            )
        return self.catalogue(name)

    def remove_catalogue(self, name: str) -> None:
        """Remove a catalogue from every profile, with its files."""
        with self.exclusive("removing a catalogue"):
            catalogue = self.catalogue(name)
            with self.writing() as connection:
                # added again by a newer musicai, the same file may tell more, such as keys
                for profile in catalogs.users(connection, catalogue.id):
                    own_data.forget_all(connection, self.settings, profile)
                catalogs.drop(connection, self.settings, catalogue.id)
            changes.sweep(self)

    def catalogue_tracks(self, name: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """``SOURCE_TRACK_COLUMNS`` of a catalogue, or some of them; only these are read.

        Raises:
            NotFound: there is none of that name, or its file is gone.
        """
        return catalogs.read_tracks(self.catalogue(name), columns)

    def put_personal_catalogue(
        self, profile: str, name: str, frame: pd.DataFrame, links: pd.DataFrame, licence: str
    ) -> Catalogue:
        """Keep what open data found for a profile, in place of what it found before.

        It belongs to this profile alone, and is enabled unless the person switched the earlier
        one off. A name that another catalogue has gets a number.

        Args:
            profile: Whose it is.
            name: What a new one is called; one that is replaced keeps its name.
            frame: ``SOURCE_TRACK_COLUMNS``.
            links: ``LINK_COLUMNS``, each of a track in ``frame``.
            licence: Of the data, as the hosts state it.

        Raises:
            NotFound: there is no such profile.
            DataError: the profile is invented, or the tracks or links are refused.
            JobRunning: an import is being written.
        """
        if self.profile(profile).invented:
            raise DataError("The invented sample has no open data: nothing in it is real.")
        with self.exclusive("keeping open data"):
            digest = changes.put_personal(
                self, profile, changes.check_catalog_name(name), frame, links, licence=licence
            )
        return next(c for c in self.catalogues(profile) if c.digest == digest)

    def catalogue_links(self, name: str) -> pd.DataFrame:
        """``LINK_COLUMNS``: how the tracks of a catalogue were found; no rows for a table.

        Raises:
            NotFound: there is no catalogue of that name, or the file is damaged.
        """
        return changes.read_links(self.settings, self.catalogue(name))

    def quick_check(self) -> str:
        """What SQLite finds first that is broken in the database; "ok" for nothing."""
        with self.reading() as connection:
            found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
        return str(found)

    # --- choices ----------------------------------------------------------------------

    def choices(self, profile: str) -> Choices:
        """Everything the person decided about the profile's music, in the order it was decided.

        Raises:
            NotFound: there is no profile of that name.
        """
        self.profile(profile)
        with self.reading() as connection:
            return feedback.read(connection, profile)

    def choose(self, profile: str, choice: feedback.Choice) -> None:
        """Note an exclusion, a decision on a match (which replaces an earlier one) or feedback.

        Raises:
            NotFound: there is no profile of that name.
        """
        self.profile(profile)
        with self.writing() as connection:
            feedback.add(connection, profile, choice)

    def take_back(self, profile: str, choice: feedback.Choice) -> None:
        """Forget a choice; one that is not there is no error."""
        with self.writing() as connection:
            feedback.remove(connection, profile, choice)

    def exclusions(self, profile: str) -> tuple[Exclusion, ...]:
        """What is left out of the profile's taste."""
        return self.choices(profile).exclusions

    def add_exclusion(self, profile: str, rule: Exclusion) -> None:
        """Leave something out of the profile's taste."""
        self.choose(profile, rule)

    def remove_exclusion(self, profile: str, rule: Exclusion) -> None:
        """Take an exclusion back."""
        self.take_back(profile, rule)

    def decisions(self, profile: str) -> tuple[MatchDecision, ...]:
        """Which tracks the person said are one recording, or are not."""
        return self.choices(profile).decisions

    def decide(self, profile: str, decision: MatchDecision) -> None:
        """Note whether two tracks are one recording."""
        self.choose(profile, decision)

    def undecide(self, profile: str, first: str, second: str) -> None:
        """Take a decision back."""
        self.take_back(profile, MatchDecision.of(first, second, same=True))

    def feedback(self, profile: str) -> tuple[Feedback, ...]:
        """Verdicts on tracks."""
        return self.choices(profile).feedback

    def add_feedback(self, profile: str, verdict: Feedback) -> None:
        """Note a verdict."""
        self.choose(profile, verdict)

    def remove_feedback(self, profile: str, verdict: Feedback) -> None:
        """Take a verdict back."""
        self.take_back(profile, verdict)

    def mappings(self) -> tuple[ColumnMapping, ...]:
        """What the person said of tables that no reader knows; the same for all profiles."""
        with self.reading() as connection:
            return feedback.mappings(connection)

    def save_mapping(self, mapping: ColumnMapping) -> None:
        """Keep what the columns of a table mean, for every table with this header."""
        with self.writing() as connection:
            feedback.save_mapping(connection, mapping)

    def remove_mapping(self, header: Sequence[str]) -> None:
        """Forget what a header means."""
        with self.writing() as connection:
            feedback.remove_mapping(connection, header)

    # --- own data ---------------------------------------------------------------------

    def data_fingerprint(self, profile: str) -> str:
        """The name of what was imported, whatever was chosen since.

        Raises:
            NotFound: there is no profile of that name.
        """
        self.profile(profile)
        with self.reading() as connection:
            return own_data.data_fingerprint_of(connection, profile)

    def fingerprint(self, profile: str) -> str:
        """The name of the profile's data as they are now; reads no plays.

        Raises:
            NotFound: there is no profile of that name.
        """
        self.profile(profile)
        with self.reading() as connection:
            return own_data.fingerprint_of(connection, profile)

    def compute_joined_name(self, profile: str) -> str:
        """The name of the joined tracks: the fingerprint without what is left out of taste.

        Raises:
            NotFound: there is no profile of that name.
        """
        self.profile(profile)
        with self.reading() as connection:
            return own_data.fingerprint_of(connection, profile, exclusions=False)

    def own_data(self, profile: str) -> OwnData:
        """Everything the profile imported, from side files where they are whole.

        Raises:
            NotFound: there is no profile of that name.
        """
        started = time.perf_counter()
        one = self.profile(profile)
        fingerprint = self.data_fingerprint(profile)
        stored = own_data.read_side_files(self.settings, fingerprint)
        if stored is None:
            with self.reading() as connection:  # one moment for the name and the data
                fingerprint = own_data.data_fingerprint_of(connection, profile)
                stored = own_data.read_database(connection, profile)
            own_data.write_side_files(self.settings, fingerprint, stored)
        self._note(profile, fingerprint)
        data = own_data.to_own_data(
            stored,
            fingerprint,
            train_on_api_rows=bool(one.train_on_api_rows),
            invented=one.invented,
        )
        logger.info("own data: %d plays in %.2f s", len(data.plays), time.perf_counter() - started)
        return data

    def _note(self, profile: str, own: str) -> None:
        """Remember that side files may exist for this state of the profile."""
        state = {own, self.compute_joined_name(profile), self.fingerprint(profile)}
        with self.reading() as connection:
            if state <= set(own_data.list_noted_states(connection, profile)):
                return
        with self.writing() as connection:
            own_data.note_state(connection, self.settings, profile, state)
