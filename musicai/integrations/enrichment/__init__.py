"""New music found through open data: what is asked for whom, and what comes of it.

    plan ──> preview (nothing asked yet)
      └────> enrich ──> personal catalogue: tracks never played, with the paths that led there

    measure: dumps on this machine ──> what AcousticBrainz measured of the tracks

Each step is the person's to allow. Only names and ids leave the machine: how often and when
something was played decides here what is asked, and stays here.
"""

from musicai.integrations.enrichment.audio_descriptors import (
    DescriptorCoverage,
    Measured,
    coverage,
    look_up,
    measure,
)
from musicai.integrations.enrichment.plan import (
    STEPS,
    EnrichmentStep,
    LovedArtist,
    Plan,
    Preview,
    StepPreview,
    allow,
    list_allowed_steps,
    order_steps,
    plan_for,
    preview,
)
from musicai.integrations.enrichment.run import Enrichment, StepOutcome, enrich

__all__ = [
    "STEPS",
    "DescriptorCoverage",
    "Enrichment",
    "EnrichmentStep",
    "LovedArtist",
    "Measured",
    "Plan",
    "Preview",
    "StepOutcome",
    "StepPreview",
    "allow",
    "coverage",
    "enrich",
    "list_allowed_steps",
    "look_up",
    "measure",
    "order_steps",
    "plan_for",
    "preview",
]
