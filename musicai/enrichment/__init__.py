"""New music found through open data: what is asked for whom, and what comes of it.

    plan ──> preview (nothing asked yet)
      └────> enrich ──> personal catalogue: tracks never played, with the paths that led there

    measure: dumps on this machine ──> what AcousticBrainz measured of the tracks

Each step is the person's to allow. Only names and ids leave the machine: how often and when
something was played decides here what is asked, and stays here.
"""

from musicai.enrichment.enrich import Enrichment, StepOutcome, enrich
from musicai.enrichment.measuring import Coverage, Measured, coverage, look_up, measure
from musicai.enrichment.plan import LovedArtist, Plan, plan_for
from musicai.enrichment.preview import Preview, StepPreview, preview
from musicai.enrichment.steps import STEPS, Step, allow, allowed, checked

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
