"""Plant copies among real pictures, and count how many of them `gemhier audit` finds.

    python benchmarks/audit_copies.py photos

The pictures of a folder are copied to a temporary place and audited; then 1,000 copies of some of
them are planted, 200 of each kind, and all is audited again.

Recall: a planted copy counts as found if it is reported together with the very picture that it was
made of. Precision: of the reported pairs with a planted copy in them, those count as right whose two
pictures go back to the same picture, or to two that were reported as copies, directly or by way of
others, before anything was planted. A pair of two original pictures was there before: whether it is
right, only the eye can tell. One that is reported only after the planting counts as wrong. So copies
that lay in the folder unnoticed make the precision look too low, never too high.
"""

import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from PIL import Image

from gemhier.hierarchy.intervals import wilson
from gemhier.models.images.decode import read_image
from gemhier.models.images.files import list_images
from gemhier.pipeline.audit import audit
from gemhier.pipeline.data_quality.findings import Audit
from gemhier.pipeline.duplicates.search import groups

Change = Callable[[Image.Image, np.random.Generator], Image.Image]

KEPT = 0.9
FALSE_PAIRS_SHOWN = 20


def mirror(image: Image.Image, random: np.random.Generator) -> Image.Image:
    """Mirror left to right, or top to bottom."""
    ways = (Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.FLIP_TOP_BOTTOM)
    return image.transpose(ways[random.integers(2)])


def turn(image: Image.Image, random: np.random.Generator) -> Image.Image:
    """Turn by one, two or three quarters."""
    ways = (Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270)
    return image.transpose(ways[random.integers(3)])


def halve(image: Image.Image, _: np.random.Generator) -> Image.Image:
    """Make width and height half as long."""
    return image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS)


def keep(image: Image.Image, _: np.random.Generator) -> Image.Image:
    """Change nothing: saving is the change."""
    return image


def crop(image: Image.Image, random: np.random.Generator) -> Image.Image:
    """Keep nine tenths of the width and of the height, anywhere."""
    width, height = round(image.width * KEPT), round(image.height * KEPT)
    left, top = random.integers(image.width - width + 1), random.integers(image.height - height + 1)
    return image.crop((int(left), int(top), int(left) + width, int(top) + height))


CHANGES: dict[str, tuple[Change, int]] = {
    "mirrored": (mirror, 90),
    "turned": (turn, 90),
    "half size": (halve, 90),
    "JPEG 40": (keep, 40),
    "cropped": (crop, 90),
}
"""Each kind of copy: what is done to the picture, and the JPEG quality with which it is saved."""


@dataclass(frozen=True)
class Planted:
    """A copy, the picture that it was made of, and how."""

    copy: Path
    original: Path
    kind: str


def plant(originals: list[Path], folder: Path, count: int, seed: int) -> list[Planted]:
    """Save copies of randomly chosen pictures into `folder`, the same number of each kind."""
    random = np.random.default_rng(seed)
    chosen = random.choice(len(originals), count, replace=count > len(originals))
    planted = []
    for number, index in enumerate(chosen):
        kind = list(CHANGES)[number % len(CHANGES)]
        change, quality = CHANGES[kind]
        copy = folder / f"{number:05}.jpg"
        change(Image.fromarray(read_image(originals[index])), random).save(copy, quality=quality)
        planted.append(Planted(copy, originals[index], kind))
    return planted


def pairs_of(found: Audit) -> set[tuple[Path, Path]]:
    """Return the reported pairs, each in order."""
    images = [image.image for image in found.images]
    return {tuple(sorted((images[match.first], images[match.second]))) for match in found.matches}  # type: ignore[misc]


def share(hits: int, total: int) -> str:
    """Write a proportion with its 95% interval."""
    low, high = wilson(hits, total)
    return f"{hits:>5} of {total:<5} {hits / max(total, 1):.4f}  ({low:.4f} to {high:.4f})"


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--copies", type=click.IntRange(min=len(CHANGES)), default=1000, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
def main(folder: Path, copies: int, seed: int) -> None:
    """Plant copies of the pictures in FOLDER among them, and count how many the audit finds."""
    with tempfile.TemporaryDirectory() as temporary:
        everything = Path(temporary)
        for name in ("originals", "planted"):
            (everything / name).mkdir()
        for number, path in enumerate(list_images([folder])):
            shutil.copy(path, everything / "originals" / f"{number:06}{path.suffix}")
        before = audit([everything / "originals"])
        originals = [image.image for image in before.images]
        planted = plant(originals, everything / "planted", copies, seed)
        started = time.perf_counter()
        after = audit([everything])
        seconds = time.perf_counter() - started

    number_of = {image: number for number, image in enumerate(originals)}
    group = groups([(match.first, match.second) for match in before.matches], len(originals))
    group_of = {image: group[number] for image, number in number_of.items()}
    group_of |= {copy.copy: group_of[copy.original] for copy in planted}
    earlier, reported = pairs_of(before), pairs_of(after)
    pairs = reported - earlier
    wrong = sorted(pair for pair in pairs if group_of[pair[0]] != group_of[pair[1]] or set(pair) <= set(originals))

    click.echo(f"{len(originals):,} pictures, in which {len(earlier):,} pairs of copies were found; {copies:,} planted")
    for kind in CHANGES:
        of_kind = [copy for copy in planted if copy.kind == kind]
        click.echo(f"recall {kind:<10}{share(sum((c.original, c.copy) in reported for c in of_kind), len(of_kind))}")
    found = sum((copy.original, copy.copy) in reported for copy in planted)
    click.echo(f"recall           {share(found, copies)}")
    click.echo(f"precision        {share(len(pairs) - len(wrong), len(pairs))}")
    made_of = {copy.copy: f"{copy.kind} copy of {copy.original.name}" for copy in planted}
    for first, second in wrong[:FALSE_PAIRS_SHOWN]:
        click.echo(f"  wrong: {made_of.get(first, first.name)}, {made_of.get(second, second.name)}")
    click.echo(f"{seconds:.1f} s, {1000 * seconds / len(after.images):.1f} s per 1,000 pictures")


if __name__ == "__main__":
    main()
