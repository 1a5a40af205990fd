"""Spotify on a port of this machine: the sign-in page, the token endpoint and the Web API.

``with Stub() as stub: world = SpotifyWorld(stub)``, then an ``Application`` with ``stub.address``
as its host, or a program with ``MUSICAI_SPOTIFY_HOST`` set to it. All music is invented. Failures
are laid over it: ``stub.on("GET", "/v1/me/tracks", Reply({...}, 429), times=1)``.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode

from tests.open_data_stub import Reply, Seen, Stub

CLIENT_ID = "0123456789abcdef0123456789abcdef"


def track_id(number: int) -> str:
    """22 characters, as Spotify's ids have."""
    return f"Stub{number:018d}"


def track(
    number: int, name: str = "", artist: str = "", *, isrc: str = "", length: int = 200_000
) -> dict[str, Any]:
    """A track as a new app of 2026 is told it: no popularity, no markets."""
    return {
        "id": track_id(number),
        "type": "track",
        "uri": f"spotify:track:{track_id(number)}",
        "name": name or f"Stub Song {number}",
        "artists": [{"id": f"StubArtist{number:012d}", "name": artist or f"Stub Artist {number}"}],
        "album": {"id": "x", "name": f"Stub Album {number}", "release_date": "2019-05-01"},
        "duration_ms": length,
        "explicit": False,
        **({"external_ids": {"isrc": isrc}} if isrc else {}),
    }


def failure(status: int, message: str, reason: str = "", **headers: str) -> Reply:
    """An error as the Web API words it."""
    error: dict[str, Any] = {"status": status, "message": message}
    if reason:
        error["reason"] = reason
    return Reply({"error": error}, status, headers)


TOO_OFTEN = failure(429, "API rate limit exceeded", **{"Retry-After": "2"})
QUOTA = failure(429, "Quota exceeded", "QUOTA_EXCEEDED", **{"Retry-After": "60"})


@dataclass
class Playlist:
    """A playlist of the account."""

    playlist_id: str
    name: str
    owner: str
    uris: list[str] = field(default_factory=list)
    rows: list[Any] | None = None
    """Rows as they are told, where they are not simply the tracks."""
    public: bool = False
    description: str = ""


class SpotifyWorld:
    """One account and its music.

    Args:
        stub: Where it answers.
        user: The account's name in the system.
        saved: How many tracks are saved.
        tracks: Numbers of tracks by name, for the top lists and searches.
    """

    def __init__(
        self,
        stub: Stub,
        *,
        user: str = "stub-user",
        saved: int = 120,
        songs: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        self.stub = stub
        self.user = user
        self.songs = list(songs) or [track(n) for n in range(1, 31)]
        self.saved = [track(1000 + n) for n in range(saved)]
        self.playlists: dict[str, Playlist] = {}
        self.denies = ""
        """The error to send back from the sign-in page; "" for a yes."""
        self.tokens: dict[str, str] = {}
        """Access token that is accepted -> its scopes."""
        self.expires_in = 3600
        self.played: list[str] = []
        self._codes: dict[str, tuple[str, str]] = {}
        self._refresh: dict[str, str] = {}
        self._numbers = itertools.count(1)
        for method, path, answer in self._endpoints():
            stub.on(method, path, answer)
        self.add_playlist(
            Playlist("StubPlaylistOwn0000001", "Stub Mix", user, [t["uri"] for t in self.songs[:5]])
        )
        self.add_playlist(
            Playlist("StubPlaylistOther00001", "Somebody's", "somebody-else", ["spotify:track:x"])
        )

    def _endpoints(self) -> list[tuple[str, str, Callable[[Seen], Any]]]:
        api = self._needs_token
        return [
            ("GET", "/authorize", self._authorize),
            ("POST", "/api/token", self._token),
            ("GET", "/v1/me/", api(self._me)),
            ("GET", "/v1/me", api(self._me)),
            ("GET", "/v1/me/top/tracks", api(self._top_tracks)),
            ("GET", "/v1/me/top/artists", api(self._top_artists)),
            ("GET", "/v1/me/tracks", api(self._saved)),
            ("GET", "/v1/me/player/recently-played", api(self._recent)),
            ("GET", "/v1/me/playlists", api(self._my_playlists)),
            ("POST", "/v1/me/playlists", api(self._create)),
            ("GET", "/v1/search", api(self._search)),
            ("PUT", "/v1/me/player/play", api(self._play)),
        ]

    def add_playlist(self, playlist: Playlist) -> None:
        """Let the account have or follow one more playlist."""
        self.playlists[playlist.playlist_id] = playlist
        path = f"/v1/playlists/{playlist.playlist_id}"
        api = self._needs_token
        for method, end, answer in (
            ("GET", "", self._head),
            ("GET", "/items", self._items),
            ("POST", "/items", self._append),
            ("PUT", "/items", self._replace),
        ):
            self.stub.on(method, path + end, api(self._of(playlist, answer)))

    @staticmethod
    def _of(playlist: Playlist, answer: Callable[[Playlist, Seen], Any]) -> Callable[[Seen], Any]:
        return lambda seen: answer(playlist, seen)

    # --- signing in -----------------------------------------------------------------------

    def _authorize(self, seen: Seen) -> Reply:
        asked = {name: values[0] for name, values in seen.query.items()}
        told = {"state": asked["state"]}
        if self.denies:
            told["error"] = self.denies
        else:
            code = f"code-{next(self._numbers)}"
            self._codes[code] = asked["code_challenge"], asked.get("scope", "")
            told["code"] = code
        return Reply(None, 302, {"Location": f"{asked['redirect_uri']}/?{urlencode(told)}"})

    def _token(self, seen: Seen) -> Reply:
        asked = {name: values[0] for name, values in parse_qs(seen.raw.decode()).items()}
        if asked.get("client_id") != CLIENT_ID:
            return Reply({"error": "invalid_client"}, 400)
        if asked["grant_type"] == "refresh_token":
            scope = self._refresh.get(asked["refresh_token"])
        else:
            challenge, granted = self._codes.pop(asked.get("code", ""), ("", ""))
            digest = hashlib.sha256(asked.get("code_verifier", "").encode()).digest()
            sent = base64.urlsafe_b64encode(digest).decode().rstrip("=")
            scope = granted if challenge and sent == challenge else None
        if scope is None:
            told = {"error": "invalid_grant", "error_description": "Invalid or revoked"}
            return Reply(told, 400)
        return Reply(self.grant(scope))

    def grant(self, scope: str) -> dict[str, Any]:
        """A new pair of tokens; the access tokens before hold no more."""
        number = next(self._numbers)
        access, refresh = f"access-secret-{number}", f"refresh-secret-{number}"
        self.tokens[access] = scope
        self._refresh[refresh] = scope
        return {
            "access_token": access,
            "refresh_token": refresh,
            "token_type": "Bearer",
            "expires_in": self.expires_in,
            "scope": scope,
        }

    def revoke(self) -> None:
        """End every connection."""
        self.tokens.clear()
        self._refresh.clear()

    def expire(self) -> None:
        """End the access tokens alone."""
        self.tokens.clear()

    def _needs_token(self, answer: Callable[[Seen], Any]) -> Callable[[Seen], Any]:
        def guarded(seen: Seen) -> Any:
            token = seen.headers.get("authorization", "").removeprefix("Bearer ")
            if token not in self.tokens:
                return failure(401, "The access token expired")
            scope = self.tokens[token]
            plays = seen.path.endswith("/play")
            needed = "user-modify-playback-state" if plays else "playlist-modify-"
            if seen.method in ("POST", "PUT") and needed not in scope:
                return failure(403, "Insufficient client scope")
            return answer(seen)

        return guarded

    # --- reading --------------------------------------------------------------------------

    def _me(self, seen: Seen) -> Any:
        return {
            "id": self.user,
            "display_name": f"Name of {self.user}",
            "account_id": f"acc-{self.user}",
        }

    def page(self, seen: Seen, rows: Sequence[Any]) -> dict[str, Any]:
        """A page of a list, as the Web API cuts it."""
        limit = int(seen.query.get("limit", ["20"])[0])
        offset = int(seen.query.get("offset", ["0"])[0])
        more = offset + limit < len(rows)
        return {
            "items": list(rows[offset : offset + limit]),
            "total": len(rows),
            "limit": limit,
            "offset": offset,
            "next": f"https://api.spotify.com/elsewhere?offset={offset + limit}" if more else None,
        }

    def _top_tracks(self, seen: Seen) -> Any:
        shift = {"short_term": 0, "medium_term": 5, "long_term": 10}[seen.query["time_range"][0]]
        return self.page(seen, self.songs[shift:] + self.songs[:shift])

    def _top_artists(self, seen: Seen) -> Any:
        return self.page(
            seen,
            [
                {"id": f"StubArtist{n:012d}", "name": song["artists"][0]["name"], "genres": []}
                for n, song in enumerate(self.songs)
            ],
        )

    def _saved(self, seen: Seen) -> Any:
        rows = [{"added_at": "2024-02-03T04:05:06Z", "track": one} for one in self.saved]
        return self.page(seen, rows)

    def _recent(self, seen: Seen) -> Any:
        rows = [
            {"played_at": f"2026-11-20T10:{n:02d}:00.000Z", "track": song, "context": None}
            for n, song in enumerate(self.songs[:20])
        ]
        return {"items": rows, "next": None, "cursors": {"after": "1", "before": "0"}, "limit": 50}

    def _my_playlists(self, seen: Seen) -> Any:
        heads = [
            {
                "id": one.playlist_id,
                "name": one.name,
                "collaborative": False,
                "owner": {"id": one.owner, "display_name": one.owner},
                **({"items": {"total": len(one.uris)}} if one.owner == self.user else {}),
            }
            for one in self.playlists.values()
        ]
        return self.page(seen, heads)

    def _items(self, playlist: Playlist, seen: Seen) -> Any:
        if playlist.owner != self.user:
            return failure(403, "Forbidden")
        by_uri = {one["uri"]: one for one in (*self.songs, *self.saved)}
        rows = playlist.rows
        if rows is None:
            rows = [
                {
                    "added_at": "2025-01-01T00:00:00Z",
                    "is_local": False,
                    "item": by_uri.get(uri, track(9)),
                }
                for uri in playlist.uris
            ]
        return self.page(seen, rows)

    def _head(self, playlist: Playlist, seen: Seen) -> Any:
        return {
            "id": playlist.playlist_id,
            "name": playlist.name,
            "owner": {"id": playlist.owner},
        }

    def _search(self, seen: Seen) -> Any:
        words = seen.query["q"][0].lower()
        assert int(seen.query["limit"][0]) <= 10, "more than Spotify gives"
        hits = [
            song
            for song in self.songs
            if song["name"].lower() in words
            or f"isrc:{song.get('external_ids', {}).get('isrc', '-').lower()}" == words
        ]
        return {"tracks": {"items": hits[:10], "total": len(hits)}}

    # --- writing --------------------------------------------------------------------------

    def _create(self, seen: Seen) -> Any:
        asked = seen.body
        made = Playlist(
            f"StubPlaylistMade{next(self._numbers):06d}",
            asked["name"],
            self.user,
            public=asked["public"],
            description=asked["description"],
        )
        self.add_playlist(made)
        return Reply({"id": made.playlist_id, "name": made.name, "owner": {"id": self.user}}, 201)

    def _append(self, playlist: Playlist, seen: Seen) -> Any:
        body = seen.body
        assert len(body["uris"]) <= 100, "more than Spotify takes"
        playlist.uris[body["position"] : body["position"]] = body["uris"]
        return Reply({"snapshot_id": "s"}, 201)

    def _replace(self, playlist: Playlist, seen: Seen) -> Any:
        assert len(seen.body["uris"]) <= 100, "more than Spotify takes"
        playlist.uris = list(seen.body["uris"])
        return {"snapshot_id": "s"}

    def _play(self, seen: Seen) -> Any:
        self.played = list(seen.body["uris"])
        return Reply(None, 204, body=b"")

    @property
    def made(self) -> list[Playlist]:
        """Playlists that were made through the API."""
        return [p for key, p in self.playlists.items() if key.startswith("StubPlaylistMade")]


def secrets_of(stub: Stub) -> list[str]:
    """Every token that was handed out or used, to be looked for where none may be."""
    found = {"access-secret", "refresh-secret"}
    for seen in stub.seen:
        found.add(seen.headers.get("authorization", "").removeprefix("Bearer "))
    return sorted(json.dumps(one).strip('"') for one in found if one)
