"""The arrows of ARCHITECTURE.md, checked on the imports themselves."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import ROOT

LEVELS: tuple[tuple[str, ...], ...] = (
    ("errors",),
    ("settings", "progress", "output", "segments", "private_files"),
    ("logs", "frames", "choices", "impressions", "sent", "measures", "periods"),
    ("packs", "moments"),
    ("tables", "keys"),
    ("matching", "moods", "jobs"),
    ("genres", "sources", "exclusions", "pairing", "sessions", "audit"),
    ("store", "genre_mix"),
    ("reading", "estimates", "export_readme"),
    ("importing", "exporting", "prepared", "catalogues", "catalogue_files"),
    ("doubts", "coverage", "open_data"),
    ("sample", "enrichment"),
    ("occasions",),
    ("recommenders.base",),
    ("neighbours",),
    ("data_processor",),
    ("new_music", "verdicts", "exploring"),
    ("recommenders.joint", "recommenders.words", "recommenders.sound"),
    ("recommenders.bridge", "recommenders.deep"),
    ("recommenders.items",),
    ("recommenders.factorise",),
    ("recommenders.content", "recommenders.collaborative", "recommenders.rules"),
    ("recommenders.item_item", "recommenders.sequence", "recommenders.transformer"),
    ("recommenders.autoencoder",),
    ("recommenders.connections",),
    ("recommenders.history", "recommenders.popularity", "recommenders.context"),
    ("recommenders",),
    ("ranking", "explain", "requests", "metrics", "hyperparameters"),
    ("tuning",),
    ("scoring",),
    ("weights",),
    ("stacking",),
    ("finding", "candidates", "music_map"),
    ("highlights", "listing", "narrowing"),
    ("artifacts", "bundled"),
    ("registry", "taste"),
    ("history",),
    ("serving",),
    ("ai_model", "freshness", "bundles", "comparing", "versioning", "monitoring", "schedule"),
    ("health",),
    ("holdout", "playlist_formats"),
    ("contenders", "playlists", "autoplay"),
    ("tallies", "recipes", "spotify"),
    ("evaluation", "fitting"),
    ("selection",),
    ("experiments",),
    ("training",),
    ("updating",),
    ("checks", "arguments"),
    ("cli",),
    ("ui",),
)
"""Each module imports only from lines above its own, or from its own package."""

ONLY_IN = {
    "streamlit": ("ui",),
    "spotipy": ("spotify",),
    "sqlalchemy": ("store",),
    "sqlite3": ("store",),
    "requests": ("open_data", "spotify"),
    "torch": (
        "recommenders.deep.network",
        "recommenders.deep.learning",
        "recommenders.deep.autoencoding",
        "recommenders.deep.devices",
    ),
}
"""Outside packages that one place alone may import."""


@cache
def modules() -> tuple[tuple[str, ast.Module], ...]:
    """Name and tree of each module, parsed once for all tests; they only look."""
    return tuple(_parsed())


def _parsed() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted((ROOT / "musicai").rglob("*.py")):
        parts = path.relative_to(ROOT / "musicai").with_suffix("").parts
        name = ".".join(part for part in parts if part != "__init__")
        yield name, ast.parse(path.read_text("utf-8"))


@cache
def nodes(tree: ast.Module) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(tree))


def imports(tree: ast.Module) -> Iterator[str]:
    for node in nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def place(name: str) -> tuple[int, str] | None:
    """Level and unit of a module; units are the entries of LEVELS."""
    parts = name.split(".")
    for size in range(len(parts), 0, -1):
        unit = ".".join(parts[:size])
        for level, units in enumerate(LEVELS):
            if unit in units:
                return level, unit
    return None


def test_every_module_has_a_place() -> None:
    homeless = [name for name, _ in modules() if name not in ("", "__main__") and not place(name)]
    assert not homeless, f"not in LEVELS of this test: {homeless}"


def test_imports_point_up() -> None:
    wrong = []
    for name, tree in modules():
        here = place(name)
        if here is None:
            continue
        for target in imports(tree):
            if not target.startswith("musicai."):
                continue
            there = place(target.removeprefix("musicai."))
            if there and there[1] != here[1] and there[0] >= here[0]:
                wrong.append(f"{name} → {target}")
    assert not wrong, f"these arrows point down or sideways: {sorted(set(wrong))}"


@pytest.mark.parametrize(("package", "homes"), ONLY_IN.items())
def test_outside_packages_stay_in_their_place(package: str, homes: tuple[str, ...]) -> None:
    found = [
        name
        for name, tree in modules()
        if any(target.split(".")[0] == package for target in imports(tree))
        and name not in homes
        and name.split(".")[0] not in homes
    ]
    assert not found, f"{package} is imported by {found}; only {homes} may"


def test_only_the_command_line_prints() -> None:
    found = [
        name
        for name, tree in modules()
        for node in nodes(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
        and name.split(".")[0] != "cli"
    ]
    assert not found


def test_only_settings_reads_the_environment() -> None:
    found = [
        name
        for name, tree in modules()
        for node in nodes(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in ("environ", "getenv")
        and name != "settings"
    ]
    assert not found


def test_pages_are_thin_and_framed() -> None:
    pages = sorted((ROOT / "pages").glob("*.py"))
    assert pages
    for page in pages:
        text = page.read_text("utf-8")
        assert len(text.splitlines()) <= 120, f"{page.name} is longer than 120 lines"
        calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
        first = min(calls, key=lambda call: (call.lineno, call.col_offset))
        assert isinstance(first.func, ast.Name), page.name
        assert first.func.id == "begin_page", page.name


def test_nothing_unpickles_but_the_registry() -> None:
    found = [
        name
        for name, tree in modules()
        if any(
            target in ("pickle", "joblib.load") or target.startswith("pickle.")
            for target in imports(tree)
        )
    ]
    # reading takes back what its own child processes parsed, over pipes of its own
    assert set(found) <= {"registry", "artifacts", "reading"}


def test_no_names_reach_the_screen_as_html() -> None:
    for folder in ("musicai/ui", "pages"):
        for path in sorted(Path(ROOT / folder).glob("*.py")):
            assert "unsafe_allow_html" not in path.read_text("utf-8"), path.name
