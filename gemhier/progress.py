"""Show how far long work is, and do the same to many files with all processors."""

import os
import sys
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

Item = TypeVar("Item")
Result = TypeVar("Result")


def progress(items: Iterable[Item] | None, label: str, *, length: int | None = None) -> "ProgressBar[Item]":
    """Show a bar on standard error, if that is a terminal.

    It is a context that iterates over `items`, or is moved by `update`.
    """
    return click.progressbar(items, length=length, label=label, file=sys.stderr, hidden=not sys.stderr.isatty())


@contextmanager
def counted(label: str, length: int) -> Iterator[Callable[[int], None]]:
    """Show a bar for work whose steps come in groups; give what to call with how many are done."""
    nothing: Iterator[None] = (None for _ in ())
    with progress(nothing, label, length=length) as shown:
        yield shown.update


@contextmanager
def counted_late(label: str, count: Callable[[], int]) -> Iterator[Callable[[], None]]:
    """Show a bar for work that begins before anybody knows how much there is of it.

    Args:
        label: what is being done.
        count: how many steps there will be; it is asked on another thread, meanwhile.

    Returns:
        A context with what to call after each step.
    """
    nothing: Iterator[None] = (None for _ in ())  # a bar wants something to iterate over, whose length it cannot ask
    with progress(nothing, label) as shown:

        def learn_length() -> None:
            shown.length = count()

        threading.Thread(target=learn_length, name="counting", daemon=True).start()
        yield lambda: shown.update(1)


def say(line: str) -> None:
    """Print a line on standard error, in a log too, where bars are hidden."""
    click.echo(line, err=True)


def map_with_progress(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    label: str,
    *,
    initializer: Callable[[], None] | None = None,
) -> Generator[Result, None, None]:
    """Do what `map_on_threads` does, and show a bar on standard error if that is a terminal."""
    with (
        closing(map_on_threads(function, items, initializer=initializer)) as found,
        progress(found, label, length=len(items)) as results,
    ):
        yield from results


def map_on_threads(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    threads: int | None = None,
    *,
    initializer: Callable[[], None] | None = None,
) -> Generator[Result, None, None]:
    """Yield the result for each item, in order, from threads.

    Decoding and resizing leave Python's lock to others, so threads are enough. After an error, or if the caller stops
    early, what has not begun is not done.

    Args:
        function: what is done to each.
        items: they are all taken at once.
        threads: how many; None for as many as there are cores.
        initializer: what each thread does first.
    """
    executor = ThreadPoolExecutor(max_workers=threads or os.cpu_count(), initializer=initializer)
    try:
        yield from executor.map(function, items)
    finally:
        executor.shutdown(cancel_futures=True)


def show_progress(label: str) -> Callable[[Sequence[Item]], Iterator[Item]]:
    """Something to send items through, which shows how many have passed."""

    def passing(items: Sequence[Item]) -> Iterator[Item]:
        with progress(items, label, length=len(items)) as shown:
            yield from shown

    return passing
