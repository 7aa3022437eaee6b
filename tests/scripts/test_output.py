"""Results are written whole or not at all."""

import re
from pathlib import Path

import pytest
from btalpha.scripts.output import check_writable, replaced_folder

FILES = ("config.toml", "only_old.csv")


def _write(folder: Path, text: str) -> None:
    (folder / "config.toml").write_text(text)


def test_a_new_folder_appears_with_its_parents(tmp_path: Path) -> None:
    out = tmp_path / "a" / "b"
    with replaced_folder(out, FILES) as folder:
        assert not out.exists()
        _write(folder, "new")
    assert (out / "config.toml").read_text() == "new"


def test_an_older_run_is_replaced_whole(tmp_path: Path) -> None:
    out = tmp_path / "run"
    with replaced_folder(out, FILES) as folder:
        _write(folder, "old")
        (folder / "only_old.csv").write_text("x")
    with replaced_folder(out, FILES) as folder:
        _write(folder, "new")
    assert [file.name for file in out.iterdir()] == ["config.toml"]
    assert (out / "config.toml").read_text() == "new"


@pytest.mark.parametrize("interruption", [RuntimeError, KeyboardInterrupt])
def test_an_interrupted_run_leaves_the_older_one_whole(
    tmp_path: Path, interruption: type[BaseException]
) -> None:
    out = tmp_path / "run"
    with replaced_folder(out, FILES) as folder:
        _write(folder, "old")
    with pytest.raises(interruption), replaced_folder(out, FILES) as folder:
        _write(folder, "half")
        raise interruption
    assert (out / "config.toml").read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["run"]


def test_a_folder_of_other_files_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    _write(tmp_path, "a configuration of something else")
    with pytest.raises(ValueError, match="holds other files than results"):
        check_writable(tmp_path, FILES)
    assert (tmp_path / "thesis.tex").exists()


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(ValueError, match="is a file; name a folder"):
        check_writable(file, FILES)
    with pytest.raises(OSError, match=re.escape("cannot be written")):
        check_writable(file / "below", FILES)
