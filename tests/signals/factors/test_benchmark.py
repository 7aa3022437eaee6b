"""The benchmark of the factor library runs and prints what it promises."""

import json

import pytest
from btalpha.scripts.benchmarks.factors import main


def test_prints_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--stocks", "12", "--days", "280", "--sample", "1", "--repeat", "1"])
    result = json.loads(capsys.readouterr().out)
    assert (result["stocks"], result["days"], result["sampled_stocks"]) == (12, 280, 1)
    assert result["all_factors"] > result["factors"] > 50
    assert result["times_faster"] > 5
