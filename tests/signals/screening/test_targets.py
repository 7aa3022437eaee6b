"""What factors are compared with."""

import numpy as np
import pytest
from btalpha.feeds import Panel
from btalpha.signals import ICScreen
from btalpha.signals.labels import forward_returns
from btalpha.signals.screening.targets import forward_target

NAN = float("nan")


@pytest.mark.parametrize("label", ["open", "close"])
@pytest.mark.parametrize("horizon", [1, 3])
def test_the_return_leads_from_one_price_to_the_other(gappy: Panel, label: str, horizon: int) -> None:
    price = forward_target(gappy, horizon, target="price", label=label)
    gain = forward_target(gappy, horizon, target="return", label=label)
    np.testing.assert_array_equal(gain, forward_returns(gappy, horizon, label=label))
    lag = 1 if label == "open" else 0
    entry = np.full(gain.shape, NAN)
    entry[: len(gappy) - lag] = gappy.adjusted_array(label)[lag:]
    np.testing.assert_allclose(price, entry * (1 + horizon * gain))
    np.testing.assert_array_equal(np.isnan(price), np.isnan(gain))


def test_by_eye(make_panel) -> None:
    opens = [[10.0, 5.0], [11.0, 5.0], [NAN, 5.0], [13.0, 5.0]]  # the first stock has no bar on day 3
    closes = [[10.5, 5.0], [11.5, 5.0], [NAN, 5.0], [13.5, 5.0]]
    panel = make_panel(opens, closes, factor=[[1.0, 1.0], [1.0, 1.0], [1.0, 1.0], [2.0, 1.0]])
    nan = pytest.approx(NAN, nan_ok=True)

    def first(horizon: int, label: str) -> list[float]:
        return forward_target(panel, horizon, target="price", label=label)[:, 0].tolist()

    assert first(1, "close") == [11.5, 11.5, nan, nan], "no bar at the end: the last close; none at the start"
    assert first(1, "open") == [11.5, nan, nan, nan]
    assert first(2, "open") == [26.0, nan, nan, nan]


def test_nothing_follows_within_a_short_panel(make_panel) -> None:
    panel = make_panel([[10.0], [11.0]], [[10.0], [11.0]])
    assert np.isnan(forward_target(panel, 5, target="price", label="close")).all()


def test_the_screen_asks_for_its_own(gappy: Panel) -> None:
    for target in ("return", "price"):
        np.testing.assert_array_equal(
            ICScreen(target=target).labels(gappy, 2, label="close"),
            forward_target(gappy, 2, target=target, label="close"),
        )


def test_validation(gappy: Panel) -> None:
    with pytest.raises(ValueError, match="target must be one of return, price, got 'profit'"):
        forward_target(gappy, 1, target="profit")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="horizon must be a whole number"):
        forward_target(gappy, 0, target="price")
    with pytest.raises(ValueError, match="label must be one of"):
        forward_target(gappy, 1, target="price", label="high")
