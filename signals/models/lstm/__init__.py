"""The LSTM: what is learned (network), how it is trained (training), what the strategy sees (signal)."""

from .signal import LSTMSignal

__all__ = ["LSTMSignal"]
