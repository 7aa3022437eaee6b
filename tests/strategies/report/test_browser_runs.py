"""The pages that runs write, in a real browser: of the simulated market, of real bars, and in the dark."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from .browser import look

DARK = "--blink-settings=preferredColorScheme=0"
PROGRAM = "from btalpha.scripts.cli import main; main()"
# Charts that every page of a backtest has; what they are called where they are not drawn is tested apart.
CHARTS = (
    "Gain since the start",
    "Total return: how many ended where",
    "Fall from the last peak",
    "Return a day by quantile of score",
    "Rank IC, monthly mean",
    "Rank IC, cumulated",
    "Rank IC by horizon, sessions",
    "Rank autocorrelation, sessions apart",
    "Stocks held",
    "Share invested",
    "Turnover by month",
    "Costs by month, CNY",
)


def run(folder: Path, *words: object) -> Path:
    """Run ``btalpha backtest`` with one factor as the model, which is quick; return its page."""
    command = [sys.executable, "-c", PROGRAM, "backtest", *map(str, words), "--quiet", "--out", str(folder)]
    subprocess.run([*command, "--model", "factor", "--random", "60"], check=True, capture_output=True)
    return folder / "tearsheet.html"


def whole_page(page: Path, widths: dict[str, int], folder: Path) -> dict:
    seen = look(dict.fromkeys(widths, page), widths, folder)
    assert seen["console"] == []
    titles = re.findall(r"<h3>(.*?)</h3>", page.read_text(encoding="utf-8"))
    assert set(CHARTS) <= set(titles)
    for name, width in widths.items():
        one = seen[name]
        assert (one["errors"], one["refused"], one["requests"], one["blank"]) == ([], [], [], 0)
        assert one["drawn"] >= len(CHARTS)
        assert one["width"] <= width
        marks = one["table"]["up"]["mark"], one["table"]["down"]["mark"]
        assert (*marks, one["table"]["none"]) == ("ascending", "descending", 0)
    return seen


def test_of_the_demo(tmp_path: Path) -> None:
    page = run(tmp_path / "demo", "--demo")
    light = whole_page(page, {"wide": 1200, "phone": 390}, tmp_path)
    dark = look({"dark": page}, {"dark": 1200}, tmp_path, DARK)
    surfaces = [
        sum(map(int, re.findall(r"\d+", seen["surface"])[:3])) for seen in (light["wide"], dark["dark"])
    ]
    assert surfaces[0] > 600 > 200 > surfaces[1]


@pytest.mark.real_data
def test_of_real_bars(shared_data: Path, tmp_path: Path) -> None:
    words = ("--data", shared_data / "ashare_csi300_2010_2016.parquet", "--no-cache", "--index", "csi300")
    members = ("--members", shared_data / "index_members.csv", "--start", "2014-01-02", "--end", "2014-12-31")
    page = run(tmp_path / "real", *words, *members)
    whole_page(page, {"wide": 1200, "phone": 390}, tmp_path)
