"""The lists of a session -> the database, with consent alone; and all of it out again.

Without the person's yes nothing here writes anything, and without it nothing that was written is
trained on (``Library.training_items``).
"""

from __future__ import annotations

import orjson

from musicai.core.errors import QueryError
from musicai.core.progress import Progress, no_progress
from musicai.core.settings import Settings
from musicai.data.parsed import ReadOptions
from musicai.integrations.spotify.parsing import ApiTrack
from musicai.integrations.spotify.session_library import PLAYLIST, Listing, Shelf
from musicai.library.formats import spotify_api
from musicai.library.import_report import ImportReport
from musicai.library.importing import import_files
from musicai.store import ImportRecord, Store

FILE = "lists from Spotify.json"
"""What the import calls them; nothing of that name is ever on disk."""


def list_api_imports(store: Store, profile: str) -> list[ImportRecord]:
    """A profile's imports that came through the Web API, newest first."""
    return [
        record
        for record in store.imports(profile)
        if any(file.format == spotify_api.NAME for file in record.files)
    ]


def worth_keeping(shelf: Shelf) -> list[Listing]:
    """Saved tracks, top tracks and own playlists; recent plays are in the person's own export."""
    return [
        listing
        for key, listing in shelf.listings.items()
        if (key == "saved" or key.startswith(("top_tracks_", PLAYLIST))) and listing.tracks
    ]


def keep(
    store: Store,
    settings: Settings,
    profile: str,
    shelf: Shelf,
    progress: Progress = no_progress,
) -> ImportReport:
    """Keep the lists in the profile as playlists; what was kept before gives way.

    Args:
        store: Where to.
        settings: Limits of imports.
        profile: Whose; it must be a real person's.
        shelf: What the session read.
        progress: Raises ``Cancelled`` to stop; then nothing is kept.

    Raises:
        QueryError: the person has not said yes to training on such rows, the profile is the
            invented one, or there is nothing to keep.
    """
    record = store.profile(profile)
    listings = worth_keeping(shelf)
    if record.invented:
        raise QueryError("The invented sample keeps nothing of a real account. Choose your own.")
    if not record.train_on_api_rows:
        raise QueryError(
            "What came through Spotify's API is kept only after you have read what Spotify's "
            "terms say of it and switched it on."
        )
    if not listings:
        raise QueryError("There is nothing to keep yet. Read your lists first.")
    before = list_api_imports(store, profile)
    document = orjson.dumps(
        {
            spotify_api.MARK: 1,
            "playlists": [
                {
                    "name": f"{listing.label} (Spotify)",
                    "rows": [_row(track) for track in listing.tracks],
                }
                for listing in listings
            ],
        }
    )
    report = import_files(
        store, settings, profile, [(FILE, document)], ReadOptions(), progress, consent=True
    )
    # only now: a failure above leaves what was there
    if not any(file.repeated for file in report.files):
        for old in before:
            store.undo_import(old.id)
    return report


def delete_all(store: Store, account_id: str) -> int:
    """Everything that came through the Web API, of all profiles; how many imports were undone."""
    undone = 0
    for profile in store.profiles():
        for record in list_api_imports(store, profile.name):
            store.undo_import(record.id)
            undone += 1
    store.forget_account(account_id)
    return undone


def _row(track: ApiTrack) -> dict[str, object]:
    return {
        "id": track.track_id,
        "name": track.name,
        "artists": list(track.artists),
        "album": track.album,
        "isrc": track.isrc,
        "released": track.released,
        "duration_ms": track.duration_ms,
        "explicit": track.explicit,
        "added_at": track.noted_at,
    }
