"""What a camera and a file do to a scene: light, white balance, focus, noise, resolution, compression.

Colour moves here, and only as far as cameras move it: a gem's colour is half of its name.
"""

from dataclasses import dataclass
from statistics import NormalDist

import cv2
import numpy as np

from gemhier.arrays import RGB, Float32

_NORMAL = np.array([NormalDist().inv_cdf((step + 0.5) / 256) for step in range(256)], np.float32)
"""Of a random byte, a draw from the normal distribution: a tenth of the time of drawing numbers of full precision."""


@dataclass(frozen=True)
class Camera:
    """How far photographs are changed; each change is drawn anew for each photograph.

    Attributes:
        exposure: largest change of light either way, in stops.
        white_balance: largest gain or loss of red against blue, as a share; half of it for green.
        contrast: largest change of the tone curve's exponent either way, as a share.
        saturation: largest change either way, as a share.
        blur: largest radius of defocus or shake, in pixels of a 224-pixel picture.
        noise: largest standard deviation, in 0..255.
        coarsest: the smallest resolution that a picture is brought down to, in pixels.
        compression: share of photographs that are saved as JPEG, of quality 30 to 95.
        untouched: share of photographs that are left as they are.
    """

    exposure: float = 0.6
    white_balance: float = 0.12
    contrast: float = 0.2
    saturation: float = 0.15
    blur: float = 2.0
    noise: float = 6.0
    coarsest: int = 64
    compression: float = 0.5
    untouched: float = 0.2


def photograph(scene: RGB, camera: Camera, generator: np.random.Generator) -> RGB:
    """Take a photograph of a scene.

    Args:
        scene: (S, S, 3) uint8 RGB.
        camera: how far it is changed.
        generator: draws the changes.

    Returns:
        (S, S, 3) uint8 RGB.
    """
    if generator.random() < camera.untouched:
        return scene
    developed = _resolve(_expose(scene, camera, generator), camera, generator)
    if generator.random() < camera.compression:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(generator.integers(30, 96))]
        _, saved = cv2.imencode(".jpg", developed, quality)
        developed = np.asarray(cv2.imdecode(saved, cv2.IMREAD_COLOR), np.uint8)
    return developed


def _expose(scene: RGB, camera: Camera, generator: np.random.Generator) -> RGB:
    """Light, white balance, tone curve and saturation, channel by channel."""
    red_to_blue = generator.uniform(-1, 1) * camera.white_balance
    green = generator.uniform(-1, 1) * camera.white_balance / 2
    gains = np.array([1 + red_to_blue, 1 + green, 1 - red_to_blue]) * 2 ** (generator.uniform(-1, 1) * camera.exposure)
    exponent = 1 + generator.uniform(-1, 1) * camera.contrast
    # Gains belong to linear light; a power law stands for sRGB's curve (IEC 61966-2-1).
    levels = np.linspace(0, 1, 256)[:, None]
    table = np.clip((levels**2.2 * gains) ** (exponent / 2.2), 0, 1) * 255
    exposed = cv2.LUT(scene, table.round().astype(np.uint8)[:, None, :])
    saturation = 1 + generator.uniform(-1, 1) * camera.saturation
    weights = np.array([0.299, 0.587, 0.114])
    mix = saturation * np.eye(3) + (1 - saturation) * np.tile(weights, (3, 1))
    return np.asarray(cv2.transform(exposed, mix), np.uint8)


def _resolve(scene: RGB, camera: Camera, generator: np.random.Generator) -> RGB:
    """Resolution, focus, shake and noise."""
    side = scene.shape[0]
    shown = scene
    if generator.random() < 0.5:
        coarse = round(np.exp(generator.uniform(np.log(min(camera.coarsest, side)), np.log(side))))
        shown = np.asarray(cv2.resize(shown, (coarse, coarse), interpolation=cv2.INTER_AREA), np.uint8)
        ways = (cv2.INTER_LINEAR, cv2.INTER_CUBIC)
        shown = np.asarray(cv2.resize(shown, (side, side), interpolation=ways[generator.integers(2)]), np.uint8)
    radius = generator.random() ** 2 * camera.blur * side / 224
    if radius > 0.3:
        if generator.random() < 0.3:
            shown = np.asarray(cv2.filter2D(shown, -1, _streak(radius, generator)), np.uint8)
        else:
            shown = np.asarray(cv2.GaussianBlur(shown, (0, 0), radius), np.uint8)
    deviation = generator.random() ** 2 * camera.noise
    if deviation > 0.5:
        drawn = np.frombuffer(generator.bytes(shown.size), np.uint8).reshape(shown.shape)
        grain = cv2.LUT(drawn, np.float32(deviation) * _NORMAL)
        shown = np.asarray(cv2.add(shown, grain, dtype=cv2.CV_8U), np.uint8)
    return shown


def _streak(radius: float, generator: np.random.Generator) -> Float32:
    """Return the kernel of a hand that shook: a line of about three radii."""
    reach = max(1, round(1.5 * radius))
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    angle = generator.uniform(0, np.pi)
    across, down = reach * np.cos(angle), reach * np.sin(angle)
    start = round(reach - across), round(reach - down)
    end = round(reach + across), round(reach + down)
    cv2.line(kernel, start, end, 1.0, 1, cv2.LINE_AA)
    return np.asarray(kernel / kernel.sum(), np.float32)
