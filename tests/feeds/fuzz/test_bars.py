"""Damaged bars end in a clear error or in a panel that says what the rows say, with every repair counted."""

import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
from btalpha.feeds import DataError, Panel
from btalpha.feeds.quality import read_dataset, run_checks
from hypothesis import reject

from . import damage, reference, runner


def outcome(
    make: Callable[[], Panel], rows: Callable[[], list[reference.Row]], path: Path | None = None
) -> str:
    """Make a panel and compare it with the rows; tell what became of it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            panel = make()
    except DataError as error:
        assert str(error).strip()
        assert path is None or str(path) in str(error)
        return "refused"
    reference.assert_says(panel, rows())
    return (
        "repaired" if [line for line in panel.repairs if "text were left out: name" not in line] else "taken"
    )


def check_frame(steps: list[damage.Change]) -> str:
    frame = damage.applied(damage.bars(), steps)
    return outcome(lambda: Panel.from_long(frame), lambda: reference.rows_of_frame(frame))


@runner.sizes(120, 3000)
def test_frames(examples: int) -> None:
    values = damage.OBJECTS + damage.TEXTS
    runner.run("frames", examples, check_frame, steps=damage.changes(values))


def check_csv(steps: list[damage.Change], gz: bool) -> str:
    frame = damage.applied(damage.text_bars(), steps)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("bars.csv.gz" if gz else "bars.csv")
        try:
            frame.to_csv(path, index=False)
        except UnicodeEncodeError:
            reject()
        return outcome(lambda: Panel.read(path), lambda: reference.rows_of_file(path), path)


@runner.sizes(80, 2500)
def test_cells_and_columns_of_csv_files(examples: int) -> None:
    steps = damage.changes(damage.TEXTS)
    runner.run("CSV cells", examples, check_csv, steps=steps, gz=damage.st.booleans())


CSV = damage.text_bars().to_csv(index=False).encode()


def check_csv_bytes(steps: list[damage.Spoil]) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bars.csv"
        path.write_bytes(damage.spoilt(CSV, steps))
        return outcome(lambda: Panel.read(path), lambda: reference.rows_of_file(path), path)


@runner.sizes(80, 2500)
def test_bytes_of_csv_files(examples: int) -> None:
    runner.run("CSV bytes", examples, check_csv_bytes, steps=damage.spoils(text=True))


def check_parquet(steps: list[damage.Change]) -> str:
    frame = damage.applied(damage.bars(), steps)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bars.parquet"
        try:
            frame.to_parquet(path)
        except (ValueError, TypeError, OverflowError, NotImplementedError, AttributeError, pa.ArrowException):
            reject()
        return outcome(lambda: Panel.read(path), lambda: reference.rows_of_file(path), path)


@runner.sizes(80, 2500)
def test_cells_and_columns_of_parquet_files(examples: int) -> None:
    values = damage.OBJECTS + damage.TEXTS
    runner.run("parquet cells", examples, check_parquet, steps=damage.changes(values))


def parquet_files() -> list[bytes]:
    """The bars as parquet, in several ways."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bars.parquet"
        for frame, options in (
            (damage.bars(), {}),
            (damage.text_bars(), {"compression": "none", "use_dictionary": False}),
            (damage.bars().astype({"symbol": "category"}), {"compression": "zstd", "row_group_size": 5}),
        ):
            frame.to_parquet(path, index=False, **options)
            found.append(path.read_bytes())
    return found


PARQUET = parquet_files()


def check_parquet_bytes(number: int, steps: list[damage.Spoil]) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bars.parquet"
        path.write_bytes(damage.spoilt(PARQUET[number], steps))
        return outcome(lambda: Panel.read(path), lambda: reference.rows_of_file(path), path)


@runner.sizes(80, 2500)
def test_bytes_of_parquet_files(examples: int) -> None:
    number = damage.st.integers(0, len(PARQUET) - 1)
    runner.run("parquet bytes", examples, check_parquet_bytes, number=number, steps=damage.spoils(text=False))


def check_gate(steps: list[damage.Change]) -> str:
    """``btalpha check`` looks at what a panel would refuse, and names it as a finding."""
    frame = damage.applied(damage.text_bars(), steps)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder) / "bars.csv"
        try:
            frame.to_csv(path, index=False)
        except UnicodeEncodeError:
            reject()
        try:
            findings = run_checks(read_dataset(path, calendar=None))
        except DataError as error:
            assert str(error)
            return "refused"
        try:
            Panel.read(path)
        except DataError:
            return "found" if any(finding.failed for finding in findings) else "refused by the panel alone"
    return "taken"


@runner.sizes(30, 1500)
def test_the_quality_gate(examples: int) -> None:
    runner.run("quality gate", examples, check_gate, steps=damage.changes(damage.TEXTS))


def test_the_reference_sees_what_is_wrong() -> None:
    """A reference that agrees with everything would find nothing."""
    frame = damage.bars()
    panel, rows = Panel.from_long(frame), reference.rows_of_frame(frame)
    reference.assert_says(panel, rows)
    wrong = [
        frame.assign(close=frame["close"] + 1e-9),
        frame.assign(symbol=frame["symbol"].str.lower()),
        frame.assign(date=frame["date"] + pd.Timedelta("1D")),
        frame.iloc[1:],
        frame.iloc[::-1],
        pd.concat([frame, frame.iloc[:1]]),
        frame.assign(volume=frame["volume"].where(frame.index > 0, 0)),
        frame.assign(name=1.0),
    ]
    for other in wrong:
        try:
            reference.assert_says(panel, reference.rows_of_frame(other))
        except AssertionError:
            continue
        raise AssertionError("the reference took other rows for the same")
