"""The benchmarks of the next item: metrics by hand, files of both kinds, and bad ones."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.quality import next_items, nowplaying, sequences
from benchmarks.quality.__main__ import main
from benchmarks.quality.next_items import Ask, NextItems
from musicai.core.errors import DataError
from musicai.models.sequence import SequenceConfig


def rows(*found: int) -> next_items.Rows:
    return np.array(found, dtype=np.int32)


def test_metrics_equal_numbers_worked_by_hand() -> None:
    found = next_items.metrics(np.array([1.0, 4.0, 11.0, np.inf]), (10, 20))
    assert found["p@10"].tolist() == [1, 1, 0, 0]
    assert found["mrr@20"].tolist() == pytest.approx([1, 1 / 4, 1 / 11, 0])
    assert found["ndcg@10"].tolist() == pytest.approx([1, 1 / np.log2(5), 0, 0])


def test_ties_count_half_and_no_good_word_is_no_rank() -> None:
    scores = np.array([3.0, 2.0, 2.0, 0.0])
    asks = [Ask(rows(0), 0), Ask(rows(0), 1), Ask(rows(0), 3)]
    assert next_items.ranks(scores, asks, masked=False).tolist() == [1, 2.5, np.inf]
    assert next_items.ranks(scores, asks[1:2], masked=True).tolist() == [1.5]


def test_what_always_follows_is_first() -> None:
    sessions = [rows(0, 1, 2)] * 5 + [rows(3, 4)] * 9
    problem = NextItems("x", "y", sessions, [Ask(rows(0), 1), Ask(rows(3), 4)], 5)
    told = next_items.run(problem)
    assert told["metrics"]["p@10"] == told["metrics"]["mrr@10"] == 100.0
    assert told["intervals"]["p@10"] == [100.0, 100.0]
    assert told["baselines"]["popularity"]["mrr@10"] < 100.0
    assert set(told["baselines"]) == set(next_items.PARTS)


def test_settings_are_chosen_on_validation_alone() -> None:
    sessions = [rows(0, 1)] * 5
    problem = NextItems(
        "x", "y", sessions, [Ask(rows(0), 1)], 3, valid=[Ask(rows(1), 0)], valid_sessions=sessions
    )
    only_after = SequenceConfig(backward=0.0, neighbour_share=0.0)
    both = SequenceConfig(backward=1.0, neighbour_share=0.0)
    config, tried = next_items._chosen(problem, [only_after, both])
    assert config == both
    assert len(tried) == 2


def written(folder: Path, text: str) -> Path:
    path = folder / "sequences.txt"
    path.write_text(text, "utf-8")
    return path


def test_a_file_is_cut_user_by_user(tmp_path: Path) -> None:
    problem = sequences.load(written(tmp_path, "ann a b c d\nben,b,c,d\n\nzoe a b\n"))
    assert [one.tolist() for one in problem.sessions] == [[0, 1, 2], [1, 2]]
    assert [(ask.prefix.tolist(), ask.target) for ask in problem.test] == [
        ([0, 1, 2], 3),
        ([1, 2], 3),
    ]
    assert [(ask.prefix.tolist(), ask.target) for ask in problem.valid] == [([0, 1], 2), ([1], 2)]
    assert [one.tolist() for one in problem.valid_sessions] == [[0, 1], [1]]
    assert problem.masked
    assert problem.facts["users_with_too_few_items"] == 1


def test_where_items_come_again_nothing_is_masked(tmp_path: Path) -> None:
    assert not sequences.load(written(tmp_path, "ann a b a c\n")).masked


@pytest.mark.parametrize("text", ["", "ann\n", "ann a b\n"])
def test_files_without_anything_to_foretell(tmp_path: Path, text: str) -> None:
    with pytest.raises(DataError):
        sequences.load(written(tmp_path, text))


def test_the_command_prints_one_json_object(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [f"u{n} " + " ".join(f"i{(n + k) % 12}" for k in range(6)) for n in range(40)]
    assert main(["sequences", "--file", str(written(tmp_path, "\n".join(lines))), "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["n"] == 40
    assert told["metrics"]["hr@5"] == 100.0
    assert {"hr@5", "ndcg@5", "hr@10", "ndcg@10", "hr@20", "ndcg@20"} <= set(told["metrics"])
    assert len(told["config"]["tried_on_validation"]) == len(sequences.CANDIDATES)
    assert main(["sequences", "--file", str(tmp_path / "absent"), "--json"]) == 2


def test_the_public_split_has_the_papers_counts(shared: Path) -> None:
    problem = nowplaying.load(shared)
    assert len(problem.sessions) == 128_077
    assert len(problem.test) == 89_824
    assert problem.n_items == 60_417
