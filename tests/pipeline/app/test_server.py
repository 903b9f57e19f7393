"""The page on a network: what the server answers, where it listens, and how it begins and ends; the page is made up."""

import http.client
import importlib.util
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from threading import Thread

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from gemhier.cli import main
from gemhier.errors import AppError
from gemhier.pipeline.app import server as module
from gemhier.pipeline.app.server import AppServer

PAGE = "<!DOCTYPE html><title>Größe</title>".encode()

MADE_UP = """
import sys
from gemhier.cli import main
from gemhier.pipeline import write_app
write_app.make_app = lambda model, runtime: b"a page"
main(sys.argv[1:])
"""


@pytest.fixture
def free() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def port(free: int) -> Iterator[int]:
    """The port of a server that answers."""
    with AppServer("127.0.0.1", free) as server:
        server.content = PAGE
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield free
        server.shutdown()
        thread.join()


def ask(port: int, path: str, method: str = "GET") -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


@pytest.mark.parametrize("path", ["/", "/?again"])
def test_it_answers_with_the_page(port: int, path: str) -> None:
    answer, body = ask(port, path)
    assert (answer.status, body) == (200, PAGE)
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Content-Length"] == str(len(PAGE))


def test_it_describes_the_page_without_sending_it(port: int) -> None:
    answer, body = ask(port, "/", "HEAD")
    assert (answer.status, answer.headers["Content-Length"], body) == (200, str(len(PAGE)), b"")


@pytest.mark.parametrize("path", ["/favicon.ico", "/../", "/index.html", "/etc/passwd", "/%2e%2e/README.md"])
def test_it_has_nothing_else(port: int, path: str) -> None:
    answer, body = ask(port, path)
    assert answer.status == 404
    assert PAGE not in body


def test_nothing_can_be_sent_to_it(port: int) -> None:
    assert ask(port, "/", "POST")[0].status == 501


def test_a_browser_that_goes_away_is_no_error(port: int, capfd: pytest.CaptureFixture[str]) -> None:
    gone = socket.create_connection(("127.0.0.1", port))
    gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # closes by a reset
    gone.sendall(b"GET / HT")
    gone.close()
    assert ask(port, "/")[1] == PAGE
    assert capfd.readouterr().err == ""


def serve(*options: str) -> Result:
    return CliRunner().invoke(main, ["app", "--serve", *options])


def test_a_port_that_is_taken(port: int) -> None:
    done = serve("--port", str(port))
    assert done.exit_code == 1
    assert re.fullmatch(
        rf"Error: 127\.0\.0\.1:{port}: cannot be listened on \(.+\)\. Choose another --port\.\n", done.output
    )


def test_an_address_of_another_machine() -> None:
    done = serve("--host", "203.0.113.7")
    assert re.fullmatch(
        r"Error: 203\.0\.113\.7:8000: cannot be listened on \(.+\)\. Choose another --host\.\n", done.output
    )


@pytest.mark.parametrize("option", [["--port", "8001"], ["--host", "0.0.0.0"]])
def test_what_goes_with_serving(option: list[str]) -> None:
    done = CliRunner().invoke(main, ["app", *option])
    assert done.exit_code == 2
    assert f"{option[0]} goes with --serve." in done.output


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that is made up, and a person who presses Ctrl-C at once."""

    def interrupted(_: AppServer) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("gemhier.pipeline.write_app.make_app", lambda model, runtime: PAGE)
    monkeypatch.setattr(AppServer, "serve_forever", interrupted)


@pytest.mark.usefixtures("at_once")
def test_it_listens_on_this_machine_alone_unless_told(free: int, tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    done = serve("--port", str(free), "--out", str(out))
    assert done.output == f"http://127.0.0.1:{free}/\nCtrl-C ends it.\nEnded.\n"
    assert done.exit_code == 0
    assert out.read_bytes() == PAGE


@pytest.mark.usefixtures("at_once")
def test_without_a_file_none_is_written(free: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert serve("--port", str(free)).exit_code == 0
    assert not any(tmp_path.iterdir())


@pytest.mark.usefixtures("at_once")
def test_a_phone_can_read_the_address(free: int, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("segno", reason="the extra app is not installed")
    monkeypatch.setattr(module, "_address_in_network", lambda version: ip_address("192.168.178.21"))
    *drawn, url, hint, ended = serve("--port", str(free), "--host", "0.0.0.0").output.splitlines()
    assert (url, hint, ended) == (f"http://192.168.178.21:{free}/", "Ctrl-C ends it.", "Ended.")
    # As a terminal shows it, light on dark: each character is two squares, one above the other.
    halves = {" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}
    rows = [[halves[character] for character in line] for line in drawn if line]
    squares = np.array(rows).transpose(0, 2, 1).reshape(-1, len(rows[0])) * 255
    image = cv2.resize(squares.astype(np.uint8), None, fx=8, fy=8, interpolation=cv2.INTER_NEAREST)
    assert cv2.QRCodeDetector().detectAndDecode(image)[0] == url


def test_what_draws_the_code_is_asked_for_first(free: int, monkeypatch: pytest.MonkeyPatch) -> None:
    there = importlib.util.find_spec
    monkeypatch.setattr(module, "_address_in_network", lambda version: ip_address("192.168.178.21"))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "segno" else there(name))
    done = serve("--port", str(free), "--host", "0.0.0.0")
    assert done.output == 'Error: This needs segno, which is not installed. Run: pip install "gemhier[app]"\n'


def test_a_machine_without_a_network(free: int, monkeypatch: pytest.MonkeyPatch) -> None:
    class Alone(socket.socket):
        def connect(self, address: object) -> None:
            raise OSError(101, "Network is unreachable")

    monkeypatch.setattr("socket.socket", Alone)
    done = serve("--port", str(free), "--host", "0.0.0.0")
    assert done.output.startswith("Error: This machine is in no network (Network is unreachable). ")
    assert done.output.count("\n") == 1


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6")
def test_an_address_of_version_6(free: int) -> None:
    try:
        server = AppServer("::1", free)
    except AppError:
        pytest.skip("this machine has no address ::1")
    with server:
        assert server.url == f"http://[::1]:{free}/"


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent in another way")
def test_control_c_ends_it_in_one_line(free: int) -> None:
    command = [sys.executable, "-c", MADE_UP, "app", "--serve", "--port", str(free)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert [process.stdout.readline() for _ in range(2)] == [f"http://127.0.0.1:{free}/\n", "Ctrl-C ends it.\n"]
        assert ask(free, "/")[1] == b"a page"
        process.send_signal(signal.SIGINT)
        said, complained = process.communicate(timeout=60)
    assert (said, complained, process.returncode) == ("Ended.\n", "", 0)
