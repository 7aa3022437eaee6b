"""How a source is asked: not too fast, and again where that helps."""

import time
from collections.abc import Callable
from typing import TypeVar

import tenacity

from .errors import NoAnswer, RateLimited

Answer = TypeVar("Answer")


class Patience:
    """Asks at a polite rate and asks again, waiting longer each time, where an answer failed.

    Parameters
    ----------
    pause_s
        Least seconds between the starts of two requests.
    attempts
        How often a request is made before it is given up.
    first_wait_s, longest_wait_s
        Seconds before the second attempt; they double with each further one, up to the longest, and up
        to a quarter is added at random so that two programs do not ask in step.
    limited_wait_s
        Seconds after the source has asked for patience.
    sleep, clock
        Seconds to sleep, and seconds now; for tests.

    Examples
    --------
    >>> Patience(pause_s=0.0).ask(lambda: 42)
    42
    """

    def __init__(
        self,
        *,
        pause_s: float = 0.5,
        attempts: int = 5,
        first_wait_s: float = 1.0,
        longest_wait_s: float = 30.0,
        limited_wait_s: float = 60.0,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.pause_s = pause_s
        self.attempts = attempts
        self.first_wait_s = first_wait_s
        self.longest_wait_s = longest_wait_s
        self.limited_wait_s = limited_wait_s
        self.sleep = sleep
        self.clock = clock
        self.requests = 0
        self.repeats = 0
        self._last = -float("inf")

    def ask(self, request: Callable[[], Answer]) -> Answer:
        """Return what the request returns.

        Raises
        ------
        NoAnswer
            If the last attempt failed too; other errors come through at once.
        """
        asking = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self.attempts),
            wait=self._wait,
            retry=tenacity.retry_if_exception_type(NoAnswer),
            sleep=self.sleep,
            reraise=True,
        )
        for attempt in asking:
            with attempt:
                self._pace()
                return request()
        raise AssertionError("the last attempt raises")

    def _pace(self) -> None:
        early = self._last + self.pause_s - self.clock()
        if early > 0:
            self.sleep(early)
        self._last = self.clock()
        self.requests += 1

    def _wait(self, state: tenacity.RetryCallState) -> float:
        self.repeats += 1
        failure = None if state.outcome is None else state.outcome.exception()
        if isinstance(failure, RateLimited):
            return self.limited_wait_s
        growing = tenacity.wait_exponential(multiplier=self.first_wait_s, max=self.longest_wait_s)
        jitter = tenacity.wait_random(0.0, 0.25 * self.first_wait_s)
        return (growing + jitter)(state)
