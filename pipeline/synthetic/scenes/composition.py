"""Scenes for the stone finder: stones on grounds where nobody photographed them, and their masks."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from gemhier.arrays import RGB, Float32, Float64
from gemhier.models.augment.camera import Camera, photograph
from gemhier.pipeline.synthetic.scenes.certificates import certificate
from gemhier.pipeline.synthetic.scenes.cutouts import PlainPhotograph
from gemhier.pipeline.synthetic.scenes.grounds import paint_ground
from gemhier.pipeline.synthetic.scenes.props import PROPS, draw_distractors

Choice = TypeVar("Choice")

CORE = 0.25
"""How far a core keeps from its stone's outline, in smaller sides of it: cores of touching stones do not touch."""

_NEARBY = 0.45
"""The least that a stone seen from nearby fills of the scene's side."""

_TRIES = 12
"""How often a place is looked for where a stone does not cover another."""


@dataclass(frozen=True, eq=False)
class Scene:
    """A composed photograph and the stones in it.

    Attributes:
        image: (S, S, 3) uint8 RGB.
        stones: for each stone (S, S) float32, how much of each pixel visibly belongs to it.
    """

    image: RGB
    stones: tuple[Float32, ...]

    @property
    def mask(self) -> Float32:
        """(S, S) how much of each pixel is stone."""
        return self._union(self.stones)

    @property
    def cores(self) -> Float32:
        """(S, S) the stones without their rims."""
        return self._union([core(stone) for stone in self.stones])

    def turned(self, turns: int) -> "Scene":
        """Return the scene turned anticlockwise by quarters."""
        image = np.ascontiguousarray(np.rot90(self.image, turns))
        return Scene(image, tuple(np.ascontiguousarray(np.rot90(stone, turns)) for stone in self.stones))

    def _union(self, parts: Sequence[Float32]) -> Float32:
        side = self.image.shape[0]
        return np.max(np.stack(parts), axis=0) if parts else np.zeros((side, side), np.float32)


def core(stone: Float32) -> Float32:
    """Return a stone's mask without its rim."""
    solid = (stone > 0.5).astype(np.uint8)
    x, y, width, height = cv2.boundingRect(solid)
    window = solid[y : y + height, x : x + width]
    inwards = cv2.distanceTransform(cv2.copyMakeBorder(window, 1, 1, 1, 1, cv2.BORDER_CONSTANT), cv2.DIST_L2, 3)
    kept = np.zeros_like(stone)
    if inwards.max() > 0:
        kept[y : y + height, x : x + width] = inwards[1:-1, 1:-1] >= 2 * CORE * inwards.max()
    return kept


@dataclass(frozen=True)
class SceneMaker:
    """Composes scenes without end.

    Attributes:
        plain: photographs whose stones are cut out.
        backgrounds: pictures without a gem, (H, W, 3) uint8 RGB.
        outlined: photographs from anywhere whose stones are outlined; they are shown whole.
        side: of the scenes, in pixels.
        camera: the simulated camera that takes them at last.
    """

    plain: Sequence[PlainPhotograph]
    backgrounds: Sequence[RGB]
    side: int = 256
    camera: Camera = field(default_factory=Camera)
    outlined: Sequence[PlainPhotograph] = ()

    def scene(self, generator: np.random.Generator) -> Scene:
        """Compose a scene; the same generator state gives the same scene."""
        kind = generator.random()
        if kind < (0.2 if self.outlined else 0.12):
            composed = self._as_it_was(generator)
        elif kind < 0.47:
            composed = Scene(_to_bytes(self._without_stone(generator)), ())
        else:
            composed = self._composed(generator)
        taken = Scene(photograph(composed.image, self.camera, generator), composed.stones)
        # Pictures are looked at with their bright side up, which need not be how they were taken.
        return taken.turned(int(generator.integers(4)))

    def _as_it_was(self, generator: np.random.Generator) -> Scene:
        """Show a whole photograph, turned and scaled.

        It has none of the seams of a composition.
        """
        plain = _pick(self.outlined if self.outlined and generator.random() < 0.4 else self.plain, generator)
        height, width = plain.pixels.shape[:2]
        scale = self.side / max(height, width) * np.exp(generator.uniform(-0.7, 0.35))
        turn = _turned((width / 2, height / 2), scale, generator)
        free = max(0.0, self.side - scale * max(width, height)) / 2
        turn[:, 2] += self.side / 2 + generator.uniform(-free, free, 2)
        size = self.side, self.side
        image = cv2.warpAffine(plain.pixels, turn, size, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
        stones = [_share(cv2.warpAffine(outline, turn, size)) for outline in plain.outlines]
        return Scene(np.asarray(image, np.uint8), tuple(stone for stone in stones if _is_seen(stone)))

    def _without_stone(self, generator: np.random.Generator) -> Float32:
        if generator.random() < 0.2:
            return self._printed(generator)
        ground = self._ground(generator, photographs=0.75)
        if generator.random() < 0.5:
            ground = draw_distractors(ground, np.ones(ground.shape[:2], bool), generator)
        if generator.random() < 0.6:
            return ground
        return self._with_patches(ground, np.zeros(ground.shape[:2], np.float32), generator)

    def _printed(self, generator: np.random.Generator) -> Float32:
        """Lay out a report with a printed stone, which does not count as one."""
        plain = _pick(self.plain, generator)
        alpha = _share(_pick(plain.outlines, generator))
        x, y, width, height = cv2.boundingRect((alpha > 0.03).astype(np.uint8))
        around = slice(y, y + height), slice(x, x + width)
        stone = plain.pixels[around].astype(np.float32)
        return certificate(self._ground(generator, photographs=0.3), stone, alpha[around], generator)

    def _ground(self, generator: np.random.Generator, photographs: float) -> Float32:
        if self.backgrounds and generator.random() < photographs:
            background = _pick(self.backgrounds, generator)
            return _random_window(background, self.side, generator).astype(np.float32)
        return paint_ground(self.side, generator).astype(np.float32)

    def _with_patches(self, ground: Float32, taken: Float32, generator: np.random.Generator) -> Float32:
        """Paste patches of background in the shapes of stones.

        An outline alone does not make a gem.
        """
        changed = ground
        for _ in range(int(generator.integers(1, 4))):
            shape = self._placed(generator, generator.uniform(0.1, 0.5))[1]
            if not len(self.backgrounds) or float((shape * taken).max()) > 0.02:
                continue
            filling = _random_window(_pick(self.backgrounds, generator), self.side, generator)
            changed = _blend(changed, filling, shape)
        return changed

    def _composed(self, generator: np.random.Generator) -> Scene:
        image = self._ground(generator, photographs=0.45)
        count = int(generator.choice([1, 2, 3, 4, 5, 6], p=[0.66, 0.12, 0.08, 0.06, 0.04, 0.04]))
        largest = 0.95 if count == 1 else 0.9 / np.sqrt(count)
        # A finder looks twice: at all of a picture, and at one stone from nearby.
        smallest = _NEARBY if count == 1 and generator.random() < 0.45 else 0.09
        same_size = np.exp(generator.uniform(np.log(smallest), np.log(largest)))
        taken = np.zeros(image.shape[:2], np.float32)
        stones: list[Float32] = []
        for _ in range(count):
            size = min(largest, same_size * np.exp(generator.normal(0, 0.2)))
            placed = self._beside(taken, size, generator)
            if placed is None:
                continue
            pixels, alpha = placed
            image = _cast_shadow(image, alpha, generator)
            opacity = alpha * generator.uniform(0.9, 1.0)
            image = _glare(_blend(image, pixels * generator.uniform(0.75, 1.15), opacity), alpha, generator)
            stones.append(alpha)
            taken = np.maximum(taken, cv2.dilate(alpha, np.ones((5, 5), np.uint8)))
        if generator.random() < 0.25:
            free = cv2.dilate(taken, np.ones((9, 9), np.uint8)) < 0.02
            image = draw_distractors(image, free, generator)
        if generator.random() < 0.15:
            image = self._with_patches(image, taken, generator)
        if len(stones) == 1 and generator.random() < 0.35:
            prop = PROPS[_pick(sorted(PROPS), generator)]
            image, covered = prop(image, stones[0], generator)
            stones = [stones[0] * (1 - covered)]
        return Scene(_to_bytes(image), tuple(stone for stone in stones if _is_seen(stone)))

    def _beside(self, taken: Float32, size: float, generator: np.random.Generator) -> tuple[Float32, Float32] | None:
        """Place a stone where there is none yet; None if no place was found."""
        for _ in range(_TRIES):
            pixels, alpha = self._placed(generator, size)
            if float((alpha * taken).max()) < 0.05:
                return pixels, alpha
        return None

    def _placed(self, generator: np.random.Generator, size: float) -> tuple[Float32, Float32]:
        """Place a stone somewhere in a scene.

        Returns its pixels (S, S, 3) in 0..255, and its mask (S, S).

        Args:
            generator: draws stone, place and turn.
            size: the stone's longer side as a share of the scene's.
        """
        plain = _pick(self.plain, generator)
        outline = _pick(plain.outlines, generator)
        x, y, width, height = cv2.boundingRect((outline > 8).astype(np.uint8))
        scale = size * self.side / max(width, height)
        turn = _turned((x + width / 2, y + height / 2), scale, generator)
        reach = min(0.5, size / 2 * generator.uniform(0.85, 1.15))  # a few are cut off by the edge
        turn[:, 2] += self.side * generator.uniform(reach, 1 - reach, 2)
        frame = self.side, self.side
        flags = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        source, ring = plain.pixels, outline
        if scale < 0.5:  # warping takes single pixels: shrink first
            factor = 2 * scale
            source = _scaled(source, factor)
            ring = _scaled(ring, factor)
            turn[:, :2] /= factor
        pixels = np.asarray(cv2.warpAffine(source, turn, frame, flags=flags), np.float32)
        return pixels, _share(cv2.warpAffine(ring, turn, frame, flags=flags))


def _turned(centre: tuple[float, float], scale: float, generator: np.random.Generator) -> Float64:
    """Return a (2, 3) transform that turns, mirrors, tilts and scales.

    It brings `centre`, about which it turns, to (0, 0).
    """
    angle, tilt_angle = generator.uniform(0, 2 * np.pi, 2)
    turn, tilt_turn = _rotation(angle), _rotation(tilt_angle)
    tilt = tilt_turn @ np.diag([1, generator.uniform(0.8, 1)]) @ tilt_turn.T
    mirror = np.diag([1, generator.choice([-1.0, 1.0])])
    linear = scale * tilt @ turn @ mirror
    return np.hstack([linear, -linear @ np.array(centre)[:, None]])


def _rotation(angle: float) -> Float64:
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def _is_seen(stone: Float32) -> bool:
    return float(stone.sum()) >= 0.002 * stone.size


def _random_window(background: RGB, side: int, generator: np.random.Generator) -> RGB:
    """Cut a random square from a picture, at `side` pixels.

    It spans all of the picture's shorter side, down to a sixth of it.
    """
    height, width = background.shape[:2]
    whole = min(height, width)
    part = max(8, round(whole * np.exp(generator.uniform(np.log(0.16), 0))))
    left, top = generator.integers(width - part + 1), generator.integers(height - part + 1)
    window = background[top : top + part, left : left + part]
    if generator.random() < 0.5:
        window = window[:, ::-1]
    ways = cv2.INTER_AREA if part > side else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(np.ascontiguousarray(window), (side, side), interpolation=ways), np.uint8)


def _blend(under: Float32 | RGB, over: Float32 | RGB, alpha: Float32) -> "Float32":
    share = alpha[..., None]
    return np.asarray(under * (1 - share) + over * share, np.float32)


def _cast_shadow(image: Float32, alpha: Float32, generator: np.random.Generator) -> Float32:
    """Darken the ground beside and under a stone."""
    if generator.random() < 0.3:
        return image
    side = image.shape[0]
    size = np.sqrt(float(alpha.sum()))
    offset = generator.normal(0, 0.12, 2) * size
    moved = cv2.warpAffine(alpha, np.array([[1, 0, offset[0]], [0, 1, offset[1]]]), (side, side))
    soft = cv2.GaussianBlur(moved, (0, 0), max(0.7, size * generator.uniform(0.03, 0.15)))
    return image * (1 - generator.uniform(0.15, 0.7) * soft)[..., None]


def _glare(image: Float32, alpha: Float32, generator: np.random.Generator) -> Float32:
    """Add reflections of lamps to a stone, now and then."""
    if generator.random() < 0.7:
        return image
    rows, columns = np.nonzero(alpha > 0.7)
    if not len(rows):
        return image
    spots = np.zeros(alpha.shape, np.float32)
    size = np.sqrt(len(rows))
    for _ in range(int(generator.integers(1, 4))):
        chosen = generator.integers(len(rows))
        axes = np.maximum(1, (generator.uniform(0.02, 0.12, 2) * size).round()).astype(int)
        centre = int(columns[chosen]), int(rows[chosen])
        cv2.ellipse(spots, centre, tuple(map(int, axes)), generator.uniform(0, 180), 0, 360, 1.0, cv2.FILLED)
    soft = np.asarray(cv2.GaussianBlur(spots, (0, 0), max(0.6, 0.02 * size)), np.float32)
    return _blend(image, np.full_like(image, 255), soft * alpha * np.float32(generator.uniform(0.3, 1)))


def _pick(choices: Sequence[Choice], generator: np.random.Generator) -> Choice:
    return choices[int(generator.integers(len(choices)))]


def _scaled(image: RGB, factor: float) -> RGB:
    size = max(1, round(image.shape[1] * factor)), max(1, round(image.shape[0] * factor))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _share(alpha: npt.NDArray[Any]) -> Float32:
    """Convert 0..255 to 0..1."""
    return np.asarray(alpha, np.float32) / np.float32(255)


def _to_bytes(image: Float32) -> RGB:
    return np.clip(image, 0, 255).astype(np.uint8)
