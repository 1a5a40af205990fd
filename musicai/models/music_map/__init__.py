"""The music map: all tracks in two dimensions, regions of it, and paths across it.

Made at training from what the components learned (``build``), kept with the version, read
when it is asked for. Reading and asking import nothing heavy.
"""

from musicai.models.music_map.model import MusicMap, build, extend_map, pack_map, unpack_map
from musicai.models.music_map.path import MOST_STEPS, path_between
from musicai.models.music_map.view import (
    NO_GENRE,
    choose_drawn,
    count_full_plays,
    foremost,
    main_genre,
    over_tracks,
    within,
)

__all__ = [
    "MOST_STEPS",
    "NO_GENRE",
    "MusicMap",
    "build",
    "choose_drawn",
    "count_full_plays",
    "extend_map",
    "foremost",
    "main_genre",
    "over_tracks",
    "pack_map",
    "path_between",
    "unpack_map",
    "within",
]
