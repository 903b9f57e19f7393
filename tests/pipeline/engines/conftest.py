"""One Ray for all tests, of two workers, reachable from this machine alone."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gemhier.arrays import Bytes

if TYPE_CHECKING:
    from gemhier.pipeline.engines.ray import RayEngine

WORKERS = 2


@pytest.fixture(scope="session")
def ray_engine() -> Iterator["RayEngine"]:
    """A running Ray, which whatever starts Ray uses."""
    # Imported before it is told how to start, as where another library uses it too.
    pytest.importorskip("ray", reason="Ray comes with the extra ray")
    from gemhier.pipeline.engines.ray import started

    with started(workers=WORKERS) as engine:
        yield engine


@pytest.fixture(scope="session")
def photographs(tmp_path_factory: pytest.TempPathFactory, paint_stone: Callable[[str], Bytes]) -> Path:
    """A folder with painted stones, in a folder deeper down too, and a file that is no picture."""
    import cv2
    import numpy as np

    folder = tmp_path_factory.mktemp("photographs")
    chance = np.random.default_rng(5)
    for number, label in enumerate(("corundum/ruby", "quartz", "corundum/sapphire", "beryl/emerald") * 3):
        image = np.clip(paint_stone(label) + chance.integers(-6, 7, (96, 128, 3)), 0, 255)
        place = folder / ("deeper" if number % 4 == 3 else "") / f"{number:02d}.png"
        place.parent.mkdir(exist_ok=True)
        cv2.imwrite(str(place), image.astype(np.uint8)[..., ::-1])
    (folder / "broken.jpg").write_bytes(b"no picture")
    return folder
