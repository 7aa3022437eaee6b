"""Damaged TOML ends in one error that names the file, or in settings that say what the TOML says."""

import tempfile
import tomllib
from pathlib import Path
from typing import Any

from btalpha.scripts.settings import Settings, SettingsError, load_settings
from hypothesis import strategies as st

from ..feeds.fuzz import damage, runner

CONFIGS = [
    path.read_bytes() for path in sorted((Path(__file__).parents[2] / "scripts/configs").glob("*.toml"))
]
VALUES = [
    *(
        "0",
        "-1",
        "1e999",
        "nan",
        "inf",
        "true",
        '""',
        '"x"',
        "[]",
        "[[]]",
        "{}",
        "2016-02-30",
        "2016-01-04",
        "9" * 30,
    ),
    *(
        '"../../x"',
        '"$(touch x)"',
        '"\\u0000"',
        '"' + "a" * 3000 + '"',
        "'''",
        "1979-05-27T07:32:00Z",
        "0x7f",
        "+",
        "=1",
    ),
]


def check(content: bytes) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "settings.toml"
        path.write_bytes(content)
        try:
            settings = load_settings(path, {})
        except SettingsError as error:
            assert str(path) in str(error)
            assert all(line.strip() for line in str(error).splitlines())
            return "refused"
        assert [file.name for file in Path(folder).iterdir()] == ["settings.toml"]
        said(tomllib.loads(path.read_text(encoding="utf-8")), settings.model_dump(), path.parent.resolve())
    return "taken"


def said(content: dict[str, Any], settings: dict[str, Any], folder: Path) -> None:
    """Each value of the TOML is in the settings, as it is but for its type."""
    for name, value in content.items():
        found = settings[name]
        if isinstance(value, dict) and isinstance(found, dict):
            said(value, found, folder)
        elif isinstance(found, Path):
            assert found in (Path(value), (folder / value).resolve())
        elif isinstance(found, float):
            assert found == float(value), name
        else:
            assert found == value or str(found) == str(value) or [found] == value or found == [value], name


def bytes_damaged() -> st.SearchStrategy[bytes]:
    return st.builds(damage.spoilt, st.sampled_from(CONFIGS), damage.spoils(text=True))


def values_damaged() -> st.SearchStrategy[bytes]:
    keys = [
        f"{section}.{key}"
        for section, field in Settings.model_fields.items()
        for key in getattr(field.annotation, "model_fields", {})
    ] + ["seed", "title", "versions", "data", "model", "nothing", "strategy.kk"]
    pairs = st.lists(st.tuples(st.sampled_from(keys), st.sampled_from(VALUES)), min_size=1, max_size=3)
    return pairs.map(lambda chosen: "".join(f"{key} = {value}\n" for key, value in chosen).encode())


@runner.sizes(60, 1500)
def test_settings(examples: int) -> None:
    runner.run("settings", examples, check, content=st.one_of(bytes_damaged(), values_damaged()))
