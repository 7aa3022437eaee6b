"""Fitted providers on disk: safetensors for numbers, JSON for settings, no pickle."""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

FORMAT = 3


class ModelFileError(ValueError):
    """A file that is not a saved provider of the wanted kind and version."""


def write_model(
    path: str | Path, kind: str, settings: Mapping[str, Any], arrays: Mapping[str, np.ndarray]
) -> None:
    """Write one file, whole or not at all.

    Parameters
    ----------
    path
        The file; its folder must exist.
    kind
        Name of the provider's class, checked on reading.
    settings
        Plain data that JSON can hold.
    arrays
        Named arrays.
    """
    from safetensors.numpy import save

    path = Path(path)
    tensors = {name: np.ascontiguousarray(values) for name, values in arrays.items()}
    plain = json.loads(json.dumps(dict(settings), default=_plain))
    content = json.dumps(
        {"format": FORMAT, "kind": kind, "settings": plain, "digest": _digest(plain, tensors)}
    )
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(save(tensors, metadata={"btalpha": content}))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def read_model(path: str | Path, kind: str) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Read what :func:`write_model` wrote.

    Returns
    -------
    tuple
        (settings, arrays).

    Raises
    ------
    ModelFileError
        If the file is not one of ours, is damaged, holds another kind of provider, or is of another
        version.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(path), framework="numpy") as file:
            header = (file.metadata() or {}).get("btalpha")
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise ModelFileError(f"{path} is not a saved provider ({error})") from error
    if header is None:
        raise ModelFileError(f"{path} is a safetensors file, but no saved provider")
    try:
        content = json.loads(header)
        version, found, settings = content["format"], content["kind"], content["settings"]
    except (ValueError, KeyError, TypeError) as error:
        raise ModelFileError(f"{path} has a header that cannot be read ({error!r})") from error
    if version != FORMAT:
        raise ModelFileError(
            f"{path} has format {version}, this version reads {FORMAT}; fit and save it again"
        )
    if found != kind:
        raise ModelFileError(f"{path} holds a {found}, not a {kind}; load it with {found}.load")
    if content.get("digest") != _digest(settings, arrays):
        raise ModelFileError(f"{path} is damaged: its checksum differs; fit and save it again")
    return settings, arrays


def _digest(settings: Any, arrays: Mapping[str, np.ndarray]) -> str:
    """Return a checksum of plain settings and of arrays with their names, types and shapes."""
    total = hashlib.sha256(json.dumps(settings).encode())
    for name, values in sorted(arrays.items()):
        total.update(json.dumps([name, str(values.dtype), values.shape]).encode())
        total.update(np.ascontiguousarray(values).data)
    return total.hexdigest()


@contextmanager
def fits_model(path: str | Path) -> Iterator[None]:
    """Turn what goes wrong while a model is rebuilt from a file into an error that names the file."""
    try:
        yield
    except (ValueError, KeyError, TypeError, RuntimeError) as error:
        reason = str(error).splitlines()[0] if str(error) else repr(error)
        raise ModelFileError(f"{path} does not fit this version ({reason}); fit and save it again") from error


def _plain(value: Any) -> Any:
    """Turn a NumPy number into Python's own."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"a {type(value).__name__} cannot be saved, got {value!r}")
