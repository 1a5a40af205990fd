"""Which files are opened at all, by their names, and how names are shown."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath

DATA_ENDINGS = frozenset(
    (".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".txt", ".xml", ".log", ".dat", ".gz", ".zip")
)
"""What is read inside folders and archives; anything else there is passed over."""

MAX_BASE_NAME = 255
"""Longest name of a file on any system, characters; only a zip can hold longer ones."""

_COPIED = r"copy|kopie|copie|copia"

NEVER_OPENED = re.compile(
    rf"(?:(?:{_COPIED})\s(?:of|von|de)\s)?"
    r"(identity|identifiers?|user|userdata|useraddress|payments?|paymentmethods?|inferences?"
    r"|searchqueries|voiceinput|marquee|follow|wrapped|duonewfamily|familyplan|messagedata"
    r"|podcastinteractivity[a-z]*)"
    rf"(?:[\s_\-\d()]|{_COPIED})*\.json",
    re.IGNORECASE,
)
"""Base names of files in Spotify's zips about the person, not about music played; also as a
browser or a system names their copies: "Identity (1).json", "Identity - Copy.json"."""

_NOT_DATA = re.compile(r"(read_?me|licen[cs]e|source|copying|changelog).*", re.IGNORECASE)


def shown(name: str) -> str:
    """A name fit to be shown: one line, no control characters, forward slashes."""
    name = unicodedata.normalize("NFC", name.replace("\\", "/"))
    plain = "".join(ch if unicodedata.category(ch)[0] != "C" else "\ufffd" for ch in name)
    return plain if len(plain) <= 200 else f"{plain[:80]}…{plain[-119:]}"


def base_name(name: str) -> str:
    """The last part of a path that was written on any system."""
    return PurePosixPath(name.replace("\\", "/")).name


def never_opened(name: str) -> bool:
    """Whether a file is about the person and no business of a recommender."""
    last = base_name(name).casefold().removesuffix(".gz")
    return len(last) <= MAX_BASE_NAME and bool(NEVER_OPENED.fullmatch(last))


def passed_over(name: str) -> bool:
    """Whether a file in a folder or archive is no data: pictures, PDFs, what systems leave."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    hidden = (part.startswith(".") and part not in (".", "..") for part in parts)
    if not parts or "__MACOSX" in parts or any(hidden):
        return True
    last = PurePosixPath(parts[-1])
    if last.suffix.casefold() not in DATA_ENDINGS or never_opened(name):
        return True
    return last.suffix.casefold() == ".txt" and bool(_NOT_DATA.fullmatch(last.stem))
