"""The page on a network: a server that has this page and nothing else."""

import errno
import os
import socket
import sys
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address, IPv6Address, ip_address
from socketserver import TCPServer
from typing import Any

from gemhier.errors import AppError

_ELSEWHERE = {4: "192.0.2.1", 6: "2001:db8::1"}
"""Addresses that lie in no network (RFC 5737, RFC 3849), by the version of the protocol."""


class AppServer(ThreadingHTTPServer):
    """A server that listens as soon as it is made, and answers once `serve_forever` is called.

    Attributes:
        content: the page.
    """

    # Two servers must not share a port: Windows allows it by the first, Linux by the second.
    allow_reuse_address = os.name == "posix"
    allow_reuse_port = False

    def __init__(self, host: str, port: int) -> None:
        """Listen on an address.

        Raises:
            AppError: if that is impossible; the port is taken, for instance.
        """
        self.content = b""
        try:
            self.address_family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            super().__init__((str(address[0]), port), _PageHandler)
        except OSError as error:
            wrong = "--host" if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL else "--port"
            raise AppError(
                f"{host}:{port}: cannot be listened on ({error.strerror}). Choose another {wrong}."
            ) from error

    def server_bind(self) -> None:
        """Bind without asking for the machine's full name, which can take long where no one knows it."""
        TCPServer.server_bind(self)

    @property
    def address(self) -> IPv4Address | IPv6Address:
        """Where others reach it: where it listens or, if that is everywhere, this machine's address in its network.

        Raises:
            AppError: if the machine is in no network.
        """
        listens = ip_address(str(self.server_address[0]).partition("%")[0])
        return _address_in_network(listens.version) if listens.is_unspecified else listens

    @property
    def url(self) -> str:
        """The page's address.

        Raises:
            AppError: if the machine is in no network.
        """
        address = self.address
        host = f"[{address}]" if address.version == 6 else str(address)
        return f"http://{host}:{self.server_address[1]}/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a browser that goes away while it is answered."""
        if not isinstance(sys.exception(), (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


class _PageHandler(BaseHTTPRequestHandler):
    """Answers with the page at `/`, and with 404 elsewhere."""

    server: AppServer
    timeout = 60

    def do_GET(self) -> None:
        """Send the page."""
        self._answer(self.wfile.write)

    def do_HEAD(self) -> None:
        """Send what describes the page."""
        self._answer(lambda _: None)

    def _answer(self, send: Callable[[bytes], object]) -> None:
        if self.path.partition("?")[0] != "/":
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(self.server.content)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        send(self.server.content)

    def log_message(self, *_: Any) -> None:
        """Write no line for each request."""


def _address_in_network(version: int) -> IPv4Address | IPv6Address:
    """Return the address from which this machine would send to others; nothing is sent."""
    family = socket.AF_INET6 if version == 6 else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((_ELSEWHERE[version], 9))
        except OSError as error:
            raise AppError(
                f"This machine is in no network ({error.strerror}). Connect it to the phone's, or leave --host out."
            ) from error
        return ip_address(probe.getsockname()[0])
