"""The page of all factors equals what the registry says, and the words about a factor are true of it."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import Panel, simulate_market
from btalpha.scripts import factor_words as words
from btalpha.scripts.factor_table import factor_page, main
from btalpha.signals.factors import FACTORS, FactorError, compute_factors

PAGE = Path(__file__).parents[2] / "signals" / "factors" / "README.md"
SHIPPED = [factor for factor in FACTORS.values() if factor.source != "user"]


@pytest.fixture(scope="module")
def market() -> Panel:
    return simulate_market(n_symbols=6, n_days=320, seed=2)


class TestPage:
    def test_is_what_the_generator_prints(self, capsys: pytest.CaptureFixture[str]) -> None:
        main()
        renew = "python -m btalpha.scripts.factor_table > signals/factors/README.md"
        assert PAGE.read_text(encoding="utf-8") == capsys.readouterr().out, f"renew it: {renew}"

    def test_has_a_row_for_each_of_the_124(self) -> None:
        listing = factor_page().split("## The list")[1].split("## From statement fields")[0]
        assert re.findall(r"^\| `(\w+)` \|", listing, flags=re.MULTILINE) == [f.code for f in SHIPPED]
        assert len(SHIPPED) == 124

    def test_every_row_has_as_many_cells_as_its_head(self) -> None:
        for block in re.findall(r"(?:^\|.*\n)+", factor_page(), flags=re.MULTILINE):
            cells = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
            assert len(cells) == 1, block

    def test_says_that_it_is_a_reconstruction_and_names_what_is_unsure(self) -> None:
        page = factor_page()
        assert "**This list is a reconstruction.**" in page
        assert "107 are codes of 10jqka" in page and "3 are probably" in page and "14 are our own" in page
        (low,) = re.findall(r"\*\*Of low confidence\*\* are (.*)\.", page)
        assert set(re.findall(r"`(\w+)`", low)) == {
            *("ma", "expma", "dma", "lwr", "si", "ddi", "srdm", "up_n", "down_n", "std", "his_peg")
        }

    def test_leads_from_each_statement_field_to_its_factors(self) -> None:
        section = factor_page().split("## From statement fields")[1].split("## Ready ratios")[0]
        table = {
            field: set(re.findall(r"`(\w+)`", users))
            for field, users in re.findall(r"^\| `(\w+)` \| (.*) \|$", section, flags=re.MULTILINE)
        }
        assert table["ebit"] == {"roa", "before_tax_profit_div_income"}
        assert table["parent_equity"] >= {"pb", "equity_ratio"}
        ready = {ratio[0] for factor in SHIPPED if (ratio := words.ready_ratio(factor))}
        named = {name for f in SHIPPED for need in f.inputs for name in re.findall(r"statement:(\w+)", need)}
        assert set(table) | ready == named

    def test_names_the_ready_ratios(self) -> None:
        section = factor_page().split("## Ready ratios")[1]
        rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \|", section, flags=re.MULTILINE)
        assert ("turnover_ratio_of_receivable", "days_sales_outstanding") in rows
        assert ("tangible_assets_net_liabilities_proxy", "tangible_assets_net_liabilities") in rows
        assert len(rows) == 12


class TestWords:
    @pytest.mark.parametrize("factor", [f for f in SHIPPED if words.choices(f)], ids=lambda f: f.code)
    def test_choices_are_those_that_the_function_takes(self, factor, market: Panel) -> None:
        for name, names in words.choices(factor).items():
            with pytest.raises(FactorError) as refused:
                compute_factors(market, {factor.code: {name: "?"}})
            assert re.search(r"there are: (.*)\)", str(refused.value))[1] == ", ".join(names)
            assert factor.defaults[name] in names

    def test_every_choice_has_been_found(self) -> None:
        named = {f.code for f in SHIPPED if any(isinstance(value, str) for value in f.defaults.values())}
        assert {f.code for f in SHIPPED if words.choices(f)} == named
        assert len(named) == 29

    @pytest.mark.parametrize("code", ["ma", "atr", "wad", "vma", "obv", "tapi", "market_cap", "rsi"])
    def test_scaled_form_is_what_is_computed(self, code: str, market: Panel) -> None:
        symbol = market.traded.sum().idxmax()
        bars = market["close"][symbol].dropna().index
        raw, scaled = (
            compute_factors(market, [code], form=form)[code][symbol][bars] for form in ("raw", "scaled")
        )
        close, volume = market.adjusted("close")[symbol][bars], market["volume"][symbol][bars]
        expected = {
            "x / C - 1": raw / close - 1,
            "x / C": raw / close,
            "(x - REF(x,20)) / C": (raw - raw.shift(20)) / close,
            "x / MA(V,20)": raw / volume.rolling(20).mean(),
            "(x - REF(x,20)) / MA(V,20)": (raw - raw.shift(20)) / volume.rolling(20).mean(),
            "x / MA(x,20)": raw / raw.rolling(20).mean(),
            "log(x)": np.log(raw.abs()),
            "x": raw,
        }[words.scaled_form(FACTORS[code].flags)]
        pd.testing.assert_series_equal(scaled, expected, rtol=1e-9, atol=1e-12)

    def test_every_factor_says_where_it_comes_from(self) -> None:
        assert words.origin(FACTORS["up_n"]).startswith("10jqka, grade A-, low confidence: that 10jqka has")
        assert words.origin(FACTORS["std"]).startswith("10jqka, grade B, low confidence: a convention")
        assert all(words.origin(factor) and words.needs(factor) for factor in SHIPPED)
