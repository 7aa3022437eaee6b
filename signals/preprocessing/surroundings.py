"""What surrounds a factor, the universe and the exposures, put on the factor's own axes."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from .step import Context, counted_values

Exposures = Mapping[str, pd.DataFrame | pd.Series | np.ndarray]


class Surroundings:
    """Universe and context of one call, aligned to each factor by name.

    Parameters
    ----------
    universe
        T x N mask on the axes of the factors; ``None`` counts every value.
    context
        Frames dates x symbols and series by symbol, found by their labels; arrays are on the axes
        of the factors already.
    """

    def __init__(self, universe: np.ndarray | None, context: Exposures | None) -> None:
        self.universe = universe
        self.context = context or {}
        self._last: tuple[pd.Index, pd.Index, pd.Index, tuple[np.ndarray, Context]] | None = None

    def on(self, frame: pd.DataFrame, symbols: pd.Index) -> tuple[np.ndarray, Context]:
        """Return universe and context for the factor ``frame`` once it stands on ``symbols``."""
        axes = (frame.index, frame.columns, symbols)
        if self._last is None or not all(
            one.equals(other) for one, other in zip(axes, self._last[:3], strict=True)
        ):
            self._last = (*axes, (self._counted(frame, symbols), self._aligned(frame, symbols)))
        return self._last[3]

    def _counted(self, frame: pd.DataFrame, symbols: pd.Index) -> np.ndarray:
        counted = counted_values(self.universe, frame.shape)
        if symbols is frame.columns:
            return counted
        mask = pd.DataFrame(counted, columns=frame.columns)
        return counted_values(
            mask.reindex(columns=symbols, fill_value=False).to_numpy(), mask.shape[:1] + symbols.shape
        )

    def _aligned(self, frame: pd.DataFrame, symbols: pd.Index) -> Context:
        return {name: self._on_axes(exposure, frame, symbols) for name, exposure in self.context.items()}

    def _on_axes(
        self, exposure: pd.DataFrame | pd.Series | np.ndarray, frame: pd.DataFrame, symbols: pd.Index
    ) -> np.ndarray:
        if isinstance(exposure, np.ndarray):
            if exposure.ndim == 1:
                exposure = pd.Series(exposure, index=frame.columns)
            else:
                exposure = pd.DataFrame(exposure, index=frame.index, columns=frame.columns)
        if isinstance(exposure, pd.Series):
            return exposure.reindex(symbols).to_numpy()
        return exposure.reindex(index=frame.index, columns=symbols).to_numpy()
