"""What a stone can lie on when its photograph is taken."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gemhier.arrays import Float32
from gemhier.pipeline.synthetic.gems.noise import linear, noise


@dataclass(frozen=True, eq=False)
class Ground:
    """What a stone lies on.

    Attributes:
        image: (size, size, 3) linear light, without the stone.
        colour: (3,), its mean.
        gloss: how strongly it mirrors the stone, 0 to 1.
        shadow: how dark the stone's shadow is, 0 to 1.
    """

    image: Float32
    colour: Float32
    gloss: float
    shadow: float


def _slope(size: int, random: np.random.Generator, upper: float, lower: float) -> Float32:
    """Return a (size, size, 1) ramp in brightness, nearly top to bottom.

    It runs from `upper` to `lower`.
    """
    across = np.linspace(-0.5, 0.5, size, dtype=np.float32)
    lean = random.uniform(-0.4, 0.4)
    share = np.clip(0.5 + across[:, None] + lean * across[None, :], 0, 1)
    run: Float32 = (upper + (lower - upper) * share * share * (3 - 2 * share)).astype(np.float32)[..., None]
    return run


def _ground(image: Float32, gloss: float, shadow: float) -> Ground:
    return Ground(image, image.mean(axis=(0, 1)), gloss, shadow)


def _white(size: int, random: np.random.Generator) -> Ground:
    tint = np.array([1.0, 1.0, 1.0], np.float32) - random.uniform(0, 0.025, 3).astype(np.float32)
    image = _slope(size, random, random.uniform(0.86, 1.05), random.uniform(0.92, 1.1)) * tint
    return _ground(image, float(random.choice([0.0, 0.0, 0.25])), random.uniform(0.3, 0.55))


def _grey(size: int, random: np.random.Generator) -> Ground:
    tint = np.array([1.0, 0.985, 0.97], np.float32) ** random.uniform(-0.5, 1.0)
    upper = random.uniform(0.12, 0.4)
    image = _slope(size, random, upper, upper * random.uniform(1.1, 1.9)) * tint
    return _ground(image, float(random.choice([0.0, 0.2, 0.35])), random.uniform(0.5, 0.75))


def _black(size: int, random: np.random.Generator) -> Ground:
    weave = noise(random, size, (70, 70), 2) * 0.3 + noise(random, size, (3, 3), 2) * 0.15
    tint = np.array([1.0, 0.97, 1.02], np.float32)
    image = (random.uniform(0.008, 0.03) * (1 + weave))[..., None] * tint
    return _ground(np.maximum(image, 0.002).astype(np.float32), 0.0, 0.7)


def _wood(size: int, random: np.random.Generator) -> Ground:
    rows = np.linspace(0, random.uniform(1.5, 3.5), size, dtype=np.float32)[:, None]
    rings = (rows + noise(random, size, (1, 2), 2) * 0.25) % 1  # each year's wood darkens, then begins again
    fibres = noise(random, size, (80, 2), 2)
    share = np.clip(0.85 - 0.5 * rings**2.5 + 0.16 * fibres, 0, 1)[..., None]
    dark, light = linear(random.choice(["#5a3a22", "#7a5636"])), linear(random.choice(["#a87848", "#c29a68"]))
    image = (dark + (light - dark) * share) * _slope(size, random, 0.85, 1.1)
    return _ground(image.astype(np.float32), 0.0, 0.75)


def _skin(size: int, random: np.random.Generator) -> Ground:
    tone = linear(random.choice(["#e8b899", "#d9a07c", "#b87a56", "#8a5a3e"]))
    soft = noise(random, size, (2, 2), 3) * 0.1
    pores = noise(random, size, (90, 90), 1) * 0.035
    creases = np.abs(noise(random, size, (1, 2), 2))
    lines = 1 - 0.16 * np.exp(-((creases / 0.06) ** 2))
    blush = np.array([1.0, 0.94, 0.92], np.float32) ** (noise(random, size, (2, 2), 2)[..., None] * 1.2)
    image = tone * ((1 + soft + pores) * lines)[..., None] * blush * _slope(size, random, 1.1, 0.8)
    return _ground(image.astype(np.float32), 0.0, 0.6)


BACKDROPS: dict[str, Callable[[int, np.random.Generator], Ground]] = {
    "white": _white,
    "grey": _grey,
    "black": _black,
    "wood": _wood,
    "skin": _skin,
}
"""What a stone can be photographed on, by name."""
