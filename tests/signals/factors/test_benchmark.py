"""The benchmark of the factor library runs and prints what it promises."""

import json

import numpy as np
import pandas as pd
import pytest
from btalpha.scripts.benchmarks._curve import exponents, tiled
from btalpha.scripts.benchmarks.factors import main


def test_prints_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--stocks", "12", "--days", "280", "--sample", "1", "--repeat", "1"])
    result = json.loads(capsys.readouterr().out)
    assert (result["stocks"], result["days"], result["sampled_stocks"]) == (12, 280, 1)
    assert result["all_factors"] > result["factors"] > 50
    assert result["times_faster"] > 5


def test_curve_measures_in_a_process_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--curve", "20x300", "--repeat", "1"])
    result = json.loads(capsys.readouterr().out)
    (point,) = result["points"]
    assert (point["stocks"], point["dates"], point["factors"]) == (20, 300, 124)
    assert point["seconds"] > 0 and result["exponents"] is None
    assert 0 < result["peak_memory_gib"] < 16 and result["within_16_gib"]


def test_exponents_of_a_known_growth() -> None:
    points = [
        {"stocks": n, "dates": t, "cpu_seconds": 3e-6 * n * t**2} for n in (10, 20, 70) for t in (30, 50)
    ]
    assert exponents(points) == {"stocks": 1.0, "dates": 2.0}
    assert exponents(points[:1]) is None


def test_repeated_market_is_the_small_one_again() -> None:
    small, large = tiled(100, 500), tiled(150, 700)
    assert large.traded_array.shape == (700, 150)
    np.testing.assert_array_equal(large.array("close")[500:, 100:], small.array("close")[:200, :50])
    again = large.statements.frame.query("symbol == '000103.SH'").drop(columns="symbol")
    first = large.statements.frame.query("symbol == '000003.SH'").drop(columns="symbol")
    pd.testing.assert_frame_equal(again.reset_index(drop=True), first.reset_index(drop=True))
