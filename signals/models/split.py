"""How the rows of a fit are shared out: the earlier ones to learn from, the last ones to stop by."""

import numpy as np


def chronological_split(labels: np.ndarray, *, validation: float, gap: int) -> tuple[slice, slice]:
    """Split the rows with a known label by time: training, a purged gap, validation.

    Parameters
    ----------
    labels
        T x N, NaN where unknown.
    validation
        Share of the rows between the first and the last one with a label; at least one row.
    gap
        Rows left out before the validation. With ``horizon + 1`` no training label reaches into it.

    Returns
    -------
    tuple of slice
        (training, validation). The training is empty where the gap leaves it no row.

    Raises
    ------
    ValueError
        If no row has a known label.

    Examples
    --------
    >>> labels = np.array([[0.0]] * 8 + [[np.nan]] * 2)
    >>> chronological_split(labels, validation=0.25, gap=2)
    (slice(0, 4, None), slice(6, 8, None))
    """
    rows = np.flatnonzero(np.isfinite(labels).any(axis=1))
    if not len(rows):
        raise ValueError(f"labels must have a known value, got none in {len(labels)} rows")
    first, stop = int(rows[0]), int(rows[-1]) + 1
    split = stop - max(round(validation * (stop - first)), 1)
    return slice(first, max(split - gap, first)), slice(split, stop)
