"""The items of a trained component: tracks, artists and friends, and what a query has of them.

A component that learned from :class:`musicai.models.side_information.SideInformation` has one slot
for each of its kept columns: tracks first, then artists, then friends. This module says which slots
a query stands for, which slot a track is scored by, and in what words a slot may be told.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from scipy.sparse import csr_matrix

from musicai.data.arrays import Query, TrainingData
from musicai.data.library import BoolArray, FloatArray, IntArray
from musicai.models.base import Reason
from musicai.models.side_information import SideInformation

ENOUGH_LISTENERS = 20
"""From this many listeners on a reason may speak of "listeners like you"."""


@dataclass(frozen=True)
class Entries:
    """A query's tracks, and its friends, as the items that the model was trained on."""

    rows: IntArray
    """(k,) the query's tracks that are known here."""
    slots: IntArray
    """(e,) items."""
    weights: FloatArray
    """(e,) confidences."""
    share: csr_matrix | None
    """(k, e) each track's part in each entry, columns sum to 1 (to 0 for a friend's); None
    where entries and tracks are the same."""

    def of_tracks(self, parts: FloatArray) -> FloatArray:
        """(k,) what the entries' parts (e,) are by the query's tracks."""
        if self.share is None:
            return parts
        return np.asarray(self.share @ parts, dtype=np.float32)


@dataclass(frozen=True)
class ItemIndex:
    """Which tracks, artists and friends a model knows; see the module."""

    n_tracks: int
    """Tracks of the library."""
    tracks: IntArray
    """(n_heard,) track rows with a slot of their own."""
    played: BoolArray
    """(n_heard,) whether anybody in the data has played them; the others are known by artist,
    genre or sound alone."""
    names: tuple[str, ...]
    """(n_heard,) titles."""
    artists: tuple[str, ...]
    """(n_artists,) names of the artists with slots."""
    artist_of: IntArray
    """(n_tracks,) position in ``artists``, −1 for none; empty where there are no artists."""
    named: BoolArray
    """(n_artists,) whether listeners of packs play them; of the others only the owner's rows
    tell."""
    n_friends: int
    """Slots of friends."""
    shared: bool
    """Whether other listeners' rows name tracks, and not only artists."""
    n_listeners: int
    """Real listeners in the training rows."""
    artist_share: float
    """Part of an artist's score that a track of theirs gets which has no slot of its own."""
    friend_weight: float
    """Confidence of a friend in a query."""
    slot: IntArray
    """(n_tracks,) the slot by which a track is scored, −1 for none."""

    @classmethod
    def of(
        cls, joint: SideInformation, data: TrainingData, artist_share: float, friend_weight: float
    ) -> Self:
        """The items of a training."""
        features = data.features
        found = cls(
            n_tracks=features.n_tracks,
            tracks=joint.tracks,
            played=joint.played,
            names=tuple(features.names[row] for row in joint.tracks),
            artists=tuple(features.artist_names[artist] for artist in joint.artists),
            artist_of=_positions(joint.artists, features.artist, len(features.artist_names)),
            named=joint.named,
            n_friends=joint.n_friends,
            shared=joint.shared,
            n_listeners=data.n_listeners + data.n_neighbours,
            artist_share=artist_share,
            friend_weight=friend_weight,
            slot=np.zeros(0, dtype=np.int32),
        )
        return found._find_slots()

    def _find_slots(self) -> Self:
        slot = np.full(self.n_tracks, -1, dtype=np.int32)
        if self.artists:
            slot = np.where(self.artist_of >= 0, self.artist_of + len(self.tracks), -1)
        slot[self.tracks] = np.arange(len(self.tracks), dtype=np.int32)
        return replace(self, slot=slot.astype(np.int32))

    @property
    def n_slots(self) -> int:
        """Tracks, artists and friends."""
        return len(self.tracks) + len(self.artists) + self.n_friends

    # --- queries ----------------------------------------------------------------------

    def entries(self, query: Query, most: int) -> Entries | None:
        """What a query has of these items, its ``most`` heaviest tracks; None for nothing."""
        rows, weights = query.profile()
        known = self.slot[rows] >= 0
        rows, weights = rows[known], weights[known]
        if len(rows) > most:
            heaviest = np.sort(np.argpartition(-weights, most)[:most])
            rows, weights = rows[heaviest], weights[heaviest]
        friends = query.history.friends
        friends = friends[friends < self.n_friends]
        if not len(rows) and not len(friends):
            return None
        if not self.artists and not len(friends):
            return Entries(rows, self.slot[rows], weights, None)
        return self._with_artists_and_friends(rows, weights, friends)

    def _with_artists_and_friends(
        self, rows: IntArray, weights: FloatArray, friends: IntArray
    ) -> Entries:
        """As in training, a listener of a track is one of its artist, too."""
        heard = np.flatnonzero(self.slot[rows] < len(self.tracks))
        by = np.flatnonzero(self.artist_of[rows] >= 0) if self.artists else heard[:0]
        position = self.artist_of[rows[by]] if self.artists else by
        artists, place = np.unique(position, return_inverse=True)
        total = np.bincount(place, weights=weights[by], minlength=len(artists))
        part = np.concatenate([np.ones(len(heard)), weights[by] / total[place]])
        row = np.concatenate([heard, by])
        column = np.concatenate([np.arange(len(heard)), len(heard) + place])
        slots = [
            self.slot[rows[heard]],
            artists + len(self.tracks),
            friends + len(self.tracks) + len(self.artists),
        ]
        friendly = np.full(len(friends), self.friend_weight)
        confidence = np.concatenate([weights[heard], np.log1p(total), friendly])
        return Entries(
            rows,
            np.concatenate(slots).astype(np.int32),
            confidence.astype(np.float32),
            csr_matrix((part, (row, column)), shape=(len(rows), len(confidence))),
        )

    def by_track(self, scores: FloatArray) -> FloatArray:
        """(n_tracks,) the scores (≥ n_heard + n_artists,) of slots as scores of tracks.

        NaN for tracks without a slot; changes ``scores``.
        """
        n = len(self.tracks) + len(self.artists)
        scores[len(self.tracks) : n] *= np.float32(self.artist_share)
        # the slots are in bounds, −1 apart: "clip" and "wrap" spare the copy that checking costs
        found: FloatArray = np.take(
            np.append(scores[:n], np.float32(np.nan)), self.slot, mode="wrap"
        )
        return found

    def share_of(self, track: int) -> float:
        """The part of its slot's score that a track gets."""
        return self.artist_share if self.slot[track] >= len(self.tracks) else 1.0

    # --- words ------------------------------------------------------------------------

    def reasons(
        self, component: str, query: Query, track: int, rows: IntArray, parts: FloatArray
    ) -> list[Reason]:
        """The played track or seed that moved a track most.

        Args:
            component: Whose score it is.
            query: What was asked.
            track: The track row to explain.
            rows: (k,) the query's tracks that are known here.
            parts: (k,) what each of them adds to the track's score.
        """
        if not len(rows):
            return []
        others = np.where(self._find_namable(rows, track), parts, -np.inf)
        best = int(np.argmax(others))
        if others[best] > 0:
            row = int(rows[best])
            return [Reason(component, self._together(row, track), float(parts[best]), row)]
        own = rows == track
        if parts[own].sum() > 0:
            text = "you start from it" if track in query.seeds else "you play it yourself"
            return [Reason(component, text, float(parts[own].sum()), track)]
        return []

    def _find_namable(self, rows: IntArray, track: int) -> BoolArray:
        """(k,) which of the query's tracks can be named as what leads to a track.

        Where the track is known by its artist alone, those of whose artists the
        listeners of packs say something.
        """
        told: BoolArray = rows != track
        if self.slot[track] < len(self.tracks):
            return told
        by, what = self.artist_of[rows], self.artist_of[track]
        named = np.append(self.named, False)  # the last for tracks of no artist
        told &= (by == what) | (named[by] & named[what])
        return told

    def _together(self, row: int, track: int) -> str:
        """What links a played track to another, in words that the training rows bear out."""
        enough, n_heard = self.n_listeners >= ENOUGH_LISTENERS, len(self.tracks)
        target = int(self.slot[track])
        who = "listeners like you" if enough else "a few listeners"
        if target < n_heard:
            played = self._name_played(row)
            if not self.played[target]:
                return f"its artist, genre or sound goes with {played} in what is played together"
            # packs of artists say nothing of single tracks
            if self.shared if self.artists else enough:
                return f"{who} who play {played} also play it"
            return f"it goes together with {played} in your sessions"
        by, what = int(self.artist_of[row]), target - n_heard
        if by == what:
            as_they = f", as {who} do" if self.named[what] else ""
            return f"you play {self.artists[what]}{as_they}"
        played = self.artists[by] if by >= 0 else self._name_played(row)
        return f"{who} who play {played} also play {self.artists[what]}"

    def _name_played(self, row: int) -> str:
        """A track of the query, by its title; by its artist where only the artist is known."""
        slot = int(self.slot[row])
        if slot < len(self.tracks):
            return f"“{self.names[slot]}”"
        return self.artists[slot - len(self.tracks)]

    # --- disk and vocabularies --------------------------------------------------------

    def arrays(self) -> dict[str, Any]:
        """What ``np.savez`` keeps."""
        return {
            "tracks": self.tracks,
            "played": self.played,
            "n_tracks": np.int64(self.n_tracks),
            "artist_of": self.artist_of,
            "artist_named": self.named,
        }

    def texts(self) -> dict[str, Any]:
        """What JSON keeps."""
        return {
            "n_listeners": self.n_listeners,
            "names": list(self.names),
            "artists": list(self.artists),
            "shared": self.shared,
            "n_friends": self.n_friends,
        }

    @classmethod
    def restore(
        cls, stored: Any, texts: dict[str, Any], artist_share: float, friend_weight: float
    ) -> Self:
        """From :meth:`arrays` and :meth:`texts`.

        Versions of before there were packs, or side rows, lack some of it.
        """
        artists = tuple(texts.get("artists", ()))
        tracks = stored["tracks"]
        found = cls(
            n_tracks=int(stored["n_tracks"]),
            tracks=tracks,
            played=stored["played"] if "played" in stored else np.ones(len(tracks), dtype=bool),
            names=tuple(texts["names"]),
            artists=artists,
            artist_of=stored["artist_of"] if artists else _NO_ARTISTS,
            named=stored["artist_named"] if artists else np.zeros(0, dtype=bool),
            n_friends=int(texts.get("n_friends", 0)),
            shared=bool(texts.get("shared")),
            n_listeners=int(texts["n_listeners"]),
            artist_share=artist_share,
            friend_weight=friend_weight,
            slot=np.zeros(0, dtype=np.int32),
        )
        return found._find_slots()

    def align(self, rows: IntArray) -> tuple[Self, IntArray]:
        """The same for another vocabulary (see ``Component.align``), and the slots that stay."""
        slot_of = np.full(self.n_tracks + 1, -1, dtype=np.int32)  # the last for unknown rows
        slot_of[self.tracks] = np.arange(len(self.tracks), dtype=np.int32)
        tracks = np.flatnonzero(slot_of[rows] >= 0).astype(np.int32)
        kept = slot_of[rows][tracks]
        other = replace(
            self,
            n_tracks=len(rows),
            tracks=tracks,
            played=self.played[kept],
            names=tuple(self.names[place] for place in kept),
            artist_of=np.append(self.artist_of, np.int32(-1))[rows]
            if self.artists
            else _NO_ARTISTS,
        )
        further = np.arange(len(self.tracks), self.n_slots, dtype=np.int32)
        return other._find_slots(), np.concatenate([kept, further])


_NO_ARTISTS = np.zeros(0, dtype=np.int32)


def _positions(artists: IntArray, artist: IntArray, n: int) -> IntArray:
    """(n_tracks,) position among ``artists`` of each track's artist, −1 for none."""
    if not len(artists):
        return _NO_ARTISTS
    position = np.full(n + 1, -1, dtype=np.int32)  # the last for tracks of no artist
    position[artists] = np.arange(len(artists))
    return position[artist]
