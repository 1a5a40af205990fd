"""MusicAI: candidates -> scores -> blend -> re-rank -> explain. The public door."""

from __future__ import annotations

import copy
import hashlib
import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from musicai.core.errors import NoCandidates, NotFound, QueryError
from musicai.core.progress import no_progress
from musicai.core.settings import Settings, load_settings
from musicai.data import context
from musicai.data.arrays import History, Query, TrackFeatures
from musicai.data.feedback import Feedback
from musicai.data.genres import GENRES
from musicai.data.library import BoolArray, IntArray, Library, RowArray, Shown
from musicai.data.moods import MOODS
from musicai.data.sessions import segment_of
from musicai.data_processor import build_history, build_training_data, load_features
from musicai.insights import highlights
from musicai.insights.highlights import ForgottenFavorite, ProvenanceShares
from musicai.library.assemble import load_library
from musicai.models import COMPONENTS, DEFAULT_WEIGHTS
from musicai.models.base import Component
from musicai.models.blend import LearnedWeights, StackedBlend
from musicai.ranking import candidates, rerank
from musicai.ranking.candidates import Candidates
from musicai.ranking.feedback import LatestFeedback, apply_feedback, leaning, resolve, standing
from musicai.ranking.recommend import Lists
from musicai.ranking.request import Filters, Recommendations, Request, Scored, Tuning, shares
from musicai.ranking.scoring import score_all
from musicai.ranking.search import TrackFinder, Tracks
from musicai.ranking.serving import Serving, choose_profile, serving
from musicai.store import Store

if TYPE_CHECKING:
    from musicai.insights.taste import TasteProfile

logger = logging.getLogger(__name__)

NO_ROWS: IntArray = np.zeros(0, dtype=np.int32)


class MusicAI:
    """Recommendations and taste of one profile.

    Args:
        profile: The profile's name. Without it: the newest profile with real data,
            else the invented sample, which is loaded if need be.
        settings: Paths and limits; from the environment if left out.
        version: A model version; the profile's active one if left out.
        library: Serve this data instead of a profile of the database.
        features: The features of ``library``, if already built.
        components: Fitted components that replace those of the version.

    Raises:
        NotFound: there is no such profile or version.
    """

    def __init__(
        self,
        profile: str | None = None,
        *,
        settings: Settings | None = None,
        version: str | None = None,
        library: Library | None = None,
        features: TrackFeatures | None = None,
        components: Mapping[str, Component] | None = None,
    ) -> None:
        self.settings = settings if settings is not None else load_settings()
        self.version: str | None = None
        self.weights = LearnedWeights(dict(DEFAULT_WEIGHTS))
        self.stacked: Mapping[str, StackedBlend] = {}
        """Mode → the learned blend of its lists, where there is one."""
        self.components: dict[str, Component] = {}
        self.notes: tuple[str, ...] = ()
        given: tuple[Feedback, ...] = ()
        if library is None:
            with Store(self.settings) as store:
                profile = profile or choose_profile(store, self.settings)
                library = load_library(store, self.settings, profile)
                features = features or load_features(self.settings, library)
                given = store.feedback(profile)
                if components is None:
                    self._take(serving(self.settings, store, library, version))
        self.library = library
        self.profile = library.profile
        self.features = features if features is not None else load_features(self.settings, library)
        self.components.update(components or {})
        self._fit_instant()
        self._pasts: dict[int, History] = {}
        self._candidates = Candidates(self.library, self.features)
        self._finder = TrackFinder(self.library, self.features)
        self._shown = Shown(self.library)
        stranger = Query(build_history(self.library, -1), NO_ROWS)
        self._lists = Lists(self.features, self.components, self._candidates, self._shown, stranger)
        self._heed(given, int(time.time()))

    # --- set-up -----------------------------------------------------------------------

    def heeding(self, feedback: Iterable[Feedback], now: int | None = None) -> MusicAI:
        """The same model for an owner who gave this feedback: nothing is trained or read anew.

        Args:
            feedback: All that was given, the profile's own included.
            now: Seconds since 1970, for what rests; the clock if left out.
        """
        other = copy.copy(self)
        other._heed(feedback, int(time.time()) if now is None else now)
        return other

    def _heed(self, feedback: Iterable[Feedback], now: int) -> None:
        told = tuple(feedback)
        self.said = standing(told)
        """Track id → the verdict that counts."""
        self.heeded = hashlib.sha256(repr(told).encode()).hexdigest()[:16] if told else ""
        """Another one for other feedback; "" for none."""
        self.verdicts = resolve(self.library, self.features, told, now)
        self._histories: dict[int, History] = {}
        self._modes: dict[int | None, dict[str, str | None]] = {}
        self._rows: dict[tuple[int | None, str], RowArray] = {}

    def _take(self, served: Serving) -> None:
        """The trained components of a version, with the weights learned for them."""
        self.version = served.version
        self.components.update(served.components)
        self.notes = served.notes
        self.stacked = served.stacked
        if served.weights is not None:
            self.weights = served.weights

    def _fit_instant(self) -> None:
        """Fit what needs no training; at once, and always on the data as they are now."""
        missing = [
            name
            for name, kind in COMPONENTS.items()
            if not kind.trained and name not in self.components
        ]
        data = build_training_data(self.library, self.features, baskets=False)
        for name in missing:
            self.components[name] = COMPONENTS[name]().fit(data, no_progress)
        # the order of COMPONENTS is the order on the screen
        self.components = {n: self.components[n] for n in COMPONENTS if n in self.components}

    def weights_for(self, user_id: str | None = None, mode: str = "auto") -> dict[str, float]:
        """The weights learned for lists of a mode, and for listeners known as well as this one."""
        past = self.history(self.listener(user_id))
        known = int(past.plays.sum()) or len(past.rows)
        return self.weights.of(segment_of(known), self.mode(mode, user_id))

    @property
    def untrained_components(self) -> tuple[str, ...]:
        """Components that wait for training; optional ones are no loss."""
        return tuple(
            name
            for name, kind in COMPONENTS.items()
            if name not in self.components and not kind.optional
        )

    # --- who and what -----------------------------------------------------------------

    def listener(self, user_id: str | None) -> int | None:
        """Position of a listener; 0 for None, None for a stranger."""
        if user_id is None or user_id == self.profile:
            return 0
        if user_id in self.library.listeners:
            return self.library.listeners.index(user_id)
        return None

    def history(self, listener: int | None) -> History:
        """What a listener has played; empty for a stranger."""
        key = -1 if listener is None else listener
        if key not in self._histories:
            past = self._read_history(key)
            self._histories[key] = apply_feedback(past, self.verdicts) if key == 0 else past
        return self._histories[key]

    def session_place(self, now: int) -> int:
        """Where the owner's next play stands in its session (``occasions.PLACES``).

        Args:
            now: Seconds since 1970.
        """
        plays = self.library.plays
        return context.session_place(plays[plays["listener"] == 0], now)

    def _read_history(self, key: int) -> History:
        """What was played, whatever was said of it: read from the plays once."""
        if key not in self._pasts:
            self._pasts[key] = build_history(self.library, key)
        return self._pasts[key]

    def _own(self, listener: int | None) -> BoolArray:
        """(n_tracks,) the tracks a listener has met."""
        if listener == 0:
            return self.library.tracks["own"].to_numpy(dtype=bool)
        own = np.zeros(self.library.n_tracks, dtype=bool)
        own[self.history(listener).rows] = True
        return own

    # --- what can be asked ------------------------------------------------------------

    def modes(self, user_id: str | None = None) -> dict[str, str | None]:
        """Mode → None where it can be used, else why not and what helps."""
        listener = self.listener(user_id)
        if listener not in self._modes:
            new = self._rows_of(listener, "discover")
            self._modes[listener] = self._candidates.modes(self._own(listener), new)
        return self._modes[listener]

    def mode(self, mode: str = "auto", user_id: str | None = None) -> str:
        """The mode itself, or for "auto": discover where anything is new, else rediscover."""
        if mode != "auto":
            return mode
        return "rediscover" if self.modes(user_id)["discover"] else "discover"

    def candidates(self, mode: str = "auto", user_id: str | None = None) -> RowArray:
        """Rows of the tracks that may be recommended."""
        return self._rows_of(self.listener(user_id), self.mode(mode, user_id))

    def _rows_of(self, listener: int | None, mode: str) -> RowArray:
        if (listener, mode) not in self._rows:
            rows = self._candidates.rows(self._own(listener), mode)
            shown = self.verdicts.mark_showable(self.features, mode) if listener == 0 else None
            self._rows[listener, mode] = rows if shown is None else rows[shown[rows]]
        return self._rows[listener, mode]

    def mood_availability(
        self, mode: str = "auto", user_id: str | None = None
    ) -> dict[str, str | None]:
        """Mood → None where it can be asked for, else why not and what helps."""
        rows = self.candidates(mode, user_id)
        return {mood: self._candidates.mood(mood, rows) for mood in MOODS}

    def genre_availability(
        self, mode: str = "auto", user_id: str | None = None
    ) -> dict[str, str | None]:
        """Genre → None where it can be asked for, else why not and what helps."""
        rows = self.candidates(mode, user_id)
        return {genre: self._candidates.genre(genre, rows) for genre in GENRES}

    def origins(self, mode: str = "auto") -> dict[str, int]:
        """Origin → how many of the owner's candidates are known from it, most first."""
        return self._candidates.origins(self.candidates(mode))

    def years(self, mode: str = "auto") -> tuple[int, int] | None:
        """First and last known year of the owner's candidates; None where none is known."""
        return self._candidates.years(self.candidates(mode))

    def has_fresh(self, mode: str = "auto") -> bool:
        """Whether fresh releases of loved artists are among the owner's candidates."""
        return self._candidates.has_fresh(self.candidates(mode))

    # --- recommending -----------------------------------------------------------------

    def get_hybrid_recommendations(
        self,
        user_id: str | None = None,
        seed_tracks: Tracks | None = None,
        mood: str | Mapping[str, float] | None = None,
        genre: str | Mapping[str, float] | None = None,
        n_recommendations: int = 20,
        *,
        mode: str = "auto",
        weights: Mapping[str, float] | None = None,
        mood_strength: float = 0.5,
        genre_strength: float = 0.5,
        diversity: float = 0.2,
        novelty: float = 0.0,
        artist_cap: int = 3,
        calibration: float = 0.0,
        surprise: float = 0.0,
        draw: int = 0,
        filters: Filters | None = None,
    ) -> Recommendations:
        """The blended, re-ranked and explained list.

        Args:
            user_id: A listener in the data; None for the profile's owner. A stranger
                gets what seeds, mood, genre and popularity say.
            seed_tracks: Tracks to start from: ids, Spotify-shaped dicts, or a frame.
            mood: One of the 8 moods, or a mix such as ``{"chill": .7, "romantic": .3}``.
            genre: One of the 10 genres, or a mix.
            n_recommendations: Length of the list, 1 to 1,000.
            mode: "rediscover" own tracks, "discover" tracks never played, "mix", or
                "auto": discover where a catalogue offers anything, else rediscover.
            weights: Component → weight ≥ 0; the model's own if left out.
            mood_strength: 0 to 1; 0.5 is normal.
            genre_strength: 0 to 1; 0.5 is normal, 1 shows that genre only.
            diversity: 0 to 1; how much a track loses for being like one before it.
            novelty: −1 familiar to +1 obscure.
            artist_cap: Most tracks of one artist.
            calibration: 0 to 1; how far the list's genre mix follows the listener's.
            surprise: 0 to 1; how far a guess at what else you may like leads the list.
            draw: Which guess; the same one gives the same list.
            filters: What a track must be: origin, years, genres, fresh releases.

        Raises:
            QueryError: a value cannot be meant; the message lists what can.
            NoCandidates: there is no track to choose from; the message says what helps.
        """
        seeds, notes = self._finder.resolve(seed_tracks)
        request = Request(
            user_id=user_id,
            seed_tracks=tuple(self.library.vocabulary.id(int(row)) for row in seeds),
            mood=shares(mood, MOODS, "mood"),
            genre=shares(genre, GENRES, "genre"),
            mode=mode,
            mood_strength=mood_strength,
            genre_strength=genre_strength,
            filters=filters or Filters(),
        )
        tuning = Tuning(
            weights=weights,
            diversity=diversity,
            novelty=novelty,
            artist_cap=artist_cap,
            n_recommendations=n_recommendations,
            calibration=calibration,
            surprise=surprise,
            draw=draw,
        )
        return self.rank(self.score(request, notes), tuning)

    def score(self, request: Request, notes: tuple[str, ...] = ()) -> Scored:
        """All components' scores over the candidates: the slow part, worth caching.

        Raises:
            QueryError: the mood or genre is known of too few candidates.
            NoCandidates: nothing to choose from.
        """
        listener = self.listener(request.user_id)
        mode = self.mode(request.mode, request.user_id)
        why_not = self.modes(request.user_id)[mode]
        if why_not:
            raise NoCandidates(why_not)
        query = self._query(request, listener)
        rows = self._rows_of(listener, mode)
        candidates.check_coverage(self._candidates, request, rows)
        rows = candidates.drop_seeds(self._candidates, rows, query)
        passing, left_out = candidates.passing(self._candidates, rows, request.filters)
        notes += left_out
        if listener is None:
            notes += (
                f"No listener {request.user_id!r} is known here, so the list follows "
                + ("your seeds." if len(query.seeds) else "what is popular, the mood and genre."),
            )
        scaled, stacked = score_all(self.components, query, rows, passing)
        said = self.verdicts if listener == 0 else LatestFeedback()
        lean = leaning(self.features, said)
        return Scored(
            request=request,
            query=query,
            mode=mode,
            candidates=passing,
            scaled=scaled,
            stacked=stacked,
            silent=tuple(name for name, scores in scaled.items() if rerank.is_silent(scores)),
            notes=self.notes + notes,
            origins=self._candidates.origins(passing),
            verdicts=said,
            leaning=None if lean is None else lean[passing],
        )

    def _query(self, request: Request, listener: int | None) -> Query:
        seeds = self.library.vocabulary.rows(request.seed_tracks)
        if (seeds < 0).any():
            strange = request.seed_tracks[int(np.argmax(seeds < 0))]
            raise QueryError(
                f"Seed track {strange!r} is not in this profile or its catalogues. "
                "Search for the track by name and use the id found."
            )
        return Query(
            history=self.history(listener),
            seeds=seeds,
            mood=request.mood,
            genre=request.genre,
            mood_strength=request.mood_strength,
            genre_strength=request.genre_strength,
            moment=request.moment,
            occasion=request.occasion,
        )

    def rank(self, scored: Scored, tuning: Tuning) -> Recommendations:
        """Blend, re-rank and explain: the fast part, for every move of a slider."""
        learned = self.find_learned_blend(scored.mode, tuning)
        weights = tuning.weights or (
            learned.weights if learned else self.weights_for(scored.request.user_id, scored.mode)
        )
        if tuning.weights is None:  # of a version that knew other components
            weights = {name: weight for name, weight in weights.items() if name in COMPONENTS}
        curves = learned.curves if learned else {}
        return self._lists.make(
            scored, tuning, weights, curves, self.version, self.untrained_components
        )

    def find_learned_blend(self, mode: str, tuning: Tuning) -> StackedBlend | None:
        """The learned blend that a list is made with; None for a straight one.

        Where it was not asked about, it is the default if it led on validation beyond chance and
        no weights are given by hand.
        """
        learned = self.stacked.get(mode)
        if learned is None or tuning.curves is False:
            return None
        asked = tuning.curves or (tuning.weights is None and learned.better)
        return learned if asked else None

    # --- finding ----------------------------------------------------------------------

    def search(self, text: str, limit: int = 20) -> list[str]:
        """Ids of tracks whose artist and title hold all words of ``text``; own ones first."""
        return self._finder.search(text, self.history(0), limit)

    def favourites(self, n: int = 5) -> list[str]:
        """Ids of the recent favourites, best first."""
        rows = highlights.favourites(self.history(0), n)
        return [self.library.vocabulary.id(int(row)) for row in rows]

    def last_session(self, n: int) -> tuple[str, ...]:
        """Ids of the last ``n`` tracks heard in the last session, in order, each once."""
        past = self.history(0)
        rows = past.recent[past.recent_heard].tolist()
        last = list(dict.fromkeys(reversed(rows)))[:n]
        return tuple(self.library.vocabulary.id(int(row)) for row in reversed(last))

    def list_forgotten(self, n: int = 3) -> list[ForgottenFavorite]:
        """Favourites not played for long, the most missed first, one an artist."""
        return highlights.find_forgotten(self.history(0), self.features, self._shown, n)

    # --- knowing ----------------------------------------------------------------------

    def coverage(self) -> ProvenanceShares:
        """Where the features and genres of the own tracks come from, by tracks and by plays."""
        return highlights.coverage(self.library)

    def analyze_user_taste(
        self,
        user_tracks: Tracks | None = None,
        user_artists: Sequence[str] | Sequence[Mapping[str, Any]] | None = None,
        *,
        user_id: str | None = None,
    ) -> TasteProfile:
        """The taste profile of a listener, or of given tracks and artists.

        Args:
            user_tracks: Ids, Spotify-shaped dicts, or a frame; without them (and
                without artists), the listener's own plays.
            user_artists: Names or Spotify-shaped dicts; all their known tracks count.
            user_id: A listener in the data; None for the profile's owner.

        Raises:
            NotFound: no such listener.
            QueryError: none of the given tracks or artists is known here.
        """
        from musicai.insights.taste import taste_profile  # noqa: PLC0415 (lists do without it)

        if user_tracks is None and user_artists is None:
            listener = self.listener(user_id)
            if listener is None:
                raise NotFound(
                    f"There is no listener {user_id!r} in profile {self.profile!r}; "
                    "leave user_id out for its owner."
                )
            return taste_profile(self.library, self.features, listener=listener)
        rows = list(self._finder.resolve(user_tracks)[0]) if user_tracks is not None else []
        for artist in user_artists or ():
            name = artist if isinstance(artist, str) else str(artist.get("name", ""))
            rows += list(self._finder.by_artist(name))
        if not rows:
            raise QueryError("None of these tracks and artists is known in this profile.")
        chosen = np.unique(np.array(rows, dtype=np.int32))
        return taste_profile(self.library, self.features, tracks=chosen)
