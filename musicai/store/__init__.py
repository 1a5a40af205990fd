"""The database: the only place that speaks SQL."""

from musicai.store.backup import backup, restore
from musicai.store.imports import ImportWriter
from musicai.store.records import (
    Catalogue,
    Counts,
    FileRecord,
    ImportRecord,
    OwnData,
    Profile,
)
from musicai.store.store import Store
from musicai.store.versions import VersionMark

__all__ = [
    "Catalogue",
    "Counts",
    "FileRecord",
    "ImportRecord",
    "ImportWriter",
    "OwnData",
    "Profile",
    "Store",
    "VersionMark",
    "backup",
    "restore",
]
