"""The leak is found where it is said to be, and nowhere else."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import Panel
from btalpha.signals.audit.futures import futures
from btalpha.signals.paper import (
    Cleaning,
    Learner,
    Material,
    Network,
    Protocol,
    Screening,
    as_published_looks_ahead,
    prepare,
    without_leaks,
)
from btalpha.signals.paper.variants import _days_ahead, _features
from btalpha.signals.preprocessing.interpolation import LONG_NAME

from .conftest import CODES, HELD, SESSIONS


def published(material: Material, protocol: Protocol) -> np.ndarray:
    return as_published_looks_ahead(material, protocol, Learner(protocol.network, seed=5)).scores


def causal(material: Material, protocol: Protocol) -> np.ndarray:
    learner = Learner(protocol.network, seed=5)
    return without_leaks(material.known, protocol, learner, held=HELD).scores


def variations(protocol: Protocol) -> list[Protocol]:
    """The settings in which a leak could hide."""
    daily = dataclasses.replace(protocol.network, forecast="daily", averaging="ranks")
    return [
        protocol,
        dataclasses.replace(protocol, network=daily),
        dataclasses.replace(protocol, screening=Screening(on="cleaned", min_factors=2)),
        dataclasses.replace(protocol, cleaning=Cleaning(axis="time")),
    ]


class TestTheLeak:
    def test_without_leaks_nothing_later_counts_and_as_published_it_does(
        self, small_market: Panel, end: pd.Timestamp, material: Material, protocol: Protocol
    ) -> None:
        row = small_market.dates.get_loc(end)
        ways, before, moved = variations(protocol), published(material, protocol), []
        kept = [causal(material, way) for way in ways]
        for what, other in futures(small_market, row, np.random.default_rng(0)):
            if what == "the panel ends there":
                continue  # the days held have to be there
            corrupted, _ = prepare(other, end, sessions=SESSIONS, held=HELD, codes=CODES)
            for way, scores in zip(ways, kept, strict=True):
                assert np.array_equal(scores, causal(corrupted, way)), (what, way)
            if not np.array_equal(before, published(corrupted, protocol)):
                moved.append(what)
        assert "later prices are ten times as high" in moved
        assert "later days are shuffled" in moved

    def test_a_gap_on_the_last_day_is_filled_from_the_day_after_as_published(
        self, material: Material, protocol: Protocol
    ) -> None:
        """The second leak, by itself."""
        known = dataclasses.replace(material.known, values=material.known.values.copy())
        known.values[-1, 0, :] = np.nan

        def on_the_last_day(after: float, gaps: str) -> np.ndarray:
            later = material.later_values.copy()
            later[0, 0, :] = after
            _, features = _features(np.concatenate([known.values, later]), known, protocol, gaps=gaps)
            return features[SESSIONS - 1, 0]

        assert not np.array_equal(on_the_last_day(1.0, LONG_NAME), on_the_last_day(2.0, LONG_NAME))
        assert np.array_equal(on_the_last_day(1.0, "forward"), on_the_last_day(2.0, "forward"))


class TestForecast:
    def test_as_published_averages_the_days_from_the_decision_to_the_last_but_one(
        self, material: Material, protocol: Protocol
    ) -> None:
        """The last day's own factor values would foretell a day that is not held: they do not count."""
        # Without a gap nothing is interpolated, so only what is averaged can move.
        filled = dataclasses.replace(material, later_values=np.nan_to_num(material.later_values))
        scores = published(filled, protocol)
        for day, counts in ((-1, False), (-2, True)):
            later = filled.later_values.copy()
            later[day, ::2] *= 7.0
            changed = published(dataclasses.replace(filled, later_values=later), protocol)
            assert np.array_equal(scores, changed) != counts

    def test_both_learn_the_same_network_where_the_window_has_no_gap(
        self, material: Material, protocol: Protocol
    ) -> None:
        learner = Learner(protocol.network, seed=5)
        as_published_looks_ahead(material, protocol, learner)
        shared = without_leaks(material.known, protocol, learner, held=HELD).scores
        assert learner.reused == 1
        assert np.array_equal(shared, causal(material, protocol))

    def test_seeds_and_options_matter(self, material: Material, protocol: Protocol) -> None:
        first = causal(material, protocol)
        assert np.array_equal(first, causal(material, protocol))
        other = Learner(protocol.network, seed=6)
        assert not np.array_equal(first, without_leaks(material.known, protocol, other, held=HELD).scores)
        for way in variations(protocol)[1:]:
            assert not np.array_equal(first, causal(material, way))

    def test_it_learns_what_is_there_to_learn(self, rng: np.random.Generator) -> None:
        """A factor that is the next return: the stocks with the highest value come first."""
        from btalpha.signals.paper.material import Known

        values = rng.normal(size=(40, 30, 2))
        target = values[:, :, 0] * 0.02
        target[-1] = np.nan
        known = Known(values, {"return": target, "price": target}, ("told", "noise"))
        network = Network(hidden=8, epochs=40, learning_rate=2e-2, length=10, burn_in=1)
        whole = Cleaning(n_mad=99.0)  # an outlier that becomes the median could not be told
        protocol = Protocol(screening=Screening(target="return"), cleaning=whole, network=network)
        scores = without_leaks(known, protocol, Learner(network, seed=0), held=2).scores
        assert np.corrcoef(scores, values[-1, :, 0])[0, 1] > 0.9

    def test_days_ahead(self) -> None:
        ahead = _days_ahead(np.array([[0.1], [0.2], [0.3], [np.nan]]), 3)
        np.testing.assert_array_equal(ahead[0, 0], [0.1, 0.2, 0.3])
        np.testing.assert_array_equal(ahead[2, 0], [0.3, np.nan, np.nan])
        assert np.isnan(ahead[3]).all()


@pytest.mark.long
def test_draws_are_the_same_whatever_the_workers(
    material: Material, small_market: Panel, protocol: Protocol
) -> None:
    from btalpha.signals.paper import run_draws

    scores = pd.Series(np.arange(40.0), index=small_market.symbols)
    options = {"draws": 3, "seed": 4, "others": {"mine": scores}}
    draws = list(run_draws(material, small_market.symbols, protocol, **options, n_jobs=2))
    again = list(run_draws(material, small_market.symbols, protocol, **options))
    for one, other in zip(draws, again, strict=True):
        assert one.picks == other.picks
        for name, path in one.paths.items():
            assert path.tobytes() == other.paths[name].tobytes()
        assert one.picks["mine"] == list(one.symbols[::-1][:3]), "the highest scores among the draw's stocks"
        assert set(one.picks["as_published"]) <= set(one.symbols)
        assert one.screened["as_published"].shares.equals(other.screened["as_published"].shares)
    assert [one.number for one in draws] == [0, 1, 2]
    assert draws[0].picks["random"] != draws[0].picks["chance"]


def test_too_few_stocks_for_two_portfolios(
    material: Material, small_market: Panel, protocol: Protocol
) -> None:
    from btalpha.signals.paper import run_draws

    few = dataclasses.replace(protocol, stocks=5)
    with pytest.raises(
        ValueError, match=r"draw 0 leaves \d stocks without a gap, two portfolios of k = 3 need 6"
    ):
        list(run_draws(material, small_market.symbols, few, draws=1, seed=0, others={}))


@pytest.mark.real_data
def test_about_211_of_300_stocks_are_left(shared_data) -> None:
    """The paper has 212."""
    from btalpha.signals.paper import draw_stocks

    panel = Panel.read(shared_data / "ashare_all_2015_2016.parquet")
    material, _ = prepare(panel, "2016-04-11", codes=["cdp"])
    assert (str(material.dates[0].date()), str(material.dates[-1].date())) == ("2016-01-04", "2016-04-25")
    assert (len(material.symbols), len(panel.symbols)) == (2007, 2842)
    drawn = [draw_stocks(panel.symbols, 300, seed=0, number=number) for number in range(200)]
    left = [int(material.symbols.isin(symbols).sum()) for symbols in drawn]
    assert 210 < np.mean(left) < 214
