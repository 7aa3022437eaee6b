"""The benchmark of the random portfolios runs, and compares what it says it compares."""

import json

import pytest
from btalpha.scripts.benchmarks import random_portfolios


def test_prints_a_ratio_and_equal_values(capsys: pytest.CaptureFixture[str]) -> None:
    small = ("--stocks", "15", "--days", "80", "--n", "4", "--k", "3", "--compared", "2", "--repeat", "1")
    random_portfolios.main(list(small))
    result = json.loads(capsys.readouterr().out)
    assert (result["stocks"], result["sessions"], result["portfolios"], result["held"]) == (15, 80, 4, 3)
    assert result["seconds_event_driven_run"] > 0
    assert result["seconds_random_portfolios"] > 0
    assert result["times_one_run"] > 0
    assert 0 <= result["largest_difference_own_value"] < 1e-9
    assert 0 <= result["largest_difference_random_returns"] < 1e-9
