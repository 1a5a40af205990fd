"""Every error musicai raises on purpose, as one tree.

    MusicAIError
    ├── SettingsError            a setting or folder cannot be used
    ├── InputError               something handed in from outside
    │   ├── UnreadableFile       damaged, empty, or of no known format
    │   └── UnsafeFile           a zip bomb, too many members, too large
    ├── DataError                a table breaks its own rules
    ├── NotFound                 a profile, track, catalogue or version that is not there
    ├── QueryError               a request that cannot be meant (unknown mood, negative weight)
    ├── NoCandidates             a fair request with nothing to choose from
    ├── ModelError               a model version cannot be used
    │   ├── UntrustedArtifact    a file whose SHA-256 is not the recorded one
    │   └── IncompatibleModel    made by other library versions or for other data
    ├── StoreError               the database cannot be opened or written
    ├── OpenDataError            a host of open data
    │   ├── NeedsToken           the call needs a ListenBrainz token
    │   ├── HostUnavailable      it cannot be reached, or is overloaded; later works again
    │   └── Refused              it turned the call down, and asking again would not help
    ├── SpotifyError             Spotify did not do what was asked
    │   ├── SignInRefused        a sign-in that cannot be finished: denied, unknown, too late
    │   ├── SignInNeeded         there is no connection, or it no longer holds
    │   ├── NotAllowed           this account, this app or this permission does not reach so far
    │   ├── RateLimited          too many calls; after a while it works again
    │   ├── QuotaSpent           what the app may ask for is used up; a short wait does not help
    │   └── SpotifyUnavailable   it cannot be reached, or fails; later works again
    └── JobError                 a background job
        ├── JobRunning           another job holds the lock
        └── Cancelled            the person asked to stop

A message says what happened, where, and what to do next. Pages catch
``MusicAIError`` and nothing wider: anything else is a bug and should be seen.
"""

from __future__ import annotations


class MusicAIError(Exception):
    """Base of every error raised on purpose; its text is fit to show to a person."""


class SettingsError(MusicAIError):
    """A setting or a folder it names cannot be used."""


class InputError(MusicAIError):
    """Something handed in from outside cannot be taken."""


class UnreadableFile(InputError):
    """A file is damaged, empty, or of no format that is known here."""


class UnsafeFile(InputError):
    """A file is refused before it is unpacked: too large, too many members, a bomb."""


class DataError(MusicAIError):
    """A table breaks the rules of ``musicai.data.library``."""


class NotFound(MusicAIError):
    """A profile, track, catalogue or version by that name is not there."""


class QueryError(MusicAIError):
    """A request that cannot be meant: an unknown mood, a negative weight."""


class NoCandidates(MusicAIError):
    """A fair request, but there is no track to choose from; says how to get some."""


class ModelError(MusicAIError):
    """A model version cannot be used."""


class UntrustedArtifact(ModelError):
    """A model file's SHA-256 is not the one recorded elsewhere."""


class IncompatibleModel(ModelError):
    """A model version was made by other library versions or for other data."""


class StoreError(MusicAIError):
    """The database cannot be opened, read or written."""


class OpenDataError(MusicAIError):
    """A host of open data did not give what was asked; what came before is kept."""


class NeedsToken(OpenDataError):
    """The call needs a ListenBrainz token, and there is none or it is not accepted."""


class HostUnavailable(OpenDataError):
    """The host cannot be reached or is overloaded; the same call may work later."""


class Refused(OpenDataError):
    """The host turned the call down in a way that asking again will not mend."""


class SpotifyError(MusicAIError):
    """Spotify did not do what was asked; what came before is kept."""


class SignInRefused(SpotifyError):
    """A sign-in cannot be finished: it was denied, is not known here, or came too late."""


class SignInNeeded(SpotifyError):
    """There is no connection to Spotify, or it no longer holds."""


class NotAllowed(SpotifyError):
    """This account, this app or this permission does not reach so far."""


class RateLimited(SpotifyError):
    """Too many calls in a short time."""

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait
        """Seconds after which it works again, where Spotify said so."""


class QuotaSpent(SpotifyError):
    """What the app may ask for is used up; waiting a little does not help."""


class SpotifyUnavailable(SpotifyError):
    """Spotify cannot be reached, or fails; the same call may work later."""


class JobError(MusicAIError):
    """A background job could not start or did not finish."""


class JobRunning(JobError):
    """Another job holds the lock."""


class Cancelled(JobError):
    """The person asked the job to stop; nothing of it was kept."""
