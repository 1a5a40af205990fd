"""Thompson sampling: what is certain is not guessed, and propensities are what draws say."""

from __future__ import annotations

import numpy as np
import pytest

from musicai.ai_model import MusicAI
from musicai.core.settings import Settings
from musicai.ranking.exploration import DRAWS, Bandit
from tests import worlds

NONE = np.zeros(0, dtype=np.int32)
AXES = np.eye(3, dtype=np.float32)


def rows(*found: int) -> np.ndarray:
    return np.array(found, dtype=np.int32)


def test_the_posterior_by_hand() -> None:
    """Two likes on one axis: A = diag(3, 1, 1), b = (2, 0, 0)."""
    bandit = Bandit(np.vstack([AXES, AXES[:1]]), rows(0, 3), NONE)
    drawn = bandit.draws(np.random.default_rng(0), 40_000)
    np.testing.assert_allclose(drawn.mean(axis=0), [2 / 3, 0, 0], atol=0.02)
    np.testing.assert_allclose(np.cov(drawn.T), np.diag([1 / 3, 1, 1]), atol=0.03)


def test_dislikes_pull_the_other_way_and_narrow_the_guess() -> None:
    liked = Bandit(AXES, rows(0), NONE).draws(np.random.default_rng(1), 5_000)
    disliked = Bandit(AXES, NONE, rows(0)).draws(np.random.default_rng(1), 5_000)
    assert liked[:, 0].mean() == pytest.approx(0.5, abs=0.05)
    assert disliked[:, 0].mean() == pytest.approx(-0.5, abs=0.05)
    assert disliked[:, 0].std() < disliked[:, 1].std()


def test_propensities_are_the_share_of_draws_that_list_a_track() -> None:
    """Two of a kind share the chance evenly; what leads by far is always listed."""
    vectors = np.vstack([AXES[1], AXES[2], np.zeros(3)]).astype(np.float32)
    bandit = Bandit(vectors, NONE, NONE)
    score = np.array([0.0, 0.0, 100.0], dtype=np.float32)
    found = bandit.propensities(score, np.arange(3), np.array([2, 0]), 1.0, 7)
    assert found[0] == 1.0
    assert found[1] == pytest.approx(0.5, abs=4 * 0.5 / DRAWS**0.5)


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> MusicAI:
    settings = Settings(home=tmp_path_factory.mktemp("exploring"))
    return MusicAI(settings=settings, library=worlds.two_camps(60, catalogue=60))


def test_the_dial_surprises_reproducibly_and_the_parts_add_up(music: MusicAI) -> None:
    def listed(**kwargs: float) -> list[str]:
        found = music.get_hybrid_recommendations(mode="mix", artist_cap=50, **kwargs)  # type: ignore[arg-type]
        for item in found:
            assert item.score == pytest.approx(sum(item.contributions.values()), abs=1e-5)
            assert (item.propensity is not None) == ("surprise" in item.contributions)
            assert item.propensity is None or 0 <= item.propensity <= 1
        return [item.track_id for item in found]

    plain = listed()
    assert listed(surprise=0.0, draw=5) == plain
    one, other = listed(surprise=1.0, draw=1), listed(surprise=1.0, draw=2)
    assert listed(surprise=1.0, draw=1) == one
    assert len({tuple(plain), tuple(one), tuple(other)}) == 3
    near = len(set(listed(surprise=0.1, draw=1)) & set(plain))
    assert near > len(set(one) & set(plain))


def test_a_surprise_says_that_it_is_one(music: MusicAI) -> None:
    found = music.get_hybrid_recommendations(mode="mix", surprise=1.0, draw=3)
    top = [
        item for item in found if item.contributions["surprise"] == max(item.contributions.values())
    ]
    assert top
    assert all("surprised" in item.reason for item in top)
