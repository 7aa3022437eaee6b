"""What all providers inherit."""

import copy
import threading
from pathlib import Path
from typing import Self

import pandas as pd
import pytest
from btalpha.feeds import Panel
from btalpha.signals import SignalProvider, WalkForward


class Last(SignalProvider):
    """A user's own provider: one class with two methods."""

    def __init__(self, report: object = None) -> None:
        self.report = report
        self.seen: list[int] = []

    def fit(self, panel: Panel) -> Self:
        self.seen.append(len(panel))
        if callable(self.report):
            self.report(len(panel))
        return self

    def predict(self, panel: Panel) -> pd.DataFrame:
        return panel["close"]


class Bar:
    """A progress bar: it holds a lock, which cannot be copied."""

    def __init__(self) -> None:
        self.lock, self.lengths = threading.RLock(), []

    def update(self, length: int) -> None:
        self.lengths.append(length)


def test_a_copy_learns_by_itself(gappy: Panel) -> None:
    one = Last()
    copy.deepcopy(one).fit(gappy)
    assert one.seen == []


def test_a_copy_goes_on_reporting_to_the_same_bar(gappy: Panel) -> None:
    bar = Bar()
    WalkForward(Last(bar.update), start=gappy.dates[150], refit=30).fit(gappy).predict(gappy)
    assert bar.lengths == [151, 181]


def test_saving_has_to_be_written(tmp_path: Path) -> None:
    with pytest.raises(NotImplementedError, match="Last has no way to be saved"):
        Last().save(tmp_path / "m")
    with pytest.raises(NotImplementedError, match="Last has no way to be loaded"):
        Last.load(tmp_path / "m")


def test_both_methods_are_needed() -> None:
    class Half(SignalProvider):
        def predict(self, panel: Panel) -> pd.DataFrame:
            return panel["close"]

    with pytest.raises(TypeError, match="fit"):
        Half()  # type: ignore[abstract]
