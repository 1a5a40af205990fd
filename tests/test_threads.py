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


def test_overlapping_sessions_share_the_limit_until_the_last_ends() -> None:
    first_in, second_in, first_out = (threading.Event() for _ in range(3))

    def first() -> None:
        with one_thread():
            first_in.set()
            second_in.wait(10)
        first_out.set()

    with threadpool_limits(2, "blas"):
        before = blas_threads()
        session = threading.Thread(target=first)
        session.start()
        first_in.wait(10)
        with one_thread():
            second_in.set()
            first_out.wait(10)
            assert blas_threads() == {1}
        session.join()
        assert blas_threads() == before
