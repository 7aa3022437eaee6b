"""A saved provider that was damaged is refused, or predicts the same bytes: never anything else."""

import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from btalpha.feeds import Panel, simulate_market
from btalpha.signals import EnsembleSignal, FactorSignal, RidgeSignal, SignalProvider, WalkForward
from btalpha.signals.models.lstm.signal import LSTMSignal
from btalpha.signals.persistence import FORMAT, ModelFileError, read_model, write_model
from hypothesis import strategies as st
from safetensors.numpy import save_file

from ...feeds.fuzz import damage, runner

CODES = ["rev5", "vol20"]
SAVED: dict[str, tuple[type[SignalProvider], Callable[[], SignalProvider]]] = {
    "ridge": (RidgeSignal, lambda: RidgeSignal(factors=CODES, horizon=3)),
    "factor": (FactorSignal, lambda: FactorSignal("rev5", horizon=3)),
    "ensemble": (EnsembleSignal, lambda: EnsembleSignal([RidgeSignal(factors=CODES), FactorSignal("rev5")])),
    "lstm": (
        LSTMSignal,
        lambda: LSTMSignal(factors=CODES, hidden=3, epochs=1, ensemble=1, length=15, burn_in=5, horizon=3),
    ),
    "walk": (WalkForward, lambda: WalkForward(RidgeSignal(factors=CODES), start=panel().dates[60], refit=20)),
}


@cache
def panel() -> Panel:
    return simulate_market(n_symbols=12, n_days=100, seed=2)


@cache
def saved(name: str) -> tuple[bytes, np.ndarray]:
    with tempfile.TemporaryDirectory() as folder:
        provider = SAVED[name][1]().fit(panel())
        provider.save(Path(folder) / "model")
        return (Path(folder) / "model").read_bytes(), provider.predict(panel()).to_numpy()


def check(name: str, steps: list[damage.Spoil]) -> str:
    content, expected = saved(name)
    spoilt = damage.spoilt(content, steps)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model"
        path.write_bytes(spoilt)
        try:
            provider = SAVED[name][0].load(path)
        except ModelFileError as error:
            assert str(path) in str(error)
            return "refused"
    if spoilt != content:
        np.testing.assert_array_equal(provider.predict(panel()).to_numpy(), expected)
    return "taken"


@runner.sizes(40, 1500)
def test_bytes_of_saved_providers(examples: int) -> None:
    names = st.sampled_from(
        sorted(SAVED) if examples > 100 else ["factor", "ridge"]
    )  # a network takes seconds
    runner.run("saved models", examples, check, name=names, steps=damage.spoils(text=False))


def test_a_changed_number_is_found(tmp_path: Path) -> None:
    """A weight that changed makes a file that is whole in every other way."""
    write_model(tmp_path / "m", "Kind", {"a": 1}, {"w": np.arange(4.0)})
    content = bytearray((tmp_path / "m").read_bytes())
    content[-1] ^= 1
    (tmp_path / "m").write_bytes(content)
    with pytest.raises(ModelFileError, match="is damaged: its checksum differs"):
        read_model(tmp_path / "m", "Kind")


def test_a_changed_setting_is_found(tmp_path: Path) -> None:
    write_model(tmp_path / "m", "Kind", {"horizon": 5}, {})
    content = (tmp_path / "m").read_bytes()
    (tmp_path / "m").write_bytes(content.replace(b'horizon\\": 5', b'horizon\\": 7'))
    with pytest.raises(ModelFileError, match="is damaged: its checksum differs"):
        read_model(tmp_path / "m", "Kind")


def test_a_file_without_a_checksum_is_refused(tmp_path: Path) -> None:
    header = f'{{"format": {FORMAT}, "kind": "Kind", "settings": {{}}}}'
    save_file({"a": np.ones(1)}, tmp_path / "m", metadata={"btalpha": header})
    with pytest.raises(ModelFileError, match="is damaged"):
        read_model(tmp_path / "m", "Kind")
