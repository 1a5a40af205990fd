"""Where a network is trained: on CUDA where there is any, with the processor to fall back on."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import torch

logger = logging.getLogger(__name__)

NO_MEMORY = (
    "{label}: the graphics card has too little memory free; it was trained on the processor."
)

Learned = TypeVar("Learned")


def train_on_device(
    go: Callable[[str], Learned], label: str, device: str | None = None
) -> tuple[Learned, tuple[str, ...]]:
    """What ``go`` makes on a device, deterministically, and what there is to say of it.

    Args:
        go: Trains on the device of torch that it is given.
        label: Of the component.
        device: Of torch; chosen if None.
    """
    wanted = device or ("cuda" if torch.cuda.is_available() else "cpu")
    with _deterministic():
        try:
            return go(wanted), ()
        except torch.OutOfMemoryError:
            logger.warning("out of memory on %s", wanted)
        return go("cpu"), (NO_MEMORY.format(label=label),)


@contextmanager
def _deterministic() -> Iterator[None]:
    """Torch's deterministic kernels, where it has them, for as long as it lasts."""
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)
