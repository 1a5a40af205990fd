"""Choices are kept, named by the fingerprint, taken back, and go with what brought them."""

from __future__ import annotations

import pytest

from musicai.core.errors import NotFound
from musicai.core.settings import Settings
from musicai.data.feedback import Choices, Exclusion, Feedback, MatchDecision
from musicai.data.parsed import ColumnMapping, ParsedFile
from musicai.store import Store

SLEEP = Exclusion("playlist", "Sleep")
PARTY = Exclusion("period", "", 1_700_000_000, 1_700_090_000)
SAME = MatchDecision.of("b", "a", same=True)
LIKE = Feedback("a", "like", 1_700_000_000)


@pytest.fixture
def store(settings: Settings) -> Store:
    made = Store(settings)
    made.create_profile("p")
    return made


def test_an_exclusion_changes_the_library_and_not_the_data(store: Store) -> None:
    library, data = store.fingerprint("p"), store.data_fingerprint("p")
    store.add_exclusion("p", SLEEP)
    store.add_exclusion("p", SLEEP)
    store.add_exclusion("p", PARTY)
    assert store.exclusions("p") == (SLEEP, PARTY)
    assert store.fingerprint("p") != library
    assert store.data_fingerprint("p") == data
    store.remove_exclusion("p", SLEEP)
    store.remove_exclusion("p", PARTY)
    assert store.exclusions("p") == ()
    assert store.fingerprint("p") == library


def test_a_decision_has_one_form_and_the_last_one_counts(store: Store) -> None:
    assert (SAME.first, SAME.second) == ("a", "b")
    library = store.fingerprint("p")
    store.decide("p", SAME)
    first = store.fingerprint("p")
    store.decide("p", MatchDecision.of("a", "b", same=False))
    assert store.decisions("p") == (MatchDecision("a", "b", False),)
    assert len({library, first, store.fingerprint("p")}) == 3
    store.undecide("p", "a", "b")
    assert store.decisions("p") == ()


def test_feedback_is_kept_apart_from_the_library(store: Store) -> None:
    library = store.fingerprint("p")
    store.add_feedback("p", LIKE)
    assert store.feedback("p") == (LIKE,)
    assert store.fingerprint("p") == library
    store.remove_feedback("p", LIKE)
    assert store.feedback("p") == ()


def test_what_a_file_brought_counts_once_and_goes_with_its_import(store: Store) -> None:
    store.add_exclusion("p", SLEEP)
    chosen = Choices((SLEEP, PARTY, PARTY), (SAME,), (LIKE,))
    parsed = ParsedFile(file="f", format="test", kind="choices", read=5, choices=chosen)
    with store.begin_import("p") as writer:
        record = writer.add_choices(parsed, "digest")
        assert store.exclusions("p") == (SLEEP,)
        writer.finish()
    assert (record.counts.imported, record.counts.duplicate) == (3, 2)
    assert record.counts.adds_up
    assert store.choices("p") == Choices((SLEEP, PARTY), (SAME,), (LIKE,))
    store.undo_import(store.imports("p")[0].id)
    assert store.choices("p") == Choices((SLEEP,))


def test_choices_go_with_the_profile_and_never_to_another(store: Store) -> None:
    store.create_profile("q")
    store.add_exclusion("p", SLEEP)
    assert store.exclusions("q") == ()
    store.delete_profile("p")
    store.create_profile("p")
    assert store.exclusions("p") == ()


def test_a_mapping_is_kept_by_its_header(store: Store) -> None:
    mapping = ColumnMapping(("who", "what"), "playlist", (("artist", "who"), ("title", "what")))
    store.save_mapping(mapping)
    assert store.mappings() == (mapping,)
    other = ColumnMapping(("who", "what"), "playlist", (("title", "who"), ("artist", "what")))
    store.save_mapping(other)
    assert store.mappings() == (other,)
    store.remove_mapping(("who", "what"))
    assert store.mappings() == ()


def bring(store: Store, name: str, chosen: Choices) -> tuple[int, int]:
    with store.begin_import("p") as writer:
        parsed = ParsedFile(name, "test", "choices", read=len(chosen), choices=chosen)
        counts = writer.add_choices(parsed, name).counts
        writer.finish()
    return counts.imported, counts.duplicate


def test_what_two_imports_brought_stays_until_both_are_undone(store: Store) -> None:
    assert bring(store, "one", Choices((SLEEP,), (SAME,))) == (2, 0)
    assert bring(store, "two", Choices((SLEEP, PARTY), (SAME,))) == (1, 2)
    assert store.choices("p") == Choices((SLEEP, PARTY), (SAME,))
    store.undo_import(store.imports("p")[1].id)
    assert store.choices("p") == Choices((SLEEP, PARTY), (SAME,))
    store.undo_import(store.imports("p")[0].id)
    assert store.choices("p") == Choices()


def test_what_is_also_decided_here_outlives_the_import(store: Store) -> None:
    bring(store, "one", Choices((SLEEP,), (), (LIKE,)))
    store.add_exclusion("p", SLEEP)
    store.add_feedback("p", LIKE)
    assert store.choices("p") == Choices((SLEEP,), (), (LIKE,))
    store.undo_import(store.imports("p")[0].id)
    assert store.choices("p") == Choices((SLEEP,), (), (LIKE,))


def test_an_import_never_overrules_a_decision_and_the_person_overrules_an_import(
    store: Store,
) -> None:
    other = MatchDecision("a", "b", False)
    store.decide("p", SAME)
    assert bring(store, "one", Choices(decisions=(other,))) == (0, 1)
    assert store.decisions("p") == (SAME,)
    store.undecide("p", "b", "a")
    assert store.decisions("p") == ()
    assert bring(store, "two", Choices(decisions=(SAME,))) == (1, 0)
    store.decide("p", other)
    assert store.decisions("p") == (other,)
    store.undo_import(store.imports("p")[0].id)
    assert store.decisions("p") == (other,)


def test_choices_of_an_import_that_was_left_early_never_count(store: Store) -> None:
    before = store.fingerprint("p")
    parsed = ParsedFile("f", "test", "choices", read=1, choices=Choices((SLEEP,)))
    with store.begin_import("p") as writer:
        writer.add_choices(parsed, "f")
        assert store.exclusions("p") == ()
        assert store.fingerprint("p") == before
    assert store.exclusions("p") == ()
    assert store.imports("p") == []


def test_choices_of_nobody_are_refused(store: Store) -> None:
    for ask in (
        lambda: store.exclusions("q"),
        lambda: store.add_exclusion("q", SLEEP),
        lambda: store.decide("q", SAME),
        lambda: store.add_feedback("q", LIKE),
    ):
        with pytest.raises(NotFound, match="no profile 'q'"):
            ask()


def test_a_profile_without_choices_is_named_as_it_always_was(store: Store) -> None:
    """Models know the data that they were trained on by this name."""
    assert (
        store.fingerprint("p") == "6601a09a0dc451547d9091a62e1bad35eccf02a8bd1c115f839cd9d4a5c882ea"
    )


def test_excluding_and_taking_back_makes_no_side_file_anew(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.own_data("p")
    monkeypatch.setattr("musicai.store.own_data.read_database", None)
    for number in range(5):
        store.add_exclusion("p", Exclusion("artist", str(number)))
        store.own_data("p")
    store.delete_profile("p")
    assert list(settings.cache.iterdir()) == []
