"""``btalpha check`` from end to end: exit codes, the table, JSON, the folder."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest


@pytest.fixture
def broken(bars_file: Path, tmp_path: Path) -> Path:
    table = pd.read_parquet(bars_file)
    table.loc[table.index[-1], "low"] = -1.0
    path = tmp_path / "broken.csv"
    table.to_csv(path, index=False)
    return path


# The simulated market goes by its own days.
NO_CALENDAR = ("--calendar", "none")


def test_clean_bars_end_with_0(btalpha: Callable, bars_file: Path) -> None:
    outcome = btalpha("check", bars_file, *NO_CALENDAR)
    assert outcome.code == 0, outcome.out
    assert "No errors." in outcome.out
    assert "the data has no calendar" in outcome.out


def test_errors_end_with_1_and_are_shown(btalpha: Callable, broken: Path) -> None:
    outcome = btalpha("check", broken, *NO_CALENDAR)
    assert outcome.code == 1
    assert "Errors: impossible_values." in outcome.out
    assert "low is missing, infinite or not above zero" in outcome.out


def test_what_cannot_be_read_ends_with_2(btalpha: Callable, tmp_path: Path) -> None:
    outcome = btalpha("check", tmp_path / "none.parquet")
    assert (outcome.code, outcome.out) == (2, "")
    assert "does not exist" in outcome.err
    assert "XSHG" in btalpha("check", tmp_path, "--calendar", "XSGH").err


def test_json_and_folder_tell_the_same(btalpha: Callable, broken: Path, tmp_path: Path) -> None:
    file, out = tmp_path / "found.json", tmp_path / "out"
    outcome = btalpha("check", broken, *NO_CALENDAR, "--json", file, "--out", out)
    content = json.loads(file.read_text(encoding="utf-8"))
    assert outcome.code == 1
    assert content["ok"] is False
    (finding,) = [one for one in content["findings"] if one["verdict"] == "error"]
    assert (finding["check"], finding["count"]) == ("impossible_values", 1)
    assert set(finding["examples"][0]) == {"symbol", "date", "value"}
    assert (out / "check.json").read_bytes() == file.read_bytes()
    with (out / "examples.csv").open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["level"] == "error"]
    assert [{name: row[name] for name in ("symbol", "date", "value")} for row in rows] == finding["examples"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["broken.csv", "found.json", "out"]


def test_json_can_be_piped(btalpha: Callable, bars_file: Path) -> None:
    outcome = btalpha("check", bars_file, *NO_CALENDAR, "--json", "-")
    assert json.loads(outcome.out)["ok"] is True


def test_a_foreign_folder_is_not_replaced(btalpha: Callable, bars_file: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    outcome = btalpha("check", bars_file, "--out", tmp_path)
    assert outcome.code == 2
    assert "mine.txt" in outcome.err


def test_the_benchmark_finds_what_it_planted(capsys: pytest.CaptureFixture[str]) -> None:
    from btalpha.scripts.benchmarks import check

    check.main(["--stocks", "20", "--days", "30"])
    result = json.loads(capsys.readouterr().out)
    assert result["rows"] == 600
    assert result["errors_found"] == result["planted"]
    assert result["seconds"] > 0
    assert result["peak_memory_gib"] > 0
