"""``btalpha paper``: the paper's experiment, repeated over many draws of stocks."""

import logging
from pathlib import Path
from time import perf_counter

import tomli_w
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ...strategies.report.words import number, percent
from ..files import recorded, rounded, to_json
from ..output import check_writable, replaced_folder
from ..paper.settings import PaperSettings
from ..progress import stages
from ..settings import SettingsError

FILES = ("paper.html", "paper.md", "paper.json", "draws.csv", "config.toml")


def run(settings: PaperSettings, out: Path, *, demo: bool = False, quiet: bool = False) -> None:
    """Run the experiment and put the files into ``out``, whole or not at all.

    Raises
    ------
    SettingsError, DataError, ValueError, OSError
        For what the user can mend; nothing has been written then.
    """
    from ..paper.markdown import document
    from ..paper.page import page
    from ..paper.run import execute
    from ..paper.summary import draws_table, summarise

    out = out.resolve()
    check_writable(out, FILES)
    if settings.data.bars is not None and demo:
        raise SettingsError("give --demo or --data, not both")
    if settings.data.bars is None and not demo:
        raise SettingsError(
            "there are no bars: give --data FILE or FOLDER, or --demo for the simulated market"
        )
    logging.captureWarnings(True)
    begin = perf_counter()
    with stages(quiet=quiet) as shown:
        result = execute(settings, shown)
        found = summarise(result)
        shown.begin("write the page")
        with replaced_folder(out, FILES) as folder:
            (folder / "paper.html").write_text(page(result, found), encoding="utf-8")
            (folder / "paper.md").write_text(document(found), encoding="utf-8")
            draws_table(result.draws).to_csv(folder / "draws.csv", index=False, float_format="%.8g")
            (folder / "config.toml").write_text(_config(settings), encoding="utf-8")
            found["seconds"] = rounded({"total": perf_counter() - begin})
            (folder / "paper.json").write_text(to_json(found), encoding="utf-8")
    _print(found)
    print(f"\nThe page is {out / 'paper.html'}, the draws are in {out / 'draws.csv'}")


def _config(settings: PaperSettings) -> str:
    """Return settings from which the run can be repeated from anywhere: their paths are absolute."""
    content = recorded(settings)
    for name in ("bars", "statements"):
        if name in content["data"]:
            content["data"][name] = str(Path(content["data"][name]).resolve())
    return tomli_w.dumps(content)


def _print(found: dict) -> None:
    from ..paper.summary import VARIANTS
    from ..paper.words import NAMES, headline, points

    console = Console()
    grid = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for name in ("a session", "portfolio", "random", "lead", "ahead", "t draws", "t sessions"):
        grid.add_column(name, justify="left" if name == "a session" else "right")
    for name in VARIANTS:
        one = found["variants"][name]
        returns = (percent(one[what], digits=2) for what in ("portfolio", "random"))
        ts = (number(one[what], digits=1) for what in ("t_draws", "t_sessions"))
        ahead = percent(one["ahead"], digits=0)
        grid.add_row(NAMES[name], *returns, points(one["difference"]), ahead, *ts)
    console.print(grid)
    console.print()
    console.print(Text(headline(found)))
