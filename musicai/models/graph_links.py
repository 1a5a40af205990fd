"""Connections: the ways on which open data came from the listener's music to a track."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from scipy.sparse import csr_matrix, vstack

from musicai.core.progress import Progress
from musicai.data.arrays import Links, Query, TrainingData
from musicai.data.library import LINK_KINDS, BoolArray, FloatArray, IntArray, RowArray
from musicai.models.base import Component, ComponentConfig, Reason, write_json


@dataclass(frozen=True)
class ConnectionsConfig(ComponentConfig):
    """Connections has nothing to set."""


class Connections(Component):
    """Σ over a track's links of the link's strength × how much the query plays its beginning.

    A link begins at an artist, of whom a query plays log(1 + Σ confidences) relative to
    its most played artist, or at a tag, of which it plays the share of its confidences.
    Tracks without a link have no opinion.
    """

    name = "connections"
    label = "Connected"
    help = "Lifts new tracks that open data connects with artists and tags you play."
    trained = False
    config_class = ConnectionsConfig
    config: ConnectionsConfig

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Keep the links, and which tracks their beginnings stand for."""
        links, features = data.links, data.features
        self.links_ = links
        self.artist_ = features.artist
        self.by_ = tuple(
            features.artist_names[features.artist[track]] if features.artist[track] >= 0 else ""
            for track in links.track
        )
        terms = {term: column for column, term in enumerate(features.terms)}
        columns = [terms.get(f"g:{tag}", -1) for tag in links.tags]
        known = [(place, column) for place, column in enumerate(columns) if column >= 0]
        track, number = features.tfidf[:, [column for _, column in known]].nonzero()
        tag = np.array([place for place, _ in known], dtype=np.intp)[number]
        self.tagged_ = csr_matrix(
            (np.ones(len(track), dtype=np.float32), (track, tag)),
            shape=(features.n_tracks, len(columns)),
        )
        progress(1.0, "Followed the connections")
        return self

    # --- scoring ----------------------------------------------------------------------

    def _begin(self, query: Query) -> FloatArray:
        """(n_links,) how much the query plays the beginning of each link, 0 to 1."""
        return self._walk_links(query)[0]

    def _walk_links(self, query: Query) -> tuple[FloatArray, float]:
        if self.token not in query.memo:
            query.memo[self.token] = self._describe_start(*query.profile())
        found: tuple[FloatArray, float] = query.memo[self.token]
        return found

    def _describe_start(self, rows: IntArray, weights: FloatArray) -> tuple[FloatArray, float]:
        """The beginnings, and how much the second artist is played, where the first is 1."""
        links, second = self.links_, 0.0
        found = np.zeros(len(links), dtype=np.float32)
        known = self.artist_[rows] >= 0
        if known.any():
            size = int(self.artist_.max()) + 1
            artists = np.bincount(self.artist_[rows][known], weights[known], minlength=size)
            artists = np.log1p(artists) / np.log1p(artists.max())
            second = float(np.partition(artists, -2)[-2]) if size > 1 else 0.0
            by_artist = links.artist >= 0
            found[by_artist] = artists[links.artist[by_artist]]
        by_tag = links.tag >= 0
        if by_tag.any() and len(rows):
            shares = (weights @ self.tagged_[rows]) / weights.sum()
            found[by_tag] = shares[links.tag[by_tag]]
        return found, second

    @property
    def _has_link(self) -> BoolArray:
        """(n_tracks,) tracks with a link."""
        linked = np.zeros(len(self.artist_), dtype=bool)
        linked[self.links_.track] = True
        return linked

    def score(self, query: Query) -> FloatArray:
        """(n_tracks,) NaN for tracks without a link, and for a stranger without seeds."""
        n = len(self.artist_)
        if not len(query.profile()[0]):
            return np.full(n, np.nan, dtype=np.float32)
        parts = self.links_.strength * self._begin(query)
        scores = np.bincount(self.links_.track, parts, minlength=n)
        return np.where(self._has_link, scores, np.nan).astype(np.float32)

    def reasons(self, query: Query, track: int) -> list[Reason]:
        """The strongest link of the artist or tag without which the score would fall most."""
        mine = np.flatnonzero(self.links_.track == track)
        if not len(mine) or not len(query.profile()[0]):
            return []
        links = self.links_
        parts = links.strength[mine] * self._begin(query)[mine]
        if parts.max() <= 0:
            return []
        told = self._of_strongest(query, mine, parts)
        best = int(told[np.argmax(parts[told])])
        link = int(mine[best])
        artist, tag = int(links.artist[link]), int(links.tag[link])
        return [
            Reason(
                self.name,
                self._words(query, link),
                float(parts[best]),
                artist=artist if artist >= 0 else None,
                feature=f"tag:{links.tags[tag]}" if tag >= 0 else None,
            )
        ]

    def _of_strongest(self, query: Query, mine: RowArray, parts: FloatArray) -> RowArray:
        """Places in ``mine`` of the links whose common beginning moves the score most.

        Without the artist who is played most, the others count relative to the second: what
        their links would gain is taken off.
        """
        begin, second = self._walk_links(query)
        artist, tag = self.links_.artist[mine], self.links_.tag[mine]
        by_artist = artist >= 0
        found, most = np.arange(0), -np.inf
        for place in np.flatnonzero(parts > 0):
            same = (artist == artist[place]) & (tag == tag[place])
            fall = float(parts[same].sum())
            if by_artist[place] and begin[mine[place]] >= 1 and second > 0:
                fall -= float(parts[by_artist & ~same].sum()) * (1 / second - 1)
            if fall > most:
                found, most = np.flatnonzero(same), fall
        return found

    def _words(self, query: Query, link: int) -> str:
        """One link as a clause, with the listener's own number."""
        links = self.links_
        via, through = links.via[link], links.through[link]
        kind = LINK_KINDS[links.kind[link]]
        if kind == "tag":
            return f"it is tagged “{via}”, like {self._begin(query)[link]:.0%} of your music here"
        met = self._find_met(query, int(links.artist[link]))
        if kind == "top recording":
            return f"it is among the most played of {via}, {met}"
        if kind == "fresh release":
            return f"it is a new release of {via}, {met}"
        if kind == "similar recording":
            return f"it is played beside tracks of {via}, {met}"
        by = self.by_[link] or "it"
        if through:
            return f"{by} is similar to {through}, who is similar to {via}, {met}"
        return f"{by} is similar to {via}, {met}"

    def _find_met(self, query: Query, artist: int) -> str:
        history = query.history
        plays = int(history.plays[self.artist_[history.rows] == artist].sum())
        if plays:
            return "whom you played once" if plays == 1 else f"whom you played {plays:,} times"
        return "from whom you start" if len(query.seeds) else "who is in your playlists"

    # --- disk -------------------------------------------------------------------------

    def save(self, folder: Path) -> None:
        """Arrays as npz, words as JSON."""
        links = self.links_
        np.savez_compressed(
            folder / "connections.npz",
            track=links.track,
            kind=links.kind,
            artist=links.artist,
            tag=links.tag,
            strength=links.strength,
            artist_of=self.artist_,
            tagged=np.stack(self.tagged_.nonzero()).astype(np.int32),
        )
        words = {"via": links.via, "through": links.through, "tags": links.tags, "by": self.by_}
        write_json(folder / "connections.json", {name: list(some) for name, some in words.items()})

    @classmethod
    def load(cls, folder: Path, config: ComponentConfig) -> Self:
        """Read what ``save`` wrote."""
        component = cls(config)
        words = json.loads((folder / "connections.json").read_text("utf-8"))
        with np.load(folder / "connections.npz", allow_pickle=False) as stored:
            component.links_ = Links(
                track=stored["track"],
                kind=stored["kind"],
                artist=stored["artist"],
                tag=stored["tag"],
                strength=stored["strength"],
                via=tuple(words["via"]),
                through=tuple(words["through"]),
                tags=tuple(words["tags"]),
            )
            component.artist_ = stored["artist_of"]
            rows, columns = stored["tagged"]
        component.by_ = tuple(words["by"])
        component.tagged_ = csr_matrix(
            (np.ones(len(rows), dtype=np.float32), (rows, columns)),
            shape=(len(component.artist_), len(words["tags"])),
        )
        return component

    def align(self, rows: IntArray) -> Self:
        """The same links for another vocabulary."""
        other = type(self)(self.config)
        place = np.full(len(self.artist_), -1, dtype=np.int32)
        known = np.flatnonzero(rows >= 0)
        place[rows[known]] = known
        kept = place[self.links_.track] >= 0
        other.links_ = self.links_.of(kept, place[self.links_.track[kept]])
        other.by_ = tuple(by for by, keep in zip(self.by_, kept, strict=True) if keep)
        other.artist_ = np.append(self.artist_, np.int32(-1))[rows].astype(np.int32)
        padded = csr_matrix((1, self.tagged_.shape[1]), dtype=np.float32)
        other.tagged_ = csr_matrix(vstack([self.tagged_, padded], format="csr")[rows])
        return other
