"""Rate, repeats and waiting, by a clock that only sleeping moves."""

import pytest
from btalpha.feeds.sources.errors import ChangedAnswer, NoAnswer, RateLimited
from btalpha.feeds.sources.patience import Patience


class Clock:
    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def patience(clock: Clock, **options) -> Patience:
    return Patience(sleep=clock.sleep, clock=lambda: clock.now, **options)


def failing(*failures: Exception):
    left = list(failures)

    def request() -> str:
        if left:
            raise left.pop(0)
        return "answer"

    return request


def test_requests_start_no_sooner_than_the_pause() -> None:
    clock = Clock()
    asked = patience(clock, pause_s=2.0)
    starts = []
    for took in (0.5, 5.0, 0.0):
        asked.ask(lambda: starts.append(clock.now))
        clock.now += took
    assert starts == [0.0, 2.0, 7.0]


def test_asks_again_and_waits_twice_as_long() -> None:
    clock = Clock()
    asked = patience(clock, pause_s=0.0, first_wait_s=1.0, longest_wait_s=3.0)
    assert asked.ask(failing(*[NoAnswer("none")] * 4)) == "answer"
    assert [int(4 * seconds) // 4 for seconds in clock.slept] == [1, 2, 3, 3]  # up to a quarter more
    assert (asked.requests, asked.repeats) == (5, 4)


def test_gives_up_with_the_last_failure() -> None:
    clock = Clock()
    with pytest.raises(NoAnswer, match="third"):
        patience(clock, pause_s=0.0, attempts=3).ask(failing(*map(NoAnswer, ("first", "second", "third"))))
    assert len(clock.slept) == 2


def test_waits_a_minute_where_the_source_asks_for_it() -> None:
    clock = Clock()
    assert patience(clock, pause_s=0.0).ask(failing(RateLimited("slow down"))) == "answer"
    assert clock.slept == [60.0]


def test_does_not_ask_again_where_that_cannot_help() -> None:
    clock = Clock()
    with pytest.raises(ChangedAnswer):
        patience(clock, pause_s=0.0).ask(failing(ChangedAnswer("no column")))
    assert clock.slept == []
