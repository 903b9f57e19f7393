"""Files by their address: on this machine by a path, in an object store by a URL that fsspec knows."""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from gemhier.atomic import write_whole
from gemhier.errors import OutputError
from gemhier.extras import require
from gemhier.models.images.files import IMAGE_SUFFIXES
from gemhier.models.images.stones import Encoded, Failure

MOST_BYTES = 512 << 20
"""No more of a picture is read: it has to be held whole."""

READERS = 4
"""How many pictures are fetched at once: an object store takes longer to answer than a picture to be named."""

_URL = re.compile("[A-Za-z][A-Za-z0-9+.-]+://")


def is_url(path: str) -> bool:
    """Whether a path is one for fsspec, such as s3://bucket/ruby.jpg."""
    return _URL.match(path) is not None


def find_in_storage(url: str) -> Iterator[str | Failure]:
    """Yield what a URL names: itself, the pictures below a folder, in sorted order, or what fits a pattern.

    What leads to no picture is a Failure in its place; a file that is missing is yielded itself, so that reading it
    says so.

    Raises:
        MissingExtraError: if fsspec is not installed.
    """
    require("fsspec")
    try:
        store, path = _opened(url)
        is_folder = store.isdir(path)
        if is_folder:
            found = _in_folder(store, path.rstrip("/"), url.rstrip("/"))
        elif any(sign in path for sign in "*?[") and not store.exists(path):
            found = _fitting(store, path)
        else:
            found = iter([url])
        empty = True
        for name in found:
            empty = False
            yield name
    except Exception as error:  # a store raises errors of its own
        yield Failure(url, f"cannot be listed ({_reason(error)}). Check the address and the access to it.")
        return
    if empty:
        what = "a folder without pictures" if is_folder else "no file fits this pattern"
        yield Failure(url, f"{what}. Check the address.")


def read_ahead(sources: Iterable[str | Failure | Encoded]) -> Iterator[str | Failure | Encoded]:
    """Yield the same in the same order, with the content in the place of each URL, fetched a bounded distance ahead."""
    readers = ThreadPoolExecutor(READERS, thread_name_prefix="read-ahead")
    waiting: deque[Future[Failure | Encoded] | str | Failure | Encoded] = deque()
    try:
        for source in sources:
            fetched = isinstance(source, str) and is_url(source)
            waiting.append(readers.submit(_fetched, source) if isinstance(source, str) and fetched else source)
            while waiting and (len(waiting) > 2 * READERS or not isinstance(waiting[0], Future)):
                yield _content(waiting.popleft())
        while waiting:
            yield _content(waiting.popleft())
    finally:
        readers.shutdown(cancel_futures=True)


def list_files(folder: str) -> list[str]:
    """Return the names of the files in a folder, sorted; empty if there is no such folder.

    Raises:
        OutputError: if it cannot be listed.
    """
    if not is_url(folder):
        return sorted(path.name for path in Path(folder).iterdir()) if Path(folder).is_dir() else []
    try:
        store, path = _opened(folder)
        store.invalidate_cache()
        return sorted(name.rsplit("/", 1)[-1] for name in store.ls(path, detail=False)) if store.isdir(path) else []
    except Exception as error:
        raise OutputError(
            f"{folder}: cannot be listed ({_reason(error)}). Check the address and the access."
        ) from error


def read_file(address: str) -> bytes:
    """Return the content of a file.

    Raises:
        OSError: if it cannot be read.
    """
    if not is_url(address):
        return Path(address).read_bytes()
    store, path = _opened(address)
    content: bytes = store.cat_file(path)
    return content


def write_file(address: str, content: bytes) -> None:
    """Write a file that appears whole or not at all, in the place of an older one.

    Raises:
        OutputError: if it cannot be written.
    """
    try:
        store, path = _opened(address) if is_url(address) else (None, address)
        if store is None or "file" in store.protocol:
            write_whole(Path(path), content)
        else:
            store.pipe_file(path, content)  # object stores show a file when all of it has come
    except Exception as error:
        raise OutputError(f"{address}: cannot be written ({_reason(error)}). Choose another folder.") from error


def _opened(url: str) -> tuple[Any, str]:
    """Return the store of a URL and the path within it."""
    from fsspec.core import url_to_fs

    store, path = url_to_fs(url)
    return store, str(path)


def _in_folder(store: Any, folder: str, url: str) -> Iterator[str]:
    for entry in sorted(store.ls(folder, detail=True), key=lambda entry: str(entry["name"])):
        name = entry["name"].rstrip("/").rsplit("/", 1)[-1]
        if name.startswith(".") or entry["name"].rstrip("/") == folder:  # stores list a marker of the folder itself
            continue
        if entry["type"] == "directory":
            yield from _in_folder(store, entry["name"].rstrip("/"), f"{url}/{name}")
        elif Path(name).suffix.lower() in IMAGE_SUFFIXES:
            yield f"{url}/{name}"


def _fitting(store: Any, pattern: str) -> Iterator[str]:
    for name, entry in sorted(store.glob(pattern, detail=True).items()):
        url = store.unstrip_protocol(name)
        if name.rstrip("/").rsplit("/", 1)[-1].startswith("."):
            continue
        if entry["type"] == "directory":
            yield from _in_folder(store, name.rstrip("/"), url.rstrip("/"))
        else:
            yield url


def _content(source: Future[Failure | Encoded] | str | Failure | Encoded) -> str | Failure | Encoded:
    return source.result() if isinstance(source, Future) else source


def _fetched(url: str) -> Failure | Encoded:
    try:
        store, path = _opened(url)
        content = store.cat_file(path, start=0, end=MOST_BYTES + 1)
    except FileNotFoundError:
        return Failure(url, "no such file. Check the address.")
    except Exception as error:
        return Failure(url, f"cannot be read ({_reason(error)}). Check the address and the access to it.")
    if len(content) > MOST_BYTES:
        return Failure(url, f"more than {MOST_BYTES >> 20} MB. Make it smaller.")
    return Encoded(url, content)


def _reason(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(text).split()).rstrip(".")
