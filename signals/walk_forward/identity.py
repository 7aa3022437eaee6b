"""What tells one fit from another: the bars, the settings, and the code that fits."""

import hashlib
import inspect
import json
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
from pandas.util import hash_pandas_object

from ... import feeds
from ...feeds import Panel
from ..factors import FACTORS
from ..provider import SignalProvider
from .windows import Window

_LIBRARIES = ("btalpha", "numpy", "pandas", "scipy", "scikit-learn", "lightgbm", "numba", "torch")
_KNOWN: WeakKeyDictionary[Panel, dict[Window, str]] = WeakKeyDictionary()


def window_fingerprint(panel: Panel, window: Window) -> str:
    """Return the :func:`fingerprint` of what a fit sees; it is taken once, as a panel never changes."""
    known = _KNOWN.setdefault(panel, {})
    if window not in known:
        known[window] = fingerprint(window.of(panel))
    return known[window]


def fingerprint(panel: Panel) -> str:
    """Return a digest of all that a panel knows: equal panels have equal ones."""
    digest = _hash()
    digest.update(panel.dates.as_unit("ns").to_numpy().tobytes())
    digest.update("\n".join(map(str, panel.symbols)).encode())
    for name in panel.fields:
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(panel.array(name)).data)
    digest.update(np.ascontiguousarray(panel.universe_array).data)
    statements = None if panel.statements is None else panel.statements.frame
    for table in (statements, panel.benchmark, panel.info):
        if table is not None:
            digest.update("\n".join(map(str, table.columns)).encode())
            digest.update(hash_pandas_object(table, index=table is not statements).to_numpy().data)
    return digest.hexdigest()


def fit_key(provider: SignalProvider, panel_fingerprint: str) -> str:
    """Return a digest of everything that a fit depends on: equal ones give the same bytes.

    These are the provider's settings (what it was constructed with, callbacks left out), its class
    and the factors of a user's own with their source text, the bars, btalpha's code and the versions
    of the libraries.

    Raises
    ------
    ValueError
        If a setting is of a kind that cannot be compared.
    """
    parts = [describe(provider), _own_factors(), panel_fingerprint, _code(), _versions()]
    return hashlib.blake2b(json.dumps(parts, sort_keys=True).encode(), digest_size=16).hexdigest()


def describe(value: Any) -> Any:
    """Return a value as plain data, equal for equal values in every process.

    Attributes that end in ``_`` were learned and are left out, as are callbacks, which start with
    ``on_``, and ``checkpoints``.

    Raises
    ------
    ValueError
        For a value that has no plain description, such as a lock or a file.
    """
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.generic):
        return describe(value.item())
    if isinstance(value, np.ndarray) and value.dtype != object:
        return {"array": [str(value.dtype), list(value.shape), _digest(np.ascontiguousarray(value).data)]}
    if isinstance(value, pd.DataFrame | pd.Series | pd.Index):
        return {
            "table": [str(getattr(value, "columns", "")), _digest(hash_pandas_object(value).to_numpy().data)]
        }
    if isinstance(value, list | tuple):
        return [describe(item) for item in value]
    if isinstance(value, set | frozenset):
        return {"set": sorted(json.dumps(describe(item), sort_keys=True) for item in value)}
    if isinstance(value, Mapping):
        return {"mapping": [[describe(key), describe(item)] for key, item in value.items()]}
    if isinstance(value, type):
        return {"class": [[_name(base), _source(base)] for base in value.__mro__]}
    if inspect.isfunction(value) and value.__closure__ is None:
        return {"function": [_name(value), _source(value), describe(value.__defaults__)]}
    if inspect.isbuiltin(value):
        return {"function": [_name(value)]}
    return _describe_object(value)


def _describe_object(value: Any) -> Any:
    try:
        made = value.__reduce_ex__(4)
    except TypeError as error:
        raise ValueError(
            f"a {type(value).__name__} cannot be told from another ({error}), which checkpoints need; "
            "keep it out of the provider's settings, or leave checkpoints out"
        ) from error
    if isinstance(made, str) or inspect.isfunction(value):
        raise ValueError(
            f"{value!r} cannot be told from another, which checkpoints need; give an object with plain "
            "attributes instead, or leave checkpoints out"
        )
    maker, arguments, state, items, pairs = (*made, None, None, None)[:5]
    if isinstance(state, dict):
        state = {name: part for name, part in state.items() if not _without_effect(str(name))}
    return {
        "object": [_name(maker), *map(describe, (type(value), arguments, state))],
        "holds": [describe(list(items or ())), describe([list(pair) for pair in pairs or ()])],
    }


def _without_effect(name: str) -> bool:
    if name == "checkpoints":  # where work in progress is kept changes no result
        return True
    return name.startswith("on_") or (name.endswith("_") and not name.startswith("_"))


def _own_factors() -> Any:
    own = [one for one in FACTORS.values() if not _ours(one.function)]
    return [
        [factor.code, describe(factor.function), list(factor.inputs), list(factor.flags)] for factor in own
    ]


def _name(value: Any) -> str:
    return f"{getattr(value, '__module__', '')}:{getattr(value, '__qualname__', repr(type(value)))}"


def _ours(value: Any) -> bool:
    return str(getattr(value, "__module__", "")).startswith("btalpha.")


def _source(value: Any) -> str:
    """Return the text that defines it; what is ours or a library's is told by code and version."""
    if _ours(value) or value.__module__ == "builtins":
        return ""
    try:
        return inspect.getsource(value)
    except (OSError, TypeError):
        return ""


@cache
def _code() -> str:
    digest = _hash()
    for folder in (Path(str(feeds.__file__)).parent, Path(__file__).parents[1]):
        for path in sorted(folder.rglob("*.py")):
            digest.update(path.relative_to(folder).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


@cache
def _versions() -> dict[str, str]:
    found = {}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _digest(content: Any) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def _hash() -> Any:
    return hashlib.blake2b(digest_size=16)
