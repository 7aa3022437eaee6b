"""The whole tearsheet: degenerate runs, one file without requests, whole or not at all, in a browser."""

import re
import subprocess
import sys
import warnings
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from btalpha.strategies.report import tearsheet

from .sample import sample

VOID = {"meta", "link", "input", "br", "hr", "wbr", "img"}
LOADING = {"src", "href", "srcset", "data", "action", "poster", "background", "formaction", "xlink:href"}
ANCHORS = [
    "growth",
    "months",
    "signal",
    "factors",
    "holdings",
    "trades",
    "refusals",
    "quantstats",
    "settings",
]


@pytest.fixture(scope="module")
def full_page(tmp_path_factory):
    returns, rest = sample()
    return tearsheet(
        returns, output=tmp_path_factory.mktemp("page") / "full.html", title="Ten <best> & more", **rest
    )


class Reader(HTMLParser):
    """Collect what a page loads, its identifiers, and whether its tags are balanced."""

    def __init__(self):
        super().__init__()
        self.loads, self.ids, self.open, self.text = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.handle_startendtag(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        for name, value in attrs:
            self.loads += [value] if name in LOADING else []
            self.loads += re.findall(r"url\(([^)]*)\)", value or "")
            self.ids += [value] if name == "id" else []

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> without a start"
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)
        if self.open and self.open[-1] == "style":
            self.loads += re.findall(r"url\(([^)]*)\)|@import\s+(\S+)", data)


def read(path):
    reader = Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    reader.close()
    assert reader.open == []
    return reader


# --- the page


def test_full_page_shows_every_part(full_page):
    page = full_page.read_text(encoding="utf-8")
    for anchor in ANCHORS:
        assert f'<section id="{anchor}">' in page
        assert f'<a href="#{anchor}">' in page
    assert "percentile" in page
    assert "Prob. Sharpe Ratio" in page  # QuantStats' own table
    assert "Rolling Sortino" in page  # and its charts
    assert "贵州茅台" in page
    assert "Ten &lt;best&gt; &amp; more" in page
    assert "{{" not in page


def test_page_is_one_file_that_loads_nothing(full_page):
    reader = read(full_page)
    assert reader.loads
    outside = [target for target in reader.loads if not str(target).strip("'\"").startswith(("#", "data:"))]
    assert outside == []
    assert "default-src 'none'" in full_page.read_text(encoding="utf-8")


def test_identifiers_are_unique_and_references_lead_somewhere(full_page):
    reader = read(full_page)
    assert len(reader.ids) == len(set(reader.ids))
    targets = {target[1:] for target in reader.loads if str(target).startswith("#")}
    assert targets <= set(reader.ids)


def test_colours_and_fonts_come_from_the_page(full_page):
    page = full_page.read_text(encoding="utf-8")
    used = set(re.findall(r"var\(--([\w-]+)\)", page))
    assert used <= set(re.findall(r"--([\w-]+):", page))
    assert not re.search(r"font-family: '", page)


def test_size_is_small(full_page):
    assert full_page.stat().st_size < 1_000_000


def test_same_input_gives_same_bytes(tmp_path):
    returns, rest = sample(sessions=12, randoms=5)
    pages = [tearsheet(returns, output=tmp_path / name, **rest).read_bytes() for name in ("a.html", "b.html")]
    assert pages[0] == pages[1]


# --- degenerate runs


def _loss(returns):
    returns.iloc[len(returns) // 2] = -1.0
    returns.iloc[len(returns) // 2 + 1 :] = 0.0
    return returns


@pytest.mark.parametrize(
    ("sessions", "change", "sentence"),
    [
        (1, lambda returns: returns, "it needs at least two sessions"),
        (10, lambda returns: returns, "Prob. Sharpe Ratio"),
        (60, lambda returns: returns * 0, "the return is 0 on every session"),
        (60, lambda returns: returns * 0 + 0.001, "the return is 0.001 on every session"),
        (60, _loss, "everything, on 2015-02-16"),
        (3, lambda returns: returns.abs() + 1.0, "for prices"),
    ],
    ids=["one day", "ten days", "all zero", "constant", "total loss", "doubling daily"],
)
def test_degenerate_runs_get_a_page_that_says_so(tmp_path, sessions, change, sentence):
    returns, rest = sample(sessions=sessions, randoms=8)
    path = tearsheet(change(returns), output=tmp_path / "page.html", **rest)
    assert sentence in " ".join("".join(read(path).text).split())


def test_no_trades_at_all(tmp_path):
    returns, rest = sample(sessions=20, randoms=3)
    empty = {name: rest[name].iloc[:0] for name in ("trades", "holdings", "refusals")}
    page = tearsheet(returns * 0, output=tmp_path / "page.html", **empty).read_text(encoding="utf-8")
    assert "No trades were made." in page
    assert "No order was refused." in page
    assert "never moved" in page


def test_benchmark_with_gaps_and_an_odd_name(tmp_path):
    returns, rest = sample(sessions=30)
    benchmark = rest["random_returns"][0].rename("<i>Index</i> $x_$ & more")
    benchmark.iloc[[3, 9]] = np.nan
    path = tearsheet(returns, benchmark, output=tmp_path / "page.html")
    text = "".join(read(path).text)
    assert "has no value on 2 of 30 sessions" in text
    assert "could not compute" not in text
    assert "<i>Index" not in path.read_text(encoding="utf-8")


def test_a_failure_of_quantstats_costs_only_its_section(tmp_path, monkeypatch):
    def fail(evidence):
        raise RuntimeError("no <luck>")

    monkeypatch.setattr("btalpha.strategies.report.quantstats_section._run", fail)
    page = tearsheet(sample(sessions=5)[0], output=tmp_path / "page.html").read_text(encoding="utf-8")
    assert "QuantStats could not compute its report (RuntimeError: no &lt;luck&gt;)." in page
    assert '<section id="growth">' in page


# --- writing


def test_output_may_be_a_folder_that_is_there_or_not(tmp_path):
    returns = sample(sessions=1)[0]
    assert tearsheet(returns, output=tmp_path) == tmp_path / "tearsheet.html"
    assert tearsheet(returns, output=str(tmp_path / "new" / "page.html")).is_file()


def test_a_failure_leaves_the_old_page_whole(tmp_path, monkeypatch):
    path = tmp_path / "page.html"
    path.write_text("old")
    with pytest.raises(ValueError, match="returns is empty"):
        tearsheet(pd.Series([], dtype=float), output=path)

    def interrupted(self, target):
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        tearsheet(sample(sessions=1)[0], output=path)
    assert path.read_text() == "old"
    assert [item.name for item in tmp_path.iterdir()] == ["page.html"]


def test_a_place_that_cannot_be_written_is_an_os_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        tearsheet(sample(sessions=1)[0], output=tmp_path / "file" / "page.html")


# --- no traces


def test_leaves_no_trace_in_matplotlib_logging_or_warnings(tmp_path):
    import logging

    import matplotlib as mpl
    from matplotlib import pyplot as plt

    plt.switch_backend("pdf")
    own = plt.figure()
    mpl.rcParams["lines.linewidth"] = 7.5
    fonts = logging.getLogger("matplotlib.font_manager")
    before = (
        dict(mpl.rcParams.copy()),
        plt.get_backend(),
        plt.get_fignums(),
        fonts.level,
        list(warnings.filters),
    )
    try:
        returns, rest = sample(sessions=15, randoms=3)
        tearsheet(returns, output=tmp_path, random_returns=rest["random_returns"])
        after = (
            dict(mpl.rcParams.copy()),
            plt.get_backend(),
            plt.get_fignums(),
            fonts.level,
            list(warnings.filters),
        )
        assert after == before
    finally:
        plt.close(own)
        mpl.rcdefaults()
        plt.switch_backend("agg")


FRESH = """
import sys
import numpy as np, pandas as pd
from btalpha.strategies.report import tearsheet
assert not {"quantstats", "seaborn", "matplotlib.pyplot"} & set(sys.modules), "heavy import at import"
import matplotlib as mpl
def settings():  # plain reading would choose a backend
    return {key: dict.__getitem__(mpl.rcParams, key) for key in mpl.rcParams}
before = settings()
days = pd.bdate_range("2015-01-05", periods=70)
returns = pd.Series(np.random.default_rng(0).normal(0, 0.02, 70), days)
tearsheet(returns, returns.rename("中证") * 0.9, output=sys.argv[1])
assert settings() == before, "settings changed"
from matplotlib import pyplot as plt
assert plt._backend_mod is None, "backend was chosen for the user"
assert plt.get_fignums() == []
"""


def test_a_fresh_process_stays_silent_and_keeps_its_choice_of_backend(tmp_path):
    command = [sys.executable, "-c", FRESH, str(tmp_path / "page.html")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
