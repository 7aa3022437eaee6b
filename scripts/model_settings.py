"""The table ``[model]`` of the settings: which models run, and their options."""

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

MODELS = ("lstm", "ridge", "lightgbm", "factor", "ensemble", "random")
"""Names of the models that come along."""

_CHECKED = ConfigDict(extra="forbid", frozen=True)
_OWN = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


class LightGBMSettings(BaseModel):
    """Boosted trees; see ``LightGBMSignal``."""

    model_config = _CHECKED

    n_estimators: Annotated[int, Field(ge=1)] = 500
    learning_rate: Annotated[float, Field(gt=0)] = 0.03
    num_leaves: Annotated[int, Field(ge=2)] = 31
    min_child_samples: Annotated[int, Field(ge=1)] = 500
    feature_fraction: Annotated[float, Field(gt=0, le=1)] = 0.7
    bagging_fraction: Annotated[float, Field(gt=0, le=1)] = 0.7
    lambda_l2: Annotated[float, Field(ge=0)] = 10.0
    patience: Annotated[int, Field(ge=1)] = 50
    validation: Annotated[float, Field(gt=0, lt=1)] = 0.2
    ensemble: Annotated[int, Field(ge=1)] = 3
    target: Literal["rank", "return"] = "rank"


class ModelSettings(BaseModel):
    """What predicts: one model, or a list of them that are compared.

    ``name``: one of :data:`MODELS`, or ``"package.module:Class"`` for a provider of your own.
    ``alpha`` is for ridge, ``code`` and ``sign`` for one factor, ``members`` and ``member_weights`` for
    the ensemble, the table ``lightgbm`` for LightGBM, ``inputs`` for all that learn from factors, the rest
    for the LSTM.
    """

    model_config = _CHECKED

    name: str | list[str] = "lstm"
    horizon: Annotated[int, Field(ge=1, le=250)] = 5
    label: Literal["open", "close"] = "open"
    inputs: list[Literal["bars", "market"]] = ["bars", "market"]
    hidden: Annotated[int, Field(ge=1)] = 64
    layers: Annotated[int, Field(ge=1)] = 1
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.1
    outputs: Literal["horizon", "daily"] = "horizon"
    target: Literal["rank", "zscore"] = "rank"
    loss: Literal["correlation", "mse", "pairwise"] = "correlation"
    epochs: Annotated[int, Field(ge=1)] = 30
    patience: Annotated[int, Field(ge=1)] = 5
    learning_rate: Annotated[float, Field(gt=0)] = 2e-3
    weight_decay: Annotated[float, Field(ge=0)] = 1e-4
    length: Annotated[int, Field(ge=2)] = 60
    burn_in: Annotated[int, Field(ge=1)] = 20
    parts: Annotated[int, Field(ge=1)] = 1
    validation: Annotated[float, Field(gt=0, lt=1)] = 0.2
    ensemble: Annotated[int, Field(ge=1)] = 3
    device: str = "auto"
    alpha: Annotated[float, Field(ge=0)] = 1.0
    code: str = "rev5"
    sign: Literal[1, -1] = 1
    members: Annotated[list[str], Field(min_length=1)] = ["lstm", "ridge"]
    member_weights: list[Annotated[float, Field(gt=0)]] | None = None
    lightgbm: LightGBMSettings = LightGBMSettings()

    @property
    def names(self) -> list[str]:
        """Return the models to be run, one or more."""
        return [self.name] if isinstance(self.name, str) else self.name

    @property
    def used(self) -> set[str]:
        """Return the models that are fitted: those to be run, and the members of an ensemble among them."""
        return {*self.names, *(self.members if "ensemble" in self.names else ())}

    @field_validator("name")
    @classmethod
    def _check_name(cls, name: str | list[str]) -> str | list[str]:
        names = [name] if isinstance(name, str) else name
        _check_names(names, MODELS)
        if len(names) == 1:
            return names[0]
        labels = [model_label(one) for one in names]
        twice = next((label for label in labels if labels.count(label) > 1), None)
        if twice is not None:
            raise ValueError(f"give each model once, each has a folder of its own; {twice!r} is there twice")
        return names

    @field_validator("members")
    @classmethod
    def _check_members(cls, members: list[str]) -> list[str]:
        _check_names(members, tuple(name for name in MODELS if name != "ensemble"))
        return members


def model_label(name: str) -> str:
    """Return the name of a model's folder and row: of a class of your own without its module.

    Examples
    --------
    >>> model_label("ridge"), model_label("mine.models:Cheap")
    ('ridge', 'Cheap')
    """
    return name.rpartition(":")[2]


def _check_names(names: list[str], known: tuple[str, ...]) -> None:
    if not names:
        raise ValueError("name one model or more")
    strange = [name for name in names if name not in known and not _OWN.fullmatch(name)]
    if strange:
        raise ValueError(
            f"there is no model {strange[0]!r}; name {', '.join(map(repr, known))} or a provider of your own "
            "as 'package.module:Class'"
        )
