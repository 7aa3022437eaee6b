"""Paths, tokens and symbols are data: nothing evaluates them, hands them to a shell, or unpickles a file."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from btalpha.feeds import simulate_market

REPO = Path(__file__).resolve().parents[1]
LAYERS = ("feeds", "signals", "strategies", "scripts")

# What turns data into code, or hands it to a program.
BUILTINS = {"eval", "exec", "compile", "__import__"}
MODULES = {
    *("pickle", "cPickle", "dill", "cloudpickle", "shelve", "marshal", "runpy", "code", "codeop", "pty"),
    *("subprocess", "ctypes", "cffi", "telnetlib", "ftplib", "yaml", "xmlrpc"),
}
CALLS = {
    *(
        "os.system",
        "os.popen",
        "os.startfile",
        "torch.load",
        "torch.save",
        "joblib.load",
        "joblib.dump",
        "np.load",
    ),
    *("numpy.load", "pd.read_pickle", "pandas.read_pickle", "pd.eval", "pandas.eval", "tempfile.mktemp"),
    *("pkgutil.resolve_name", "importlib.import_module", "import_module", "importlib.reload"),
    *("importlib.util.spec_from_file_location", "importlib.util.module_from_spec"),
}
METHODS = {"to_pickle", "read_pickle", "find_class"}
OPTIONS = {"allow_pickle", "shell"}  # with anything but False

# Where it is meant: each with the reason.
LAZY = {"import_module"}  # of btalpha's own modules, by names that stand in the code
MAY = {
    "signals/walk_forward/workers.py": {
        "pickle",
        "cloudpickle",
    },  # between a run's own processes, never a file
    "signals/shared_features.py": {
        "np.load"
    },  # its own temporary arrays; NumPy refuses pickled ones by itself
    "scripts/own_provider.py": {"pkgutil.resolve_name"},  # a class that the user names, whose code is to run
    "scripts/commands/factors.py": {"pkgutil.resolve_name"},  # a module of the user's, the same
    "feeds/__init__.py": LAZY,
    "feeds/sources/catalogue.py": LAZY,
    "signals/factors/__init__.py": LAZY,
    "strategies/__init__.py": LAZY,
    "strategies/exchange/__init__.py": LAZY,
}
# Benchmarks start Python again with words of their own, and import rivals and the references of the tests.
BENCHMARKS = {
    *("subprocess", "import_module", "importlib.util.spec_from_file_location"),
    "importlib.util.module_from_spec",
}


def dangers(source: str) -> Iterator[str]:
    """What a module imports or calls that could make code of data."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (name for alias in node.names if (name := alias.name.split(".")[0]) in MODULES)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            parts = (node.module or "").split(".")
            yield from MODULES.intersection(parts)
            full = {f"{node.module}.{alias.name}" for alias in node.names}
            yield from full & (CALLS - {"importlib.import_module"})
        elif isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name in BUILTINS or name in CALLS or name.split(".")[-1] in METHODS:
                yield name
            for option in node.keywords:
                harmless = isinstance(option.value, ast.Constant) and option.value.value is False
                if option.arg in OPTIONS and not harmless:
                    yield f"{option.arg}="


def modules() -> list[Path]:
    return [path for layer in LAYERS for path in sorted((REPO / layer).rglob("*.py"))]


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(REPO).as_posix())
def test_no_module_makes_code_of_data(path: Path) -> None:
    label = path.relative_to(REPO).as_posix()
    allowed = BENCHMARKS if label.startswith("scripts/benchmarks/") else MAY.get(label, set())
    assert set(dangers(path.read_text(encoding="utf-8"))) <= allowed


def test_every_exception_is_still_needed() -> None:
    for label, allowed in MAY.items():
        assert set(dangers((REPO / label).read_text(encoding="utf-8"))) == allowed, label


@pytest.mark.parametrize(
    "source",
    [
        "eval(text)",
        "import pickle",
        "from pickle import loads",
        "def f():\n    import cloudpickle",
        "from joblib.externals.cloudpickle import dumps",
        "from os import system",
        "import os\nos.system(text)",
        "import torch\ntorch.load(path)",
        "from joblib import load",
        "np.load(path)",
        "np.lib.format.read_array(file, allow_pickle=True)",
        "run(words, shell=True)",
        "run(words, shell=flag)",
        "frame.to_pickle(path)",
        "import importlib\nimportlib.import_module(name)",
        "__import__(name)",
    ],
)
def test_the_check_sees_it(source: str) -> None:
    assert list(dangers(source))


@pytest.mark.parametrize(
    "source", ["network.eval()", "re.compile(text)", "safetensors.load(path)", "f(shell=False)"]
)
def test_the_check_lets_it_pass(source: str) -> None:
    assert not list(dangers(source))


HOSTILE = [
    "../../x",
    "$(touch pwned)",
    "`touch pwned`",
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    "/etc/x.SH",
]
SETTINGS = """
[factors]
codes = ["rev5", "vol20"]
[model]
name = "factor"
horizon = 5
[strategy]
k = 4
[random]
n = 4
"""
# Runs the command and writes down, from the inside, which files it opened to write and which programs it started.
WATCH = """
import os, sys
log = open(sys.argv[1], "w", encoding="utf-8", errors="backslashreplace")
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
def hook(event, details):
    if event == "open":
        path, mode, flags = details
        if isinstance(path, (str, bytes)) and (set(mode or "") & set("wax+") or (mode is None and flags & WRITES)):
            log.write(f"write {os.path.abspath(os.fsdecode(path))!r}\\n")
    elif event in ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.symlink", "os.link", "shutil.rmtree"):
        log.write(f"write {os.path.abspath(os.fsdecode(details[0]))!r}\\n")
    elif event in ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn"):
        log.write(f"start {details[:2]!r}\\n")
sys.addaudithook(hook)
from btalpha.scripts.cli import main
sys.argv = ["btalpha", *sys.argv[2:]]
main()
"""


@pytest.mark.slow
def test_hostile_symbols_go_through_a_backtest_as_data(tmp_path: Path) -> None:
    """Nothing is written outside the folders given, no program sees them, and the page shows them as text."""
    market = simulate_market(n_symbols=12, n_days=130, seed=3)
    names = dict(zip(market.symbols, HOSTILE, strict=False))
    columns = {name: market[name].to_numpy().ravel() for name in market.fields}
    keys = [(day, names.get(symbol, symbol)) for day in market.dates for symbol in market.symbols]
    table = pd.DataFrame(keys, columns=["date", "symbol"]).assign(**columns).dropna(subset="close")
    work = tmp_path / "work"
    for folder in (work, tmp_path / "tmp"):
        folder.mkdir()
    table.to_parquet(work / "bars.parquet")
    (work / "settings.toml").write_text(SETTINGS)
    log, out = tmp_path / "log", work / "out; touch pwned"
    words = ["backtest", "settings.toml", "--data", "bars.parquet", "--out", str(out), "--quiet"]
    done = subprocess.run(
        [sys.executable, "-B", "-c", WATCH, str(log), *words],
        cwd=work,
        env={**os.environ, "TMPDIR": str(tmp_path / "tmp")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (out / "tearsheet.html").is_file()
    events = log.read_text().splitlines()
    writes = {Path(ast.literal_eval(line.split(" ", 1)[1])) for line in events if line.startswith("write ")}
    # Compiled kernels and fonts' list are kept where they belong, under names that no symbol has a part in.
    own = {path for path in writes if "__pycache__" in path.parts or "matplotlib" in path.parts}
    outside = {path for path in writes - own if tmp_path not in path.parents and path != Path(os.devnull)}
    assert outside == set()
    started = [line for line in events if line.startswith("start ")]
    assert not [
        line for line in started if any(word in line for word in (*HOSTILE, "pwned", "'sh'", "/bin/sh"))
    ]
    assert not list(tmp_path.rglob("pwned"))
    assert {path.name for path in work.iterdir()} == {"bars.parquet", "settings.toml", out.name}
    page = (out / "tearsheet.html").read_text(encoding="utf-8")
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page or "\\u003cscript" in page
