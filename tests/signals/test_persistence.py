"""Saved models: what is written comes back, and nothing else is read."""

import json
from pathlib import Path

import numpy as np
import pytest
from btalpha.signals import FactorSignal, RandomSignal, RidgeSignal
from btalpha.signals.persistence import FORMAT, ModelFileError, read_model, write_model
from safetensors.numpy import save_file

ARRAYS = {"a": np.arange(6.0).reshape(2, 3), "b": np.array([1, 2, 3], dtype=np.int64)}


def test_comes_back(tmp_path: Path) -> None:
    write_model(tmp_path / "m", "Kind", {"n": np.int64(3), "x": [1.5, None], "name": "ä"}, ARRAYS)
    settings, arrays = read_model(tmp_path / "m", "Kind")
    assert settings == {"n": 3, "x": [1.5, None], "name": "ä"}
    assert arrays.keys() == ARRAYS.keys()
    for name, values in ARRAYS.items():
        assert arrays[name].dtype == values.dtype
        np.testing.assert_array_equal(arrays[name], values)


def test_same_content_same_bytes(tmp_path: Path) -> None:
    for name, arrays in (("m", ARRAYS), ("n", {name: values.copy() for name, values in ARRAYS.items()})):
        write_model(tmp_path / name, "Kind", {"n": 3}, arrays)
    assert (tmp_path / "m").read_bytes() == (tmp_path / "n").read_bytes()


def test_a_transposed_array_keeps_its_meaning(tmp_path: Path) -> None:
    write_model(tmp_path / "m", "Kind", {}, {"a": ARRAYS["a"].T})
    np.testing.assert_array_equal(read_model(tmp_path / "m", "Kind")[1]["a"], ARRAYS["a"].T)


def test_a_failed_write_leaves_the_old_file_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_model(tmp_path / "m", "Kind", {"n": 1}, ARRAYS)

    def fail(self: Path, target: Path) -> Path:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        write_model(tmp_path / "m", "Kind", {"n": 2}, ARRAYS)
    monkeypatch.undo()
    assert read_model(tmp_path / "m", "Kind")[0] == {"n": 1}
    assert [file.name for file in tmp_path.iterdir()] == ["m"]


def test_others_may_read_what_the_umask_allows(tmp_path: Path) -> None:
    write_model(tmp_path / "m", "Kind", {}, {})
    (tmp_path / "plain").touch()
    assert (tmp_path / "m").stat().st_mode == (tmp_path / "plain").stat().st_mode


class TestRefusals:
    def refused(self, path: Path, match: str) -> None:
        with pytest.raises(ModelFileError, match=match) as caught:
            read_model(path, "Kind")
        assert str(path) in str(caught.value)

    @pytest.mark.parametrize("content", [b"", b"no model", b"\xff" * 100, b'{"a": 1}'])
    def test_garbage(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "m").write_bytes(content)
        self.refused(tmp_path / "m", "is not a saved provider")

    def test_a_cut_off_file(self, tmp_path: Path) -> None:
        write_model(tmp_path / "m", "Kind", {}, ARRAYS)
        (tmp_path / "m").write_bytes((tmp_path / "m").read_bytes()[:-8])
        self.refused(tmp_path / "m", "is not a saved provider")

    def test_tensors_of_somebody_else(self, tmp_path: Path) -> None:
        save_file(ARRAYS, tmp_path / "m")
        self.refused(tmp_path / "m", "is a safetensors file, but no saved provider")

    def test_another_kind(self, tmp_path: Path) -> None:
        write_model(tmp_path / "m", "Other", {}, {})
        self.refused(tmp_path / "m", "holds a Other, not a Kind")

    def test_another_version(self, tmp_path: Path) -> None:
        header = {"format": FORMAT + 1, "kind": "Kind", "settings": {}}
        save_file(ARRAYS, tmp_path / "m", metadata={"btalpha": json.dumps(header)})
        self.refused(tmp_path / "m", f"has format {FORMAT + 1}, this version reads {FORMAT}")

    @pytest.mark.parametrize("header", ["no json", "{}", "[1]"])
    def test_a_broken_header(self, tmp_path: Path, header: str) -> None:
        save_file(ARRAYS, tmp_path / "m", metadata={"btalpha": header})
        self.refused(tmp_path / "m", "has a header that cannot be read")

    def test_what_json_cannot_hold(self, tmp_path: Path) -> None:
        with pytest.raises(TypeError, match="a set cannot be saved"):
            write_model(tmp_path / "m", "Kind", {"x": {1}}, {})
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("kind", [FactorSignal, RandomSignal, RidgeSignal])
    def test_settings_of_another_shape(self, tmp_path: Path, kind: type) -> None:
        write_model(tmp_path / "m", kind.__name__, {"unheard": 1}, {})
        with pytest.raises(ModelFileError, match="does not fit this version"):
            kind.load(tmp_path / "m")
