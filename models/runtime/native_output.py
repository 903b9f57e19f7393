"""Keep known lines of native libraries off the standard error, where no option silences them."""

import os
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

_standard_error = threading.Lock()


@contextmanager
def without_lines(unwanted: re.Pattern[bytes]) -> Iterator[None]:
    """Leave out the lines of the standard error that start with a pattern, native code's included.

    Whatever else is written there meanwhile is written afterwards. On Windows nothing is left out.

    Args:
        unwanted: what such lines start with.
    """
    if sys.platform == "win32":
        yield
        return
    with _standard_error, _nameless_file() as caught:
        try:
            original = os.dup(2)
        except OSError:  # standard error is closed: there is nothing to keep clean
            yield
            return
        try:
            os.dup2(caught.fileno(), 2)
            yield
        finally:
            os.dup2(original, 2)
            os.close(original)
            caught.seek(0)
            other = b"".join(line for line in caught if not unwanted.match(line))
            if other:
                os.write(2, other)


def _nameless_file() -> BinaryIO:
    """Open a file that is gone when it is closed; on Linux in memory, without `tempfile` and all that it imports."""
    if sys.platform == "linux" and hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("caught"), "w+b")
    import tempfile

    return tempfile.TemporaryFile()
