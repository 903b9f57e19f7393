"""Stones of many pictures, on several threads."""

import threading
from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from gemhier.arrays import RGB
from gemhier.models.images.stones import Cutter, Failure, StoneCrop, map_stones
from gemhier.models.images.untrained_finders import UNTRAINED

CUTTER = Cutter(UNTRAINED["none"], 8)


def grey(value: int) -> RGB:
    return np.full((20, 20, 3), value, np.uint8)


def values(crops: Sequence[StoneCrop]) -> list[int]:
    """The grey of each stone, and how many came together."""
    return [1000 * len(crops) + int(crop.pixels[0, 0, 0]) for crop in crops]


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("batch_size", [1, 4, 50])
def test_results_come_in_the_order_of_the_pictures_so_many_together(workers: int, batch_size: int) -> None:
    images: list[RGB | Failure] = [grey(value) for value in range(10)]
    images[3] = Failure("third", "asked for")
    found = list(map_stones(images, CUTTER, values, workers=workers, batch_size=batch_size))
    assert found[3] == Failure("third", "asked for")
    assert [one % 1000 for one in found if isinstance(one, int)] == [0, 1, 2, 4, 5, 6, 7, 8, 9]
    assert {one // 1000 for one in found if isinstance(one, int)} <= {*range(1, batch_size + 1)}


def test_several_pictures_are_worked_on_at_the_same_time() -> None:
    both = threading.Barrier(2, timeout=20)

    def together(crops: Sequence[StoneCrop]) -> list[str]:
        both.wait()
        return [threading.current_thread().name for _ in crops]

    found = list(map_stones(map(grey, range(8)), CUTTER, together, workers=2, batch_size=1))
    assert len(set(found)) == 2


def test_one_batch_is_worked_on_without_another_thread() -> None:
    def where(crops: Sequence[StoneCrop]) -> list[threading.Thread]:
        return [threading.current_thread() for _ in crops]

    found = list(map_stones(map(grey, range(3)), CUTTER, where, workers=2, batch_size=3))
    assert found == [threading.current_thread()] * 3


def test_an_error_in_one_picture_comes_in_its_turn_and_ends_the_threads() -> None:
    def fail_at_two(crops: Sequence[StoneCrop]) -> list[int]:
        if values(crops) == [1002]:
            raise ZeroDivisionError
        return values(crops)

    def endless() -> Iterator[RGB]:
        while True:
            yield from map(grey, range(9))

    results = map_stones(endless(), CUTTER, fail_at_two, workers=2, batch_size=1)
    assert [next(results), next(results)] == [1000, 1001]
    with pytest.raises(ZeroDivisionError):
        next(results)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("stones")]
