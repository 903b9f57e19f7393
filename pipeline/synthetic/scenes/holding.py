"""What holds a loose stone: tweezers, or two fingertips."""

import numpy as np

from gemhier.arrays import Float32
from gemhier.pipeline.synthetic.gems.noise import rise
from gemhier.pipeline.synthetic.scenes.finger import MARGIN, Pose, paint_finger
from gemhier.pipeline.synthetic.scenes.metals import draw_metal
from gemhier.pipeline.synthetic.scenes.outline import direction, find_outline
from gemhier.pipeline.synthetic.scenes.skin import draw_glove, draw_skin
from gemhier.pipeline.synthetic.scenes.surface import lay, ramp, strip, three


def hidden(alpha: Float32, mask: Float32) -> Float32:
    """Return the share of the stone that is hidden, 0 where no stone is.

    What hides it covers `alpha` of each pixel.
    """
    share: Float32 = alpha * (mask > 0).astype(np.float32)
    return share


def _arm(generator: np.random.Generator, light: float) -> Float32:
    """Paint one arm of tweezers, tip up: (160, 20, 4) patch for `lay`."""
    rows, columns = 160, 20
    x = np.linspace(-1, 1, columns, dtype=np.float32)[None]
    y = np.linspace(0, 1, rows, dtype=np.float32)[:, None]
    bands = generator.uniform(-0.7, 0.7, 2)
    value = 0.42 + 0.2 * x * light - 0.25 * x**4
    value = value + 0.5 * np.exp(-(((x - bands[0]) / 0.22) ** 2)) * (
        0.4 + 0.6 * np.sin(y * generator.uniform(2, 7)) ** 2
    )
    value = value - 0.25 * np.exp(-(((x - bands[1]) / 0.2) ** 2)) + 0.15 * y
    if generator.random() < 0.4:
        # Grooves, so that the stone does not slip.
        value = value - 0.25 * (np.sin(y * 260) > 0) * (y < 0.1)
    value = value + 0.03 * generator.standard_normal((rows, 1), np.float32)
    body = rise(1 - np.abs(x), 0.0, 0.12) * rise(y, 0.0, 0.02) * np.clip((y / 0.03 + 0.4 - np.abs(x)) * 4, 0, 1)
    patch = np.empty((rows, columns, 4), np.float32)
    patch[..., :3] = ramp(np.asarray(value, np.float32), *draw_metal(generator, "tool")) * three(
        np.asarray(body, np.float32)
    )
    patch[..., 3] = body
    return patch


def tweezers(image: Float32, mask: Float32, generator: np.random.Generator) -> tuple[Float32, Float32]:
    """Paint tweezers that hold the stone left and right; see `PROPS`.

    They come in from one edge of the picture.
    """
    stone = find_outline(mask)
    if stone is None:
        return image, np.zeros_like(mask)
    side, alpha = len(image), np.zeros_like(mask)
    angle = generator.uniform(0, 2 * np.pi)
    from_, aside = direction(angle), direction(angle + np.pi / 2)
    tip, root = side * generator.uniform(0.018, 0.05), side * generator.uniform(0.05, 0.13)
    bite = stone.radius * generator.uniform(0.0, 0.22)
    far = np.float32(1.5 * side)
    splay = generator.uniform(-0.1, 0.35) * side
    light = generator.uniform(-1, 1)
    beyond = np.float32(stone.radius * generator.uniform(0.0, 0.6) + tip)
    shadow_at = direction(generator.uniform(0, 2 * np.pi)) * np.float32(side * generator.uniform(0.01, 0.05))
    arms = []
    for sign in (1, -1):
        touch = stone.edge(angle + sign * np.pi / 2, inset=bite)
        # The arm's inner edge touches the stone, not its middle.
        touch += aside * np.float32(sign * tip * 0.4)
        away = max(0.02 * side, float((touch - stone.centre) @ aside) * sign + splay)
        end = stone.centre + from_ * far + aside * np.float32(sign * away)
        along = (end - touch) / np.hypot(*(end - touch))
        start = touch - along * beyond
        arms.append((_arm(generator, light * sign), strip(start, end, tip, root * 1.5)))
    if generator.random() < 0.6:
        for patch, corners in arms:
            shade = np.zeros_like(patch)
            shade[..., 3] = patch[..., 3] * 0.35
            lay(image, shade, corners + shadow_at)
    for patch, corners in arms:
        alpha = np.maximum(alpha, lay(image, patch, corners))
    return image, hidden(alpha, mask)


def fingertips(image: Float32, mask: Float32, generator: np.random.Generator) -> tuple[Float32, Float32]:
    """Paint two fingers that hold the stone from two sides; see `PROPS`.

    They are bare or gloved.
    """
    stone = find_outline(mask)
    if stone is None:
        return image, np.zeros_like(mask)
    side, covered = len(image), np.zeros_like(mask)
    skin = draw_skin(generator) if generator.random() < 0.85 else draw_glove(generator)
    angle, light = generator.uniform(0, 2 * np.pi), generator.uniform(0, 2 * np.pi)
    width = float(np.clip(stone.radius * generator.uniform(1.0, 2.2), 0.14 * side, 0.55 * side))
    front = int(generator.integers(0, 4))  # which of the two lies over the stone; 2 and 3: both
    for finger in range(2):
        towards = angle + finger * np.pi + generator.normal(0, 0.3)
        over = front in (finger, 2, 3)
        inset = stone.radius * (generator.uniform(0.02, 0.4) if over else generator.uniform(0.1, 0.7))
        along, tip = direction(towards), stone.edge(towards, inset)
        # As far as the edge of the picture, and half a finger on.
        ahead = np.where(along > 0, side - tip, tip) / np.maximum(np.abs(along), 1e-3)
        length = float(np.clip(ahead.min() + width, width, 1.5 * side))
        pose = Pose(length / width, "back" if generator.random() < 0.5 else "pad", light - towards + np.pi / 2, 0.0)
        patch = paint_finger(width, pose, skin, generator)
        start = tip - along * np.float32(width * (MARGIN - 1) / 2)
        corners = strip(start, tip + along * np.float32(length), width * MARGIN, width * MARGIN * 1.08)
        if over:
            covered = np.maximum(covered, lay(image, patch, corners))
        else:
            behind = image.copy()
            lay(behind, patch, corners)
            image += (behind - image) * three(1 - mask)
    return image, hidden(covered, mask)
