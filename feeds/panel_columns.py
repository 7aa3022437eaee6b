"""A panel's fields turned on their side, so that one symbol's values lie next to each other."""

from __future__ import annotations

from typing import Any

import numpy as np

from .long_format import PRICES
from .panel import Panel


class PanelColumns:
    """Hands out the values of one symbol, for all feeds of a panel.

    A field is turned when it is first asked for and then kept: the values of a symbol lie a row of the
    panel apart otherwise, and to collect them for thousands of symbols takes seconds.

    Parameters
    ----------
    panel
        The bars.
    adjusted
        Give prices times ``factor``.

    Examples
    --------
    >>> from btalpha.feeds import simulate_market
    >>> panel = simulate_market(n_symbols=3, n_days=30, seed=1)
    >>> values = PanelColumns(panel, adjusted=True).values("close", 2)
    >>> bool(np.array_equal(values, panel.adjusted_array("close")[:, 2], equal_nan=True))
    True
    """

    def __init__(self, panel: Panel, *, adjusted: bool) -> None:
        self._panel, self._adjusted = panel, adjusted
        self._turned: dict[str, np.ndarray] = {}

    def values(self, name: str, column: int) -> np.ndarray:
        """Return a field of the symbol at a position of the panel, T floats."""
        turned = self._turned.get(name)
        if turned is None:
            turned = self._turned[name] = np.ascontiguousarray(self._field(name).T, dtype=float)
        return turned[column]

    def _field(self, name: str) -> np.ndarray:
        adjusts = self._adjusted and name in PRICES
        return self._panel.adjusted_array(name) if adjusts else self._panel.array(name)

    def __getstate__(self) -> dict[str, Any]:
        # They are made again where they are needed.
        return {**self.__dict__, "_turned": {}}
