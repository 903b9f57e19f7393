"""Photographs from elsewhere that nobody has: stand-ins for them, made of what a training must then not see.

    python benchmarks/stand_ins.py DATA --everyday EVERYDAY --phones PHONES --out stand-ins

DATA is a prepared folder. OUT gets

    data/         DATA with a fifth of what is no official test held out as its test split, whole groups; the
                  official test is unused. Train on this folder to measure honestly on the rest.
    everyday/     links to the pictures of EVERYDAY in three thirds by the hash of their names: backgrounds
                  (a training may use them), tuning (thresholds), test
    composites/   held-out stones on backgrounds and under distortions that no training uses, in class folders;
                  composites.csv tells where each stone lies
    phones/       held-out stones put in the place of the stones on real photographs of hands, slate and stone: the
                  photographs in PHONES, whose stones opal_outlines.csv outlines; of half of the listings
    outlines.csv  the outlines of the other half, which a training of the stone finder may use
    thumbnails/   the held-out pictures, 100 pixels wide

Measure any of them with `gemhier evaluate`, and boxes with `python benchmarks/find_stones.py`.
"""

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import click
import cv2
import numpy as np

from gemhier.arrays import RGB, Float64
from gemhier.models.images.decode import read_image
from gemhier.pipeline.data.manifest import Manifest, Row, read_manifest, write_manifest
from gemhier.pipeline.data.split import grouped_folds
from gemhier.pipeline.synthetic.scenes.cutouts import PlainPhotograph, outline_stones
from gemhier.pipeline.synthetic.scenes.photographs import Corners, read_outlines
from gemhier.progress import progress

Rectangle = tuple[float, float, float, float]
"""Left, top, width and height, as shares of a picture's."""

FOLDS = 5
SIDE = 640
THUMBNAIL = 100
OUTLINES = Path(__file__).with_name("opal_outlines.csv")
THIRDS = ("backgrounds", "tuning", "test")
SEED = 20240


@dataclass(frozen=True)
class Placed:
    """A composed picture and the rectangle of its stone: left, top, width and height in pixels."""

    image: RGB
    rectangle: tuple[int, int, int, int]


def hold_out(manifest: Manifest, folder: Path) -> Manifest:
    """Return the data with a fifth of what is no official test as its test, and the official test unused."""
    open_rows = [row for row in manifest.rows if row.split in ("train", "validation")]
    folds = grouped_folds([row.label for row in open_rows], [row.group for row in open_rows], FOLDS, SEED)
    held = {row.image for row, fold in zip(open_rows, folds, strict=True) if fold == 0}
    rows = tuple(
        replace(
            row, split="test" if row.image in held else row.split if row.split in ("train", "validation") else "unused"
        )
        for row in manifest.rows
    )
    changed = replace(manifest, folder=folder, rows=rows)
    write_manifest(changed, manifest.finder.content)
    return changed


def third_of(path: Path) -> str:
    """Return the third that an everyday picture belongs to, whatever else is there."""
    return THIRDS[int(hashlib.sha256(path.name.encode()).hexdigest(), 16) % 3]


def compose(plain: PlainPhotograph, background: RGB, generator: np.random.Generator) -> Placed:
    """One stone on a background, tilted, at 12% to 45% of the side, with a shadow."""
    outline = plain.outlines[0]
    ground = cv2.resize(_square(background, generator), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    size = SIDE * np.exp(generator.uniform(np.log(0.12), np.log(0.45)))
    x, y, width, height = cv2.boundingRect((outline > 8).astype(np.uint8))
    corners = np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]], np.float32)
    angle = generator.uniform(0, 2 * np.pi)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    around = (corners - corners.mean(axis=0)) * size / max(width, height)
    reach = 0.75 * size
    goal = around @ turn.T + generator.normal(0, 0.04 * size, (4, 2)) + generator.uniform(reach, SIDE - reach, 2)
    tilt = cv2.getPerspectiveTransform(corners, goal.astype(np.float32))
    return _lay(plain, outline, tilt, ground, generator)


def _lay(
    plain: PlainPhotograph,
    outline: RGB,
    placing: Float64,
    ground: RGB,
    generator: np.random.Generator,
) -> Placed:
    frame = ground.shape[1], ground.shape[0]
    stone = cv2.warpPerspective(plain.pixels, placing, frame, flags=cv2.INTER_CUBIC).astype(np.float32)
    alpha = cv2.warpPerspective(outline, placing, frame, flags=cv2.INTER_LINEAR).astype(np.float32) / 255
    size = float(np.sqrt(alpha.sum()))
    moved = np.array([[1, 0, generator.uniform(-0.15, 0.15) * size], [0, 1, generator.uniform(0, 0.2) * size]])
    shadow = cv2.GaussianBlur(cv2.warpAffine(alpha, moved, frame), (0, 0), max(1.0, 0.07 * size))
    under = ground * (1 - generator.uniform(0.2, 0.6) * shadow[..., None])
    laid = under * (1 - alpha[..., None]) + stone * generator.uniform(0.8, 1.1) * alpha[..., None]
    left, top, width, height = cv2.boundingRect((alpha > 0.5).astype(np.uint8))
    return Placed(np.clip(laid, 0, 255).astype(np.uint8), (left, top, width, height))


def distort(image: RGB, generator: np.random.Generator) -> RGB:
    """Do what a phone does: a cast of warm or cold light in CIELAB, a vignette, shake, WebP."""
    lab = cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    lab[..., 1] += generator.normal(0, 2)
    lab[..., 2] += generator.normal(0, 5)
    lab[..., 0] = 100 * (lab[..., 0] / 100) ** np.exp(generator.normal(0, 0.15))
    height, width = image.shape[:2]
    rows, columns = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    lab[..., 0] *= 1 - generator.uniform(0, 0.25) * (rows**2 + columns**2) / 2
    changed = np.clip(cv2.cvtColor(lab.astype(np.float32), cv2.COLOR_LAB2RGB), 0, 1) * 255
    steps = int(generator.integers(1, 8))
    streak = np.zeros((9, 9), np.float32)
    streak[4, 4 - steps // 2 : 5 + steps // 2] = 1
    spin = cv2.getRotationMatrix2D((4, 4), generator.uniform(0, 180), 1)
    streak = cv2.warpAffine(streak, spin, (9, 9))
    shaken = cv2.filter2D(changed, -1, streak / streak.sum()).astype(np.uint8)
    quality = int(generator.integers(35, 90))
    _, saved = cv2.imencode(".webp", np.ascontiguousarray(shaken[..., ::-1]), [cv2.IMWRITE_WEBP_QUALITY, quality])
    return np.asarray(cv2.imdecode(saved, cv2.IMREAD_COLOR)[..., ::-1], np.uint8)


def replace_stones(
    photograph: RGB,
    rectangles: list[Rectangle],
    plain: PlainPhotograph,
    generator: np.random.Generator,
) -> Placed:
    """Put a stone over the largest one of a photograph, large enough to cover it, and paint the others over."""
    scale = 1024 / max(photograph.shape[:2])
    small = cv2.resize(photograph, None, fx=min(1, scale), fy=min(1, scale), interpolation=cv2.INTER_AREA)
    height, width = small.shape[:2]
    hidden = np.zeros((height, width), np.uint8)
    boxes = [(left * width, top * height, across * width, down * height) for left, top, across, down in rectangles]
    for left, top, across, down in boxes:
        centre = round(left + across / 2), round(top + down / 2)
        cv2.ellipse(hidden, centre, (round(0.62 * across), round(0.62 * down)), 0, 0, 360, 255, cv2.FILLED)
    ground = cv2.inpaint(np.ascontiguousarray(small), hidden, 9, cv2.INPAINT_TELEA)
    left, top, across, down = max(boxes, key=lambda box: box[2] * box[3])
    outline = plain.outlines[0]
    x, y, wide, high = cv2.boundingRect((outline > 8).astype(np.uint8))
    factor = 1.15 * np.sqrt(across * down / (wide * high))
    angle = generator.uniform(0, 360)
    placing = np.vstack([cv2.getRotationMatrix2D((x + wide / 2, y + high / 2), angle, factor), [0, 0, 1]])
    placing[:2, 2] += np.array([left + across / 2 - x - wide / 2, top + down / 2 - y - high / 2])
    return _lay(plain, outline, placing, ground, generator)


def _square(image: RGB, generator: np.random.Generator) -> RGB:
    height, width = image.shape[:2]
    side = min(height, width)
    left, top = generator.integers(width - side + 1), generator.integers(height - side + 1)
    return image[top : top + side, left : left + side]


def _plain(rows: list[Row]) -> Iterator[tuple[int, Row, PlainPhotograph]]:
    with progress(list(enumerate(rows)), "Composing") as shown:
        for number, row in shown:
            plain = outline_stones(read_image(Path(row.image)))
            if plain is not None:
                yield number, row, plain


def _save(folder: Path, row: Row, number: int, image: RGB, quality: int = 92) -> Path:
    path = folder / row.label_given / f"{number:05}.jpg"
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.ascontiguousarray(image[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, quality])
    return path


def may_be_learned(name: str) -> bool:
    """Whether the training of a stone finder may use an outlined photograph, by its listing."""
    listing = Path(name).name.partition("__")[0]
    return int(hashlib.sha256(listing.encode()).hexdigest(), 16) % 2 == 1


def _share_out(folder: Path, out: Path) -> dict[Path, list[Rectangle]]:
    """Write the outlines for training, and return the rectangles of the other photographs' stones."""
    with (
        OUTLINES.open(encoding="utf-8", newline="") as every,
        (out / "outlines.csv").open("w", encoding="utf-8", newline="") as shared,
    ):
        header, *lines = csv.reader(every)
        csv.writer(shared).writerows([header, *(line for line in lines if may_be_learned(line[0]))])
    return {
        folder / name: [_rectangle(corners) for corners in outlines]
        for name, outlines in read_outlines(OUTLINES).items()
        if not may_be_learned(name)
    }


def _rectangle(corners: Corners) -> Rectangle:
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    return left, top, right - left, bottom - top


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--everyday", required=True, type=click.Path(path_type=Path), help="Pictures of everything but gems.")
@click.option("--phones", type=click.Path(path_type=Path), help="The photographs that opal_outlines.csv outlines.")
@click.option("--out", required=True, type=click.Path(path_type=Path))
def main(data: Path, everyday: Path, phones: Path | None, out: Path) -> None:
    """Make the stand-ins of DATA."""
    manifest = hold_out(read_manifest(data), out / "data")
    held = [row for row in manifest.rows if row.split == "test"]
    backgrounds = []
    for path in sorted(everyday.iterdir()):
        link = out / "everyday" / third_of(path) / path.name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(path.resolve())
        if third_of(path) == "test":
            backgrounds.append(read_image(path))
    places = sorted(_share_out(phones, out).items()) if phones else []
    described = []
    for number, row, plain in _plain(held):
        generator = np.random.default_rng([SEED, number])
        placed = compose(plain, backgrounds[generator.integers(len(backgrounds))], generator)
        saved = _save(out / "composites", row, number, distort(placed.image, generator))
        described.append((str(saved.relative_to(out / "composites")), *placed.rectangle))
        if places:
            path, rectangles = places[generator.integers(len(places))]
            taken = replace_stones(read_image(path), rectangles, plain, generator)
            _save(out / "phones", row, number, distort(taken.image, generator))
    with (out / "composites" / "composites.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("file", "left", "top", "width", "height"))
        writer.writerows(described)
    for number, row in enumerate(held):
        image = read_image(Path(row.image))
        size = THUMBNAIL, max(1, round(THUMBNAIL * image.shape[0] / image.shape[1]))
        _save(out / "thumbnails", row, number, cv2.resize(image, size, interpolation=cv2.INTER_AREA), quality=75)
    click.echo(f"{len(held)} pictures held out, {len(described)} composed")


if __name__ == "__main__":
    main()
