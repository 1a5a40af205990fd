"""What each kind of failure of Spotify means, and what to do about it.

| answer | error |
|---|---|
| 401, after the token was renewed once | ``SignInNeeded`` |
| token endpoint: ``invalid_grant`` | ``SignInNeeded``: revoked, or older than six months |
| 403 of the app: owner without Premium, account not on its list | ``NotAllowed`` |
| 403 of a scope, of a playlist, of playback without Premium | ``NotAllowed`` |
| 404 of a device | ``NotAllowed`` |
| 429 with ``QUOTA_EXCEEDED`` | ``QuotaSpent`` |
| 429 | ``RateLimited`` with the seconds to wait |
| 5xx, no connection, an answer that is none | ``SpotifyUnavailable`` |
"""

from __future__ import annotations

from spotipy.exceptions import SpotifyException, SpotifyOauthError

from musicai.core.errors import (
    NotAllowed,
    QuotaSpent,
    RateLimited,
    SignInNeeded,
    SpotifyError,
    SpotifyUnavailable,
)

QUOTA = "QUOTA_EXCEEDED"
"""The reason in a 429 that waiting does not cure."""

UNAUTHORISED, FORBIDDEN, MISSING, TOO_MANY, FAILING = 401, 403, 404, 429, 500

_PREMIUM_OWNER = "premium subscription required for the owner"
_PREMIUM_PLAYER = "PREMIUM_REQUIRED"
_NO_DEVICE = "NO_ACTIVE_DEVICE"
_SCOPE = "scope"


def retry_after(error: SpotifyException) -> float | None:
    """Seconds that a 429 asks to wait; None where it does not say, or says nonsense."""
    for name, value in dict(error.headers or {}).items():
        if str(name).lower() == "retry-after":
            try:
                return max(float(value), 0.0)
            except ValueError:
                return None
    return None


def is_quota(error: SpotifyException) -> bool:
    """Whether a 429 says that the quota is used up."""
    return error.http_status == TOO_MANY and str(error.reason or "").upper() == QUOTA


def convert_error(error: SpotifyException, doing: str) -> SpotifyError:
    """The error to raise for a failed call.

    Args:
        error: What spotipy raised.
        doing: What was being done, as it goes on after "while".
    """
    status = error.http_status
    if status == TOO_MANY:
        return _too_many(error, doing)
    if status == UNAUTHORISED:
        return build_signed_out_error(doing)
    if status == FORBIDDEN:
        return NotAllowed(_forbidden(error, doing))
    if status == MISSING:
        return NotAllowed(_missing(error, doing))
    if status >= FAILING:
        return unavailable(doing, f"it answered with status {status}")
    return NotAllowed(f"Spotify turned down the call while {doing} (status {status}).")


def build_signed_out_error(doing: str) -> SignInNeeded:
    """The token is not accepted any more."""
    return SignInNeeded(f"Spotify no longer accepts the sign-in ({doing}). Sign in again.")


def oauth(error: SpotifyOauthError) -> SpotifyError:
    """The error to raise where the token endpoint says no."""
    if error.error == "invalid_grant":
        return SignInNeeded(
            "The connection to Spotify has ended: it was revoked, or it is older than six months, "
            "after which Spotify ends every one. Sign in again."
        )
    if error.error == "invalid_client":
        return NotAllowed(
            "Spotify does not know this client id. Compare it with your app's page in the "
            "developer dashboard, then enter it again."
        )
    return unavailable("signing in", "its answer cannot be used")


def unavailable(doing: str, why: str = "it cannot be reached") -> SpotifyUnavailable:
    """Spotify fails or is out of reach."""
    return SpotifyUnavailable(
        f"Spotify did not answer while {doing}: {why}. What was read before is kept; try again "
        "in a minute."
    )


def _too_many(error: SpotifyException, doing: str) -> SpotifyError:
    if is_quota(error):
        return QuotaSpent(
            f"Your app's quota at Spotify is used up ({doing}). What was read is kept; go on "
            "later, a short wait does not help. The quota counts for all apps of the account that "
            "made them."
        )
    wait = retry_after(error)
    when = "in a while" if wait is None else f"in {_words(wait)}"
    return RateLimited(
        f"Spotify was asked too often ({doing}). What was read is kept; go on {when}.", wait
    )


def _words(seconds: float) -> str:
    if seconds < 90:
        return f"{max(round(seconds), 1)} s"
    if seconds < 2 * 3600:
        return f"{round(seconds / 60)} minutes"
    return f"{round(seconds / 3600)} hours"


def _forbidden(error: SpotifyException, doing: str) -> str:
    message, reason = str(error.msg or ""), str(error.reason or "")
    if _PREMIUM_OWNER in message.lower():
        return (
            "Spotify answers only apps whose owner has Premium, and the account that made this one "
            "has not. The import of your export on Home needs no account."
        )
    if reason == _PREMIUM_PLAYER:
        return "Only Premium accounts can be told to play. Open the track in Spotify instead."
    if _SCOPE in message.lower():
        return f"Your sign-in does not include the permission for {doing}. Grant it on Connect."
    return (
        f"Spotify does not allow this ({doing}). If it refuses everything, the account is not on "
        "your app's list: add it under “User Management” in the developer dashboard. If it is one "
        "playlist, it is not yours."
    )


def _missing(error: SpotifyException, doing: str) -> str:
    if str(error.reason or "") == _NO_DEVICE or "device" in str(error.msg or "").lower():
        return (
            "No device is ready to play. Open Spotify on your phone or computer, start any track "
            "there, then press again."
        )
    return f"Spotify has nothing of that address any more ({doing})."
