"""One thread of linear algebra while a list is made, and what was before afterwards."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from musicai.threads import one_thread


def blas_threads() -> set[int]:
    return {int(one["num_threads"]) for one in threadpool_info() if one["user_api"] == "blas"}


def test_one_thread_inside_and_what_was_before_afterwards() -> None:
    np.ones((2, 2)) @ np.ones(2)
    with threadpool_limits(2, "blas"):
        before = blas_threads()
        with one_thread():
            assert blas_threads() == {1}
        assert blas_threads() == before
        with pytest.raises(ValueError, match="told"), one_thread():
            raise ValueError("told")
        assert blas_threads() == before


def test_many_sessions_leave_what_was_before() -> None:
    seen: list[set[int]] = []

    def session() -> None:
        with one_thread(), one_thread():
            seen.append(blas_threads())

    before = blas_threads()
    sessions = [threading.Thread(target=session) for _ in range(8)]
    for one in sessions:
        one.start()
    for one in sessions:
        one.join()
    assert len(seen) == 8
    assert {1} in seen
    assert blas_threads() == before
