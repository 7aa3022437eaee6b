"""What is said of the draws: numbers that can be worked out by hand, and words that follow them."""

import copy
from typing import Any

import numpy as np
import pandas as pd
import pytest
from btalpha.scripts.paper.markdown import document, factor_table, paper_table
from btalpha.scripts.paper.summary import compare, draws_table, t_statistic
from btalpha.scripts.paper.words import conclusions, headline
from btalpha.signals.paper import Draw
from scipy.stats import t as student


def draw(number: int, own: list[float], chance: list[float]) -> Draw:
    paths = {"random": chance, "everyone": [0.0, 0.0]}
    paths |= dict.fromkeys(("as_published", "without_leaks", "walk_forward", "chance"), own)
    arrays = {name: np.array(path) for name, path in paths.items()}
    picks = {name: ["A", "B"] for name in paths}
    return Draw(number, pd.Index(["A", "B", "C"]), picks, arrays, {}, one_network=True)


DRAWS = [
    draw(0, [0.02, 0.00], [0.00, 0.00]),  # ahead by 0.01
    draw(1, [-0.01, -0.01], [0.00, 0.01]),  # behind by 0.015
    draw(2, [0.01, 0.01], [0.01, 0.01]),  # level: not ahead
    draw(3, [0.00, 0.04], [0.01, 0.01]),  # ahead by 0.01
]


class TestCompare:
    FOUND = compare(DRAWS, "as_published")

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("portfolio", 0.06 / 8),
            ("random", 0.05 / 8),
            ("difference", 0.005 / 4),
            ("ahead", 0.5),
            ("as_large", 0.5),
            ("over_everyone", 0.06 / 8),
            ("ahead_of_everyone", 0.75),
            # leads of the two sessions: the means of (0.02, -0.01, 0, -0.01) and of (0, -0.02, 0, 0.03)
            ("t_sessions", 0.00125 / (np.std([0.0, 0.0025], ddof=1) / 2**0.5)),
            ("t_draws", 0.00125 / (np.std([0.01, -0.015, 0.0, 0.01], ddof=1) / 2)),
            ("p_sessions", 2 * student.sf(0.00125 / (0.0025 / 2**0.5 / 2**0.5), 1)),
            ("total", (0.02 + (0.99**2 - 1) + (1.01**2 - 1) + 0.04) / 4),
        ],
    )
    def test_known_answers(self, name: str, value: float) -> None:
        assert self.FOUND[name] == pytest.approx(value, abs=1e-12)

    def test_spread(self) -> None:
        low, high = np.percentile([0.01, -0.015, 0.0, 0.01], [5, 95])
        assert (self.FOUND["p05"], self.FOUND["p95"]) == pytest.approx((low, high))

    def test_no_spread_no_t(self) -> None:
        assert np.isnan(t_statistic(np.array([0.5, 0.5])))

    def test_table_of_draws(self) -> None:
        table = draws_table(DRAWS)
        assert len(table) == 16
        first = table.iloc[0]
        assert (first["draw"], first["variant"], first["stocks"]) == (0, "as_published", 3)
        assert (first["portfolio"], first["difference"], first["picks"]) == (0.01, 0.01, "A B")


@pytest.fixture
def found() -> dict[str, Any]:
    variant = {
        "portfolio": -0.003,
        "random": -0.004,
        "difference": 0.001,
        "p05": -0.002,
        "p95": 0.004,
        "t_draws": 7.0,
        "t_sessions": 1.5,
        "p_sessions": 0.17,
        "ahead": 0.7,
        "as_large": 0.3,
    }
    shares = {
        "bbi": {"price": {"share": 0.99, "passes": 1.0}, "return": {"share": 0.6, "passes": 0.0}},
        "std": {"price": {"share": 0.5, "passes": 0.1}, "return": {"share": 0.01, "passes": 0.0}},
    }
    names = ("as_published", "without_leaks", "walk_forward", "chance")
    return {
        "title": "Title",
        "paper": {
            "portfolio": -0.0040,
            "random": -0.0058,
            "difference": 0.0018,
            "stocks": 212,
            "factors": 11,
        },
        "window": {"decision": "2016-04-11", "last": "2016-04-25", "sessions": 65, "held": 10},
        "stocks": {"all": 2842, "drawn": 300, "left": {"mean": 211.4, "min": 195, "max": 230}},
        "k": 10,
        "draws": 200,
        "same_network": 0,
        "variants": {name: copy.deepcopy(variant) for name in names},
        "factors": {
            "target": "price",
            "candidates": 80,
            "kept": {"mean": 12.2, "min": 10, "max": 15},
            "passed": {"price": {}, "return": {}},
            "table_1": ["bbi", "std"],
            "missing": [],
            "shares": shares,
        },
        "system": {"first_bar": "2015-11-02", "stocks": 2842, "factors": ["bbi"]},
        "notes": [],
    }


class TestWords:
    def test_headline(self, found: dict[str, Any]) -> None:
        text = headline(found)
        assert "200 draws of 300 from all 2,842 stocks, 211 of them on average without a gap" in text
        assert "which look ahead, led as many random stocks by 0.10 points a session" in text
        assert "ahead in 70% of the draws" in text
        assert "in 30% of the draws, so its one comparison cannot be told from luck." in text

    def test_it_says_so_where_luck_rarely_does_that(self, found: dict[str, Any]) -> None:
        found["variants"]["chance"]["as_large"] = 0.01
        found["variants"]["without_leaks"]["difference"] = -0.0005
        text = headline(found)
        assert "in 1% of the draws, so luck alone rarely makes such a lead." in text
        assert "the same steps without the leaks trailed as many random stocks by 0.05 points" in text

    def test_leaks(self, found: dict[str, Any]) -> None:
        found["variants"]["without_leaks"]["difference"] = 0.0003
        first = conclusions(found)[0]
        assert first == "The leaks add 0.07 points a session (+0.10 with, +0.03 without them)."
        found["same_network"] = 150
        found["variants"]["without_leaks"]["difference"] = 0.0015
        first = conclusions(found)[0]
        assert first.startswith("The leaks take 0.05 points a session")
        assert "In 150 of 200 draws both variants learned from the same numbers" in first

    def test_the_t_over_draws_is_not_taken_for_more_than_it_is(self, found: dict[str, Any]) -> None:
        second = conclusions(found)[1]
        assert "All draws share the same 10 sessions" in second
        assert "nothing about other days" in second
        assert "+1.5 walk-forward (p 0.170): none below 0.05, so none differs surely from 0" in second
        found["variants"]["walk_forward"] |= {"t_sessions": -2.4, "p_sessions": 0.04}
        text = conclusions(found)[1]
        assert "−2.4 walk-forward (p 0.040): below 0.05 walk-forward, of 3 tests" in text

    def test_factors(self, found: dict[str, Any]) -> None:
        text = conclusions(found)[2]
        assert "against the next price 1 (bbi); against the next return 0." in text
        assert "12.2 are kept on average (10 to 15; the paper: 11)" in text

    def test_tables(self, found: dict[str, Any]) -> None:
        lines = paper_table(found).splitlines()
        assert len({line.count("|") for line in lines}) == 1
        assert (
            "| As published (looks ahead) | −0.30% | −0.40% | +0.10 | −0.20 to +0.40 | 70% | 7.0 | 1.5 |"
            in lines
        )
        assert "| The paper, once | −0.40% | −0.58% | +0.18 | | | | |" in lines
        assert "| `bbi` | 99.0% | 100% | 60.0% | 0% |" in factor_table(found)
        assert document(found).startswith("# Title\n")
