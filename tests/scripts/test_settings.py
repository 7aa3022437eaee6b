"""Settings: what is read, what is refused, and how the refusal reads."""

from datetime import date
from pathlib import Path

import pytest
from btalpha.scripts.settings import Settings, SettingsError, load_settings


def _toml(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "run.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_defaults_are_complete() -> None:
    settings = load_settings(None, {})
    assert settings == Settings()
    assert (settings.model.name, settings.strategy.k, settings.model.horizon) == ("lstm", 10, 5)


def test_toml_is_read_and_flags_override_it(tmp_path: Path) -> None:
    path = _toml(
        tmp_path, "seed = 3\n[strategy]\nk = 7\nrebalance = 'weekly'\n[walk_forward]\nstart = 2015-01-05"
    )
    settings = load_settings(path, {"strategy.k": 4, "seed": None})
    assert (settings.seed, settings.strategy.k, settings.strategy.rebalance) == (3, 4, "weekly")
    assert settings.walk_forward.start == date(2015, 1, 5)


def test_paths_in_a_file_count_from_its_folder(tmp_path: Path) -> None:
    settings = load_settings(_toml(tmp_path, "[data]\nbars = 'bars.parquet'"), {})
    assert settings.data.bars == tmp_path / "bars.parquet"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[strategy]\nkk = 5", r"strategy\.kk is not a setting; did you mean strategy\.k\?"),
        ("[modell]\nname = 'lstm'", r"modell is not a setting; did you mean model\?"),
        ("[strategy]\nxyzzy = 5", r"strategy\.xyzzy is not a setting; there are k, rebalance"),
        ("[strategy]\nk = 0", r"strategy\.k: input should be greater than or equal to 1, got 0"),
        ("[model]\nname = 'lstn'", r"model\.name: .*'lstm'.*got 'lstn'"),
        ("[strategy]\nk = 'ten'", r"strategy\.k: .*got 'ten'"),
        ("[data]\nstart = 2016-01-01\nend = 2015-01-01", r"data\.end 2015-01-01 must lie after data\.start"),
        (
            "[data]\nend = 2014-01-01\n[walk_forward]\nstart = 2015-01-01",
            r"walk_forward\.start .* lies after",
        ),
        ("seed = ", r"is not valid TOML"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        load_settings(_toml(tmp_path, text), {})


def test_every_problem_has_its_line(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(_toml(tmp_path, "[strategy]\nkk = 5\nlot = -1"), {})
    assert len(str(caught.value).splitlines()) == 2


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"absent\.toml cannot be read"):
        load_settings(tmp_path / "absent.toml", {})


@pytest.mark.parametrize("name", ["demo", "csi300"])
def test_the_configurations_that_come_along_are_valid(name: str) -> None:
    from btalpha.scripts import configs

    folder = Path(next(iter(configs.__path__)))
    assert load_settings(folder / f"{name}.toml", {}).title


@pytest.mark.parametrize(
    "value", ["0", "20150105", "'20150105'", "'0'", "1420416000", "true", "1.5", "'tomorrow'"]
)
@pytest.mark.parametrize("key", ["data.start", "walk_forward.start", "screen.start"])
def test_a_number_is_no_date(tmp_path: Path, key: str, value: str) -> None:
    """It would count seconds since 1970."""
    with pytest.raises(SettingsError, match=f"{key}: write a date as 2016-01-04, got"):
        load_settings(_toml(tmp_path, f"{key} = {value}"), {})


@pytest.mark.parametrize("value", ["2015-01-05", "'2015-01-05'"])
def test_dates_are_read_with_and_without_quotes(tmp_path: Path, value: str) -> None:
    settings = load_settings(
        _toml(tmp_path, f"walk_forward.start = {value}\nstrategy.rebalance = [{value}]"), {}
    )
    assert settings.walk_forward.start == date(2015, 1, 5)
    assert settings.strategy.rebalance == [date(2015, 1, 5)]


def test_the_cache_is_a_choice_or_a_folder(tmp_path: Path) -> None:
    assert load_settings(None, {}).data.cache is True
    assert load_settings(None, {"data.cache": False}).data.cache is False
    assert load_settings(_toml(tmp_path, "data.cache = 'kept'"), {}).data.cache == tmp_path / "kept"
