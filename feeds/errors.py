"""The one error that bad market data raises."""


class DataError(ValueError):
    """Market data that cannot be used; the message names the place and the remedy.

    Examples
    --------
    >>> raise DataError("no rows", remedy="check the file")  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
        ...
    DataError: no rows. Remedy: check the file.
    """

    def __init__(self, problem: str, *, remedy: str | None = None) -> None:
        super().__init__(f"{problem}. Remedy: {remedy}." if remedy else problem)
