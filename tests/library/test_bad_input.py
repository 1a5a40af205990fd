"""Bad input against every reader: nothing crashes, hangs or grows, and good rows are kept.

Each sample under ``data/exports`` is cut, flipped, nested, filled with huge numbers and swapped
types, by seeds that are the same every time. A reader that joins ``SOURCES``, and a sample that
joins the folder, are tested with the rest. The long sweep is marked ``slow``.
"""

from __future__ import annotations

import copy
import json
import random
import re
import struct
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from musicai.core.errors import MusicAIError
from musicai.core.settings import Settings
from musicai.data.parsed import ParsedFile, ReadOptions, Source
from musicai.data.text_keys import name_id, recording_key
from musicai.library.archives import Member, open_inputs
from musicai.library.formats import HEAD_BYTES, SOURCES, recognise_format
from musicai.library.formats.fields import clean_text, parse_genres, parse_spotify_id, parse_year
from tests.conftest import ROOT
from tests.reader_contract import holds, options_for, taken

EXPORTS = ROOT / "tests" / "files" / "exports"
SAMPLES = sorted(path for path in EXPORTS.rglob("*") if path.is_file())
READERS = {source.name: source for source in SOURCES}
PLAIN = ReadOptions()

LIMIT_S = 10.0
"""No file of these sizes may take longer."""


def name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def reader_of(path: Path) -> Source:
    return READERS[path.relative_to(EXPORTS).parts[0]]


FIRST_SAMPLES = list({reader_of(path): path for path in reversed(SAMPLES)}.values())
"""One sample of each reader."""

each_sample = pytest.mark.parametrize("path", SAMPLES, ids=name_of)
each_source = pytest.mark.parametrize("source", SOURCES, ids=list(READERS))


def attempt(source: Source, data: bytes, options: ReadOptions = PLAIN) -> ParsedFile | None:
    """Read within the limit; what comes back holds, and what is raised is meant for people."""
    refusal = "refused"
    parsed = None
    started = time.perf_counter()
    source.sniff(data[:HEAD_BYTES])
    try:
        parsed = source.parse(data, "x › y.csv", options)
    except MusicAIError as error:
        refusal = str(error)
    assert time.perf_counter() - started < LIMIT_S
    assert 0 < len(refusal) < 2_000
    if parsed is not None:
        holds(parsed)
    return parsed


def number_taken(source: Source, data: bytes, options: ReadOptions) -> int:
    parsed = attempt(source, data, options)
    return 0 if parsed is None else taken(parsed)


# --- damage ---------------------------------------------------------------------------------

Damage = Callable[[bytes, random.Random], bytes]

MARKS = rb"""
" "" ' , ; \ \u { [ } ] < > </dict> <dict> &amp; <!-- ]]> NaN Infinity 1e400 -5 null true # sep=;
spotify:track:
"""
BYTES = (b"\n", b"\r", b"\r\n", b"\t", b"\0", b"\0" * 50, b"\xff", b"\xc3", b"\xed\xa0\x80")
TOKENS = (*MARKS.split(), *BYTES, b"\xef\xbb\xbf", b"\xff\xfe", b"\xe2\x80\xae")
NUMBERS = b"""
1e400 -1e400 1000000000000000000000000000000 -5 NaN Infinity -Infinity 0 -0 9223372036854775807
9223372036854775808 -9223372036854775809 0x7f 1_000 1.5 1e-400 00012 "5" true null
"""
HUGE = (*NUMBERS.split(), b"9" * 5000, "٣".encode())
ODD: tuple[Any, ...] = (
    *(None, True, False, -5, 0, 1.5, 10**30, -(10**30), 1e308, float("nan"), float("inf")),
    *("", "x", "NaN", "1e400", "-1", "\ud800", "\0", "a\nb", "2023-05-01T12:00:00Z", "9" * 400),
    *([], {}, [[]], {"a": {"b": []}}, [None], [1, "x", {}], "spotify:track:", ";", "\u0301"),
    *("2023-05-01T12:03:00+01", "2023-05-01T12:03+01Z", "0000-00-00T00:00:00Z"),
)


def cut(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data))]


def beheaded(data: bytes, rng: random.Random) -> bytes:
    return data[rng.randrange(len(data)) :]


def flipped(data: bytes, rng: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 3, 20))):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def injected(data: bytes, rng: random.Random) -> bytes:
    for _ in range(rng.choice((1, 2, 10))):
        place = rng.randrange(len(data))
        data = data[:place] + rng.choice(TOKENS) + data[place:]
    return data


def huge_numbers(data: bytes, rng: random.Random) -> bytes:
    share = rng.choice((0.05, 0.3, 1.0))
    return re.sub(
        rb"-?\d+(?:\.\d+)?",
        lambda found: rng.choice(HUGE) if rng.random() < share else found[0],
        data,
    )


def shuffled(data: bytes, rng: random.Random) -> bytes:
    """A piece left out, doubled, or moved."""
    one, other = sorted(rng.randrange(len(data)) for _ in range(2))
    before, piece, after = data[:one], data[one:other], data[other:]
    return rng.choice((before + after, before + piece + piece + after, before + after + piece))


def reencoded(data: bytes, rng: random.Random) -> bytes:
    text = data.decode("utf-8", "replace")
    encoding = rng.choice(("utf-16", "utf-16-le", "utf-16-be", "cp1252", "utf-8-sig", "utf-7"))
    encoded = text.encode(encoding, "replace")
    return cut(encoded, rng) if rng.random() < 0.5 else encoded


def retyped(data: bytes, rng: random.Random) -> bytes:
    """Values of JSON, or cells of a table, that are of another type."""
    lines = data.split(b"\n")
    try:
        return _odd_json(json.loads(data), rng)
    except ValueError:
        pass
    place = rng.randrange(len(lines))
    try:
        lines[place] = _odd_json(json.loads(lines[place]), rng)
    except ValueError:
        cells = re.split(rb"([,;\t])", lines[place])
        odd = json.dumps(rng.choice(ODD)).encode()
        cells[rng.randrange(len(cells))] = rng.choice((odd, odd.strip(b'"')))
        lines[place] = b"".join(cells)
    return b"\n".join(lines)


def _odd_json(value: Any, rng: random.Random) -> bytes:
    for _ in range(rng.choice((1, 1, 3))):
        value = _swapped(value, rng)
    return json.dumps(value).encode()


def _swapped(value: Any, rng: random.Random) -> Any:
    if not isinstance(value, dict | list) or not value or rng.random() < 0.15:
        return copy.deepcopy(rng.choice(ODD))  # a later swap may be inside it
    keys = list(value) if isinstance(value, dict) else range(len(value))
    key = rng.choice(list(keys))
    value[key] = _swapped(value[key], rng)
    return value


DAMAGES: tuple[Damage, ...] = (
    *(cut, beheaded, flipped, injected, huge_numbers, shuffled, reencoded, retyped),
)


def damaged(path: Path, times: int) -> Iterator[bytes]:
    """Damaged copies of a file, the same ones every time."""
    whole = path.read_bytes()
    for damage in DAMAGES:
        for number in range(times):
            yield damage(whole, random.Random(f"{path.name} {damage.__name__} {number}"))


# --- every sample, damaged ------------------------------------------------------------------


def test_there_are_samples_of_most_readers() -> None:
    assert len({reader_of(path).name for path in SAMPLES}) >= 8


@each_sample
def test_a_sample_is_read_whole_by_its_reader(path: Path) -> None:
    data = path.read_bytes()
    options = options_for(data)
    parsed = attempt(reader_of(path), data, options)
    assert parsed is not None
    assert parsed.read > 0
    assert recognise_format(data, options) is reader_of(path)


@each_sample
def test_damage(path: Path) -> None:
    options = options_for(path.read_bytes(), private=True)
    for data in damaged(path, times=2):
        attempt(reader_of(path), data, options)


@pytest.mark.slow
@pytest.mark.timeout(600)
@each_sample
def test_much_damage(path: Path) -> None:
    options = options_for(path.read_bytes())
    for data in damaged(path, times=40):
        attempt(reader_of(path), data, options)


@pytest.mark.slow
@pytest.mark.timeout(600)
@each_source
def test_damage_of_any_sample_in_any_reader(source: Source) -> None:
    for path in SAMPLES:
        options = options_for(path.read_bytes())
        for data in damaged(path, times=2):
            attempt(source, data, options)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_damage_of_real_exports(shared: Path) -> None:
    for path in sorted((shared / "exports").rglob("*.*")):
        data = path.read_bytes() if path.suffix != ".zip" else b""
        source = recognise_format(data) if data else None
        if source is None:
            continue
        for mutant in damaged(path, times=1 if len(data) > 200_000 else 10):
            attempt(source, mutant)


@each_source
def test_any_sample_in_any_reader(source: Source) -> None:
    for path in SAMPLES:
        data = path.read_bytes()
        attempt(source, data, options_for(data))


@pytest.mark.parametrize("path", FIRST_SAMPLES, ids=name_of)
def test_damage_handed_in(path: Path, settings: Settings) -> None:
    options = options_for(path.read_bytes())
    inputs = [(path.name, data) for data in damaged(path, times=1) if data]
    for member in open_inputs(list(inputs), settings):
        if isinstance(member, Member) and (source := recognise_format(member.data, options)):
            attempt(source, member.data, options)


# --- what is good is kept -------------------------------------------------------------------


OF_LINES = [path for path in SAMPLES if path.suffix in (".csv", ".tsv", ".jsonl", ".log")]
OF_ROWS = [path for path in SAMPLES if path in OF_LINES or path.read_bytes()[:1] == b"["]
"""Samples in which a row stands by itself: lines, and arrays."""


@pytest.mark.parametrize("path", OF_ROWS, ids=name_of)
def test_what_stands_before_a_cut_is_kept(path: Path) -> None:
    """Lengthening a cut file never loses more than the row that was half there."""
    data, source = path.read_bytes(), reader_of(path)
    options = options_for(data)
    ends = [found.end() for found in re.finditer(rb"\}\s*,|\n", data)]
    before = 0
    for end in [*ends[:: max(len(ends) // 10, 1)], len(data)]:
        now = number_taken(source, data[:end], options)
        assert now >= before - 1
        before = max(now, before)
    assert before > 0 or not number_taken(source, data, options)


@pytest.mark.parametrize("path", OF_LINES, ids=name_of)
def test_a_bad_line_costs_itself_alone(path: Path) -> None:
    data, source = path.read_bytes(), reader_of(path)
    options = options_for(data)
    lines = data.splitlines(keepends=True)
    bad = [b"!\n", b"{\n", b"[1, 2\n", b"null\n", b"\0\0\n", b"{}\n"]
    parsed = attempt(source, b"".join([*lines[:-1], *bad, lines[-1]]), options)
    assert parsed is not None
    assert taken(parsed) >= number_taken(source, data, options)


@pytest.mark.parametrize("quote_at", [1, 400, 19_999])
@pytest.mark.timeout(30)
def test_a_quote_that_is_never_closed_in_a_big_table(quote_at: int) -> None:
    row = b"7ATyvp3TmYBmGW7YuC8DJ3,2024-09-29T17:54:37Z,%d\n"
    lines = [b"a," + row % number for number in range(20_000)]
    lines[quote_at] = b'"a,' + row % 0
    data = b"listener,track_id,played_at,ms_played\n" + b"".join(lines)
    parsed = attempt(READERS["listeners"], data)
    assert parsed is not None
    assert parsed.rejected >= 1
    assert parsed.plays["ms_played"].tolist()[:quote_at] == list(range(quote_at))


# --- nesting, size and regular expressions ------------------------------------------------------

DEEP = (
    b"[" * 100_000,
    b"[" * 100_000 + b"]" * 100_000,
    b'{"a":' * 100_000,
    b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    b'[{"ts": ' + b"[" * 100_000 + b"]" * 100_000 + b"}]",
    b'{"track_metadata": ' + b'{"a":' * 50_000 + b"1" + b"}" * 50_001 + b"\n",
    b"<plist><dict><key>Tracks</key>" + b"<dict><key>a</key>" * 100_000,
    b"(" * 100_000,
    b'"' * 100_001,
    b",".join([b"artist"] * 20_000) + b"\n",
    b"track_name,artists,energy,tempo,valence\n" + b"," * 100_000 + b"\n",
)


@pytest.mark.timeout(60)
@each_source
def test_deep_nesting(source: Source) -> None:
    for data in DEEP:
        attempt(source, data)


@pytest.mark.timeout(60)
@each_sample
def test_one_value_nested_deeply(path: Path) -> None:
    data = path.read_bytes()
    for deep in (b"[" * 20_000 + b"]" * 20_000, b'{"a":' * 20_000 + b"1" + b"}" * 20_000):
        found = re.search(rb":\s*(\"[^\"]*\"|\d+)", data)
        if found:
            attempt(reader_of(path), data[: found.start(1)] + deep + data[found.end(1) :])


N = 100_000
EVIL = (
    *(" " * N, "(" * N, "[" * N, "(feat " * (N // 6), "[ft. " * (N // 5), " feat. " * (N // 7)),
    *(
        "- 2011 " * (N // 7),
        "-" * N,
        "(" + " " * N,
        " - 2011 remastered" * (N // 18),
        "a;" * (N // 2),
    ),
    *("a, " * (N // 3), "\\," * (N // 2), "['" + "\\'" * (N // 2) + "]", "['" * (N // 2) + "]"),
    *(
        "́" * N,
        "ﷺ" * (N // 18),
        "\u202e" * N,
        "spotify:track:" * (N // 14),
        "1" * N,
        "1:" * (N // 2),
    ),
    *("14 Nov 2023, " * (N // 13), "+" * N, "%41" * (N // 3), "!" * N, "é" * N, "&amp;" * (N // 5)),
)
TEXT = re.compile(
    rb'(?<=<string>)[^<]+|"(?:[^"\\]|\\.)*"(?!\s*:)|(?<=[,;\t\n])[^,;\t\n"{}\[\]:<>]{2,}'
)


def _evil(data: bytes, text: str, header_end: int) -> bytes:
    """All texts of a file below its first line replaced, up to ten of them."""
    left = 10

    def swap(found: re.Match[bytes]) -> bytes:
        nonlocal left
        left -= 1
        if left < 0:
            return found[0]
        quoted = found[0].startswith(b'"')
        if quoted:
            return json.dumps(text, ensure_ascii=False).encode()
        return text.encode() if b"<" in data[:1] else b'"' + text.encode() + b'"'

    return data[:header_end] + TEXT.sub(swap, data[header_end:])


@pytest.mark.timeout(100)
@pytest.mark.parametrize("path", FIRST_SAMPLES, ids=name_of)
def test_names_made_to_be_slow(path: Path) -> None:
    data = path.read_bytes()
    header_end = data.find(b"\n") + 1 if path in OF_LINES else 0
    for text in EVIL[len(path.name) % 4 :: 4]:
        attempt(reader_of(path), _evil(data, text, header_end), options_for(data))


@pytest.mark.slow
@pytest.mark.timeout(600)
@each_sample
def test_names_made_to_be_slow_in_each_sample(path: Path) -> None:
    data = path.read_bytes()
    for text in EVIL:
        for header_end in (0, data.find(b"\n") + 1):
            attempt(reader_of(path), _evil(data, text, header_end), options_for(data))


@pytest.mark.timeout(30)
def test_values_and_keys_of_slow_names() -> None:
    for text in EVIL:
        started = time.perf_counter()
        name = clean_text(text)
        assert len(name) <= 1_000
        assert name_id(name, name).startswith("name:")
        recording_key(name, name)
        parse_genres(text)
        parse_spotify_id(text)
        parse_year(text)
        assert time.perf_counter() - started < 5


@pytest.mark.timeout(60)
@pytest.mark.parametrize("path", OF_LINES[::3], ids=name_of)
def test_many_bad_rows_are_counted_and_few_listed(path: Path) -> None:
    data = path.read_bytes()
    attempt(reader_of(path), data.rstrip() + b"\n" + b"!\n" * 20_000, options_for(data))


# --- archives -------------------------------------------------------------------------------


def zip_of_empty(count: int) -> bytes:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for number in range(count):
            archive.writestr(f"Streaming_History_Audio_{number}.json", b"")
    return stream.getvalue()


@pytest.mark.timeout(10)
def test_ten_thousand_empty_members(settings: Settings) -> None:
    (problem,) = open_inputs([("many.zip", zip_of_empty(10_000))], settings)
    assert "files" in getattr(problem, "why", "")
    allowed = list(open_inputs([("fewer.zip", zip_of_empty(settings.max_members))], settings))
    assert len(allowed) == settings.max_members
    assert not any(isinstance(item, Member) for item in allowed)


CHILD = """
import resource, sys
from pathlib import Path
from musicai.core.settings import Settings
from musicai.library.archives import open_inputs
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
before = peak()
found = list(open_inputs([Path(sys.argv[1])], Settings(home=Path(sys.argv[2]))))
print(len(found), type(found[0]).__name__, peak() - before)
"""


def gigabyte_zip(path: Path, name: str) -> None:
    """A zip with a member of zeros, one that begins like a gz where the name says so.

    Written by hand: a megabyte is packed once, up to a point from which unpacking can begin
    anew, and its bytes stand there a thousand times.
    """
    start = b"\x1f\x8b" if name.endswith(".gz") else b"\0\0"
    packer = zlib.compressobj(1, zlib.DEFLATED, -15)
    first = packer.compress(start) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(bytes(1024**2)) + packer.flush(zlib.Z_FULL_FLUSH)
    packed = first + block * 1024 + packer.flush()
    facts = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 0x21, 0, len(packed), 2 + 1024**3, len(name), 0)
    local = b"PK\3\4" + facts + name.encode()
    central = b"PK\1\2\x14\0" + facts + bytes(14) + name.encode()
    end = struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local) + len(packed), 0)
    path.write_bytes(local + packed + central + b"PK\5\6" + end)


@pytest.mark.timeout(60)
@pytest.mark.skipif(sys.platform == "win32", reason="measures memory with resource")
@pytest.mark.parametrize("kind", ["zip", "gz in zip", "plain"])
def test_a_gigabyte_is_refused_at_once(tmp_path: Path, settings: Settings, kind: str) -> None:
    path = tmp_path / ("big.json" if kind == "plain" else "big.zip")
    if kind == "plain":
        with path.open("wb") as stream:
            stream.truncate(1024**3)  # takes no room on disk
    else:
        gigabyte_zip(path, "big.json.gz" if kind == "gz in zip" else "big.json")
    started = time.perf_counter()
    command = [sys.executable, "-c", CHILD, str(path), str(settings.home)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert time.perf_counter() - started < LIMIT_S
    count, what, grown = done.stdout.split()
    assert (int(count) >= 1, what) == (True, "Problem")
    assert int(grown) < settings.max_member_bytes + 100 * 1024**2
