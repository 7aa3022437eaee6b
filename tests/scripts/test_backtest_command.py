"""``btalpha backtest`` from end to end on small data, and what it says when something is wrong."""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from btalpha.scripts.files import FILES


def _metrics(out: Path) -> dict:
    return json.loads((out / "metrics.json").read_text(encoding="utf-8"))


class TestRun:
    def test_it_writes_every_file_and_names_the_tearsheet(self, btalpha, quick, bars_file, tmp_path):
        out = tmp_path / "out"
        outcome = btalpha("backtest", quick, "--data", bars_file, "--out", out, "--quiet")
        assert outcome.code == 0, outcome.err
        assert {file.name for file in out.iterdir()} == set(FILES) - {"training.csv", "training.svg"}
        assert str(out / "tearsheet.html") in outcome.out.replace("\n", "")

        metrics = _metrics(out)
        assert {"total_return", "cagr", "sharpe", "volatility", "max_drawdown", "turnover", "costs"} <= set(
            metrics["strategy"]
        )
        assert {"n", "median_total_return", "percentile", "p_value"} <= set(metrics["random"])
        assert {"horizon", "ic", "icir", "rank_ic", "rank_icir", "n_days"} <= set(metrics["signal"])
        assert {
            "load",
            "factors",
            "screen",
            "fit",
            "predict",
            "backtest",
            "random",
            "report",
            "total",
        } == set(metrics["seconds"])
        assert all(
            set(codes) <= {"rev5", "vol20", "turn20", "mom20"}
            for codes in metrics["selected_factors"].values()
        )

    def test_boosted_trees_are_written_as_any_model(self, btalpha, quick, bars_file, tmp_path):
        pytest.importorskip("lightgbm", exc_type=ImportError)
        out = tmp_path / "out"
        quick.write_text(quick.read_text() + "[model.lightgbm]\nn_estimators = 5\nensemble = 1\n")
        outcome = btalpha(
            "backtest", quick, "--data", bars_file, "--out", out, "--quiet", "--model", "lightgbm"
        )
        assert outcome.code == 0, outcome.err
        assert {file.name for file in out.iterdir()} == set(FILES)
        assert pd.read_csv(out / "training.csv")["epoch"].max() <= 5

    def test_the_figures_agree_with_the_files(self, btalpha, quick, bars_file, tmp_path):
        out = tmp_path / "out"
        btalpha("backtest", quick, "--data", bars_file, "--out", out, "--quiet")
        metrics = _metrics(out)
        returns = pd.read_csv(out / "returns.csv", index_col="date", parse_dates=True)
        trades = pd.read_csv(out / "trades.csv")
        scores = pd.read_parquet(out / "scores.parquet")
        holdings = pd.read_csv(out / "holdings.csv")
        assert np.isclose((1 + returns["portfolio"]).prod() - 1, metrics["strategy"]["total_return"])
        assert np.isclose(trades["fees"].sum(), metrics["strategy"]["costs"])
        assert scores.index[0] == returns.index[0] == pd.Timestamp(metrics["data"]["traded_from"])
        assert holdings.groupby("date")["symbol"].nunique().max() <= 3
        assert pd.read_csv(out / "random_returns.csv").shape == (len(returns), 1 + 4)

    def test_what_was_repaired_and_dropped_is_counted(self, btalpha, quick, bars_file, tmp_path, monkeypatch):
        monkeypatch.setattr("btalpha.scripts.commands.backtest.write_tearsheet", lambda *_: None)  # slow
        out, statements = tmp_path / "out", tmp_path / "statements.csv"
        bars = pd.read_parquet(bars_file)
        known, first = sorted(set(bars["symbol"])), bars["date"].min()
        rows = [(known[0], "2014-12-31", "", 1.0), ("999999.SH", "2014-12-31", "2015-03-01", 1.0)]
        columns = ["symbol", "period_end", "announce_date", "equity"]
        pd.DataFrame(rows, columns=columns).to_csv(statements, index=False)
        table = pd.concat(
            [bars, bars.iloc[[3]], bars.iloc[[5]].assign(date=first - pd.Timedelta(days=1), volume=0)]
        )
        path = tmp_path / "bars.csv"
        table.to_csv(path, index=False)
        words = ("--data", path, "--statements", statements, "--out", out, "--quiet")
        outcome = btalpha("backtest", quick, *words)
        assert outcome.code == 0, outcome.err
        metrics = _metrics(out)
        said = "\n".join(metrics["data"]["notes"])
        for part in (
            "1 repeated identical rows were dropped",
            "1 statements without announcement date count from their statutory deadline",
            "statements of 1 of 2 symbols have no bars and are not used: 999999.SH",
            "were outliers and replaced",
            "stock-days of the universe",
        ):
            assert part in said
            assert part in " ".join(outcome.out.split())
        cleaned, covered = metrics["data"]["cleaning"], metrics["data"]["coverage"]
        assert cleaned["values"] > cleaned["outliers"] > 0
        scores = pd.read_parquet(out / "scores.parquet")
        assert covered["scored"] == scores.notna().to_numpy().sum()
        assert covered["members"] == 25 * len(scores)
        assert covered["members"] == covered["scored"] + covered["without_bar"] + covered["without_score"]

    def test_the_fits_are_listed(self, btalpha, quick, bars_file, tmp_path):
        out = tmp_path / "out"
        quick.write_text(quick.read_text() + "[walk_forward]\nrefit = 40\npurge = 8\nembargo = 2\n")
        btalpha("backtest", quick, "--data", bars_file, "--out", out, "--quiet")
        days = sorted(pd.read_parquet(bars_file)["date"].unique())
        fits = pd.read_csv(out / "fits.csv", parse_dates=["date", "first", "last", "until"])
        assert fits["date"].tolist() == [days[row] for row in (156, 196, 236)]
        assert fits["last"].tolist() == [days[row] for row in (146, 186, 226)]
        assert (fits["purge"].tolist(), fits["embargo"].tolist()) == ([8] * 3, [2] * 3)
        rows = _metrics(out)["fits"]
        assert [row["date"] for row in rows] == fits["date"].dt.strftime("%Y-%m-%d").tolist()
        assert [" ".join(row["codes"]) for row in rows] == fits["codes"].tolist()

    @pytest.mark.long
    def test_checkpoints_and_workers_change_no_file(self, btalpha, quick, bars_file, tmp_path):
        kept = tmp_path / "kept"
        quick.write_text(quick.read_text() + "[walk_forward]\nrefit = 50\n")
        runs = {
            "plain": (),
            "parallel": ("--checkpoints", kept, "--jobs", 2),
            "again": ("--checkpoints", kept),
        }
        said = {}
        for name, words in runs.items():
            outcome = btalpha(
                "backtest", quick, "--data", bars_file, "--out", tmp_path / name, "--quiet", *words
            )
            assert outcome.code == 0, outcome.err
            said[name] = "checkpoints: 3 of 3 fits were taken from" in outcome.out
        assert said == {"plain": False, "parallel": False, "again": True}
        for name in ("scores.parquet", "fits.csv", "screening.csv", "trades.csv"):
            files = {(tmp_path / run / name).read_bytes() for run in runs}
            assert len(files) == 1, name

    def test_its_own_config_gives_the_same_run(self, btalpha, quick, bars_file, tmp_path):
        first, second = tmp_path / "first", tmp_path / "second"
        btalpha("backtest", quick, "--data", bars_file, "--out", first, "--quiet", "--seed", 3)
        config = tomllib.loads((first / "config.toml").read_text(encoding="utf-8"))
        assert config["seed"] == 3
        assert "torch" in config.pop("versions")
        outcome = btalpha("backtest", first / "config.toml", "--out", second, "--quiet")
        assert outcome.code == 0, outcome.err
        for name in ("returns.csv", "trades.csv", "random_returns.csv", "scores.parquet"):
            assert (first / name).read_bytes() == (second / name).read_bytes(), name

    def test_csv_gives_what_parquet_gives(self, btalpha, quick, bars_file, tmp_path):
        csv = tmp_path / "bars.csv"
        pd.read_parquet(bars_file).to_csv(csv, index=False)
        for name, data in (("one", bars_file), ("two", csv)):
            btalpha("backtest", quick, "--data", data, "--out", tmp_path / name, "--quiet")
        assert (tmp_path / "one" / "trades.csv").read_bytes() == (
            tmp_path / "two" / "trades.csv"
        ).read_bytes()

    def test_members_limit_what_is_held(self, btalpha, quick, bars_file, tmp_path):
        symbols = sorted(pd.read_parquet(bars_file)["symbol"].unique())[:8]
        members = tmp_path / "members.csv"
        pd.DataFrame({"symbol": symbols, "start": "2000-01-01", "end": ""}).to_csv(members, index=False)
        out = tmp_path / "out"
        outcome = btalpha(
            "backtest", quick, "--data", bars_file, "--members", members, "--out", out, "--quiet"
        )
        assert outcome.code == 0, outcome.err
        assert set(pd.read_csv(out / "trades.csv")["symbol"]) <= set(symbols)


class TestRefusals:
    @pytest.fixture
    def table(self, bars_file) -> pd.DataFrame:
        return pd.read_parquet(bars_file)

    def _refused(
        self, btalpha: Callable, quick: Path, tmp_path: Path, table: pd.DataFrame, *words: object
    ) -> str:
        path = tmp_path / "broken.csv"
        table.to_csv(path, index=False)
        outcome = btalpha("backtest", quick, "--data", path, "--out", tmp_path / "out", "--quiet", *words)
        assert outcome.code == 2
        assert outcome.err.startswith("btalpha: ")
        assert "Traceback" not in outcome.err
        assert not (tmp_path / "out").exists()
        return outcome.err

    def test_missing_column(self, btalpha, quick, tmp_path, table):
        assert "column close is missing" in self._refused(
            btalpha, quick, tmp_path, table.drop(columns="close")
        )

    def test_conflicting_duplicate(self, btalpha, quick, tmp_path, table):
        twice = pd.concat([table, table.iloc[[7]].assign(close=lambda row: row["low"])])
        symbol = table.iloc[7]["symbol"]
        assert symbol in self._refused(btalpha, quick, tmp_path, twice)

    def test_one_stock_only(self, btalpha, quick, tmp_path, table):
        one = table[table["symbol"] == table["symbol"].iloc[0]]
        assert "larger than the universe of 1 stocks" in self._refused(btalpha, quick, tmp_path, one)

    def test_k_larger_than_the_universe(self, btalpha, quick, tmp_path, table):
        assert "strategy.k 99 is larger than the universe of 25" in self._refused(
            btalpha, quick, tmp_path, table, "--k", 99
        )

    def test_history_shorter_than_the_warm_up(self, btalpha, quick, tmp_path, table):
        short = table[table["date"] <= sorted(table["date"].unique())[20]]
        assert "to learn from" in self._refused(btalpha, quick, tmp_path, short)

    def test_dates_outside_the_data(self, btalpha, quick, tmp_path, table):
        message = self._refused(btalpha, quick, tmp_path, table, "--start", "2031-01-01")
        assert "walk_forward.start 2031-01-01 lies outside the bars" in message
        assert "outside the bars" in self._refused(btalpha, quick, tmp_path, table, "--start", "1999-01-01")
        assert "no bar lies" in self._refused(btalpha, quick, tmp_path, table, "--end", "1999-01-01")

    def test_a_purge_that_lets_labels_reach_the_scores(self, btalpha, quick, tmp_path, table):
        quick.write_text(quick.read_text() + "[walk_forward]\npurge = 5\n")
        message = self._refused(btalpha, quick, tmp_path, table)
        assert "walk_forward: purge must be 6 sessions or more" in message

    def test_an_unwritable_folder_is_told_before_the_work(self, btalpha, quick, bars_file, tmp_path):
        (tmp_path / "file").write_text("")
        outcome = btalpha("backtest", quick, "--data", bars_file, "--out", tmp_path / "file" / "x")
        assert (outcome.code, "cannot be written" in outcome.err) == (2, True)

    @pytest.mark.parametrize("place", ["out", "out/kept"])
    def test_checkpoints_within_the_results(self, btalpha, quick, bars_file, tmp_path, place):
        words = ("--out", tmp_path / "out", "--checkpoints", tmp_path / place)
        outcome = btalpha("backtest", quick, "--data", bars_file, *words)
        assert (outcome.code, "is replaced whole at the end; name another folder" in outcome.err) == (2, True)
        assert not (tmp_path / "out").exists()

    def test_no_bars_at_all(self, btalpha, tmp_path):
        outcome = btalpha("backtest", "--out", tmp_path / "out")
        assert (outcome.code, "give --data FILE, or --demo" in outcome.err) == (2, True)

    def test_a_misspelt_setting(self, btalpha, bars_file, tmp_path):
        config = tmp_path / "bad.toml"
        config.write_text("[model]\nhiden = 3\n")
        outcome = btalpha("backtest", config, "--data", bars_file, "--out", tmp_path / "out")
        assert (outcome.code, "did you mean model.hidden?" in outcome.err) == (2, True)

    def test_an_unknown_factor(self, btalpha, bars_file, tmp_path):
        config = tmp_path / "bad.toml"
        config.write_text("[factors]\ncodes = ['rev6']\n[strategy]\nk = 3\n[model]\nname = 'ridge'\n")
        outcome = btalpha("backtest", config, "--data", bars_file, "--out", tmp_path / "out", "--quiet")
        assert (outcome.code, "rev5" in outcome.err) == (2, True)

    def test_an_interrupted_run_leaves_the_older_one_whole(
        self, btalpha, quick, bars_file, tmp_path, monkeypatch
    ):
        out = tmp_path / "out"
        btalpha("backtest", quick, "--data", bars_file, "--out", out, "--quiet")
        before = {file.name: file.read_bytes() for file in out.iterdir()}

        def interrupted(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr("btalpha.scripts.commands.backtest.write_results", interrupted)
        assert (
            btalpha("backtest", quick, "--data", bars_file, "--out", out, "--quiet", "--seed", 9).code == 130
        )
        assert {file.name: file.read_bytes() for file in out.iterdir()} == before
        assert not [entry for entry in tmp_path.iterdir() if ".tmp-" in entry.name]


def test_factors_are_listed_and_explained(btalpha):
    listing = btalpha("factors")
    assert listing.code == 0 and "bbiboll" in listing.out
    one = btalpha("factors", "bbi")
    assert one.code == 0 and "warm-up" in one.out and "24 bars" in one.out
    unknown = btalpha("factors", "bby")
    assert unknown.code == 2 and "bbi" in unknown.err


def test_factors_without_inputs_are_named(btalpha, bars_file, tmp_path):
    config = tmp_path / "two.toml"
    config.write_text(
        "[factors]\ncodes = ['rev5', 'pe', 'turn20', 'vol20']\n[model]\nname = 'ridge'\n[strategy]\nk = 3\n[random]\nn = 2\n"
    )
    out = tmp_path / "out"
    outcome = btalpha("backtest", config, "--data", bars_file, "--out", out, "--quiet")
    line = "1 of 4 factors lack their inputs in this data: pe"
    assert outcome.code == 0, outcome.err
    assert line in outcome.out
    assert line in _metrics(out)["data"]["notes"]


def test_a_flag_is_not_blamed_on_the_file(btalpha, quick, tmp_path):
    outcome = btalpha("backtest", quick, "--k", 0, "--out", tmp_path / "out")
    assert outcome.code == 2 and outcome.err.startswith("btalpha: strategy.k: ")


def test_the_demo_takes_no_data(btalpha, bars_file, tmp_path):
    outcome = btalpha("backtest", "--demo", "--data", bars_file, "--out", tmp_path / "out")
    assert outcome.code == 2 and "not both" in outcome.err
