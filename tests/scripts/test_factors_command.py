"""``btalpha factors``: the list, one factor explained, coverage on data, CSV, and factors of one's own."""

import csv
import re
import sys
from pathlib import Path

import pytest
from btalpha.feeds import Panel, simulate_market
from btalpha.scripts.commands.factors import coverage
from btalpha.signals.factors import FACTORS, compute_factors, unregister

OWN = """
from btalpha.signals.factors import register
from btalpha.signals.factors.operators import divide, ma

@register("close_to_high", kind="own", formula="MA(C/H, n)", inputs=("close", "high"), warm_up=lambda n: n)
def close_to_high(bars, *, n=10):
    '''Where the close lies below the high of the day, on average.'''
    return ma(divide(bars.close, bars.high), n)
"""


@pytest.fixture(scope="module")
def market() -> Panel:
    return simulate_market(n_symbols=8, n_days=150, seed=4)


@pytest.fixture(scope="module")
def files(market: Panel, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A simulated market as the files that a user has; the bars without turnover and market values."""
    folder = tmp_path_factory.mktemp("market")
    fields = ("open", "high", "low", "close", "volume", "factor")
    keys = market["close"].melt(ignore_index=False).reset_index()[["date", "symbol"]]
    bars = keys.assign(**{name: market[name].melt()["value"] for name in fields}).dropna()
    bars.to_parquet(folder / "bars.parquet")
    market.statements.frame.drop(columns="visible").to_parquet(folder / "statements.parquet")
    market.benchmark.reset_index(names="date").to_csv(folder / "index.csv", index=False)
    return {name.split(".")[0]: folder / name for name in ("bars.parquet", "statements.parquet", "index.csv")}


def read(path: Path) -> dict[str, dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row["code"]: row for row in csv.DictReader(file)}


class TestList:
    @pytest.mark.parametrize("columns", [60, 80, 140])
    def test_names_every_factor_and_fits_the_terminal(self, btalpha, monkeypatch, columns: int) -> None:
        monkeypatch.setenv("COLUMNS", str(columns))
        listing = btalpha("factors")
        assert listing.code == 0, listing.err
        assert max(map(len, listing.out.splitlines())) <= columns
        whole = re.sub(r"\s+", "", listing.out)
        assert [code for code in FACTORS if len(code) <= 26 and code not in listing.out] == []
        # Of the wide table's two columns the lines interleave, so its folded codes are checked in the other.
        assert columns > 110 or [factor.code for factor in FACTORS.values() if factor.code not in whole] == []

    @pytest.mark.parametrize("columns", [80, 140])
    def test_tells_definition_inputs_warm_up_and_source(self, btalpha, monkeypatch, columns: int) -> None:
        monkeypatch.setenv("COLUMNS", str(columns))
        out = " ".join(btalpha("factors").out.split())
        assert "(MA(C,n1) + MA(C,n2) + MA(C,n3) + MA(C,n4)) / 4" in out
        assert "n1=3, n2=6, n3=12, n4=24; needs close" in out
        assert re.search(r"bbi 24 bars,? 10jqka A", out)
        assert re.search(r"std 26 bars,? 10jqka B\?", out)
        assert re.search(r"mom20 21 bars,? btalpha", out)
        assert "124 factors, 11 of them of low confidence (marked ?)." in out
        assert "reconstruction" in out

    def test_goes_class_by_class(self, btalpha) -> None:
        headings = re.findall(r"^(\S+)$", btalpha("factors").out, flags=re.MULTILINE)
        assert headings[:3] == ["trend", "channel", "oscillator"]
        assert len(headings) == len(set(headings)) == len({factor.kind for factor in FACTORS.values()})


class TestOneFactor:
    def explain(self, btalpha, code: str) -> str:
        outcome = btalpha("factors", code)
        assert outcome.code == 0, outcome.err
        return " ".join(outcome.out.split())

    def test_lines_and_defaults(self, btalpha) -> None:
        out = self.explain(btalpha, "boll")
        assert "n=26, k=2.0, line='mid'" in out
        assert "line mid (default), upper, lower" in out
        assert 'compute_factors(panel, {"boll": dict(line="upper")})' in out

    def test_the_call_it_shows_works(self, btalpha, market: Panel) -> None:
        for code in ("boll", "obv", "ma", "si"):
            call = re.search(r"compute_factors\(.*\)", self.explain(btalpha, code))[0]
            assert list(eval(call, {"compute_factors": compute_factors, "panel": market})) == [code]

    def test_scaled_form(self, btalpha) -> None:
        assert "scaled form x / C - 1 (a price" in self.explain(btalpha, "bbi")
        assert "2 bars of the stock up to its first value in the raw form, 22 in the scaled" in self.explain(
            btalpha, "obv"
        )

    def test_how_sure_it_is(self, btalpha) -> None:
        assert "10jqka, grade A: formula and defaults follow" in self.explain(btalpha, "bbi")
        assert "grade B, low confidence: a convention of Chinese terminals" in self.explain(btalpha, "ma")
        assert "our own, not a code of 10jqka" in self.explain(btalpha, "mom20")

    def test_statements_and_ready_ratio(self, btalpha) -> None:
        out = self.explain(btalpha, "turnover_ratio_of_receivable")
        assert "statements operating_revenue, accounts_receivable" in out
        assert "ready ratio turnover_ratio_of_receivable; year to date, brought to twelve months" in out
        assert "none before the first announcement" in out
        assert "caution the denominator can be negative" in self.explain(btalpha, "his_peg")

    def test_unknown(self, btalpha) -> None:
        unknown = btalpha("factors", "bby")
        assert (unknown.code, "did you mean bbi" in unknown.err) == (2, True)


class TestData:
    def test_bars_alone(self, btalpha, files, tmp_path) -> None:
        outcome = btalpha("factors", "--data", files["bars"], "--csv", tmp_path / "list.csv")
        assert outcome.code == 0, outcome.err
        rows = read(tmp_path / "list.csv")
        assert list(rows) == list(FACTORS)
        assert 0.9 < float(rows["ma"]["coverage"]) < 1.0
        assert (rows["pb"]["coverage"], rows["turn5"]["lacks"]) == ("", "the panel lacks field turnover")
        able = sum(row["lacks"] == "" for row in rows.values())
        assert f"{able} can be computed from this data" in " ".join(outcome.out.split())

    def test_with_statements_and_benchmark_more_can_be_computed(self, btalpha, files, tmp_path) -> None:
        words = ("--data", files["bars"], "--statements", files["statements"], "--benchmark", files["index"])
        outcome = btalpha("factors", *words, "--csv", tmp_path / "list.csv")
        assert outcome.code == 0, outcome.err
        rows = read(tmp_path / "list.csv")
        assert [rows[code]["lacks"] for code in ("pb", "beta60", "roa")] == ["", "", ""]
        assert float(rows["mom240_20"]["coverage"]) == 0.0  # 150 days

    def test_one_factor(self, btalpha, files) -> None:
        there = " ".join(btalpha("factors", "ma", "--data", files["bars"]).out.split())
        assert re.search(r"in this data 9\d\.\d% of traded bars", there)
        lacking = " ".join(btalpha("factors", "beta60", "--data", files["bars"]).out.split())
        assert "in this data cannot be computed: the panel lacks index series close" in lacking

    def test_coverage_counts_traded_bars(self, market: Panel) -> None:
        values = compute_factors(market, ["ma"])["ma"]
        share = values.notna().to_numpy().sum() / market.traded_array.sum()
        assert coverage(market, ["ma"])["ma"].share == share
        assert share == 1.0 - 4 * len(market.symbols) / market.traded_array.sum()  # four bars of each stock

    @pytest.mark.parametrize("option", ["--statements", "--benchmark"])
    def test_without_bars_is_refused(self, btalpha, files, option: str) -> None:
        outcome = btalpha("factors", option, files["index"])
        assert (outcome.code, "give --data FILE too" in outcome.err) == (2, True)

    def test_a_csv_that_cannot_be_written(self, btalpha, tmp_path) -> None:
        outcome = btalpha("factors", "ma", "--csv", tmp_path / "nowhere" / "list.csv")
        assert (outcome.code, "nowhere" in outcome.err, "Traceback" in outcome.err) == (2, True, False)


class TestPlugin:
    @pytest.fixture
    def module(self, tmp_path, monkeypatch) -> str:
        monkeypatch.chdir(tmp_path)
        (tmp_path / "factors_of_mine.py").write_text(OWN, encoding="utf-8")
        yield "factors_of_mine"
        if "close_to_high" in FACTORS:
            unregister("close_to_high")
        sys.modules.pop("factors_of_mine", None)

    def test_its_factors_are_listed_and_covered(self, btalpha, files, module: str) -> None:
        outcome = btalpha("factors", "close_to_high", "--plugin", module, "--data", files["bars"])
        assert outcome.code == 0, outcome.err
        out = " ".join(outcome.out.split())
        assert "10 bars" in out and "source user" in out and "% of traded bars" in out

    def test_a_module_that_is_not_there(self, btalpha) -> None:
        outcome = btalpha("factors", "--plugin", "no_such_module")
        assert (outcome.code, "there is no module 'no_such_module'" in outcome.err) == (2, True)

    def test_a_file_name_is_not_a_module(self, btalpha, module: str) -> None:
        outcome = btalpha("factors", "--plugin", f"{module}.py")
        assert (outcome.code, "without .py" in outcome.err) == (2, True)

    def test_a_code_that_is_taken(self, btalpha, module: str) -> None:
        Path(f"{module}.py").write_text(OWN.replace("close_to_high", "bbi"), encoding="utf-8")
        outcome = btalpha("factors", "--plugin", module)
        assert (outcome.code, "factor 'bbi' is registered already" in outcome.err) == (2, True)
