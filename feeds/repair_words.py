"""What is said of a repair, whichever reader made it."""

from collections.abc import Iterable

NO_FACTOR = "there is no column factor: prices are taken as adjusted already"


def text_columns(names: Iterable[str]) -> str:
    """Return the line for columns that hold no numbers."""
    return f"columns of text were left out: {', '.join(names)}"


def suspended_rows(count: int) -> str:
    """Return the line for rows of suspended days.

    Examples
    --------
    >>> suspended_rows(1200)
    '1,200 rows without trade were taken as suspended days'
    """
    return f"{count:,} rows without trade were taken as suspended days"


def moved_rows(count: int) -> str:
    """Return the line for rows that ran neither day by day nor stock by stock."""
    return f"{count:,} rows were out of order and were sorted by date and symbol"


def repeated_rows(count: int) -> str:
    """Return the line for rows that were there twice."""
    return f"{count:,} repeated identical rows were dropped"


def open_end(name: str) -> str:
    """Return the line for a CSV file whose last row may have lost its end."""
    return f"{name} does not end with a line break: its last row may be cut short"
