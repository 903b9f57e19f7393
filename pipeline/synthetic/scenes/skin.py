"""How hands look: skin of every tone, and gloves."""

from dataclasses import dataclass

import numpy as np

from gemhier.arrays import Float32
from gemhier.pipeline.synthetic.scenes.surface import clipped, one_of, rgb


@dataclass(frozen=True, eq=False)
class Skin:
    """How one hand looks in one light.

    Attributes:
        stops: colours from deep shade to highlight, (3,) each.
        pads: the same for palms and the inner sides of fingers, which are paler on dark hands.
        flush: (3,), what the colour is multiplied by where blood shines through.
        nail: (3,), colour of the nails.
        shine: how strongly it glistens, 0 to 1.
        bare: whether it is skin, with nails, lines and prints, rather than a glove.
    """

    stops: tuple[Float32, ...]
    pads: tuple[Float32, ...]
    flush: Float32
    nail: Float32
    shine: float
    bare: bool


TONES = (
    "#f6dccb",
    "#f0cdb4",
    "#eabf9f",
    "#e2b08c",
    "#d8a07a",
    "#c98d66",
    "#b67c56",
    "#a06a48",
    "#87563a",
    "#6c4430",
    "#523426",
    "#3c261d",
    "#2c1d18",
)
"""Skin in even light, from the fairest to the darkest."""

GLOVES = "#3f7fc8 #5a9ad8 #2c4f9a #f0f2f4 #e4e8ec #17181a #26282b #5c4aa0 #6ab0a0 #e8dcc0"
"""Nitrile, latex and cotton gloves."""


def draw_skin(generator: np.random.Generator) -> Skin:
    """Draw a bare hand of any natural tone, in soft light or in the sun."""
    place = generator.uniform(0, len(TONES) - 1)
    below = int(place)
    low, high = rgb(TONES[below]), rgb(TONES[min(below + 1, len(TONES) - 1)])
    tone = low + (high - low) * np.float32(place - below) + generator.normal(0, 5, 3).astype(np.float32)
    # Undertones from rosy to olive.
    tone = tone * np.array([1, 1 + generator.uniform(-0.07, 0.04), 1 + generator.uniform(-0.13, 0.06)], np.float32)
    # In the sun the red of fair skin is burnt out.
    exposure = generator.uniform(0.75, 1.25)
    # The palms of dark hands are about as light as tanned ones.
    pale = tone + (rgb("#d09a80") - tone) * np.float32(0.55 * np.clip((place - 5) / 6, 0, 1))
    redness = float(generator.beta(1.5, 1.5))
    flush = np.array([1.0, 0.92 - 0.24 * redness, 0.92 - 0.28 * redness], np.float32)
    tone, pale = np.minimum(tone * exposure, 255), np.minimum(pale * exposure, 255)
    nail = np.clip((0.4 * tone + 0.6 * pale) * np.array([1.04, 0.97, 0.98], np.float32) + 12, 0, 255)
    if generator.random() < 0.15:
        nail = one_of(generator, "#b01830 #f0d8d4 #e8a0b0 #301820 #d84860 #f4f0ec #8a2c5a")
    contrast = generator.uniform(0.5, 1.0)
    return Skin(_stops(tone, contrast), _stops(pale, contrast), flush, nail, generator.uniform(0.05, 0.5), True)


def draw_glove(generator: np.random.Generator) -> Skin:
    """Draw a hand in a thin glove, smooth and without nails."""
    colour = one_of(generator, GLOVES, 6)
    light = np.minimum(colour * 1.1 + 35, 255)
    stops = (colour * 0.25, colour * 0.65, colour, light, np.minimum(light + 70, 255))
    return Skin(stops, stops, np.ones(3, np.float32), colour, generator.uniform(0.1, 0.9), False)


def _stops(tone: Float32, contrast: float) -> tuple[Float32, ...]:
    """Return colours from deep shade to the highlight.

    Deep shade is red, because light seeps through skin.
    """
    shade = tone * (1 - np.float32(contrast) * np.array([0.68, 0.80, 0.84], np.float32))
    dim = tone * (1 - np.float32(contrast) * np.array([0.22, 0.36, 0.40], np.float32))
    light = clipped(tone * 1.1 + 8)
    return shade * np.float32(0.6), shade, dim, tone, light, clipped(light * 0.7 + 84)
