"""Hyper-parameters found by trying, within a time budget, on validation alone.

The tree-structured Parzen estimator (Bergstra et al., "Algorithms for hyper-parameter
optimization", 2011) of optuna proposes; each proposal is fitted on what lies before the
validation slice, and judged by the blend's nDCG with weights learned for it. The settings
one began with are the first trial, and stay unless another leads them by a standard error
over the same units: the best of many trials is also the luckiest one.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from musicai.core.progress import Progress
from musicai.models.hyperparameters import HYPERPARAMETERS, Hyperparameter, Settings
from musicai.training.evaluation.metrics import Float64Array

logger = logging.getLogger(__name__)

LEAST_TRIALS = 2
"""Beside the first: with fewer nothing can be said."""

Judge = Callable[[Settings, Progress], Float64Array]
"""Settings → (n_units,) nDCG on validation."""


@dataclass(frozen=True)
class Tuned:
    """What the trials found."""

    settings: dict[str, dict[str, Any]]
    """Component → name → value; those one began with where nothing was better."""
    trials: int
    """Tried in all, the beginning included."""
    before: float
    """Mean nDCG of the beginning, on validation."""
    after: float
    """Mean nDCG of ``settings``, likewise."""
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """Plain values, for the manifest."""
        return {
            "settings": self.settings,
            "trials": self.trials,
            "before": round(self.before, 5),
            "after": round(self.after, 5),
            "seconds": round(self.seconds, 1),
        }


def tune(
    judge: Judge, begin: Settings, method: str, seconds: float, seed: int, progress: Progress
) -> Tuned:
    """Try settings until the time is over.

    Args:
        judge: Fits and measures one; what it raises ends the tuning.
        begin: The settings to begin with.
        method: The collaborative method, which decides what there is to vary.
        seconds: The budget. A trial that has begun is finished.
        seed: Of the proposals: the same ones again, as far as time goes.
        progress: As everywhere; ``Cancelled`` passes through.
    """
    import optuna  # noqa: PLC0415 (only a training that tunes needs it)

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
    varied = [one for one in HYPERPARAMETERS if one.tuned and _counts(one, method)]
    study.enqueue_trial({one.key: _clip_start(one, begin) for one in varied})
    started = time.perf_counter()
    tried: list[tuple[dict[str, dict[str, Any]], Float64Array]] = []
    while True:
        spent = time.perf_counter() - started
        if spent >= seconds and len(tried) > LEAST_TRIALS:
            break
        progress(min(spent / max(seconds, 1.0), 0.99), _note(tried, seconds - spent))
        trial = study.ask()
        settings = _propose(trial, varied, begin)
        values = judge(settings, _ticking(progress, started, seconds))
        study.tell(trial, float(values.mean()) if len(values) else 0.0)
        tried.append((settings, values))
    first = tried[0][1]
    settings, best = max(tried, key=lambda one: one[1].mean() if len(one[1]) else 0.0)
    if not _leads(best, first):
        settings, best = tried[0]
    taken = time.perf_counter() - started
    logger.info("tuned: %d trials in %.1f s", len(tried), taken)
    return Tuned(settings, len(tried), float(first.mean()), float(best.mean()), taken)


def _ticking(progress: Progress, started: float, seconds: float) -> Progress:
    """Progress within a trial: how much of the time has gone, whatever the trial says."""

    def tick(fraction: float, note: str = "") -> None:
        progress(min((time.perf_counter() - started) / max(seconds, 1.0), 0.99))

    return tick


def _leads(best: Float64Array, first: Float64Array) -> bool:
    """Whether the lead over the same units is more than a standard error."""
    lead = best - first
    if len(lead) < 2:
        return False
    return bool(lead.mean() > lead.std(ddof=1) / np.sqrt(len(lead)))


def _counts(one: Hyperparameter, method: str) -> bool:
    """Whether a hyper-parameter has any part in the collaborative method in use."""
    if one.component != "collaborative":
        return True
    others = {"als": ("nmf_factors",), "nmf": ("factors", "regularization", "alpha")}
    return one.name not in others.get(method, ())


def _clip_start(one: Hyperparameter, begin: Settings) -> int | float:
    """Within its range: a person may set what lies beyond, a proposal may not."""
    value = min(max(begin.get(one.component, {}).get(one.name, one.default), one.low), one.high)
    return int(value) if one.whole else float(value)


def _propose(
    trial: Any, varied: list[Hyperparameter], begin: Settings
) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {name: dict(own) for name, own in begin.items()}
    for one in varied:
        # a range that begins at 0 has no ratios
        log = one.log and one.low > 0
        value = (
            trial.suggest_int(one.key, int(one.low), int(one.high), log=log)
            if one.whole
            else trial.suggest_float(one.key, one.low, one.high, log=log)
        )
        found.setdefault(one.component, {})[one.name] = value
    return found


def _note(tried: list[tuple[dict[str, dict[str, Any]], Float64Array]], left: float) -> str:
    if not tried:
        return "Tuning: the settings to begin with…"
    best = max(float(values.mean()) for _, values in tried)
    return (
        f"Tuning: {len(tried)} tried, best nDCG {best:.3f} on validation, "
        f"{max(left, 0):.0f} s left…"
    )


def list_changed(settings: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """``component.name`` → value of what is not the component's own."""
    return {
        one.key: settings[one.component][one.name]
        for one in HYPERPARAMETERS
        if one.name in settings.get(one.component, {})
        and settings[one.component][one.name] != one.default
    }
