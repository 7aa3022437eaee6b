"""The command line in this process: quick, and with its exit code and both of its streams."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from btalpha.feeds import Panel, simulate_market


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str


@pytest.fixture
def btalpha(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Run ``btalpha`` with the given words."""
    from btalpha.scripts.cli import main

    def invoke(*words: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["btalpha", *map(str, words)])
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return invoke


@pytest.fixture(scope="session")
def bars_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Bars of a small simulated market as a parquet file of the long format."""
    panel = simulate_market(n_symbols=25, n_days=260, seed=5)
    path = tmp_path_factory.mktemp("bars") / "bars.parquet"
    to_long(panel).to_parquet(path)
    return path


def to_long(panel: Panel):
    """Return the panel's bars, one row each."""
    frames = {name: panel[name].stack() for name in panel.fields if name != "is_st"}
    import pandas as pd

    return pd.DataFrame(frames).dropna(subset=["close"]).reset_index()


@pytest.fixture
def quick(tmp_path: Path) -> Path:
    """Settings that run in seconds."""
    path = tmp_path / "quick.toml"
    path.write_text(
        "[factors]\ncodes = ['rev5', 'vol20', 'turn20', 'mom20']\n[model]\nname = 'ridge'\n"
        "[strategy]\nk = 3\n[random]\nn = 4\n",
        encoding="utf-8",
    )
    return path
