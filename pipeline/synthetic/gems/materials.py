"""The patterns in and on rounded stones, and the flaws inside faceted ones.

A pattern is painted on a square sheet, `SHEET` pixels wide, that is then laid over the stone.
It spans `REACH` to either side of the stone's middle.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from gemhier.arrays import Bytes, Float32, Float64
from gemhier.pipeline.synthetic.gems.noise import linear, noise, soften

SHEET = 288
"""Side of a pattern's sheet, in pixels."""

REACH = 1.5
"""How far a sheet reaches from the stone's middle, in units of the stone's half-length."""


@dataclass(frozen=True, eq=False)
class Surface:
    """What a rounded stone is made of.

    Attributes:
        colour: (SHEET, SHEET, 3), its colour in linear light.
        fire: (SHEET, SHEET, 3), light that the stone itself seems to give off.
        fibres: (SHEET, SHEET), the angle in radians by which its fibres bend; None without any.
        translucency: 0 for an opaque stone, 1 for one that light passes through.
        polish: brightness of the lamps' reflections, 1 for a good polish.
        orient: whether it has a pearl's soft lustre instead of sharp reflections.
    """

    colour: Float32
    fire: Float32 | None = None
    fibres: Float32 | None = None
    translucency: float = 0.0
    polish: float = 1.0
    orient: bool = False


Painter = Callable[[Float32, np.random.Generator, Float64], Surface]


def _glassy(body: Float32, random: np.random.Generator, turn: Float64) -> Surface:
    clouds = noise(random, SHEET, (2, 3), 5)
    veil = np.exp(-((clouds / 0.1) ** 2))
    colour = body * (0.9 + 0.2 * clouds)[..., None] + 0.05 * body * veil[..., None]
    return Surface(np.clip(colour, 0.003, 1).astype(np.float32), translucency=0.8)


def _milky(body: Float32, random: np.random.Generator, turn: Float64) -> Surface:
    clouds = noise(random, SHEET, (2, 2), 3)
    colour = body * (0.95 + 0.08 * clouds)[..., None]
    return Surface(np.clip(colour, 0.003, 1).astype(np.float32), translucency=0.75)


def _needles(body: Float32, random: np.random.Generator, turn: Float64) -> Surface:
    colour = body * (0.92 + 0.16 * noise(random, SHEET, (2, 2), 4))[..., None]
    main = random.uniform(0, np.pi)
    for layer in range(3):
        sheet = np.zeros((SHEET, SHEET), np.float32)
        for _ in range(random.integers(12, 30)):
            angle = main + random.normal(0, 0.3) + random.choice([0.0, 0.0, 1.0])
            middle = random.uniform(0, SHEET, 2)
            half = np.array([np.cos(angle), np.sin(angle)]) * random.uniform(0.12, 0.6) * SHEET
            first, last = ((middle + side * half) * 16 for side in (-1, 1))
            cv2.line(
                sheet, _point(first), _point(last), random.uniform(0.5, 1.0),
                int(random.integers(1, 3)), cv2.LINE_AA, 4,
            )  # fmt: skip
        blurred = soften(sheet, (1.8, 1.0, 0.5)[layer])[..., None]
        gold = linear(random.choice(["#d8a038", "#b87820", "#ecc868"]))
        colour = colour * (1 - 0.85 * blurred) + gold * 0.85 * blurred
    return Surface(np.clip(colour, 0.003, 1).astype(np.float32), translucency=0.85)


def _chatoyant(body: Float32, random: np.random.Generator, turn: Float64) -> Surface:
    wave = noise(random, SHEET, (2, 2), 3)
    across = np.linspace(-1, 1, SHEET, dtype=np.float32)[:, None] + 0.12 * wave
    streaks = noise(random, SHEET, (90, 1), 2)
    bands = _lookup(noise(random, SHEET, (1, 14), 3)[0], across * 0.8) + 0.25 * streaks
    light = np.clip(0.5 + 0.9 * bands, 0, 1)[..., None]
    dark, gold = linear("#301808"), np.maximum(body, linear("#a06818"))
    colour = dark + (gold - dark) * light**1.3
    fibres = 0.5 * soften(wave, 3) + 0.12 * streaks
    return Surface(colour.astype(np.float32), fibres=fibres)


def _opal(base: Float32, fire_strength: float, coverage: float, random: np.random.Generator, turn: Float64) -> Surface:
    fire = np.zeros((SHEET, SHEET, 3), np.float32)
    liking = random.choice(3, p=[0.4, 0.3, 0.3])
    for patches, share in ((int(random.integers(150, 400)), 1.0), (int(random.integers(700, 1400)), 0.7)):
        cells = _cells(random, patches)
        lean = random.normal(0, 2.2, (patches + 1, 2))
        phase = random.uniform(0, 2 * np.pi, patches + 1)
        # A patch lights up in the colour that its layers send towards the camera from this side.
        seen = np.sin(phase + lean @ turn * 2)
        hue = ((0.33, 0.52, 0.12)[liking] + random.normal(0, 0.14, patches + 1) + 0.1 * seen) % 1.0
        bright = np.clip(random.uniform(0, 1, patches + 1) * 0.7 + 0.5 * seen - (0.75 - coverage), 0, 1)
        palette = _spectrum(hue) * bright[:, None]
        sheet = soften(palette[cells].astype(np.float32), 1.2)
        fire += share * sheet * (0.8 + 0.35 * noise(random, SHEET, (24, 24), 1))[..., None]
    where = np.clip(0.45 + 0.9 * noise(random, SHEET, (2, 2), 3), 0.1, 1)[..., None]
    return Surface(base, fire=np.maximum(fire * where * fire_strength, 0), translucency=0.5)


def _light_opal(body: Float32, random: np.random.Generator, turn: Float64) -> Surface:
    clouds = noise(random, SHEET, (2, 2), 3)[..., None]
    base = (body * (0.72 + 0.1 * clouds)).astype(np.float32)
    return _opal(base, random.uniform(0.7, 1.1), random.uniform(0.4, 0.65), random, turn)


def _dark_opal(body: Float32, random: np.random.Generator, turn: Float64) -> Surface:
    clouds = noise(random, SHEET, (2, 2), 3)[..., None]
    base = (np.maximum(body, 0.004) * (1 + 0.4 * clouds) + linear("#0c3858") * 0.5).astype(np.float32)
    return _opal(base, random.uniform(1.1, 1.6), random.uniform(0.55, 0.8), random, turn)


def _veined(body: Float32, random: np.random.Generator, turn: Float64) -> Surface:
    mottle, grain = noise(random, SHEET, (3, 3), 4), noise(random, SHEET, (60, 60), 2)
    colour = body * (0.88 + 0.14 * mottle + 0.05 * grain)[..., None]
    warped = _warped(_cell_borders(random, int(random.integers(14, 40))), random, 9.0)
    width = random.uniform(0.6, 2.2) * np.clip(0.6 + noise(random, SHEET, (3, 3), 3), 0.0, 2)
    present = np.clip(noise(random, SHEET, (2, 2), 2) * 3 + random.uniform(0.3, 2.5), 0, 1)
    web = soften((np.clip(1.2 * width - warped, 0, 1) * present).astype(np.float32), 0.7)[..., None]
    rust = linear(random.choice(["#3a2a1c", "#241c18", "#6a4a2c"]))
    colour = colour * (1 - 0.9 * web) + rust * 0.9 * web
    return Surface(np.clip(colour, 0.003, 1).astype(np.float32), polish=0.8)


def _banded(body: Float32, random: np.random.Generator, turn: Float64) -> Surface:
    rows, columns = np.mgrid[-1 : 1 : SHEET * 1j, -1 : 1 : SHEET * 1j].astype(np.float32)
    eye = random.uniform(-1.3, 1.3, 2)
    distance = np.hypot(rows - eye[0], (columns - eye[1]) * random.uniform(0.6, 1.0))
    depth = distance + 0.16 * noise(random, SHEET, (2, 2), 3)
    bands = _lookup(noise(random, SHEET, (1, 60), 3)[0], depth * 0.9 - 0.9)
    light = np.clip(0.36 + 0.55 * bands, 0, 1)[..., None]
    dark, pale = linear("#043424"), np.minimum(body * 1.7 + 0.03, 0.6)
    colour = dark + (body - dark) * np.minimum(light * 2, 1) + (pale - body) * np.maximum(light * 2 - 1, 0)
    return Surface(colour.astype(np.float32), polish=0.9)


def _spangled(body: Float32, random: np.random.Generator, turn: Float64) -> Surface:
    mottle = noise(random, SHEET, (5, 5), 4)
    colour = body * np.clip(0.7 + 0.6 * mottle, 0.15, 2)[..., None]
    calcite = np.clip(noise(random, SHEET, (3, 3), 4) - random.uniform(0.55, 1.3), 0, 0.5)[..., None]
    colour = colour * (1 - calcite) + linear("#b8c4d8") * calcite
    specks = np.zeros((SHEET, SHEET), np.float32)
    crowd = noise(random, SHEET, (4, 4), 3)
    for _ in range(int(random.integers(150, 700))):
        column, row = random.integers(0, SHEET, 2)
        if crowd[row, column] > random.normal(0, 0.4):
            cv2.circle(
                specks, (int(column) * 16, int(row) * 16), int(16 * random.gamma(1.2, 0.45)),
                random.uniform(0.3, 1), -1, cv2.LINE_AA, 4,
            )  # fmt: skip
    specks = _warped(specks, random, 3.0)[..., None]
    colour = colour * (1 - 0.9 * specks) + linear("#e8c880") * 0.9 * specks
    return Surface(np.clip(colour, 0.003, 1).astype(np.float32), polish=0.9)


def _nacre(body: Float32, random: np.random.Generator, turn: Float64) -> Surface:
    skin = 1 + 0.02 * noise(random, SHEET, (6, 6), 3)
    return Surface((body * skin[..., None]).astype(np.float32), orient=True)


SURFACES: dict[str, Painter] = {
    "glassy": _glassy,
    "milky": _milky,
    "needles": _needles,
    "chatoyant": _chatoyant,
    "light opal": _light_opal,
    "dark opal": _dark_opal,
    "veined": _veined,
    "banded": _banded,
    "spangled": _spangled,
    "nacre": _nacre,
}
"""Every pattern of rounded stones by name.

Each takes the stone's colour as (3,) linear light, a random generator that is the same for every view of a
stone, and the (2,) turn of the stone away from the camera, and gives the surface.
"""


FLAWS = ("veil", "garden", "dots", "silk")
"""The flaws inside faceted stones: clouds alone, or with an emerald's moss, this with dark dots, or fine needles."""


def inclusions(flaws: str, random: np.random.Generator) -> Float32:
    """Paint the flaws inside a faceted stone.

    They are brightness around 1 on a (SHEET, SHEET) sheet.

    Args:
        flaws: a name in `FLAWS`.
        random: draws them.
    """
    clouds = noise(random, SHEET, (3, 3), 4)
    sheet = 1 + 0.3 * clouds
    if flaws in ("garden", "dots"):
        moss = _warped(np.abs(noise(random, SHEET, (6, 4), 5)), random, 14.0)
        veils = np.exp(-((moss / 0.06) ** 2)) * np.clip(0.3 + 1.5 * clouds, 0, 1)
        sheet = 0.3 * sheet + (2.6 if flaws == "garden" else 1.8) * veils
    if flaws == "dots":
        dots = np.zeros((SHEET, SHEET), np.float32)
        for column, row in random.integers(0, SHEET, (int(random.integers(20, 60)), 2)):
            cv2.circle(dots, (int(column) * 16, int(row) * 16), int(random.uniform(8, 22)), 1.0, -1, cv2.LINE_AA, 4)
        sheet -= 0.7 * dots
    if flaws == "silk":
        silk = np.zeros((SHEET, SHEET), np.float32)
        for _ in range(int(random.integers(40, 120))):
            angle = random.integers(0, 3) * np.pi / 3 + 0.1
            middle = random.uniform(0, SHEET, 2)
            half = np.array([np.cos(angle), np.sin(angle)]) * random.uniform(4, 30)
            cv2.line(silk, _point((middle - half) * 16), _point((middle + half) * 16), 0.8, 1, cv2.LINE_AA, 4)
        sheet += silk
    return np.asarray(np.clip(sheet, 0.1, 2.5), np.float32)


def _point(at: Float64) -> tuple[int, int]:
    return int(at[0]), int(at[1])


def _lookup(profile: Float32, at: npt.NDArray[np.floating]) -> Float32:
    """Look up a (SHEET,) profile at places from -1 to 1, mirrored beyond."""
    place = np.abs((at + 1) / 2 * (SHEET - 1)) % (2 * SHEET - 2)
    place = np.minimum(place, 2 * SHEET - 2 - place)
    return np.asarray(np.interp(place, np.arange(SHEET), profile), np.float32)


def _warped(sheet: Float32, random: np.random.Generator, far: float) -> Float32:
    """Displace every point of a sheet by some pixels."""
    rows, columns = np.mgrid[0:SHEET, 0:SHEET].astype(np.float32)
    right, down = (noise(random, SHEET, (5, 5), 4) * np.float32(far) for _ in range(2))
    moved = cv2.remap(sheet, columns + right, rows + down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(moved, np.float32)


def _cell_seeds(random: np.random.Generator, count: int) -> Bytes:
    seeds = np.ones((SHEET, SHEET), np.uint8)
    seeds[random.integers(0, SHEET, count), random.integers(0, SHEET, count)] = 0
    return seeds


def _cells(random: np.random.Generator, count: int) -> npt.NDArray[np.int32]:
    """Return the number, 1 to `count`, of the random point nearest each pixel."""
    seeds = _cell_seeds(random, count)
    _, labels = cv2.distanceTransformWithLabels(seeds, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    return np.minimum(np.asarray(labels, np.int32), count)


def _cell_borders(random: np.random.Generator, count: int) -> Float32:
    """Return how far each pixel is from a border between cells, in pixels.

    The cells are those of `count` random points.
    """
    labels = _cells(random, count)
    inside = np.ones((SHEET, SHEET), np.uint8)
    inside[:, 1:][labels[:, 1:] != labels[:, :-1]] = 0
    inside[1:][labels[1:] != labels[:-1]] = 0
    return np.asarray(cv2.distanceTransform(inside, cv2.DIST_L2, 5), np.float32)


def _spectrum(hue: Float64) -> Float64:
    """Return pure colours (N, 3), in linear light, for hues.

    Hues run from 0 (red) over 1/3 (green) to 2/3 (blue).
    """
    apart = np.abs((hue[:, None] - np.array([0, 1 / 3, 2 / 3]) + 0.5) % 1 - 0.5)
    colours: Float64 = np.clip(1.75 - apart * 6, 0.02, 1) ** 1.6
    return colours
