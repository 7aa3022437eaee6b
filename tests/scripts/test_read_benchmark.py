"""The benchmark of reading runs, and compares what it says it compares."""

import json
from pathlib import Path
from typing import Any

import pytest
from btalpha.scripts.benchmarks import read


def run_here(path: Path, cache: Path, repeat: int) -> dict[str, dict[str, Any]]:
    """Without processes of their own, which take seconds to start."""
    return {way: read.measure(way, path, cache) for way in read.WAYS}


@pytest.mark.parametrize("order", ["stocks", "days", "shuffled"])
@pytest.mark.parametrize("symbols", ["text", "category"])
def test_prints_ratios_memory_and_equality(
    order: str, symbols: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(read, "run_all", run_here)
    read.main(["--stocks", "12", "--days", "40", "--order", order, "--symbols", symbols])
    result = json.loads(capsys.readouterr().out)
    assert 400 < result["rows"] < 480
    assert result["equal_bit_for_bit"] is True
    for way in ("pandas", "from_long", "read", "into_cache", "cached"):
        assert result[way]["seconds"] >= 0
        assert result[way]["peak_memory_in_panels"] >= 0
    assert result["times_faster_than_pandas"] > 0


def test_another_value_is_another_digest() -> None:
    import numpy as np
    import pandas as pd

    dates, symbols = pd.DatetimeIndex(["2016-01-04"]), pd.Index(["A", "B"])
    values = np.array([[1.0, np.nan]])
    digests = {
        read.digest(dates, symbols, fields)
        for fields in ({"a": values}, {"b": values}, {"a": values[:, ::-1]}, {"a": np.nextafter(values, 2)})
    }
    assert len(digests) == 4
    assert read.digest(dates, symbols, {"a": values.copy()}) in digests


@pytest.mark.long
def test_processes_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "bars.parquet"
    read.write_bars(path, read.parse_options(["--stocks", "4", "--days", "20"]))
    best = read.run_all(path, tmp_path / "cache", 1)
    assert len({one["digest"] for one in best.values()}) == 1
