"""One recording, one track: how names are compared.

Ids come first; where there is none, or it differs between re-releases, the
normalised first artist and title decide.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np

from musicai.data.library import ARTIST_SEPARATOR, IntArray

_PUNCTUATION = re.compile(r"[^\w\s]", re.UNICODE)
_ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}")
_SPACES = re.compile(r"\s+")
_BRACKETED_GUEST = re.compile(r"\s*[\(\[](?:feat\.?|ft\.?|featuring|with)\s[^\)\]]*[\)\]]", re.I)
_TRAILING_GUEST = re.compile(r"\s+(?:feat\.?|ft\.?|featuring)\s.*$", re.I)
_GUESTS = re.compile(
    r"(?:[\(\[]\s*(?:feat\.?|ft\.?|featuring|with)|\s(?:feat\.?|ft\.?|featuring))\s+"
    r"([^\(\)\[\]]+?)(?=\s[-–]\s|[\(\)\[\]]|$)",
    re.I,
)
_REMIXER = re.compile(
    r"(?:[\(\[]|\s[-–]\s)\s*([^\(\)\[\]–]+?)\s+(?:remix|mix|edit|rework|bootleg|vip)\b", re.I
)
_AND = re.compile(r"\s*[,&;/]\s*|\s+(?:and|x|vs\.?)\s+", re.I)
_NO_ONE = frozenset(
    ("radio", "original", "extended", "club", "album", "single", "official", "video", "dance")
)
_REISSUE = re.compile(
    r"\s*[\-–\(\[]\s*(?:\d{4}\s+)?(?:digital(?:ly)?\s+)?(?:remaster(?:ed)?|mono|stereo|"
    r"album version|single version|original version|bonus track|deluxe edition)"
    r"(?:\s+version)?(?:\s+\d{4})?\s*[\)\]]?\s*$",
    re.I,
)
_MARKS = re.compile(r"[\-–(\[]|f(?:ea)?t", re.I)
"""In every title that has a guest or a re-issue mark, and in few others."""


@lru_cache(maxsize=200_000)
def normalise(text: str) -> str:
    """Lower case, accents and punctuation dropped, blanks single; letters of any script stay.

    A name made of punctuation alone ("!!!") is kept as it is, so that it still
    has a key of its own.
    """
    # folded on both sides of the decomposition, which may bring capitals to light ("𝓐" → "A"):
    # compatibility caseless matching of the Unicode Standard, section 3.13
    if text.isascii():  # nothing to decompose there, and most names are
        folded = text.lower()
    else:
        folded = unicodedata.normalize("NFKD", text).casefold()
        folded = unicodedata.normalize("NFKD", folded).casefold()
        folded = "".join(ch for ch in folded if not unicodedata.combining(ch))
    plain = _SPACES.sub(" ", _PUNCTUATION.sub(" ", folded.replace("&", " and "))).strip()
    # a name of marks alone keeps itself as its key, rather than share an empty one with others
    return plain or _SPACES.sub(" ", folded).strip() or text.strip()


@lru_cache(maxsize=200_000)
def title_key(title: str) -> str:
    """The title without guests and re-issue marks.

    "Remastered 2011" and "feat. X" name the same recording; "Live", "Remix" and
    "Acoustic" name another one and stay.
    """
    if not _MARKS.search(title):  # most titles; the patterns below need one of these
        return normalise(title)
    bare = _BRACKETED_GUEST.sub("", title)
    bare = _TRAILING_GUEST.sub("", bare)
    bare = _REISSUE.sub("", bare)
    return normalise(bare) or normalise(title)


def guests(title: str) -> list[str]:
    """Whom a title names beside its artists: guests ("feat. X & Y") and remixers ("Z Remix")."""
    found = [match.group(1) for match in _GUESTS.finditer(title)]
    found += [match.group(1) for match in _REMIXER.finditer(title)]
    names = [name.strip() for names in found for name in _AND.split(names)]
    return [name for name in dict.fromkeys(names) if name and name.lower() not in _NO_ONE]


def first_artist(artists: str) -> str:
    """The first of the ";"-joined artists."""
    return artists.split(ARTIST_SEPARATOR, 1)[0].strip()


def artist_keys(artists: Iterable[str]) -> list[str]:
    """The normalised first artist of each text; every different text is looked at once.

    A cache of a fixed size would be of no use here: a large table goes through it in turn and
    finds nothing of what was put in.
    """
    known: dict[str, str] = {}
    found = []
    for text in artists:
        key = known.get(text)
        if key is None:
            key = known[text] = normalise(first_artist(text))
        found.append(key)
    return found


def recording_keys(artists: Iterable[str], names: Iterable[str]) -> list[str]:
    """``recording_key`` of each row; "" for a row without a name."""
    return [
        f"{by}\t{title_key(name)}" if name else ""
        for by, name in zip(artist_keys(artists), names, strict=True)
    ]


def recording_key(artists: str, name: str) -> str:
    """Equal for two tracks exactly if they are taken to be one recording."""
    return f"{normalise(first_artist(artists))}\t{title_key(name)}"


def recordings(artists: Sequence[str], names: Sequence[str], ids: Sequence[str]) -> IntArray:
    """(n,) numbers from 0 on; tracks of one number are one recording."""
    keys: dict[str, int] = {}
    return np.array(
        [
            keys.setdefault(key or f"id\t{track_id}", len(keys))
            for key, track_id in zip(recording_keys(artists, names), ids, strict=True)
        ],
        dtype=np.int32,
    )


def isrc(text: str) -> str:
    """An International Standard Recording Code (ISO 3901) without hyphens; "" for what is none."""
    code = text.strip().replace("-", "").upper()
    return code if _ISRC.fullmatch(code) else ""


def name_id(artists: str, name: str) -> str:
    """A track id for a row that has only names; the same names give the same id."""
    digest = hashlib.sha256(recording_key(artists, name).encode()).hexdigest()
    return f"name:{digest[:16]}"
