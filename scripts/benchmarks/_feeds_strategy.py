"""The strategy that every engine of the benchmark runs."""

from typing import Any

from ._feeds_market import Task

INVESTED = 0.5
"""Share of the value that is invested. The rest stays aside, so that a buy never lacks cash, even where
sales of the same day are late because the stock is suspended."""


def hold(module: Any, task: Task) -> Any:
    """Make the strategy for an engine, which is the module ``backtrader`` or its fork."""

    class Hold(Holding, module.Strategy):
        pass

    Hold.task = task
    return Hold


class Holding:
    """Hold the best ranked names in equal parts, sales first; note what is ordered and filled."""

    task: Task
    datas: Any
    lines: Any
    broker: Any
    buy: Any
    sell: Any

    def __init__(self) -> None:
        self.session = -1
        self.feeds = {feed._name: feed for feed in self.datas}
        self.held: dict[str, float] = {}
        self.waiting: set[str] = set()
        self.orders: list[tuple[float, str, float]] = []
        self.fills: list[tuple[float, str, float, float]] = []
        self.values: list[float] = []
        self.refused = 0

    def prenext(self) -> None:
        self.next()

    def notify_order(self, order: Any) -> None:
        if order.status in (order.Submitted, order.Accepted):
            return
        name, fill = order.data._name, order.executed
        self.waiting.discard(name)
        self.refused += order.status != order.Completed
        if order.status == order.Completed:
            self.fills.append((fill.dt, name, fill.size, fill.price))
            self.held[name] = self.held.get(name, 0) + fill.size
            if not self.held[name]:
                del self.held[name]

    def next(self) -> None:
        self.session += 1
        self.values.append(self.broker.getvalue())
        if self.session in self.task.ranking:
            self.rebalance(self.best(self.task.ranking[self.session]))

    def best(self, ranked: list[str]) -> list[str]:
        """Return the first names that have a bar today."""
        today, best = self.lines.datetime[0], []
        for name in ranked:
            feed = self.feeds[name]
            if len(feed) and feed.datetime[0] == today:
                best.append(name)
                if len(best) == self.task.held:
                    break
        return best

    def rebalance(self, best: list[str]) -> None:
        busy = self.held.keys() | self.waiting
        sold = sorted(self.held.keys() - self.waiting - set(best))
        bought = [name for name in best if name not in busy]
        for name in sold:
            self.submit(name, -self.held[name])
        target = INVESTED * self.broker.getvalue() / self.task.held
        for name in bought[: max(self.task.held - len(busy) + len(sold), 0)]:
            self.submit(name, int(target / self.feeds[name].close[0]))

    def submit(self, name: str, size: float) -> None:
        if size:
            send = self.buy if size > 0 else self.sell
            send(data=self.feeds[name], size=abs(size))
            self.waiting.add(name)
            self.orders.append((self.lines.datetime[0], name, size))
