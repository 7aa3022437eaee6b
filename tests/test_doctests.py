"""Every example in a docstring runs, and shows what it says."""

import doctest
import importlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

REPO = Path(__file__).resolve().parents[1]
FOLDERS = ("feeds", "signals", "strategies", "scripts")
KNOWN = {"np": np, "pd": pd}  # examples take these two as imported, as those of numpy and pandas do
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


def importable(folder: str) -> list[str]:
    """Names of a folder's modules; folders without ``__init__.py``, as the benchmarks, are scripts."""
    names = []
    for path in sorted((REPO / folder).rglob("*.py")):
        parts = path.relative_to(REPO).with_suffix("").parts
        if path.stem != "__main__" and (path.parent / "__init__.py").exists():
            names.append(".".join(("btalpha", *(part for part in parts if part != "__init__"))))
    return names


@pytest.mark.parametrize("name", [name for folder in FOLDERS for name in importable(folder)])
def test_examples_run(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)  # an example that writes a file leaves nothing behind
    result = doctest.testmod(importlib.import_module(name), extraglobs=KNOWN, optionflags=FLAGS)
    assert result.failed == 0, capsys.readouterr().out


def test_every_folder_has_examples() -> None:
    finder = doctest.DocTestFinder()
    for folder in FOLDERS[:2]:
        modules = [importlib.import_module(name) for name in importable(folder)]
        examples = sum(len(test.examples) for module in modules for test in finder.find(module))
        assert examples > 0, f"no example found in {folder}: is the search broken?"


def test_example_of_the_contributing_guide_runs() -> None:
    text = (REPO / "CONTRIBUTING.md").read_text(encoding="utf-8")
    lines = [line[4:] for line in text.splitlines() if line.startswith(("    from ", "    assert"))]
    assert len(lines) == 3
    exec("\n".join(lines), {})
