"""Open data of MetaBrainz: who made what, what it sounds like, who is played by the same people.

The only package that asks hosts on the internet. ListenBrainz, its labs and MusicBrainz are asked
for names and ids alone; never a time, a count, a user's name or a path leaves the machine.
"""

from musicai.open_data.answers import (
    ArtistRef,
    ArtistTag,
    Listened,
    Named,
    RecordingFacts,
    Release,
    Resolved,
    SimilarArtist,
)
from musicai.open_data.cache import AnswerCache, StoredAnswers
from musicai.open_data.client import OpenData, connect
from musicai.open_data.credentials import Credentials
from musicai.open_data.hosts import Hosts, hosts_of

__all__ = [
    "AnswerCache",
    "ArtistRef",
    "ArtistTag",
    "Credentials",
    "Hosts",
    "Listened",
    "Named",
    "OpenData",
    "RecordingFacts",
    "Release",
    "Resolved",
    "SimilarArtist",
    "StoredAnswers",
    "connect",
    "hosts_of",
]
