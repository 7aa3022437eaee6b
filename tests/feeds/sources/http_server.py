"""A local HTTP server with recorded answers, in the place of the hosts that a client asks."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass
class Question:
    host: str
    path: str
    query: dict[str, str]
    body: bytes


@dataclass
class Behaviour:
    """What is answered, what goes wrong, how often and for which path, and what was asked."""

    answer: Callable[[Question], tuple[int, bytes]]
    fail: str = ""
    where: str = ""
    times: int = 10**9
    asked: list[Question] = field(default_factory=list)

    def failing(self, question: Question) -> str:
        if not self.fail or self.where not in question.host + question.path or self.times <= 0:
            return ""
        self.times -= 1
        return self.fail


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        behaviour: Behaviour = self.server.behaviour
        url = urlsplit(self.path)
        host, _, path = url.path[1:].partition("/")
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        question = Question(host, "/" + path, query, body)
        behaviour.asked.append(question)
        fail = behaviour.failing(question)
        if fail == "silence":
            time.sleep(1.5)
        status, content = behaviour.answer(question)
        if fail.isdigit():
            status, content = int(fail), b"<html>busy</html>"
        if fail == "cut":  # the answer ends in the middle, and the connection says that it is whole
            content = content[: len(content) // 2]
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if fail == "half" else content)

    do_POST = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


class QuietServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # a client that does not wait closes its side


@contextmanager
def served(behaviour: Behaviour) -> Iterator[int]:
    """Serve on a port of this machine, which is given."""
    with QuietServer(("127.0.0.1", 0), Handler) as server:
        server.behaviour = behaviour
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def local(url: str, port: int) -> str:
    """The address of a page on the local server."""
    parts = urlsplit(url)
    query = f"?{parts.query}" if parts.query else ""
    return f"http://127.0.0.1:{port}/{parts.hostname}{parts.path or '/'}{query}"


@contextmanager
def in_place_of_the_web(behaviour: Behaviour, monkeypatch) -> Iterator[Behaviour]:
    """Send all that ``requests`` asks to the local server, over real sockets."""
    from requests.adapters import HTTPAdapter

    send = HTTPAdapter.send
    with served(behaviour) as port:

        def to_local(self, request, **options):
            request.url = local(request.url, port)
            return send(self, request, **options)

        monkeypatch.setattr(HTTPAdapter, "send", to_local)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield behaviour
