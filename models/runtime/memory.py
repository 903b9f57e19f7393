"""Bound the memory that a network takes, since it may be damaged or come from strangers."""

import math
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_OF_ANY = 10**9
_OF_FILE = 8
_AT_ONCE = 5 * 10**9
_FLOAT32 = 4

_OWN_MEMORY = Path("/proc/self/statm")

_limit = threading.Lock()


def most_bytes(file_bytes: int) -> int:
    """How much memory a network may take for one picture: 1 GB, and 8 times the size of its file.

    Weights kept in float16 double in float32, those kept in 8 bits take four times as much, and kernels hold them once
    more in their own order.
    """
    return _OF_ANY + _OF_FILE * file_bytes


def tensor_bytes(interpreter: Any) -> int:
    """How much the tensors of a LiteRT interpreter take for one picture, weights included, were all float32.

    That is what the file says of them: nothing is allocated for it.
    """
    # As `get_tensor_details` asks, which takes 20 ms for all else about 800 tensors.
    asked = interpreter._interpreter
    numbers: int = sum(
        abs(math.prod(asked.TensorSize(tensor, graph).tolist()))
        for graph in range(asked.NumSubgraphs())
        for tensor in range(asked.NumTensors(graph))
    )
    return _FLOAT32 * numbers


def images_at_once(of_one: int, most: int) -> int:
    """How many pictures, 1 to `most`, take 5 GB at most if one takes `of_one` bytes."""
    return min(most, max(1, _AT_ONCE // max(1, of_one)))


@contextmanager
def bounded_memory(room: int) -> Iterator[None]:
    """Let this process take only so much more memory while the block runs.

    Whatever a network's operations ask beyond that they do not get, and LiteRT fails with a RuntimeError.
    The bound is Linux's; elsewhere the block just runs. It holds for all threads, so the block should be short.

    Args:
        room: in bytes.
    """
    if sys.platform != "linux" or not _OWN_MEMORY.exists():
        yield
        return
    import resource

    with _limit:
        soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
        data = int(_OWN_MEMORY.read_bytes().split()[5]) * resource.getpagesize()
        if soft == resource.RLIM_INFINITY or data + room < soft:
            resource.setrlimit(resource.RLIMIT_DATA, (data + room, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
