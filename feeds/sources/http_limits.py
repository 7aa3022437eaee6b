"""Limits for clients that ask by ``requests`` and set none themselves."""

import contextlib
from collections import deque
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def default_timeout(seconds: float) -> Iterator[None]:
    """Let requests without a time-out fail after so many seconds of silence; the others keep theirs."""
    from requests.adapters import HTTPAdapter

    send = HTTPAdapter.send

    def limited(self: Any, request: Any, stream: bool = False, timeout: Any = None, **rest: Any) -> Any:
        return send(self, request, stream=stream, timeout=seconds if timeout is None else timeout, **rest)

    HTTPAdapter.send = limited  # pyright: ignore[reportAttributeAccessIssue]
    try:
        yield
    finally:
        HTTPAdapter.send = send


@contextlib.contextmanager
def last_answer() -> Iterator[deque[Any]]:
    """Give the last answer, a ``requests.Response``, of a client that fails over what it says."""
    from requests import Session

    send, last = Session.send, deque(maxlen=1)

    def kept(self: Any, request: Any, **options: Any) -> Any:
        answer = send(self, request, **options)
        last.append(answer)
        return answer

    Session.send = kept
    try:
        yield last
    finally:
        Session.send = send


@contextlib.contextmanager
def answer_codes() -> Iterator[list[int]]:
    """Give the HTTP codes of the answers of a client that does not look at them."""
    from requests import Session

    send, codes = Session.send, []

    def noted(self: Any, request: Any, **options: Any) -> Any:
        answer = send(self, request, **options)
        codes.append(answer.status_code)
        return answer

    Session.send = noted
    try:
        yield codes
    finally:
        Session.send = send
