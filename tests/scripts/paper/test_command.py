"""``btalpha paper`` from end to end on a small market, and what it says when something is wrong."""

import json
import re
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import Panel
from btalpha.scripts.commands.paper import FILES
from btalpha.scripts.paper.run import find_files, system_scores
from btalpha.scripts.paper.settings import PaperSettings
from btalpha.scripts.progress import stages
from btalpha.signals.audit.futures import futures

SETTINGS = """
[draws]
n = 3
stocks = 22
k = 3
n_jobs = 1
[factors]
codes = ["ma", "cdp", "std", "rev5"]
[network]
hidden = 4
epochs = 1
[system.factors]
codes = ["rev5", "vol20"]
[system.model]
name = "ridge"
inputs = []
"""


@pytest.fixture(scope="module")
def bars(bars_file: Path) -> Panel:
    return Panel.read(bars_file)


@pytest.fixture(scope="module")
def folder(bars_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with bars of the name that is looked for, and another file that could not be read with it."""
    place = tmp_path_factory.mktemp("data")
    shutil.copy(bars_file, place / "ashare_all_2015_2016.parquet")
    (place / "other.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (place / "settings.toml").write_text(SETTINGS, encoding="utf-8")
    return place


def words(bars: Panel, folder: Path) -> tuple:
    end = bars.dates[-6].date()
    days = ("--end", end, "--sessions", 30, "--held", 5)
    return ("paper", folder / "settings.toml", "--data", folder, *days, "--quiet")


class TestOutput:
    @pytest.fixture(scope="class")
    @staticmethod
    def out(bars: Panel, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
        from btalpha.scripts.cli import main

        place = tmp_path_factory.mktemp("runs") / "paper"
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("sys.argv", ["btalpha", *map(str, (*words(bars, folder), "--out", place))])
            with pytest.raises(SystemExit) as stop:
                main()
        assert not stop.value.code
        return place

    def test_files(self, out: Path) -> None:
        assert sorted(file.name for file in out.iterdir()) == sorted(FILES)
        assert tomllib.loads((out / "config.toml").read_text(encoding="utf-8"))["draws"]["n"] == 3

    def test_numbers_agree(self, out: Path) -> None:
        found = json.loads((out / "paper.json").read_text(encoding="utf-8"))
        table = pd.read_csv(out / "draws.csv")
        assert (found["draws"], len(table)) == (3, 12)
        for name, one in found["variants"].items():
            rows = table[table["variant"] == name]
            assert one["difference"] == pytest.approx(rows["difference"].mean(), abs=1e-9)
            assert one["ahead"] == (rows["difference"] > 0).mean()
        assert set(found["system"]["factors"]) <= {"rev5", "vol20"}
        assert found["factors"]["table_1"] == ["ma", "cdp", "std"]
        assert "bbi" in found["factors"]["missing"]

    def test_page(self, out: Path) -> None:
        page = (out / "paper.html").read_text(encoding="utf-8")
        for anchor in ("table", "days", "draws", "factors", "meaning", "candidates", "settings"):
            assert f'<section id="{anchor}">' in page
        assert page.count("<svg ") == 20, "ten charts, each for a wide and a narrow page"
        assert not re.search(r"https?://|src=", page)
        assert "{{" not in page
        identifiers = re.findall(r' id="([^"]+)"', page)
        assert len(identifiers) == len(set(identifiers))

    def test_markdown(self, out: Path) -> None:
        text = (out / "paper.md").read_text(encoding="utf-8")
        assert "| The paper, once | −0.40% | −0.58% | +0.18 |" in text
        assert "| `cdp` |" in text

    def test_again_gives_the_same_bytes(
        self, btalpha: Callable, bars: Panel, folder: Path, out: Path, tmp_path: Path
    ) -> None:
        outcome = btalpha(*words(bars, folder), "--out", tmp_path / "again")
        assert outcome.code == 0, outcome.err
        assert "Others at random" in outcome.out
        for name in ("draws.csv", "paper.md", "paper.html"):
            assert (tmp_path / "again" / name).read_bytes() == (out / name).read_bytes(), name

    def test_its_own_settings_repeat_it(self, btalpha: Callable, out: Path, tmp_path: Path) -> None:
        outcome = btalpha("paper", out / "config.toml", "--out", tmp_path / "again", "--quiet")
        assert outcome.code == 0, outcome.err
        assert (tmp_path / "again" / "draws.csv").read_bytes() == (out / "draws.csv").read_bytes()

    def test_another_entry_other_returns_the_same_picks(
        self, btalpha: Callable, bars: Panel, folder: Path, out: Path, tmp_path: Path
    ) -> None:
        outcome = btalpha(*words(bars, folder), "--entry", "open", "--out", tmp_path / "open")
        assert outcome.code == 0, outcome.err
        close, later = (pd.read_csv(place / "draws.csv") for place in (out, tmp_path / "open"))
        assert close["picks"].equals(later["picks"])
        assert not np.allclose(close["portfolio"], later["portfolio"])


class TestRefusals:
    @pytest.mark.parametrize(
        ("more", "message"),
        [
            (("--target", "gain"), "screen.target"),
            (("--draws", 1), "draws.n"),
            (("--end", "2031-01-06"), "2031-01-06, the end of the window, is no session"),
            (("--stocks", 26), "stocks must be at most the 25 that there are"),
            (("--k", 20), "two portfolios of k = 20 need 40"),
            (("--codes", "bby"), "bbi"),
            (("--demo",), "give --demo or --data, not both"),
        ],
    )
    def test_settings(
        self, btalpha: Callable, bars: Panel, folder: Path, tmp_path: Path, more: tuple, message: str
    ) -> None:
        outcome = btalpha(*words(bars, folder), *more, "--out", tmp_path / "out")
        assert (outcome.code, message in outcome.err) == (2, True), outcome.err
        assert not (tmp_path / "out").exists()

    def test_misspelt(self, btalpha: Callable, tmp_path: Path) -> None:
        config = tmp_path / "wrong.toml"
        config.write_text("[network]\nepoch = 3\n", encoding="utf-8")
        outcome = btalpha("paper", config, "--demo", "--out", tmp_path / "out")
        assert (outcome.code, "did you mean network.epochs?" in outcome.err) == (2, True)

    def test_burn_in(self, btalpha: Callable, tmp_path: Path) -> None:
        config = tmp_path / "wrong.toml"
        config.write_text("[network]\nlength = 5\n", encoding="utf-8")
        outcome = btalpha("paper", config, "--demo", "--out", tmp_path / "out")
        assert (outcome.code, "burn_in 5 must be below length 5" in outcome.err) == (2, True)

    def test_no_bars_at_all(self, btalpha: Callable, tmp_path: Path) -> None:
        outcome = btalpha("paper", "--out", tmp_path / "out")
        assert (outcome.code, "give --data FILE or FOLDER, or --demo" in outcome.err) == (2, True)

    def test_a_folder_without_the_file(self, btalpha: Callable, tmp_path: Path) -> None:
        outcome = btalpha("paper", "--data", tmp_path, "--out", tmp_path / "out")
        assert (outcome.code, "holds no ashare_all_2015_2016.parquet" in outcome.err) == (2, True)


def test_statements_beside_the_bars_are_found(tmp_path: Path) -> None:
    for name in ("ashare_all_2015_2016.parquet", "fundamentals_2014_2016.parquet"):
        (tmp_path / name).touch()
    data = PaperSettings().data
    assert find_files(data, tmp_path) == (
        tmp_path / "ashare_all_2015_2016.parquet",
        tmp_path / "fundamentals_2014_2016.parquet",
    )
    assert find_files(data, tmp_path / "mine.csv") == (tmp_path / "mine.csv", None)


def test_this_projects_model_sees_nothing_later(bars: Panel, folder: Path) -> None:
    settings = PaperSettings.model_validate(
        {
            "window": {"held": 5},
            **{key: value for key, value in tomllib.loads(SETTINGS).items() if key == "system"},
        }
    )
    run, end = settings.of_the_system(), bars.dates[150]
    assert run.model.horizon == 5
    with stages(quiet=True) as shown:
        scores, codes = system_scores(bars, end, run, shown)
        assert scores.name == end
        assert codes
        for what, other in futures(bars, 150, np.random.default_rng(0)):
            again, _ = system_scores(other, end, run, shown)
            assert again.equals(scores), what
