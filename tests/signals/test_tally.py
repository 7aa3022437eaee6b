"""What cleaning repairs is counted, and costs nothing where nobody counts."""

import joblib
import numpy as np
import pandas as pd
from btalpha.feeds import Panel
from btalpha.signals import Preprocessor, RidgeSignal, WalkForward
from btalpha.signals.features import FeaturePipeline
from btalpha.signals.tally import CELLS, GAPS, INFINITE, LEFT_OUT, OUTLIERS, UNKNOWN, collect_counts

NAN, INF = np.nan, np.inf
CODES = ["rev5", "vol20", "turn5"]


def frame(values: list[list[float]]) -> pd.DataFrame:
    days = pd.bdate_range("2016-01-04", periods=len(values))
    return pd.DataFrame(values, index=days, columns=list("ABCDE"))


ROWS = frame([[1.0, 2.0, 3.0, 4.0, 100.0], [1.0, INF, 3.0, 4.0, 5.0], [NAN, 2.0, 3.0, 4.0, NAN]])


class TestPreprocessor:
    def test_known_answers(self) -> None:
        """One outlier; the infinite value and two missing ones are carried forward."""
        with collect_counts() as tally:
            Preprocessor(scale="none").fit_transform({"x": ROWS})
        assert tally.counts == {CELLS: 15, INFINITE: 1, OUTLIERS: 1, GAPS: 3}

    def test_values_that_do_not_count_in_the_universe_are_not_counted(self) -> None:
        universe = np.ones((3, 5), dtype=bool)
        universe[:, 4] = False
        with collect_counts() as tally:
            Preprocessor(scale="none").fit_transform({"x": ROWS}, universe)
        assert tally.counts == {CELLS: 12, INFINITE: 1, OUTLIERS: 0, GAPS: 2}

    def test_transform_counts_as_fit_transform_does_and_several_factors_add_up(self) -> None:
        cleaner = Preprocessor(scale="none")
        with collect_counts() as both:
            cleaner.fit_transform({"x": ROWS, "y": ROWS})
        with collect_counts() as again:
            cleaner.transform({"x": ROWS, "y": ROWS})
        assert both.counts == again.counts == {CELLS: 30, INFINITE: 2, OUTLIERS: 2, GAPS: 6}

    def test_scaling_is_no_repair(self) -> None:
        with collect_counts() as tally:
            Preprocessor(outliers="none", gaps="none", scale="zscore").fit_transform({"x": ROWS})
        assert tally.counts == {CELLS: 15, INFINITE: 1}

    def test_the_result_is_the_same_whether_somebody_counts_or_not(self) -> None:
        plain = Preprocessor().fit_transform({"x": ROWS})["x"]
        with collect_counts():
            counted = Preprocessor().fit_transform({"x": ROWS})["x"]
        pd.testing.assert_frame_equal(plain, counted, check_exact=True)


class TestPipeline:
    def test_what_a_model_is_told_is_the_middle(self, market: Panel) -> None:
        """mom20 has no value on the first 20 days, which are within the universe and traded."""
        panel = market.until(market.dates[60])
        with collect_counts() as tally:
            FeaturePipeline(
                factors=["mom20"], preprocessor=Preprocessor(gaps="none"), horizon=1
            ).fit_transform(panel)
        counted = panel.universe_array & panel.traded_array
        assert tally.counts[CELLS] == counted.sum()
        assert tally.counts[UNKNOWN] >= counted[:20].sum()

    def test_factors_without_a_value_are_named(self, market: Panel) -> None:
        with collect_counts() as tally:
            FeaturePipeline(factors=["rev5", "bbi", "mom240_20"], horizon=1).fit_transform(
                market.until(market.dates[40])
            )
        assert [name for name in tally.counts if name.startswith(LEFT_OUT)] == [f"{LEFT_OUT}mom240_20"]

    def test_workers_count_too(self, market: Panel) -> None:
        counts = []
        for jobs in (1, 2):
            walk = WalkForward(RidgeSignal(factors=CODES), start=market.dates[300], refit=50, n_jobs=jobs)
            with joblib.parallel_config("threading"), collect_counts() as tally:
                walk.fit(market)
            counts.append(tally.counts)
        assert counts[0] == counts[1]
        assert counts[0][OUTLIERS] > 0
