"""Progress on the terminal: one line a stage, with a bar where the end is known."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

if TYPE_CHECKING:
    from ..signals.models.lstm.run import Epoch


class Stages:
    """The stages of a run; the methods fit the callbacks of walk-forward, network and benchmark.

    Parameters
    ----------
    progress
        Where the lines are drawn.

    Attributes
    ----------
    most_epochs
        Epochs that a network may take; 0 where nobody knows, and no time left is shown.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._current: TaskID | None = None
        self._fitting = ""
        self.most_epochs = 0

    def begin(self, name: str, total: int | None = None) -> None:
        """Finish the line before and start one."""
        self._finish()
        self._current = self._progress.add_task(name, total=total)
        self._fitting = name

    def count(self, done: int, total: int) -> None:
        """Show that ``done`` of ``total`` parts are done."""
        if self._current is not None:
            self._progress.update(self._current, completed=done, total=total)

    def epoch(self, network: int, epoch: "Epoch") -> None:
        """Show where the training of a network is."""
        if self._current is not None:
            text = f"{self._fitting}  {describe_epoch(network, epoch, self.most_epochs)}"
            self._progress.update(self._current, description=text)

    def _finish(self) -> None:
        if self._current is not None:
            task = self._progress.tasks[self._progress.task_ids.index(self._current)]
            self._progress.update(
                self._current, total=task.total or 1, completed=task.total or 1, description=self._fitting
            )
            self._current = None


def describe_epoch(network: int, epoch: "Epoch", most_epochs: int) -> str:
    """Say where a network is, and how long it takes if it is not stopped early.

    Examples
    --------
    >>> from btalpha.signals.models.lstm.run import Epoch
    >>> describe_epoch(0, Epoch(2, 0.91, 0.05, seconds=20.0), 5)
    'network 1, epoch 2: loss 0.910, validation rank IC +0.0500, 1:00 left at most'
    """
    text = f"network {network + 1}, epoch {epoch.number}: loss {epoch.loss:.3f}, "
    text += f"validation rank IC {epoch.rank_ic:+.4f}"
    left = (most_epochs - epoch.number) * epoch.seconds
    if not left > 0:  # the last epoch, an unknown number of them, or one that was read from a file
        return text
    return f"{text}, {int(left) // 60}:{int(left) % 60:02d} left at most"


@contextmanager
def stages(*, quiet: bool) -> Iterator[Stages]:
    """Give the stages of a run; nothing is drawn where ``quiet`` or where nobody looks at a terminal."""
    progress = Progress(
        SpinnerColumn(finished_text="✓"),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        disable=quiet or not sys.stderr.isatty(),
    )
    with progress:
        shown = Stages(progress)
        yield shown
        shown._finish()
