"""The part "Other listeners" of Library's "New music": packs, what they cover, their switches."""

from __future__ import annotations

from pathlib import Path

from musicai.settings import Settings
from musicai.store import Store
from musicai.ui import library_panel
from tests.test_neighbours import catalogue, counts, history
from tests.test_ui_library import has, imported, opened, run, texts

NEW_MUSIC = library_panel.PARTS[1]


def stocked(home: Path) -> None:
    imported(
        home,
        ("h.json", history("Björk", "Radiohead")),
        ("table.csv", catalogue("Portishead", "Slayer")),
        ("counts.csv", counts()),
    )


def test_a_pack_is_shown_with_its_coverage(home: Path) -> None:
    stocked(home)
    app = opened(NEW_MUSIC)
    assert not app.error
    said = texts(app)
    assert "30 listeners" in said
    assert "**50%** of your 2 artists" in said
    assert "**50%** of your 12 plays" in said
    assert "15 of its listeners play" in said
    assert "4 tracks of your catalogues" in said
    assert "From 20 such listeners on" in said


def test_the_switch_takes_the_pack_out_of_the_data(home: Path) -> None:
    stocked(home)
    app = opened(NEW_MUSIC)
    (switch,) = [one for one in app.toggle if one.label == "counts"]
    assert switch.value
    switch.set_value(False)
    run(app)
    with Store(Settings(home=home)) as store:
        assert store.neighbours(store.profiles()[0].name) == ()
    assert "of its listeners" not in texts(app)


def test_without_a_pack_it_says_how_to_get_one(home: Path) -> None:
    imported(home, ("h.json", history("Björk")))
    app = opened(NEW_MUSIC)
    assert "No pack yet" in texts(app)
    assert "HetRec" in texts(app)
    assert "non-commercial" in texts(app)


def test_the_sample_has_no_part_for_real_listeners(with_sample: Path) -> None:
    app = opened(NEW_MUSIC)
    assert not app.error
    assert "Other listeners" not in texts(app)
    assert not has(app, "pack_yes")
