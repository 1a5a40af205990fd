"""Four tabs and the command line at once, for a short while; the benchmark does it for longer."""

from __future__ import annotations

import pytest

from benchmarks import soak


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_nothing_is_lost_when_all_work_at_once() -> None:
    found = soak.measure(15.0)
    assert found["errors"] == []
    assert (found["lost_verdicts"], found["strange_verdicts"]) == (0, 0)
    assert found["lost_list_tracks"] == 0
    assert found["damaged_versions"] == 0
    assert not found["lock_left"]
    assert found["serves"]
    assert found["verdicts"] > 0
    assert all(steps > 0 for steps in found["steps"])
