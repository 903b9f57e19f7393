"""Find the stones in a photograph: where each one is, how sure that is, and which pixels are its."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import cv2
import numpy as np
import numpy.typing as npt

from gemhier.arrays import RGB, Booleans, Bytes, Float32
from gemhier.errors import BundleError
from gemhier.models.images.crop import MARGIN, Box, crop_stone, whole_image
from gemhier.models.images.turning import turned, turned_box, turns_upright
from gemhier.models.runtime.litert import FEATURES, ExportedNetwork

FILE = "finder.tflite"
"""What a finder is called in a bundle and in a data folder."""

OUTPUTS = ("maps", "present")

STONE_THRESHOLD = 0.5
"""From which score on a stone is a gem, by a finder that brings no threshold of its own."""

_FORMAT = "gemhier-finder"
_FORMAT_VERSION = 1

ZOOMS = 2
"""How often a small stone is looked at again from nearby, at most."""

FILLED = 0.45
"""A stone that fills less than this share of what the network saw is looked at again from nearby."""

SURE = 0.9
"""A stone with this score is looked at again only if it fills less than `FILLED_IF_SURE`."""

FILLED_IF_SURE = 0.25
"""The same for a stone that is sure."""

NEARBY = 1.6
"""The side of that second look, in sides of the stone's box."""

CLEAR = 0.5
"""Where no stone has this score, smaller views are searched for smaller stones."""

QUARTER = 0.55
"""The side of a smaller view, in sides of the whole one: they overlap."""

SAME = 0.6
"""A box of which a larger share lies in that of a more prominent stone shows the same stone."""

SMALLEST = 0.0008
"""Parts that cover less than this share of the picture are no stones."""

IF_LOST = 0.25
"""What the score is multiplied by where a stone is not seen again from nearby."""

OUTLINE_FROM, OUTLINE_WIDTH = 0.3, 0.4
"""Half sure is the edge: from which probability on a pixel counts, and how much more makes it count in full."""


@dataclass(frozen=True)
class Stone:
    """A stone in a picture.

    Attributes:
        box: the square around it, with a margin.
        score: how sure it is that this is a gem, from 0 to 1.
    """

    box: Box
    score: float


@dataclass(frozen=True, eq=False)
class _Part:
    """A part of a view that looks like one stone: its rectangle in pixels of the maps, and (M, M) which are its."""

    left: float
    top: float
    right: float
    bottom: float
    score: float
    mine: Bytes


class Finder:
    """The stone finder, ready to run. Threads may share it.

    Args:
        source: a LiteRT file, which is mapped and not copied, or its bytes, as `models.networks.export` writes it from
            `models.networks.finder_network`.
        threshold: from which score on a stone is a gem, from 0 to 1.
        num_threads: how many cores to use; None for all of them, at most 4.

    Attributes:
        name: what such a finder is called in `data.json` and `bundle.json`.
        threshold: from which score on a stone is a gem.
        size: side of the squares that the network sees, in pixels.

    Raises:
        BundleError: if it is not such a network.
    """

    name: ClassVar[str] = "network"

    def __init__(
        self, source: bytes | Path, *, threshold: float = STONE_THRESHOLD, num_threads: int | None = None
    ) -> None:
        self._source = source
        self.threshold = threshold
        try:
            self._exported = ExportedNetwork(source, num_threads=num_threads)
        except BundleError as error:
            raise _not_usable(error) from error
        self.size = self._exported.size
        _check_outputs(self._exported.outputs)

    @property
    def gives_features(self) -> bool:
        """Whether the network gives features; older ones do not."""
        return FEATURES in self._exported.outputs

    @cached_property
    def content(self) -> bytes:
        """The bytes of the LiteRT file; OSError if it has gone meanwhile."""
        return self._source.read_bytes() if isinstance(self._source, Path) else self._source

    def try_out(self) -> None:
        """Run once, to find faults that show only then; BundleError if it cannot be run."""
        try:
            self._exported.try_out()
        except BundleError as error:
            raise _not_usable(error) from error

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the bytes, in hexadecimal."""
        return _digest(self.content)

    def find(self, image: RGB) -> tuple[Stone, ...]:
        """Return the stones of a picture, the most prominent first; empty if none stands out.

        A picture that is turned by quarters has the same stones.

        Args:
            image: (H, W, 3) uint8 RGB.
        """
        return self.seen(image)[0]

    def seen(self, image: RGB) -> tuple[tuple[Stone, ...], Float32]:
        """Return what `find` does, and the features of the whole picture: pictures that look alike have near ones.

        Args:
            image: (H, W, 3) uint8 RGB.

        Returns:
            The stones, and (D,) features; D is 0 where the network is older and gives none.
        """
        turns = turns_upright(image)
        upright = turned(image, turns)
        stones, features = self._seen(upright)
        stones = tuple(replace(stone, box=turned_box(stone.box, upright.shape, -turns)) for stone in stones)
        return stones, features

    def _seen(self, image: RGB) -> tuple[tuple[Stone, ...], Float32]:
        whole = whole_image(image)
        stones, features = self._seen_in(image, whole)
        if max((stone.score for stone in stones), default=0) < CLEAR:
            stones += [stone for view in _quarters(image, whole) for stone in self._stones(image, view)]
        return _apart(sorted(stones, key=_prominence, reverse=True)), features

    def features(self, image: RGB) -> Float32:
        """Return the features of a whole picture alone, (D,), as `seen` does."""
        upright = turned(image, turns_upright(image))
        return self._look(upright, whole_image(upright))[2]

    def find_best(self, image: RGB) -> Stone:
        """Return the most prominent stone, or all of the picture with a score of 0 where none stands out."""
        stones = self.find(image)
        return stones[0] if stones else Stone(whole_image(image), 0.0)

    def cut(self, image: RGB, box: Box, size: int) -> Bytes:
        """Cut a stone out, the picture's bright side up.

        Args:
            image: (H, W, 3) uint8 RGB.
            box: where the stone lies.
            size: side of the result, in pixels.

        Returns:
            (size, size, 4) uint8: RGB, and how much of each pixel is the stone in the middle.

        Raises:
            ValueError: if the box lies outside the picture.
        """
        crop = turned(crop_stone(image, box, size), turns_upright(image))
        return np.asarray(cv2.merge([crop, self.outline(crop)]), np.uint8)

    def outline(self, crop: RGB) -> Bytes:
        """Which pixels of a crop are the stone in its middle.

        Args:
            crop: (S, S, 3) uint8 RGB, as `crop_stone` cuts it.

        Returns:
            (S, S) uint8, 255 on the stone, 0 beside it, between on its edge; 255 everywhere if no stone stands out.
        """
        side = crop.shape[0]
        maps, _, _ = self._look(crop, Box(0, 0, side))
        parts = self._parts_of(maps, 1.0)
        if not parts:
            return np.full((side, side), 255, np.uint8)
        mine = cv2.dilate(min(parts, key=self._from_middle).mine, np.ones((3, 3), np.uint8))
        enlarged = cv2.resize(maps[..., 0] * mine, (side, side), interpolation=cv2.INTER_LINEAR)
        return np.asarray(255 * np.clip((enlarged - OUTLINE_FROM) / OUTLINE_WIDTH, 0, 1), np.uint8)

    def _stones(self, image: RGB, view: Box) -> list[Stone]:
        return self._seen_in(image, view)[0]

    def _seen_in(self, image: RGB, view: Box) -> tuple[list[Stone], Float32]:
        """Return the stones in a view, and (D,) its features."""
        parts, features = self._parts(image, view)
        return [self._approach(image, view, part) for part in parts], features

    def _approach(self, image: RGB, view: Box, part: _Part) -> Stone:
        """Look again from nearby until a stone fills the view."""
        for _ in range(ZOOMS):
            extent = max(part.right - part.left, part.bottom - part.top) / self._map_side
            if extent >= (FILLED if part.score < SURE else FILLED_IF_SURE):
                break
            nearer = _around(view, part, self._map_side, NEARBY)
            seen, _ = self._parts(image, nearer)
            if not seen:
                return Stone(_around(view, part, self._map_side, 1 + 2 * MARGIN), IF_LOST * part.score)
            view, part = nearer, min(seen, key=self._from_middle)
        return Stone(_around(view, part, self._map_side, 1 + 2 * MARGIN), part.score)

    @property
    def _map_side(self) -> int:
        return int(self._exported.outputs["maps"]["shape_signature"][1])

    def _from_middle(self, part: _Part) -> float:
        middle = self._map_side / 2
        return float(np.hypot((part.left + part.right) / 2 - middle, (part.top + part.bottom) / 2 - middle))

    def _look(self, image: RGB, view: Box) -> tuple[Float32, float, Float32]:
        """(M, M, 2) probabilities of stone and of core in a view, that of any stone, and (D,) features."""
        outputs = self._exported.run(crop_stone(image, view, self.size)[None])
        features = outputs[FEATURES][0] if FEATURES in outputs else np.empty(0, np.float32)
        return outputs["maps"][0], float(outputs["present"][0, 0]), features

    def _parts(self, image: RGB, view: Box) -> tuple[list[_Part], Float32]:
        """Return the stones in a view, largest first, and (D,) its features."""
        maps, present, features = self._look(image, view)
        parts = self._parts_of(maps, present)
        # Beside the picture its outermost pixels are repeated, and stripes of them may look like stones.
        return [part for part in parts if _overlaps(image, _around(view, part, self._map_side, 1))], features

    def _parts_of(self, maps: Float32, present: float) -> list[_Part]:
        stone, core = maps[..., 0], maps[..., 1]
        solid = (stone > 0.5).astype(np.uint8)
        count, numbers = _seeds(solid, core > 0.5)
        owner = _nearest(numbers) * solid if count > 2 else solid
        parts = []
        for number in range(1, count):
            mine = (owner == number).astype(np.uint8)
            # What a stone's nearest core does not touch is another thing.
            mine = _piece_with(mine, numbers == number) if count > 2 else mine
            area = float(mine.sum())
            if area < max(4.0, SMALLEST * mine.size):
                continue
            left, top, right, bottom = _rectangle(np.where((solid > 0) & (mine == 0), 0, stone), mine)
            score = present * float(stone[mine > 0].mean())
            parts.append(_Part(left, top, right, bottom, score, mine))
        return sorted(parts, key=lambda part: -int(part.mine.sum()))


def _check_outputs(outputs: Mapping[str, Mapping[str, Any]]) -> None:
    shapes = {name: [int(length) for length in details["shape_signature"]] for name, details in outputs.items()}
    maps, present = (shapes.get(name, []) for name in OUTPUTS)
    known = {*OUTPUTS} <= {*shapes} <= {*OUTPUTS, FEATURES} and len(shapes.get(FEATURES, [1, 1])) == 2
    fit = known and len(maps) == 4 and maps[1] == maps[2] > 0 and maps[3] == 2 and present[1:] == [1]
    if fit and all(details["dtype"] is np.float32 for details in outputs.values()):
        return
    found = ", ".join(f"{name} {shape}" for name, shape in sorted(shapes.items()))
    raise BundleError(
        f"The stone finder must give float32 `maps`, two squares for each picture, and `present`, but gives {found}. "
        "Export it again."
    )


def _not_usable(error: BundleError) -> BundleError:
    return BundleError(f"The stone finder cannot be used. {error}")


def _quarters(image: RGB, whole: Box) -> list[Box]:
    """Five smaller views, the corners and the middle, as far as they show any of the picture."""
    side = max(1, round(QUARTER * whole.side))
    far = whole.side - side
    corners = [(x, y) for y in (0, far) for x in (0, far)]
    views = [Box(whole.x + x, whole.y + y, side) for x, y in (*corners, (far // 2, far // 2))]
    return [view for view in views if _overlaps(image, view)]


def _prominence(stone: Stone) -> tuple[bool, float]:
    """Rank what is rather a gem first, and then what is larger."""
    return stone.score >= CLEAR, stone.score * stone.box.side


def _apart(stones: Sequence[Stone]) -> tuple[Stone, ...]:
    """Stones without those that lie where one before them lies: from nearby, two parts may turn out to be one."""
    kept: list[Stone] = []
    for stone in stones:
        if all(_shared(stone.box, other.box) <= SAME * stone.box.side**2 for other in kept):
            kept.append(stone)
    return tuple(kept)


def _shared(first: Box, second: Box) -> int:
    """How many pixels lie in both boxes."""
    across = min(first.x + first.side, second.x + second.side) - max(first.x, second.x)
    down = min(first.y + first.side, second.y + second.side) - max(first.y, second.y)
    return max(0, across) * max(0, down)


def _around(view: Box, part: _Part, map_side: int, room: float) -> Box:
    """Return the square around a part of a view, `room` times its longer side, in the picture's pixels."""
    scale = view.side / map_side
    side = max(1, round(room * scale * max(part.right - part.left, part.bottom - part.top)))
    across, down = (part.left + part.right) / 2 * scale, (part.top + part.bottom) / 2 * scale
    return Box(round(view.x + across - side / 2), round(view.y + down - side / 2), side)


def _overlaps(image: RGB, box: Box) -> bool:
    height, width = image.shape[:2]
    return bool(-box.side < box.x < width and -box.side < box.y < height)


def _seeds(solid: Bytes, core: Booleans) -> tuple[int, npt.NDArray[np.int32]]:
    """Where stones grow from: each core, and each part without one; how many, plus one, and (M, M) their numbers."""
    cores, numbers = cv2.connectedComponents((core & (solid > 0)).astype(np.uint8), connectivity=4)
    pieces, piece_numbers = cv2.connectedComponents(solid, connectivity=4)
    with_core = _marked(piece_numbers[numbers > 0], pieces)
    seeds = np.asarray(numbers, np.int32)
    for piece in range(1, pieces):
        if not with_core[piece]:
            seeds[piece_numbers == piece] = cores
            cores += 1
    return cores, seeds


def _nearest(numbers: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """For each pixel the number of the component that is nearest."""
    _, voronoi = cv2.distanceTransformWithLabels(
        (numbers == 0).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    of_label = np.zeros(int(voronoi.max()) + 1, np.int32)
    inside = numbers > 0
    of_label[voronoi[inside]] = numbers[inside]
    return of_label[voronoi]


def _piece_with(mine: Bytes, seed: Booleans) -> Bytes:
    """Return the connected pieces of a mask that hold pixels of `seed`."""
    count, pieces = cv2.connectedComponents(mine, connectivity=4)
    if count <= 2:
        return mine
    kept = _marked(pieces[seed & (mine > 0)], count)
    kept[0] = False
    return np.asarray(kept[pieces], np.uint8)


def _marked(numbers: npt.NDArray[Any], count: int) -> Booleans:
    """(count,) which numbers from 0 on occur; np.unique loads masked arrays, a tenth of a program's start."""
    marked = np.zeros(count, np.bool_)
    marked[numbers] = True
    return marked


def _rectangle(stone: Float32, mine: Bytes) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of a stone, to parts of a pixel: an edge lies where its probability passes 1/2."""
    weighed = np.where(cv2.dilate(mine, np.ones((3, 3), np.uint8)) > 0, stone, 0.0)
    columns, rows = weighed.max(axis=0), weighed.max(axis=1)
    left, right = _crossings(columns)
    top, bottom = _crossings(rows)
    return left, top, right, bottom


def _crossings(profile: Float32) -> tuple[float, float]:
    """Where a profile first rises above 1/2 and last falls below it, in pixels from the outer edge."""
    above = np.flatnonzero(profile > 0.5)
    first, last = int(above[0]), int(above[-1])
    start, end = 0.0, float(len(profile))
    # A value stands at the middle of its pixel: between two middles it changes evenly.
    if first > 0:
        start = first + 0.5 - float((profile[first] - 0.5) / (profile[first] - profile[first - 1]))
    if last + 1 < len(profile):
        end = last + 0.5 + float((profile[last] - 0.5) / (profile[last] - profile[last + 1]))
    return start, end


def load_finder(path: Path, *, threshold: float | None = None) -> Finder:
    """Load a stone finder from its file, or from the folder that holds it.

    Args:
        path: the file or the folder.
        threshold: from which score on a stone is a gem; None for what the file beside the finder says.

    Raises:
        BundleError: if the file is missing or holds something else, or the threshold is another finder's.
    """
    file = path / FILE if path.is_dir() else path
    try:
        content = file.read_bytes()
    except OSError as error:
        raise BundleError(
            f"{file}: the stone finder cannot be read ({error.strerror}). Name a finder, a bundle, none or canny."
        ) from error
    try:
        finder = Finder(content, threshold=_threshold_beside(file, content) if threshold is None else threshold)
        finder.try_out()
        return finder
    except BundleError as error:
        raise BundleError(f"{file}: {error}") from error


def threshold_file(finder: Path) -> Path:
    """Where the threshold of a finder that is a file of its own lies: finder.json beside finder.tflite."""
    return finder.with_suffix(".json")


def threshold_json(finder: bytes, threshold: float) -> bytes:
    """Return the content of that file."""
    described = {
        "format": _FORMAT,
        "format_version": _FORMAT_VERSION,
        "sha256": _digest(finder),
        "stone_threshold": threshold,
    }
    return (json.dumps(described, indent=1) + "\n").encode()


def _threshold_beside(file: Path, content: bytes) -> float:
    beside = threshold_file(file)
    try:
        described = json.loads(beside.read_bytes())
    except FileNotFoundError:
        return STONE_THRESHOLD
    except (OSError, ValueError) as error:
        raise BundleError(f"{beside.name} beside it cannot be read ({error}). Delete it, or train again.") from error
    threshold = described.get("stone_threshold") if isinstance(described, dict) else None
    if not isinstance(threshold, int | float) or not 0 <= threshold <= 1:
        raise BundleError(
            f"{beside.name} beside it must have a `stone_threshold` between 0 and 1. Received: {threshold!r}."
        )
    if described.get("sha256") != _digest(content):
        raise BundleError(f"{beside.name} beside it is about another finder. Delete it, or put its own there.")
    return float(threshold)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
