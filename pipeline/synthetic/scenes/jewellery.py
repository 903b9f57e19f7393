"""What a stone is set in: bezels, rims of beads and prongs, on the band of a ring."""

import cv2
import numpy as np

from gemhier.arrays import Float32
from gemhier.pipeline.synthetic.gems.noise import rise
from gemhier.pipeline.synthetic.scenes.holding import hidden
from gemhier.pipeline.synthetic.scenes.metals import draw_metal, wires
from gemhier.pipeline.synthetic.scenes.outline import Outline, direction, find_outline
from gemhier.pipeline.synthetic.scenes.surface import lay, mixed, ramp, relief, shares, soft, strip, three

Metal = tuple[Float32, ...]


def _band(image: Float32, mask: Float32, stone: Outline, metal: Metal, generator: np.random.Generator) -> None:
    """Draw the band of a ring behind the stone, in place.

    It is seen from above, or as a hoop that lies there.
    """
    side = len(image)
    below = image.copy()
    angle = generator.uniform(0, 2 * np.pi)
    along = direction(angle)
    thickness = float(np.clip(stone.radius * generator.uniform(0.2, 0.7), 2, 0.2 * side))
    if generator.random() < 0.6:
        # Both sides of the band go down and away: they darken towards their ends.
        patch = np.empty((96, 24, 4), np.float32)
        x, y = np.linspace(-1, 1, 24, dtype=np.float32)[None], np.linspace(-1, 1, 96, dtype=np.float32)[:, None]
        value = 0.5 + 0.4 * np.cos(x * generator.uniform(1.5, 4) + generator.uniform(-1, 1)) - 0.45 * y * y
        body = rise(1 - np.abs(x), 0, 0.1) * rise(1 - np.abs(y), 0, generator.uniform(0.03, 0.3))
        patch[..., :3] = ramp(value, *metal) * three(body)
        patch[..., 3] = body
        reach = along * np.float32(stone.radius * generator.uniform(1.25, 2.6))
        corners = strip(stone.centre - reach, stone.centre + reach, thickness, thickness * generator.uniform(0.7, 1.3))
        shade = np.zeros_like(patch)
        shade[..., 3] = 0.4 * body
        lay(below, shade, corners + np.float32(0.15 * thickness))
        lay(below, patch, corners)
    else:
        turn = np.linspace(0, 2 * np.pi, 48)
        wide = stone.radius * generator.uniform(1.2, 2.6)
        axes = np.array([wide, wide * generator.uniform(0.35, 1.0)])
        hoop = np.stack([axes[0] * np.cos(turn) + axes[0], axes[1] * np.sin(turn)], axis=1)
        turned = hoop @ np.array([[along[0], along[1]], [-along[1], along[0]]])
        path = (stone.centre + turned).astype(np.float32)
        shift = direction(generator.uniform(0, 2 * np.pi)) * np.float32(stone.radius * generator.uniform(0.1, 0.6))
        _, shadow = wires(side, [path + shift], thickness * 0.6, along)
        below *= three(1 - np.float32(0.5) * soft(shadow, side * 0.012))
        value, body = wires(side, [path], thickness * 0.6, direction(generator.uniform(0, 2 * np.pi)))
        below = mixed(below, ramp(value, *metal), body)
    image[:] = mixed(below, image, mask)


def _rim(
    mask: Float32, stone: Outline, width: float, beads: bool, generator: np.random.Generator
) -> tuple[Float32, Float32]:
    """Draw a rim outside the stone's border, smooth or of beads.

    Returns its brightness, and how much of each pixel it covers.
    """
    side = len(mask)
    if beads:
        body, value = np.zeros((side, side), np.uint8), np.full((side, side), 40, np.uint8)
        grown = stone.centre + (stone.points - stone.centre) * np.float32(1 + 0.5 * width / stone.radius)
        count = int(np.clip(2 * np.pi * stone.radius / width, 8, 60))
        light = direction(generator.uniform(0, 2 * np.pi)) * np.float32(width * 0.12)
        for at in grown[np.linspace(0, len(grown) - 1, count).astype(int)]:
            for canvas, share, tone in ((body, 0.56, 255), (value, 0.56, 70), (value, 0.36, 150), (value, 0.16, 250)):
                middle = ((at + light * (1 - share)) * 16).astype(int).tolist()
                cv2.circle(canvas, middle, max(8, int(width * share * 16)), tone, -1, cv2.LINE_AA, 4)
        return soft(shares(value), width / 10), shares(body)
    outside = (mask < 0.5).astype(np.uint8)
    distance = np.asarray(cv2.distanceTransform(outside, cv2.DIST_L2, 3), np.float32)
    share = np.clip(distance / np.float32(width), 0, 1)
    dome = np.sqrt(np.maximum(1 - np.square(2 * share - 1), 0)) if generator.random() < 0.6 else share
    slope = relief(soft(dome, width / 8), generator.uniform(0, 2 * np.pi)) * np.float32(width / side)
    value = 0.5 + generator.uniform(0.2, 0.45) * slope + 0.1 * np.sin(share * generator.uniform(4, 10))
    alpha = np.clip(np.float32(width) - distance + 0.5, 0, 1) * outside.astype(np.float32)
    return np.asarray(value, np.float32), alpha


def _cast(image: Float32, body: Float32, mask: Float32, reach: float, generator: np.random.Generator) -> None:
    """Cast a soft shadow of the setting on the ground, in place."""
    side, towards = len(image), direction(generator.uniform(0, 2 * np.pi)) * np.float32(reach)
    shift = np.array([[1, 0, towards[0]], [0, 1, towards[1]]], np.float32)
    shadow = soft(np.asarray(cv2.warpAffine(np.maximum(body, mask), shift, (side, side)), np.float32), reach * 0.4)
    image *= three(1 - np.float32(generator.uniform(0.2, 0.6)) * shadow * (1 - mask))


def bezel(image: Float32, mask: Float32, generator: np.random.Generator) -> tuple[Float32, Float32]:
    """Draw a metal rim around the stone, mostly on a band; see `PROPS`.

    It is smooth, beaded or both.
    """
    stone = find_outline(mask)
    if stone is None:
        return image, np.zeros_like(mask)
    metal = draw_metal(generator, "jewel")
    if generator.random() < 0.75:
        _band(image, mask, stone, metal, generator)
    width = max(1.5, stone.radius * generator.uniform(0.05, 0.28))
    value, body = _rim(mask, stone, width, bool(generator.random() < 0.35), generator)
    # The rim is bent a little over the stone.
    over = soft(body, max(0.5, 0.15 * width)) * np.float32(generator.uniform(0.3, 1.0))
    body = np.maximum(body, over * (mask > 0.5).astype(np.float32))
    _cast(image, body, mask, max(1.0, 0.3 * width), generator)
    image[:] = mixed(image, ramp(value, *metal), body)
    return image, hidden(body, mask)


def prongs(image: Float32, mask: Float32, generator: np.random.Generator) -> tuple[Float32, Float32]:
    """Draw three to eight prongs over the stone's border; see `PROPS`.

    There may be a rim below, and mostly there is a band.
    """
    stone = find_outline(mask)
    if stone is None:
        return image, np.zeros_like(mask)
    metal = draw_metal(generator, "jewel")
    if generator.random() < 0.75:
        _band(image, mask, stone, metal, generator)
    if generator.random() < 0.5:
        value, rim = _rim(mask, stone, max(1.0, stone.radius * generator.uniform(0.04, 0.12)), False, generator)
        image[:] = mixed(image, ramp(value - 0.15, *metal), rim * (1 - mask))
    thickness = float(np.clip(stone.radius * generator.uniform(0.1, 0.26), 2, 0.08 * len(image)))
    count, first = int(generator.choice([3, 4, 4, 4, 5, 6, 6, 8])), generator.uniform(0, 2 * np.pi)
    inset, outset = stone.radius * generator.uniform(0.02, 0.22), stone.radius * generator.uniform(0.02, 0.15)
    angles = [first + 2 * np.pi * claw / count for claw in range(count)]
    paths = [np.stack([stone.edge(angle, -outset), stone.edge(angle, inset)]) for angle in angles]
    value, body = wires(len(image), paths, thickness, direction(generator.uniform(0, 2 * np.pi)))
    _cast(image, body, mask, max(1.0, 0.4 * thickness), generator)
    image[:] = mixed(image, ramp(value, *metal), body)
    return image, hidden(body, mask)
