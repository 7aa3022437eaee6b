"""What may be said of an LSTM, and the message where it does not go."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .signal import LSTMSignal

LOSS_NAMES = ("correlation", "mse", "pairwise")
OUTPUTS = ("horizon", "daily")
TARGETS = ("rank", "zscore")

# What :class:`~btalpha.signals.models.lstm.training.TrainingSettings` is made of.
TRAINING = (
    "loss",
    "epochs",
    "patience",
    "learning_rate",
    "weight_decay",
    "length",
    "burn_in",
    "parts",
)

# What a saved file must hold to build the same networks and to fit them again.
SAVED = (
    "hidden",
    "layers",
    "dropout",
    "outputs",
    "target",
    *TRAINING,
    "validation",
    "ensemble",
    "seed",
    "device",
)


def check_options(signal: "LSTMSignal") -> None:
    """Raise ``ValueError`` that names the first option out of its range, the rule and the value got."""
    for name, rule, holds in (
        ("hidden", "1 or more", signal.hidden >= 1),
        ("layers", "1 or more", signal.layers >= 1),
        ("dropout", "in [0, 1)", 0 <= signal.dropout < 1),
        ("outputs", _one_of(OUTPUTS), signal.outputs in OUTPUTS),
        ("target", _one_of(TARGETS), signal.target in TARGETS),
        ("loss", _one_of(LOSS_NAMES), signal.loss in LOSS_NAMES),
        ("epochs", "1 or more", signal.epochs >= 1),
        ("patience", "1 or more", signal.patience >= 1),
        ("learning_rate", "above 0", signal.learning_rate > 0),
        ("weight_decay", "0 or more", signal.weight_decay >= 0),
        ("burn_in", f"from 1 to length - 1 = {signal.length - 1} days", 0 < signal.burn_in < signal.length),
        (
            "parts",
            "1, or more with loss 'mse'",
            signal.parts == 1 or (signal.parts > 1 and signal.loss == "mse"),
        ),
        ("validation", "a share between 0 and 1", 0 < signal.validation < 1),
        ("ensemble", "1 network or more", signal.ensemble >= 1),
        ("seed", "0 or more", signal.seed >= 0),
        ("device", "'auto', 'cpu' or 'cuda'", signal.device.split(":")[0] in ("auto", "cpu", "cuda")),
    ):
        if not holds:
            raise ValueError(f"{name} must be {rule}, got {getattr(signal, name)!r}")


def _one_of(names: tuple[str, ...]) -> str:
    return " or ".join([", ".join(map(repr, names[:-1])), repr(names[-1])])
