"""Model selection: method, settings and weights by a validation slice, then one look at the test.

The hold-out is cut by time. Everything is chosen on the slice before the test part, which is
read once; what goes into service is then fitted on everything (:mod:`musicai.training`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from typing import Any

from musicai.core.progress import Progress, no_progress, part
from musicai.data.arrays import TrackFeatures
from musicai.data.library import Library
from musicai.data_processor import build_training_data
from musicai.models import COMPONENTS, DEFAULT_WEIGHTS, PRESETS
from musicai.models.base import Component
from musicai.models.blend import LearnedWeights, StackedBlend
from musicai.models.collaborative import Collaborative
from musicai.models.hyperparameters import Settings
from musicai.training.blend_curves import ndcg, stack
from musicai.training.blend_weights import learn, learn_by_mode
from musicai.training.evaluation import Cuts, Evaluation, evaluate, make_units, temporal_split
from musicai.training.evaluation.metrics import Float64Array, compare_paired
from musicai.training.evaluation.pools import Pools
from musicai.training.fit import TrainingConfig, configs, fit_components
from musicai.training.tuning import Tuned, list_changed, tune

VALIDATION_UNITS = 200
"""Units that method and weights are chosen on; enough to tell them apart, and quick."""

TASK_WORDS = {
    "new": "tracks that are new to the listener",
    "repeat": "tracks that come back",
}

BASELINE_WORDS = {"own_top": "the list of the most played tracks", "random": "chance"}

TOO_LITTLE = (
    "Nothing could be measured: a hold-out needs at least 50 dated plays or playlist rows "
    "over some time. The version works, with the usual weights."
)
NO_OPTUNA = (
    "No better settings were looked for: optuna is not installed. `pip install optuna` brings it."
)
NOT_ASKED = "Trained without measuring; the usual weights are in use."


@dataclass(frozen=True)
class Choice:
    """What the hold-out says."""

    method: str
    """The collaborative method."""
    weights: LearnedWeights
    """Component → default weight; they sum to 1."""
    metrics: Mapping[str, Any] = field(default_factory=dict)
    """``Evaluation.to_json()`` of the test part; empty where it was not measured."""
    notes: tuple[str, ...] = ()
    stacked: Mapping[str, StackedBlend] = field(default_factory=dict)
    """Mode → the learned blend of its lists."""
    config: TrainingConfig | None = None
    """With the settings that tuning found; None where nothing was tuned."""


def choose(
    library: Library, features: TrackFeatures, config: TrainingConfig, progress: Progress
) -> Choice:
    """Method and weights by the validation slice, then one look at the test part."""
    cuts = temporal_split(library)
    if cuts is None:
        return Choice(config.methods()[0], LearnedWeights(dict(DEFAULT_WEIGHTS)), {}, (TOO_LITTLE,))
    end = 0.3 if config.tune_s else 0.65
    choice, tried = _by_validation(library, features, config, cuts, part(progress, 0.0, end))
    tuned = None
    if config.tune_s and find_spec("optuna") is None:
        choice = replace(choice, notes=(*choice.notes, NO_OPTUNA))
    elif config.tune_s:
        tuned = _tune_components(library, features, config, choice, cuts, part(progress, end, 0.55))
        config = config.settle(tuned.settings)
        again = replace(config, method=choice.method)
        within = part(progress, 0.55, 0.65)
        choice, _ = _by_validation(library, features, again, cuts, within)
        choice = replace(choice, config=config, notes=(*choice.notes, _on_tuning(tuned)))
    before = library.before(cuts.test)
    data = build_training_data(before, features, seed=config.seed)
    fitted = fit_components(data, configs(config, choice.method), part(progress, 0.65, 0.8))
    evaluation = evaluate(
        before,
        features,
        fitted,
        make_units(library, cuts.test, seed=config.seed),
        weights=choice.weights,
        stacked=choice.stacked,
        learning=True,
        seed=config.seed,
        progress=part(progress, 0.8, 1.0),
    )
    metrics = evaluation.to_json() | {"validation": tried}
    choice = replace(choice, notes=(*choice.notes, *_on_curves(choice.stacked)))
    metrics["stacking"] = {
        mode: _on_test(one, evaluation.pools[mode], choice.weights.of("", mode))
        for mode, one in choice.stacked.items()
    }
    if tuned is not None:
        metrics["tuning"] = tuned.to_json()
    return replace(choice, metrics=metrics, notes=(*choice.notes, *_notes_on(evaluation)))


def _by_validation(
    library: Library,
    features: TrackFeatures,
    config: TrainingConfig,
    cuts: Cuts,
    progress: Progress,
) -> tuple[Choice, dict[str, float]]:
    """The method and weights with the best nDCG before the test part is opened."""
    before = library.before(cuts.validation)
    data = build_training_data(before, features, seed=config.seed)
    units = make_units(
        library, cuts.validation, until=cuts.test, seed=config.seed, limit=VALIDATION_UNITS
    )
    fitted: dict[str, Component] = {}
    best: Choice | None = None
    seen_best: Evaluation
    tried: dict[str, float] = {}
    methods = config.methods()
    for number, method in enumerate(methods):
        step = part(progress, number / len(methods), (number + 1) / len(methods))
        if not fitted:
            fitted = fit_components(data, configs(config, method), part(step, 0.0, 0.5))
        else:
            other = Collaborative(config.collaborative(method))
            fitted = fitted | {other.name: other.fit(data, part(step, 0.0, 0.5))}
        seen = evaluate(
            before,
            features,
            fitted,
            units,
            weights=DEFAULT_WEIGHTS,
            learning=True,
            seed=config.seed,
            progress=part(step, 0.5, 1.0),
        )
        learned = learn_by_mode(seen.pools, seen.mode, DEFAULT_WEIGHTS, PRESETS, config.seed)
        tried[method] = round(seen.pools[seen.mode].mean_ndcg(learned.everyone), 5)
        if best is None or tried[method] > tried[best.method]:
            best, seen_best = Choice(method, learned), seen
    assert best is not None  # there is at least one method
    progress(1.0, "Learning how to blend…")

    def straight(pools: Pools) -> dict[str, float]:
        return learn(pools, DEFAULT_WEIGHTS, PRESETS, config.seed, segments=False).everyone

    stacked = {
        mode: stack(pools, best.weights.of("", mode), straight, config.seed)
        for mode, pools in seen_best.pools.items()
    }
    return replace(best, stacked={m: one for m, one in stacked.items() if one}), tried


def _on_curves(stacked: Mapping[str, StackedBlend]) -> list[str]:
    """A sentence for each mode whose lists are blended with curves."""
    return [
        f"For lists of “{mode}”, learned curves are used before the weights: on validation plays "
        f"that neither was fitted on, nDCG {one.gain[0]:+.3f} ({one.gain[1]:+.3f} to "
        f"{one.gain[2]:+.3f}, n = {one.n:,})."
        for mode, one in stacked.items()
        if one.better
    ]


def _on_test(learned: StackedBlend, pools: Pools, straight: Mapping[str, float]) -> dict[str, Any]:
    """NDCG of the learned blend beside the straight one, on the test part."""
    plain = pools.ndcg(straight)
    found = ndcg(learned, pools)
    return {
        "n": len(pools),
        "straight": round(float(plain.mean()), 5) if len(plain) else None,
        "learned": round(float(found.mean()), 5) if len(found) else None,
        "paired_difference": list(compare_paired(found, plain)) if len(plain) else None,
        "validation_gain": list(learned.gain),
        "default": learned.better,
    }


def _tune_components(
    library: Library,
    features: TrackFeatures,
    config: TrainingConfig,
    choice: Choice,
    cuts: Cuts,
    progress: Progress,
) -> Tuned:
    """Hyper-parameters of the trained components, tried on the validation slice."""
    before = library.before(cuts.validation)
    data = build_training_data(before, features, seed=config.seed)
    units = make_units(
        library, cuts.validation, until=cuts.test, seed=config.seed, limit=VALIDATION_UNITS
    )
    wanted = configs(config, choice.method)
    ready = {
        name: kind(wanted[name]).fit(data, no_progress)
        for name, kind in COMPONENTS.items()
        if name in wanted and (not kind.trained or kind.optional)
    }

    def judge(settings: Settings, within: Progress) -> Float64Array:
        made = configs(config.settle(settings), choice.method)
        slow = {
            name: COMPONENTS[name](config).fit(data, within)
            for name, config in made.items()
            if name not in ready
        }
        fitted = {name: slow[name] if name in slow else ready[name] for name in made}
        seen = evaluate(
            before,
            features,
            fitted,
            units,
            weights=choice.weights,
            learning=True,
            seed=config.seed,
            progress=within,
        )
        pools = seen.pools[seen.mode]
        starts = {**PRESETS, "before": choice.weights.everyone}
        return pools.ndcg(learn(pools, DEFAULT_WEIGHTS, starts, config.seed).everyone)

    begin = config.list_chosen(choice.method)
    return tune(judge, begin, choice.method, config.tune_s, config.seed, progress)


def _on_tuning(tuned: Tuned) -> str:
    """What tuning came to, in a sentence."""
    found = list_changed(tuned.settings)
    if tuned.after <= tuned.before:
        return (
            f"Tuning tried {tuned.trials} settings; none led the ones it began with by a "
            "standard error, so they stay."
        )
    told = ", ".join(f"{name} {value:g}" for name, value in found.items())
    return (
        f"Tuning tried {tuned.trials} settings: nDCG {tuned.before:.3f} to {tuned.after:.3f} on "
        f"validation, with {told}."
    )


def _notes_on(evaluation: Evaluation) -> list[str]:
    """What a reader of the figures should know."""
    notes = [
        f"How well it foretells {words} could not be measured: the hold-out has none to choose."
        for name, words in TASK_WORDS.items()
        if name not in evaluation.tasks
    ]
    if evaluation.headline is None:
        return [TOO_LITTLE]
    singles = [method for method in evaluation.headline.ndcg if method != "hybrid"]
    best = max(singles, key=evaluation.mean_ndcg)
    if evaluation.mean_ndcg(best) > evaluation.mean_ndcg("hybrid"):
        label = f"“{COMPONENTS[best].label}”" if best in COMPONENTS else BASELINE_WORDS[best]
        notes.append(f"On the hold-out, {label} alone did better than the blend.")
    return notes
