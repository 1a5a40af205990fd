"""Names → recordings without asking anybody: MusicBrainz's canonical dump, read once.

The dump (``musicbrainz-canonical-dump-*.tar.zst``, CC0) names 25 to 30 million recordings. A
recording is first looked for by its title alone, column by column; the few rows that are left
are compared as answers of the hosts are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from musicai.core.progress import Progress, no_progress, part
from musicai.data.text_keys import first_artist, normalise, title_key
from musicai.integrations.metabrainz import parsing
from musicai.integrations.metabrainz.dumps import DumpReport, rows, tables
from musicai.integrations.metabrainz.models import RecordingName, Resolved
from musicai.integrations.metabrainz.parsing import same_title

MEMBER_redirects = "canonical_recording_redirect.csv"
COLUMNS = ("recording_mbid", "canonical_recording_mbid")


class Redirects:
    """Collects the ids of wanted recordings from the table as it streams by.

    Args:
        wanted: Ids, canonical or not.
    """

    def __init__(self, wanted: Iterable[str] = ()) -> None:
        self.aliases: dict[str, str] = {}
        """Id → the canonical one, for every other id of a wanted recording."""
        self.met = False
        """Whether the dump has the table."""
        self.again = False
        """Whether rows that went by may have been wanted: the table is to be read once more."""
        self._wanted = set(wanted)
        self._value_set: pa.Array | None = None

    def want(self, ids: Iterable[str]) -> None:
        """Look for these as well from now on."""
        new = set(ids) - self._wanted
        if new:
            self._wanted |= new
            self._value_set = None
            self.again = self.again or self.met

    def take(self, table: pa.Table) -> None:
        """Keep what concerns the wanted ones; columns ``COLUMNS``."""
        self.met = True
        if self._value_set is None:
            self._value_set = pa.array(sorted(self._wanted), pa.string())
        alias, canonical = (pc.is_in(table[name], value_set=self._value_set) for name in COLUMNS)
        for row in table.filter(pc.or_(alias, canonical)).to_pylist():
            one, to = (parsing.parse_mbid(row[name]) for name in COLUMNS)
            if one and to and one != to:
                self.aliases[one] = to
                self.want([to])  # its other ids may have stood before this row

    def canonical(self, mbid: str) -> str:
        """The canonical id; the id itself where no row speaks of it."""
        return self.aliases.get(mbid, mbid)


MEMBER = "canonical_musicbrainz_data.csv"

_COLUMNS = (
    "artist_mbids", "artist_credit_name", "release_mbid", "release_name", "recording_mbid",
    "recording_name", "score",
)  # fmt: skip

_PLAIN = {"’": "'", "‐": "-", "…": "..."}
"""MusicBrainz writes these where exports write plain ones."""

_JOINED = ("feat", "ft", "featuring", "and", "with", "x", "vs")
"""Words after which a credit names further artists."""


@dataclass
class CanonicalAnswers:
    """What a dump knows of wanted recordings."""

    found: dict[RecordingName, Resolved] = field(default_factory=dict)
    """Each with its canonical id."""
    aliases: dict[str, str] = field(default_factory=dict)
    """Other id → canonical id, for the recordings that were found or known before."""
    report: DumpReport = field(default_factory=lambda: DumpReport(""))


def resolve(
    path: Path,
    names: Sequence[RecordingName],
    progress: Progress = no_progress,
    *,
    known: Collection[str] = (),
) -> CanonicalAnswers:
    """The recordings that names stand for; those that the dump does not hold are absent.

    Of several that fit, one credited to the artist alone comes first, then one on the asked
    album, then the lowest ``score``, which is MusicBrainz's own order. The ids that were merged
    into a recording are told in the same pass; only where their table stands before the names,
    or an id known before proves to be merged, it is read once more.

    Args:
        path: The dump.
        names: What is looked for.
        progress: Told of the bytes that were read.
        known: Recording ids from elsewhere of which the canonical and the other ids are wanted.

    Raises:
        UnreadableFile: the file cannot be opened or is another one.
        Cancelled: as ``progress`` does.
    """
    answers = CanonicalAnswers(report=DumpReport(path.name))
    wanted = _by_title(names)
    titles = pa.array(sorted(_spellings(names)), pa.string())
    links = Redirects(known)
    best: dict[RecordingName, tuple[tuple[int, bool, float], Resolved]] = {}
    members = {MEMBER: _COLUMNS, MEMBER_redirects: COLUMNS}
    for member, table in tables(path, members, answers.report, part(progress, 0.0, 0.8)):
        if member == MEMBER_redirects:
            links.want(one.recording for _, one in best.values())
            links.take(table)
            continue
        for row in table.filter(_match_titles(table["recording_name"], titles)).to_pylist():
            _take(row, wanted, best)
    links.want(one.recording for _, one in best.values())
    if links.again:
        second = DumpReport(path.name)  # its rows are counted already
        for table in rows(path, MEMBER_redirects, COLUMNS, second, part(progress, 0.8, 1.0)):
            links.take(table)
    answers.aliases = links.aliases
    answers.found = {
        named: replace(resolved, recording=links.canonical(resolved.recording))
        for named, (_, resolved) in best.items()
    }
    return answers


def _by_title(names: Sequence[RecordingName]) -> Mapping[str, list[RecordingName]]:
    wanted: dict[str, list[RecordingName]] = defaultdict(list)
    for named in dict.fromkeys(names):
        if named.title and named.artist:
            wanted[title_key(named.title)].append(named)
    return wanted


def _spellings(names: Sequence[RecordingName]) -> set[str]:
    """The titles as the dump may write them, in lower case."""
    found = set()
    for named in names:
        for title in (named.title, title_key(named.title)):
            found.add(_plain(title.lower()))
    return found - {""}


def _plain(text: str) -> str:
    for typographic, plain in _PLAIN.items():
        text = text.replace(typographic, plain)
    return text


def _match_titles(column: pa.ChunkedArray, titles: pa.Array) -> pa.ChunkedArray:
    """(n,) whether a row may be wanted, by its title alone."""
    lower = pc.utf8_lower(column)
    for typographic, plain in _PLAIN.items():
        lower = pc.replace_substring(lower, typographic, plain)
    return pc.is_in(lower, value_set=titles)


def _take(
    row: Mapping[str, str],
    wanted: Mapping[str, list[RecordingName]],
    best: dict[RecordingName, tuple[tuple[int, bool, float], Resolved]],
) -> None:
    recording, name = (
        parsing.parse_mbid(row["recording_mbid"]),
        parsing.parse_text(row["recording_name"]),
    )
    if not recording:
        return
    for named in wanted.get(title_key(name), ()):
        credited = _rank_credit(first_artist(named.artist), row["artist_credit_name"])
        if credited is None or not same_title(named.title, name):
            continue
        elsewhere = normalise(row["release_name"]) != normalise(named.album)
        rank = (credited, elsewhere, float(row["score"]) if row["score"].isdecimal() else 1e18)
        if named not in best or rank < best[named][0]:
            best[named] = (
                rank,
                Resolved(
                    recording=recording,
                    name=name,
                    artists=parsing.parse_mbids(row["artist_mbids"].split(",")),
                    artist_name=parsing.parse_text(row["artist_credit_name"]),
                    release=parsing.parse_mbid(row["release_mbid"]),
                ),
            )


def _rank_credit(artist: str, credit: str) -> int | None:
    """0 for the artist alone, 1 for the artist with others; None for somebody else."""
    one, whole = normalise(artist), normalise(credit)
    if one == whole:
        return 0
    if not whole.startswith(f"{one} "):
        return None
    comma = credit.find(",")
    listed = comma > 0 and normalise(credit[:comma]) == one
    return 1 if listed or whole[len(one) + 1 :].split(" ", 1)[0] in _JOINED else None
