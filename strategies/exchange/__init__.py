"""The exchange: fees by date, price limits, lots, and the brokers that go by them."""

from .ashare_broker import AShareBroker, Closure
from .fees import AShareFees, Fees, FeeSchedule
from .limits import price_band
from .lots import Lot, lot_of, whole_lots
from .portfolio_broker import PortfolioBroker

__all__ = [
    "AShareBroker",
    "AShareFees",
    "Closure",
    "FeeSchedule",
    "Fees",
    "Lot",
    "PortfolioBroker",
    "lot_of",
    "price_band",
    "whole_lots",
]
