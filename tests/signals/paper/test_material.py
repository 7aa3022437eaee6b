"""What all draws share: which stocks, which numbers, and that none of what is known comes from later."""

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import DataError, Panel
from btalpha.signals.paper import average, draw_stocks, held_returns, prepare
from btalpha.signals.paper.draws import highest

DATES = pd.bdate_range("2016-01-04", periods=8)


def panel(gaps: dict[str, tuple[int, ...]]) -> Panel:
    """Stocks whose close on row t is 10 + t, with a split in two on row 4 of which the factor knows."""
    rows = [
        {
            "date": DATES[t],
            "symbol": symbol,
            "open": (9.5 + t) / (1 + (t >= 4)),
            "high": 99.0,
            "low": 1.0,
            "close": (10.0 + t) / (1 + (t >= 4)),
            "volume": 100.0,
            "factor": 1.0 + (t >= 4),
        }
        for symbol, gone in gaps.items()
        for t in range(8)
        if t not in gone
    ]
    return Panel.from_long(pd.DataFrame(rows))


class TestPrepare:
    def test_known_answers(self) -> None:
        bars = panel({"A": (), "B": (3,), "C": (6,)})
        material, left_out = prepare(
            bars, DATES[5], sessions=4, held=2, codes={"ma": {}, "cdp": {}, "mom60": {}}
        )
        assert list(material.symbols) == ["A", "C"], "B has a gap in the window, C only among the days held"
        assert list(material.dates) == list(DATES[2:])
        assert list(material.held) == list(DATES[6:])
        assert left_out == {"mom60": "no value in the window: too few bars before it"}
        known = material.known
        assert known.codes == ("ma", "cdp")
        np.testing.assert_allclose(known.targets["price"][:, 0], [13.0, 14.0, 15.0, np.nan])
        np.testing.assert_allclose(known.targets["return"][:, 0], [1 / 12, 1 / 13, 1 / 14, np.nan])
        # The mean of five closes is there from row 4 on: the last two rows of the window.
        np.testing.assert_allclose(known.values[:, 0, 0], [np.nan, np.nan, 12.0, 13.0])
        np.testing.assert_allclose(material.later_values[:, 0, 0], [14.0, 15.0])
        np.testing.assert_allclose(material.returns, [[1 / 15, 0.0], [1 / 16, 2 / 15]])

    def test_of_some_symbols(self) -> None:
        bars = panel({"A": (), "B": (3,), "C": ()})
        material, _ = prepare(bars, DATES[5], sessions=4, held=2, codes=["cdp"])
        part = material.of(pd.Index(["B", "C"]))
        assert list(part.symbols) == ["C"]
        assert part.known.values.shape == (4, 1, 1)
        assert part.returns.shape == (2, 1)

    @pytest.mark.parametrize(
        ("end", "sessions", "message"),
        [
            ("2016-01-09", 4, "2016-01-09, the end of the window, is no session"),
            ("2016-01-06", 4, "3 sessions lie up to 2016-01-06 and 5 after it, 4 and 2 are needed"),
            ("2016-01-12", 4, "7 sessions lie up to 2016-01-12 and 1 after it"),
        ],
    )
    def test_days_that_are_not_there(self, end: str, sessions: int, message: str) -> None:
        with pytest.raises(DataError, match=message):
            prepare(panel({"A": ()}), end, sessions=sessions, held=2, codes=["cdp"])

    def test_all_have_gaps(self) -> None:
        with pytest.raises(DataError, match="no stock has a bar on each of the 4 sessions to 2016-01-11"):
            prepare(panel({"A": (3,), "B": (4,), "C": (2,)}), DATES[5], sessions=4, held=2, codes=["cdp"])

    def test_no_factor_has_a_value(self) -> None:
        with pytest.raises(DataError, match="none of the candidate factors has a value"):
            prepare(panel({"A": ()}), DATES[5], sessions=4, held=2, codes=["mom60"])


class TestHeld:
    def test_from_the_next_open(self) -> None:
        returns = held_returns(panel({"A": (), "B": (6,)}), 5, 2, entry="open")
        np.testing.assert_allclose(returns, [[16 / 15.5 - 1, 0.0], [1 / 16, 2 / 15]])

    def test_unknown_entry(self) -> None:
        with pytest.raises(ValueError, match="entry must be one of close, open, got 'vwap'"):
            held_returns(panel({"A": ()}), 5, 2, entry="vwap")

    def test_average_is_of_each_day(self) -> None:
        returns = np.array([[0.1, 0.0, -0.3], [0.2, 0.4, 0.0]])
        assert average(returns, np.array([0, 2])).round(12).tolist() == [-0.1, 0.1]


class TestDrawing:
    SYMBOLS = pd.Index([f"{number:03d}" for number in range(60)])

    def test_no_symbol_twice_and_in_order(self) -> None:
        drawn = draw_stocks(self.SYMBOLS, 25, seed=1, number=4)
        assert len(drawn) == drawn.nunique() == 25
        assert drawn.is_monotonic_increasing

    def test_by_seed_and_number(self) -> None:
        first = draw_stocks(self.SYMBOLS, 25, seed=1, number=4)
        assert first.equals(draw_stocks(self.SYMBOLS, 25, seed=1, number=4))
        assert not first.equals(draw_stocks(self.SYMBOLS, 25, seed=1, number=5))
        assert not first.equals(draw_stocks(self.SYMBOLS, 25, seed=2, number=4))

    def test_every_stock_has_the_same_chance(self) -> None:
        counts = pd.Series(0, index=self.SYMBOLS)
        for number in range(400):
            counts[draw_stocks(self.SYMBOLS, 15, seed=0, number=number)] += 1
        # Binomial with mean 100 and standard deviation 8.7: nobody is 5 of them away.
        assert counts.min() > 56
        assert counts.max() < 144

    def test_more_than_there_are(self) -> None:
        with pytest.raises(ValueError, match="stocks must be at most the 60 that there are, got 61"):
            draw_stocks(self.SYMBOLS, 61, seed=0, number=0)

    def test_highest(self) -> None:
        assert highest(np.array([1.0, 5.0, np.nan, 5.0, 2.0]), 3).tolist() == [1, 3, 4]
        with pytest.raises(ValueError, match="k must be at most the 1 stocks with a score, got 2"):
            highest(np.array([np.nan, 1.0]), 2)
