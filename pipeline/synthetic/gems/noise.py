"""What painted patterns are made of: colours, noise, soft steps and blurs."""

import cv2
import numpy as np

from gemhier.arrays import Float32


def linear(colour: str) -> Float32:
    """Convert a colour, #rrggbb in sRGB, to (3,) linear light."""
    return np.array([(int(colour[at : at + 2], 16) / 255) ** 2.2 for at in (1, 3, 5)], dtype=np.float32)


def noise(random: np.random.Generator, size: int, coarsest: tuple[int, int], octaves: int = 4) -> Float32:
    """Draw smooth random noise, about -1 to 1.

    Args:
        random: draws it.
        size: side of the result, in pixels.
        coarsest: number of hills down and across in the first octave; each next one has twice as many.
        octaves: how many; each is half as high as the one before.

    Returns:
        (size, size).
    """
    total = np.zeros((size, size), np.float32)
    for octave in range(octaves):
        rows, columns = (min(size, 1 + (count << octave)) for count in coarsest)
        hills = random.uniform(-1, 1, (rows, columns)).astype(np.float32)
        total += cv2.resize(hills, (size, size), interpolation=cv2.INTER_CUBIC) * 0.5**octave
    return total


def soften(image: Float32, radius: float) -> Float32:
    """Blur a (H, W) or (H, W, C) picture a little, `radius` in pixels."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), max(0.25, radius)), np.float32)


def rise(value: Float32, low: float, high: float) -> Float32:
    """Rise smoothly from 0 below `low` to 1 above `high`."""
    share = np.clip((value - low) / (high - low), 0, 1)
    smooth: Float32 = share * share * (3 - 2 * share)
    return smooth
