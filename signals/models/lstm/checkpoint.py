"""A training on disk, after each epoch: what was interrupted goes on where it was."""

import hashlib
import json
import logging
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ...persistence import ModelFileError, fits_model, read_model, write_model
from .data import Data
from .run import Epoch, Run

logger = logging.getLogger("btalpha.lstm")
_KIND = "training"


class Checkpoint:
    """The file that holds one network's training.

    It is written whole after each epoch, so that a process that is killed loses the epoch it was in
    and nothing else, and what is trained from there on has the same bytes as without the break.

    Parameters
    ----------
    folder
        Where the files of all trainings lie; made if it is missing.
    key
        Plain data that tells this training from every other: settings, seed, and :func:`digest` of what
        is learned from. Another key has another file.

    Examples
    --------
    >>> import tempfile
    >>> Checkpoint(tempfile.mkdtemp(), {"seed": 1}).path.suffix
    '.training'
    """

    def __init__(self, folder: str | Path, key: dict[str, Any]) -> None:
        name = hashlib.blake2b(json.dumps(key, sort_keys=True).encode(), digest_size=16).hexdigest()
        self.path = Path(folder) / f"{name}.training"

    def save(self, run: Run) -> None:
        """Write where the training is, whole or not at all."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        state = {
            "history": [asdict(epoch) for epoch in run.history],
            "best": run.best,
            "since": run.since,
            "order": run.order.bit_generator.state,
        }
        write_model(self.path, _KIND, state, _arrays(run))

    def restore(self, run: Run) -> bool:
        """Put a fresh run where the file says; ``False``, and nothing changed, if there is none.

        A file that is damaged or of another version is put aside with a logged line.
        """
        if not self.path.exists():
            return False
        try:
            state, arrays = read_model(self.path, _KIND)
            with fits_model(self.path):
                _take(run, state, {name: torch.from_numpy(values) for name, values in arrays.items()})
        except ModelFileError as error:
            aside = self.path.with_suffix(".damaged")
            self.path.replace(aside)
            logger.warning("%s; the training begins anew, the file is now %s", error, aside.name)
            return False
        return True


def digest(*arrays: np.ndarray) -> str:
    """Return a fingerprint of arrays: shapes and bytes."""
    sums = hashlib.blake2b(digest_size=16)
    for values in arrays:
        sums.update(repr((values.shape, str(values.dtype))).encode())
        sums.update(np.ascontiguousarray(values).data)
    return sums.hexdigest()


def identify(data: Data) -> dict[str, Any]:
    """Return what tells one set of data from another: digests, rows, and the version of PyTorch."""
    parts = [data.features, data.labels, *([] if data.daily is None else [data.daily])]
    rows = [data.train.start, data.train.stop, data.validation.start, data.validation.stop]
    return {"data": digest(*(part.cpu().numpy() for part in parts)), "rows": rows, "torch": torch.__version__}


def _arrays(run: Run) -> dict[str, np.ndarray]:
    tensors = {f"network.{name}": values for name, values in run.network.state_dict().items()}
    tensors |= {f"best.{name}": values for name, values in run.best_weights.items()}
    for number, slots in run.optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{number}.{slot}": torch.as_tensor(value) for slot, value in slots.items()}
    tensors["dropout"] = run.dropout.get_state()
    return {name: values.cpu().numpy() for name, values in tensors.items()}


def _take(run: Run, state: dict[str, Any], tensors: dict[str, torch.Tensor]) -> None:
    history = [Epoch(**epoch) for epoch in state["history"]]
    optimizer = run.optimizer.state_dict()
    optimizer["state"] = {
        int(number): _below(f"optimizer.{number}.", tensors) for number in _numbers("optimizer.", tensors)
    }
    best = {name: values.to(run.dropout.device) for name, values in _below("best.", tensors).items()}
    # What can fail comes first: a file that does not fit leaves the run as it was.
    for name, values in run.network.state_dict().items():
        if tensors[f"network.{name}"].shape != values.shape or best[name].shape != values.shape:
            raise ValueError(f"{name} has another shape")
    run.network.load_state_dict(_below("network.", tensors))
    run.optimizer.load_state_dict(optimizer)
    run.order.bit_generator.state = state["order"]
    run.dropout.set_state(tensors["dropout"])
    run.history[:], run.best, run.since, run.best_weights = history, state["best"], state["since"], best


def _below(prefix: str, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name.removeprefix(prefix): values for name, values in tensors.items() if name.startswith(prefix)}


def _numbers(prefix: str, tensors: dict[str, torch.Tensor]) -> list[str]:
    return sorted({name.split(".")[1] for name in tensors if name.startswith(prefix)}, key=int)
