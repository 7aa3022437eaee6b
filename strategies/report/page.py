"""Put a tearsheet together and write it as one file."""

import os
import re
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import pandas as pd

from .cards import cards
from .evidence import Evidence
from .gather import gather
from .layout import Section
from .sections import build
from .words import day, plural, result

_HERE = Path(__file__).parent


def tearsheet(
    returns: pd.Series,
    benchmark: pd.Series | None = None,
    *,
    output: str | os.PathLike[str],
    title: str = "Portfolio tearsheet",
    random_returns: pd.DataFrame | None = None,
    ic: pd.Series | None = None,
    quantile_returns: pd.Series | pd.DataFrame | None = None,
    selected_factors: Mapping[Any, Sequence[str]] | None = None,
    trades: pd.DataFrame | None = None,
    holdings: pd.DataFrame | None = None,
    refusals: pd.DataFrame | None = None,
    metrics: Mapping[str, object] | None = None,
    config: Mapping[str, object] | str | None = None,
    periods_per_year: float | None = None,
    trials: Sequence[float | None] | None = None,
    names: Mapping[str, str] | None = None,
    currency: str = "CNY",
    notes: Sequence[str] = (),
) -> Path:
    """Write a tearsheet: one HTML file that needs no network and no other file.

    Only ``returns`` is needed; each further argument adds its part of the page, and a part without
    data is left out.

    Parameters
    ----------
    returns
        Daily returns after fees, fractions, length T >= 1, indexed by ascending date without time
        zone. An empty first value, as ``pct_change`` leaves it, is left out and noted; any other
        NaN is an error.
    benchmark
        Daily returns to compare with, fractions; its name is shown. Put on the dates of
        ``returns``: days in between are compounded, missing ones count as no change and are noted.
        Without it, the random portfolio with the median total return is taken.
    output
        Where to write. A folder gets the file ``tearsheet.html``. The file appears whole or not
        at all: what was there before stays until the new page is complete.
    title
        Heading of the page.
    random_returns
        Daily returns of random portfolios after fees, fractions, T x n; no NaN on the dates of
        ``returns``.
    ic
        Daily rank IC, indexed by date; NaN is left out.
    quantile_returns
        Mean return a session by quantile of score, fractions, lowest first; a frame (dates x
        quantiles) is averaged over dates.
    selected_factors
        Fit date -> codes of the factors kept.
    trades, refusals
        Any columns, shown as they are; ``date``, ``value`` and the costs ``commission``, ``stamp_duty``,
        ``transfer_fee``, ``slippage`` or ``fees`` (in ``currency``) are also charted.
    holdings
        Columns ``date``, ``symbol``, with ``value`` (in ``currency``) for the turnover; or dates x symbols,
        where zero and NaN are not held.
    metrics
        As in ``metrics.json``; what the page does not compute itself is read from here: of
        ``strategy`` the ``turnover`` (times a year) and ``costs``; of ``signal`` ``horizon``
        (sessions), ``rank_ic``, ``rank_icir``, ``rank_ic_t``, ``rank_autocorrelation``,
        ``coverage``, ``decay`` (horizon -> rank IC) and ``autocorrelation`` (sessions apart -> rank
        correlation of the scores); of ``data`` the span of the bars, ``first``, ``last`` and ``symbols``; of
        ``tried``, where ``trials`` is not given, ``n``, ``deflated_sharpe`` and ``luck_sharpe``; of
        ``random``, where ``random_returns`` is not given, ``n``, ``median_total_return``, ``percentile``
        (0..100) and ``p_value``.
    config
        What was run: nested settings, or the text of a TOML file. The ``k`` of ``strategy`` is
        named in the text.
    periods_per_year
        Sessions per year for annualising; without it they are counted in the dates, or 244 where
        these span less than a year.
    trials
        Sharpe ratios a year of all configurations that were tried, this one's included, None for one whose
        returns never change: their number and the deflated Sharpe ratio are shown.
    names
        Symbol -> name, shown beside the symbols.
    currency
        Of values, prices and costs; empty where it shall not be named.
    notes
        Sentences shown below the result.

    Returns
    -------
    pathlib.Path
        The file written.

    Raises
    ------
    ValueError
        If an argument is not as described; the message names it, the place and the remedy.
    OSError
        If ``output`` cannot be written.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> days = pd.bdate_range("2016-01-04", periods=3)
    >>> with TemporaryDirectory() as folder:
    ...     tearsheet(pd.Series(0.0, days), output=folder).name
    'tearsheet.html'
    """
    evidence = gather(
        returns,
        benchmark,
        title=title,
        random_returns=random_returns,
        ic=ic,
        quantile_returns=quantile_returns,
        selected_factors=selected_factors,
        trades=trades,
        holdings=holdings,
        refusals=refusals,
        metrics=metrics,
        config=config,
        periods_per_year=periods_per_year,
        trials=trials,
        names=names,
        currency=currency,
        notes=notes,
    )
    path = Path(output)
    path = path / "tearsheet.html" if path.is_dir() else path
    write_whole(path, page(evidence))
    return path


def page(evidence: Evidence) -> str:
    """Return the page as HTML."""
    sections = build(evidence)
    dates = evidence.returns.index
    span = day(dates[0]) if len(dates) == 1 else f"{day(dates[0])} to {day(dates[-1])}"
    slots = {
        "title": escape(evidence.title),
        "span": f"{span} · {plural(len(dates), 'session')}",
        "result": escape(result(evidence)),
        "cards": cards(evidence),
        "notes": _notes(evidence.notes),
        "contents": "".join(
            f'<li><a href="#{part.anchor}">{escape(part.title)}</a></li>' for part in sections
        ),
        "sections": "".join(_section(part) for part in sections),
        "style": _read("style.css"),
        "script": _read("table.js"),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda match: slots[match.group(1)], _read("template.html"))


def write_whole(path: Path, text: str) -> None:
    """Write a file so that nobody ever sees half of it; a failure leaves the old one as it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(
        "w", encoding="utf-8", newline="\n", dir=path.parent, prefix=f".{path.name}.", delete=False
    ) as file:
        draft = Path(file.name)
        try:
            file.write(text)
            file.close()
            draft.chmod(0o666 & ~_umask())
            draft.replace(path)
        except BaseException:
            file.close()
            draft.unlink(missing_ok=True)
            raise


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _section(part: Section) -> str:
    return f'<section id="{part.anchor}"><h2>{escape(part.title)}</h2>{part.html}</section>'


def _notes(notes: Sequence[str]) -> str:
    items = "".join(f"<li>{escape(text)}</li>" for text in notes)
    return f'<ul class="notes">{items}</ul>' if items else ""


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
