"""Open data of MetaBrainz: who made what, what it sounds like, who is played by the same people.

The only package that asks hosts on the internet. ListenBrainz, its labs and MusicBrainz are asked
for names and ids alone; never a time, a count, a user's name or a path leaves the machine.
"""

from musicai.integrations.metabrainz.cache import AnswerCache, StoredAnswers
from musicai.integrations.metabrainz.client import OpenData, connect
from musicai.integrations.metabrainz.credentials import Credentials
from musicai.integrations.metabrainz.models import (
    ArtistRef,
    ArtistTag,
    Listened,
    NewRelease,
    RecordingFacts,
    RecordingName,
    Resolved,
    SimilarArtist,
)
from musicai.integrations.metabrainz.transport import Hosts, hosts_of

__all__ = [
    "AnswerCache",
    "ArtistRef",
    "ArtistTag",
    "Credentials",
    "Hosts",
    "Listened",
    "NewRelease",
    "OpenData",
    "RecordingFacts",
    "RecordingName",
    "Resolved",
    "SimilarArtist",
    "StoredAnswers",
    "connect",
    "hosts_of",
]
