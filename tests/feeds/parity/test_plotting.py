"""What Cerebro plots: the same axes, with the same lines, bars, candles, texts and limits."""

import warnings

import backtrader as bt
import matplotlib as mpl
import pytest
from matplotlib import pyplot

STYLES = {"line": {}, "candles": {"style": "candle"}, "bars": {"style": "bar"}}


@pytest.fixture(autouse=True)
def agg():
    """Nothing is shown, and the backend is afterwards what it was before."""
    before = mpl.get_backend()
    mpl.use("Agg")
    yield
    mpl.use(before)


def contents(axes) -> dict[str, object]:
    """Everything that was drawn on one axes, as plain numbers and texts."""
    return {
        "lines": [[list(map(float, xy)) for xy in line.get_data()] for line in axes.lines],
        "patches": [
            [*patch.get_path().vertices.tolist(), list(patch.get_facecolor())] for patch in axes.patches
        ],
        "places": [list(map(float, patch.get_window_extent().bounds)) for patch in axes.patches],
        "collections": [[path.vertices.tolist() for path in one.get_paths()] for one in axes.collections],
        "texts": [[text.get_text(), *map(float, text.get_position())] for text in axes.texts],
        "limits": [list(map(float, axes.get_xlim())), list(map(float, axes.get_ylim()))],
        "legend": [text.get_text() for text in axes.get_legend().get_texts()] if axes.get_legend() else [],
        "labels": [axes.get_xlabel(), axes.get_ylabel(), axes.get_title()],
    }


def figures(source, witness, symbols, modes=None, weeks=False, **options):
    cerebro = bt.Cerebro(**(modes or {}))
    for symbol in symbols:
        if weeks:
            cerebro.resampledata(source(symbol), name=symbol, timeframe=bt.TimeFrame.Weeks)
        else:
            cerebro.adddata(source(symbol))
    cerebro.addstrategy(witness)
    cerebro.run()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Agg, which shows nothing
        figs = cerebro.plot(iplot=False, **options)
    drawn = [[contents(axes) for axes in fig.axes] for strategy in figs for fig in strategy]
    pyplot.close("all")  # Backtrader draws into a figure of the same number if there is one
    return drawn


@pytest.mark.parametrize("options", STYLES.values(), ids=STYLES)
def test_a_figure_of_feeds_of_different_dates(same, witness, options):
    (axes,) = same(figures, witness=witness, symbols=["000276.SZ", "300981.SZ"], **options)
    assert len(axes) >= 4
    assert sum(len(one["lines"]) for one in axes) >= 6
    assert sum(len(one["collections"]) + len(one["patches"]) for one in axes) >= 1


def test_figures_of_part_of_the_run_in_two_pieces(same, witness):
    whole = {"witness": witness, "symbols": ["000016.SZ"]}
    pieces = same(figures, numfigs=2, start=20, end=90, **whole)
    assert len(pieces) == 2


@pytest.mark.parametrize(
    "modes", [{"runonce": False}, {"exactbars": -1}, {"oldsync": True, "runonce": False}], ids=str
)
def test_figures_in_other_modes(same, witness, modes):
    assert same(figures, witness=witness, symbols=["000016.SZ"], modes=modes)


def test_a_figure_of_weeks(same, witness):
    assert same(figures, witness=witness, symbols=["000276.SZ", "300981.SZ"], weeks=True)
