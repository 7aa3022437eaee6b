"""What scikit-learn asks of a transformer's settings, without importing it (it takes a second)."""

import inspect
from typing import Any, Self


class Parameters:
    """``get_params`` and ``set_params`` for classes whose constructor stores its arguments by name.

    With them ``sklearn.base.clone``, ``sklearn.pipeline`` and grid searches take the class as one
    of their own.

    Examples
    --------
    >>> class Clip(Parameters):
    ...     def __init__(self, *, low=0.0, high=1.0):
    ...         self.low, self.high = low, high
    >>> Clip(high=2.0).set_params(low=-1.0)
    Clip(low=-1.0, high=2.0)
    """

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the constructor's arguments by name; ``deep`` is scikit-learn's and changes nothing here."""
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    def set_params(self, **params: Any) -> Self:
        """Change some of the constructor's arguments; what was learned is forgotten.

        Raises
        ------
        ValueError
            If there is no such argument, or the constructor refuses the value.
        """
        known = self.get_params()
        for name in params:
            if name not in known:
                there = ", ".join(known) or "none"
                raise ValueError(f"{type(self).__name__} has no parameter {name!r}; there are {there}")
        type(self).__init__(self, **{**known, **params})
        return self

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn what this is: a transformer that takes NaN and may need no fit."""
        from sklearn.base import BaseEstimator, TransformerMixin

        class Transformer(TransformerMixin, BaseEstimator):
            pass

        tags = Transformer().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.requires_fit = False
        return tags

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.get_params().items())
        return f"{type(self).__name__}({arguments})"
