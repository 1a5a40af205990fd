"""A table that no reader knows, read by what the person said its columns mean.

    preview ──> propose ──> the person corrects ──> check ──> ColumnMapping ──> parse

Nothing is guessed while reading: without a mapping for exactly this header a file is not read.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Literal

import numpy as np
import pandas as pd

from musicai.core.errors import UnreadableFile
from musicai.data.frames import conform
from musicai.data.library import AUDIO_FEATURES, KEY_COLUMNS
from musicai.data.parsed import (
    MAX_PLAY_MS,
    NOMINAL_MS,
    SOURCE_ITEM_COLUMNS,
    SOURCE_PLAY_COLUMNS,
    TABLE_KINDS,
    ColumnMapping,
    ParsedFile,
    ReadOptions,
    Source,
)
from musicai.library.formats.csv_text import (
    CsvChunk,
    CsvHeader,
    CsvReading,
    decode_text,
    normalise_header,
    read_csv_header,
)
from musicai.library.formats.dates import DayOrder, parse_times
from musicai.library.formats.fields import (
    Complaints,
    clean_text,
    get_latest_time,
    parse_flag,
    parse_genres,
    parse_isrc,
)
from musicai.library.formats.scrobbles import EARLIEST_SCROBBLE
from musicai.library.formats.track_table import parse_artists
from musicai.library.formats.tracks import (
    RANGES,
    Numbers,
    TrackRows,
    make_track_id,
    parse_descriptors,
    parse_numbers,
)

WORDS: Mapping[str, tuple[str, ...]] = {
    "artist": (
        *("artist", "artists", "artist name", "artist names", "artist name(s)", "track artist"),
        *("artistname", "performer", "band", "singer", "creator", "album artist"),
        *("kunstler", "kunstlername", "interpret", "interpreten"),
        *("artista", "artistas", "nombre del artista", "interprete", "cantante"),
        *("artiste", "artistes", "nom de l'artiste", "artiesten", "artiest", "wykonawca"),
        *("исполнитель", "アーティスト", "歌手", "艺术家", "艺人", "아티스트"),
    ),
    "title": (
        *("track name", "song name", "title", "track", "song", "trackname", "track title"),
        *("song title", "songtitle", "name", "recording"),
        *("titel", "titelname", "lied", "liedtitel", "stuck", "songtitel"),
        *("titulo", "cancion", "nombre de la cancion", "pista", "musica", "faixa"),
        *("titre", "nom du titre", "morceau", "chanson", "titolo", "brano", "canzone"),
        *("nummer", "utwor", "tytul", "название", "трек", "песня", "曲名", "歌曲", "歌名", "곡"),
    ),
    "album": (
        *("album name", "album", "albumname", "release", "release name", "record"),
        *("album titel", "albumtitel", "nombre del album", "nom de l'album", "disco"),
        *("альбом", "アルバム", "专辑", "앨범"),
    ),
    "played_at": (
        *("played at", "playedat", "listened at", "listen date", "scrobble time", "uts"),
        *("scrobbled at", "utc time", "timestamp", "ts", "endtime", "end time", "start time"),
        *("date played", "play date", "play time", "last played", "datetime", "date time"),
        *("time", "date", "when", "gespielt am", "abgespielt am", "zeitpunkt", "zeitstempel"),
        *("zeit", "datum", "uhrzeit", "reproducido el", "fecha de reproduccion", "fecha"),
        *("fecha y hora", "hora", "ecoute le", "date d'ecoute", "date et heure", "heure"),
        *("ascoltato il", "data e ora", "ora", "data/hora", "data hora", "data", "tijd"),
        *("дата", "время", "再生日時", "日時", "日期", "时间", "날짜"),
    ),
    "ms_played": (
        *("ms played", "msplayed", "play duration milliseconds", "milliseconds played"),
        *("played ms", "duration played ms", "listened ms"),
    ),
    "seconds_played": (
        *("seconds played", "s played", "sec played", "played seconds", "listened seconds"),
        *("listening time", "time played", "play duration", "gehort", "spielzeit"),
    ),
    "skipped": (
        *("skipped", "skip", "was skipped", "ubersprungen", "saltado", "saltada", "omitida"),
        *("passe", "saltato", "pulada", "overgeslagen"),
    ),
    "playlist": (
        *("playlist name", "playlist", "list", "wiedergabeliste", "lista", "liste de lecture"),
        *("lista de reproduccion", "afspeellijst", "плейлист", "プレイリスト", "播放列表"),
    ),
    "added_at": (
        *("added at", "date added", "added", "added on", "hinzugefugt am", "anadido el"),
        *("ajoute le", "aggiunto il", "adicionada em", "toegevoegd op"),
    ),
    "spotify_id": (
        *("spotify track uri", "track uri", "spotify uri", "spotify id", "spotify track id"),
        *("track id", "trackuri", "trackid", "uri", "spotify url", "track url", "url", "id"),
    ),
    "isrc": ("isrc", "isrc code"),
    "genres": (
        *("genres", "genre", "track genre", "artist genres", "style", "tags"),
        *("genero", "generos", "genere", "musikrichtung", "stil", "жанр", "ジャンル", "流派"),
    ),
    "year": (
        *("year", "release year", "release date", "album release date", "released"),
        *("jahr", "erscheinungsjahr", "erscheinungsdatum", "ano", "annee", "anno", "jaar"),
        *("год", "年"),
    ),
    "duration_ms": (
        *("duration ms", "duration (ms)", "track duration (ms)", "length ms", "dauer (ms)"),
        *("dauer ms", "duration in ms"),
    ),
    "popularity": ("popularity", "track popularity", "beliebtheit", "popularidad", "popularite"),
    "explicit": ("explicit", "explizit", "explicito", "explicite"),
    **{name: (name,) for name in (*AUDIO_FEATURES, *KEY_COLUMNS)},
}
"""Through :func:`fold_header`, by meaning; the earlier word is the surer one."""


def fold_header(name: str) -> str:
    """A column name without case, accents, "_" and "-"."""
    plain = unicodedata.normalize("NFKD", name)
    return normalise_header("".join(ch for ch in plain if not unicodedata.combining(ch)))


_ORDER = {
    meaning: {fold_header(word): at for at, word in enumerate(ws)} for meaning, ws in WORDS.items()
}


def guess_columns(names: Sequence[str]) -> dict[str, str]:
    """Column name by meaning, each meaning and each column at most once."""
    plain = {name: fold_header(name) for name in reversed(names) if name}
    found = {}
    for meaning, order in _ORDER.items():
        known = [name for name in plain if plain[name] in order]
        if known:
            found[meaning] = min(known, key=lambda name: order[plain[name]])
            del plain[found[meaning]]
    return found


NAME = "mapped_table"

MEANINGS: dict[str, str] = {
    "artist": "Artist",
    "title": "Title",
    "album": "Album",
    "played_at": "When it was played",
    "ms_played": "Milliseconds played",
    "seconds_played": "Seconds played",
    "skipped": "Skipped (yes or no)",
    "playlist": "Playlist",
    "added_at": "When it was added",
    "spotify_id": "Spotify id or link",
    "isrc": "ISRC",
    "genres": "Genres",
    "year": "Year or release date",
    "duration_ms": "Length in milliseconds",
    "popularity": "Popularity (0 to 100)",
    "explicit": "Explicit (yes or no)",
    **{name: name.capitalize() for name in AUDIO_FEATURES},
    "key": "Key (0 to 11, 0 = C)",
    "mode": "Mode (1 major, 0 minor)",
}
"""What a column can mean, and what the screen calls it."""

NEEDED: dict[str, tuple[str, ...]] = {
    "plays": ("artist", "title", "played_at"),
    "playlist": ("artist", "title"),
    "catalogue": ("artist", "title"),
}
"""Meanings without which a table of a kind cannot be read."""

PREVIEW_ROWS = 5

PREVIEW_CELL = 80
"""Characters of a cell that are shown."""

_HEAD_BYTES = 64 * 1024
_LENGTH = re.compile(r"(?:(\d{1,3}):)?(\d{1,4}):(\d\d)(?:\.\d{1,6})?")


@dataclass(frozen=True)
class CsvPreview:
    """The top of a table, for the screen."""

    header: tuple[str, ...]
    """Column names as a ``ColumnMapping`` has them."""
    names: tuple[str, ...]
    """The same as the file writes them."""
    rows: tuple[tuple[str, ...], ...]
    """The first rows below the header, long cells cut off."""


def read_preview(data: bytes) -> CsvPreview:
    """The header and the first rows of a table.

    Raises:
        UnreadableFile: the file has no header of at least two columns.
    """
    header = read_csv_header(data)
    if header is None:
        raise UnreadableFile("The file is no table with a header row of column names.")
    lines = io.StringIO(decode_text(data[:_HEAD_BYTES]), newline="")
    found: list[list[str]] = []
    if not lines.readline().strip().strip('"').casefold().startswith("sep="):
        lines.seek(0)
    reader = csv.reader(lines, delimiter=header.delimiter)
    while len(found) <= PREVIEW_ROWS:
        try:
            row = next(reader)
        except StopIteration:
            break
        except csv.Error:
            continue
        if len(row) == len(header.names) or (found and any(cell.strip() for cell in row)):
            found.append([clean_text(cell)[:PREVIEW_CELL] for cell in row])
    names, *rows = found or [list(header.names)]
    width = len(header.names)
    shown = (tuple((row + [""] * width)[:width]) for row in rows)
    return CsvPreview(header.names, tuple(names), tuple(shown))


def propose_mapping(header: CsvHeader) -> ColumnMapping | None:
    """A first guess from the columns' names in several languages; None without title and artist."""
    found = guess_columns(header.names)
    kind: Literal["plays", "playlist", "catalogue"]
    if "played_at" in found:
        kind = "plays"
    elif any(name in found for name in AUDIO_FEATURES):
        kind = "catalogue"
    else:
        kind = "playlist"
    if "ms_played" in found:
        found.pop("seconds_played", None)
    proposal = ColumnMapping(header.names, kind, tuple(found.items()))
    return None if check_mapping(proposal) else proposal


def check_mapping(mapping: ColumnMapping) -> str | None:
    """Why a mapping cannot be used, in plain words; None if it can."""
    if mapping.kind not in TABLE_KINDS:
        return f"The rows of a table are one of {', '.join(TABLE_KINDS)}."
    wrong = next(filter(None, (_find_fault(mapping, *pair) for pair in mapping.columns)), None)
    if wrong:
        return wrong
    meanings = [meaning for meaning, _ in mapping.columns]
    lacking = [MEANINGS[need] for need in NEEDED[mapping.kind] if need not in meanings]
    if lacking:
        return f"Say which column is: {', '.join(lacking)}."
    if "ms_played" in meanings and "seconds_played" in meanings:
        return "The time played is either in milliseconds or in seconds; choose one column."
    return None


def _find_fault(mapping: ColumnMapping, meaning: str, column: str) -> str | None:
    if meaning not in MEANINGS:
        return f"{meaning[:40]!r} is no meaning a column can have."
    if column not in mapping.header:
        return f"The table has no column {column[:40]!r}. Choose one of its own."
    if sum(meaning == other for other, _ in mapping.columns) > 1:
        return f"{MEANINGS[meaning]!r} is said of two columns; say it of one."
    return None


def find_mapping(header: CsvHeader | None, options: ReadOptions) -> ColumnMapping | None:
    """The usable mapping that the person made for tables with this header."""
    if header is None:
        return None
    made = (mapping for mapping in options.mappings if mapping.header == header.names)
    return next((mapping for mapping in made if check_mapping(mapping) is None), None)


def sniff(head: bytes) -> bool:
    """Never: which tables are read is the person's word, see ``find_mapping``."""
    return False


def parse(data: bytes, file: str, options: ReadOptions) -> ParsedFile:
    """The rows, as the mapping for this header says what they are.

    Raises:
        UnreadableFile: the file has no header, or no mapping is for it.
    """
    complaints = Complaints(file)
    reading = CsvReading(data, complaints)
    mapping = find_mapping(reading.header, options)
    if mapping is None:
        raise UnreadableFile(
            "What the columns of this table mean is not known. Say it on the Library page."
        )
    columns = dict(mapping.columns)
    time = columns.get("played_at" if mapping.kind == "plays" else "added_at")
    order = detect_day_order(data, time) if time and mapping.kind != "catalogue" else DayOrder()
    if order.is_guessed:
        way = "day first" if order.is_day_first else "month first, for they are with AM and PM"
        complaints.add("", f"Dates such as 03/04/2023 were read {way}; no row shows which it is.")
    rows = _Rows(mapping, complaints, reading.header, get_playlist_name(file), order.is_day_first)
    for chunk in reading.read_chunks(progress=options.progress):
        rows.take(chunk)
    if not rows.read + reading.rejected:
        complaints.add("", "The table has no rows below its header. Export it again.")
    return ParsedFile(
        file=file,
        format=NAME,
        kind=mapping.kind,
        tracks=rows.tracks.build_frame(),
        plays=rows.build_plays(),
        playlist_items=rows.build_items(),
        read=rows.read + reading.rejected,
        rejected=rows.rejected + reading.rejected,
        duplicate=rows.duplicate,
        problems=complaints.list_problems(),
    )


def detect_day_order(data: bytes, column: str) -> DayOrder:
    """How dates of three numbers are written in a column, from all of its rows.

    A table whose first rows hold none is not read to its end for them.
    """
    order = DayOrder()
    for chunk in CsvReading(data, Complaints("")).read_chunks():
        if not order.add_rows(chunk.get_column(column)):
            break
    return order


def get_playlist_name(file: str) -> str:
    """A playlist's name from its file's."""
    last = PurePosixPath(file.rsplit(" › ", 1)[-1].replace("\\", "/")).name
    for ending in (".gz", ".csv", ".tsv", ".txt"):
        last = last.removesuffix(ending)
    return clean_text(unicodedata.normalize("NFC", last))[:200] or "Playlist"


def parse_lengths(fields: Sequence[str], *, in_seconds: bool, decimal_comma: bool) -> Numbers:
    """(n,) milliseconds; NaN for a blank, −1 for what is no length. Seconds may be "3:45"."""
    values = parse_numbers(fields, decimal_comma=decimal_comma) * (1000 if in_seconds else 1)
    for place in np.flatnonzero(np.isnan(values)).tolist():
        text = fields[place].strip()
        found = _LENGTH.fullmatch(text) if in_seconds and len(text) < 20 else None
        if found:
            hours, minutes, seconds = (int(part or 0) for part in found.groups())
            values[place] = 1000 * (3600 * hours + 60 * minutes + seconds)
        elif text:
            values[place] = -1
    values[(values < 0) | (values > MAX_PLAY_MS)] = -1
    return values


@dataclass
class _Rows:
    mapping: ColumnMapping
    complaints: Complaints
    header: CsvHeader
    playlist: str
    """The playlist of rows that name none."""
    day_first: bool
    tracks: TrackRows = field(default_factory=TrackRows)
    read: int = 0
    rejected: int = 0
    duplicate: int = 0
    _plays: list[tuple[int, int, int, int]] = field(default_factory=list)
    _items: list[tuple[str, int, int, int]] = field(default_factory=list)
    _sizes: dict[str, int] = field(default_factory=dict)

    def take(self, chunk: CsvChunk) -> None:
        """Sort the rows of a chunk out."""
        columns = dict(self.mapping.columns)
        get = {meaning: chunk.get_column(columns.get(meaning)) for meaning in MEANINGS}
        measured = {name: columns[name] for name in RANGES if name in columns}
        comma = self.header.decimal_comma
        found = parse_descriptors(chunk, measured, self.complaints, decimal_comma=comma)
        self.read += len(chunk)
        if self.mapping.kind == "plays":
            self._take_plays(chunk, get, found)
        elif self.mapping.kind == "playlist":
            self._take_items(chunk, get)
        else:
            self._take_tracks(chunk, get)
        self.tracks.close_chunk(found)

    def _take_plays(
        self, chunk: CsvChunk, get: Mapping[str, Sequence[str]], found: Mapping[str, Numbers]
    ) -> None:
        in_seconds = any(meaning == "seconds_played" for meaning, _ in self.mapping.columns)
        played = parse_lengths(
            get["seconds_played" if in_seconds else "ms_played"],
            in_seconds=in_seconds,
            decimal_comma=self.header.decimal_comma,
        )
        unknown = np.full(len(chunk), np.nan)
        usual = np.nan_to_num(found.get("duration_ms", unknown), nan=NOMINAL_MS)
        played = np.where(np.isnan(played), usual, played).astype(np.int64)
        at = parse_times(get["played_at"], day_first=self.day_first)
        now = get_latest_time()
        for place, line in enumerate(chunk.lines):
            if not EARLIEST_SCROBBLE <= at[place] <= now:
                self._reject(line, "has no believable time since 2002")
            elif played[place] < 0:
                self._reject(line, "has no believable time played (0 to 24 hours)")
            elif (track := self._add_track(place, line, get)) is not None:
                skipped = parse_flag(get["skipped"][place])
                self._plays.append((track, int(at[place]), int(played[place]), skipped))

    def _take_items(self, chunk: CsvChunk, get: Mapping[str, Sequence[str]]) -> None:
        added = parse_times(get["added_at"], day_first=self.day_first)
        added[(added < EARLIEST_SCROBBLE) | (added > get_latest_time())] = -1
        for place, line in enumerate(chunk.lines):
            track = self._add_track(place, line, get)
            if track is None:
                continue
            playlist = clean_text(get["playlist"][place])[:200] or self.playlist
            position = self._sizes.get(playlist, 0)
            self._sizes[playlist] = position + 1
            self._items.append((playlist, track, position, int(added[place])))

    def _take_tracks(self, chunk: CsvChunk, get: Mapping[str, Sequence[str]]) -> None:
        for place, line in enumerate(chunk.lines):
            before = len(self.tracks.index)
            row = self._add_track(place, line, get)
            if row is not None and row < before:
                self.duplicate += 1
                self.tracks.merge_genres(row, parse_genres(get["genres"][place]))

    def _add_track(self, place: int, line: int, get: Mapping[str, Sequence[str]]) -> int | None:
        """The row of the track, made where it is new; None for a row that names none."""
        name, artists = clean_text(get["title"][place]), parse_artists(get["artist"][place])
        if not name or not artists:
            self._reject(line, "has no artist" if name else "has no title")
            return None
        track_id = make_track_id(get["spotify_id"][place], artists, name)
        row = self.tracks.index.get(track_id)
        if row is not None:
            return row
        return self.tracks.add(
            place,
            track_id,
            name=name,
            artists=artists,
            album=clean_text(get["album"][place]),
            genre_text=parse_genres(get["genres"][place]),
            isrc=parse_isrc(get["isrc"][place]),
            explicit=get["explicit"][place],
            date=get["year"][place],
        )

    def _reject(self, line: int, what: str) -> None:
        self.rejected += 1
        self.complaints.add(f"line {line}", f"The row {what}; it was left out.")

    def build_plays(self) -> pd.DataFrame:
        """``SOURCE_PLAY_COLUMNS``."""
        names = ["track", "played_at", "ms_played", "skipped"]
        frame = pd.DataFrame(self._plays, columns=names)
        frame = frame.assign(listener="", reason_start="", reason_end="", shuffle=-1)
        return conform(frame, SOURCE_PLAY_COLUMNS, "plays of a mapped table")

    def build_items(self) -> pd.DataFrame:
        """``SOURCE_ITEM_COLUMNS``."""
        frame = pd.DataFrame(self._items, columns=list(SOURCE_ITEM_COLUMNS))
        return conform(frame, SOURCE_ITEM_COLUMNS, "rows of a mapped playlist")


SOURCE = Source(name=NAME, label="Table described by you", sniff=sniff, parse=parse)
