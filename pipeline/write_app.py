"""Write the page that classifies in a browser, or show it on a network."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from gemhier.atomic import check_file, write_whole
from gemhier.extras import require
from gemhier.models.bundle import load_bundle
from gemhier.models.bundle.files import NETWORK_FILE, find_folder
from gemhier.pipeline.app.page import page
from gemhier.pipeline.app.runtime import load_runtime
from gemhier.pipeline.app.server import AppServer


def write_app(out: Path, *, model: Path | None = None, runtime: Path | None = None) -> int:
    """Write one HTML file that names stones without a server or a connection.

    Args:
        out: the file.
        model: the folder of a bundle; None for the one in use.
        runtime: a folder into which npm installed LiteRT.js; None for the user's cache.

    Returns:
        Its size in bytes.

    Raises:
        AppError: if the runtime is not there, or another one.
        BundleError: if there is no bundle, or the page cannot run it.
        OutputError: if the file cannot be written.
    """
    check_file(out)
    content = make_app(model, runtime)
    write_whole(out, content)
    return len(content)


def serve_app(
    host: str,
    port: int,
    on_start: Callable[[AppServer], object],
    *,
    out: Path | None = None,
    model: Path | None = None,
    runtime: Path | None = None,
) -> None:
    """Make the page once, and show it to browsers until Ctrl-C.

    Args:
        host: the address or name to listen on.
        port: the port to listen on.
        on_start: called with the server as soon as the page can be opened.
        out: a file to write the page to, too.
        model: the folder of a bundle; None for the one in use.
        runtime: a folder into which npm installed LiteRT.js; None for the user's cache.

    Raises:
        AppError: if the port is taken, there is no network, or the runtime is not there, or another one.
        BundleError: if there is no bundle, or the page cannot run it.
        MissingExtraError: if the page is for others, and what draws QR codes is not installed.
        OutputError: if the file cannot be written.
    """
    if out is not None:
        check_file(out)
    with AppServer(host, port) as server:  # before the page, which takes seconds to make
        if not server.address.is_loopback:
            require("segno")
        server.content = make_app(model, runtime)
        if out is not None:
            write_whole(out, server.content)
        on_start(server)
        with suppress(KeyboardInterrupt):
            server.serve_forever()


def make_app(model: Path | None, runtime: Path | None) -> bytes:
    """Return the page, encoded in UTF-8; see `write_app`."""
    folder = find_folder(model)
    bundle = load_bundle(folder)
    return page(bundle, (folder / NETWORK_FILE).read_bytes(), load_runtime(runtime)).encode()
