"""Training on paper: one row an epoch, a picture of all of them."""

import xml.etree.ElementTree as ET
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import simulate_market
from btalpha.scripts.training_curve import draw_training, training_table, write_training
from btalpha.signals import LightGBMSignal, LSTMSignal, RidgeSignal, WalkForward

PANEL = simulate_market(n_symbols=15, n_days=160, seed=2)


def walked(provider) -> WalkForward:
    walk = WalkForward(provider, start=PANEL.dates[110], refit=30)
    walk.fit(PANEL).predict(PANEL)
    return walk


def test_has_a_row_an_epoch_of_each_network_of_each_fit(tmp_path: Path) -> None:
    signal = LSTMSignal(factors=["rev5"], hidden=3, epochs=2, ensemble=2, length=25, burn_in=8)
    walk = walked(signal)
    table = training_table(walk)
    wanted = [
        (str(fit.date.date()), network, epoch.number, epoch.loss, epoch.rank_ic)
        for fit in walk.fits_
        for network, history in enumerate(fit.provider.history_)
        for epoch in history
    ]
    assert len(wanted) == 2 * 2 * 2
    assert list(table.drop(columns="seconds").itertuples(index=False, name=None)) == wanted
    write_training(walk, tmp_path)
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "training.csv"), table)
    assert ET.parse(tmp_path / "training.svg").getroot().tag.endswith("svg")


def test_each_tree_is_an_epoch_without_a_loss(tmp_path: Path) -> None:
    pytest.importorskip("lightgbm", exc_type=ImportError)
    signal = LightGBMSignal(factors=["rev5", "vol20"], n_estimators=6, min_child_samples=20, ensemble=2)
    walk = walked(signal)
    table = training_table(walk)
    runs = [history for fit in walk.fits_ for history in fit.provider.history_]
    assert table["validation_rank_ic"].tolist() == pytest.approx(list(chain(*runs)), nan_ok=True)
    assert table.groupby(["fit", "network"])["epoch"].max().tolist() == [len(run) for run in runs]
    assert table["loss"].isna().all()
    write_training(walk, tmp_path)
    text = (tmp_path / "training.svg").read_text(encoding="utf-8")
    assert ">tree<" in text and ">training loss<" not in text


def test_a_model_without_epochs_has_neither(tmp_path: Path) -> None:
    write_training(walked(RidgeSignal(factors=["rev5"])), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_names_its_axes_and_fits_and_survives_gaps(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "fit": ["2015-01-05"] * 3 + ["2015-07-01"] * 2,
            "network": 0,
            "epoch": [1, 2, 3, 1, 2],
            "loss": [0.9, np.nan, 0.7, 1.0, 0.8],
            "validation_rank_ic": [0.1, 0.2, 0.15, np.nan, np.nan],
            "seconds": 1.0,
        }
    )
    draw_training(table, tmp_path / "a.svg")
    text = (tmp_path / "a.svg").read_text(encoding="utf-8")
    for wanted in ("validation rank IC", "training loss", "epoch", "2015-01-05", "2015-07-01"):
        assert f">{wanted}<" in text
