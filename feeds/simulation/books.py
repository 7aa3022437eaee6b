"""The books of the simulated firms, quarter by quarter, in whole CNY so that every sum is exact."""

from dataclasses import dataclass

import numpy as np

from .firms import Firms
from .traits import draw_traits

TAX = 0.25  # of a positive profit
SALES_TAX = 0.007  # of revenue
DEPRECIATION = 0.02  # of fixed assets a quarter
INTEREST_PAID = 0.012  # of interest-bearing debt a quarter
INTEREST_EARNED = 0.002  # of cash a quarter
LOWEST_EQUITY = 0.15  # of a year's revenue; the owners put money in before it falls below
WRITE_OFF_CHANCE = 0.02  # a quarter
WRITE_OFF = 0.15  # of a quarter's revenue
DEBT = (
    "short_term_loans",
    "long_term_loans",
    "bonds_payable",
    "notes_payable",
    "noncurrent_due_within_1y",
)
OTHER_ASSETS = (
    "fixed_assets",
    "intangible_assets",
    "goodwill",
    "development_expenditure",
    "long_term_deferred_expenses",
    "deferred_tax_assets",
)
Figures = dict[str, np.ndarray]


@dataclass(frozen=True)
class Books:
    """Q x N arrays in CNY by field; the first quarter is a March quarter.

    ``flows`` are those of the quarter alone. ``opening_equity`` (N) is the parent's equity before
    the first quarter, ``payout`` has one row a year: what the parent's holders get out of its profit.
    """

    flows: Figures
    balances: Figures
    opening_equity: np.ndarray
    payout: np.ndarray


class Bookkeeper:
    """Keeps the books of N firms for some whole years.

    Growth and margin of a firm persist; receivables, inventory and payables follow its sales;
    equity grows by profit less dividends, which are paid in the second quarter.

    Parameters
    ----------
    firms
        Their market value at the start sets the size of their profit.
    years
        How many years to keep.
    rng
        Source of every draw.
    """

    def __init__(self, firms: Firms, years: int, rng: np.random.Generator) -> None:
        self.firms = firms
        self.years = years
        self.rng = rng

    def run(self) -> Books:
        """Keep the books and return them."""
        self._open()
        opening = self._now["parent_equity"]
        flows, balances, payout = [], [], []
        for year in range(self.years):
            for quarter in range(4):
                paid = payout[-1] if year and quarter == 1 else 0.0
                earned = self._earn(quarter)
                before = self._now
                self._now = self._balance(before["equity"] + earned["net_profit"] - paid)
                flows.append(earned | {"operating_cash_flow": self._cash_flow(earned["net_profit"], before)})
                balances.append(self._now)
            profit = sum(quarter["net_profit"] for quarter in flows[-4:])
            payout.append(np.round(self.traits["payout"] * np.maximum(profit, 0.0)))
        to_parent = np.round(np.stack(payout) * (1.0 - self.traits["minority"]))
        return Books(_stack(flows), _stack(balances), opening, to_parent)

    def _open(self) -> None:
        """Set size and cost so that the first year roughly earns the firm's margin and return on equity."""
        self.traits = trait = draw_traits(len(self.firms), self.rng)
        profit = self.firms.price * self.firms.shares / trait["pe"]
        self._revenue = profit / (trait["margin"] * (1.0 - TAX)) / 4.0  # a quarter
        self._growth = np.zeros(len(self.firms))
        self._slip = np.zeros(len(self.firms))  # of the margin
        self._leverage = np.zeros(len(self.firms))
        self._cost = 0.75
        self._now = self._balance(np.round(profit / trait["roe"]))
        spent = ("margin", "selling", "admin", "impairment")
        finance = self._interest() / self._revenue
        share = 1.0 - SALES_TAX - finance - sum(trait[name] for name in spent)
        self._cost = share.clip(0.2, 0.93)  # of revenue

    def _earn(self, quarter: int) -> Figures:
        """Return the income statement of one quarter."""
        trait, draw = self.traits, self.rng.standard_normal
        n = len(self.firms)
        self._growth = 0.6 * self._growth + 0.02 * draw(n)
        self._slip = 0.85 * self._slip + 0.012 * draw(n)
        self._revenue = self._revenue * np.exp(trait["growth"] + self._growth)
        revenue = np.round(self._revenue * trait["season"][quarter] * np.exp(0.03 * draw(n)))
        write_off = WRITE_OFF * (self.rng.random(n) < WRITE_OFF_CHANCE)
        out = {
            "operating_revenue": revenue,
            "total_revenue": revenue + np.round(revenue * trait["other_revenue"]),
            "operating_cost": np.round(revenue * (self._cost + self._slip).clip(0.1, 1.1)),
            "selling_expense": np.round(revenue * trait["selling"]),
            "admin_expense": np.round(revenue * trait["admin"]),
            "finance_expense": np.round(self._interest()),
            "impairment_loss": np.round(revenue * (trait["impairment"] + write_off)),
        }
        spent = ("operating_cost", "selling_expense", "admin_expense", "finance_expense", "impairment_loss")
        out["total_operating_cost"] = sum(out[name] for name in spent) + np.round(SALES_TAX * revenue)
        out["operating_profit"] = out["total_revenue"] - out["total_operating_cost"]
        out["total_profit"] = out["operating_profit"] + np.round(0.004 * revenue * draw(n))
        out["ebit"] = out["total_profit"] + out["finance_expense"]
        out["net_profit"] = out["total_profit"] - np.round(TAX * np.maximum(out["total_profit"], 0.0))
        out["net_profit_parent"] = np.round(out["net_profit"] * (1.0 - trait["minority"]))
        return out

    def _interest(self) -> np.ndarray:
        debt = sum(self._now[name] for name in DEBT)
        return INTEREST_PAID * debt - INTEREST_EARNED * self._now["cash"]

    def _balance(self, equity: np.ndarray) -> Figures:
        """Return the balance sheet that goes with ``equity`` and the current sales."""
        trait = self.traits
        self._leverage = 0.9 * self._leverage + 0.01 * self.rng.standard_normal(len(self.firms))
        equity = np.maximum(equity, np.ceil(LOWEST_EQUITY * 4.0 * self._revenue))
        leverage = (trait["leverage"] + self._leverage).clip(0.1, 0.8)
        assets = np.round(equity / (1.0 - leverage))
        out = {"total_assets": assets, "equity": equity, "total_liabilities": assets - equity}
        out["parent_equity"] = np.round(equity * (1.0 - trait["minority"]))
        return out | self._assets(assets) | self._liabilities(out["total_liabilities"])

    def _assets(self, assets: np.ndarray) -> Figures:
        trait, sales = self.traits, 4.0 * self._revenue
        out = {
            "accounts_receivable": np.round(np.minimum(trait["receivable"] * sales, 0.25 * assets)),
            "inventory": np.round(np.minimum(trait["inventory"] * self._cost * sales, 0.25 * assets)),
            "cash": np.round(trait["cash"] * assets),
        }
        out["current_assets"] = sum(out.values()) + np.round(trait["other_current"] * assets)
        rest = assets - out["current_assets"]
        return out | {name: np.round(trait[name] * rest) for name in OTHER_ASSETS}

    def _liabilities(self, total: np.ndarray) -> Figures:
        trait, costs = self.traits, 4.0 * self._revenue * self._cost
        current = np.round(trait["current"] * total)
        later = total - current
        out = {"current_liabilities": current, "noncurrent_liabilities": later}
        out["accounts_payable"] = np.round(np.minimum(trait["payable"] * costs, 0.4 * current))
        short = ("short_term_loans", "notes_payable", "noncurrent_due_within_1y")
        out |= {name: np.round(trait[name] * current) for name in short}
        return out | {name: np.round(trait[name] * later) for name in ("long_term_loans", "bonds_payable")}

    def _cash_flow(self, profit: np.ndarray, before: Figures) -> np.ndarray:
        """Operating cash flow: profit + depreciation - the rise of working capital."""
        tied = [
            now["accounts_receivable"] + now["inventory"] - now["accounts_payable"]
            for now in (before, self._now)
        ]
        return profit + np.round(DEPRECIATION * before["fixed_assets"]) - (tied[1] - tied[0])


def _stack(rows: list[Figures]) -> Figures:
    return {name: np.stack([row[name] for row in rows]) for name in rows[0]}
