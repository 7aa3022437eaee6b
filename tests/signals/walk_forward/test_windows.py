"""Windows: which labels a fit may learn from, by purge, embargo and window, worked out by hand."""

from typing import Any, Self

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import Panel
from btalpha.signals import (
    FactorSignal,
    ICScreen,
    LSTMSignal,
    RidgeSignal,
    SignalProvider,
    WalkForward,
    assert_causal,
    forward_returns,
)
from btalpha.signals.walk_forward.windows import WindowRule
from hypothesis import given
from hypothesis import strategies as st

CODES = ["rev5", "vol20", "turn5", "mom20"]
DAYS = pd.bdate_range("2016-01-04", periods=60)


class Labels(SignalProvider):
    """Notes the first and last date of its bars, and the last date with a known label."""

    seen: list[tuple[pd.Timestamp, pd.Timestamp, pd.Timestamp]] = []  # noqa: RUF012

    def __init__(self, horizon: int, label: str) -> None:
        self.horizon, self.label = horizon, label

    def fit(self, panel: Panel) -> Self:
        known = np.isfinite(forward_returns(panel, self.horizon, label=self.label)).any(axis=1)
        Labels.seen.append((panel.dates[0], panel.dates[-1], panel.dates[known][-1]))
        return self

    def predict(self, panel: Panel) -> pd.DataFrame:
        return panel["close"]


class TestKnownAnswers:
    @pytest.mark.parametrize(
        ("horizon", "label", "purge", "embargo", "until", "last"),
        [
            (5, "open", None, 0, 100, 94),  # open of 95 to open of 100, known at the close of 100
            (5, "open", 6, 3, 97, 91),
            (5, "open", 10, 0, 96, 90),
            (1, "open", None, 0, 100, 98),
            (1, "open", 4, 2, 96, 94),
            (5, "close", None, 0, 99, 94),
            (5, "close", 8, 1, 96, 91),
        ],
    )
    def test_the_last_label_lies_purge_and_embargo_before_the_first_score(
        self, gappy: Panel, horizon: int, label: str, purge: int | None, embargo: int, until: int, last: int
    ) -> None:
        Labels.seen.clear()
        walk = WalkForward(
            Labels(horizon, label), start=gappy.dates[100], refit=1000, purge=purge, embargo=embargo
        ).fit(gappy)
        (fit,) = walk.fits_
        assert Labels.seen == [(gappy.dates[0], gappy.dates[until], gappy.dates[last])]
        assert (fit.date, fit.window.until, fit.last) == tuple(gappy.dates[[100, until, last]])

    def test_a_rolling_window_counts_back_from_the_last_bar_seen(self, gappy: Panel) -> None:
        Labels.seen.clear()
        walk = WalkForward(Labels(2, "open"), start=gappy.dates[100], refit=40, window=50, embargo=10)
        table = walk.fit(gappy).fits_table()
        days = gappy.dates
        assert Labels.seen == [
            (days[41], days[90], days[87]),
            (days[81], days[130], days[127]),
            (days[121], days[170], days[167]),
        ]
        assert table["first"].tolist() == list(days[[41, 81, 121]])
        assert table["sessions"].tolist() == [47, 47, 47]

    def test_the_table(self, gappy: Panel) -> None:
        ridge = RidgeSignal(factors=CODES, screen=ICScreen(max_factors=2, min_factors=2), horizon=3)
        walk = WalkForward(ridge, start=gappy.dates[100], refit=60, purge=5, embargo=1).fit(gappy)
        table = walk.fits_table()
        assert list(table) == (
            [
                "date",
                "first",
                "last",
                "until",
                "sessions",
                "purge",
                "embargo",
                "factors",
                "validation_rank_ic",
                "codes",
            ]
        )
        assert table["last"].tolist() == list(gappy.dates[[94, 154]])
        assert table["until"].tolist() == list(gappy.dates[[98, 158]])
        assert table[["purge", "embargo", "factors"]].to_numpy().tolist() == [[5, 1, 2]] * 2
        assert [set(codes.split()) < set(CODES) for codes in table["codes"]] == [True, True]
        assert table["validation_rank_ic"].isna().all()

    def test_the_table_of_no_fit_is_empty(self) -> None:
        assert WalkForward(FactorSignal("rev5")).fits_table().shape == (0, 10)

    def test_each_refit_screens_again(self, gappy: Panel) -> None:
        screen = ICScreen(max_factors=1, min_factors=1)
        walk = WalkForward(RidgeSignal(factors=CODES, screen=screen), start=gappy.dates[60], refit=20)
        walk.fit(gappy)
        for fit in walk.fits_:
            alone = RidgeSignal(factors=CODES, screen=screen).fit(gappy.until(fit.date))
            assert fit.codes == alone.features_.codes_


@given(
    row=st.integers(20, 59),
    horizon=st.integers(1, 8),
    more=st.integers(0, 5),
    embargo=st.integers(0, 5),
    window=st.none() | st.integers(1, 40),
    close=st.booleans(),
)
def test_no_label_is_learned_that_is_not_known(row, horizon, more, embargo, window, close) -> None:
    span = horizon + (not close)
    rule = WindowRule(window, horizon + 1 + more, embargo, span)
    (one,) = rule.windows(DAYS, DAYS[[row]])
    until = DAYS.get_loc(one.until)
    assert until <= row - embargo
    assert window is None or until - DAYS.get_loc(one.first) + 1 <= window
    if not pd.isna(one.last):
        last = DAYS.get_loc(one.last)
        assert row - last == one.purge + one.embargo
        assert last + span == until  # the label ends with the last bar that is seen


class TestCausality:
    @pytest.mark.parametrize(
        "options",
        [
            {"embargo": 4},
            {"purge": 9},
            {"purge": 7, "embargo": 3, "window": 90},
            {"refit": "month", "window": 80},
        ],
        ids=str,
    )
    @pytest.mark.parametrize("model", ["ridge", "lstm", "factor"])
    def test_it_holds(self, gappy: Panel, model: str, options: dict[str, Any]) -> None:
        provider: SignalProvider = {
            "ridge": lambda: RidgeSignal(factors=CODES, screen=ICScreen(min_factors=2), horizon=3),
            "lstm": lambda: LSTMSignal(
                factors=CODES, hidden=4, epochs=1, ensemble=1, length=25, burn_in=8, horizon=3
            ),
            "factor": lambda: FactorSignal("rev5", horizon=3),
        }[model]()
        walk = WalkForward(provider, start=gappy.dates[130], **{"refit": 25, **options})
        assert_causal(walk, gappy, fit_until=gappy.dates[125], cuts=2)

    # The last label is that of row 92 = 100 - 6 - 2, from the open of row 93 to the open of row 96.
    def test_an_embargoed_bar_does_not_move_the_fit_and_the_one_before_does(self, gappy: Panel) -> None:
        def coefficients(changed: int | None) -> bytes:
            opens = gappy.array("open").copy()
            if changed is not None:
                opens[changed] *= np.linspace(0.9, 1.1, opens.shape[1])
            panel = gappy.with_arrays({"open": opens})
            ridge = RidgeSignal(factors=["rev5", "vol20"], horizon=3)
            walk = WalkForward(ridge, start=gappy.dates[100], refit=1000, purge=6, embargo=2).fit(panel)
            return walk.fits_[0].provider.coefficients_.tobytes()

        plain = coefficients(None)
        assert [coefficients(row) == plain for row in (95, 96, 97, 98, 99, 100, 101)] == [False] * 2 + [
            True
        ] * 5


class TestValidation:
    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"purge": 5}, r"purge must be 6 sessions or more, the horizon 5 and 1: .*; got 5"),
            ({"purge": 6.5}, "purge must be a whole number of sessions, got 6.5"),
            ({"embargo": -1}, "embargo must be 0 sessions or more, got -1"),
            ({"embargo": True}, "embargo must be a whole number of sessions, got True"),
            ({"n_jobs": 0}, "n_jobs must be a number of workers, -1 for all cores .*, got 0"),
        ],
    )
    def test_settings(self, settings: dict, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            WalkForward(FactorSignal("rev5", horizon=5), **settings)

    def test_a_horizon_that_grew_since(self, gappy: Panel) -> None:
        provider = FactorSignal("rev5", horizon=2)
        walk = WalkForward(provider, start=gappy.dates[100])
        provider.horizon = 9
        with pytest.raises(ValueError, match="purge must be 10 sessions or more"):
            walk.fit(gappy)

    def test_nothing_left_to_see(self, gappy: Panel) -> None:
        walk = WalkForward(FactorSignal("rev5", horizon=1), start=gappy.dates[3], embargo=4)
        with pytest.raises(ValueError, match=r"purge 2 and embargo 4 leave no bar .* there are 3 sessions"):
            walk.fit(gappy)
