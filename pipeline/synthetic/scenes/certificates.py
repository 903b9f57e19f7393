"""Laboratory reports: printed sheets and cards, often with a small photograph of a stone."""

import cv2
import numpy as np

from gemhier.arrays import Bytes, Float32
from gemhier.pipeline.synthetic.scenes.surface import clipped, grain, lay, one_of, three

PAPERS = "#fdfcf8 #f8f4e8 #f2f4fa #fffef0 #eef4ee #f4eef2 #2c3848 #d8e0ec"
INKS = "#202024 #303848 #504840 #203050"
TINTS = "#b03028 #2850a0 #c8a040 #287050 #803070 #d07028"

_HEIGHT = 300
"""Of a sheet when it is painted, in pixels; it is laid on a picture smaller than that."""

_OF_WORD = (4, 22)
_OF_LINE = 9


def certificate(ground: Float32, pixels: Float32, alpha: Float32, generator: np.random.Generator) -> Float32:
    """Lay a report on a ground.

    Args:
        ground: (side, side, 3) sRGB, 0 to 255; changed in place.
        pixels: (h, w, 3), a photograph of a stone, to be printed on the sheet.
        alpha: (h, w), how much of each of its pixels is stone.
        generator: draws the rest.

    Returns:
        The picture.
    """
    side = len(ground)
    sheet = _sheet(pixels, alpha, generator)
    height, width = sheet.shape[:2]
    tall = side * generator.uniform(0.6, 1.25) * min(1.0, height / width)
    half = np.array([tall * width / height, tall]) / 2
    turn = generator.normal(0, 0.12) + generator.integers(4) * np.pi / 2 * (generator.random() < 0.15)
    spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half @ spin.T
    middle = side * generator.uniform(0.4, 0.6, 2)
    placed = middle + corners + generator.normal(0, 0.02 * side, (4, 2))
    lay(ground, sheet, placed.astype(np.float32))
    return ground


def _sheet(pixels: Float32, alpha: Float32, generator: np.random.Generator) -> Float32:
    """Paint a sheet for `lay`: (h, w, 4)."""
    height = _HEIGHT
    width = round(height * generator.choice([0.7, 0.75, 1.35, 1.6]))
    paper, ink = one_of(generator, PAPERS, 4), one_of(generator, INKS, 6)
    if paper.mean() < 128:
        ink = 255 - ink
    page = np.empty((height, width, 3), np.uint8)
    page[:] = paper
    if generator.random() < 0.6:
        _frame(page, one_of(generator, TINTS), generator)
    _heading(page, ink, generator)
    _lines(page, ink, generator)
    for _ in range(int(generator.integers(1, 4))):
        _stamp(page, one_of(generator, TINTS), generator)
    if generator.random() < 0.7:
        _code(page, ink, generator)
    if generator.random() < 0.85:
        _print(page, pixels, alpha, generator)
    rough = cv2.resize(grain(64, generator), (width, height), interpolation=cv2.INTER_LINEAR)
    sheet = np.ones((height, width, 4), np.float32)
    sheet[..., :3] = clipped(page.astype(np.float32) + 3 * three(np.asarray(rough, np.float32)))
    return sheet


def _frame(page: Bytes, colour: Float32, generator: np.random.Generator) -> None:
    height, width = page.shape[:2]
    inset = int(generator.integers(4, 16))
    corners = (inset, inset), (width - inset, height - inset)
    cv2.rectangle(page, *corners, colour.tolist(), int(generator.integers(1, 5)))


def _heading(page: Bytes, ink: Float32, generator: np.random.Generator) -> None:
    """Print a name in capitals, and sometimes a bar of colour."""
    height, width = page.shape[:2]
    if generator.random() < 0.4:
        page[int(0.05 * height) : int(generator.uniform(0.1, 0.2) * height)] = one_of(generator, TINTS)
    letters = "".join(chr(65 + int(letter)) for letter in generator.integers(0, 26, 12))
    size = width / 260 * generator.uniform(0.6, 1.1)
    place = int(0.1 * width), int(generator.uniform(0.1, 0.16) * height)
    cv2.putText(page, letters, place, cv2.FONT_HERSHEY_DUPLEX, size, ink.tolist(), 2 if size > 0.8 else 1, cv2.LINE_AA)


def _lines(page: Bytes, ink: Float32, generator: np.random.Generator) -> None:
    """Draw words as bars, in one column or two."""
    height, width = page.shape[:2]
    pale = (0.55 * ink + 0.45 * page[height // 2, width // 2]).tolist()
    end = width * generator.choice([0.5, 0.62, 0.92])
    for row in range(int(0.25 * height), int(generator.uniform(0.6, 0.95) * height), _OF_LINE):
        if generator.random() < 0.15:
            continue
        column = 0.1 * width
        stop = end * generator.uniform(0.5, 1)
        while column < stop:
            word = float(generator.uniform(*_OF_WORD))
            cv2.line(page, (int(column), row), (int(min(column + word, stop)), row), pale, 2)
            column += word + 4


def _stamp(page: Bytes, colour: Float32, generator: np.random.Generator) -> None:
    """Draw a seal or a sign: rings, or a disc."""
    height, width = page.shape[:2]
    centre = int(generator.uniform(0.1, 0.9) * width), int(generator.uniform(0.08, 0.92) * height)
    radius = int(generator.uniform(0.03, 0.08) * height)
    filled = generator.random() < 0.4
    cv2.circle(page, centre, radius, colour.tolist(), cv2.FILLED if filled else 2, cv2.LINE_AA)
    cv2.circle(page, centre, max(1, radius // 2), (colour if not filled else 255 - colour).tolist(), 1, cv2.LINE_AA)


def _code(page: Bytes, ink: Float32, generator: np.random.Generator) -> None:
    """Draw a square code."""
    height, width = page.shape[:2]
    size = int(generator.uniform(0.08, 0.14) * height)
    cells = (generator.random((17, 17)) < 0.5).astype(np.float32)
    square = cv2.resize(cells, (size, size), interpolation=cv2.INTER_NEAREST)[..., None]
    left, top = int(generator.uniform(0.1, 0.8) * width), int(generator.uniform(0.6, 0.82) * height)
    page[top : top + size, left : left + size] = square * ink + (1 - square) * 250


def _print(page: Bytes, pixels: Float32, alpha: Float32, generator: np.random.Generator) -> None:
    """Print the photograph of the stone, on its own patch or on the paper."""
    height, width = page.shape[:2]
    wide = generator.uniform(0.1, 0.3) * min(height, width)
    scale = wide / pixels.shape[1]
    size = max(4, round(wide)), max(4, min(height // 2, round(scale * pixels.shape[0])))
    stone = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.float32)
    share = np.asarray(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA), np.float32)[..., None]
    left = int(generator.uniform(0.1, 0.9) * (width - size[0]))
    top = int(generator.uniform(0.2, 0.8) * (height - size[1]))
    patch = page[top : top + size[1], left : left + size[0]]
    if generator.random() < 0.5:
        patch[:] = one_of(generator, "#ffffff #f0f0f0 #d8d8d8 #fafafa", 4)
    patch[:] = np.clip(patch * (1 - share) + stone * share, 0, 255)
