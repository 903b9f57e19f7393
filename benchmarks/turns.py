"""What turning a picture by quarters changes: whether a gem is seen, the answer, the first name.

    python benchmarks/turns.py FOLDER [FOLDER ...] --images 100 [--quality 90]

Each picture is classified in four turns, as its pixels are, or saved as JPEG after turning. For each folder: the shares
of pictures of which not all four agree, with intervals of 95% (Wilson).
"""

import io
from pathlib import Path

import click
import numpy as np
from PIL import Image

from gemhier.arrays import RGB
from gemhier.hierarchy.intervals import wilson
from gemhier.models.bundle import StoneResult, load_bundle
from gemhier.models.images.decode import read_image
from gemhier.models.images.files import list_images


def four_turns(image: RGB, quality: int | None) -> list[RGB]:
    """Turn a picture by quarters, and save it as JPEG of that quality and read it again, if any is given."""
    turns = [np.ascontiguousarray(np.rot90(image, turns)) for turns in range(4)]
    return turns if quality is None else [saved(each, quality) for each in turns]


def saved(image: RGB, quality: int) -> RGB:
    """Save as JPEG, and read again."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, "jpeg", quality=quality)
    return np.asarray(Image.open(file), np.uint8)


@click.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--model", help="A bundle; without it, the one in use.")
@click.option("--images", "most", type=int, default=100, show_default=True, help="How many of a folder at most.")
@click.option("--quality", type=click.IntRange(1, 100), help="Save each turned picture as JPEG of this quality.")
def main(folders: tuple[Path, ...], model: str | None, most: int, quality: int | None) -> None:
    """Classify pictures in four turns."""
    bundle = load_bundle(model)
    for folder in folders:
        paths = sorted(list_images([folder]))
        paths = paths[:: -(-len(paths) // most)]
        differ = dict.fromkeys(("a gem is seen", "the answer", "the first name"), 0)
        for path in paths:
            found = bundle.results(four_turns(read_image(path), quality))
            made = [(each.crop.score, each.prediction) for each in found if isinstance(each, StoneResult)]
            seen = {
                "a gem is seen": [score >= bundle.finder.threshold for score, _ in made],
                "the answer": [said.answer.id if said.answer else None for _, said in made],
                "the first name": [said.subclasses[0].id for _, said in made],
            }
            for name, answers in seen.items():
                differ[name] += len(set(answers)) > 1
        click.echo(f"{folder}: {len(paths)} pictures in four turns, of which not all four agree on")
        for name, count in differ.items():
            low, high = wilson(count, len(paths))
            click.echo(f"  {name:<16}{count / len(paths):.3f} ({low:.3f} to {high:.3f})")


if __name__ == "__main__":
    main()
