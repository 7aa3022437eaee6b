"""The exchange: fees by date and the brokers that charge them."""

from .broker import AShareBroker, PortfolioBroker
from .fees import AShareFees, Fees, FeeSchedule

__all__ = ["AShareBroker", "AShareFees", "FeeSchedule", "Fees", "PortfolioBroker"]
