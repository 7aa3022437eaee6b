"""Positions of many names of which few are open."""

from __future__ import annotations

from typing import Any

import backtrader as bt


class Positions(dict[Any, bt.Position]):
    """Positions by feed: asked for one that is not there, it opens an empty one, as Backtrader's does.

    Those sold out are laid aside by :meth:`tidy` and come back, the same object, when they are asked for
    again, so that a broker need not look at every name ever held on each bar. They stand in the order in
    which each was first asked for, so that sums over them round as Backtrader's do.
    """

    def __init__(self) -> None:
        super().__init__()
        self._aside: dict[Any, bt.Position] = {}
        self._order: dict[Any, int] = {}
        self._returned = False

    def __missing__(self, data: Any) -> bt.Position:
        position = self._aside.pop(data, None)
        self._returned = self._returned or position is not None
        if position is None:
            position = bt.Position()
            self._order[data] = len(self._order)
        self[data] = position
        return position

    def tidy(self) -> None:
        """Lay aside what is held no more, and restore the order."""
        for data in [data for data, position in self.items() if not position.size]:
            self._aside[data] = self.pop(data)
        if self._returned:
            self._returned = False
            kept = sorted(self.items(), key=lambda item: self._order[item[0]])
            self.clear()
            self.update(kept)
