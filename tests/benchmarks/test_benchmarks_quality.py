"""The quality benchmark: what it reads, what it hides, what it measures, what it chooses."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from benchmarks.quality import interactions, protocol, sociallgn
from benchmarks.quality.__main__ import main
from benchmarks.quality.budget import Budget
from benchmarks.quality.choosing import best_single, cut, hybrid_weights, sampled
from benchmarks.quality.pairs import Layout, layout_of, read_pairs
from benchmarks.quality.scoring import Lists, Problem, Times, rank_all, score_users, top
from benchmarks.quality.synthetic import write_split
from musicai.core.errors import DataError
from musicai.core.progress import no_progress
from musicai.models import COMPONENTS
from musicai.models.collaborative import CollaborativeConfig

Write = Callable[[str, str], Path]

PAIRS = [(f"u{u}", f"i{i}") for u in range(4) for i in range(7) if (u + i) % 3]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text, "utf-8")
        return path

    return written


def found_in(path: Path, layout: Layout | None = None) -> list[tuple[str, str]]:
    pairs = read_pairs(path, layout)
    return [
        (pairs.users[user], pairs.items[item])
        for user, item in zip(pairs.user, pairs.item, strict=True)
    ]


# --- files ----------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["", "user{0}item", "UserID{0}Artist_Id", "user_id:token{0}i"])
@pytest.mark.parametrize("further", ["", "{0}4.5{0}1136073600"])
@pytest.mark.parametrize("separator", [" ", "\t", ",", "   "])
def test_pairs_apart_by_anything(write: Write, separator: str, further: str, header: str) -> None:
    lines = [separator.join(pair) + further.format(separator) for pair in PAIRS]
    text = "\n".join([header.format(separator), *lines] if header else lines)
    assert found_in(write("pairs", text + "\n")) == PAIRS


def test_a_header_in_any_words_and_ids_that_look_like_one(write: Write) -> None:
    assert found_in(write("a", "hörer,künstler\n1,2\n3,4\n")) == [("1", "2"), ("3", "4")]
    named = [("user_1", "item_1"), ("user_2", "item_9")]
    assert found_in(write("b", "user_1,item_1\nuser_2,item_9\n")) == named
    words = [("anna", "abba"), ("bert", "bach")]
    assert found_in(write("c", "anna\tabba\nbert\tbach\n")) == words


def test_lines_of_lists_are_a_user_and_items(write: Write) -> None:
    path = write("train.txt", "0 5 7 9\n1 5\n2 \n3 7 8 5 7 \n")
    assert layout_of(path).lists
    expected = [("0", "5"), ("0", "7"), ("0", "9"), ("1", "5"), ("3", "7"), ("3", "8"), ("3", "5")]
    assert found_in(path) == expected


def test_the_training_files_layout_serves_the_others(write: Write) -> None:
    train = write("train.txt", "0 5 7 9\n1 5 6\n2 5 6 7 8\n")
    test = write("test.txt", "0 6 8\n1 7 9\n2 9 4\n")  # alone it would be pairs and a rating
    assert not layout_of(test).lists
    problem = interactions.load(train, test)
    assert problem.test.nnz == 6
    assert problem.facts["train_pairs"] == 9


@pytest.mark.parametrize(
    "text",
    [
        "1,5,Hey, Jude\n2,5,Help\n3,6,Michelle\n",  # a title with a comma
        "1 5\n1 6 4\n1 7\n",  # one user in several lines
        "1,5,4.5\n2,6,3.0\n3,7,1.5\n",  # equally many columns
    ],
)
def test_tables_of_pairs_are_no_lists(write: Write, text: str) -> None:
    path = write("pairs", text)
    assert not layout_of(path).lists
    assert len(read_pairs(path)) == 3


def test_rows_without_two_values_are_left_out_and_repeats_count_once(write: Write) -> None:
    path = write("pairs.csv", '1,5\n1,\n,6\n\n1,5\n"2","7"\n2,8\n')
    assert found_in(path) == [("1", "5"), ("2", "7"), ("2", "8")]


@pytest.mark.parametrize("text", ["", "\n\n", "user,item\n", "one\ntwo\n", ",\n,\n", "\0\1\2"])
def test_a_file_without_a_pair_is_a_clear_error(write: Write, text: str) -> None:
    with pytest.raises(DataError, match=r"pairs.*user and item"):
        read_pairs(write("pairs", text))


# --- a split --------------------------------------------------------------------------


def test_what_cannot_be_measured_is_left_out_and_counted(write: Write) -> None:
    train = write("train", "a 1\na 2\nb 1\n")
    test = write("test", "a 2\na 3\nb 9\nstranger 1\n")  # 2 is known, 9 never seen
    problem = interactions.load(train, test, write("valid", "a 1\na 3\nb 4\n"))
    assert problem.test.nnz == 2
    assert (problem.facts["test_pairs"], problem.facts["test_left_out"]) == (2, 2)
    assert problem.valid is not None
    assert problem.valid.nnz == 1, "a 1 is in training, a 3 in test"


@pytest.mark.parametrize("test", ["stranger 1\n", "a 1\n"])
def test_a_test_part_without_anything_new_is_a_clear_error(write: Write, test: str) -> None:
    with pytest.raises(DataError, match="new to that user"):
        interactions.load(write("train", "a 1\nb 1\n"), write("test", test))


def matrix(n_users: int = 40, n_items: int = 30, seed: int = 0) -> csr_matrix:
    board = np.random.default_rng(seed).random((n_users, n_items)) < 0.4
    board[3] = False
    board[5, 4:] = False
    return csr_matrix(board.astype(np.float32))


def test_the_cut_is_disjoint_whole_and_of_a_fifth() -> None:
    whole = matrix()
    kept, held = cut(whole, seed=1)
    assert kept.multiply(held).nnz == 0
    assert (kept + held != whole).nnz == 0
    size, cut_off = np.diff(whole.indptr), np.diff(held.indptr)
    assert (cut_off[size < 5] == 0).all()
    assert (cut_off[size >= 5] == np.round(0.2 * size[size >= 5])).all()
    again, other = cut(whole, seed=1)[1], cut(whole, seed=2)[1]
    assert (again != held).nnz == 0
    assert (other != held).nnz > 0


def test_a_sample_has_whole_users() -> None:
    targets = matrix()
    few = sampled(targets, 7, seed=0)
    users = np.flatnonzero(np.diff(few.indptr))
    assert len(users) == 7
    assert (few[users] != targets[users]).nnz == 0
    assert sampled(targets, 1_000, seed=0).nnz == targets.nnz


# --- metrics --------------------------------------------------------------------------


def test_metrics_equal_numbers_worked_by_hand() -> None:
    lists = Lists()
    lists.add(np.array([4, 7, 1]), np.array([7, 9]))  # one of two, in the second place
    lists.add(np.array([3]), np.array([3]))
    found = lists.per_user()
    np.testing.assert_allclose(found["recall@10"], [0.5, 1.0])
    np.testing.assert_allclose(found["precision@10"], [0.1, 0.1])
    ideal = 1 + 1 / np.log2(3)
    np.testing.assert_allclose(found["ndcg@10"], [(1 / np.log2(3)) / ideal, 1.0])
    assert lists.mean("recall@20") == 0.75
    assert Lists().mean("recall@20") == 0.0


def test_the_top_is_in_order_and_without_what_is_unknown() -> None:
    scores = np.array([0.5, np.nan, 2.0, -np.inf, 0.5, 1.0, -1.0], dtype=np.float32)
    assert top(scores, 3).tolist() == [2, 5, 0]
    assert top(scores, 9).tolist() == [2, 5, 0, 4, 6]
    assert top(np.full(4, np.nan, dtype=np.float32), 2).tolist() == []


# --- whole runs -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def split(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("split")
    return write_split(folder, users=80, items=60, pairs=1_600, topics=6)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two settings a component; the search itself has its own test."""
    few = {"collaborative": ({"factors": 16},), "item_item": ({"method": "knn"},)}
    monkeypatch.setattr(interactions, "search_for", lambda _: few)


KEYS = {"dataset", "split", "metrics", "baselines", "config", "seconds", "intervals", "n"}


@pytest.mark.usefixtures("quick")
def test_a_run_from_files_to_json(
    split: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    train, test = split
    command = ["interactions", "--train", str(train), "--test", str(test), "--json"]
    assert main(command) == 0
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert set(result) >= KEYS
    wanted = {f"{metric}@{k}" for metric in ("recall", "ndcg") for k in (10, 20, 100)}
    assert set(result["metrics"]) >= wanted
    assert set(result["baselines"]) == set(COMPONENTS)
    low, high = result["intervals"]["ndcg@20"]
    assert low < result["metrics"]["ndcg@20"] < high
    assert result["n"] == sum(len(line.split()) > 1 for line in test.read_text().splitlines())
    assert result["baselines"]["popularity"]["ndcg@20"] > 0
    validation = {name: row["ndcg@20"] for name, row in result["validation"].items()}
    single = result["best_single_on_validation"]
    assert validation[single] == max(validation[name] for name in COMPONENTS)
    alone = result["config"]["weights"][single] == 1.0
    assert validation["hybrid"] > validation[single] or alone
    assert not alone or result["metrics"] == result["baselines"][single]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("train", "test", "n"),
    [
        ("a 1\na 2\na 3\na 4\na 5\na 6\n", "a 7\n", 1),  # one listener
        ("a 1\nb 1\nb 2\n", "a 2\n", 1),  # two tracks, nobody with enough for validation
        ("a 1\nb 1\nc 1\n", "a 9\nb 9\n", 2),  # one track, and one never seen
        ("\n".join(f"u{u} {i}" for u in range(30) for i in range(8)), "u0 9\nu3 9\n", 2),  # equal
    ],
)
def test_small_and_even_data_give_an_answer(write: Write, train: str, test: str, n: int) -> None:
    result = protocol.run(interactions.load(write("train", train), write("test", test)))
    assert result["n"] == n
    assert all(np.isfinite(value) for value in result["metrics"].values())
    assert sum(result["config"]["weights"].values()) == pytest.approx(1.0, abs=1e-4)


def problem_of(train: csr_matrix, test: csr_matrix) -> Problem:
    nothing = interactions.unknown_features(train.shape[1])
    return Problem(name="n", split="s", train=train, test=test, features=lambda _: nothing)


@pytest.mark.parametrize("bad", [-1.0, np.nan, np.inf, 1e9])
def test_confidences_that_are_none_are_a_clear_error(bad: float) -> None:
    train, test = cut(matrix(), seed=0)
    train.data[5] = bad
    with pytest.raises(DataError, match="confidence"):
        protocol.run(problem_of(train, test))


def test_empty_rows_and_an_empty_test_part() -> None:
    train, test = cut(matrix(), seed=0)
    assert np.diff(train.indptr)[3] == 0
    assert protocol.run(problem_of(train, test))["n"] == int((np.diff(test.indptr) > 0).sum())
    with pytest.raises(DataError, match="no"):
        protocol.run(problem_of(train, csr_matrix(train.shape, dtype=np.float32)))


def test_a_file_that_is_not_there_ends_with_a_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = str(tmp_path / "no.txt")
    assert main(["interactions", "--train", missing, "--test", missing]) == 2
    assert "no.txt" in capsys.readouterr().err


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(("budget", "spent"), [("0", True), ("600", False)])
def test_a_spent_budget_leaves_settings_out_and_says_so(
    split: tuple[Path, Path], capsys: pytest.CaptureFixture[str], budget: str, spent: bool
) -> None:
    train, test = map(str, split)
    asked = ["interactions", "--train", train, "--test", test, "--budget", budget, "--json"]
    assert main(asked) == 0
    printed = capsys.readouterr().out
    search = json.loads(printed.splitlines()[-1])["config"]["search"]
    none, all_ = {"collaborative": 0, "item_item": 0}, {"collaborative": 2, "item_item": 2}
    assert search == {
        "budget_s": float(budget),
        "spent": spent,
        "tried": none if spent else all_,
        "left_out": all_ if spent else none,
    }
    assert ("were not tried" in printed) is spent


def test_a_budget_is_shared_and_nothing_begins_that_would_end_late(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [100.0]
    monkeypatch.setattr("benchmarks.quality.budget.time.perf_counter", lambda: now[0])
    budget = Budget(10.0)
    budget.begin("a", 2)  # until 105
    assert budget.allows("a")
    now[0] = 102.0
    assert budget.allows("a")  # would end at 104
    now[0] = 104.0
    assert not budget.allows("a")  # would end at 106
    budget.begin("b", 1)  # until 110: what the first left is the second's
    assert budget.allows("b")
    now[0] = 109.0
    assert not budget.allows("b")
    assert budget.report()["left_out"] == {"a": 1, "b": 1}


@pytest.mark.parametrize("budget", ["-1", "nan", "inf", "soon"])
def test_a_budget_is_a_number_of_seconds(budget: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["interactions", "--train", "a", "--test", "b", f"--budget={budget}"])
    assert "--budget" in capsys.readouterr().err


def test_training_items_are_never_recommended() -> None:
    train, test = cut(matrix(seed=4), seed=0)
    problem = problem_of(train, test)
    data = problem.data(train, test)
    fitted = {name: kind().fit(data, no_progress) for name, kind in COMPONENTS.items()}
    for scored in score_users(problem, fitted, train, range(train.shape[0])):
        assert scored.seen.tolist() == sorted(train[scored.user].indices)
        for scores in (*scored.raw.values(), *scored.scaled):
            assert not np.isin(top(scores, 100), scored.seen).any()
    # asked for what is known already, no method finds anything
    again = rank_all(problem, fitted, {"hybrid": {"popularity": 1.0}}, train, train)
    assert all(lists.mean("recall@100") == 0.0 for lists in again.values())


def test_settings_are_chosen_by_validation_and_step_from_the_best_so_far() -> None:
    train, test = cut(matrix(120, 60, seed=2), seed=0)
    steps = ({"alpha": Times(2.0)}, {"alpha": Times(2.0)}, {"factors": 1, "alpha": 1e-3})
    problem = replace(problem_of(train, test), search={"collaborative": steps})
    result = protocol.run(problem)
    alpha = result["config"]["components"]["collaborative"]["alpha"]
    usual = CollaborativeConfig().alpha
    assert alpha in (usual, 2 * usual, 4 * usual, 1e-3)
    assert set(result["config"]["components"]) == set(COMPONENTS)


def lists_of(n_hits: int, n_users: int = 40) -> Lists:
    """``n_hits`` users whose only target leads their list."""
    found = Lists()
    for user in range(n_users):
        found.add(np.array([1 if user < n_hits else 2]), np.array([1]))
    return found


@pytest.mark.parametrize(("hits", "blended"), [(30, True), (23, True), (20, False), (5, False)])
def test_the_blend_is_taken_where_it_leads_the_best_single_by_a_standard_error(
    hits: int, blended: bool
) -> None:
    weights = {"content": 0.5, "popularity": 0.5}
    validation = {
        "hybrid": lists_of(hits),
        "content": lists_of(10),
        "popularity": lists_of(20),
    }
    assert best_single(validation, weights) == "popularity"
    found = hybrid_weights(weights, validation, "popularity")
    assert found == (weights if blended else {"content": 0.0, "popularity": 1.0})


@pytest.mark.parametrize("n_users", [0, 5])
def test_with_too_few_validation_users_the_weights_stay(n_users: int) -> None:
    validation = {"hybrid": lists_of(0, n_users), "content": lists_of(n_users, n_users)}
    weights = {"content": 0.7, "popularity": 0.3}
    assert hybrid_weights(weights, validation, "content") == weights


def test_search_fits_the_size(monkeypatch: pytest.MonkeyPatch) -> None:
    def sized(users: int, items: int, pairs: int) -> csr_matrix:
        rng = np.random.default_rng(0)
        cells = rng.integers(0, users, pairs), rng.integers(0, items, pairs)
        found = csr_matrix((np.ones(pairs, dtype=np.float32), cells), shape=(users, items))
        found.sum_duplicates()
        return found

    small, wide = sized(500, 900, 9_000), sized(6_000, 9_000, 20_000)
    assert any("dropout" in change for change in interactions.search_for(small)["item_item"])
    assert all("method" in change for change in interactions.search_for(wide)["item_item"])
    factors = {c.get("factors") for c in interactions.search_for(small)["collaborative"]}
    assert {32, 128, 256} <= factors
    monkeypatch.setattr(interactions, "TOO_MANY_PAIRS", 1_000)
    assert interactions.search_for(small) == {}


# --- Last.fm --------------------------------------------------------------------------


def lastfm(tmp_path: Path) -> Path:
    """The real files' layout: two listeners, three artists, ids that are mapped."""
    split = tmp_path / "interactions/lastfm_sociallgn"
    raw = tmp_path / "interactions/hetrec_lastfm2k"
    split.mkdir(parents=True)
    raw.mkdir()
    files = {
        split / "itemReindex.json": '{"51": 0, "52": 1, "53": 2}',
        split / "userReindex.json": '{"2": 0, "3": 1}',
        split / "train_set.txt": "user,item\n0,0\n1,0\n1,1\n",
        split / "test_set.txt": "user,item\n0,1\n1,2\n",
        split / "trust.txt": "user,friend\n0,1\n1,0\n",
        raw / "artists.dat": "id\tname\turl\tpictureURL\n51\tA\t\t\n52\tB\t\t\n53\tC\t\t\n",
        raw / "tags.dat": "tagID\ttagValue\n7\trock\n8\tjazz\n",
        raw / "user_artists.dat": "userID\tartistID\tweight\n2\t51\t10\n2\t52\t99\n3\t51\t5\n"
        "3\t52\t20\n",
        raw / "user_taggedartists.dat": "userID\tartistID\ttagID\tday\tmonth\tyear\n"
        + "2\t51\t7\t1\t1\t2009\n"  # on a training pair
        + "2\t52\t8\t1\t1\t2009\n"  # on the hidden pair of listener 2: it would betray it
        + "3\t52\t7\t1\t1\t2009\n"  # another listener's, of the same artist: known
        + "3\t53\t7\t1\t1\t2009\n",  # on the hidden pair of listener 3
    }
    for path, text in files.items():
        path.write_text(text, "latin-1")
    return tmp_path


def test_a_tag_on_a_hidden_pair_is_not_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sociallgn, "RAREST", 1)
    problem = sociallgn.load(lastfm(tmp_path))
    terms = problem.features(problem.test)
    assert terms.terms == ("g:rock",), "jazz was only said on a hidden pair"
    assert (terms.tfidf.toarray() > 0).ravel().tolist() == [True, True, False]
    leaky = problem.features(csr_matrix(problem.test.shape))
    assert set(leaky.terms) == {"g:rock", "g:jazz"}
    assert (leaky.tfidf.toarray() > 0).sum() == 4


def test_play_counts_serve_the_training_pairs_only(tmp_path: Path) -> None:
    problem = sociallgn.load(lastfm(tmp_path))
    assert (problem.train > 0).toarray().tolist() == [[1, 0, 0], [1, 1, 0]]
    first = problem.train[0].toarray().ravel()
    assert first[0] == pytest.approx(np.log1p(1.0)), "the median is of training pairs alone"
    assert problem.friends is not None
    assert problem.friends.toarray().tolist() == [[0, 1], [1, 0]]
