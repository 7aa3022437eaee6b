"""``btalpha audit``: does anything in a configuration look ahead?"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ...feeds import Panel
from ..audit_page import write_page
from ..audit_steps import (
    Audit,
    check_features,
    check_tables,
    check_walk,
    draw_symbols,
    few_fits,
    first_score,
    placebo_checks,
    quick,
    try_placebos,
)
from ..audit_table import print_audit, to_plain
from ..build import build_panel
from ..files import to_json
from ..output import check_writable, replaced_folder
from ..progress import Stages, stages
from ..settings import Settings, SettingsError
from .factors import load_plugin

FILES = ("audit.json", "audit.html")
AUDITED_SYMBOLS = 40
PLACEBO_SYMBOLS = 100
"""Symbols of a placebo: an IC needs more of them than a look ahead does."""


@dataclass(frozen=True)
class Extent:
    """How much is audited.

    Attributes
    ----------
    symbols
        Number of symbols; ``None`` for the defaults.
    cuts
        Dates at which the panel is cut.
    placebo
        Whether placebos are run, too.
    seeds
        Placebos with shuffled labels.
    """

    symbols: int | None = None
    cuts: int = 3
    placebo: bool = False
    seeds: int = 5


def run(
    settings: Settings,
    out: Path,
    extent: Extent,
    *,
    demo: bool = False,
    quiet: bool = False,
    plugin: str | None = None,
) -> bool:
    """Audit a configuration, write what was found, and return whether nothing looks ahead.

    Raises
    ------
    SettingsError, DataError, ValueError, OSError
        For what the user can mend; nothing has been written then.
    """
    out = out.resolve()
    check_writable(out, FILES)
    if settings.data.bars is not None and demo:
        raise SettingsError("give --demo or --data, not both")
    if settings.data.bars is None and not demo:
        raise SettingsError("there are no bars: give --data FILE, or --demo for the simulated market")
    if plugin is not None:
        load_plugin(plugin)
    logging.captureWarnings(True)
    with stages(quiet=quiet) as shown, _each_line_once():
        shown.begin("read the bars")
        result = execute(settings, build_panel(settings.data), extent, shown)
        shown.begin("write the files")
        with replaced_folder(out, FILES) as folder:
            (folder / "audit.json").write_text(to_json(to_plain(result)), encoding="utf-8")
            write_page(result, folder / "audit.html")
    print_audit(result)
    print(f"\nThe page is {out / 'audit.html'}, the same as data {out / 'audit.json'}")
    return result.holds


def execute(settings: Settings, panel: Panel, extent: Extent, shown: Stages) -> Audit:
    """Do the work without writing anything."""
    shown.begin("check the tables")
    checks = check_tables(settings, panel, extent.cuts)
    small = draw_symbols(panel, extent.symbols or AUDITED_SYMBOLS, settings.seed)
    start = first_score(settings, small)
    cheap, notes = quick(settings, start)
    ended = few_fits(settings, small, start)
    notes += _made_smaller(panel, ended)
    shown.begin("check the factors and their cleaning")
    checks += check_features(cheap, ended, extent.cuts, shown.count)
    shown.begin("check the walk-forward")
    checks += check_walk(cheap, ended, extent.cuts, shown.count)
    placebo = None
    if extent.placebo:
        shown.begin("run the placebos")
        wide = draw_symbols(panel, extent.symbols or PLACEBO_SYMBOLS, settings.seed)
        placebo, told = try_placebos(settings, wide, extent.seeds, shown.count)
        checks += placebo_checks(placebo)
        notes += [f"placebos on {len(wide.symbols):,} of {len(panel.symbols):,} symbols", *told]
    return Audit(settings, tuple(checks), placebo, tuple(notes))


def _made_smaller(panel: Panel, small: Panel) -> list[str]:
    whole = f"{len(panel.symbols):,} symbols and {len(panel):,} dates"
    if small.dates.equals(panel.dates) and small.symbols.equals(panel.symbols):
        return [f"futures of all {whole}"]
    return [f"futures of {len(small.symbols):,} symbols and {len(small):,} dates out of {whole}"]


@contextmanager
def _each_line_once() -> Iterator[None]:
    """Let a fit that is made a hundred times tell only once which factors it leaves out."""
    told: set[object] = set()
    logger = logging.getLogger("btalpha.features")

    def fresh(record: logging.LogRecord) -> bool:
        args = record.args if isinstance(record.args, tuple) else (record.args,)
        key = (record.msg, args[:1])
        new = key not in told
        told.add(key)
        return new

    logger.addFilter(fresh)
    try:
        yield
    finally:
        logger.removeFilter(fresh)
