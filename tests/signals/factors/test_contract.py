"""What every registered factor keeps, in both forms; a new factor is tested by being registered."""

import re
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import Panel
from btalpha.signals.factors import FACTORS, Bars, compute_factors

FORMS = ("raw", "scaled")
CODES = list(FACTORS)
CUTS = (40, 131, 262, 397)
SOURCES = {"10jqka": 107, "10jqka (probable)": 3, "btalpha": 14}
COMPANY = {"size", "value", "solvency", "growth", "operation", "profit"}
PRICES = ("open", "high", "low", "close", "pre_close")

Computed = Callable[[str], dict[str, pd.DataFrame]]
every_factor = pytest.mark.parametrize("code", CODES)
both_forms = pytest.mark.parametrize("form", FORMS)


def technical() -> list[str]:
    return [code for code, factor in FACTORS.items() if factor.kind not in COMPANY]


def scaled_by(panel: Panel, fields: tuple[str, ...], by: float) -> Panel:
    return panel.with_arrays({name: panel.array(name) * by for name in fields if name in panel})


def compute_all(panel: Panel) -> dict[str, dict[str, pd.DataFrame]]:
    return {form: compute_factors(panel, form=form) for form in FORMS}


def first_bar(values: pd.DataFrame, panel: Panel, symbol: str) -> int:
    """How many bars of the stock there are up to and including its first value."""
    own = values.loc[panel.traded[symbol].to_numpy(), symbol].notna().to_numpy()
    assert own.any()
    return int(own.argmax()) + 1


@pytest.fixture(scope="module")
def early(panel: Panel) -> dict[int, dict[str, dict[str, pd.DataFrame]]]:
    return {cut: compute_all(panel.until(panel.dates[cut])) for cut in CUTS}


@pytest.fixture(scope="module")
def few(panel: Panel) -> dict[str, dict[str, pd.DataFrame]]:
    return compute_all(panel.select(panel.symbols[[8, 2, 5, 0]]))


@pytest.fixture(scope="module")
def renamed(panel: Panel, bars_table: pd.DataFrame) -> dict[str, dict[str, pd.DataFrame]]:
    """The same stocks under names that sort the other way round."""
    names = dict(zip(panel.symbols, panel.symbols[::-1], strict=True))
    bars, statements = bars_table, panel.statements.frame.drop(columns="visible")
    return compute_all(
        Panel.from_long(
            bars.assign(symbol=bars["symbol"].map(names)).sample(frac=1.0, random_state=4),
            statements=statements.assign(symbol=statements["symbol"].map(names)),
            benchmark=panel.benchmark,
        )
    )


@pytest.fixture(scope="module")
def sevenfold(panel: Panel) -> dict[str, pd.DataFrame]:
    return compute_factors(scaled_by(panel, PRICES, 7.0), technical())


@pytest.fixture(scope="module")
def thrice_the_volume(panel: Panel) -> dict[str, pd.DataFrame]:
    return compute_factors(scaled_by(panel, ("volume",), 3.0), technical())


class TestMetadata:
    def test_there_are_124(self) -> None:
        sources = [factor.source for factor in FACTORS.values()]
        assert {source: sources.count(source) for source in SOURCES} == SOURCES

    @every_factor
    def test_is_complete(self, code: str) -> None:
        factor = FACTORS[code]
        assert factor.code == code
        assert all((factor.kind, factor.formula, factor.inputs, factor.source, factor.summary))
        assert factor.summary.endswith(".")
        assert factor.grade in ({"A", "A-", "B"} if factor.source.startswith("10jqka") else {""})

    @every_factor
    def test_formula_names_its_parameters(self, code: str) -> None:
        factor = FACTORS[code]
        words = set(re.findall(r"\w+", factor.formula)) | {"line", "k", "years"}
        assert set(factor.defaults) - {"line"} <= words

    @every_factor
    def test_index_and_statement_factors_say_so(self, code: str) -> None:
        factor = FACTORS[code]
        needs = " ".join(factor.inputs)
        assert ("IDX" in factor.flags) == ("index:" in needs)
        assert ("PIT" in factor.flags) == ("statement:" in needs and factor.kind != "size")


@both_forms
@every_factor
class TestValues:
    def test_are_causal(self, code: str, form: str, computed: Computed, early) -> None:
        values = computed(form)[code]
        for cut in CUTS:
            seen = early[cut][form][code]
            pd.testing.assert_frame_equal(seen, values.iloc[: cut + 1], check_exact=True, check_freq=False)

    def test_start_when_declared(self, code: str, form: str, computed: Computed, panel: Panel) -> None:
        declared = FACTORS[code].bars_needed(form=form)
        for symbol in panel.symbols[[0, 3]]:  # from the first day, and listed late
            assert first_bar(computed(form)[code], panel, symbol) == declared

    def test_are_nan_where_the_stock_did_not_trade(
        self, code: str, form: str, computed: Computed, panel: Panel
    ) -> None:
        values = computed(form)[code].to_numpy()
        assert np.isnan(values[~panel.traded_array]).all()

    def test_are_numbers_or_nan(self, code: str, form: str, computed: Computed) -> None:
        values = computed(form)[code].to_numpy()
        assert not np.isinf(values).any()
        assert np.isfinite(values).any()
        assert values.dtype == np.float64

    def test_do_not_depend_on_the_other_stocks(self, code: str, form: str, computed: Computed, few) -> None:
        seen = few[form][code]
        pd.testing.assert_frame_equal(seen, computed(form)[code][seen.columns], check_exact=True)

    def test_follow_the_stock_not_its_place(self, code: str, form: str, computed: Computed, renamed) -> None:
        np.testing.assert_array_equal(
            renamed[form][code].to_numpy()[:, ::-1], computed(form)[code].to_numpy()
        )

    def test_are_the_same_alone_and_again(
        self, code: str, form: str, computed: Computed, panel: Panel
    ) -> None:
        alone = compute_factors(panel, [code], form=form)[code]
        pd.testing.assert_frame_equal(alone, computed(form)[code], check_exact=True)

    def test_leave_the_bars_alone(self, code: str, form: str, panel: Panel) -> None:
        bars = Bars(panel)
        FACTORS[code].compute(bars, form=form)
        kept = {name: values.copy() for name, values in bars._fields.items()}
        FACTORS[code].compute(bars, form=form)
        for name, values in kept.items():
            np.testing.assert_array_equal(bars._fields[name], values)


class TestWarmUp:
    @every_factor
    def test_is_not_longer_than_the_formula_needs(self, code: str, panel: Panel) -> None:
        factor, bars = FACTORS[code], Bars(panel)
        with np.errstate(all="ignore"):
            natural = int(np.isfinite(factor.function(bars)[:, 0]).argmax()) + 1
        if re.search(r"\b(EMA|SMA)\(", factor.formula):
            assert natural <= factor.warm_up
        else:
            assert natural == factor.warm_up

    @pytest.mark.parametrize("code", [code for code in CODES if "line" in FACTORS[code].defaults])
    def test_of_every_line_is_the_declared_one(self, code: str, panel: Panel) -> None:
        factor = FACTORS[code]
        for line in re.search(r"lines ([\w, ]+)$", factor.formula)[1].split(", "):
            values = compute_factors(panel, {code: {"line": line}}, form="raw")[code]
            assert first_bar(values, panel, panel.symbols[0]) == factor.bars_needed({"line": line}), line


class TestScale:
    @pytest.mark.parametrize("code", technical())
    def test_price_level_does_not_matter(self, code: str, computed: Computed, sevenfold) -> None:
        np.testing.assert_allclose(sevenfold[code], computed("scaled")[code], rtol=1e-9, atol=1e-10)

    @pytest.mark.parametrize("code", technical())
    def test_volume_level_does_not_matter(self, code: str, computed: Computed, thrice_the_volume) -> None:
        np.testing.assert_allclose(thrice_the_volume[code], computed("scaled")[code], rtol=1e-9, atol=1e-10)

    def test_flags_of_price_levels_are_true(self, computed: Computed, panel: Panel) -> None:
        """Raw values flagged as prices scale with the price; those without a level do not."""
        raw = compute_factors(scaled_by(panel, PRICES, 7.0), technical(), form="raw")
        for code in technical():
            before, after = computed("raw")[code], raw[code]
            if {"PL", "PL*"} & set(FACTORS[code].flags):
                # In units of the price, or differences of large prices would be compared to nothing.
                close = panel.adjusted("close")
                before, after = before / close, after / (7.0 * close)
            if "VL" in FACTORS[code].flags:
                before, after = before / panel["volume"], after / panel["volume"]
            np.testing.assert_allclose(after, before, rtol=1e-9, atol=1e-10, err_msg=code)

    def test_history_before_a_window_does_not_matter(self, panel: Panel, computed: Computed) -> None:
        """Windows are summed afresh: bit for bit the same values from a later start."""
        late = compute_factors(panel.between(panel.dates[100], panel.dates[-1]), ["boll", "std", "cci"])
        for code, values in late.items():
            same = values[panel.symbols[0]].dropna()
            np.testing.assert_array_equal(same, computed("scaled")[code].loc[same.index, panel.symbols[0]])


def test_panel_is_not_changed(panel: Panel, bars_table: pd.DataFrame) -> None:
    before = {name: panel.array(name).copy() for name in panel.fields}
    statements = panel.statements.frame.copy()
    compute_all(panel)
    for name, values in before.items():
        np.testing.assert_array_equal(panel.array(name), values)
    pd.testing.assert_frame_equal(panel.statements.frame, statements)


def test_single_precision_is_the_rounded_double(panel: Panel, computed: Computed) -> None:
    for code, values in compute_factors(panel, dtype=np.float32).items():
        assert (values.dtypes == np.float32).all()
        np.testing.assert_array_equal(values, computed("scaled")[code].astype(np.float32))
