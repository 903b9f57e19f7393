"""Change cut-out stones in ways that leave their names alone: turns, mirroring, zoom, shifts, camera, outline."""

from dataclasses import dataclass, field
from functools import cache

import cv2
import numpy as np

from gemhier.arrays import RGB, Float32
from gemhier.models.augment.camera import Camera, photograph
from gemhier.models.images.crop import mask_background

_FLIPS = {(True, False): 0, (False, True): 1, (True, True): -1}
"""OpenCV's codes for mirroring upside down, left to right, and both."""


@dataclass(frozen=True)
class Augmentation:
    """How far training pictures are changed.

    Attributes:
        turn: largest turn either way, as a share of a full circle.
        zoom: largest change of size either way, as a share.
        shift: largest shift along each side, as a share of it: the finder is not always right.
        camera: what a camera does to them.
        outline: how far an outline moves in or out, as a share of the side, for the same reason.
        bare: share of the pictures whose backdrop is left to be seen.
    """

    turn: float = 0.5
    zoom: float = 0.12
    shift: float = 0.04
    camera: Camera = field(default_factory=Camera)
    outline: float = 0.02
    bare: float = 0.05


def augmented(cuts: RGB, augmentation: Augmentation, generator: np.random.Generator) -> RGB:
    """Lay cut-out stones another way and photograph them anew, each in its own way; see `pose` and `develop`.

    Args:
        cuts: (N, S, S, 4) uint8, RGB and how much of each pixel is stone.
        augmentation: how far they are changed.
        generator: draws the changes.

    Returns:
        (N, S, S, 3) uint8 RGB.
    """
    return develop(pose(cuts, augmentation, generator), augmentation, generator)


def pose(images: RGB, augmentation: Augmentation, generator: np.random.Generator) -> RGB:
    """Turn, mirror, zoom and shift pictures, each in its own way, with one resampling for all of it.

    Args:
        images: (N, S, S, C) uint8. What comes in at the edges repeats them.
        augmentation: how far.
        generator: draws the changes.

    Returns:
        (N, S, S, C) uint8.
    """
    return np.stack([_posed(image, augmentation, generator) for image in images])


def _posed(image: RGB, augmentation: Augmentation, generator: np.random.Generator) -> RGB:
    side = image.shape[0]
    down, across = generator.random(2) < 0.5
    angle, growth, right, below = generator.uniform(-1, 1, 4) * (
        360 * augmentation.turn,
        augmentation.zoom,
        side * augmentation.shift,
        side * augmentation.shift,
    )
    mirrored = image
    if down or across:
        mirrored = np.asarray(cv2.flip(image, _FLIPS[down, across]), np.uint8).reshape(image.shape)
    if not (angle or growth or right or below):
        return mirrored
    middle = (side - 1) / 2
    change = cv2.getRotationMatrix2D((middle, middle), angle, 1 / (1 + growth))
    change[:, 2] += right, below
    warped = cv2.warpAffine(mirrored, change, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, np.uint8).reshape(image.shape)


def develop(cuts: RGB, augmentation: Augmentation, generator: np.random.Generator) -> RGB:
    """Photograph cut-out stones anew, each in its own way, and cover their backdrops; from and to as `augmented`."""
    return np.stack([_develop(cut, augmentation, generator) for cut in cuts])


def _develop(cut: RGB, augmentation: Augmentation, generator: np.random.Generator) -> RGB:
    pixels = photograph(np.asarray(cv2.cvtColor(cut, cv2.COLOR_RGBA2RGB), np.uint8), augmentation.camera, generator)
    if generator.random() < augmentation.bare:
        return pixels
    outline = _moved(cut[..., 3], augmentation.outline * cut.shape[0], generator)
    return mask_background(np.concatenate([pixels, outline[..., None]], axis=-1))


def _moved(outline: RGB, reach: float, generator: np.random.Generator) -> RGB:
    """Return an outline moved in or out by up to `reach` pixels, here more and there less."""
    if reach <= 0 or generator.random() < 0.5:
        return outline
    side = outline.shape[0]
    # In float32: it is the level that counts, and OpenCV takes twice as long to blur bytes exactly.
    blurred = cv2.GaussianBlur(outline.astype(np.float32), (0, 0), max(0.5, reach))
    # On an edge blurred by `reach`, levels one standard deviation out and in are 0.16 and 0.84.
    coarse = (generator.uniform(0.2, 0.8) + generator.uniform(-0.15, 0.15, (4, 4))).astype(np.float32)
    smooth = _growth(side)
    level = smooth @ coarse @ smooth.T
    # Further out or in, the ramp below would reach what is all backdrop or all stone.
    level = np.clip(level, 0.16, 0.84)
    return np.asarray(255 * np.clip((blurred / np.float32(255) - level) / 0.2 + 0.5, 0, 1), np.uint8)


@cache
def _growth(side: int) -> Float32:
    """(side, 4) that brings four values to `side`, cubically; OpenCV takes a hundred times as long for them."""
    return np.asarray(cv2.resize(np.eye(4, dtype=np.float32), (4, side), interpolation=cv2.INTER_CUBIC), np.float32)
