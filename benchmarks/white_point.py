"""What white paper in the picture is worth under lamps: `gemhier classify --white-point`.

    python benchmarks/white_point.py FOLDER... --model bundle --most 200

FOLDER is one of class folders, of pictures that the model has not learned from. Each picture is taken for one in
daylight and brought into the light of each illuminant, as a camera that balances nothing would see it: from D65 by the
transform of Bradford in XYZ, and dimmed until white is not clipped. White paper under the same light, of three quarters
of its brightness and with a little noise, gives the gains, as a patch of the picture would. The cast was not made as it
is taken out, so it cannot be undone wholly.

Says for each light how many of the first names, and of the first three, are right as the picture is cast, and with the
white point taken out, with intervals of 95% (bootstrap over stones).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import click
import numpy as np

from gemhier.arrays import RGB, Bytes, Float64
from gemhier.errors import ImageError
from gemhier.models.bundle import load_bundle
from gemhier.models.bundle.bundle import Bundle
from gemhier.models.images.crop import mask_background
from gemhier.models.images.decode import read_image
from gemhier.models.images.white_balance import Point, encoded, gains_at, linear, multiplied
from gemhier.pipeline.data.labelled_images import LabelledImage, find_labelled
from gemhier.pipeline.evaluation.estimates import mean

DAYLIGHT = (0.3127, 0.3290)

LIGHTS: Mapping[str, tuple[float, float]] = {
    "D50, morning sun": (0.34567, 0.35850),
    "D75, shade": (0.29902, 0.31485),
    "F2, fluorescent tube": (0.37208, 0.37529),
    "halfway to A": ((0.44757 + 0.3127) / 2, (0.40745 + 0.3290) / 2),
    "A, light bulb": (0.44757, 0.40745),
}
"""Chromaticities of illuminants (CIE 15:2004)."""

RGB_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])

PAPER = 0.75
NOISE = 1.5  # in steps of 255


def cast_of(light: tuple[float, float]) -> Float64:
    """Return (3, 3) that takes linear sRGB in daylight to what it is in another light, with white unclipped."""
    cones = [BRADFORD @ np.array([x / y, 1, (1 - x - y) / y]) for x, y in (DAYLIGHT, light)]
    adapted = np.linalg.inv(BRADFORD) @ np.diag(cones[1] / cones[0]) @ BRADFORD
    matrix = np.linalg.inv(RGB_TO_XYZ) @ adapted @ RGB_TO_XYZ
    return np.asarray(matrix / max(1.0, float((matrix @ np.ones(3)).max())))


def under(matrix: Float64, image: RGB) -> Bytes:
    """Return a picture in that light."""
    light = np.clip(linear(image / 255) @ matrix.T, 0, 1)
    return np.asarray(np.rint(255 * encoded(light)), np.uint8)


def paper_gains(matrix: Float64, generator: np.random.Generator) -> Float64:
    """Return the gains that white paper in that light gives."""
    noisy = 255 * encoded(np.full((9, 9, 3), PAPER)) + generator.normal(scale=NOISE, size=(9, 9, 3))
    return gains_at(under(matrix, np.asarray(np.clip(np.rint(noisy), 0, 255), np.uint8)), Point(4, 4), "paper")


def labelled(folders: Sequence[Path], bundle: Bundle, most: int) -> list[LabelledImage]:
    """Return labelled pictures from folders, so many at most and evenly spread."""
    found = [one for one in find_labelled(folders, "test", bundle.taxonomy).images if one.label is not None]
    return [found[place] for place in np.linspace(0, len(found) - 1, min(most, len(found))).round().astype(int)]


def first_three(bundle: Bundle, image: RGB) -> list[str]:
    """Return the three most probable labels of the most prominent stone."""
    crop = mask_background(bundle.finder.cut(image, bundle.finder.find_best(image).box, bundle.info.size))
    row = bundle.probabilities(crop[None]).by_strategy[bundle.info.strategy][0]
    return [bundle.space.labels[column] for column in np.argsort(-row, kind="stable")[:3]]


def is_right(names: Sequence[str], label: str) -> bool:
    """Whether one of the names is the label or more exact."""
    return any(name == label or name.startswith(f"{label}/") for name in names)


@click.command()
@click.argument("folders", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option("--model", help="A bundle; without it, the one in use.")
@click.option("--most", default=200, help="Pictures, evenly spread.")
def main(folders: tuple[Path, ...], model: str | None, most: int) -> None:
    """Classify the pictures in FOLDERS in each light, without and with the white point."""
    bundle = load_bundle(model, num_threads=1)
    generator = np.random.default_rng(0)
    casts = {name: (cast_of(light), paper_gains(cast_of(light), generator)) for name, light in LIGHTS.items()}
    hits: dict[str, list[tuple[bool, bool]]] = {}
    groups = []
    for one in labelled(folders, bundle, most):
        try:
            image = read_image(Path(one.image), longest=1000)
        except ImageError:
            continue
        groups.append(one.group)
        seen = {"daylight, as it is": image}
        for name, (matrix, gains) in casts.items():
            seen[f"{name}, cast"] = under(matrix, image)
            seen[f"{name}, balanced"] = multiplied(seen[f"{name}, cast"], gains)
        for name, pixels in seen.items():
            names = first_three(bundle, pixels)
            hits.setdefault(name, []).append((is_right(names[:1], one.label or ""), is_right(names, one.label or "")))
    click.echo(f"{len(groups)} pictures")
    for name, found in hits.items():
        said = []
        for place, first in enumerate((1, 3)):
            share = mean([right[place] for right in found], groups)
            said.append(f"top-{first} {_points(share.value)} ({_points(share.low)} to {_points(share.high)})")
        click.echo(f"{name:32} {'  '.join(said)}")


def _points(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.1f}%"


if __name__ == "__main__":
    main()
