"""Choices are kept, named by the fingerprint, taken back, and go with what brought them."""

from __future__ import annotations

import pytest

from musicai.choices import Choices, Exclusion, Feedback, MatchDecision
from musicai.settings import Settings
from musicai.sources.base import ColumnMapping, ParsedFile
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
