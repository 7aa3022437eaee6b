"""Finished fits on disk: what makes one the same, and a run that is killed goes on."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import Panel
from btalpha.signals import (
    FactorSignal,
    ICScreen,
    LSTMSignal,
    Preprocessor,
    RidgeSignal,
    SignalProvider,
    WalkForward,
)
from btalpha.signals.walk_forward.identity import describe, fit_key

CODES = ["rev5", "vol20", "turn5"]


def ridge(**settings: Any) -> RidgeSignal:
    return RidgeSignal(**{"factors": CODES, "screen": ICScreen(min_factors=2), "horizon": 3, **settings})


def lstm() -> LSTMSignal:
    return LSTMSignal(factors=CODES, hidden=4, epochs=2, ensemble=2, length=25, burn_in=8, horizon=3)


def walk(panel: Panel, folder: Path | None, provider: SignalProvider, **options: Any) -> WalkForward:
    return WalkForward(
        provider, **{"start": panel.dates[110], "refit": 30, "checkpoints": folder, **options}
    ).fit(panel)


def content(fitted: WalkForward, panel: Panel) -> tuple[bytes, ...]:
    screens = [fit.learned.screening for fit in fitted.fits_]
    return (
        fitted.predict(panel).to_numpy().tobytes(),
        fitted.fits_table().to_csv().encode(),
        *(one.to_csv().encode() for one in screens if one is not None),
    )


class TestResumed:
    @pytest.mark.parametrize(
        "make", [ridge, lstm, lambda: FactorSignal("rev5")], ids=["ridge", "lstm", "factor"]
    )
    def test_it_gives_the_same_bytes_without_fitting(
        self, gappy: Panel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Any
    ) -> None:
        first = walk(gappy, tmp_path, make())
        assert first.resumed_ == 0
        assert len(list(tmp_path.iterdir())) == 3
        monkeypatch.setattr(type(first.provider), "fit", None)
        again = walk(gappy, tmp_path, make())
        assert again.resumed_ == 3
        assert content(again, gappy) == content(first, gappy) == content(first, gappy)

    def test_a_longer_panel_adds_its_own(self, gappy: Panel, tmp_path: Path) -> None:
        walk(gappy.until(gappy.dates[145]), tmp_path, ridge())
        assert walk(gappy, tmp_path, ridge()).resumed_ == 2

    def test_workers_leave_the_same_files(self, gappy: Panel, tmp_path: Path) -> None:
        for name, workers in (("one", 1), ("two", 2)):
            walk(gappy, tmp_path / name, ridge(), n_jobs=workers)
        one, two = (
            {file.name: file.read_bytes() for file in (tmp_path / name).iterdir()} for name in ("one", "two")
        )
        assert one == two

    @pytest.mark.parametrize(
        "damage", [lambda b: b[: len(b) // 2], lambda b: b[:-9] + b"x" * 9, lambda b: b""]
    )
    def test_a_damaged_file_is_named_and_made_again(
        self, gappy: Panel, tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: Any
    ) -> None:
        expected = content(walk(gappy, tmp_path, ridge()), gappy)
        victim = sorted(tmp_path.iterdir())[1]
        whole = victim.read_bytes()
        victim.write_bytes(damage(whole))
        again = walk(gappy, tmp_path, ridge())
        assert again.resumed_ == 2
        assert content(again, gappy) == expected
        assert victim.name in caplog.text
        assert victim.read_bytes() == whole


PROGRAM = textwrap.dedent(
    """
    import sys, time
    from pathlib import Path
    from btalpha.feeds import simulate_market
    from btalpha.signals import ICScreen, RidgeSignal, WalkForward

    class Slow(RidgeSignal):
        def fit(self, panel):
            time.sleep(float(sys.argv[3]))
            return super().fit(panel)

    if __name__ == "__main__":
        panel = simulate_market(n_symbols=12, n_days=200, seed=3)
        slow = Slow(factors=["rev5", "vol20"], screen=ICScreen(min_factors=2), horizon=3)
        walk = WalkForward(slow, start=panel.dates[100], refit=20, n_jobs=int(sys.argv[4]),
                           checkpoints=sys.argv[1] if sys.argv[1] != "-" else None).fit(panel)
        walk.n_jobs = 1
        walk.save(sys.argv[2])
        walk.predict(panel).to_parquet(sys.argv[2] + ".scores")
        print(walk.resumed_)
    """
)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL, which this system lacks")
@pytest.mark.long
@pytest.mark.parametrize("workers", [1, 2])
def test_a_run_killed_in_the_middle_goes_on_from_the_fits_that_are_whole(
    tmp_path: Path, workers: int
) -> None:
    program, kept = tmp_path / "program.py", tmp_path / "kept"
    program.write_text(PROGRAM)

    def command(folder: object, out: str, pause: float) -> list[str]:
        return [sys.executable, str(program), str(folder), str(tmp_path / out), str(pause), str(workers)]

    run = subprocess.Popen(
        command(kept, "killed", 1.0),
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 120
        while (
            len(list(kept.glob("*.safetensors"))) < 2 and run.poll() is None and time.monotonic() < deadline
        ):
            time.sleep(0.02)
    finally:
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
    done = len(list(kept.glob("*.safetensors")))
    assert 2 <= done < 5
    assert not (tmp_path / "killed").exists()

    resumed = subprocess.run(command(kept, "resumed", 0), capture_output=True, text=True, check=True)
    subprocess.run(command("-", "straight", 0), capture_output=True, text=True, check=True)
    assert int(resumed.stdout) == done
    for name in ("", ".scores"):
        assert (tmp_path / f"resumed{name}").read_bytes() == (tmp_path / f"straight{name}").read_bytes()


class Own(SignalProvider):
    def __init__(self, setting: object = None, on_fit: object = None) -> None:
        self.setting = setting
        self.on_fit = on_fit

    def fit(self, panel: Panel) -> Self:
        return self

    def predict(self, panel: Panel) -> pd.DataFrame:
        return panel["close"]


def double(x: float) -> float:
    return 2 * x


class TestKey:
    def test_of_equal_providers_is_equal(self) -> None:
        assert fit_key(ridge(), "x") == fit_key(ridge(), "x")
        assert fit_key(lstm(), "x") == fit_key(lstm(), "x")

    def test_does_not_see_callbacks_nor_what_was_learned(self, gappy: Panel) -> None:
        lock = threading.Lock()
        assert fit_key(Own(on_fit=lock.acquire), "x") == fit_key(Own(), "x")
        assert fit_key(ridge().fit(gappy), "x") == fit_key(ridge(), "x")

    def test_does_not_see_where_the_network_keeps_its_training(self) -> None:
        one, other = lstm(), lstm()
        one.checkpoints = "here"
        assert fit_key(one, "x") == fit_key(other, "x")

    @pytest.mark.parametrize(
        "other",
        [
            ridge(alpha=2.0),
            ridge(factors=CODES[:2]),
            ridge(factors=None),
            ridge(screen=None),
            ridge(screen=ICScreen(min_factors=2, min_t=1.0)),
            ridge(preprocessor=Preprocessor(scale="zscore")),
            ridge(label="close"),
            ridge(horizon=4),
            lstm(),
            FactorSignal("rev5"),
        ],
        ids=lambda one: type(one).__name__,
    )
    def test_sees_every_setting(self, other: SignalProvider) -> None:
        assert fit_key(other, "x") != fit_key(ridge(), "x")

    def test_sees_the_bars(self) -> None:
        assert fit_key(ridge(), "x") != fit_key(ridge(), "y")

    def test_sees_a_factor_of_the_users_own(self) -> None:
        from btalpha.signals.factors import register, unregister

        before = fit_key(ridge(), "x")
        register("mine", kind="trend", formula="C", inputs=("close",), warm_up=1)(lambda bars: bars.close)
        try:
            assert fit_key(ridge(), "x") != before
        finally:
            unregister("mine")

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            (1, True),
            (1, 1.0),
            ("1", 1),
            ([1, [2]], [[1], 2]),
            ({"a": 1}, {"a": 2}),
            (np.arange(3), np.arange(3.0)),
            (np.arange(4), np.arange(4).reshape(2, 2)),
            (pd.Series([1, 2]), pd.Series([2, 1])),
            (pd.Timestamp("2016-01-04"), pd.Timestamp("2016-01-05")),
            (Path("a"), Path("b")),
            (partial(double, 1), partial(double, 2)),
            (double, len),
            (np.random.default_rng(1), np.random.default_rng(2)),
            ({1, 2}, {1, 3}),
            (RidgeSignal, LSTMSignal),
        ],
        ids=lambda value: type(value).__name__,
    )
    def test_tells_values_apart(self, one: object, other: object) -> None:
        assert describe(one) == describe(one)
        assert fit_key(Own(one), "x") != fit_key(Own(other), "x")

    @pytest.mark.parametrize("value", [threading.Lock(), (lambda x: lambda: x)(1)], ids=["lock", "closure"])
    def test_refuses_what_cannot_be_told_apart(self, value: object) -> None:
        with pytest.raises(ValueError, match=r"cannot be told from another.*leave checkpoints out"):
            fit_key(Own(value), "x")


class TestValidation:
    def test_a_provider_that_cannot_be_saved(self, tmp_path: Path) -> None:
        with pytest.raises(
            ValueError, match="checkpoints needs a provider that can be saved; Own has no way"
        ):
            WalkForward(Own(), checkpoints=tmp_path)

    def test_a_folder_that_cannot_be_made_is_told_before_the_work(self, gappy: Panel, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(OSError, match=r"checkpoints .*file cannot be made"):
            walk(gappy, tmp_path / "file", ridge())
