"""The scripts that find and cut out stones against Python: the same pixels, the same parts, the same looks."""

import base64
import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from gemhier.models.bundle import load_bundle
from gemhier.models.bundle.bundle import Bundle
from gemhier.models.images.crop import Box, crop_stone, mask_background, whole_image
from gemhier.models.images.finder import Finder
from gemhier.models.images.turning import turned, turned_box, turns_upright
from gemhier.models.runtime.litert import FEATURES
from gemhier.pipeline.app.description import describe

NODE = shutil.which("node")

pytestmark = pytest.mark.skipif(NODE is None, reason="node, which runs the scripts, is not on the PATH")

Values = dict[str, Any]


def text(values: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()


def pixels(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), np.uint8)


def picture(image: np.ndarray) -> Values:
    rgba = np.dstack([image, np.full(image.shape[:2], 255, np.uint8)])
    return {"width": image.shape[1], "height": image.shape[0], "rgba": text(rgba)}


def noise(height: int, width: int, seed: int) -> np.ndarray:
    """A picture of smooth patches and of noise, so that rounding shows."""
    random = np.random.default_rng(seed)
    patches = cv2.resize(random.integers(0, 256, (5, 7, 3)).astype(np.uint8), (width, height))
    return np.where(random.random((height, width, 1)) < 0.5, patches, random.integers(0, 256, patches.shape)).astype(
        np.uint8
    )


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return load_bundle(num_threads=1)


def compute(bundle: Bundle, folder: Path, **given: Any) -> Values:
    """What the scripts make of it, by one process of Node."""
    nothing: Values = {key: [] for key in ("crops", "covers", "maps", "enlarged", "finds", "halves", "turns")}
    cases = {"description": describe(bundle), **nothing, **given}
    (folder / "cases.json").write_text(json.dumps(cases), encoding="utf-8")
    runner = Path(__file__).with_name("compute_images.js")
    command = [NODE or "node", runner, folder / "cases.json", folder / "results.json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    found: Values = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    return found


def test_crops_have_the_same_pixels(bundle: Bundle, tmp_path: Path) -> None:
    image = noise(150, 211, 1)
    boxes = [
        (Box(20, 30, 100), 48),  # smaller, by parts
        (Box(20, 30, 96), 48),  # smaller, by 2
        (Box(0, 0, 144), 48),  # smaller, by 3
        (Box(20, 30, 48), 48),  # as it is
        (Box(40, 30, 31), 48),  # larger
        (Box(40, 30, 1), 8),
        (Box(-30, -60, 270), 56),  # over every edge, smaller
        (Box(-9, 141, 20), 56),  # over a corner, larger
        (Box(205, -3, 90), 56),
        (whole_image(image), 56),
        (Box(-4000, -4000, 9000), 56),  # larger than the largest side
    ]
    found = compute(
        bundle,
        tmp_path,
        crops=[{"image": picture(image), "square": vars(box), "size": size} for box, size in boxes],
    )["crops"]
    for (box, size), crop in zip(boxes, found, strict=True):
        expected = crop_stone(image, box, size)
        differ = np.abs(pixels(crop).reshape(expected.shape).astype(int) - expected)
        # Where a value lies halfway, to a part of a float32, it may go to the other side.
        assert differ.max() <= 1, (box, size)
        assert (differ > 0).mean() < 0.002, (box, size)


def test_the_backdrop_is_covered_alike(bundle: Bundle, tmp_path: Path) -> None:
    levels = np.arange(256, dtype=np.uint8)
    share, colour = (grid.astype(np.uint8) for grid in np.meshgrid(levels, levels))
    image = np.dstack([colour, 255 - colour, colour // 2])
    (found,) = compute(bundle, tmp_path, covers=[{"image": picture(image), "share": text(share)}])["covers"]
    assert (pixels(found).reshape(image.shape) == mask_background(np.dstack([image, share]))).all()


def made_up_maps(seed: int, side: int = 56) -> np.ndarray:
    """(M, M, 2) probabilities with blobs of every shape, cores in some of them."""
    random = np.random.default_rng(seed)
    maps = random.normal(size=(side, side, 2)).astype(np.float32)
    maps = cv2.GaussianBlur(maps, (0, 0), float(random.choice([1.5, 3, 6])))
    maps /= np.abs(maps).max()
    return (1 / (1 + np.exp(-8 * maps + np.array([random.uniform(-1, 2), 2])))).astype(np.float32)


def test_parts_of_a_view_are_the_same(bundle: Bundle, tmp_path: Path) -> None:
    finder = bundle.finder
    assert isinstance(finder, Finder)
    random = np.random.default_rng(4)
    views = [(made_up_maps(seed), float(random.random())) for seed in range(40)]
    views.append((np.full((56, 56, 2), 0.25, np.float32), 0.5))
    cases = [
        {"side": 56, "stone": text(maps[..., 0]), "core": text(maps[..., 1]), "present": present}
        for maps, present in views
    ]
    results = compute(bundle, tmp_path, maps=cases)
    numbers = []
    for (maps, present), parts, components in zip(views, results["maps"], results["components"], strict=True):
        expected = finder._parts_of(maps, present)
        numbers.append(len(expected))
        assert [pixels(part["mine"]).reshape(56, 56).tolist() for part in parts] == [
            part.mine.tolist() for part in expected
        ]
        for part, other in zip(parts, expected, strict=True):
            for side in ("left", "top", "right", "bottom", "score"):
                assert part[side] == pytest.approx(getattr(other, side), abs=1e-5)
        count, labels = cv2.connectedComponents((maps[..., 1] > 0.5).astype(np.uint8), connectivity=4)
        assert (components["count"], components["numbers"]) == (count, labels.ravel().tolist())
    assert {0, 1, 2} < {min(number, 3) for number in numbers}  # of every kind


def test_probabilities_are_enlarged_alike(bundle: Bundle, tmp_path: Path) -> None:
    maps = [(made_up_maps(seed, side)[..., 0], side, wanted) for seed, side, wanted in ((1, 56, 224), (2, 7, 24))]
    cases = [{"values": text(values), "side": side, "wanted": wanted} for values, side, wanted in maps]
    for (values, _, wanted), found in zip(maps, compute(bundle, tmp_path, enlarged=cases)["enlarged"], strict=True):
        expected = cv2.resize(values, (wanted, wanted), interpolation=cv2.INTER_LINEAR)
        enlarged = np.frombuffer(base64.b64decode(found), np.float32).reshape(wanted, wanted)
        assert np.abs(enlarged - expected).max() < 1e-6


class Watched:
    """A network that keeps what it saw, and what it said; sharp where it is to look from nearby.

    Args:
        size: side of the squares that it sees.
        has_features: whether it gives features, the mean colour, as older networks do not.
    """

    def __init__(self, size: int, *, has_features: bool) -> None:
        self.size = size
        self.has_features = has_features
        self.outputs = {"maps": {"shape_signature": np.array([-1, size // 4, size // 4, 2])}}
        self.looks: list[Values] = []

    def run(self, images: np.ndarray) -> Mapping[str, np.ndarray]:
        """Take what is red for a stone, and what is very red for its core."""
        small = cv2.resize(images[0], (self.size // 4, self.size // 4), interpolation=cv2.INTER_AREA).astype(np.float32)
        redness = (small[..., 0] - small[..., 1:].max(axis=2)) / 255
        maps = np.stack([np.clip(redness * 1.25, 0, 1), np.clip(redness, 0, 1) ** 2], axis=2).astype(np.float32)
        present = np.array([[min(1, float((redness > 0.5).mean()) * 12) * float(redness.max())]], np.float32)
        features = {FEATURES: images.mean(axis=(1, 2), dtype=np.float32)} if self.has_features else {}
        said = {name: text(rows[0]) for name, rows in features.items()}
        self.looks.append({"seen": text(images[0]), "maps": text(maps), "present": float(present[0, 0]), **said})
        return {"maps": maps[None], "present": present, **features}


def shaded(image: np.ndarray, turns: int) -> np.ndarray:
    """A picture that is dark at its lower edge, turned."""
    shade = np.linspace(1, 0.6, len(image))[:, None, None]
    return np.ascontiguousarray(np.rot90((image * shade).astype(np.uint8), turns))


def with_stones(width: int, height: int, *circles: tuple[int, int, int], red: int = 245) -> np.ndarray:
    image = np.full((height, width, 3), (90, 120, 140), np.uint8)
    for x, y, radius in circles:
        cv2.circle(image, (x, y), radius, (red, 20, 30), -1)
    return image


SCENES = {
    "one that fills the picture": with_stones(240, 224, (120, 110, 80)),
    "a small one, looked at again": with_stones(672, 448, (500, 150, 30)),
    "a tiny one": with_stones(1120, 896, (1000, 800, 18)),
    "a dull one, looked for in the quarters": with_stones(560, 448, (400, 300, 50), red=160),
    "two": with_stones(600, 400, (150, 200, 80), (430, 180, 60)),
    "over an edge": with_stones(400, 300, (395, 100, 60)),
    "none": with_stones(300, 300),
    **{f"turned {turns}": shaded(with_stones(600, 400, (150, 200, 80), (430, 180, 30)), turns) for turns in range(4)},
}


def test_stones_are_found_at_the_same_looks(bundle: Bundle, tmp_path: Path) -> None:
    finder = Finder(bundle.finder.content if isinstance(bundle.finder, Finder) else b"")
    cases, expected = [], []
    for place, image in enumerate(SCENES.values()):
        watched = Watched(224, has_features=place % 2 == 0)
        finder._exported = watched  # type: ignore[assignment]
        stones, features = finder.seen(image)
        outline = finder.cut(image, (stones[0].box if stones else whole_image(image)), 224)[..., 3]
        cases.append({"image": picture(image), "network": {"size": 224, "looks": watched.looks}})
        expected.append((stones, features, outline, len(watched.looks)))
    assert max(looks for *_, looks in expected) > 8
    assert {len(stones) for stones, *_ in expected} == {0, 1, 2}
    assert {len(features) for _, features, *_ in expected} == {0, 3}
    results = compute(bundle, tmp_path, finds=cases)["finds"]
    for found, (stones, features, outline, _) in zip(results, expected, strict=True):
        assert found["features"] == features.tolist()
        assert [stone["square"] for stone in found["stones"]] == [vars(stone.box) for stone in stones]
        assert [stone["score"] for stone in found["stones"]] == pytest.approx([stone.score for stone in stones])
        assert not found["left"]
        assert np.abs(pixels(found["outline"]).astype(int) - outline.ravel()).max() <= 1


def test_halves_go_to_the_even_number(bundle: Bundle, tmp_path: Path) -> None:
    values = [0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.49, -0.51, 3.0, 1e9 + 0.5]
    assert compute(bundle, tmp_path, halves=values)["halves"] == [round(value) for value in values]


def test_pictures_are_turned_alike(bundle: Bundle, tmp_path: Path) -> None:
    even = np.full((9, 9, 3), 90, np.uint8)
    images = [*(shaded(noise(*size, 6), turns) for size in ((70, 131), (3, 200)) for turns in range(4)), even]
    box = Box(-3, 11, 40)
    cases = [{"image": picture(image), "square": vars(box)} for image in images]
    found = compute(bundle, tmp_path, turns=cases)["turns"]
    for image, script in zip(images, found, strict=True):
        assert script["upright"] == turns_upright(image)
        for turns, values, square in zip((-1, 0, 1, 2), script["turned"], script["squares"], strict=True):
            assert np.array_equal(pixels(values), turned(image, turns).ravel())
            assert square == vars(turned_box(box, image.shape, turns))
    assert {script["upright"] for script in found} == {0, 1, 2, 3}
