"""``btalpha factors``: the list of factors, or one of them explained; with data, what it covers there."""

import csv
import pkgutil
import sys
from pathlib import Path

from rich.console import Console

from ...feeds import Panel
from ...signals import FACTORS
from ...signals.factors import Factor, FactorError, computable, iter_factors
from ...signals.factors.registry import lookup
from .. import factor_words as words
from ..build import build_panel
from ..factor_views import Coverage, Covered, explanation, listing, summary
from ..settings import DataSettings, SettingsError


def run(
    code: str | None = None,
    *,
    data: Path | None = None,
    statements: Path | None = None,
    benchmark: Path | None = None,
    cache: bool | None = None,
    csv_file: Path | None = None,
    plugin: str | None = None,
) -> None:
    """Print all factors or one, and write them as CSV where a file is named.

    Raises
    ------
    SettingsError, FactorError, DataError, OSError
        For what the user can mend.
    """
    if plugin is not None:
        load_plugin(plugin)
    chosen = list(FACTORS.values()) if code is None else [lookup(code)]
    sources = DataSettings(bars=data, statements=statements, benchmark=benchmark, cache=cache is not False)
    covered = _covered(chosen, sources)
    if csv_file is not None:
        write_csv(csv_file, chosen, covered)
    console = Console(highlight=False)
    if code is not None:
        console.print(explanation(chosen[0], covered))
        return
    console.print(listing(chosen, covered, console.width))
    console.print(summary(chosen, covered))


def load_plugin(name: str) -> None:
    """Import a module that registers factors, from the current folder or where Python finds it.

    Raises
    ------
    SettingsError
        If there is no such module.
    """
    folder = str(Path.cwd())
    sys.path.insert(0, folder)
    try:
        pkgutil.resolve_name(name)
    except (ModuleNotFoundError, AttributeError, ValueError) as error:
        if isinstance(error, FactorError) or (isinstance(error, ModuleNotFoundError) and error.name != name):
            raise  # the module is there; what is wrong is in it
        raise SettingsError(
            f"there is no module {name!r} in this folder or among the installed ones; --plugin takes the "
            "name of a module, without .py"
        ) from None
    finally:
        sys.path.remove(folder)


def coverage(panel: Panel, codes: list[str]) -> dict[str, Coverage]:
    """Return for each factor the share of traded bars with a value (scaled form), or what is missing."""
    able, lacking = computable(panel, codes)
    traded = max(1, int(panel.traded_array.sum()))
    found = {code: Coverage(lacks=reason) for code, reason in lacking.items()}
    for code, values in iter_factors(panel, able) if able else ():
        found[code] = Coverage(share=int(values.notna().to_numpy().sum()) / traded)
    return found


def write_csv(path: Path, factors: list[Factor], covered: Covered | None) -> None:
    """Write one row a factor."""
    rows = [_row(factor, covered) for factor in factors]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _row(factor: Factor, covered: Covered | None) -> dict[str, object]:
    row = {
        "code": factor.code,
        "class": factor.kind,
        "formula": factor.formula,
        "defaults": words.defaults(factor),
        "inputs": words.needs(factor),
        "warm_up_bars": factor.warm_up,
        "scaled_form": words.scaled_form(factor.flags),
        "source": factor.source,
        "grade": factor.grade,
        "low_confidence": words.is_low_confidence(factor),
    }
    if covered is not None:
        entry = covered[factor.code]
        row |= {"coverage": "" if entry.lacks else round(entry.share, 6), "lacks": entry.lacks}
    return row


def _covered(factors: list[Factor], data: DataSettings) -> Covered | None:
    if data.bars is None:
        if data.statements or data.benchmark:
            raise SettingsError("--statements and --benchmark go with bars: give --data FILE too")
        return None
    panel = build_panel(data)
    with Console(stderr=True).status("Computing the factors"):
        return coverage(panel, [factor.code for factor in factors])
