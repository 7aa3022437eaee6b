"""The promises of the layout: one direction of imports, light imports, small modules, own words."""

import ast
import importlib
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[1]
LAYERS = ("feeds", "signals", "strategies", "scripts")  # each may import only those before it
HEAVY = ("torch", "backtrader", "quantstats", "matplotlib")
FEEDS_WITH_BACKTRADER = {
    *("feeds/panel_feed.py", "feeds/panel_feeds.py", "feeds/panel_line.py"),
    "feeds/sources/files/backtrader_csv.py",
}
MAX_MODULE_LINES = 300
MAX_FUNCTION_LINES = 40  # without signature and docstring

PUBLIC = {
    "feeds": "Panel PanelFeed simulate_market",
    "signals": "FACTORS compute_factors Preprocessor ICScreen SignalProvider LSTMSignal RidgeSignal "
    "FactorSignal RandomSignal WalkForward evaluate assert_causal",
    "strategies": "TopK AShareBroker random_benchmark tearsheet",
}


def modules() -> list[Path]:
    return [path for layer in LAYERS for path in sorted((REPO / layer).rglob("*.py"))]


def label(path: Path) -> str:
    return path.relative_to(REPO).as_posix()


def imports_of(tree: ast.AST, package: str) -> Iterator[str]:
    """Absolute names of all that is imported, also inside functions and by ``import_module``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = absolute("." * node.level + (node.module or ""), package)
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "import_module":
            yield absolute(text_of(node.args[0]), package)


def text_of(node: ast.expr) -> str:
    """The text of a constant or of an f-string, ``?`` for what is filled in."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "?" for part in node.values)
    return "?"


def absolute(name: str, package: str) -> str:
    level = len(name) - len(name.lstrip("."))
    if level == 0:
        return name
    parents = package.split(".")
    kept = parents[: len(parents) - level + 1]
    return ".".join([*kept, name[level:]] if name[level:] else kept)


def imported(path: Path) -> set[str]:
    package = ".".join(("btalpha", *path.parent.relative_to(REPO).parts))
    return set(imports_of(ast.parse(path.read_text(encoding="utf-8")), package))


def broken_directions(layer: str, names: set[str]) -> list[str]:
    """What a module of a layer must not import: later layers, or a place that cannot be told."""
    allowed = LAYERS[: LAYERS.index(layer) + 1]
    own = [name.split(".") for name in names if name.split(".")[0] == "btalpha"]
    bad = [".".join(parts) for parts in own if len(parts) > 1 and parts[1] not in allowed]
    return sorted(bad + [name for name in names if name.startswith("?")])


def uses(path: Path, library: str) -> bool:
    return any(name.split(".")[0] == library for name in imported(path))


class TestImports:
    @pytest.mark.parametrize("path", modules(), ids=label)
    def test_run_in_one_direction(self, path: Path) -> None:
        layer = path.relative_to(REPO).parts[0]
        assert broken_directions(layer, imported(path)) == []

    @pytest.mark.parametrize(
        "source",
        [
            "from ..strategies import TopK",
            "from ..strategies.topk import TopK",
            "from .. import strategies",
            "import btalpha.scripts.cli",
            "def f():\n    from btalpha.strategies import TopK",
            "from importlib import import_module\nimport_module('..strategies.topk', __name__)",
            "import importlib\nimportlib.import_module(f'{name}.topk')",
        ],
    )
    def test_the_check_sees_every_way_to_import(self, source: str) -> None:
        names = set(imports_of(ast.parse(source), "btalpha.signals"))
        assert broken_directions("signals", names)

    @pytest.mark.parametrize(
        "source",
        ["from ..feeds import Panel", "from .provider import X", "import_module(f'.{name}', __name__)"],
    )
    def test_the_check_lets_the_right_way_pass(self, source: str) -> None:
        names = set(imports_of(ast.parse(source), "btalpha.signals"))
        assert broken_directions("signals", names) == []

    def test_backtrader_is_used_only_by_the_feed_and_the_strategies(self) -> None:
        users = {label(path) for path in modules() if uses(path, "backtrader")}
        early = {name for name in users if name.startswith(("feeds/", "signals/"))}
        assert early <= FEEDS_WITH_BACKTRADER

    def test_torch_is_used_only_by_the_lstm_and_its_benchmark(self) -> None:
        users = {label(path) for path in modules() if uses(path, "torch")}
        may = ("signals/models/lstm/", "scripts/benchmarks/lstm.py", "scripts/benchmarks/_lstm_windows.py")
        assert {name for name in users if not name.startswith(may)} == set()

    @pytest.mark.parametrize("name", ["btalpha.feeds", "btalpha.signals", "btalpha.scripts.cli"])
    def test_are_light(self, name: str) -> None:
        program = f"import sys, {name}; print(*[m for m in {HEAVY!r} if m in sys.modules])"
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stdout.split() == []


@pytest.mark.parametrize(
    ("layer", "name"),
    [
        pytest.param(layer, name, id=f"{layer}.{name}")
        for layer, names in PUBLIC.items()
        for name in names.split()
    ],
)
def test_public_name_is_there(layer: str, name: str) -> None:
    module = importlib.import_module(f"btalpha.{layer}")
    assert getattr(module, name) is not None
    assert name in module.__all__


class TestSize:
    @pytest.mark.parametrize("path", modules(), ids=label)
    def test_module_is_short(self, path: Path) -> None:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_MODULE_LINES

    @pytest.mark.parametrize("path", modules(), ids=label)
    def test_functions_are_short(self, path: Path) -> None:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        lengths = {node.name: body_lines(node) for node in functions}
        assert {name: n for name, n in lengths.items() if n > MAX_FUNCTION_LINES} == {}


def body_lines(function: ast.FunctionDef) -> int:
    """Lines of what is done: without the signature, which may name many options, and the docstring."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (function.end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_packages_of_pyproject_are_the_folders() -> None:
    settings = tomllib.loads((REPO / "pyproject.toml").read_text(encoding="utf-8"))
    found = {
        ".".join(("btalpha", *path.parent.relative_to(REPO).parts))
        for layer in LAYERS
        for path in (REPO / layer).rglob("__init__.py")
    }
    assert set(settings["tool"]["setuptools"]["packages"]) == found
    assert settings["tool"]["setuptools"]["package-dir"] == {f"btalpha.{layer}": layer for layer in LAYERS}


def test_constraints_fit_the_dependencies() -> None:
    settings = tomllib.loads((REPO / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = settings["dependencies"] + [
        line for extra in settings["optional-dependencies"].values() for line in extra
    ]
    pins = [
        line for line in (REPO / "constraints.txt").read_text(encoding="utf-8").splitlines() if line[0] != "#"
    ]
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", pin) for pin in pins), "exact, without a local version part"
    pinned = {canonical(pin.split("==")[0]) for pin in pins}
    assert {canonical(re.split(r"[\[<>=]", line)[0]) for line in wanted} <= pinned


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


# Written in parts, or this file would find itself.
FOREIGN = [
    *("/" + root + "/" for root in ("work", "root", "home", "opt", "tmp")),
    *(host + "." + end for host, end in (("pypi", "org"), ("pythonhosted", "org"))),
    "download." + "pytorch",
]


def test_no_file_names_a_place_of_one_machine() -> None:
    """A path of one machine, or the host of one registry, works nowhere else."""
    tops = {*LAYERS, "tests", "docs", ".ci", ".github"}
    files = [path for top in tops for path in (REPO / top).rglob("*")] + list(REPO.glob("*"))
    found = {}
    for path in files:
        if path.is_file() and "__pycache__" not in path.parts and path.suffix not in {".png", ".parquet"}:
            text = path.read_text(encoding="utf-8")
            hits = [word for word in FOREIGN if word in text]
            if hits:
                found[label(path)] = hits
    assert found == {}
