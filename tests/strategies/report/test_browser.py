"""The tearsheet in a real browser: one headless Chromium looks at all pages, each in a frame of its width."""

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path

import pytest
from btalpha.strategies.report import tearsheet

from .sample import sample

PROBE = (Path(__file__).parent / "probe.js").read_text(encoding="utf-8")
FLAGS = """--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync
--disable-background-networking --disable-component-update --disable-dev-shm-usage --hide-scrollbars
--enable-logging=stderr --window-size=1400,1000 --virtual-time-budget=30000 --dump-dom"""
WIDTHS = {"full": 1200, "phone": 390, "ten years": 1200, "one day": 390}
HOST = """<!DOCTYPE html><meta charset="utf-8"><body>{frames}<script>
const seen = {{}}, frames = Array.from(document.querySelectorAll("iframe"));
addEventListener("message", (event) => {{
  seen[frames.find((frame) => frame.contentWindow === event.source).name] = event.data;
  document.getElementById("seen").textContent = JSON.stringify(seen);
}});
</script><pre id="seen"></pre></body>"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The pages to be looked at: name -> file."""
    folder = tmp_path_factory.mktemp("pages")
    returns, rest = sample()
    ten, much = sample(sessions=2440, randoms=1000, start="2007-01-04")
    full = tearsheet(returns, output=folder / "full.html", title="Ten <best> & more", **rest)
    years = tearsheet(ten, output=folder / "ten.html", **much)
    day = tearsheet(returns.iloc[:1], output=folder / "day.html")
    return {"full": full, "phone": full, "ten years": years, "one day": day}


@pytest.fixture(scope="module")
def seen(pages, tmp_path_factory):
    """What the browser saw of each page, and what it wrote to its console."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no chromium on the path: the pages are not looked at in a browser")
    folder = tmp_path_factory.mktemp("browser")
    frames = []
    for number, (name, path) in enumerate(pages.items()):
        page = path.read_text(encoding="utf-8").replace("<style>", f"<script>{PROBE}</script><style>", 1)
        (folder / f"{number}.html").write_text(page, encoding="utf-8")
        frames.append(
            f'<iframe name="{name}" src="{number}.html" width="{WIDTHS[name]}" height="900"></iframe>'
        )
    (folder / "host.html").write_text(HOST.format(frames="".join(frames)), encoding="utf-8")
    command = [browser, *FLAGS.split(), f"--user-data-dir={folder / 'profile'}"]
    command.append((folder / "host.html").as_uri())
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    found = re.search(r'<pre id="seen">(.*?)</pre>', done.stdout, flags=re.DOTALL)
    assert found, done.stderr[-2000:]
    told = json.loads(unescape(found.group(1)) or "{}")
    assert told.keys() == pages.keys(), done.stderr[-2000:]
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return {"console": console, **told}


def as_number(text):
    return float(text.replace("−", "-").replace(",", "").rstrip("%"))


@pytest.mark.parametrize("name", WIDTHS)
def test_every_chart_is_drawn_nothing_fails_and_nothing_is_asked_for(seen, name):
    page = seen[name]
    assert (page["errors"], page["refused"], page["requests"]) == ([], [], [])
    assert seen["console"] == []
    assert page["drawn"] >= (2 if name == "one day" else 20)
    assert page["blank"] == 0
    assert set(page["figures"]) == {1}, "a figure shows its wide or its narrow drawing, one of them"


@pytest.mark.parametrize("name", WIDTHS)
def test_no_page_is_wider_than_its_window(seen, name):
    assert seen[name]["window"] == WIDTHS[name]
    assert seen[name]["width"] <= WIDTHS[name]


@pytest.mark.parametrize("name", ["full", "phone", "ten years"])
def test_tables_sort_search_and_turn_pages(seen, name):
    _, rest = sample() if name != "ten years" else sample(sessions=2440, randoms=1, start="2007-01-04")
    trades, table = rest["trades"], seen[name]["table"]
    total = len(trades)
    assert (table["up"]["mark"], table["down"]["mark"]) == ("ascending", "descending")
    sizes = trades["size"].sort_values().tolist()
    assert [as_number(text) for text in table["up"]["rows"]] == sizes[:100]
    assert [as_number(text) for text in table["down"]["rows"]] == sizes[::-1][:100]
    assert table["range"] == f"←1–100 of {total:,}→"
    assert table["second"]["range"] == f"←101–{min(200, total)} of {total:,}→"
    days = trades["date"].sort_values().dt.strftime("%Y-%m-%d").tolist()
    assert [row[0] for row in table["second"]["rows"]] == days[100:200]
    wanted = ((trades["name"] == "贵州茅台") & trades["date"].dt.strftime("%Y-%m").eq("2015-01")).sum()
    assert len(table["found"]) == wanted > 0
    assert all("贵州茅台" in row and "2015-01" in row for row in table["found"])
    assert table["said"] == f"{wanted} of {total:,}"
    assert table["none"] == 0


def test_the_rows_without_javascript_are_those_with_it(seen, pages):
    page = pages["full"].read_text(encoding="utf-8")
    body = page.split('<table id="trades-table"')[1].split("<tbody>")[1].split("</tbody>")[0]
    rows = [
        [unescape(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row)] for row in body.split("<tr>")[1:]
    ]
    assert rows == seen["full"]["table"]["rows"][: len(rows)]
    assert len(seen["full"]["table"]["rows"]) == 100


def test_ten_years_are_small(pages):
    assert pages["ten years"].stat().st_size < 2_500_000
