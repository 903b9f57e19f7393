"""What is drawn around a stone already in the picture: what holds it, its setting, and what lies nearby."""

from collections.abc import Callable, Mapping

import numpy as np

from gemhier.arrays import Float32
from gemhier.pipeline.synthetic.scenes.distractors import draw_distractors
from gemhier.pipeline.synthetic.scenes.holding import fingertips, tweezers
from gemhier.pipeline.synthetic.scenes.jewellery import bezel, prongs

__all__ = ["PROPS", "Prop", "draw_distractors"]

Prop = Callable[[Float32, Float32, np.random.Generator], tuple[Float32, Float32]]
"""Draws around one stone.

Takes the picture, (side, side, 3) float32 from 0 to 255, which it changes in place; the stone's mask, (side, side)
float32 from 0 to 1; and the generator that draws everything. Returns the picture, and the (side, side) share of the
stone that is hidden now, 0 where no stone is: what is seen of the stone is `mask * (1 - hidden)`. A mask without a
stone leaves the picture as it was.
"""

PROPS: Mapping[str, Prop] = {
    "tweezers": tweezers,
    "fingertips": fingertips,
    "bezel": bezel,
    "prongs": prongs,
}
"""What can be drawn around a stone, by name."""
