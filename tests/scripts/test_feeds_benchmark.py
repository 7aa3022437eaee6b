"""The benchmark of the feeds runs, prints what it promises, and compares what it says it compares."""

import json
import time
from datetime import date
from typing import Any

import numpy as np
import pytest
from btalpha.scripts.benchmarks import feeds
from btalpha.scripts.benchmarks._feeds_engines import Run, compare
from btalpha.scripts.benchmarks._feeds_market import make_task, market
from btalpha.scripts.benchmarks._feeds_parts import Parts

SMALL = ("--stocks", "12", "--bars", "60", "--held", "3", "--every", "5", "--repeat", "1")


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    feeds.main([*SMALL, *arguments])
    return json.loads(capsys.readouterr().out)


class TestCommand:
    def test_does_the_same_as_backtrader(self, capsys: pytest.CaptureFixture[str]) -> None:
        result = printed(capsys, "--rivals", "backtrader")
        rival = result["backtrader"]
        assert (result["stocks"], result["bars"]) == (12, 60)
        assert result["orders"] >= result["fills"] > 12
        assert result["refused"] == rival["refused"] == 0
        assert rival["identical"] == {"orders": True, "fills": True, "values": True}
        assert rival["largest_difference"] == {"fill_price": 0.0, "value": 0.0}
        assert rival["bars_that_differ"] == 0
        assert result["seconds"] > 0 and rival["seconds"] > 0
        assert result["times_faster_than_backtrader"] > 0
        assert "backtrader_next" not in result and "large" not in result

    def test_parts_of_the_time_add_up(self, capsys: pytest.CaptureFixture[str]) -> None:
        parts = printed(capsys, "--rivals", "none")["where_the_time_goes"]
        names = ["making_feeds", "preload", "loop_over_feeds", "broker", "strategy", "other"]
        assert list(parts) == names and sum(parts.values()) == pytest.approx(1.0, abs=0.01)
        assert min(parts.values()) >= 0 and parts["broker"] > 0 and parts["strategy"] > 0

    def test_rival_that_is_not_installed_is_skipped(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(feeds.importlib.util, "find_spec", lambda name: None)
        result = printed(capsys, "--rivals", "backtrader-next")
        assert result["backtrader_next"] == {"skipped": "pip install 'btalpha[bench]'"}
        assert result["times_faster_than_backtrader_next"] is None and result["orders"] > 0

    def test_unknown_rival_is_refused(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit):
            feeds.main(["--rivals", "backtrader,zipline"])
        assert "no rival 'zipline'; use backtrader, backtrader-next or none" in capsys.readouterr().err

    def test_large_market_runs_in_a_process_of_its_own(self, capsys: pytest.CaptureFixture[str]) -> None:
        large = printed(capsys, "--rivals", "none", "--large", "20x80")["large"]
        assert (large["stocks"], large["bars"], large["refused"]) == (20, 80, 0)
        assert large["orders"] > 12 and large["seconds"] > 0
        assert large["within_1.5_gib"] in (True, None)


def did(prices: list[float], values: list[float]) -> Run:
    day = date(2016, 1, 4)
    fills = [(day, "A", 100.0, price) for price in prices]
    return Run(
        seconds=1.0,
        cpu_seconds=1.0,
        orders=[(day, "A", 100.0)],
        fills=fills,
        values=np.array(values),
        refused=0,
    )


class TestCompare:
    def test_last_bit_counts(self) -> None:
        found = compare(did([1.0], [5.0, np.nextafter(6.0, 7.0)]), did([1.0], [5.0, 6.0]))
        assert found["identical"] == {"orders": True, "fills": True, "values": False}
        assert found["bars_that_differ"] == 1
        assert found["largest_difference"] == {"fill_price": 0.0, "value": np.spacing(6.0)}

    def test_price_of_a_fill(self) -> None:
        found = compare(did([1.0, 2.0], [5.0]), did([1.0, 2.5], [5.0]))
        assert not found["identical"]["fills"] and found["largest_difference"]["fill_price"] == 0.5

    def test_nothing_to_subtract(self) -> None:
        found = compare(did([1.0, 2.0], [5.0]), did([1.0], [5.0, 6.0]))
        assert found["largest_difference"] == {"fill_price": None, "value": None}
        assert found["bars_that_differ"] is None and not any(
            found["identical"][key] for key in ("fills", "values")
        )


def test_market_has_gaps_and_honest_bars() -> None:
    panel = market(600, 200)  # more than one block
    gap = ~panel.traded_array
    assert 0.015 < gap.mean() < 0.025
    for name in panel.fields:
        np.testing.assert_array_equal(np.isnan(panel.array(name)), gap)
    bars = {name: panel.array(name)[~gap] for name in ("open", "high", "low", "close")}
    assert (bars["low"] < np.minimum(bars["open"], bars["close"])).all()
    assert (bars["high"] > np.maximum(bars["open"], bars["close"])).all()


def test_ranking_of_a_task_repeats_itself() -> None:
    panel = market(12, 60)
    first, again = (make_task(panel, held=3, every=25).ranking for _ in range(2))
    assert list(first) == [0, 25, 50] and first == again and first[0] != first[25]
    assert sorted(first[0]) == list(panel.symbols)


def test_parts_do_not_count_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    parts = Parts()

    def passes(seconds: float) -> None:
        now[0] += seconds

    def outer() -> None:
        passes(1.0)
        parts.clock("inner", passes)(10.0)
        passes(2.0)

    parts.clock("outer", outer)()
    passes(100.0)  # outside
    parts.clock("inner", passes)(5.0)
    assert parts.seconds == {"outer": 3.0, "inner": 15.0}
