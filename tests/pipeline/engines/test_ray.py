"""What Ray is given and what comes back, without starting it."""

import pickle
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gemhier.arrays import Bytes
from gemhier.errors import BundleError, MissingExtraError
from gemhier.models.bundle import load_bundle
from gemhier.models.images.finder import Finder
from gemhier.pipeline.engines.job import CarriedBundle, CarriedFinder
from gemhier.pipeline.engines.ray import MOST_IN_UNIT, started, unit_size


@pytest.mark.parametrize(
    ("items", "workers", "size"), [(0, 2, 1), (3, 2, 1), (80, 2, 10), (81, 2, 11), (10_000_000, 2, MOST_IN_UNIT)]
)
def test_units_are_small_enough_to_end_together(items: int, workers: int, size: int) -> None:
    assert unit_size(items, workers) == size


def carried(bundle: CarriedBundle) -> CarriedBundle:
    """What arrives in another process."""
    return pickle.loads(pickle.dumps(bundle))  # type: ignore[no-any-return]  # noqa: S301


def test_a_bundle_travels_by_its_folder_and_is_loaded_once(tiny_bundle: Path) -> None:
    here = load_bundle(tiny_bundle)
    there = carried(CarriedBundle(here))
    assert there.workers == 1
    assert there.bundle is there.bundle
    assert there.bundle is not here
    assert repr(there.bundle) == repr(here)


def test_another_bundle_in_the_same_folder_is_refused(tiny_bundle_copy: Path) -> None:
    bundle = CarriedBundle(load_bundle(tiny_bundle_copy))
    info = tiny_bundle_copy / "bundle.json"
    info.write_text(info.read_text().replace("tiny-1", "tiny-2"))
    with pytest.raises(BundleError, match="Install the same on every machine"):
        _ = carried(bundle).bundle
    shutil.rmtree(tiny_bundle_copy)
    with pytest.raises(BundleError, match="no such bundle"):
        _ = carried(bundle).bundle


def test_a_finder_travels_by_its_bytes(finder: Finder, paint_stone: Callable[[str], Bytes]) -> None:
    there: CarriedFinder = pickle.loads(pickle.dumps(CarriedFinder(finder)))  # noqa: S301
    image: Bytes = paint_stone("corundum/ruby")
    assert there.finder is there.finder
    assert there.finder.find_best(image) == finder.find_best(image)
    assert there.finder.threshold == finder.threshold


@dataclass(frozen=True)
class Dividing:
    """A job that fails for one item."""

    def __call__(self, items: Iterable[int]) -> Iterator[float]:
        for item in items:
            if item < 0:
                raise BundleError("below zero.")
            yield 1 / item


def test_an_error_in_a_worker_travels_as_it_is_with_where_it_came_from() -> None:
    from gemhier.pipeline.engines import ray

    worker = ray._Worker(Dividing())
    assert worker({"number": 3, "unit": ray._Held([1, 2])}) == {"number": 3, "results": ray._Held([1.0, 0.5])}
    for item, kind in ((-1, BundleError), (0, ZeroDivisionError)):
        error = worker({"number": 3, "unit": ray._Held([1, item])})["results"].value
        assert isinstance(error, kind)
        assert "in __call__" in error.__notes__[0]
        assert isinstance(pickle.loads(pickle.dumps(error)), kind)  # noqa: S301


def test_without_ray_starting_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gemhier.extras.importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"gemhier\[ray\]"), started():
        pass
