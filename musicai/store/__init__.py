"""The database: the only place that speaks SQL."""

from musicai.store.backups import backup, restore
from musicai.store.core import Store
from musicai.store.records import (
    Catalogue,
    Counts,
    FileRecord,
    ImportRecord,
    OwnData,
    Profile,
)
from musicai.store.versions import VersionMark
from musicai.store.writing import ImportWriter

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
