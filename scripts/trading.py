"""From settings to how portfolios are traded."""

from typing import Any

from ..strategies.exchange import FillRules
from .settings import Settings


def trading_rules(settings: Settings) -> dict[str, Any]:
    """Return how portfolios are traded: arguments of ``run_backtest`` and of ``TradeOptions``."""
    exchange = settings.exchange
    rules = FillRules(
        lots=exchange.lots,
        t_plus_1=exchange.t_plus_1,
        limits=exchange.limits,
        participation=exchange.participation,
    )
    return {
        **settings.strategy.model_dump(exclude={"fees"}),
        "fees": None if settings.strategy.fees == "ashare" else 0.0,
        "exchange": rules,
        "recovery": exchange.recovery,
    }
