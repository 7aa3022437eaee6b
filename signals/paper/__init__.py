"""The experiment of "Application of LSTM in Multi-Factor Quantitative Investment Models" (2024), by steps.

Some of its steps look ahead, and are here to repeat its results and nothing else. What does so says it in
its name: :func:`~btalpha.signals.paper.variants.as_published_looks_ahead`. Its twin
:func:`~btalpha.signals.paper.variants.without_leaks` is handed nothing that was not known.
"""

from .draws import Draw, draw_stocks, run_draws
from .held import average, held_returns
from .learner import Learner
from .material import Material, prepare
from .protocol import Cleaning, Network, Protocol, Screening
from .variants import Forecast, as_published_looks_ahead, without_leaks

__all__ = [
    "Cleaning",
    "Draw",
    "Forecast",
    "Learner",
    "Material",
    "Network",
    "Protocol",
    "Screening",
    "as_published_looks_ahead",
    "average",
    "draw_stocks",
    "held_returns",
    "prepare",
    "run_draws",
    "without_leaks",
]
