"""Serve a replica on this machine, faults and all, and remember what was asked for."""

import hashlib
import io
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

from PIL import Image

from gemhier.crawler.replica import faults
from gemhier.crawler.replica.shops import Reply, Shop, sold

_SINCE = "Mon, 01 Jan 2024 00:00:00 GMT"


class Asked(NamedTuple):
    """A request that came in: when (`time.monotonic`), for what, by whom, and with which status it was answered."""

    at: float
    target: str
    agent: str
    status: int


class ReplicaServer:
    """A server of a replica on this machine.

    Args:
        shop: what it serves; it may be replaced while the server runs.
        port: 0 for any that is free.

    Attributes:
        asked: all requests so far.
    """

    def __init__(self, shop: Shop, port: int = 0) -> None:
        self.shop = shop
        self.asked: list[Asked] = []
        self._times: Counter[str] = Counter()
        self._lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"replica": self})
        self._server = _Server(("127.0.0.1", port), handler)
        self.closing = threading.Event()

    @property
    def address(self) -> str:
        """Where it is served, without a last slash."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def start(self) -> str:
        """Where a crawl starts."""
        return self.address + self.shop.start

    @contextmanager
    def running(self) -> Iterator["ReplicaServer"]:
        """Serve in a thread, until the end of the context."""
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.closing.set()
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def serve_forever(self) -> None:
        """Serve until the program is interrupted."""
        self._server.serve_forever()

    def nth(self, target: str) -> int:
        """Count a request for a target, and return how many there have been."""
        with self._lock:
            self._times[target] += 1
            return self._times[target]

    def note(self, asked: Asked) -> None:
        """Record a request."""
        with self._lock:
            self.asked.append(asked)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """Stay silent when a crawler is killed in the middle of a response."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 64 * 1024
    replica: ReplicaServer

    def do_GET(self) -> None:
        shop = self.replica.shop
        if self.path == "/robots.txt":
            self._send(200, "text/plain", shop.robots().encode())
            return
        moved = self.path.startswith("/moved/")
        reply = shop.reply(self.path.removeprefix("/moved"))
        if reply is None:
            self._send(404, "text/plain", b"no such page")
            return
        fault = shop.faults.of_image(reply.image) if reply.image else shop.faults.of_page(self.path)
        if not self._fail(fault, reply, moved=moved):
            self._send_checked(reply)

    def _fail(self, fault: str, reply: Reply, *, moved: bool) -> bool:
        """Act out the fault of a reply, and tell whether there was one."""
        first = fault in (faults.ERRORS_FIRST, faults.HANGS_FIRST, faults.BUSY_FIRST, faults.SHORT)
        if first and self.replica.nth(self.path) > 1:
            return False
        match fault:
            case faults.ERRORS_FIRST:
                self._send(500, "text/plain", b"an error")
            case faults.HANGS_FIRST:
                self._note(0)
                self.replica.closing.wait(self.replica.shop.faults.hang)
                self.close_connection = True
            case faults.BUSY_FIRST:
                wait = str(self.replica.shop.faults.retry_after)
                self._send(429, "text/plain", b"too many requests", {"Retry-After": wait})
            case faults.MOVED if not moved:
                self._send(302, "text/plain", b"moved", {"Location": "/moved" + self.path})
            case faults.AWAY:
                self._send(302, "text/plain", b"moved", {"Location": "http://elsewhere.invalid" + self.path})
            case faults.CUT:
                self._send(200, reply.kind, reply.body[: len(reply.body) // 2])
            case faults.SHORT:
                announced = {"Content-Length": str(len(reply.body))}
                self._send(200, reply.kind, reply.body[: len(reply.body) // 2], announced)
                self.close_connection = True
            case faults.PAGE:
                self._send(200, reply.kind, sold())
            case faults.OTHER_KIND:
                self._send_checked(Reply(reply.kind, as_png(reply.body), reply.image))
            case faults.MISSING:
                self._send(404, "text/plain", b"no such picture")
            case _:
                return False
        return True

    def _send_checked(self, reply: Reply) -> None:
        """Send a reply, unless the crawler already has it."""
        etag = f'"{hashlib.sha256(reply.body).hexdigest()[:16]}"'
        headers = {"ETag": etag, "Last-Modified": _SINCE}
        if self.headers.get("If-None-Match") == etag:
            self._send(304, "", b"", headers)
        else:
            self._send(200, reply.kind, reply.body, headers)

    def _send(self, status: int, kind: str, body: bytes, headers: dict[str, str] | None = None) -> None:
        self._note(status)
        self.send_response(status)
        sent = {"Content-Length": str(len(body))} | ({"Content-Type": kind} if kind else {}) | (headers or {})
        for name, value in sent.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def _note(self, status: int) -> None:
        self.replica.note(Asked(time.monotonic(), self.path, self.headers.get("User-Agent", ""), status))

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing: requests are recorded instead."""


def as_png(body: bytes) -> bytes:
    """Convert a picture to PNG."""
    content = io.BytesIO()
    with Image.open(io.BytesIO(body)) as image:
        image.save(content, "PNG", compress_level=1)
    return content.getvalue()
