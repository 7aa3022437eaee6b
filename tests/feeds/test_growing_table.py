"""GrowingTable against a pivot of the same rows; what was handed out stays as it was."""

import numpy as np
import pandas as pd
from btalpha.feeds.growing_table import GrowingTable
from hypothesis import given, settings
from hypothesis import strategies as st

COLUMNS = 3


@st.composite
def writes(draw):
    """Writes of ascending days into columns: each column goes on where it ended, as feeds do."""
    last, steps = [0] * COLUMNS, []
    for _ in range(draw(st.integers(1, 12))):
        column = draw(st.integers(0, COLUMNS - 1))
        gaps = draw(st.lists(st.integers(1, 40), min_size=1, max_size=6))
        days = last[column] + np.cumsum(gaps)
        last[column] = int(days[-1])
        steps.append((days, column, draw(st.booleans())))
    return steps


def pivot(steps) -> pd.DataFrame:
    rows = [(day, column, float(day * 10 + column)) for days, column, _ in steps for day in days]
    frame = pd.DataFrame(rows, columns=["day", "column", "value"])
    return frame.pivot_table(index="day", columns="column", values="value").reindex(columns=range(COLUMNS))


@settings(max_examples=150, deadline=None)
@given(writes())
def test_equals_a_pivot_and_views_never_change(steps):
    table, shown = GrowingTable(["value"], COLUMNS), []
    for number, (days, column, looks) in enumerate(steps, 1):
        table.write(days, column, {"value": days * 10.0 + column})
        if looks:
            seen, arrays = table.views()
            shown.append((number, seen, arrays["value"], seen.copy(), arrays["value"].copy()))
    days, arrays = table.views()
    want = pivot(steps)
    np.testing.assert_array_equal(days, want.index)
    np.testing.assert_array_equal(arrays["value"], want)
    for number, seen, values, seen_then, values_then in shown:
        np.testing.assert_array_equal(seen, seen_then)
        np.testing.assert_array_equal(values, values_then)
        np.testing.assert_array_equal(values, pivot(steps[:number]))


def test_many_days_are_added_without_a_copy_of_what_is_shown():
    table = GrowingTable(["value"], 1)
    table.write(np.arange(50), 0, {"value": np.arange(50.0)})
    _, first = table.views()
    table.write(np.arange(50, 60), 0, {"value": np.arange(50.0, 60.0)})
    _, second = table.views()
    assert np.shares_memory(first["value"], second["value"])
    assert second["value"][:, 0].tolist() == list(range(60))


def test_a_field_that_is_not_written_is_nan():
    table = GrowingTable(["value", "other"], 2)
    table.write(np.array([7]), 1, {"value": np.array([1.0])})
    _, arrays = table.views()
    assert np.isnan(arrays["other"]).all()
    assert arrays["value"].tolist()[0][1] == 1.0
