"""Fits that are done, on disk: an interrupted walk-forward goes on after the last one that was whole."""

import logging
from pathlib import Path

from ..persistence import fits_model, read_model, write_model
from ..provider import SignalProvider
from .fit import Learned
from .identity import fit_key

logger = logging.getLogger("btalpha.walk_forward")

_KIND = "Checkpoint"


class Checkpoints:
    """A folder with one file a fit, named by all that the fit depends on.

    A file is written whole or not at all, by the provider's own ``save``, without pickle. Several
    runs may share the folder; files may be deleted at any time.

    Parameters
    ----------
    folder
        Made where it is missing.
    provider
        The unfitted provider.
    """

    def __init__(self, folder: Path, provider: SignalProvider) -> None:
        self.folder = folder
        self.provider = provider

    def prepare(self) -> None:
        """Make the folder, before any work is done.

        Raises
        ------
        OSError
            If it cannot be made.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OSError(
                f"checkpoints {self.folder} cannot be made ({error.strerror}); name a folder"
            ) from error

    def load(self, fingerprint: str) -> Learned | None:
        """Return what a fit on these bars learned; ``None`` where there is none, or where it is damaged."""
        path = self._path(fingerprint)
        if not path.is_file():
            return None
        try:
            facts, parts = read_model(path, _KIND)
            with fits_model(path):
                return Learned.unpack(type(self.provider), facts, parts)
        except ValueError as error:
            logger.warning("a fit is done again, as its checkpoint cannot be used: %s", error)
            return None

    def store(self, fingerprint: str, learned: Learned) -> None:
        """Write what a fit learned."""
        facts, parts = learned.pack()
        write_model(self._path(fingerprint), _KIND, facts, parts)

    def _path(self, fingerprint: str) -> Path:
        return self.folder / f"{fit_key(self.provider, fingerprint)}.safetensors"


def check_checkpoints(checkpoints: Path | None, provider: SignalProvider) -> None:
    """Raise ``ValueError`` for a provider whose fits cannot be kept."""
    kind = type(provider)
    if checkpoints is not None and kind.save is SignalProvider.save:
        raise ValueError(
            f"checkpoints needs a provider that can be saved; {kind.__name__} has no way to be: write save "
            "and load, or leave checkpoints out"
        )
