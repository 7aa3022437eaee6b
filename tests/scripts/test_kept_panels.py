"""The commands keep large bars as they were read, where and when they are told to."""

from pathlib import Path

import pytest
from btalpha.feeds import Panel
from btalpha.scripts import build


@pytest.fixture(autouse=True)
def user_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stands for the user's own cache folder."""
    folder = tmp_path / "cache"
    monkeypatch.setattr("btalpha.feeds.cache.panel_cache.default_folder", lambda name: folder / name)
    return folder


def kept(folder: Path) -> list[Path]:
    return list(folder.rglob("*.panel"))


def test_small_bars_are_not_kept(btalpha, bars_file, user_cache):
    assert btalpha("factors", "rev5", "--data", bars_file).code == 0
    assert kept(user_cache) == []


class TestLargeBars:
    @pytest.fixture(autouse=True)
    def all_are_large(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(build, "WORTH_CACHING_BYTES", 1)

    def test_are_kept_and_used(self, btalpha, bars_file, user_cache, monkeypatch):
        first = btalpha("factors", "rev5", "--data", bars_file)
        assert len(kept(user_cache)) == 1
        monkeypatch.setattr(
            "btalpha.feeds.bar_files._read", lambda *_: pytest.fail("the bars were read again")
        )
        again = btalpha("factors", "rev5", "--data", bars_file)
        assert (again.code, again.out) == (0, first.out)

    def test_are_not_where_that_is_switched_off(self, btalpha, bars_file, user_cache):
        assert btalpha("factors", "rev5", "--data", bars_file, "--no-cache").code == 0
        assert kept(user_cache) == []

    @pytest.mark.parametrize(("setting", "place"), [("true", "cache"), ("false", None), ("'kept'", "kept")])
    def test_settings_name_the_place(self, tmp_path, bars_file, setting, place):
        from btalpha.scripts.settings import load_settings

        config = tmp_path / "settings.toml"
        config.write_text(f"data.bars = '{bars_file}'\ndata.cache = {setting}\n")
        panels = [build.build_panel(load_settings(config, {}).data) for _ in range(2)]
        assert len(kept(tmp_path)) == (0 if place is None else 1)
        assert place is None or kept(tmp_path / place)
        expected = Panel.read(bars_file)
        for panel in panels:
            assert panel["close"].equals(expected["close"])
