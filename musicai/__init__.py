"""musicai: a private music recommender that runs on the listener's own machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from musicai.core.version import __version__

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI
    from musicai.data.library import Library

__all__ = ["Library", "MusicAI", "__version__"]


def __getattr__(name: str) -> Any:
    """Import the public names when they are first used: ``python -m musicai`` starts sooner."""
    if name == "MusicAI":
        from musicai.ai_model import MusicAI  # noqa: PLC0415

        return MusicAI
    if name == "Library":
        from musicai.data.library import Library  # noqa: PLC0415

        return Library
    raise AttributeError(f"module 'musicai' has no attribute {name!r}")
