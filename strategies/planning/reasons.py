"""Why a name was not traded."""

from enum import IntEnum


class Reason(IntEnum):
    """Why a name wanted was not bought, or one unwanted not sold; ``TRADABLE`` is the absence of a reason."""

    TRADABLE = 0
    SUSPENDED = 1
    NO_PRICE = 2
    NOT_LISTED = 3
    LOT = 4
    CASH = 5
    PARTIAL = 6
    LIMIT_UP = 7
    LIMIT_DOWN = 8
    DELISTED = 9
    VOLUME = 10
    SETTLEMENT = 11
    HOLDING = 12
    CHANGES = 13
    NOT_HELD = 14
    UNFILLED = 15
    UNFUNDED = 16
    OCCUPIED = 17

    @property
    def text(self) -> str:
        """The reason as reports print it."""
        return _TEXTS[self]


_TEXTS = {
    Reason.TRADABLE: "tradable",
    Reason.SUSPENDED: "suspended",
    Reason.NO_PRICE: "no price",
    Reason.NOT_LISTED: "not listed",
    Reason.LOT: "not enough cash for a lot",
    Reason.CASH: "not enough cash",
    Reason.PARTIAL: "not enough cash for all of it",
    Reason.LIMIT_UP: "limit up",
    Reason.LIMIT_DOWN: "limit down",
    Reason.DELISTED: "delisted",
    Reason.VOLUME: "volume cap",
    Reason.SETTLEMENT: "bought today (T+1)",
    Reason.HOLDING: "minimum holding time",
    Reason.CHANGES: "limit of changes",
    Reason.NOT_HELD: "not held, and short sales are not allowed",
    Reason.UNFILLED: "not filled in its session",
    Reason.OCCUPIED: "its place is taken by a name that cannot be sold",
    Reason.UNFUNDED: "a sale that was to pay for it was not filled",
}
