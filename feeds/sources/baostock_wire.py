"""A connection for Baostock's client that times out, and that notices when the other side is gone.

The client of Baostock reads until it has seen the end of an answer. Where the server closes the
connection before, it reads nothing for ever; and where the second page of an answer fails, it gives the
first as if it were all. So it gets a socket that raises in both cases and remembers that it did.
"""

import contextlib
import socket
from types import ModuleType
from typing import Any

from .clients import needs, quiet
from .errors import AccessError, ChangedAnswer, NoAnswer, RateLimited, UnknownSymbol

_LOST = ("10001001", "10002")  # not logged in any more; anything of the network
_LIMITED = ("10001005",)
_REFUSED = ("10001",)
_NO_SUCH_CODE = ("10004011", "10004015")


class Line:
    """A socket as the client uses it."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self.failure: OSError | None = None

    def send(self, content: bytes) -> int:
        """Send all of a request."""
        try:
            self._socket.sendall(content)
        except OSError as error:
            self.failure = error
            raise
        return len(content)

    def recv(self, size: int) -> bytes:
        """Return what has come; an end in the middle of an answer is an error."""
        try:
            content = self._socket.recv(size)
            if not content:
                raise ConnectionResetError("the connection was closed in the middle of an answer")
        except OSError as error:
            self.failure = error
            raise
        return content

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


class BaostockWire:
    """Logs in when it is first asked, and again after a failure.

    Parameters
    ----------
    timeout_s
        Longest silence of the server.
    """

    def __init__(self, timeout_s: float = 30.0) -> None:
        self.timeout_s = timeout_s
        self._line: Line | None = None

    def rows(self, function: str, *arguments: str, what: str) -> tuple[list[str], list[list[str]]]:
        """Call a function of the client and return the names of the columns and all rows.

        Raises
        ------
        NoAnswer
            If the answer fails, or is not whole.
        UnknownSymbol, AccessError, ChangedAnswer
            If the server says so.
        """
        with needs("baostock"):
            import baostock
        with quiet() as said:
            line = self._connected(baostock)
            try:
                answer = getattr(baostock, function)(*arguments)
                found = []
                while answer.error_code == "0" and answer.next():
                    found.append(answer.get_row_data())
            except Exception as error:  # half an answer fails anywhere in the client's parser
                self.close()
                raise NoAnswer(
                    f"{what}: {type(error).__name__}: {error} ({said.getvalue().strip()})"
                ) from error
        if line.failure is not None:
            self.close()
            raise NoAnswer(f"{what}: {line.failure}")
        self._check(answer, what)
        return list(answer.fields), found

    def close(self) -> None:
        """Close the connection, without a word: the server ends the session itself."""
        if self._line is not None:
            with contextlib.suppress(OSError):
                self._line.close()
            self._line = None

    def _connected(self, baostock: ModuleType) -> Line:
        if self._line is not None:
            return self._line
        from baostock.common import context
        from baostock.util import socketutil

        opener = socketutil.SocketUtil()
        opener.connect = self._connect(context)
        try:
            answer = baostock.login()
        finally:
            del opener.connect
        line = self._line
        if line is None or line.failure is not None:
            self.close()
            raise NoAnswer(f"login: {None if line is None else line.failure}")
        if answer.error_code != "0":
            self.close()
        self._check(answer, "login")
        return line

    def _connect(self, context: Any) -> Any:
        """Return the function by which the client opens its connection."""

        def connect(api_key: str) -> None:
            from baostock.common import contants

            vip = api_key.startswith("bs-")
            host = contants.BAOSTOCK_VIP_SERVER_IP if vip else contants.BAOSTOCK_SERVER_IP
            try:
                opened = socket.create_connection((host, contants.BAOSTOCK_SERVER_PORT), self.timeout_s)
            except OSError as error:
                raise NoAnswer(f"cannot connect to {host}: {error}") from error
            self._line = context.default_socket = Line(opened)

        return connect

    def _check(self, answer: Any, what: str) -> None:
        code = str(answer.error_code)
        if code == "0":
            return
        message = f"{what}: Baostock says {code} {answer.error_msg}"
        if code.startswith(_LOST):
            self.close()
            raise NoAnswer(message)
        if code in _LIMITED:
            raise RateLimited(message)
        if code in _NO_SUCH_CODE:
            raise UnknownSymbol(message)
        if code.startswith(_REFUSED):
            raise AccessError(message, remedy="wait, or ask Baostock why this address is refused")
        raise ChangedAnswer(message, remedy="install the tested version of the client, or report it")
