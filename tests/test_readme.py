"""The README does what it says: its code runs, its commands exist, its numbers come from a recorded run."""

import json
import re
import shlex
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


def test_the_python_blocks_run_one_after_the_other(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "readme"}
    for block in _blocks("python"):
        exec(compile(block, "README.md", "exec"), names)
    printed = capsys.readouterr().out
    assert "600" in printed or "000" in printed  # the names that TopK holds at the end
    page = (tmp_path / "tearsheet.html").read_text(encoding="utf-8")
    assert "My strategy" in page
    assert '<section id="trades">' in page


def test_the_settings_are_valid(tmp_path: Path) -> None:
    from btalpha.scripts.settings import load_settings

    (block,) = _blocks("toml")
    path = tmp_path / "settings.toml"
    path.write_text(block, encoding="utf-8")
    assert load_settings(path, {}).model.ensemble == tomllib.loads(block)["model"]["ensemble"]


def _commands() -> list[str]:
    lines = "".join(_blocks("console")).replace("\\\n", " ").splitlines()
    return [part.strip() for line in lines if line.startswith("$ ") for part in line[2:].split("&&")]


@pytest.mark.parametrize("command", [line for line in _commands() if line.startswith("make ")])
def test_the_make_targets_exist(command: str) -> None:
    target = command.split()[1]
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)


@pytest.mark.parametrize("command", [line for line in _commands() if line.startswith("btalpha ")])
def test_the_commands_parse(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each command line of the README reaches its command with the options that it names."""
    from btalpha.scripts import cli

    called: list[str] = []
    monkeypatch.setattr("btalpha.scripts.commands.audit.run", lambda *_, **__: called.append("audit") or True)
    monkeypatch.setattr("btalpha.scripts.commands.backtest.run", lambda *_, **__: called.append("backtest"))
    monkeypatch.setattr("btalpha.scripts.commands.check.run", lambda *_, **__: called.append("check") or True)
    monkeypatch.setattr("btalpha.scripts.commands.factors.run", lambda *_, **__: called.append("factors"))
    monkeypatch.setattr("btalpha.scripts.commands.paper.run", lambda *_, **__: called.append("paper"))
    monkeypatch.setattr("btalpha.scripts.commands.pick.run", lambda *_, **__: called.append("pick"))
    monkeypatch.setattr("btalpha.scripts.commands.screen.run", lambda *_, **__: called.append("screen"))
    monkeypatch.setattr("btalpha.scripts.commands.fetch.run", lambda *_, **__: called.append("fetch") or 0)
    monkeypatch.setattr("btalpha.scripts.settings._read", lambda path: {})
    words = shlex.split(command)[1:]
    monkeypatch.setattr("sys.argv", ["btalpha", *words])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert (stop.value.code or 0, called) == (0, [words[0]])


def test_the_results_are_those_of_the_recorded_run() -> None:
    from btalpha.scripts.results import COMMAND, RECORDED, results_table

    table = results_table(json.loads(RECORDED.read_text(encoding="utf-8")))
    shown = README.split("<!-- results:start -->")[1].split("<!-- results:end -->")[0]
    assert table in shown, "run `python -m btalpha.scripts.results` and put its table into the README"
    assert COMMAND in shown


def test_the_models_are_those_of_the_recorded_run() -> None:
    from btalpha.scripts.model_results import models_table

    shown = README.split("<!-- models:start -->")[1].split("<!-- models:end -->")[0]
    assert models_table() in shown, (
        "run `python -m btalpha.scripts.results` and put its table into the README"
    )


def test_the_screening_of_the_papers_window_is_that_of_the_recorded_runs() -> None:
    from btalpha.scripts.results import SCREEN_COMMAND, screening_table

    shown = README.split("<!-- screening:start -->")[1].split("<!-- screening:end -->")[0]
    assert screening_table() in shown, "put the table of `python -m btalpha.scripts.results` into the README"
    assert SCREEN_COMMAND in shown


def test_the_papers_experiment_is_that_of_the_recorded_run() -> None:
    from btalpha.scripts.results import PAPER_COMMAND, paper_excerpt

    shown = README.split("<!-- paper:start -->")[1].split("<!-- paper:end -->")[0]
    assert paper_excerpt() in shown, "put what `python -m btalpha.scripts.results` prints into the README"
    assert PAPER_COMMAND in shown


def test_the_five_lines_are_those_of_the_example() -> None:
    shown = README.split("<!-- five lines:start -->")[1].split("<!-- five lines:end -->")[0]
    lines = [line for line in shown.splitlines() if line and not line.startswith("```")]
    program = (ROOT / "scripts" / "examples" / "add_topk.py").read_text(encoding="utf-8")
    assert len(lines) == 5
    for line in lines:
        assert line.replace("from btalpha.", "from ...") in program


def test_the_tearsheet_of_any_run_takes_four_lines() -> None:
    shown = README.split("<!-- tearsheet:start -->")[1].split("<!-- tearsheet:end -->")[0]
    assert len([line for line in shown.splitlines() if line and not line.startswith("```")]) == 4


def test_the_speed_is_that_of_the_recorded_run() -> None:
    from btalpha.scripts.results import SPEED_COMMAND, speed_table

    shown = README.split("<!-- speed:start -->")[1].split("<!-- speed:end -->")[0]
    assert speed_table() in shown, "put the table of `python -m btalpha.scripts.results` into the README"
    assert SPEED_COMMAND in shown


def test_the_time_to_read_is_that_of_the_recorded_run() -> None:
    from btalpha.scripts.results import READING_COMMAND, reading_table

    shown = README.split("<!-- reading:start -->")[1].split("<!-- reading:end -->")[0]
    assert reading_table() in shown, "put the table of `python -m btalpha.scripts.results` into the README"
    assert READING_COMMAND in shown


def test_the_benchmarks_are_those_of_the_recorded_runs() -> None:
    from btalpha.scripts.benchmark_results import COMMANDS, benchmarks_table

    shown = README.split("<!-- benchmarks:start -->")[1].split("<!-- benchmarks:end -->")[0]
    assert benchmarks_table() in shown, "put the table of `python -m btalpha.scripts.results` into the README"
    assert all(command in shown for command in COMMANDS.values())


def test_pictures_and_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)]+)\)", README):
        if not target.startswith("https://"):
            assert (ROOT / target).is_file(), target


def test_the_files_of_a_run_are_named() -> None:
    from btalpha.scripts.files import FILES

    assert not [name for name in FILES if f"`{name}`" not in README]
