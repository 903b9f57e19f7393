"""Locks between processes, which the system itself releases when their holder ends, however it ends."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout


@contextmanager
def locked(path: Path, when_taken: Callable[[], None]) -> Iterator[None]:
    """Hold a lock for as long as the block runs.

    Args:
        path: a file of the lock's own, which is there only while somebody holds it or was killed holding it.
        when_taken: called if another process holds it: raises an error to give up, else the other's end is waited for.

    Raises:
        OSError: if the file cannot be made.
    """
    # Without a lock of the system there is none: a mere file would outlive a process that is killed.
    lock = FileLock(path, fallback_to_soft=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        when_taken()
        lock.acquire()
    try:
        yield
    finally:
        with suppress(OSError):  # Windows keeps a file that is open
            path.unlink(missing_ok=True)
        lock.release()


def is_locked(path: Path) -> bool:
    """Tell whether another process holds a lock."""
    if not path.exists():
        return False
    lock = FileLock(path, fallback_to_soft=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    return False
