"""What a network learns from, as tensors."""

from dataclasses import dataclass

import numpy as np
import torch

from ..split import chronological_split


@dataclass(frozen=True)
class Data:
    """What is learned from, and the rows to learn and to validate on.

    Attributes
    ----------
    features
        T x N x F.
    observed
        T x N mask of days with a bar.
    labels
        T x N, NaN where unknown: what scores are validated against.
    train, validation
        Rows.
    daily
        T x N x M labels of the network's outputs; ``None`` where it has one, that learns from ``labels``.
    """

    features: torch.Tensor
    observed: torch.Tensor
    labels: torch.Tensor
    train: slice
    validation: slice
    daily: torch.Tensor | None = None

    @property
    def targets(self) -> torch.Tensor:
        """T x N x M: what the outputs learn from."""
        return self.labels.unsqueeze(-1) if self.daily is None else self.daily


def to_tensors(features: np.ndarray, device: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Return T x N x F features, without a copy on a CPU, and the T x N mask of days with a bar.

    ``device="auto"`` is a GPU where there is one.
    """
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    values = torch.from_numpy(features).to(device)
    # One feature is enough to tell: on a traded day all are finite, on another none is.
    return values, torch.isfinite(values[..., 0])


def to_labels(labels: np.ndarray, device: torch.device) -> torch.Tensor:
    """Return labels in single precision."""
    return torch.from_numpy(labels.astype(np.float32)).to(device)


def split_rows(labels: np.ndarray, *, validation: float, horizon: int, burn_in: int) -> tuple[slice, slice]:
    """Split the rows with a label by time into those to train and those to validate on.

    Parameters
    ----------
    labels
        T x N, NaN where unknown.
    validation
        Share of the rows, the last ones.
    horizon
        ``horizon + 1`` rows between them are left out, so that no training label reaches into the
        validation.
    burn_in
        Rows that a training needs more than.

    Raises
    ------
    ValueError
        If too few rows are left to train on.

    Examples
    --------
    >>> split_rows(np.zeros((30, 2)), validation=0.2, horizon=3, burn_in=5)
    (slice(0, 20, None), slice(24, 30, None))
    """
    train, last = chronological_split(labels, validation=validation, gap=horizon + 1)
    days = train.stop - train.start
    if days <= burn_in:
        raise ValueError(
            f"panel must leave more than burn_in = {burn_in} dates to train on, got {days} of "
            f"{len(labels)} before the {last.stop - last.start} of the validation and a gap of "
            f"{horizon + 1}; give a longer panel or a smaller burn_in"
        )
    return train, last
