"""Do the same to many files with all processors, and show how far it is."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import click

Item = TypeVar("Item")
Result = TypeVar("Result")


def map_with_progress(function: Callable[[Item], Result], items: Sequence[Item], label: str) -> Iterator[Result]:
    """Yield the result for each item, in order, from threads.

    Decoding and resizing leave Python's lock to others, so threads are enough. A bar is shown on
    standard error if that is a terminal. After an error, or if the caller stops early, what has not
    begun is not done.
    """
    executor = ThreadPoolExecutor(max_workers=os.cpu_count())
    try:
        with click.progressbar(
            executor.map(function, items),
            length=len(items),
            label=label,
            file=sys.stderr,
            hidden=not sys.stderr.isatty(),
        ) as results:
            yield from results
    finally:
        executor.shutdown(cancel_futures=True)
