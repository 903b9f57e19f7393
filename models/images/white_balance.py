"""White balance by a patch of the photograph that is white paper.

Under a lamp of another colour all light from the scene is changed alike, to a good approximation by one factor for each
channel in linear light (von Kries 1902; Finlayson, Drew and Funt, "Color constancy: generalized diagonal transforms
suffice", J. Opt. Soc. Am. A 11(11), 1994). White paper shows these factors; the picture is divided by them. The factors
keep the luminance of the paper (ITU-R BT.709), so that the picture becomes neither lighter nor darker. What becomes
brighter than white in a channel is clipped there, so strong highlights lose some of their colour; what the camera had
clipped itself cannot be brought back. `pipeline/app/scripts/white-balance.js` computes the same.
"""

from typing import NamedTuple

import numpy as np

from gemhier.arrays import RGB, Bytes, Float64
from gemhier.errors import ImageError

REACH = 0.006
"""How far the patch reaches from its middle, as a share of the picture's shorter side."""

LEAST_REACH = 2
"""In pixels; so the patch has 5 x 5 at least."""

CLIPPED = 254
"""A channel of this value has reached its end."""

MOST_CLIPPED = 0.1
"""A patch of whose values a larger share is clipped shows no colour any more."""

DARKEST = 0.02
"""Linear light of the weakest channel below which noise decides, from 0 to 1."""

MOST_GAIN = 12.0
"""The strongest channel over the weakest; a candle makes about 9 of white paper, so beyond this it is not white."""

LUMINANCE = (0.2126, 0.7152, 0.0722)
"""What red, green and blue of sRGB contribute to luminance."""


class Point(NamedTuple):
    """A pixel of a picture, from its upper left corner, as the picture is read: upright and perhaps reduced."""

    x: int
    y: int

    def __str__(self) -> str:
        """As it is given: 120,80."""
        return f"{self.x},{self.y}"


def white_balanced(image: RGB, white: Point, name: str) -> Bytes:
    """Return a picture as it would look if the patch around a point were of no colour.

    Args:
        image: (H, W, 3) uint8 RGB in sRGB.
        white: where there is white paper.
        name: what messages call the picture.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        ImageError: if the patch cannot tell the colour of the light.
    """
    return multiplied(image, gains_at(image, white, name))


def gains_at(image: RGB, white: Point, name: str) -> Float64:
    """Return (3,) by what the channels are to be multiplied in linear light.

    Args:
        image: (H, W, 3) uint8 RGB in sRGB.
        white: the middle of the patch.
        name: what messages call the picture.

    Raises:
        ImageError: if the point lies outside, or the patch is clipped, too dark or not white.
    """
    height, width = image.shape[:2]
    if not (0 <= white.x < width and 0 <= white.y < height):
        raise ImageError(
            f"{name}: the white point {white} lies outside the picture, which is read as {width} x {height} pixels. "
            "Give one inside."
        )
    reach = max(LEAST_REACH, int(REACH * min(width, height)))
    patch = image[max(0, white.y - reach) : white.y + reach + 1, max(0, white.x - reach) : white.x + reach + 1]
    if float((patch >= CLIPPED).mean()) > MOST_CLIPPED:
        raise ImageError(
            f"{name}: the patch at {white} is overexposed and has lost its colour. Give a greyer place, or take the "
            "picture again, darker."
        )
    means = linear(patch / 255).mean(axis=(0, 1))
    if float(means.min()) < DARKEST:
        raise ImageError(f"{name}: the patch at {white} is too dark to tell a colour. Give a place on white paper.")
    gains = float(means @ np.array(LUMINANCE)) / means
    if float(gains.max()) > MOST_GAIN * float(gains.min()):
        raise ImageError(f"{name}: the patch at {white} is too colourful for white paper. Give a place on white paper.")
    return np.asarray(gains, np.float64)


def multiplied(image: RGB, gains: Float64) -> Bytes:
    """Multiply the channels in linear light, and clip.

    Args:
        image: (H, W, 3) uint8 RGB in sRGB.
        gains: (3,).

    Returns:
        (H, W, 3) uint8 RGB.
    """
    values = linear(np.arange(256) / 255)[:, None] * gains
    table = np.floor(255 * encoded(np.minimum(values, 1)) + 0.5).astype(np.uint8)
    return np.stack([table[image[..., channel], channel] for channel in range(3)], axis=-1)


def linear(values: Float64) -> Float64:
    """Return the linear light of values of sRGB from 0 to 1 (IEC 61966-2-1)."""
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def encoded(light: Float64) -> Float64:
    """Return the values of sRGB of linear light from 0 to 1."""
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
