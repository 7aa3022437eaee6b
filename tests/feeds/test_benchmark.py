from typing import Any

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import DataError
from btalpha.feeds.benchmark import parse_benchmark


def series(**changes: Any) -> pd.DataFrame:
    columns: dict[str, Any] = {
        "date": ["2016-01-05", "2016-01-04"],
        "open": [3010.0, 3000.0],
        "close": [3020.0, 3005.0],
        "symbol": "000300.SH",
    }
    return pd.DataFrame({**columns, **changes})


def test_is_put_in_order_of_its_dates() -> None:
    benchmark = parse_benchmark(series())
    assert benchmark.index.tolist() == [pd.Timestamp("2016-01-04"), pd.Timestamp("2016-01-05")]
    assert benchmark.columns.tolist() == ["open", "close"]
    assert benchmark["close"].tolist() == [3005.0, 3020.0]


def test_dates_may_be_the_index() -> None:
    pd.testing.assert_frame_equal(parse_benchmark(series().set_index("date")), parse_benchmark(series()))


@pytest.mark.parametrize(
    ("frame", "rule"),
    [
        (series().drop(columns="close"), "the benchmark lacks the column close"),
        (series(date=["2016-01-04", "2016-01-04"]), "row 1 is 2016-01-04, which is there before"),
        (series(date=["2016-01-04", None]), "row 1 is missing"),
        (series(date=["2016-01-04", "x"]), "cannot be read as dates"),
        (series(close=[1.0, 0.0]), "close of the benchmark on 2016-01-04 is 0, not a number above zero"),
        (series(open=[np.nan, 1.0]), "open of the benchmark on 2016-01-05 is nan"),
        (series(open=["high", "1"]), "open of the benchmark on 2016-01-05 is 'high', not a number"),
    ],
)
def test_bad_series(frame: pd.DataFrame, rule: str) -> None:
    with pytest.raises(DataError) as caught:
        parse_benchmark(frame)
    assert rule in str(caught.value)
