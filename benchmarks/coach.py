"""How often the coach of the page warns, and what a warning is worth.

    python benchmarks/coach.py FOLDER... --model bundle --most 150

FOLDER is one of class folders. Measures each picture as the page does (with Node, by pipeline/app/scripts/coach.js), as
it is and spoiled by known amounts: made smaller, blurred by a Gaussian, darkened, and brought into the light of a bulb.
Says for each how many pictures each notice is given for, and how many of the first names are right; and how what is
measured is distributed, from which the thresholds in coach.js were chosen.
"""

import json
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import cv2
import numpy as np
from white_point import LIGHTS, cast_of, is_right, labelled, under

from gemhier.arrays import RGB, Bytes
from gemhier.errors import ImageError
from gemhier.models.bundle import load_bundle
from gemhier.models.bundle.bundle import Bundle
from gemhier.models.images.crop import Box, mask_background
from gemhier.models.images.decode import read_image
from gemhier.models.images.white_balance import encoded, linear
from gemhier.pipeline.app.description import describe

NOTICES = ("no-gem", "several", "small", "blurred", "dark", "coloured")
MEASURES = ("side", "sharpness", "brightness", "cast")


@dataclass(frozen=True)
class Seen:
    """A picture, spoiled in a way or not: what the coach says, and whether the first name is right."""

    measured: dict[str, Any]
    right: bool


def spoiled(image: RGB, box: Box) -> Iterator[tuple[str, Bytes]]:
    """Yield a picture as it is and spoiled, with what was done to it."""
    yield "as it is", image
    for side in (160, 112, 80, 56, 40):
        scale = side / box.side
        if scale < 1:
            yield f"stone of {side} pixels", cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    for share in (0.01, 0.02, 0.03, 0.05):
        yield f"blurred over {share:.0%} of the stone", cv2.GaussianBlur(image, (0, 0), share * box.side)
    for exposure in (0.5, 0.25, 0.1, 0.05):
        light = exposure * linear(image / 255)
        yield f"{exposure:.0%} of the light", np.asarray(np.rint(255 * encoded(light)), np.uint8)
    for name in ("halfway to A", "A, light bulb"):
        yield name, under(cast_of(LIGHTS[name]), image)


@dataclass(frozen=True)
class Coach:
    """Measures pictures with Node."""

    bundle: Bundle
    folder: Path

    def seen(self, images: Sequence[Bytes], label: str) -> list[Seen]:
        """Return what is seen in pictures of one label."""
        pictures, right = [], []
        for place, image in enumerate(images):
            stones = self.bundle.finder.find(image)
            best = stones[0] if stones else self.bundle.finder.find_best(image)
            file = self.folder / f"{place}.rgba"
            file.write_bytes(np.dstack([image, np.full(image.shape[:2], 255, np.uint8)]).tobytes())
            box = [best.box.x, best.box.y, best.box.x + best.box.side, best.box.y + best.box.side]
            pictures.append(
                {
                    "file": str(file),
                    "width": image.shape[1],
                    "height": image.shape[0],
                    "box": box if stones else None,
                    "stones": [{"score": stone.score} for stone in stones],
                    "score": best.score,
                }
            )
            crop = mask_background(self.bundle.finder.cut(image, best.box, self.bundle.info.size))
            row = self.bundle.probabilities(crop[None]).by_strategy[self.bundle.info.strategy][0]
            right.append(is_right([self.bundle.space.labels[int(np.argmax(row))]], label))
        listed = {"pictures": pictures, "answering": describe(self.bundle)["answering"]}
        (self.folder / "list.json").write_text(json.dumps(listed), encoding="utf-8")
        script = Path(__file__).with_suffix(".js")
        done = subprocess.run(
            ["node", script, self.folder / "list.json"], check=True, capture_output=True, text=True, timeout=600
        )
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        return [Seen(measured, hit) for measured, hit in zip(lines, right, strict=True)]


@click.command()
@click.argument("folders", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option("--model", help="A bundle; without it, the one in use.")
@click.option("--most", default=150, help="Pictures, evenly spread.")
@click.option("--as-they-are", is_flag=True, help="Do not spoil them.")
def main(folders: tuple[Path, ...], model: str | None, most: int, as_they_are: bool) -> None:
    """Say what the coach says of the pictures in FOLDERS."""
    bundle = load_bundle(model, num_threads=1)
    ways: dict[str, list[Seen]] = {}
    with tempfile.TemporaryDirectory() as folder:
        coach = Coach(bundle, Path(folder))
        for one in labelled(folders, bundle, most):
            try:
                image = read_image(Path(one.image))
            except ImageError:
                continue
            made = dict(spoiled(image, bundle.finder.find_best(image).box)) if not as_they_are else {"as it is": image}
            for way, seen in zip(made, coach.seen(list(made.values()), one.label or ""), strict=True):
                ways.setdefault(way, []).append(seen)
    first = ways["as it is"]
    click.echo(f"{len(first)} pictures")
    for name in MEASURES:
        cuts = np.quantile([seen.measured[name] for seen in first], (0.01, 0.05, 0.1, 0.5, 0.9, 0.95, 0.99))
        click.echo(f"{name:12} 1, 5, 10, 50, 90, 95, 99%: {' '.join(f'{cut:.3g}' for cut in cuts)}")
    click.echo(f"{'':34} right {' '.join(f'{notice:>8}' for notice in NOTICES)}   median of {', '.join(MEASURES)}")
    for way, found in ways.items():
        right = np.mean([seen.right for seen in found])
        given = [np.mean([notice in seen.measured["notices"] for seen in found]) for notice in NOTICES]
        medians = [np.median([seen.measured[name] for seen in found]) for name in MEASURES]
        shares = " ".join(f"{share:8.1%}" for share in given)
        click.echo(f"{way:34} {right:5.1%} {shares}   {' '.join(f'{median:.3g}' for median in medians)}")
    for notice in NOTICES:
        warned = [seen.right for seen in first if notice in seen.measured["notices"]]
        others = [seen.right for seen in first if notice not in seen.measured["notices"]]
        if warned and others:
            click.echo(f"{notice:10} {len(warned)} warned, {np.mean(warned):.1%} right; others {np.mean(others):.1%}")


if __name__ == "__main__":
    main()
