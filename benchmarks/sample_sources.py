"""The invented sample as a history, a catalogue and a neighbour pack that can be told apart.

In the sample's own profile all of it is there at once. Here its ids are renamed, so that the
machinery takes it for a person's files; nothing of this leaves a throw-away home.
"""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from collections import Counter

import pandas as pd

from musicai.core.settings import Settings
from musicai.data.library import INVENTED_PREFIX
from musicai.library.sample import FILES

_RENAMED = "benchmrk"
"""In place of the prefix of invented ids, and as long, so that the ids stay ids."""


def sample_history(settings: Settings) -> tuple[str, bytes]:
    """The sample's export, with other ids."""
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(settings.sample_data / FILES[1]) as archive,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as renamed,
    ):
        for name in archive.namelist():
            old, new = (f"spotify:track:{part}".encode() for part in (INVENTED_PREFIX, _RENAMED))
            renamed.writestr(name, archive.read(name).replace(old, new))
    return "sample.zip", packed.getvalue()


def sample_catalogue(settings: Settings) -> tuple[str, bytes]:
    """The sample's tracks, with other ids."""
    table = gzip.decompress((settings.sample_data / FILES[0]).read_bytes())
    renamed = table.replace(f"\n{INVENTED_PREFIX}".encode(), f"\n{_RENAMED}".encode())
    return "sample tracks.csv", renamed


def sample_pack(settings: Settings, cut: pd.Timestamp) -> tuple[str, bytes]:
    """How often each other listener of the sample played each artist before the cut."""
    tracks = pd.read_csv(settings.sample_data / FILES[0], usecols=["track_id", "artists"])
    artist = dict(zip(tracks["track_id"], tracks["artists"].str.split(";").str[0], strict=True))
    plays = pd.read_csv(
        settings.sample_data / FILES[2], usecols=["listener", "track_id", "played_at"]
    )
    plays = plays[pd.to_datetime(plays["played_at"], utc=True) < cut]
    counts = Counter(zip(plays["listener"], plays["track_id"].map(artist), strict=True))
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(("listener", "artist", "plays"))
    rows.writerows((*key, number) for key, number in sorted(counts.items()))
    return "sample listeners.csv", text.getvalue().encode()
