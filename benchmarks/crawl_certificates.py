"""How many certificates `gemhier clean --text` finds, and how many stones it takes for certificates.

    python benchmarks/crawl_certificates.py [--reports 60] [--stones 300] [FOLDER_OF_REPORTS ...] [--photographs FOLDER]

Reports and stones are painted: reports of several makes, as scans and lying askew on a table with a stone beside them,
as JPEGs of 500 to 1,100 pixels; stones on plain and uneven grounds, one in three with the name of a shop across it.
Folders of real reports and photographs are counted beside them. Needs the extra `ocr`.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import cv2
import numpy as np

from gemhier.arrays import RGB
from gemhier.crawler.replica.painting import encode, paint, paint_scene
from gemhier.crawler.replica.stock import CATEGORIES, StockImage
from gemhier.crawler.review.certificates import CertificateReader
from gemhier.hierarchy.intervals import wilson
from gemhier.models.images.files import list_images

_FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_TRIPLEX)
_HEADS = ("GEMSTONE REPORT", "CERTIFICATE OF AUTHENTICITY", "GEM IDENTIFICATION", "LABORATORY REPORT", "ANALYSIS CARD")
_SPECIES = ("Natural Corundum", "Natural Beryl", "Tourmaline", "Chrysoberyl", "Natural Quartz", "Spinel")
_SHAPES = ("Oval, mixed cut", "Cushion", "Round brilliant", "Octagon, step cut", "Cabochon")


def main() -> None:
    """Run it and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--photographs", type=Path)
    parser.add_argument("--reports", type=int, default=60)
    parser.add_argument("--stones", type=int, default=300)
    given = parser.parse_args()
    reader = CertificateReader()
    with tempfile.TemporaryDirectory() as name:
        chance = np.random.default_rng(5)
        count("painted reports", painted(Path(name) / "report", given.reports, lambda n: report(chance, n)), reader)
        count("painted stones", painted(Path(name) / "stone", given.stones, lambda n: stone(chance, n)), reader)
    for folder in given.folders:
        count(f"reports in {folder.name}", list_images([folder]), reader)
    if given.photographs:
        count(f"photographs in {given.photographs.name}", list_images([given.photographs]), reader)


def painted(folder: Path, number: int, paint_one: Callable[[int], bytes]) -> Iterable[Path]:
    """Paint pictures to files, one after the other."""
    for index in range(number):
        path = folder.with_name(f"{folder.name}-{index}.jpg")
        path.write_bytes(paint_one(index))
        yield path


def count(what: str, paths: Iterable[Path], reader: CertificateReader) -> None:
    """Print how many of some pictures are taken for reports."""
    found = [reader(path) is not None for path in paths]
    low, high = wilson(sum(found), len(found))
    print(f"{what}: {sum(found)} of {len(found)} taken for reports, {np.mean(found):.3f} ({low:.3f} to {high:.3f})")


def report(chance: np.random.Generator, number: int) -> bytes:
    """Paint a report, every second one on a table."""
    page = _page(chance)
    if number % 2:
        page = _on_a_table(page, chance)
    return encode(page, int(chance.integers(60, 92)))


def stone(chance: np.random.Generator, number: int) -> bytes:
    """Stones without a report, every third with a shop's name."""
    image, category = StockImage(f"{number}.jpg", "stone", number), CATEGORIES[number % len(CATEGORIES)]
    body = paint_scene(image, category, size=480) if number % 2 else paint(image, category, size=480)
    if number % 3:
        return body
    canvas = np.asarray(cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]).copy()
    cv2.putText(canvas, "www.gems.example", (60, 440), cv2.FONT_HERSHEY_DUPLEX, 1.0, (120, 120, 120), 1, cv2.LINE_AA)
    return encode(canvas, 85)


def _page(chance: np.random.Generator) -> RGB:
    height, width = (int(chance.integers(500, 1100)) for _ in range(2))
    canvas = np.full((height, width, 3), chance.integers(225, 256, 3), np.uint8)
    ink = tuple(int(value) for value in chance.integers(0, 90, 3))
    font, scale = int(chance.choice(_FONTS)), width / 640 * float(chance.uniform(0.55, 0.75))
    carats = chance.uniform(0.5, 20)
    sides = " x ".join(f"{side:.2f}" for side in chance.uniform(3, 15, 3))
    lines = [
        str(chance.choice(_HEADS)),
        f"No. {int(chance.integers(10**6, 10**8))}",
        f"Identification: {chance.choice(_SPECIES)}",
        f"Weight: {carats:.2f} ct",
        f"Shape: {chance.choice(_SHAPES)}",
        f"Measurements: {sides} mm",
        "Transparency: transparent",
        "Refractive index: 1.76 - 1.77",
        "Comments: no indications of heating",
    ][: int(chance.integers(6, 10))]
    step = height / (len(lines) + 2)
    for index, line in enumerate(lines, start=1):
        cv2.putText(canvas, line, (width // 14, round(index * step)), font, scale, ink, 1, cv2.LINE_AA)
    cv2.rectangle(canvas, (6, 6), (width - 7, height - 7), ink, 2)
    return canvas


def _on_a_table(page: RGB, chance: np.random.Generator) -> RGB:
    """Show the page askew on an uneven ground, with a stone in a corner, a little blurred."""
    height, width = page.shape[:2]
    side = int(1.3 * max(height, width))
    coarse = chance.integers(30, 170, (5, 5, 3)).astype(np.uint8)
    table = np.asarray(cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC), np.uint8)
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    turn = np.deg2rad(chance.uniform(-10, 10))
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    middle = np.array([width, height]) / 2
    placed = (corners - middle) @ rotation.T + side / 2 + chance.uniform(-0.03, 0.03, (4, 2)) * side
    view = cv2.getPerspectiveTransform(corners, placed.astype(np.float32))
    cv2.warpPerspective(page, view, (side, side), dst=table, borderMode=cv2.BORDER_TRANSPARENT)
    image = StockImage("", "stone", int(chance.integers(10**6)))
    beside = cv2.imdecode(np.frombuffer(paint(image, CATEGORIES[image.seed % 20]), np.uint8), cv2.IMREAD_COLOR)
    table[-140:, -140:] = cv2.resize(beside, (140, 140))[..., ::-1]
    blurred = cv2.GaussianBlur(table, (0, 0), float(chance.uniform(0.3, 0.9)))
    longest = max(blurred.shape)
    shrink = float(chance.uniform(700, 1100)) / longest
    return np.asarray(cv2.resize(blurred, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA), np.uint8)


if __name__ == "__main__":
    main()
