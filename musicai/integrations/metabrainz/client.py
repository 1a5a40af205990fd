"""The client: what was answered before from the cache, the rest from the hosts in batches.

Each batch is kept as it comes. Where a method raises, a second call goes on with what is left.
"""

from __future__ import annotations

import logging
import random
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar

import orjson

from musicai.core.errors import NeedsToken
from musicai.core.progress import Progress, no_progress
from musicai.data.text_keys import normalise, title_key
from musicai.integrations.metabrainz import credentials, endpoints, parsing
from musicai.integrations.metabrainz import parsing as values
from musicai.integrations.metabrainz.cache import AnswerCache, StoredAnswers
from musicai.integrations.metabrainz.endpoints import Ask, Kind, Rows
from musicai.integrations.metabrainz.models import (
    Listened,
    NewRelease,
    RecordingFacts,
    RecordingName,
    Resolved,
    SimilarArtist,
)
from musicai.integrations.metabrainz.transport import (
    BadQuestion,
    Call,
    Clock,
    Failing,
    Hosts,
    SystemClock,
    Transport,
    hosts_of,
)
from musicai.store import Store

logger = logging.getLogger(__name__)

NEGATIVE_DAYS = 30
"""How long it counts that a host knows nothing of a question."""

_DAY = 86_400
_T = TypeVar("_T")


class OpenData:
    """Asks ListenBrainz, its labs and MusicBrainz; at most one request a second over all three.

    Every method raises what stops it: :class:`NeedsToken` without a token that it needs,
    :class:`Refused` where a host turned musicai away, :class:`HostUnavailable` where nothing more
    can be had for now, and :class:`Cancelled` where ``progress`` does. What came before is kept.

    Args:
        hosts: Where to ask.
        cache: What was answered before.
        contact: Tells the hosts whom to reach about this program, not who uses it.
        token: Of a ListenBrainz account; sent to ListenBrainz and to nobody else.
        clock: Time.
        progress: Told before every request how much of the method's work is done; the attribute
            of this name may be replaced between calls.
        chance: Shuffles what is asked, so that its order tells nothing, and spreads waits.
    """

    def __init__(
        self,
        hosts: Hosts,
        cache: AnswerCache,
        *,
        contact: str,
        token: str | None = None,
        clock: Clock | None = None,
        progress: Progress = no_progress,
        chance: random.Random | None = None,
    ) -> None:
        self.progress = progress
        self.unanswered = 0
        """Questions on which a host failed although it answered others; they count as unknown."""
        self._cache = cache
        self._clock = SystemClock() if clock is None else clock
        self._chance = random.Random() if chance is None else chance
        self._fraction = 0.0
        self._quarantine: set[tuple[str, str]] = set()
        self._transport = Transport(hosts, contact, token, self._clock, self._chance, self._note)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    @property
    def has_token(self) -> bool:
        """Whether there is a token that was not turned down so far."""
        return self._transport.token is not None

    def token_is_valid(self) -> bool:
        """Whether ListenBrainz accepts the token.

        Raises:
            NeedsToken: there is none to ask about.
        """
        if not self.has_token and not self._transport.token_refused:
            raise NeedsToken("There is no ListenBrainz token to check. Enter one first.")
        try:
            answer = self._transport.call(
                Call("listenbrainz", "/1/validate-token", needs_token=True)
            )
        except NeedsToken:
            return False
        if values.entries(answer).get("valid") is True:
            return True
        self._transport.refuse_token()
        return False

    # --- by name ------------------------------------------------------------------------

    def resolve(self, names: Sequence[RecordingName]) -> dict[RecordingName, Resolved | None]:
        """The recordings that names stand for; None for what is not found or not alike.

        With a token 50 are looked up at a time, by exact names; without one each is searched for
        alone, which takes a second each. What is not found is tried again without guests and
        re-issue marks in its title. An answer counts only where artist and title are alike.
        """
        exact = self.has_token or self._transport.token_refused
        found: dict[RecordingName, Resolved | None] = dict.fromkeys(names)
        self._resolve(found, {named: named for named in found}, exact, (0.0, 0.8))
        bare = {
            named: RecordingName(named.artist, title_key(named.title))
            for named, known in found.items()
            if known is None and title_key(named.title) != normalise(named.title)
        }
        self._resolve(found, bare, exact, (0.8, 1.0))
        return found

    def _resolve(
        self,
        found: dict[RecordingName, Resolved | None],
        variants: Mapping[RecordingName, RecordingName],
        exact: bool,
        span: tuple[float, float],
    ) -> None:
        """Fill in what is found under these variants of the names."""
        asked: dict[str, Mapping[str, str]] = {}
        question_of: dict[RecordingName, str] = {}
        for named, variant in variants.items():
            sent = endpoints.names_of(variant)
            if sent is not None:
                question_of[named] = _question([normalise(part) for part in sent.values()])
                asked.setdefault(question_of[named], sent)
        if exact:
            rows = self._ask(endpoints.LOOKUP, asked, endpoints.lookup, endpoints.apart, span)
        else:
            rows = self._ask(endpoints.SEARCH, asked, endpoints.search, None, span)
        read = parsing.parse_lookup if exact else parsing.parse_search
        for named, question in question_of.items():
            found[named] = read(rows[question], named)

    def artist_mbid(self, name: str) -> str | None:
        """The artist of that name; None where none is alike."""
        clean = endpoints.name_of_artist(name)
        if not clean:
            return None
        question = _question(normalise(clean))
        return parsing.artist(
            self._ask(endpoints.ARTIST, {question: clean}, endpoints.artist)[question], clean
        )

    # --- by id --------------------------------------------------------------------------

    def spotify_urls(self, track_ids: Sequence[str]) -> dict[str, str | None]:
        """The recordings of Spotify tracks, by their ids of 22 characters."""
        rows = self._by_id(
            endpoints.SPOTIFY_URL, track_ids, values.spotify_id, endpoints.spotify_url
        )
        return {one: values.parse_mbid(row) or None for one, row in rows.items()}

    def recordings(self, mbids: Sequence[str]) -> dict[str, RecordingFacts | None]:
        """Names, length, year and tags of recordings."""
        rows = self._by_id(endpoints.RECORDING, mbids, values.parse_mbid, endpoints.recording)
        return {one: parsing.facts(row, values.parse_mbid(one)) for one, row in rows.items()}

    def popularity(self, mbids: Sequence[str]) -> dict[str, int | None]:
        """How many people listened to recordings; None where it is not known."""
        rows = self._by_id(endpoints.POPULARITY, mbids, values.parse_mbid, endpoints.popularity)
        return {one: values.parse_count(row) for one, row in rows.items()}

    def spotify_ids(self, mbids: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """The Spotify ids of recordings; empty where none is known."""
        rows = self._by_id(endpoints.SPOTIFY_IDS, mbids, values.parse_mbid, endpoints.spotify_ids)
        found = {one: map(values.spotify_id, values.parse_items(row)) for one, row in rows.items()}
        return {one: tuple(dict.fromkeys(filter(None, ids))) for one, ids in found.items()}

    # --- one seed a call ----------------------------------------------------------------

    def similar_artists(
        self, mbid: str, *, algorithm: str = endpoints.SIMILAR_ARTISTS
    ) -> list[SimilarArtist]:
        """Artists whom listeners of this one play too, most similar first."""
        seed = values.parse_mbid(mbid)
        rows = self._ask_one(
            endpoints.SIMILAR, (seed, algorithm) if seed else None, endpoints.similar
        )
        return parsing.similar(rows, seed)

    def top_recordings(self, artist: str) -> list[Listened]:
        """What is played most of an artist, most listeners first; needs a token."""
        seed = values.parse_mbid(artist) or None
        return parsing.parse_popular(
            self._ask_one(endpoints.TOP_RECORDINGS, seed, endpoints.top_recordings)
        )

    def artist_radio(self, artist: str) -> list[Listened]:
        """Recordings of an artist and similar ones; they come with ids and artists alone."""
        seed = values.parse_mbid(artist) or None
        return parsing.parse_popular(
            self._ask_one(endpoints.ARTIST_RADIO, seed, endpoints.artist_radio)
        )

    def tag_radio(self, tag: str) -> list[Listened]:
        """Recordings of a tag; they come with ids alone, and popularity is asked for apart."""
        clean = endpoints.name_of_artist(tag).casefold() or None
        return parsing.parse_popular(self._ask_one(endpoints.TAG_RADIO, clean, endpoints.tag_radio))

    def artist_recordings(self, artist: str) -> list[Listened]:
        """Up to 100 recordings of an artist in no order that means anything; needs no token."""
        seed = values.parse_mbid(artist) or None
        return parsing.parse_browse(
            self._ask_one(endpoints.BROWSED, seed, endpoints.browse_recordings)
        )

    def release_tracks(self, release_group: str) -> list[Listened]:
        """The recordings on the first release of a release group."""
        group = values.parse_mbid(release_group) or None
        return parsing.release_tracks(
            self._ask_one(endpoints.RELEASE_TRACKS, group, endpoints.release_tracks)
        )

    def fresh_releases(self) -> list[NewRelease]:
        """New releases of all artists, of the last 90 days."""
        question = _question(None)
        return parsing.releases(
            self._ask(endpoints.FRESH, {question: None}, endpoints.fresh)[question]
        )

    # --- cache, batches, failures -------------------------------------------------------

    def _note(self, note: str) -> None:
        self.progress(self._fraction, note)

    def _ask_one(
        self, kind: Kind, asked: _T | None, fetch: Callable[[Ask, Mapping[str, _T]], Rows]
    ) -> Any:
        """The row of a single question; None for one that cannot be asked."""
        if asked is None:
            return None
        question = _question(asked)
        return self._ask(kind, {question: asked}, fetch)[question]

    def _by_id(
        self,
        kind: Kind,
        given: Sequence[str],
        clean: Callable[[str], str],
        fetch: Callable[[Ask, Mapping[str, str]], Rows],
    ) -> Rows:
        """Given id → row; what is no id is not asked and has none."""
        ids = {one: clean(one) for one in given}
        rows = self._ask(kind, {one: one for one in ids.values() if one}, fetch)
        return {one: rows.get(asked) for one, asked in ids.items()}

    def _ask(
        self,
        kind: Kind,
        asked: Mapping[str, _T],
        fetch: Callable[[Ask, Mapping[str, _T]], Rows],
        apart: Callable[[_T], str] | None = None,
        span: tuple[float, float] = (0.0, 1.0),
    ) -> Rows:
        """Question → row for all of ``asked``, None where nothing is known.

        Two questions of which ``apart`` is equal come into different batches; ``span`` is the
        part of the progress that this is.
        """
        start, stop = span
        found = self._read_cached(kind, list(asked))
        for question in asked:
            if (kind.name, question) in self._quarantine:
                found.setdefault(question, None)
        missing = [question for question in asked if question not in found]
        self._chance.shuffle(missing)
        for batch in _batches(missing, kind.batch, asked, apart):
            self._fraction = start + (stop - start) * len(found) / len(asked)
            self._note(kind.doing)
            found |= self._ask_bisecting(
                kind, {question: asked[question] for question in batch}, fetch
            )
        self._fraction = stop
        self._note(kind.doing)
        return found

    def _read_cached(self, kind: Kind, questions: list[str]) -> Rows:
        """The rows that are young enough."""
        now = self._clock.wall()
        found: Rows = {}
        for question, (body, at) in self._cache.get_many(kind.name, questions).items():
            days = kind.days if body is not None else min(kind.days, NEGATIVE_DAYS)
            if now - at < days * _DAY:
                try:
                    found[question] = None if body is None else orjson.loads(body)
                except ValueError:
                    logger.warning("open data: a kept answer is damaged and is asked for again")
        return found

    def _keep(self, kind: Kind, rows: Rows) -> None:
        self._cache.put(
            kind.name,
            [(q, None if row is None else orjson.dumps(row).decode()) for q, row in rows.items()],
        )

    def _ask_bisecting(
        self, kind: Kind, batch: Mapping[str, _T], fetch: Callable[[Ask, Mapping[str, _T]], Rows]
    ) -> Rows:
        """The rows of a batch; where the host fails on it, of ever smaller parts.

        All parts of one size come before smaller ones: one bad question then never makes as many
        failures in a row as a host that is out of order. A question that fails alone is kept as
        unknown where others were answered, and else only left out until the client ends.
        """
        parts: deque[Mapping[str, _T]] = deque([batch])
        answered: Rows = {}
        failed: list[str] = []
        bad: BadQuestion | None = None
        while parts:
            part = parts.popleft()
            try:
                told = fetch(self._transport.call, part)
            except (Failing, BadQuestion) as error:
                bad = error if isinstance(error, BadQuestion) else bad
                if len(part) > 1:
                    parts.extend(_halves(part))
                else:
                    failed.extend(part)
                continue
            rows = {question: told.get(question) for question in part}
            self._keep(kind, rows)
            answered |= rows
        if bad is not None and not answered:
            raise bad
        if failed:
            logger.warning("open data: %s: %d left out", kind.name, len(failed))
            self.unanswered += len(failed)
            self._quarantine.update((kind.name, question) for question in failed)
            if answered:
                self._keep(kind, dict.fromkeys(failed))
        return answered | dict.fromkeys(failed)


def connect(store: Store, *, progress: Progress = no_progress) -> OpenData:
    """A client with the person's token and contact, and with the store as its cache.

    Raises:
        SettingsError: the file of the token is damaged.
    """
    kept = credentials.load(store.settings)
    return OpenData(
        hosts_of(store.settings),
        StoredAnswers(store),
        contact=kept.contact,
        token=kept.token,
        progress=progress,
    )


def _question(asked: Any) -> str:
    """Canonical JSON, the key of an answer."""
    return orjson.dumps(asked).decode()


def _halves(part: Mapping[str, _T]) -> Iterator[Mapping[str, _T]]:
    pairs = list(part.items())
    yield dict(pairs[: len(pairs) // 2])
    yield dict(pairs[len(pairs) // 2 :])


def _batches(
    questions: Sequence[str],
    size: int,
    asked: Mapping[str, _T],
    apart: Callable[[_T], str] | None,
) -> Iterator[list[str]]:
    """At most ``size`` questions each; of two that must stay apart one waits for the next."""
    left = deque(questions)
    while left:
        batch: dict[str, str] = {}
        held: list[str] = []
        while left and len(batch) < size:
            question = left.popleft()
            key = question if apart is None else apart(asked[question])
            if key in batch:
                held.append(question)
            else:
                batch[key] = question
        left.extendleft(held)
        yield list(batch.values())
