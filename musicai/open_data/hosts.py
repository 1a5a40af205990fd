"""Where open data are asked for, and the check that it is nowhere else."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields

from musicai.core.errors import SettingsError
from musicai.core.settings import Settings

_LOOPBACK = re.compile(r"http://127\.0\.0\.1:[0-9]{1,5}(?:/[a-z0-9/]*)?")


@dataclass(frozen=True)
class Hosts:
    """Base addresses without a final "/".

    Raises:
        SettingsError: an address is neither the official one nor a port of this machine.
    """

    listenbrainz: str = "https://api.listenbrainz.org"
    labs: str = "https://labs.api.listenbrainz.org"
    musicbrainz: str = "https://musicbrainz.org/ws/2"

    def __post_init__(self) -> None:
        for field in fields(self):
            address = getattr(self, field.name)
            if address != field.default and not _LOOPBACK.fullmatch(address):
                raise SettingsError(
                    f"{address!r} is no address of open data ({field.name}). Use "
                    f"{field.default}, or http://127.0.0.1:<port> for a stub on this machine."
                )

    @property
    def local(self) -> bool:
        """Whether every address is on this machine, so that no proxy has a part in it."""
        return all(getattr(self, f.name).startswith("http://127.0.0.1:") for f in fields(self))


def hosts_of(settings: Settings) -> Hosts:
    """The official hosts, or the stub that ``MUSICAI_OPEN_DATA_HOST`` names."""
    base = settings.open_data_host
    if not base:
        return Hosts()
    return Hosts(f"{base}/listenbrainz", f"{base}/labs", f"{base}/musicbrainz")
