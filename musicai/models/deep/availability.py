"""Whether the deep components can be trained here, and what to say where they cannot."""

from __future__ import annotations

from importlib.util import find_spec

REMEDY = "`pip install -r requirements-deep.txt` brings it."


WITHOUT_TORCH = (
    "“Deep sequence” and “Deep taste” are left out of training: torch is not installed. " + REMEDY
)


def is_installed() -> bool:
    """Whether torch is there, without importing it."""
    return find_spec("torch") is not None


def not_updated(label: str, instead: str) -> str:
    """What an update without torch has to say.

    Args:
        label: Of the component.
        instead: What was done, or not, with new tracks.
    """
    return (
        f"“{label}” learned nothing from the new plays, as torch is not installed: {instead}. "
        + REMEDY
    )
