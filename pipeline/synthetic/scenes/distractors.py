"""Small things that lie near a stone and must not be taken for one."""

import cv2
import numpy as np

from gemhier.arrays import Booleans, Float32
from gemhier.pipeline.synthetic.gems.noise import rise
from gemhier.pipeline.synthetic.scenes.surface import lay, strip, three
from gemhier.pipeline.synthetic.scenes.things import REACH, THINGS, Thing, disc


def _shadowed(thing: Thing, angle: float, depth: float) -> Float32:
    """Make a thing's patch for `lay`, with its shadow.

    The shadow is on the side away from the light.
    """
    colours, body = thing
    n = len(body)
    away = np.array([[1, 0, -np.cos(angle) * n * 0.06], [0, 1, -np.sin(angle) * n * 0.06]], np.float32)
    shadow = cv2.GaussianBlur(cv2.warpAffine(body, away, (n, n)), (0, 0), max(0.5, n * 0.025))
    # Nothing reaches the patch's border, so that what lies next to it stays as it was.
    _, _, distance = disc(n)
    shadow = np.asarray(shadow, np.float32) * depth * (1 - rise(distance, 1.1, REACH - 0.02))
    patch = np.empty((n, n, 4), np.float32)
    patch[..., :3] = colours * three(body)
    patch[..., 3] = body + (1 - body) * shadow
    return patch


def draw_distractors(image: Float32, free: Booleans, generator: np.random.Generator) -> Float32:
    """Scatter one to six small things that are not gems.

    Args:
        image: (side, side, 3), 0 to 255; changed in place.
        free: (side, side), where they and their shadows may lie; the rest of the picture is left alone.
        generator: draws them.

    Returns:
        The picture.
    """
    side = len(image)
    room = np.asarray(cv2.distanceTransform(free.astype(np.uint8), cv2.DIST_L2, 5), np.float32)
    names, alike = list(THINGS), bool(generator.random() < 0.4)
    name, angle = str(generator.choice(names)), generator.uniform(0, 2 * np.pi)
    depth, size = generator.uniform(0.2, 0.7), generator.uniform(0.03, 0.13)
    placed: list[tuple[float, float, float]] = []
    for _ in range(int(generator.integers(1, 7))):
        reach = REACH * side * size * generator.uniform(0.7, 1.4)
        for row, column in generator.integers(0, side, (12, 2)).tolist():
            apart = all(np.hypot(row - y, column - x) > reach + other for y, x, other in placed)
            # Two pixels for what a patch laid aslant blends with and for how roughly the distance is measured.
            if apart and room[row, column] > reach * 1.05 + 2:
                break
        else:
            continue
        placed.append((row, column, reach))
        name = name if alike else str(generator.choice(names))
        n, turn = max(12, int(2 * reach)), generator.uniform(0, 2 * np.pi)
        patch = _shadowed(THINGS[name](n, angle - turn, generator), angle - turn, depth)
        along = np.array([-np.sin(turn), np.cos(turn)], np.float32) * np.float32(reach)
        middle = np.array([column + 0.5, row + 0.5], np.float32)
        lay(image, patch, strip(middle - along, middle + along, 2 * reach, 2 * reach))
    return image
