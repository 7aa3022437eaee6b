"""Models side by side: the same conditions for all, paired tests, and a class of the user's own."""

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from btalpha.scripts.comparison import paired_test
from btalpha.scripts.files import COMPARISON_FILES, FILES
from btalpha.scripts.output import check_writable
from btalpha.scripts.settings import SettingsError, load_settings
from btalpha.strategies.report.deflated_sharpe import deflated_sharpe

OWN = """
from btalpha.signals import SignalProvider

class Cheap(SignalProvider):
    def fit(self, panel):
        return self
    def predict(self, panel):
        return -panel["close"]

class Picky(Cheap):
    def __init__(self, much):
        self.much = much
"""


@pytest.fixture
def own_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    name = f"own_{abs(hash(str(tmp_path)))}"
    (tmp_path / f"{name}.py").write_text(OWN, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return name


class TestRun:
    def test_each_model_is_as_by_itself_and_one_page_compares(
        self, btalpha, quick, bars_file, tmp_path, own_module
    ):
        out, alone = tmp_path / "out", tmp_path / "alone"
        models = f"ridge,factor,{own_module}:Cheap"
        words = ("backtest", quick, "--data", bars_file, "--quiet")
        outcome = btalpha(*words, "--out", out, "--model", models)
        assert outcome.code == 0, outcome.err
        assert {entry.name for entry in out.iterdir()} == {*COMPARISON_FILES, "ridge", "factor", "Cheap"}
        assert {file.name for file in (out / "ridge").iterdir()} == set(FILES) - {
            "training.csv",
            "training.svg",
        }

        assert btalpha(*words, "--out", alone, "--model", "ridge").code == 0
        for name in ("returns.csv", "trades.csv", "scores.parquet", "random_returns.csv"):
            assert (out / "ridge" / name).read_bytes() == (alone / name).read_bytes(), name
        randoms = [(out / name / "random_returns.csv").read_bytes() for name in ("ridge", "factor", "Cheap")]
        assert len(set(randoms)) == 1

        page = (out / "comparison.html").read_text(encoding="utf-8")
        assert all(f'href="{name}/tearsheet.html"' in page for name in ("ridge", "factor", "Cheap"))
        assert "3 models were tried" in outcome.out.replace("\n", " ")

    def test_the_figures_are_those_of_the_folders(self, btalpha, quick, bars_file, tmp_path):
        out = tmp_path / "out"
        btalpha("backtest", quick, "--data", bars_file, "--quiet", "--out", out, "--model", "ridge,random")
        content = json.loads((out / "comparison.json").read_text(encoding="utf-8"))
        assert (content["first"], content["tried"]) == ("ridge", {"n": 2, "models": ["ridge", "random"]})
        returns = {}
        for row in content["models"]:
            metrics = json.loads((out / row["model"] / "metrics.json").read_text(encoding="utf-8"))
            assert row["rank_ic"] == metrics["signal"]["rank_ic"]
            assert row["total_return"] == metrics["strategy"]["total_return"]
            assert row["percentile"] == metrics["random"]["percentile"]
            assert metrics["tried"]["n"] == 2
            assert metrics["tried"]["deflated_sharpe"] == row["deflated_sharpe"]
            page = (out / row["model"] / "tearsheet.html").read_text(encoding="utf-8")
            assert "one of 2 configurations that were tried" in page
            returns[row["model"]] = pd.read_csv(out / row["model"] / "returns.csv")["portfolio"]
        ratios = [daily.mean() / daily.std() for daily in returns.values()]
        for row in content["models"]:
            wanted = deflated_sharpe(
                returns[row["model"]], n_trials=2, variance=float(np.var(ratios, ddof=1))
            )
            assert row["deflated_sharpe"] == pytest.approx(wanted.probability, abs=1e-9)
        assert content["horizons"].keys() == {"ridge", "random"}
        lead = content["models"][1]["return_lead"]
        assert lead["difference"] == pytest.approx((returns["ridge"] - returns["random"]).mean())
        assert "return_lead" not in content["models"][0]
        table = pd.read_csv(out / "comparison.csv", index_col="model")
        assert list(table.index) == ["ridge", "random"]
        assert table.loc["random", "return_lead_t"] == pytest.approx(lead["t"])

    def test_a_comparison_may_take_the_place_of_another_run(self, btalpha, quick, bars_file, tmp_path):
        out = tmp_path / "out"
        for models in ("factor,random", "random"):
            outcome = btalpha(
                "backtest", quick, "--data", bars_file, "--quiet", "--out", out, "--model", models
            )
            assert outcome.code == 0, outcome.err
        assert (out / "tearsheet.html").is_file()
        assert not (out / "factor").exists()


class TestOwnProvider:
    @pytest.mark.parametrize(
        ("path", "message"),
        [
            ("absent_module:Cheap", "there is no module absent_module in this folder"),
            ("{own}:Dear", "has no Dear; write class Dear"),
            ("{own}:__name__", "has __name__, which is no SignalProvider"),
            ("{own}:Picky", r"Picky\(\) cannot be built without arguments"),
        ],
    )
    def test_what_cannot_be_used_is_named(self, own_module: str, path: str, message: str) -> None:
        from btalpha.scripts.build import build_provider

        settings = load_settings(None, {"model.name": path.format(own=own_module)})
        with pytest.raises(SettingsError, match=message):
            build_provider(settings)

    def test_a_module_that_lacks_another_says_so(self, own_module: str, tmp_path: Path) -> None:
        from btalpha.scripts.build import build_provider

        (tmp_path / "breaks.py").write_text("import not_there_at_all", encoding="utf-8")
        with pytest.raises(ModuleNotFoundError, match="not_there_at_all"):
            build_provider(load_settings(None, {"model.name": "breaks:Cheap"}))


class TestSettings:
    @pytest.mark.parametrize(
        ("key", "value", "message"),
        [
            ("model.name", ["ridge", "lstn"], "there is no model 'lstn'; name 'lstm', 'ridge'"),
            ("model.name", ["ridge", "ridge"], "'ridge' is there twice"),
            ("model.name", ["a:Same", "b:Same"], "'Same' is there twice"),
            ("model.name", [], "name one model or more"),
            ("model.name", "os; import x", "there is no model"),
            ("model.members", ["ensemble"], "there is no model 'ensemble'"),
            ("model.lightgbm.num_leavs", 3, r"did you mean model\.lightgbm\.num_leaves\?"),
        ],
    )
    def test_what_is_wrong_is_named(self, key: str, value: object, message: str) -> None:
        with pytest.raises(SettingsError, match=message):
            load_settings(None, {key: value})

    def test_an_ensemble_is_built_of_its_members(self) -> None:
        from btalpha.scripts.build import build_provider

        keys = {
            "model.name": "ensemble",
            "model.members": ["ridge", "factor"],
            "model.member_weights": [2, 1],
        }
        signal = build_provider(load_settings(None, keys))
        assert [type(member).__name__ for member in signal.members] == ["RidgeSignal", "FactorSignal"]
        assert signal.weights == [2.0, 1.0]

    def test_lightgbm_gets_its_own_table(self) -> None:
        from btalpha.scripts.build import build_provider

        keys = {"model.name": "lightgbm", "model.lightgbm.num_leaves": 7, "seed": 4}
        signal = build_provider(load_settings(None, keys))
        assert (signal.num_leaves, signal.seed) == (7, 4)


class TestPaired:
    def test_known_answer(self) -> None:
        """Differences 1, 2, 3, 4: mean 2.5, variance 1.25, autocovariance 0.3125 with weight 1/2."""
        days = pd.bdate_range("2016-01-04", periods=5)
        first = pd.Series([2.0, 3.0, 4.0, 5.0, np.nan], days)
        found = paired_test(first, pd.Series(1.0, days), lags=1)
        t = 2.5 / math.sqrt((1.25 + 2 * 0.5 * 0.3125) / 4)
        assert (found["difference"], found["n_days"]) == (2.5, 4)
        assert found["t"] == pytest.approx(t)
        assert found["p"] == pytest.approx(2 * (1 - 0.5 * (1 + math.erf(t / math.sqrt(2)))))

    def test_turns_round(self) -> None:
        rng = np.random.default_rng(0)
        one, two = (pd.Series(rng.normal(size=50)) for _ in range(2))
        there, back = paired_test(one, two, lags=4), paired_test(two, one, lags=4)
        assert (there["difference"], there["t"], there["p"]) == (-back["difference"], -back["t"], back["p"])

    def test_equal_models(self) -> None:
        same = pd.Series([0.1, 0.2, 0.3, 0.1])
        assert paired_test(same, same, lags=0) == {"difference": 0.0, "t": 0.0, "p": 1.0, "n_days": 4}


class TestFolders:
    @pytest.mark.parametrize("inside", ["notes.txt", None])
    def test_a_folder_with_anything_else_is_left_alone(self, tmp_path: Path, inside: str | None) -> None:
        (tmp_path / "out" / "ridge").mkdir(parents=True)
        if inside:
            (tmp_path / "out" / "ridge" / "metrics.json").write_text("{}")
            (tmp_path / "out" / "ridge" / inside).write_text("mine")
        with pytest.raises(ValueError, match="holds other files than results of such a run"):
            check_writable(tmp_path / "out", FILES)
