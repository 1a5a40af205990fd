"""Tables of tracks with audio features: what becomes a catalogue.

Many such tables are about; they differ in the names of their columns and in how
they write artists, genres and dates. Known: TidyTuesday's ``spotify_songs``, the
114,000 tracks by genre, tables by decade with a ``uri``, 1921–2020 with artists
written as a list, and musicai's own sample.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from musicai.data.library import ARTIST_SEPARATOR, AUDIO_FEATURES, KEY_COLUMNS
from musicai.data.parsed import ParsedFile, ReadOptions, Source
from musicai.library.formats.csv_text import CsvChunk, CsvHeader, CsvReading, read_csv_header
from musicai.library.formats.exportify import map_columns as exportify_columns
from musicai.library.formats.fields import (
    Complaints,
    clean_text,
    join_artists,
    parse_genres,
    parse_isrc,
)
from musicai.library.formats.tracks import TrackRows, make_track_id, parse_descriptors

NAME = "track_table"

ALIASES: dict[str, tuple[str, ...]] = {
    "uri": ("track id", "spotify id", "track uri", "spotify track uri", "uri", "id"),
    "name": ("track name", "song name", "track", "name", "title", "song"),
    "artists": (
        "artists",
        "track artist",
        "artist name(s)",
        "artist names",
        "artist name",
        "artist(s) name",
        "artist",
    ),
    "album": ("album name", "track album name", "album"),
    "date": ("release date", "track album release date", "album release date", "year"),
    "duration_ms": ("duration ms", "duration (ms)", "track duration (ms)"),
    "popularity": ("popularity", "track popularity"),
    "explicit": ("explicit",),
    "isrc": ("isrc",),
    **{name: (name,) for name in (*AUDIO_FEATURES, *KEY_COLUMNS)},
}
"""Column names through ``normalise_header``, by what they mean; the first that is there counts."""

GENRE_COLUMNS = (
    "genres",
    "artist genres",
    "track genre",
    "playlist subgenre",
    "playlist genre",
    "genre",
)
"""All that are there are taken together."""

MIN_FEATURES = 3
"""A table with fewer of the audio features is taken for something else."""

MISSING_IN_R = "NA"
"""What R writes where nothing is known. A title may be "NA"; title, artist and album are not."""

# a quote that is never closed takes the rest of the text with it, so that each character is looked
# at once: were it passed over instead, every quote inside would be tried to the end of the text
_QUOTED = re.compile(r"""(['"])((?:(?!\1)[^\\]|\\.)*+)(\1?)""", re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


def map_track_columns(header: CsvHeader | None) -> dict[str, str] | None:
    """Column name by meaning, or None if this is no table of tracks."""
    if header is None or exportify_columns(header) is not None:
        return None
    names = set(header.names)
    found = {
        meaning: next(alias for alias in aliases if alias in names)
        for meaning, aliases in ALIASES.items()
        if names.intersection(aliases)
    }
    n_features = sum(name in found for name in AUDIO_FEATURES)
    named = "name" in found and "artists" in found
    return found if named and n_features >= MIN_FEATURES else None


def sniff(head: bytes) -> bool:
    """A header with names, artists and at least three audio features."""
    return map_track_columns(read_csv_header(head)) is not None


def parse(data: bytes, file: str, options: ReadOptions) -> ParsedFile:
    """The tracks, one a track id; the genres of repeated rows are merged.

    Raises:
        UnreadableFile: the file has no header.
    """
    complaints = Complaints(file)
    reading = CsvReading(data, complaints)
    table = _Table(complaints, reading.header)
    for chunk in reading.read_chunks(progress=options.progress):
        table.take(chunk)
    read = table.read + reading.rejected
    if not read:
        complaints.add("", "The table has no rows below its header. Download it again.")
    return ParsedFile(
        file=file,
        format=NAME,
        kind="catalogue",
        tracks=table.tracks.build_frame(),
        read=read,
        rejected=table.rejected + reading.rejected,
        duplicate=table.duplicate,
        problems=complaints.list_problems(),
    )


@lru_cache(maxsize=50_000)
def parse_artists(text: str) -> str:
    """Artists joined by ";", from ";"-joined text or a list in brackets."""
    text = text.strip()
    if text.startswith("[") and text.endswith("]"):
        quoted = _QUOTED.findall(text)
        if quoted and all(closing for _, _, closing in quoted):
            return join_artists([_ESCAPE.sub(r"\1", name) for _, name, _ in quoted])
    return join_artists(text.split(ARTIST_SEPARATOR))


@dataclass
class _Table:
    complaints: Complaints
    header: CsvHeader
    tracks: TrackRows = field(default_factory=TrackRows)
    read: int = 0
    rejected: int = 0
    duplicate: int = 0

    def __post_init__(self) -> None:
        self.columns = map_track_columns(self.header) or {}
        self.genre_columns = [name for name in GENRE_COLUMNS if name in self.header.names]

    def take(self, chunk: CsvChunk) -> None:
        """Sort the rows of a chunk out."""
        found = parse_descriptors(
            chunk, self.columns, self.complaints, decimal_comma=self.header.decimal_comma
        )
        get = {meaning: chunk.get_column(self.columns.get(meaning)) for meaning in ALIASES}
        genre_texts = self._read_genres(chunk)
        self.read += len(chunk)
        rows = zip(get["uri"], get["name"], get["artists"], genre_texts, strict=True)
        for place, (uri, raw_name, raw_artists, genre_text) in enumerate(rows):
            name, artists = clean_text(raw_name), parse_artists(raw_artists)
            album = clean_text(get["album"][place])
            nameless = name == artists == MISSING_IN_R and album in ("", MISSING_IN_R)
            if nameless or not name or not artists:
                self._reject(chunk.lines[place], "artist" if name and not artists else "name")
                continue
            track_id = make_track_id(uri, artists, name)
            row = self.tracks.index.get(track_id)
            if row is not None:
                self.duplicate += 1
                self.tracks.merge_genres(row, genre_text)
                continue
            self.tracks.add(
                place,
                track_id,
                name=name,
                artists=artists,
                album=album,
                genre_text=genre_text,
                isrc=parse_isrc(get["isrc"][place]),
                explicit=get["explicit"][place],
                date=get["date"][place],
            )
        self.tracks.close_chunk(found)

    def _read_genres(self, chunk: CsvChunk) -> list[str]:
        columns = [chunk.get_column(name) for name in self.genre_columns]
        if not columns:
            return [""] * len(chunk)
        return [parse_genres(ARTIST_SEPARATOR.join(parts)) for parts in zip(*columns, strict=True)]

    def _reject(self, line: int, what: str) -> None:
        self.rejected += 1
        self.complaints.add(f"line {line}", f"The track has no {what}; the row was left out.")


SOURCE = Source(name=NAME, label="Table of tracks with audio features", sniff=sniff, parse=parse)
