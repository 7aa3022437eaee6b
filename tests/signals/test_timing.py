"""Seconds of named stages."""

import time

import pytest
from btalpha.signals.timing import collect_seconds, stage


def test_adds_up_by_name() -> None:
    with collect_seconds() as seconds:
        for name in ("fit", "predict", "fit"):
            with stage(name):
                time.sleep(0.01)
    assert list(seconds) == ["fit", "predict"]
    assert seconds["fit"] >= 0.02
    assert 0.01 <= seconds["predict"] < seconds["fit"]


def test_counts_a_stage_that_fails() -> None:
    with collect_seconds() as seconds, pytest.raises(KeyError), stage("fit"):
        raise KeyError("x")
    assert list(seconds) == ["fit"]


def test_nobody_collects_outside() -> None:
    with collect_seconds() as seconds:
        pass
    with stage("later"):
        pass
    assert seconds == {}


def test_an_inner_collection_is_its_own() -> None:
    with collect_seconds() as outer:
        with collect_seconds() as inner, stage("a"):
            pass
        with stage("b"):
            pass
    assert (list(outer), list(inner)) == (["b"], ["a"])
