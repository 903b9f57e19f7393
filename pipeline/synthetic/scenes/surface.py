"""What painted places are made of: hills, grain, relief, cells, ramps of colour and patches laid on a picture."""

from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from gemhier.arrays import Bytes, Float32


def rgb(colour: str) -> Float32:
    """Convert a colour, #rrggbb, to (3,) sRGB, 0 to 255."""
    return np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)], np.float32)


def one_of(generator: np.random.Generator, colours: str, spread: float = 8.0) -> Float32:
    """Choose one of several colours, "#rrggbb #rrggbb", and vary it a little.

    Returns (3,) sRGB, 0 to 255.
    """
    known = colours.split()
    # Brightness varies more than hue does.
    change = generator.normal(0, spread) + generator.normal(0, 0.35 * spread, 3)
    drawn = rgb(known[int(generator.integers(len(known)))]) + change
    return np.clip(drawn, 0, 255).astype(np.float32)


@lru_cache(maxsize=8)
def grid(side: int) -> tuple[Float32, Float32]:
    """Return how far each pixel is across and down, 0 to 1.

    These are two read-only (side, side) maps.
    """
    along = (np.arange(side, dtype=np.float32) + 0.5) / side
    across, down = (np.ascontiguousarray(axis, np.float32) for axis in np.meshgrid(along, along))
    across.flags.writeable = down.flags.writeable = False
    return across, down


def turned(side: int, angle: float) -> tuple[Float32, Float32]:
    """Return the maps of `grid`, turned by `angle` (radians) about the middle.

    They run from about -0.7 to 0.7.
    """
    across, down = grid(side)
    cosine, sine = float(np.cos(angle)), float(np.sin(angle))
    return (across - 0.5) * cosine + (down - 0.5) * sine, (down - 0.5) * cosine - (across - 0.5) * sine


def hills(
    side: int, generator: np.random.Generator, cells: tuple[float, float], octaves: int = 3, fade: float = 0.5
) -> Float32:
    """Draw smooth random hills, about -1 to 1.

    Each octave is drawn on a small grid and enlarged together with those before it, which costs
    a third more than one enlargement.

    Args:
        side: of the result, in pixels.
        generator: draws them.
        cells: hills down and across in the first octave; each next one has twice as many, up to one per pixel.
        octaves: how many.
        fade: height of an octave relative to the one before.

    Returns:
        (side, side).
    """
    rows, columns = (int(np.clip(round(count) + 1, 2, side)) for count in cells)
    field = generator.random((rows, columns), np.float32) * 2 - 1
    for octave in range(1, octaves):
        rows, columns = min(side, 2 * rows), min(side, 2 * columns)
        finer = generator.random((rows, columns), np.float32) * 2 - 1
        field = enlarged(field, columns, rows) + np.float32(fade**octave) * finer
    return enlarged(field, side, side)


def enlarged(field: Float32, width: int, height: int) -> Float32:
    """Enlarge a small map smoothly.

    One that is (height, width) already is returned as it is.
    """
    if field.shape[:2] == (height, width):
        return field
    return np.asarray(cv2.resize(field, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)


def grain(side: int, generator: np.random.Generator, blur: float = 0.0) -> Float32:
    """Draw independent noise for each pixel: (side, side).

    It has mean 0 and deviation 1, and is blurred by `blur` pixels.
    """
    drawn = np.frombuffer(generator.bytes(side * side), np.uint8).reshape(side, side)
    field = (drawn.astype(np.float32) - 127.5) / 73.9
    if blur:
        # Blurring by s pixels divides the deviation by about 2 s sqrt(pi).
        field = soft(field, blur) * max(1.0, 3.545 * blur)
    return field


def soft(field: Float32, radius: float) -> Float32:
    """Blur a map or picture by `radius` pixels."""
    if radius < 0.3:
        return field
    if radius > 4:
        # Such a blur leaves nothing that a smaller map could not hold.
        height, width = field.shape[:2]
        shrink = radius / 2
        size = max(2, round(width / shrink)), max(2, round(height / shrink))
        small = np.asarray(cv2.resize(field, size, interpolation=cv2.INTER_AREA), np.float32)
        return enlarged(np.asarray(cv2.GaussianBlur(small, (0, 0), 2), np.float32), width, height)
    return np.asarray(cv2.GaussianBlur(field, (0, 0), radius), np.float32)


def relief(height: Float32, angle: float) -> Float32:
    """Return how much each place of a height map faces the light.

    The light comes from `angle` (radians).

    Args:
        height: (side, side), in sides of the picture: the result does not depend on the resolution.
        angle: where the light is.

    Returns:
        (side, side), the slope, positive towards the light.
    """
    x, y = float(np.cos(angle)), float(np.sin(angle))
    kernel = np.array([[x + y, 2 * y, y - x], [2 * x, 0, -2 * x], [x - y, -2 * y, -x - y]], np.float32) / 8
    return np.asarray(cv2.filter2D(height, -1, kernel, borderType=cv2.BORDER_REPLICATE), np.float32) * len(height)


def lit(height: Float32, angle: float, strength: float) -> Float32:
    """Return the `relief` of a texture with a deviation of `strength`.

    How steep the texture is makes no difference.
    """
    slope = relief(height, angle)
    return slope * float(strength / max(1e-6, float(cv2.meanStdDev(slope)[1][0, 0])))


def cells(side: int, generator: np.random.Generator, count: int) -> tuple[npt.NDArray[np.int32], Float32]:
    """Divide the square among about `count` random points, each pixel to its nearest.

    Returns:
        (side, side) number of the point, from 0; (side, side) distance from the next border, in sides.
    """
    seeds = np.full((side, side), 255, np.uint8)
    # Points in a jittered grid: cells of like size, as pebbles and grains are.
    columns = int(np.ceil(np.sqrt(count)))
    at = (np.indices((columns, columns)).reshape(2, -1) + generator.uniform(0.05, 0.95, (2, columns**2))) / columns
    rows, places = np.minimum((at * side).astype(np.intp), side - 1)
    seeds[rows, places] = 0
    _, labels = cv2.distanceTransformWithLabels(seeds, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    numbers = np.asarray(labels, np.int32) - 1
    inner = np.full((side, side), 255, np.uint8)
    inner[:, 1:][numbers[:, 1:] != numbers[:, :-1]] = 0
    inner[1:][numbers[1:] != numbers[:-1]] = 0
    distance = np.asarray(cv2.distanceTransform(inner, cv2.DIST_L2, 3), np.float32)
    return numbers, distance * np.float32(1 / side)


def folds(side: int, generator: np.random.Generator, count: float) -> Float32:
    """Draw folds of loose cloth, about -1 to 1: `count` across the square."""
    across, _ = turned(side, generator.uniform(0, np.pi))
    wander = hills(side, generator, (2, 2), 2)
    phase = across * np.float32(2 * np.pi * count) + wander * np.float32(generator.uniform(1.5, 4))
    waves: Float32 = np.sin(phase) * (0.6 + 0.4 * hills(side, generator, (1, 2), 1))
    return waves


def ramp(values: Float32, *stops: Float32) -> Float32:
    """Return colours for values from 0 to 1.

    They are mixed from two or more evenly spaced stops.

    Args:
        values: any shape (H, W); what lies outside 0 to 1 is clipped.
        stops: (3,) each, sRGB.

    Returns:
        (H, W, 3).
    """
    known = np.stack(stops)
    at = np.linspace(0, len(known) - 1, 256, dtype=np.float32)
    below = np.minimum(at.astype(np.intp), len(known) - 2)
    share = (at - below)[:, None]
    table = (known[below] * (1 - share) + known[below + 1] * share).astype(np.float32)
    index = np.asarray(cv2.convertScaleAbs(np.maximum(values, 0), alpha=255), np.uint8)
    return np.asarray(cv2.LUT(three(index), table[None]), np.float32)


def shares(drawing: Bytes) -> Float32:
    """Convert an 8-bit drawing to shares from 0 to 1."""
    drawn: Float32 = drawing.astype(np.float32)
    drawn *= np.float32(1 / 255)
    return drawn


def clipped(values: npt.NDArray[np.floating], low: float = 0, high: float = 255) -> Float32:
    """Clip values to two bounds."""
    return np.asarray(np.clip(values, low, high), np.float32)


def three(field: Float32 | Bytes) -> Float32:
    """Return a (H, W) map as three equal channels.

    OpenCV is ten times faster here than broadcasting.
    """
    return np.asarray(cv2.cvtColor(field, cv2.COLOR_GRAY2RGB))


def tinted(values: Float32, colour: Float32, base: float = 0.0) -> Float32:
    """Multiply a (3,) colour by a (H, W) map, and add a number: (H, W, 3)."""
    height, width = values.shape
    # Rows of all channels at once: broadcasting over the three alone is five times slower.
    rows = three(values).reshape(height, -1)
    rows *= np.tile(colour.astype(np.float32), width)
    rows += base
    return rows.reshape(height, width, 3)


def mixed(below: Float32, above: Float32, share: Float32) -> Float32:
    """Mix (H, W, 3) pictures by a (H, W) share.

    The result is `below` where the share is 0, and `above`, which may be one (3,) colour, where it is 1.
    """
    if above.ndim == 1:
        return below * three(1 - share) + tinted(share, above)
    return np.asarray(cv2.blendLinear(above, below, share, 1 - share), np.float32)


def lay(image: Float32, patch: Float32, corners: Float32) -> Float32:
    """Lay a flat patch on a picture, in place.

    Args:
        image: (side, side, 3); changed.
        patch: (h, w, 4), colour multiplied by its cover, and the cover, 0 to 1.
        corners: (4, 2), where the patch's corners come to lie, in pixels: across and down of its upper left,
            upper right, lower right and lower left.

    Returns:
        (side, side), how much of the picture is covered.
    """
    side, covered = len(image), np.zeros(image.shape[:2], np.float32)
    left, top = (max(0, int(edge)) for edge in np.floor(corners.min(axis=0)))
    right, bottom = (min(side, int(edge) + 1) for edge in np.ceil(corners.max(axis=0)))
    if left >= right or top >= bottom:
        return covered
    height, width = patch.shape[:2]
    source = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32) - 0.5
    target = (corners - (left, top)).astype(np.float32) - 0.5
    transform = cv2.getPerspectiveTransform(source, target)
    placed = np.asarray(cv2.warpPerspective(patch, transform, (right - left, bottom - top)), np.float32)
    alpha = np.asarray(cv2.extractChannel(placed, 3), np.float32)
    region = image[top:bottom, left:right]
    region *= three(1 - alpha)
    region += cv2.cvtColor(placed, cv2.COLOR_RGBA2RGB)
    covered[top:bottom, left:right] = alpha
    return covered


def strip(start: Float32, end: Float32, width_at_start: float, width_at_end: float) -> Float32:
    """Return the corners of a strip, as for `lay`.

    Its upper edge is at `start` and its lower edge at `end`.
    """
    along = (end - start) / max(1e-6, float(np.hypot(*(end - start))))
    aside = np.array([along[1], -along[0]], np.float32) / 2
    return np.stack(
        [
            start - aside * width_at_start,
            start + aside * width_at_start,
            end + aside * width_at_end,
            end - aside * width_at_end,
        ]
    ).astype(np.float32)
