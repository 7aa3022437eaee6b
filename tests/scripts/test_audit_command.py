"""``btalpha audit`` from end to end: what a user would get wrong ends in exit code 1, by name."""

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from btalpha.feeds import Panel, simulate_market
from btalpha.scripts.commands.audit import FILES
from btalpha.signals.factors import FACTORS, unregister

pytestmark = pytest.mark.long

PLUGIN = """
import numpy as np
import pandas as pd
from btalpha.signals.factors import register

@register("whole_sample", kind="trend", formula="mine", inputs=("close",), warm_up=1)
def whole_sample(bars):
    return (bars.close - np.nanmean(bars.close, axis=0)) / np.nanstd(bars.close, axis=0)

@register("centred", kind="trend", formula="mine", inputs=("close",), warm_up=1)
def centred(bars):
    return pd.DataFrame(bars.close).rolling(5, center=True, min_periods=1).mean().to_numpy() / bars.close
"""


def to_long(panel: Panel) -> pd.DataFrame:
    """The panel's bars, one row each."""
    frames = {name: panel[name].stack() for name in panel.fields if name != "is_st"}  # noqa: PD013
    return pd.DataFrame(frames).dropna(subset=["close"]).reset_index()


@pytest.fixture
def audited(btalpha: Callable, bars_file: Path, quick: Path, tmp_path: Path) -> Callable:
    """Audit the quick settings on the small market; return exit code, words and what the JSON holds."""

    def run(*words: object, config: Path = quick) -> tuple[int, str, dict]:
        out = tmp_path / "out"
        common = ("--symbols", 12, "--cuts", 2, "--out", out, "--quiet")
        bars = () if "--data" in words else ("--data", bars_file)
        outcome = btalpha("audit", config, *bars, *common, *words)
        assert outcome.code in (0, 1), outcome.err
        assert {file.name for file in out.iterdir()} == set(FILES)
        content = json.loads((out / "audit.json").read_text(encoding="utf-8"))
        assert content["holds"] is (outcome.code == 0)
        return outcome.code, " ".join(outcome.out.split()), content

    return run


def verdicts(content: dict) -> dict[str, str]:
    return {check["name"]: check["verdict"] for check in content["checks"]}


class TestHonest:
    def test_nothing_looks_ahead(self, audited: Callable, tmp_path: Path) -> None:
        code, words, content = audited()
        assert code == 0
        assert "Nothing looks ahead in " in words
        found = verdicts(content)
        assert "looks ahead" not in found.values()
        assert {"universe", "walk-forward: fit schedule", "walk-forward: scores"} <= set(found)
        assert {f"{kind} {name}" for kind in ("factor", "cleaned") for name in ("rev5", "mom20")} <= set(
            found
        )
        checks = [check for check in content["checks"] if check["name"] != "universe"]
        assert all(check["cuts"] >= 2 and check["futures"] >= 10 and check["values"] for check in checks)
        page = (tmp_path / "out" / "audit.html").read_text(encoding="utf-8")
        assert "Nothing looks ahead" in page
        assert "http://" not in page.replace("http://www.w3.org", "")
        assert "https://" not in page

    @pytest.mark.parametrize("model", ["lstm", "factor", "random"])
    def test_every_model(self, audited: Callable, model: str) -> None:
        code, words, _ = audited("--model", model)
        assert code == 0
        assert ("trained for 1 epoch" in words) == (model == "lstm")

    def test_the_start_may_be_left_open(self, audited: Callable) -> None:
        # The default start is a share of the bars: it is taken once, not anew from each panel.
        assert audited()[0] == 0

    def test_many_refits_are_cut_to_a_few(self, audited: Callable, quick: Path, tmp_path: Path) -> None:
        config = tmp_path / "often.toml"
        config.write_text(quick.read_text() + "[walk_forward]\nrefit = 20\n", encoding="utf-8")
        code, words, _ = audited(config=config)
        assert code == 0
        assert "12 symbols and 216 dates out of 25 symbols and 260 dates" in words


class TestLeaks:
    def test_interpolation(self, audited: Callable, quick: Path, tmp_path: Path) -> None:
        config = tmp_path / "leak.toml"
        text = quick.read_text().replace(
            "[factors]", "[factors]\ngaps = 'linear_interpolation_that_looks_ahead'"
        )
        config.write_text(text, encoding="utf-8")
        code, words, content = audited("--symbols", 25, config=config)
        assert code == 1
        found = verdicts(content)
        assert all(found[f"factor {name}"] == "holds" for name in ("rev5", "vol20"))
        assert found["cleaned vol20"] == "looks ahead"
        assert "cleaned vol20 of " in words

    def test_factors_of_a_plugin(
        self, audited: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "leaky_factors.py").write_text(PLUGIN, encoding="utf-8")
        monkeypatch.chdir(tmp_path)
        config = tmp_path / "mine.toml"
        config.write_text(
            "[factors]\ncodes = ['rev5', 'whole_sample', 'centred']\n[model]\nname = 'ridge'\n",
            encoding="utf-8",
        )
        try:
            code, words, content = audited("--plugin", "leaky_factors", config=config)
        finally:
            for name in {"whole_sample", "centred"} & set(FACTORS):
                unregister(name)
        assert code == 1
        found = verdicts(content)
        assert found["factor rev5"] == "holds"
        assert found["factor whole_sample"] == found["factor centred"] == "looks ahead"
        assert found["walk-forward: scores"] == "looks ahead"
        assert "factors, 1 of 3" in words
        assert " moved first, on " in words

    def test_todays_members(self, audited: Callable, tmp_path: Path) -> None:
        panel = simulate_market(n_symbols=20, n_days=300, seed=5)
        bars, members = tmp_path / "bars.parquet", tmp_path / "members.csv"
        to_long(panel).to_parquet(bars)
        today = pd.DataFrame({"symbol": panel.symbols[:14], "start": panel.dates[0], "end": None})
        today.to_csv(members, index=False)
        code, words, content = audited("--data", bars, "--members", members)
        assert code == 1
        assert verdicts(content)["universe"] == "looks ahead"
        assert "today's members: the universe holds the same 14 of 20 symbols" in words
        # The same list with a symbol that left a year ago, and one that came: no such accusation.
        left = today.assign(end=[panel.dates[60], *[None] * 13])
        came = pd.DataFrame({"symbol": [panel.symbols[15]], "start": [panel.dates[61]], "end": [None]})
        pd.concat([left, came]).to_csv(members, index=False)
        assert audited("--data", bars, "--members", members)[0] == 0

    def test_statements_by_period_end(self, audited: Callable, bars_file: Path, tmp_path: Path) -> None:
        symbols = sorted(pd.read_parquet(bars_file)["symbol"].unique())
        ends = pd.date_range("2014-03-31", "2016-12-31", freq="QE")
        rows = [(symbol, end, end, 1.0) for symbol in symbols for end in ends]
        statements = tmp_path / "statements.csv"
        columns = ["symbol", "period_end", "announce_date", "net_profit"]
        pd.DataFrame(rows, columns=columns).to_csv(statements, index=False)
        code, words, content = audited("--statements", statements)
        assert code == 1
        assert verdicts(content)["statements"] == "looks ahead"
        assert "by period end: 200 of 200 count within 7 days" in words


class TestPlacebo:
    def test_it_reports_shuffled_labels_and_late_scores(self, audited: Callable, tmp_path: Path) -> None:
        _, words, content = audited("--placebo", "--seeds", 2)
        found = content["placebo"]
        assert [row["by"] for row in found["shuffled"]] == ["stocks", "stocks"]
        assert [row["delay"] for row in found["delayed"]] == [0, 1, 2, 5, 10, 20]
        first, second = (row["rank_ic"] for row in found["shuffled"][:2])
        assert found["chance"]["mean"] == pytest.approx((first + second) / 2)
        assert found["chance"]["std"] == pytest.approx(abs(first - second) / 2**0.5)
        assert "Shuffled labels: rank IC " in words
        assert "scores 20 sessions late" in words
        assert "Placebos" in (tmp_path / "out" / "audit.html").read_text(encoding="utf-8")


class TestValidation:
    def test_bars_are_needed(self, btalpha: Callable, quick: Path) -> None:
        outcome = btalpha("audit", quick)
        assert outcome.code == 2
        assert "give --data FILE, or --demo" in outcome.err

    def test_other_files_are_left_alone(self, btalpha: Callable, bars_file: Path, tmp_path: Path) -> None:
        (tmp_path / "mine.txt").write_text("mine")
        outcome = btalpha("audit", "--data", bars_file, "--out", tmp_path)
        assert outcome.code == 2
        assert "holds other files than results of such a run" in outcome.err
