"""``btalpha pick`` from end to end: the backtest's last rebalance again, and what it refuses."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from btalpha.scripts.build import build_panel, build_walk_forward
from btalpha.scripts.commands.backtest import run as run_backtest_command
from btalpha.scripts.commands.pick import FILES
from btalpha.scripts.files import write_config, write_walk_forward
from btalpha.scripts.settings import load_settings

SETTINGS = {
    "factors.codes": ["rev5", "vol20", "turn20", "mom20"],
    "model.name": "ridge",
    "strategy.k": 3,
    "random.n": 2,
    "walk_forward.refit": 40,
}
OWN = """
from btalpha.signals import SignalProvider

class Cheap(SignalProvider):
    def fit(self, panel):
        return self
    def predict(self, panel):
        return -panel["close"]
"""


@pytest.fixture(scope="module")
def plain_bars(bars_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bars without factors, so that whole shares stay whole."""
    path = tmp_path_factory.mktemp("plain") / "bars.parquet"
    pd.read_parquet(bars_file).drop(columns="factor").to_parquet(path)
    return path


@pytest.fixture(scope="module")
def run(plain_bars: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backtest's folder."""
    out = tmp_path_factory.mktemp("runs") / "ridge"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("btalpha.scripts.commands.backtest.write_tearsheet", lambda *_: None)  # slow
        run_backtest_command(load_settings(None, {**SETTINGS, "data.bars": plain_bars}), out, quiet=True)
    return out


def fitted(folder: Path, **settings: object) -> dict[str, str | None]:
    """What pick needs of a run, without trading it: settings and fits."""
    chosen = load_settings(None, {**SETTINGS, **{name.replace("__", "."): v for name, v in settings.items()}})
    folder.mkdir()
    write_config(chosen, folder)
    panel = build_panel(chosen.data)
    return write_walk_forward(build_walk_forward(chosen, panel).fit(panel), folder)


@pytest.fixture
def pick(btalpha: Callable, run: Path, tmp_path: Path) -> Callable:
    """Pick from the run without a calendar, unless another is named."""

    def invoke(*words: object):
        calendar = () if "--calendar" in words else ("--calendar", "none")
        model = () if "--model" in words else ("--model", run / "model")
        return btalpha("pick", *model, "--out", tmp_path / "pick", "--quiet", *calendar, *words)

    return invoke


def answer(outcome) -> dict:
    assert outcome.code == 0, outcome.err
    return json.loads(outcome.out)


@pytest.fixture
def last_rebalance(run: Path, tmp_path: Path) -> tuple[pd.Timestamp, Path, float, pd.DataFrame]:
    """Of the backtest: date, file of what was held, cash, and the orders filled at the next open."""
    trades = pd.read_csv(run / "trades.csv", parse_dates=["date"])
    holdings = pd.read_csv(run / "holdings.csv", parse_dates=["date"])
    days = pd.read_csv(run / "returns.csv", parse_dates=["date"])["date"]
    filled = trades["date"].max()
    session = days[days < filled].max()
    held = holdings[holdings["date"] == session]
    cash = float((held["value"] / held["weight"]).iloc[0] - held["value"].sum())
    path = tmp_path / "held.csv"
    held.rename(columns={"size": "shares"})[["symbol", "shares"]].to_csv(path, index=False)
    return session, path, cash, trades[trades["date"] == filled]


class TestSameAsTheBacktest:
    def test_its_last_rebalance(self, pick, run, last_rebalance):
        session, held, cash, fills = last_rebalance
        found = answer(pick("--as-of", session.date(), "--holdings", held, "--cash", repr(cash), "--json"))
        assert found["as_of"] == session.date().isoformat()
        orders = {
            row["symbol"]: row["shares"] * (1 if row["side"] == "buy" else -1) for row in found["orders"]
        }
        assert len(orders) >= 2
        assert orders == dict(zip(fills["symbol"], fills["size"], strict=True))
        after = pd.read_csv(run / "holdings.csv", parse_dates=["date"])
        after = after[after["date"] == fills["date"].iloc[0]].set_index("symbol")["size"].to_dict()
        assert {row["symbol"]: row["shares"] for row in found["targets"]} == after
        scores = pd.read_parquet(run / "scores.parquet").loc[session]
        best = scores.sort_values(ascending=False, kind="stable").index
        for row in found["targets"]:
            assert row["score"] == scores[row["symbol"]]
            assert best[row["rank"] - 1] == row["symbol"]
        assert sum(row["weight"] for row in found["targets"]) < 1.0

    def test_first_purchase_is_in_lots_and_the_cash_lasts(self, pick):
        found = answer(pick("--cash", 50_000, "--json"))
        assert [row["action"] for row in found["targets"]] == ["buy"] * 3
        assert all(row["shares"] % 100 == 0 for row in found["targets"])
        spent = sum(row["value"] for row in found["orders"]) + found["fees"]
        assert found["cash_left"] == pytest.approx(50_000 - spent)
        assert found["cash_left"] > 0
        assert found["notes"][0].startswith(f"sizes are those of the close of {found['as_of']}")


class TestOutput:
    def test_files_and_console(self, pick, tmp_path):
        outcome = pick("--cash", 50_000)
        assert outcome.code == 0, outcome.err
        folder = tmp_path / "pick"
        assert {file.name for file in folder.iterdir()} == set(FILES[:4])
        content = json.loads((folder / "pick.json").read_text(encoding="utf-8"))
        targets = pd.read_csv(folder / "targets.csv")
        assert targets["symbol"].tolist() == [row["symbol"] for row in content["targets"]]
        assert all(symbol in outcome.out for symbol in targets["symbol"])
        assert "To be held" in outcome.out
        assert "Written to" in outcome.out
        assert content["files"] == [str(folder / name) for name in FILES[:4]]

    def test_json_is_all_that_is_printed_and_the_same_in_the_file(self, pick, tmp_path):
        outcome = pick("--cash", 50_000, "--json")
        assert answer(outcome) == json.loads((tmp_path / "pick" / "pick.json").read_text(encoding="utf-8"))

    def test_twice_the_same_bytes(self, pick, tmp_path):
        pick("--cash", 50_000)
        first = {file.name: file.read_bytes() for file in (tmp_path / "pick").iterdir()}
        pick("--cash", 50_000)
        assert {file.name: file.read_bytes() for file in (tmp_path / "pick").iterdir()} == first

    def test_sales_and_what_cannot_be_traded_are_shown(self, pick, plain_bars, tmp_path):
        bars = pd.read_parquet(plain_bars)
        last = bars["date"].max()
        silent, *others = sorted(set(bars.loc[bars["date"] == last, "symbol"]))
        path = tmp_path / "cut.parquet"
        bars[~((bars["symbol"] == silent) & (bars["date"] == last))].to_parquet(path)
        ranked = [row["symbol"] for row in answer(pick("--cash", 50_000, "--json"))["targets"]]
        loser = next(name for name in others if name not in ranked)
        held = tmp_path / "held.csv"
        held.write_text(f"symbol,shares\n{silent},300\n{loser[:6]},250\n", encoding="utf-8")
        found = pick("--data", path, "--cash", 50_000, "--holdings", held)
        assert found.code == 0, found.err
        assert "To be sold" in found.out and "all of it" in found.out
        assert "Cannot be traded" in found.out and "suspended" in found.out
        refusals = pd.read_csv(tmp_path / "pick" / "refusals.csv")
        assert (silent, "sell", "suspended") in set(
            refusals[["symbol", "side", "reason"]].itertuples(index=False, name=None)
        )

    def test_cash_too_small(self, pick):
        found = answer(pick("--cash", 20, "--json"))
        assert (found["targets"], found["orders"]) == ([], [])
        assert {row["reason"] for row in found["refusals"]} == {"not enough cash for a lot"}
        assert found["warnings"] == ["0 of 3 places are filled: see what cannot be traded, and why"]


class TestStaleData:
    def test_refused_unless_allowed(self, pick, tmp_path):
        words = ("--calendar", "XSHG", "--as-of", "2016-03-01", "--cash", 50_000)
        outcome = pick(*words)
        assert outcome.code == 2
        assert "sessions of XSHG are over since, the last on 2016-03-01" in outcome.err
        assert "--allow-stale" in outcome.err
        assert not (tmp_path / "pick").exists()
        found = answer(pick(*words, "--allow-stale", "--json"))
        assert len(found["stale"]) == 1
        assert found["warnings"][0] == found["stale"][0]

    def test_up_to_date_on_its_last_session(self, pick):
        found = answer(pick("--calendar", "XSHG", "--as-of", "2015-12-30", "--cash", 50_000, "--json"))
        assert (found["as_of"], found["for"], found["stale"]) == ("2015-12-30", "2015-12-31", [])

    def test_half_of_the_last_session(self, pick, plain_bars, tmp_path):
        bars = pd.read_parquet(plain_bars)
        last = bars["date"] == bars["date"].max()
        path = tmp_path / "half.parquet"
        bars[~last | (bars["symbol"] < "3")].to_parquet(path)
        outcome = pick("--data", path, "--cash", 50_000)
        assert (outcome.code, "a part of it may be missing" in outcome.err) == (2, True)


class TestOldFits:
    @pytest.fixture
    def old(self, plain_bars, tmp_path) -> Path:
        """A run on bars until 2015-10-12, fitted twice; a third fit was due on 2015-12-01."""
        start, end = "2015-08-11", "2015-10-12"
        fitted(tmp_path / "old", data__bars=plain_bars, data__end=end, walk_forward__start=start)
        return tmp_path / "old"

    def test_warned_and_fitted_anew(self, btalpha, pick, old, tmp_path):
        found = answer(pick("--model", old, "--cash", 50_000, "--json"))
        assert found["as_of"] > "2015-12-30"  # the end of the old run does not cut the bars
        assert (found["model"]["fitted"], found["model"]["refit_due"]) == ("2015-10-06", "2015-12-01")
        assert "asks for a fit on 2015-12-01: --refit" in found["warnings"][0]
        anew = answer(pick("--model", old, "--cash", 50_000, "--json", "--refit"))
        assert (anew["warnings"], anew["model"]["refit_due"]) == ([], None)
        assert anew["model"]["fitted"] == anew["as_of"]
        assert {file.name for file in (tmp_path / "pick").iterdir()} == set(FILES)
        words = ("--model", tmp_path / "pick", "--out", tmp_path / "next", "--calendar", "none")
        again = answer(btalpha("pick", *words, "--cash", 50_000, "--json"))
        assert again["targets"] == anew["targets"]

    @pytest.mark.parametrize("day", ["", "soon", "2016-01-04T00:00+08:00"])
    def test_a_day_that_is_none(self, pick, day: str) -> None:
        outcome = pick("--as-of", day)
        assert (outcome.code, "--as-of is written as" in outcome.err) == (2, True)

    def test_a_date_before_the_first_fit(self, pick, old):
        outcome = pick("--model", old, "--as-of", "2015-07-01", "--cash", 50_000)
        assert (outcome.code, "it has seen what came after 2015-07-01" in outcome.err) == (2, True)


class TestRefusals:
    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("symbol,shares\nZZZ,100\n", "ZZZ is held and not among the bars"),
            ("symbol,count\n600519.SH,100\n", "column shares is missing"),
            ("symbol,shares\n{0},100\n{0},200\n", "{0} is there twice"),
            ("symbol,shares\n{0},-100\n", "shares of {0} are -100"),
            ("symbol,shares\n{0},10.5\n", "shares of {0} are 10.5"),
            ("symbol,shares\n{0},many\n", "'many', not a number"),
            ("symbol,shares\n{0},\n", "shares of {0} are nan"),
            (
                "symbol,shares,bought\n{0},100,2031-01-01\n",
                "{0} was bought on 2031-01-01, after the last bar",
            ),
        ],
    )
    def test_holdings(self, pick, plain_bars, tmp_path, text, message):
        name = pd.read_parquet(plain_bars)["symbol"].iloc[0]
        held = tmp_path / "held.csv"
        held.write_text(text.format(name), encoding="utf-8")
        outcome = pick("--holdings", held, "--cash", 1_000)
        assert outcome.code == 2
        assert message.format(name) in outcome.err
        assert not (tmp_path / "pick").exists()

    def test_cash(self, pick, plain_bars, tmp_path):
        held = tmp_path / "held.csv"
        held.write_text("symbol,shares\n", encoding="utf-8")
        assert "--holdings needs --cash" in pick("--holdings", held).err
        assert "cash must be a number of CNY, 0 or more" in pick("--cash", -1).err

    def test_nothing_held_is_no_holding(self, pick, tmp_path):
        held = tmp_path / "held.csv"
        held.write_text("symbol,shares\n", encoding="utf-8")
        found = answer(pick("--holdings", held, "--cash", 50_000, "--json"))
        assert found == answer(pick("--cash", 50_000, "--json"))

    def test_a_missing_column(self, pick, plain_bars, tmp_path):
        path = tmp_path / "broken.csv"
        pd.read_parquet(plain_bars).drop(columns="close").to_csv(path, index=False)
        outcome = pick("--data", path, "--cash", 1_000)
        assert (outcome.code, "column close is missing" in outcome.err) == (2, True)

    def test_no_members_on_the_date(self, pick, plain_bars, tmp_path):
        members = tmp_path / "members.csv"
        name = pd.read_parquet(plain_bars)["symbol"].iloc[0]
        members.write_text(f"symbol,start,end\n{name},2015-01-05,2015-11-30\n", encoding="utf-8")
        outcome = pick("--members", members, "--cash", 1_000)
        assert outcome.code == 2
        assert "the last ones are of 2015-11-30; renew --members" in outcome.err

    def test_minimum_holding_needs_the_purchases(self, pick, run, plain_bars, tmp_path):
        folder = tmp_path / "young"
        folder.mkdir()
        (folder / "model").write_bytes((run / "model").read_bytes())
        config = (run / "config.toml").read_text(encoding="utf-8")
        assert "min_holding = 0" in config
        (folder / "config.toml").write_text(config.replace("min_holding = 0", "min_holding = 8"))
        worst = answer(pick("--cash", 50_000, "--json"))
        bars = pd.read_parquet(plain_bars)
        days = sorted(bars["date"].unique())
        last = set(bars.loc[bars["date"] == days[-1], "symbol"])
        name = min(last - {row["symbol"] for row in worst["targets"]})
        held = tmp_path / "held.csv"
        held.write_text(f"symbol,shares\n{name},100\n", encoding="utf-8")
        words = ("--model", folder, "--holdings", held, "--cash", 10_000, "--json")
        assert f"needs to know when {name} was bought" in pick(*words).err
        kept = {}
        for age in (7, 8):  # the session of the purchase counts, too
            held.write_text(f"symbol,shares,bought\n{name},100,{days[-age]:%Y-%m-%d}\n", encoding="utf-8")
            kept[age] = name in {row["symbol"] for row in answer(pick(*words))["targets"]}
        assert kept == {7: True, 8: False}

    @pytest.mark.parametrize(
        ("model", "message"),
        [
            ("nowhere", "there is no config.toml of a run"),
            ("ridge/modell", "does not exist"),
        ],
    )
    def test_no_such_model(self, pick, run, model, message):
        outcome = pick("--model", run.parent / model, "--cash", 1_000)
        assert (outcome.code, message in outcome.err) == (2, True)

    def test_a_damaged_model(self, pick, run, tmp_path):
        for name in ("model", "config.toml"):
            content = (run / name).read_bytes()
            (tmp_path / name).write_bytes(content[:-100] if name == "model" else content)
        outcome = pick("--model", tmp_path / "model", "--cash", 1_000)
        assert (outcome.code, "is not a saved provider" in outcome.err) == (2, True)
        assert "Traceback" not in outcome.err

    def test_one_of_several_models(self, pick, plain_bars, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        (tmp_path / "bars.parquet").write_bytes(plain_bars.read_bytes())
        given = {**SETTINGS, "data.bars": Path("bars.parquet"), "model.name": ["factor", "random"]}
        out = tmp_path / "several"
        out.mkdir()
        write_config(load_settings(None, given), out)
        for name in ("factor", "random"):
            assert fitted(out / name, data__bars=Path("bars.parquet"), model__name=name)["file"] == "model"
        monkeypatch.chdir(out)  # a run's paths hold wherever one is
        assert "compares several models; name one of factor, random" in pick("--model", out, "--cash", 1).err
        assert answer(pick("--model", out / "factor", "--cash", 50_000, "--json"))["targets"]

    def test_a_model_that_cannot_be_saved(self, pick, plain_bars, tmp_path, monkeypatch):
        (tmp_path / "own_pick.py").write_text(OWN, encoding="utf-8")
        monkeypatch.chdir(tmp_path)
        saved = fitted(tmp_path / "own", data__bars=plain_bars, model__name="own_pick:Cheap")
        assert saved["file"] is None
        assert "Cheap has no way to be saved" in str(saved["reason"])
        words = ("--model", tmp_path / "own", "--cash", 50_000)
        assert "has no saved model; --refit" in pick(*words).err
        anew = answer(pick(*words, "--refit", "--json"))
        assert "cannot be kept" in anew["warnings"][-1]
        bars = pd.read_parquet(plain_bars)
        cheapest = bars[bars["date"] == bars["date"].max()].nsmallest(3, "close")["symbol"].tolist()
        assert [row["symbol"] for row in anew["targets"]] == cheapest

    def test_the_run_itself_is_not_overwritten(self, btalpha, run):
        before = {file.name: file.read_bytes() for file in run.iterdir()}
        outcome = btalpha("pick", "--model", run / "model", "--out", run, "--cash", 1_000)
        assert outcome.code == 2
        assert {file.name: file.read_bytes() for file in run.iterdir()} == before


def test_of_the_simulated_market_no_calendar_is_asked(btalpha, tmp_path):
    fitted(tmp_path / "run", data__simulated_symbols=12, data__simulated_days=150)
    outcome = btalpha("pick", "--model", tmp_path / "run", "--out", tmp_path / "pick", "--json")
    found = answer(outcome)
    assert (found["cash"], found["for"]) == (1_000_000.0, None)
    assert np.isclose(sum(row["weight"] for row in found["targets"]), 1.0, atol=0.05)
