"""The music map: all tracks in two dimensions, regions of it, and paths across it.

Made at training from what the components learned (``build``), kept with the version, read
when it is asked for. Reading and asking import nothing heavy.
"""

from musicai.models.music_map.model import MusicMap, build, grown, packed, unpacked
from musicai.models.music_map.path import MOST_STEPS, path_between
from musicai.models.music_map.view import (
    NO_GENRE,
    drawn,
    foremost,
    heard,
    main_genre,
    over_tracks,
    within,
)

__all__ = [
    "MOST_STEPS",
    "NO_GENRE",
    "MusicMap",
    "build",
    "drawn",
    "foremost",
    "grown",
    "heard",
    "main_genre",
    "over_tracks",
    "packed",
    "path_between",
    "unpacked",
    "within",
]
