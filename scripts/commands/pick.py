"""``btalpha pick``: from a model to the orders for the next open."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..files import to_json, write_config, write_walk_forward
from ..output import check_writable, replaced_folder
from ..pick_table import print_pick, to_plain
from ..picking import Picked, Request, make_pick
from ..progress import stages
from ..saved_run import find_run
from ..settings import SettingsError

FILES = ("pick.json", "targets.csv", "orders.csv", "refusals.csv", "model", "config.toml")
"""What a pick leaves behind; the last two only where it was fitted anew."""


def run(
    model: Path,
    asked: Request,
    out: Path,
    *,
    overrides: Mapping[str, Any] | None = None,
    as_json: bool = False,
    quiet: bool = False,
) -> None:
    """Pick, print the result, and put its files into ``out``, whole or not at all.

    Parameters
    ----------
    model
        The file ``model`` that ``btalpha backtest`` wrote, or its folder.
    asked
        What to pick.
    out
        Folder for :data:`FILES`.
    overrides
        Settings to be used instead of the run's.
    as_json
        Print ``pick.json`` alone.
    quiet
        Draw no progress.

    Raises
    ------
    SettingsError, DataError, ValueError, OSError
        For what the user can mend; nothing has been written then.
    """
    out = out.resolve()
    check_writable(out, FILES)
    run_folder = model.resolve() if model.is_dir() else model.resolve().parent
    if run_folder == out:
        raise SettingsError(f"--out {out} is the run that --model names; name another folder")
    logging.captureWarnings(True)
    with stages(quiet=quiet) as shown:
        picked = make_pick(find_run(model, overrides or {}), asked, shown)
    with replaced_folder(out, FILES) as folder:
        written = _write_tables(picked, folder)
        if asked.refit:
            written += _write_model(picked, folder)
        text = to_json(to_plain(picked, [str(out / name) for name in written]))
        (folder / "pick.json").write_text(text, encoding="utf-8")
    if as_json:
        print(text, end="")
        return
    print_pick(picked)
    print(f"\nWritten to {out}: {', '.join(written)}")


def _write_tables(picked: Picked, folder: Path) -> list[str]:
    for name in ("targets", "orders", "refusals"):
        getattr(picked.found, name).to_csv(folder / f"{name}.csv", index=False)
    return list(FILES[:4])


def _write_model(picked: Picked, folder: Path) -> list[str]:
    """Keep what was fitted anew, so that the next pick can name this folder."""
    write_config(picked.settings, folder)
    saved = write_walk_forward(picked.walk, folder)
    if saved["file"] is None:
        picked.warnings.append(f"what was fitted cannot be kept: {saved['reason']}")
    return [name for name in FILES[4:] if (folder / name).exists()]
