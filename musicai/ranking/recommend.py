"""From scores to an explained list: blend, re-rank, and say why each track stands in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property

import numpy as np
import numpy.typing as npt

from musicai.data import genre_mix
from musicai.data.arrays import Query, TrackFeatures
from musicai.data.genre_mix import GenreGoal
from musicai.data.library import FloatArray, IntArray, Shown
from musicai.models import COMPONENTS
from musicai.models.base import Component, Reason
from musicai.models.blend import Curve, apply_curve
from musicai.ranking import exploration, feedback, rerank
from musicai.ranking.candidates import Candidates
from musicai.ranking.request import Recommendation, Recommendations, Scored, Tuning

SECOND_SHARE = 0.6
"""A second reason is told if its contribution is at least this share of the first's."""


def sentence(
    contributions: Mapping[str, float],
    reasons: Callable[[str], list[Reason]],
    novelty: float = 0.0,
) -> str:
    """Why a track stands in the list, from what moved its score most.

    Args:
        contributions: Component, "verdicts" or a dial → part of the score.
        reasons: Gives a component's reasons, strongest first; asked only for those told.
        novelty: The familiar ↔ obscure dial, −1 to 1.
    """
    ordered = sorted(contributions.items(), key=lambda item: -item[1])
    told: list[str] = []
    first = 0.0
    for name, value in ordered:
        if value <= 0 or len(told) == 2 or (told and value < SECOND_SHARE * first):
            break
        clause = _dial(name, novelty) or _strongest(reasons(name))
        if clause:
            told.append(clause)
            first = first or value
    if not told:
        return "Nothing known speaks for or against it; it fills the list."
    # a name may end with a full stop of its own
    return f"Because {'; and '.join(told).removesuffix('.')}."


def _strongest(reasons: list[Reason]) -> str:
    return reasons[0].text if reasons else ""


def _dial(name: str, novelty: float) -> str:
    """What a dial says for itself; "" for what has reasons."""
    if name == "surprise":
        return "you asked to be surprised, and this is a guess at what else you may like"
    if name == "novelty":
        known = "little" if novelty > 0 else "well"
        return f"it is {known} known, as you asked"
    return ""


class Lists:
    """What the lists of one library need again and again, worked out when first asked for.

    Args:
        features: What is known of the tracks.
        components: Fitted ones by name.
        candidates: Which tracks were found by a second step.
        shown: How tracks are named.
        stranger: The query of somebody of whom nothing is known.
    """

    def __init__(
        self,
        features: TrackFeatures,
        components: Mapping[str, Component],
        candidates: Candidates,
        shown: Shown,
        stranger: Query,
    ) -> None:
        self._features = features
        self._components = components
        self._candidates = candidates
        self._shown = shown
        self._stranger = stranger

    @cached_property
    def _obscurity(self) -> FloatArray:
        scores = self._components["popularity"].score(self._stranger)
        return rerank.shift_obscurity(rerank.obscurity(scores), self._candidates.further)

    @cached_property
    def _likeness(self) -> FloatArray:
        """(n_tracks, d) vectors whose dot product is a likeness in sound, genre and artist."""
        return rerank.likeness_vectors(
            self._features.audio, self._features.genres, self._features.artist
        )

    @cached_property
    def _genre_mixes(self) -> genre_mix.Double:
        """(n_tracks, 10) shares of the genres of each track."""
        return genre_mix.mixes(self._features.genres)

    @cached_property
    def _main_genres(self) -> npt.NDArray[np.int8]:
        return genre_mix.main_genres(self._genre_mixes)

    def _genre_goal(self, query: Query, strength: float) -> GenreGoal | None:
        """The mix of what the listener plays, of a stranger that of the seeds; None for none."""
        if strength <= 0:
            return None
        past = query.history
        rows, weights = (past.rows, past.plays) if past.plays.any() else query.profile()
        wanted = genre_mix.mix_of(self._genre_mixes[rows], weights)
        if not wanted.any():
            return None
        return GenreGoal(strength, wanted, self._genre_mixes, self._main_genres)

    def _extras(self, scored: Scored, tuning: Tuning) -> dict[str, FloatArray]:
        """What is added to the blend: name → (n_candidates,) float32."""
        found: dict[str, FloatArray] = {}
        if scored.leaning is not None:
            found[feedback.NAME] = np.float32(feedback.WEIGHT) * scored.leaning
        if tuning.novelty:
            dial = np.float32(tuning.novelty * rerank.NOVELTY_WEIGHT)
            found["novelty"] = dial * self._obscurity[scored.candidates]
        if tuning.surprise:
            dial = np.float32(tuning.surprise * exploration.WEIGHT)
            found[exploration.NAME] = dial * self._bandit(scored).guess(
                scored.candidates, tuning.draw
            )
        return found

    def _bandit(self, scored: Scored) -> exploration.Bandit:
        return exploration.Bandit(self._likeness, scored.verdicts.liked, scored.verdicts.disliked)

    def _propensities(
        self,
        scored: Scored,
        tuning: Tuning,
        score: FloatArray,
        extras: Mapping[str, FloatArray],
        places: IntArray,
    ) -> list[float | None]:
        """(k,) how likely each listed track was to come; None where nothing was left to chance."""
        if exploration.NAME not in extras or not len(places):
            return [None] * len(places)
        plain = score - extras[exploration.NAME]
        chances = self._bandit(scored).propensities(
            plain, scored.candidates, places, tuning.surprise, tuning.draw
        )
        return [float(chance) for chance in chances]

    def make(
        self,
        scored: Scored,
        tuning: Tuning,
        weights: Mapping[str, float],
        curves: Mapping[str, Curve],
        version: str | None,
        untrained: tuple[str, ...],
    ) -> Recommendations:
        """Blend, re-rank and explain.

        Args:
            scored: What the components say.
            tuning: How the list shall be.
            weights: Component → weight ≥ 0, in any unit.
            curves: Component → its curve (``stacking``); a straight blend where empty.
            version: The version that answers, to be told with the list.
            untrained: Components that wait for training, to be told with the list.

        Raises:
            QueryError: a weight is unknown, negative or not a number, or all are 0.
        """
        weights = rerank.check_weights(weights, list(COMPONENTS))
        scaled, stacked = _apply_curves(scored, curves)
        score = rerank.blend_stack(stacked, list(scaled), weights)
        extras = self._extras(scored, tuning)
        for values in extras.values():
            score = score + values
        goal = self._genre_goal(scored.query, tuning.calibration)
        places = rerank.rerank(
            score,
            scored.candidates,
            self._features.artist,
            self._features.recording,
            self._likeness,
            rerank.RerankRules(tuning.n_recommendations, tuning.diversity, tuning.artist_cap, goal),
        )
        told = rerank.contributions(scaled, weights, places)
        rows = scored.candidates[places].tolist()
        added = [{name: float(v[at]) for name, v in extras.items()} for at in places.tolist()]
        chances = self._propensities(scored, tuning, score, extras, places)
        items = tuple(
            self._explain(scored, tuning, opinions, more, row, rank, chance)
            for rank, (row, opinions, more, chance) in enumerate(
                zip(rows, told, added, chances, strict=True), start=1
            )
        )
        return Recommendations(
            items=items,
            mode=scored.mode,
            notes=scored.notes + self._rank_notes(scored, tuning, len(items), goal),
            version=version,
            untrained=untrained,
            silent=scored.silent,
            weights=weights,
            curved=bool(curves),
            origins=scored.origins,
            genres_wanted=genre_mix.list_shares(goal.wanted) if goal else {},
            genres_listed=genre_mix.list_shares(genre_mix.mix_of(goal.tracks[rows]))
            if goal
            else {},
        )

    def _rank_notes(
        self, scored: Scored, tuning: Tuning, n: int, goal: GenreGoal | None
    ) -> tuple[str, ...]:
        unknown = (
            ()
            if goal or not tuning.calibration
            else (
                "No genre is known of what you play, so the list cannot follow your genre mix. "
                "A table of tracks with genres on the Library page helps.",
            )
        )
        if n >= tuning.n_recommendations:
            return unknown
        if n >= len(scored.candidates):
            there = "is only 1 track" if n == 1 else f"are only {n} tracks"
            return (*unknown, f"There {there} to choose from.")
        return (
            *unknown,
            f"Only {n} tracks: one entry a recording and at most {tuning.artist_cap} an artist "
            "leave no more. Raise the artist cap for a longer list.",
        )

    def _explain(
        self,
        scored: Scored,
        tuning: Tuning,
        opinions: Mapping[str, float | None],
        added: Mapping[str, float],
        row: int,
        rank: int,
        chance: float | None,
    ) -> Recommendation:
        parts = {name: part or 0.0 for name, part in opinions.items()} | dict(added)
        track_id, name, artists, origin = self._shown[row]
        return Recommendation(
            rank=rank,
            track_id=track_id,
            name=name,
            artists=artists,
            score=float(sum(parts.values())),
            contributions=parts,
            reason=sentence(
                parts,
                lambda component: self._reasons(scored, component, row),
                tuning.novelty,
            ),
            origin=origin,
            track=row,
            opinions={name: part is not None for name, part in opinions.items()},
            propensity=chance,
        )

    def _reasons(self, scored: Scored, component: str, row: int) -> list[Reason]:
        if (component, row) not in scored.reasons:
            told = (
                feedback.reasons(self._features, scored.verdicts, row)
                if component == feedback.NAME
                else self._components[component].reasons(scored.query, row)
            )
            scored.reasons[component, row] = told
        return scored.reasons[component, row]


def _apply_curves(
    scored: Scored, curves: Mapping[str, Curve]
) -> tuple[Mapping[str, FloatArray], FloatArray]:
    """The scaled scores on their curves, and the same stacked; worked out once a request."""
    if not curves:
        return scored.scaled, scored.stacked
    if not scored.bent:
        scaled = {name: apply_curve(one, curves.get(name)) for name, one in scored.scaled.items()}
        scored.bent.append((scaled, rerank.stack(scaled)))
    return scored.bent[0]
