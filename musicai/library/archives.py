"""Everything that was handed in, one file at a time: folders, zips, gz, single files.

Nothing is unpacked to disk, a member's name is only ever shown, and what a zip
says about the sizes in it is not believed: reading itself stops at the limits.
Files about the person (identity, address, payments, searches) are not opened.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import lzma
import os
import re
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO

from musicai.core.errors import UnsafeFile
from musicai.core.settings import Settings
from musicai.data.parsed import Problem

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


def clean_name(name: str) -> str:
    """A name fit to be shown: one line, no control characters, forward slashes."""
    name = unicodedata.normalize("NFC", name.replace("\\", "/"))
    plain = "".join(ch if unicodedata.category(ch)[0] != "C" else "\ufffd" for ch in name)
    return plain if len(plain) <= 200 else f"{plain[:80]}…{plain[-119:]}"


def get_base_name(name: str) -> str:
    """The last part of a path that was written on any system."""
    return PurePosixPath(name.replace("\\", "/")).name


def is_personal(name: str) -> bool:
    """Whether a file is about the person and no business of a recommender."""
    last = get_base_name(name).casefold().removesuffix(".gz")
    return len(last) <= MAX_BASE_NAME and bool(NEVER_OPENED.fullmatch(last))


def is_passed_over(name: str) -> bool:
    """Whether a file in a folder or archive is no data: pictures, PDFs, what systems leave."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    hidden = (part.startswith(".") and part not in (".", "..") for part in parts)
    if not parts or "__MACOSX" in parts or any(hidden):
        return True
    last = PurePosixPath(parts[-1])
    if last.suffix.casefold() not in DATA_ENDINGS or is_personal(name):
        return True
    return last.suffix.casefold() == ".txt" and bool(_NOT_DATA.fullmatch(last.stem))


__all__ = ["Input", "Member", "get_base_name", "open_inputs"]

Input = Path | tuple[str, bytes]
"""A path, or a shown name with the bytes that were uploaded under it."""

ARROW = " › "
"""Between an archive and its member, as shown."""

MAX_RATIO = 200
"""Unpacked to packed bytes beyond which a file is taken for a bomb; histories reach about 30."""

RATIO_FROM = 16 * 1024**2
"""Unpacked bytes below which the ratio does not matter."""

MAX_NESTING = 1
"""Zips inside a zip that are opened: one level."""

DIRECTORY_BYTES_A_MEMBER = 1024
"""A zip's table of contents larger than this a permitted member is refused unread."""

OFFICE_ENDINGS = (".xlsx", ".ods", ".docx", ".numbers", ".odt")

_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    gzip.BadGzipFile,
    EOFError,
    struct.error,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OSError,
)
_BLOCK = 1024**2
_NOTHING_HERE = (
    "It holds no file that musicai reads: a streaming history (JSON), playlists or track tables "
    "(CSV). Hand in the export itself."
)


@dataclass(frozen=True)
class Member:
    """One file, read."""

    file: str
    """As the person knows it; a member of an archive as ``zip › member``."""
    data: bytes
    digest: str
    """SHA-256 of ``data``."""


def open_inputs(inputs: Sequence[Input], settings: Settings) -> Iterator[Member | Problem]:
    """Every data file of what was handed in, one at a time and in a steady order.

    Whatever cannot be read is a ``Problem``, and the walk goes on.

    Args:
        inputs: Paths of files and folders, or shown names with their bytes.
        settings: Limits of sizes and members.
    """
    walk = _Walk(settings)
    for given in inputs:
        if isinstance(given, tuple):
            name, data = given
            yield from walk.open_single(clean_name(name), io.BytesIO(data), len(data), handed=True)
        else:
            yield from walk.walk_path(given)


@dataclass
class _Budget:
    """What one archive may still unpack, all levels together."""

    settings: Settings
    packed: int
    """Bytes of the archive itself."""
    unpacked: int = 0
    members: int = 0

    def read(self, stream: IO[bytes] | gzip.GzipFile, packed: int) -> bytes:
        """All of a stream, as long as it stays within the limits.

        Raises:
            UnsafeFile: it does not.
        """
        blocks: list[bytes] = []
        size = 0
        while block := stream.read(_BLOCK):
            size += len(block)
            self.unpacked += len(block)
            blocks.append(block)
            if size > self.settings.max_member_bytes:
                raise UnsafeFile(_explain_too_large(self.settings))
            if self.unpacked > self.settings.max_unpacked_bytes:
                raise UnsafeFile(
                    "The archive unpacks to more than "
                    f"{_format_megabytes(self.settings.max_unpacked_bytes)} "
                    "in all. Unpack it and hand in the files you need."
                )
            if _is_bomb(size, packed) or _is_bomb(self.unpacked, self.packed):
                raise UnsafeFile(
                    f"It unpacks to more than {MAX_RATIO} times its size, as zip bombs do; music "
                    "exports never do. It was not read any further."
                )
        return b"".join(blocks)

    @property
    def is_spent(self) -> bool:
        """Whether nothing more may be unpacked."""
        return self.unpacked > self.settings.max_unpacked_bytes or _is_bomb(
            self.unpacked, self.packed
        )


@dataclass
class _Walk:
    settings: Settings
    _seen: set[tuple[int, int]] = field(default_factory=set)

    def walk_path(self, path: Path) -> Iterator[Member | Problem]:
        """A file or folder on this machine."""
        name = clean_name(path.name or str(path))
        try:
            if path.is_dir():
                yield from self.walk_folder(path, name)
            elif path.is_file():
                yield from self.open_file(path, name, handed=True)
            elif path.exists():
                yield Problem(name, "", "This is neither a file nor a folder. Hand in a file.")
            else:
                yield Problem(
                    name, "", "There is no such file or folder. Check the path and its spelling."
                )
        except (OSError, ValueError) as error:
            yield Problem(name, "", _explain_unopened(error))

    def walk_folder(self, folder: Path, name: str) -> Iterator[Member | Problem]:
        """All data files below a folder; links to other folders are not followed."""
        problems: list[Problem] = []

        def note_error(error: OSError) -> None:
            problems.append(Problem(name, "", _explain_unopened(error)))

        met = 0
        for where, folders, files in os.walk(folder, onerror=note_error):
            folders[:] = sorted(f for f in folders if f != "__MACOSX" and not f.startswith("."))
            yield from problems
            problems.clear()
            for file in sorted(files):
                path = Path(where) / file
                relative = path.relative_to(folder).as_posix()
                if is_passed_over(relative) or not path.is_file():
                    continue
                met += 1
                if met > self.settings.max_members:
                    yield Problem(name, "", self._explain_too_many("The folder"))
                    return
                yield from self.open_file(path, clean_name(f"{name}/{relative}"), handed=False)
        yield from problems
        if not met:
            yield Problem(name, "", _NOTHING_HERE)

    def open_file(self, path: Path, name: str, *, handed: bool) -> Iterator[Member | Problem]:
        """One file on this machine, opened only if it may be."""
        if is_personal(path.name):
            yield from _report_personal(name, handed)
            return
        try:
            with path.open("rb") as stream:
                size = os.fstat(stream.fileno()).st_size
                yield from self.open_single(name, stream, size, handed=handed)
        except OSError as error:
            yield Problem(name, "", _explain_unopened(error))

    def open_single(
        self, name: str, stream: IO[bytes], size: int, *, handed: bool
    ) -> Iterator[Member | Problem]:
        """One file, which may be an archive."""
        if is_personal(name):
            yield from _report_personal(name, handed)
        elif size == 0:
            yield Problem(name, "", "The file is empty (0 bytes). Download or export it again.")
        elif size > self.settings.max_upload_bytes:
            yield Problem(
                name,
                "",
                f"The file is larger than {_format_megabytes(self.settings.max_upload_bytes)}, "
                "the most that "
                "is read. Hand in the part you need on its own.",
            )
        else:
            yield from self.open_content(name, stream, _Budget(self.settings, size), size, 0)

    def open_content(
        self, name: str, stream: IO[bytes], budget: _Budget, size: int, depth: int
    ) -> Iterator[Member | Problem]:
        """What is in a file: itself, or the members of an archive."""
        magic = stream.read(4)
        stream.seek(0)
        last = get_base_name(name).casefold()
        if last.endswith(OFFICE_ENDINGS) and magic[:2] == b"PK":
            why = "This is an office document. Save it as CSV (UTF-8) and hand that in."
            yield Problem(name, "", why)
        elif last.endswith(".zip") or magic in (b"PK\x03\x04", b"PK\x05\x06"):
            if depth > MAX_NESTING:
                why = "A zip inside a zip inside a zip is not opened. Unpack the outer ones first."
                yield Problem(name, "", why)
            else:
                yield from self.open_zip(name, stream, budget, size, depth)
        elif magic[:2] == b"\x1f\x8b":
            yield from self.open_gzip(name, stream, budget, size)
        else:
            data = stream.read(self.settings.max_member_bytes + 1)
            if data:
                yield Member(name, data, hashlib.sha256(data).hexdigest())

    def open_gzip(
        self, name: str, stream: IO[bytes], budget: _Budget, size: int
    ) -> Iterator[Member | Problem]:
        """The one file in a gz."""
        try:
            with gzip.open(stream, "rb") as unpacked:
                data = budget.read(unpacked, size)
        except UnsafeFile as error:
            yield Problem(name, "", str(error))
        except _DAMAGED:
            why = "The gz file is damaged or was cut off. Download it again."
            yield Problem(name, "", why)
        else:
            if data:
                yield Member(name, data, hashlib.sha256(data).hexdigest())
            else:
                yield Problem(name, "", "The gz file holds nothing. Download it again.")

    def open_zip(
        self, name: str, stream: IO[bytes], budget: _Budget, size: int, depth: int
    ) -> Iterator[Member | Problem]:
        """The data members of a zip."""
        try:
            if _read_directory_size(stream, size) > self._get_directory_limit():
                yield Problem(name, "", self._explain_too_many("The zip"))
                return
            archive = zipfile.ZipFile(stream)
        except _DAMAGED:
            yield Problem(
                name,
                "",
                "This is not a zip file, or it was cut off while it was downloaded. Download it "
                "again, or unpack it and hand in the folder.",
            )
            return
        with archive:
            infos = archive.infolist()
            budget.members += len(infos)
            if budget.members > self.settings.max_members:
                yield Problem(name, "", self._explain_too_many("The zip"))
                return
            # info.is_dir() raises for a member without a name
            wanted = [info for info in infos if not info.filename.endswith("/")]
            wanted = [info for info in wanted if not is_passed_over(_get_member_name(info))]
            if not wanted:
                yield Problem(name, "", _NOTHING_HERE)
            for info in wanted:
                member = _get_member_name(info)
                yield from self.open_member(
                    archive, info, clean_name(f"{name}{ARROW}{member}"), budget, depth
                )
                if budget.is_spent:
                    yield Problem(
                        name, "", "The rest of the archive was not read, for it unpacks too far."
                    )
                    return

    def open_member(
        self,
        archive: zipfile.ZipFile,
        info: zipfile.ZipInfo,
        name: str,
        budget: _Budget,
        depth: int,
    ) -> Iterator[Member | Problem]:
        """One member of a zip; its damage is its own."""
        if info.flag_bits & 0x1:
            why = "The member is encrypted. Unpack the zip with its password and hand in the files."
            yield Problem(name, "", why)
            return
        if info.file_size > self.settings.max_member_bytes:  # such a claim can be believed
            yield Problem(name, "", _explain_too_large(self.settings))
            return
        try:
            with archive.open(info) as stream:
                data = budget.read(stream, min(info.compress_size, budget.packed))
        except UnsafeFile as error:
            yield Problem(name, "", str(error))
            return
        except _DAMAGED:
            why = "This member of the zip is damaged. Download the zip again."
            yield Problem(name, "", why)
            return
        if data:
            yield from self.open_content(name, io.BytesIO(data), budget, len(data), depth + 1)
        else:
            yield Problem(name, "", "The file is empty (0 bytes). Download or export it again.")

    def _get_directory_limit(self) -> int:
        return self.settings.max_members * DIRECTORY_BYTES_A_MEMBER

    def _explain_too_many(self, what: str) -> str:
        return (
            f"{what} holds more than {self.settings.max_members} files, more than any music "
            "export. Hand in only the files you need."
        )


def _read_directory_size(stream: IO[bytes], size: int) -> int:
    """Size of a zip's table of contents as its end says, which is what would be read."""
    length = min(size, 22 + 65_535 + 76)
    stream.seek(size - length)
    tail = stream.read(length)
    stream.seek(0)
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or len(tail) - end < 22:
        raise zipfile.BadZipFile("no end of central directory")
    claimed = int.from_bytes(tail[end + 12 : end + 16], "little")
    if end >= 76 and tail[end - 20 : end - 16] == b"PK\x06\x07":
        large = int.from_bytes(tail[end - 36 : end - 28], "little")
        claimed = max(large, claimed if claimed < 0xFFFFFFFF else 0)
    return claimed


def _get_member_name(info: zipfile.ZipInfo) -> str:
    """The member's name; old zips that hold UTF-8 without saying so are understood."""
    if not info.flag_bits & 0x800:
        try:
            return info.filename.encode("cp437").decode("utf-8")
        except UnicodeError:
            pass
    return info.filename


def _report_personal(name: str, handed: bool) -> Iterator[Problem]:
    """Say so where the file was handed in by itself; inside an export it is simply left."""
    if handed:
        yield Problem(
            name,
            "",
            "This file is about you, not about music, and was not opened. musicai needs only the "
            "streaming history.",
        )


def _is_bomb(unpacked: int, packed: int) -> bool:
    return unpacked > RATIO_FROM and unpacked > MAX_RATIO * max(packed, 1)


def _explain_unopened(error: Exception) -> str:
    reason = getattr(error, "strerror", None) or type(error).__name__
    return f"It cannot be opened ({reason}). Check that you may read it."


def _explain_too_large(settings: Settings) -> str:
    limit = _format_megabytes(settings.max_member_bytes)
    return f"It unpacks to more than {limit}. Hand in the part you need on its own."


def _format_megabytes(size: int) -> str:
    return f"{size / 1024**2:,.0f} MB"
