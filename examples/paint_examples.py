"""Paint the pictures of this folder anew: python examples/paint_examples.py."""

from dataclasses import dataclass
from pathlib import Path

from gemhier.arrays import Bytes
from gemhier.pipeline.sample import encode_jpeg
from gemhier.pipeline.synthetic.gems.image import paint_stone

SIZE = 400
"""Side of each picture, in pixels."""


@dataclass(frozen=True)
class Example:
    """What `paint_stone` is told for one picture."""

    look: str
    cut: str
    backdrop: str
    seed: int

    def paint(self) -> Bytes:
        """Return the picture, (SIZE, SIZE, 3) uint8 RGB."""
        return paint_stone(self.look, cut=self.cut, backdrop=self.backdrop, seed=self.seed, size=SIZE, rays=2)


EXAMPLES = {
    "emerald.jpg": Example("Emerald", "step", "grey", 3),
    "aquamarine.jpg": Example("Aquamarine", "oval", "grey", 1),
    "ruby.jpg": Example("Ruby", "oval", "white", 11),
    "blue-sapphire.jpg": Example("Blue Sapphire (Neelam)", "oval", "white", 16),
    "amethyst.jpg": Example("Amethyst", "step", "grey", 3),
    "opal.jpg": Example("White Opal", "pear cabochon", "black", 3),
    "pearl.jpg": Example("Pearl", "bead", "grey", 2),
    "turquoise.jpg": Example("Turquoise", "cabochon", "white", 14),
}

if __name__ == "__main__":
    for name, example in EXAMPLES.items():
        (Path(__file__).parent / name).write_bytes(encode_jpeg(example.paint()))
