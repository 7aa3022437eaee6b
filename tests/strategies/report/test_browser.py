"""The tearsheet in a real browser: one headless Chromium looks at all pages, each in a frame of its width."""

import re
from html import unescape

import pytest
from btalpha.strategies.report import tearsheet

from .browser import look
from .sample import sample

WIDTHS = {"full": 1200, "phone": 390, "ten years": 1200, "one day": 390}


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
    return look(pages, WIDTHS, tmp_path_factory.mktemp("browser"))


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
