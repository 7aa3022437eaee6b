"""The accounting character of a firm: one uniform draw a trait."""

import numpy as np

# Trait and its range; the comment says what it is a share of.
RANGES = {
    "margin": (0.03, 0.16),  # profit before tax, of revenue
    "roe": (0.04, 0.18),  # of equity a year, at the start
    "leverage": (0.25, 0.65),  # liabilities, of assets
    "growth": (-0.01, 0.045),  # of revenue a quarter
    "payout": (0.1, 0.5),  # of a year's profit
    "minority": (0.0, 0.08),  # of equity and of profit
    "selling": (0.01, 0.08),  # of revenue
    "admin": (0.02, 0.08),
    "impairment": (0.0, 0.01),
    "other_revenue": (0.0, 0.01),
    "receivable": (0.05, 0.3),  # of a year's revenue
    "inventory": (0.05, 0.4),  # of a year's cost
    "payable": (0.05, 0.3),
    "cash": (0.06, 0.25),  # of assets
    "other_current": (0.02, 0.06),
    "fixed_assets": (0.35, 0.7),  # of non-current assets
    "intangible_assets": (0.02, 0.1),
    "goodwill": (0.0, 0.08),
    "development_expenditure": (0.0, 0.02),
    "long_term_deferred_expenses": (0.0, 0.02),
    "deferred_tax_assets": (0.005, 0.03),
    "current": (0.6, 0.9),  # of liabilities
    "short_term_loans": (0.1, 0.3),  # of current liabilities
    "notes_payable": (0.0, 0.1),
    "noncurrent_due_within_1y": (0.0, 0.08),
    "long_term_loans": (0.3, 0.6),  # of non-current liabilities
    "bonds_payable": (0.0, 0.3),
}
MEDIAN_PE = 25.0


def draw_traits(n_symbols: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return N draws a trait, ``pe`` (price / a year's profit at the start) and a 4 x N ``season``.

    The seasons of a firm average 1: the fourth quarter sells more than the first.
    """
    traits = {name: rng.uniform(low, high, n_symbols) for name, (low, high) in RANGES.items()}
    traits["pe"] = MEDIAN_PE * np.exp(0.5 * rng.standard_normal(n_symbols))
    season = np.array([[0.86], [0.99], [1.0], [1.15]]) + rng.uniform(-0.06, 0.06, (4, n_symbols))
    traits["season"] = season / season.mean(axis=0)
    return traits
