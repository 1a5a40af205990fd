"""What import-linter cannot see: calls that belong to one place, and how large a place may be."""

from __future__ import annotations

import ast
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import ROOT

FOLDERS = ("musicai", "pages", "benchmarks", "sample_data")
"""Whose calls are looked at, beside the programs at the top."""

UNPICKLERS = {
    "pickle.load",
    "pickle.loads",
    "pickle.Unpickler",
    "joblib.load",
    "torch.load",
    "pd.read_pickle",
    "pandas.read_pickle",
    "np.load",
    "numpy.load",
}
"""Functions that run what a file says; NumPy's does with ``allow_pickle`` alone."""

MOST_PACKAGES, MOST_MODULES = 11, 4
"""At the top of ``musicai``, beside ``__init__`` and ``__main__``."""

MOST_FILES, MOST_LINES = 25, 500
"""In a folder, in a module."""

Rule = Callable[[str, ast.AST], bool]


@cache
def sources() -> Mapping[str, str]:
    """Path from the root → text of every module of the product."""
    paths = [*ROOT.glob("*.py"), *(p for name in FOLDERS for p in (ROOT / name).rglob("*.py"))]
    return {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in paths}


@cache
def nodes(text: str) -> tuple[ast.AST, ...]:
    """All parts of a module, parsed once for all rules."""
    return tuple(ast.walk(ast.parse(text)))


def dotted(node: ast.expr) -> str:
    """``a.b`` of such an expression; "" of others."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return ""


def unpickles(path: str, node: ast.AST) -> bool:
    """Only the registry, which checks digests first, and the pool's own pipes."""
    if path in ("musicai/models/registry/registry.py", "musicai/library/reader.py"):
        return False
    if isinstance(node, ast.ImportFrom):
        return any(f"{node.module}.{name.name}" in UNPICKLERS for name in node.names)
    if not isinstance(node, ast.Call) or dotted(node.func) not in UNPICKLERS:
        return False
    if dotted(node.func) in ("np.load", "numpy.load"):
        return not any(
            word.arg == "allow_pickle"
            and isinstance(word.value, ast.Constant)
            and word.value.value is False
            for word in node.keywords
        )
    return True


def writes_html(path: str, node: ast.AST) -> bool:
    """Names of tracks come from files of others: no page shows raw HTML."""
    if not isinstance(node, ast.Call):
        return False
    words = {word.arg for word in node.keywords}
    return bool(words & {"unsafe_allow_html", "unsafe_allow_javascript"}) or dotted(node.func) in (
        "st.html",
        "streamlit.html",
        "components.html",
    )


def prints(path: str, node: ast.AST) -> bool:
    """The command line speaks to people; all else logs."""
    if path.startswith(("musicai/cli/", "benchmarks/", "sample_data/")):
        return False
    return isinstance(node, ast.Call) and dotted(node.func) in ("print", "sys.stdout.write")


def reads_environment(path: str, node: ast.AST) -> bool:
    """Settings come from one place; benchmarks set up homes of their own."""
    if path == "musicai/core/settings.py" or path.startswith("benchmarks/"):
        return False
    if isinstance(node, ast.ImportFrom):
        return node.module == "os" and any(n.name in ("environ", "getenv") for n in node.names)
    return isinstance(node, ast.Attribute) and dotted(node) in ("os.environ", "os.getenv")


RULES: dict[Rule, tuple[str, ...]] = {
    unpickles: (
        "import joblib\njoblib.load('x')",
        "import pickle\npickle.loads(b'')",
        "from pickle import loads",
        "import torch\ntorch.load('x')",
        "import numpy as np\nnp.load('x')",
        "import numpy as np\nnp.load('x', allow_pickle=True)",
        "import pandas as pd\npd.read_pickle('x')",
    ),
    writes_html: (
        "import streamlit as st\nst.markdown('x', unsafe_allow_html=True)",
        "import streamlit as st\nst.html('x')",
    ),
    prints: ("print('x')", "import sys\nsys.stdout.write('x')"),
    reads_environment: (
        "import os\nos.environ['X']",
        "import os\nos.getenv('X')",
        "from os import environ",
    ),
}
"""Rule → faults that it has to find, wherever they are planted."""


def breaches(rule: Rule, path: str, text: str) -> list[str]:
    """Lines of a module that break a rule."""
    return [f"{path}:{getattr(node, 'lineno', 0)}" for node in nodes(text) if rule(path, node)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_calls_stay_in_their_place(rule: Rule) -> None:
    found = [line for path, text in sources().items() for line in breaches(rule, path, text)]
    assert not found, f"{rule.__doc__} {found}"


@pytest.mark.parametrize("path", ["musicai/ranking/rerank.py", "musicai/ui/charts/taste.py"])
@pytest.mark.parametrize(
    ("rule", "faults"), RULES.items(), ids=lambda x: getattr(x, "__name__", "")
)
def test_a_planted_fault_is_found(rule: Rule, faults: tuple[str, ...], path: str) -> None:
    for fault in faults:
        assert breaches(rule, path, fault), fault


def test_the_top_stays_small() -> None:
    top = [p for p in (ROOT / "musicai").iterdir() if not p.name.startswith((".", "__"))]
    packages = [p.name for p in top if (p / "__init__.py").is_file()]
    modules = [p.name for p in top if p.suffix == ".py"]
    assert len(packages) <= MOST_PACKAGES, packages
    assert len(modules) <= MOST_MODULES, modules


def test_no_folder_and_no_module_grows_too_large() -> None:
    per_folder = Counter(path.rpartition("/")[0] for path in sources())
    assert not {folder: n for folder, n in per_folder.items() if n > MOST_FILES}
    long = {
        path: text.count("\n") for path, text in sources().items() if path.startswith("musicai/")
    }
    assert not {path: n for path, n in long.items() if n > MOST_LINES}


def test_a_public_class_name_occurs_once() -> None:
    names: dict[str, list[str]] = {}
    for path, text in sources().items():
        if path.startswith("musicai/"):
            for node in ast.parse(text).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    names.setdefault(node.name, []).append(path)
    assert not {name: paths for name, paths in names.items() if len(paths) > 1}


def test_pages_are_thin_and_framed() -> None:
    pages = sorted((ROOT / "pages").glob("*.py"))
    assert pages
    for page in pages:
        text = Path(page).read_text("utf-8")
        assert len(text.splitlines()) <= 120, f"{page.name} is longer than 120 lines"
        calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
        first = min(calls, key=lambda call: (call.lineno, call.col_offset))
        assert isinstance(first.func, ast.Name), page.name
        assert first.func.id == "begin_page", page.name


def test_the_drawing_is_the_stack() -> None:
    drawing = re.search(r"## The stack\n\n```\n(.*?)```", text("ARCHITECTURE.md"), re.S)
    assert drawing
    drawn = [re.split(r"  +", line)[0] for line in drawing[1].splitlines()]
    contracts = tomllib.loads(text("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    stack = next(one for one in contracts if one["id"] == "stack")
    assert stack["exhaustive"]
    assert drawn == [layer for layer in stack["layers"] if layer != "__main__"]


def text(name: str) -> str:
    return (ROOT / name).read_text("utf-8")
