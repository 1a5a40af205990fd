"""What one does with versions once they are there: go back, name, keep, and clear out."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from musicai.core.errors import ModelError, NotFound, QueryError
from musicai.core.settings import Settings
from musicai.models.registry import registry
from musicai.models.registry.registry import BUNDLED, VersionInfo
from musicai.store import Store

logger = logging.getLogger(__name__)

KEEP = 10
"""Versions of a profile that are kept where nothing else was chosen."""

_KEEP_SETTING = "keep_versions"
_LONGEST_NAME = 60


def rollback_target(settings: Settings, store: Store, profile: str) -> VersionInfo | None:
    """The version that served the profile before the present one and still can; None without."""
    one = store.profile(profile)
    # the sample began with the bundled version, which nobody had to activate
    began = [BUNDLED] if one.invented else []
    for version in (*store.list_served(profile), *began):
        if version != (one.active_version or BUNDLED):
            info = registry.info_of(settings, store, version)
            if info.problem is None and profile in info.profiles:
                return info
    return None


def roll_back(settings: Settings, store: Store, profile: str) -> str:
    """Let the version serve that served before; done again, it goes back further.

    Returns:
        The name of the version that serves now.

    Raises:
        ModelError: no earlier version is left that can serve.
    """
    target = rollback_target(settings, store, profile)
    if target is None:
        raise ModelError(
            f"No earlier version of profile {profile!r} is left to go back to. "
            "`musicai models list` shows what there is; any of them can be activated."
        )
    store.roll_back_to(profile, target.version)
    logger.info("rolled back to version %s", target.version)
    return target.version


def rename(settings: Settings, store: Store, version: str, name: str) -> None:
    """Give a version a name of its own; an empty one takes it away.

    Raises:
        NotFound: there is no such version.
        QueryError: the name is too long, or not one line of visible characters.
        ModelError: it is the bundled one.
    """
    _own(settings, store, version)
    name = name.strip()
    if len(name) > _LONGEST_NAME or not name.isprintable():
        raise QueryError(
            f"A version's name has at most {_LONGEST_NAME} visible characters on one line."
        )
    store.mark_version(version, name=name)


def pin(settings: Settings, store: Store, version: str, pinned: bool = True) -> None:
    """Keep a version however many newer ones there are, or no longer.

    Raises:
        NotFound: there is no such version.
        ModelError: it is the bundled one, which is kept anyway.
    """
    _own(settings, store, version)
    store.mark_version(version, pinned=pinned)


def keep_number(store: Store, profile: str) -> int:
    """How many versions of a profile are kept."""
    chosen = store.settings_of(profile).get(_KEEP_SETTING)
    return chosen if isinstance(chosen, int) and chosen >= 1 else KEEP


def set_keep_number(store: Store, profile: str, number: int) -> None:
    """Choose how many versions of a profile are kept.

    Raises:
        QueryError: it is less than 1.
    """
    store.change_settings(profile, {_KEEP_SETTING: _check_version(number)})


def prunable(
    settings: Settings, store: Store, profile: str, keep: int | None = None
) -> tuple[str, ...]:
    """The versions that the rule would delete, oldest last.

    The newest ``keep`` stay; so do, beyond them, the one in use, the one to go back to, and
    those that are pinned. Versions that hold another profile too, and folders that cannot be
    read, are left alone.
    """
    number = keep_number(store, profile) if keep is None else _check_version(keep)
    target = rollback_target(settings, store, profile)
    listed = registry.list_versions(settings, store, profile)
    active = store.profile(profile).active_version
    needed = {active, target.version if target else None}
    # an update is measured by the version it came from
    needed |= {i.update.get("trained_as") for i in listed if i.version in needed}
    mine = [info for info in listed if info.profiles == (profile,) and not info.bundled]
    return tuple(
        info.version for info in mine[number:] if not info.pinned and info.version not in needed
    )


def prune(
    settings: Settings, store: Store, profile: str, keep: int | None = None
) -> tuple[str, ...]:
    """Delete the versions that the rule does not keep (see :func:`prunable`); their names."""
    gone = prunable(settings, store, profile, keep)
    for version in gone:
        registry.delete(settings, store, version)
    return gone


def find(infos: Sequence[VersionInfo], asked: str) -> VersionInfo:
    """The version of that name: its own, the one a person gave it, or the beginning of either.

    Raises:
        NotFound: there is none.
        QueryError: several begin so.
    """
    for told in ([i.version for i in infos], [i.name for i in infos]):
        exact = [i for i, name in zip(infos, told, strict=True) if asked and name == asked]
        if len(exact) == 1:
            return exact[0]
    begun = [i for i in infos if asked and (i.version.startswith(asked) or i.name == asked)]
    if len(begun) > 1:
        raise QueryError(
            f"{asked!r} could be {' or '.join(i.version for i in begun)}; write it out."
        )
    if not begun:
        raise NotFound(f"There is no version {asked!r}. `musicai models list` lists them.")
    return begun[0]


def _own(settings: Settings, store: Store, version: str) -> None:
    if version == BUNDLED:
        raise ModelError("The bundled version belongs to the project and is left as it is.")
    find([i for i in registry.list_versions(settings, store) if i.version == version], version)


def _check_version(number: int) -> int:
    if number < 1:
        raise QueryError(f"At least 1 version is kept; {number} was asked for.")
    return number
