"""``btalpha screen`` from end to end on small data, and what it says when something is wrong."""

import re
import tomllib
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import Panel, simulate_market
from btalpha.scripts.commands.screen import FILES
from btalpha.scripts.screen_table import TABLE_1, paper_line, print_screening
from btalpha.signals import ICScreen, compute_factors
from btalpha.signals.labels import forward_returns
from rich.console import Console
from scipy import stats

CODES = "rev5,vol20,ma,bbi,mom20"


def table_of(out: Path) -> pd.DataFrame:
    return pd.read_csv(out / "screening.csv", index_col="factor")


@pytest.fixture
def screened(btalpha: Callable, bars_file: Path, tmp_path: Path) -> Callable:
    """Run the command on the small market, check that it went well, and return its folder and its words."""

    def run(*words: object) -> tuple[Path, str]:
        out = tmp_path / "out"
        outcome = btalpha("screen", "--data", bars_file, "--codes", CODES, "--out", out, "--quiet", *words)
        assert outcome.code == 0, outcome.err
        return out, outcome.out

    return run


class TestRun:
    def test_it_writes_every_file_and_names_the_page(self, screened: Callable) -> None:
        out, words = screened()
        assert {file.name for file in out.iterdir()} == set(FILES)
        assert str(out / "screening.html") in words.replace("\n", "")
        assert "Of 5 factors" in words
        table = table_of(out)
        assert set(table.index) == set(CODES.split(","))
        assert {"coverage", "ic", "rank_ic", "icir", "t", "share", "passed", "kept", "reason"} <= set(table)
        config = tomllib.loads((out / "config.toml").read_text(encoding="utf-8"))
        assert config["factors"]["codes"] == CODES.split(",")

    def test_the_figures_are_those_of_the_screen_a_model_would_use(
        self, screened: Callable, bars_file: Path
    ) -> None:
        from btalpha.signals import Preprocessor

        out, _ = screened("--horizon", 3)
        panel = Panel.read(bars_file)
        counted = panel.universe_array & panel.traded_array
        cleaned = Preprocessor().fit_transform(compute_factors(panel, CODES.split(",")), counted)
        screen = ICScreen(min_factors=3).fit(cleaned, forward_returns(panel, 3), universe=counted, horizon=3)
        assert screen.table_ is not None
        table = table_of(out)
        assert list(table.index) == list(screen.table_.index)
        assert list(table.index[table["kept"]]) == [code for code in table.index if code in screen.selected_]
        np.testing.assert_allclose(table["rank_ic"], screen.table_["rank_ic"], rtol=1e-6)
        daily = pd.read_csv(out / "ic.csv", index_col="date", parse_dates=True)
        assert daily.shape == (len(panel), 5)
        np.testing.assert_allclose(daily["ma"].mean(), screen.table_.at["ma", "rank_ic"], rtol=1e-4)

    def test_the_window_is_what_counts_and_earlier_bars_warm_up(
        self, screened: Callable, bars_file: Path
    ) -> None:
        panel = Panel.read(bars_file)
        start, end = panel.dates[100], panel.dates[179]
        out, _ = screened(
            *("--start", start.date(), "--end", end.date(), "--form", "raw", "--label", "close"),
            *("--method", "time_series", "--target", "price", "--horizon", 1),
        )
        known = panel.until(end)
        close = known.adjusted_array("close")
        ma = compute_factors(known, ["ma"], form="raw")["ma"].to_numpy()
        last = pd.DataFrame(close).ffill().to_numpy()
        r, significant = [], []
        for i in range(close.shape[1]):
            x, y = ma[100:179, i], np.where(np.isnan(close[100:179, i]), np.nan, last[101:180, i])
            both = np.isfinite(x) & np.isfinite(y)
            if both.sum() >= 10:
                found = stats.pearsonr(x[both], y[both])
                r.append(found.statistic)
                significant.append(found.pvalue < 0.05)
        row = table_of(out).loc["ma"]
        assert row["ic"] == pytest.approx(np.mean(r))
        assert row["share"] == pytest.approx(np.mean(significant))
        assert row["n_stocks"] == len(r)

    def test_complete_only(self, screened: Callable, bars_file: Path) -> None:
        panel = Panel.read(bars_file)
        start = panel.dates[60]
        complete = panel.traded_array[60:].all(axis=0).sum()
        out, words = screened("--complete-only", "--start", start.date(), "--method", "time_series")
        assert 0 < complete < len(panel.symbols)
        assert f"{complete} of {len(panel.symbols)} stocks have a bar on every day" in words.replace(
            "\n", " "
        )
        assert table_of(out)["n_stocks"].max() == complete

    def test_what_is_left_out_is_told(self, btalpha: Callable, bars_file: Path, tmp_path: Path) -> None:
        bars = tmp_path / "bare.parquet"
        pd.read_parquet(bars_file).drop(columns="turnover").to_parquet(bars)
        out = tmp_path / "out"
        outcome = btalpha("screen", "--data", bars, "--codes", "ma,rev5,turn20", "--out", out, "--quiet")
        assert outcome.code == 0, outcome.err
        assert "1 factor left out, lacking their inputs: turn20" in outcome.out
        assert set(table_of(out).index) == {"ma", "rev5"}

    def test_a_second_run_gives_the_same_files(self, screened: Callable) -> None:
        out, _ = screened()
        before = {file.name: file.read_bytes() for file in out.iterdir()}
        screened()
        assert {file.name: file.read_bytes() for file in out.iterdir()} == before

    def test_a_configuration_decides_and_flags_override_it(self, screened: Callable, tmp_path: Path) -> None:
        config = tmp_path / "own.toml"
        config.write_text("[screen]\nmethod = 'time_series'\nmin_share = 0.5\n", encoding="utf-8")
        out, _ = screened(config, "--correlation", "spearman", "--false-discovery", "stocks", "--lags", 2)
        screen = tomllib.loads((out / "config.toml").read_text(encoding="utf-8"))["screen"]
        assert (screen["method"], screen["min_share"], screen["correlation"]) == (
            "time_series",
            0.5,
            "spearman",
        )
        assert (screen["false_discovery"], screen["lags"]) == ("stocks", 2)


class TestPage:
    def test_is_one_file_that_needs_no_other(self, screened: Callable) -> None:
        out, _ = screened()
        page = (out / "screening.html").read_text(encoding="utf-8")
        for anchor in ("strength", "time", "correlations", "table", "settings"):
            assert f'<section id="{anchor}">' in page
        assert page.count("<svg ") == 6, "three charts, each for a wide and a narrow page"
        assert not re.search(r"https?://|src=", page)
        assert "{{" not in page
        for code in CODES.split(","):
            assert page.count(f">{code}<") + page.count(f">{code} ") >= 3

    def test_along_time_the_shares_are_drawn_too(self, screened: Callable) -> None:
        out, _ = screened("--method", "time_series", "--form", "raw")
        page = (out / "screening.html").read_text(encoding="utf-8")
        assert page.count("<svg ") == 8
        assert "threshold, 89.6%" in page


@pytest.fixture(scope="module")
def screens() -> list[ICScreen]:
    """One screen across stocks, one along time."""
    panel = simulate_market(n_symbols=20, n_days=150, seed=2)
    factors = compute_factors(panel, ["ma", "bbi", "rev5", "turnover_ratio_of_receivable"])
    labels = forward_returns(panel, 1)
    return [ICScreen(method=method).fit(factors, labels) for method in ("cross_section", "time_series")]


class TestTerminal:
    @pytest.mark.parametrize("width", [80, 140])
    @pytest.mark.parametrize("place", [0, 1])
    def test_fits_the_width(self, screens: list[ICScreen], width: int, place: int) -> None:
        console = Console(width=width, record=True, file=StringIO())
        print_screening(screens[place], ["a note " * 60], console)
        lines = console.export_text().splitlines()
        assert max(map(len, lines)) <= width
        assert "…" not in "".join(lines)
        for code in ("ma", "bbi", "rev5"):
            assert sum(line.startswith(f"{code} ") for line in lines) == 1
        assert ("ICIR" in lines[0]) and (("stocks" in lines[0]) == (place == 1 and width == 140))

    def test_beside_the_paper(self, screens: list[ICScreen]) -> None:
        assert paper_line(screens[0]) == "", "across stocks there is nothing to compare"
        table = screens[1].table_
        assert table is not None
        line = paper_line(screens[1])
        known = [code for code in TABLE_1 if code in table.index]
        assert f"{int(table.loc[known, 'passed'].sum())} pass; {11 - len(known)} not screened here" in line
        assert f"bbi {table.at['bbi', 'share']:.1%}, ma {table.at['ma', 'share']:.1%}" in line


class TestRefusals:
    def refused(self, btalpha: Callable, bars_file: Path, out: Path, *words: object) -> str:
        outcome = btalpha("screen", "--data", bars_file, "--out", out, "--quiet", *words)
        assert outcome.code == 2
        assert outcome.err.startswith("btalpha: ")
        assert not out.exists()
        return outcome.err

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (("--method", "lasso"), "screen.method"),
            (("--method", "none"), "screen.method is 'none', which keeps every factor"),
            (("--false-discovery", "stocks"), "take method='time_series'"),
            (("--start", "2031-01-01"), "0 dates lie from screen.start 2031-01-01"),
            (("--codes", "bby"), "bbi"),
            (("--form", "row"), "screen.form"),
            (("--horizon", "0"), "model.horizon"),
        ],
    )
    def test_settings(
        self, btalpha: Callable, bars_file: Path, tmp_path: Path, words: tuple, message: str
    ) -> None:
        assert message in self.refused(btalpha, bars_file, tmp_path / "out", *words)

    def test_no_stock_without_a_gap(self, btalpha: Callable, bars_file: Path, tmp_path: Path) -> None:
        table = pd.read_parquet(bars_file)
        symbols = sorted(table["symbol"].unique())
        dates = sorted(table["date"].unique())
        gap = {symbol: dates[-1 - place] for place, symbol in enumerate(symbols)}
        table = table[table["date"] != table["symbol"].map(gap)]
        path = tmp_path / "gaps.parquet"
        table.to_parquet(path)
        message = self.refused(btalpha, path, tmp_path / "out", "--complete-only", "--codes", CODES)
        assert "no stock has a bar on each of the" in message

    def test_too_short_to_warm_up(self, btalpha: Callable, bars_file: Path, tmp_path: Path) -> None:
        table = pd.read_parquet(bars_file)
        path = tmp_path / "short.parquet"
        table[table["date"] <= sorted(table["date"].unique())[15]].to_parquet(path)
        message = self.refused(btalpha, path, tmp_path / "out", "--codes", "mom240_20,vol20")
        assert "none of 2 factors has a value on the 16 days that count" in message

    def test_no_bars_at_all(self, btalpha: Callable, tmp_path: Path) -> None:
        outcome = btalpha("screen", "--out", tmp_path / "out")
        assert (outcome.code, "give --data FILE, or --demo" in outcome.err) == (2, True)

    def test_a_folder_of_other_files_stays(self, btalpha: Callable, bars_file: Path, tmp_path: Path) -> None:
        (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
        outcome = btalpha("screen", "--data", bars_file, "--out", tmp_path, "--quiet")
        assert (outcome.code, "holds other files" in outcome.err) == (2, True)
        assert (tmp_path / "mine.txt").read_text(encoding="utf-8") == "mine"


def test_the_factors_of_a_model_may_be_screened_against_prices(
    btalpha: Callable, bars_file: Path, tmp_path: Path
) -> None:
    config = tmp_path / "price.toml"
    text = "[factors]\ncodes = ['ma', 'vol20']\n[screen]\ntarget = 'price'\n[model]\nname = 'ridge'\n"
    config.write_text(text + "[strategy]\nk = 3\n[random]\nn = 2\n", encoding="utf-8")
    outcome = btalpha("backtest", config, "--data", bars_file, "--out", tmp_path / "out", "--quiet")
    assert outcome.code == 0, outcome.err


class TestBenchmark:
    def test_prints_one_json_object(self, capsys: pytest.CaptureFixture[str]) -> None:
        import json

        from btalpha.scripts.benchmarks.screening import main

        main(["--stocks", "15", "--days", "120", "--sample", "3", "--every", "9", "--repeat", "1"])
        result = json.loads(capsys.readouterr().out)
        assert (result["stocks"], result["days"]) == (15, 120)
        for name in ("cross_section", "time_series_pearson", "time_series_spearman"):
            assert result[name]["largest_difference"] < 1e-9
            assert 0 < result[name]["share_of_scipy_calls_timed"] < 1
        assert result["times_faster"] > 1


@pytest.mark.real_data
class TestThePapersWindow:
    """What the project reports: of the paper's eleven, per target."""

    @pytest.fixture
    def run(self, btalpha: Callable, shared_data: Path, tmp_path: Path) -> Callable[[str], pd.DataFrame]:
        def screen(target: str) -> pd.DataFrame:
            outcome = btalpha(
                *("screen", "--data", shared_data / "ashare_all_2015_2016.parquet"),
                *("--statements", shared_data / "fundamentals_2014_2016.parquet", "--quiet"),
                *("--codes", ",".join(TABLE_1), "--form", "raw", "--method", "time_series"),
                *("--target", target, "--label", "close", "--horizon", 1, "--max-correlation", 1),
                *("--start", "2016-01-04", "--end", "2016-04-11", "--complete-only"),
                *("--out", tmp_path / target),
            )
            assert outcome.code == 0, outcome.err
            return table_of(tmp_path / target)

        return screen

    def test_only_with_prices_as_target_do_any_pass(self, run: Callable[[str], pd.DataFrame]) -> None:
        price, gain = run("price"), run("return")
        assert sorted(price.index[price["passed"]]) == ["bbi", "bbiboll", "cdp", "env", "ma"]
        assert not gain["passed"].any()
        assert price.loc[["cdp", "ma", "bbi"], "share"].min() > 0.98
        assert gain["share"].max() < 0.7
        assert (gain.loc[["ma", "bbi", "env", "cdp"], "ic"] < 0).all()
