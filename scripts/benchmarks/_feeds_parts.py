"""Where the time of a run goes: a clock that always belongs to one part of the run.

The run is made once more with clocks around a few methods. A part's time is exclusive, so the parts add
up to the whole: when the loop calls the broker, the loop's clock stands still. The clocks are read some
ten thousand times in a run of 2,500 bars, which costs a few milliseconds; a profiler, which slows down
every call, would blame the parts that make many small calls.

- ``making_feeds``: ``panel.add_to`` and making the broker;
- ``preload``: ``preload`` of all feeds;
- ``loop_over_feeds``: Cerebro's loop, which asks every feed on every bar for its next time, moves it and
  counts its bars (``_runonce`` and the strategy's ``_getminperstatus``);
- ``broker``: filling orders, valuing the portfolio, passing notifications on (``_brokernotify``);
- ``strategy``: the strategy on each bar, with its orders and notifications (``_oncepost``); a line of a
  feed is filled when it is first read, which is mostly here;
- ``other``: what Cerebro does before and after the loop.
"""

import gc
import time
from collections.abc import Callable
from typing import Any

from ._feeds_engines import CASH, btalpha
from ._feeds_market import Task
from ._feeds_strategy import hold


class Parts:
    """Seconds by part of a run, each without what is done in another part on its behalf."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._stack: list[str] = []
        self._since = 0.0

    def clock(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function with its time counted for a part."""

        def run(*arguments: Any, **options: Any) -> Any:
            self._stop()
            self._stack.append(part)
            try:
                return function(*arguments, **options)
            finally:
                self._stop()
                self._stack.pop()

        return run

    def _stop(self) -> None:
        now = time.perf_counter()
        if self._stack:
            part = self._stack[-1]
            self.seconds[part] = self.seconds.get(part, 0.0) + now - self._since
        self._since = now


def where_the_time_goes(task: Task) -> dict[str, float]:
    """Run our engine once more and return the share of the time that each part takes."""
    parts = Parts()
    gc.collect()
    module, cerebro = parts.clock("making_feeds", btalpha)(task.panel)
    cerebro.broker.setcash(CASH)
    cerebro._runonce = parts.clock("loop_over_feeds", cerebro._runonce)
    cerebro._brokernotify = parts.clock("broker", cerebro._brokernotify)
    for feed in cerebro.datas:
        feed.preload = parts.clock("preload", feed.preload)

    class Timed(hold(module, task)):
        def _oncepost(self, dt: float) -> None:
            parts.clock("strategy", super()._oncepost)(dt)

        def _getminperstatus(self) -> Any:
            return parts.clock("loop_over_feeds", super()._getminperstatus)()

    cerebro.addstrategy(Timed)
    parts.clock("other", cerebro.run)()
    whole = sum(parts.seconds.values())
    names = ("making_feeds", "preload", "loop_over_feeds", "broker", "strategy", "other")
    return {name: round(parts.seconds.get(name, 0.0) / whole, 3) for name in names}
