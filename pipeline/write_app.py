"""Write the page that classifies in a browser."""

from pathlib import Path

from gemhier.atomic import check_file, write_whole
from gemhier.models.bundle import load_bundle
from gemhier.models.bundle.files import NETWORK_FILE, find_folder
from gemhier.pipeline.app.page import page
from gemhier.pipeline.app.runtime import load_runtime


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
    folder = find_folder(model)
    bundle = load_bundle(folder)
    content = page(bundle, (folder / NETWORK_FILE).read_bytes(), load_runtime(runtime)).encode()
    write_whole(out, content)
    return len(content)
