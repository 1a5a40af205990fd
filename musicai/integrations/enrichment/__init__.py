"""New music found through open data: what is asked for whom, and what comes of it.

    plan ──> preview (nothing asked yet)
      └────> enrich ──> personal catalogue: tracks never played, with the paths that led there

    measure: dumps on this machine ──> what AcousticBrainz measured of the tracks

Each step is the person's to allow. Only names and ids leave the machine: how often and when
something was played decides here what is asked, and stays here.
"""

from musicai.integrations.enrichment.audio_descriptors import (
    Coverage,
    Measured,
    coverage,
    look_up,
    measure,
)
from musicai.integrations.enrichment.plan import (
    STEPS,
    LovedArtist,
    Plan,
    Preview,
    Step,
    StepPreview,
    allow,
    allowed,
    checked,
    plan_for,
    preview,
)
from musicai.integrations.enrichment.run import Enrichment, StepOutcome, enrich

__all__ = [
    "STEPS",
    "Coverage",
    "Enrichment",
    "LovedArtist",
    "Measured",
    "Plan",
    "Preview",
    "Step",
    "StepOutcome",
    "StepPreview",
    "allow",
    "allowed",
    "checked",
    "coverage",
    "enrich",
    "look_up",
    "measure",
    "plan_for",
    "preview",
]
