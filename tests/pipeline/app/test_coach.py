"""What the page says of a photograph before it names the stone: of painted ones, good and spoiled."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from gemhier.arrays import Bytes
from gemhier.models.images.white_balance import encoded, linear

ROOT = Path(__file__).parents[3]
NODE = shutil.which("node")
ANSWERING = {"stone_threshold": 0.8}

pytestmark = pytest.mark.skipif(NODE is None, reason="node, which runs the scripts, is not on the PATH")


def facetted(side: int = 240) -> Bytes:
    """A red stone of flat facets on light grey."""
    image = np.full((2 * side, 2 * side, 3), 180, np.uint8)
    random = np.random.default_rng(4)
    middle = np.array([side, side])
    for angle in range(0, 360, 15):
        corners = [middle]
        for turn in (angle, angle + 15):
            direction = np.array([np.cos(np.radians(turn)), np.sin(np.radians(turn))])
            corners.append(middle + 0.45 * side * direction)
        cv2.fillPoly(image, [np.array(corners, np.int32)], [int(random.integers(90, 250)), 30, 50])
    return image


def lit(image: Bytes, light: Any) -> Bytes:
    return np.asarray(np.rint(255 * encoded(np.clip(linear(image / 255) * np.array(light), 0, 1))), np.uint8)


def shrunk(image: Bytes, scale: float) -> Bytes:
    return np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def coached(folder: Path, **pictures: tuple[Bytes, list[float]]) -> dict[str, dict[str, Any]]:
    """What is measured and said of pictures with a stone in the middle; each with the scores of what is found in it."""
    asked = []
    for name, (image, scores) in pictures.items():
        file = folder / f"{name}.rgba"
        file.write_bytes(np.dstack([image, np.full(image.shape[:2], 255, np.uint8)]).tobytes())
        side = image.shape[0]
        asked.append(
            {
                "file": str(file),
                "width": side,
                "height": side,
                "box": [side // 4, side // 4, side - side // 4, side - side // 4],
                "stones": [{"score": score} for score in scores],
                "score": max(scores, default=0),
            }
        )
    (folder / "list.json").write_text(json.dumps({"pictures": asked, "answering": ANSWERING}), encoding="utf-8")
    script = ROOT / "benchmarks" / "coach.js"
    done = subprocess.run([NODE or "node", script, folder / "list.json"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return dict(zip(pictures, map(json.loads, done.stdout.splitlines()), strict=True))


def test_each_fault_is_noticed_and_a_good_picture_is_let_be(tmp_path: Path) -> None:
    good = facetted()
    found = coached(
        tmp_path,
        good=(good, [0.95, 0.3]),
        large=(shrunk(facetted(960), 0.9), [0.95]),
        nothing=(good, []),
        doubtful=(good, [0.7]),
        several=(good, [0.95, 0.9]),
        small=(shrunk(good, 0.15), [0.95]),
        blurred=(np.asarray(cv2.GaussianBlur(good, (0, 0), 12), np.uint8), [0.95]),
        dark=(lit(good, 0.05), [0.95]),
        lamp=(lit(good, [1.0, 0.4, 0.1]), [0.95]),
    )
    assert {name: one["notices"] for name, one in found.items()} == {
        "good": [],
        "large": [],
        "nothing": ["no-gem"],
        "doubtful": ["no-gem"],
        "several": ["several"],
        "small": ["small"],
        "blurred": ["blurred"],
        "dark": ["dark"],
        "lamp": ["coloured"],
    }


def test_what_is_measured_is_what_it_is_called(tmp_path: Path) -> None:
    good = facetted()
    found = coached(
        tmp_path,
        good=(good, [0.9]),
        dim=(lit(good, 0.5), [0.9]),
        warm=(lit(good, [1.0, 0.5, 0.5]), [0.9]),
        half=(shrunk(good, 0.5), [0.9]),
    )
    assert found["good"]["side"] == 240
    assert found["half"]["side"] == 120
    assert found["good"]["brightness"] == pytest.approx(linear(np.array(180 / 255)), rel=1e-6)
    assert found["dim"]["brightness"] == pytest.approx(found["good"]["brightness"] / 2, rel=0.02)
    assert found["good"]["cast"] == pytest.approx(0, abs=1e-9)
    assert found["warm"]["cast"] == pytest.approx(1, abs=0.05)  # one channel has twice the light of another: one bit
    assert found["half"]["sharpness"] == pytest.approx(found["good"]["sharpness"], rel=0.5)
