"""Paint a replica's pictures: flat stones, quick to paint by the thousand, and what shops show beside stones."""

import cv2
import numpy as np

from gemhier.arrays import RGB
from gemhier.crawler.replica.stock import Category, StockImage

Colour = tuple[int, int, int]

_SKIN = (225, 180, 150)
_WORDS = (
    "GEMMOLOGICAL REPORT",
    "Identification: NATURAL STONE",
    "Weight: 2.31 ct   Shape: OVAL",
    "Measurements: 8.1 x 6.2 x 4.0 mm",
    "Colour: as described",
    "Comments: no indications of heating",
    "Laboratory for precious stones",
)


def paint(image: StockImage, category: Category, *, size: int = 240, quality: int = 88) -> bytes:
    """Paint a picture of a product on plain ground, as a JPEG."""
    chance = np.random.default_rng([image.seed, len(image.kind)])
    if image.kind == "certificate":
        canvas = _certificate(chance, size)
    elif image.kind == "card":
        canvas = _card(chance, size, category.colour)
    else:
        canvas = np.full((size, size, 3), int(chance.integers(235, 256)), np.uint8)
        if image.kind == "hand":
            _finger(canvas, chance)
        _stone(canvas, chance, category.colour, (0.5, 0.5), 0.3)
    return encode(canvas, quality)


def paint_scene(image: StockImage, category: Category, *, size: int = 320) -> bytes:
    """Paint several stones of one kind on uneven ground, as a JPEG.

    The ground is coloured.
    """
    chance = np.random.default_rng([image.seed, 7])
    if image.kind == "certificate":
        return encode(_certificate(chance, size), 88)
    coarse = chance.integers(40, 200, (6, 6, 3)).astype(np.uint8)
    canvas = np.asarray(cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC), np.uint8)
    places = [(x, y) for x in (0.22, 0.5, 0.78) for y in (0.25, 0.72)]
    for place in chance.permutation(len(places))[: int(chance.integers(1, 4))]:
        _stone(canvas, chance, category.colour, places[int(place)], float(chance.uniform(0.09, 0.14)))
    return encode(canvas, 85)


def encode(canvas: RGB, quality: int) -> bytes:
    """Encode a picture, (H, W, 3) uint8 RGB, as a JPEG."""
    done, encoded = cv2.imencode(".jpg", canvas[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError("The picture cannot be encoded.")
    return encoded.tobytes()


def _stone(canvas: RGB, chance: np.random.Generator, colour: Colour, place: tuple[float, float], radius: float) -> None:
    """Paint a cut stone as seen from above, in place.

    It has a table and a ring of facets, each lit differently.
    """
    size = canvas.shape[0]
    facets = int(chance.integers(8, 15))
    angles = np.linspace(0, 2 * np.pi, facets, endpoint=False) + chance.uniform(0, 1)
    stretch = chance.uniform(0.75, 1.0)
    rim = np.stack([np.cos(angles), stretch * np.sin(angles)], axis=-1) * radius * size
    middle = np.array(place) * size
    for index in range(facets):
        light = chance.uniform(0.55, 1.25)
        corner = np.stack([middle, middle + rim[index], middle + rim[(index + 1) % facets]])
        cv2.fillPoly(canvas, [np.round(corner).astype(np.int32)], _lit(colour, light), cv2.LINE_AA)
    table = np.round(middle + 0.55 * rim).astype(np.int32)
    cv2.fillPoly(canvas, [table], _lit(colour, chance.uniform(0.9, 1.3)), cv2.LINE_AA)
    glint = np.round(middle + chance.uniform(-0.2, 0.2, 2) * radius * size).astype(int)
    cv2.circle(canvas, (int(glint[0]), int(glint[1])), max(2, size // 60), (255, 255, 255), -1, cv2.LINE_AA)


def _finger(canvas: RGB, chance: np.random.Generator) -> None:
    size = canvas.shape[0]
    angle = float(chance.uniform(0, 180))
    cv2.ellipse(canvas, (size // 2, size // 2), (size, size // 4), angle, 0, 360, _SKIN, -1, cv2.LINE_AA)


def _certificate(chance: np.random.Generator, size: int) -> RGB:
    canvas = np.full((size, size, 3), (250, 248, 240), np.uint8)
    cv2.rectangle(canvas, (4, 4), (size - 5, size - 5), _lit((90, 60, 30), chance.uniform(0.5, 1.5)), 2)
    for line, words in enumerate(_WORDS):
        y = round(size * (0.14 + 0.12 * line))
        scale = size / 640 * (1.2 if line == 0 else 1.0)
        cv2.putText(canvas, words, (12, y), cv2.FONT_HERSHEY_SIMPLEX, scale, (30, 30, 40), 1, cv2.LINE_AA)
    return canvas


def _card(chance: np.random.Generator, size: int, colour: Colour) -> RGB:
    canvas = np.full((size, size, 3), _lit(colour, 0.5), np.uint8)
    cv2.rectangle(canvas, (size // 8, size // 4), (7 * size // 8, 3 * size // 4), (240, 240, 240), -1)
    number = f"Card {int(chance.integers(1000, 9999))}"
    cv2.putText(canvas, number, (size // 5, size // 2), cv2.FONT_HERSHEY_SIMPLEX, size / 320, (40, 40, 40), 1)
    return canvas


def _lit(colour: Colour, light: float) -> Colour:
    red, green, blue = (int(min(255, max(0, channel * light))) for channel in colour)
    return red, green, blue
