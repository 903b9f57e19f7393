"""Find the few pairs of pictures that might be copies, among all pairs, quickly.

A picture is described by the lowest frequencies of its cosine transform. Mirroring it changes
only signs of these, and a quarter turn swaps the two directions: what is left of them without
sign and order is the same for all eight orientations. So that a crop of a picture is found, every
picture is also described as it would be after some dozens of crops.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gemhier.arrays import Float32, Indices
from gemhier.pipeline.duplicates.descriptor import COLOUR_SIDE, WHOLE, Descriptor, small_lab
from gemhier.progress import map_with_progress

FARTHEST = 20.0
"""Pairs whose descriptions differ by more than this are not looked at any further. Random crops that keep 90%
of each side stay below 14 (99% of 250 pictures); of two different stones, one pair in some hundreds is nearer."""

_LIGHTNESS_ORDER = 5
_COLOUR_ORDER = 2
_COLOUR_WEIGHT = 1.5
_NEAREST = 24  # pictures that are compared in all orientations, for each picture
_CANDIDATES = 12  # ways to lay one picture over others, for each picture
_ALSO_NEAR = (1.3, 1.0)  # of one pair, what is not farther than its nearest times this, plus this
_SEVERAL_CROPS = 2
_ROWS, _COLUMNS, _BATCH = 16, 512, 256  # small enough for a processor's cache

# How much of each side the tried crops keep, and how many places each has along a side.
_CROPS = ((0.95, 3), (0.9, 5), (0.8, 5))


@dataclass(frozen=True)
class Candidates:
    """Ways in which the second picture might be a copy of a part of the first.

    Attributes:
        first: (C,) index of a picture.
        second: (C,) index of another.
        orientation: (C,) 0 to 7, how to turn the second: bit 2 transposes it, then bit 1
            mirrors it top to bottom, and bit 0 left to right.
        first_box: (C, 4) the part of the first picture, a `Box`
        second_box: (C, 4) the part of the turned second that it shows.
        distance: (C,) between the two descriptions.
    """

    first: Indices
    second: Indices
    orientation: Indices
    first_box: Float32
    second_box: Float32
    distance: Float32


def oriented(images: Float32, orientations: Indices) -> Float32:
    """Turn and mirror each of (N, S, S, ...) pictures by its orientation, 0 to 7."""
    turned = np.where(
        (orientations & 4).astype(bool).reshape(-1, *[1] * (images.ndim - 1)), images.swapaxes(1, 2), images
    )
    for bit, axis in ((2, 0), (1, 1)):
        mirrored = np.flatnonzero(orientations & bit)
        turned[mirrored] = np.flip(turned[mirrored], axis=axis + 1)
    return turned


def oriented_boxes(boxes: Float32, orientations: Indices) -> Float32:
    """Turn and mirror (N, 4) boxes as `oriented` does the pictures they lie in."""
    turned = np.where((orientations & 4).astype(bool)[:, None], boxes[:, [1, 0, 3, 2]], boxes)
    for bit, low in ((2, 1), (1, 0)):
        mirrored = np.flatnonzero(orientations & bit)
        turned[mirrored[:, None], [low, low + 2]] = 1 - turned[mirrored[:, None], [low + 2, low]]
    return turned


def find_candidates(prints: Sequence[Descriptor]) -> Candidates:
    """Find the pairs of pictures that are worth aligning.

    The time grows with the square of the number of pictures, though as matrix products only.
    """
    index = _Index(prints)
    starts = range(0, len(prints), _ROWS)
    found = [part for parts in map_with_progress(index.near, starts, "Finding candidates") for part in parts]
    if not found:
        empty, no_boxes = np.zeros(0, np.intp), np.zeros((0, 4), np.float32)
        return Candidates(empty, empty, empty, no_boxes, no_boxes, np.zeros(0, np.float32))
    return Candidates(*(np.concatenate(column) for column in zip(*found, strict=True)))


class _Index:
    """The descriptions of all pictures, whole and of their cores."""

    def __init__(self, prints: Sequence[Descriptor]) -> None:
        self.prints = prints
        self.cores = np.array([taken.core for taken in prints], np.float32).reshape(-1, 4)
        whole = np.tile(np.array(WHOLE, np.float32), (len(prints), 1))
        self.whole = self._of_boxes(whole)
        self.core = self._of_boxes(self.cores)
        self.whole_keys = _keys(self.whole)
        self.core_keys = _keys(self.core)

    def _of_boxes(self, boxes: Float32) -> Float32:
        parts = [
            _describe(
                small_lab(self.prints[start : start + _BATCH]),
                _cosines(boxes[start : start + _BATCH, 1::2]),
                _cosines(boxes[start : start + _BATCH, 0::2]),
                np.zeros((1, 2), np.intp),
            )
            for start in range(0, len(boxes), _BATCH)
        ]
        return np.concatenate(parts)[:, 0] if parts else np.zeros((0, len(_FREQUENCIES)), np.float32)

    def near(self, start: int) -> list[tuple[npt.NDArray[np.generic], ...]]:
        """Find the candidates of a few pictures, from `start`, with all others."""
        rows = np.arange(start, min(start + _ROWS, len(self.prints)))
        crops = _describe(small_lab(self.prints[start : start + _ROWS]), _CROP_COSINES, _CROP_COSINES, _CROP_SIDES)
        found: list[tuple[npt.NDArray[np.generic], ...]] = []
        for first, second, orientation, crop, distance in self._pairs(rows, crops, self.whole, self.whole_keys):
            kept = (crop > 0) | (first < second)  # as wholes, each would find the other
            boxes = _CROP_BOXES[crop]
            seconds = np.broadcast_to(np.array(WHOLE, np.float32), boxes.shape)
            found.append(tuple(column[kept] for column in (first, second, orientation, boxes, seconds, distance)))
        cores = self.core[rows][:, None]
        for first, second, orientation, _, distance in self._pairs(rows, cores, self.core, self.core_keys):
            firsts, seconds = self.cores[first], oriented_boxes(self.cores[second], orientation)
            # The first is to be the one that shows more around the core, and the other finds it too.
            kept = _areas(firsts) <= _areas(seconds)
            found.append(tuple(column[kept] for column in (first, second, orientation, firsts, seconds, distance)))
        return found

    def _pairs(
        self, rows: Indices, descriptions: Float32, others: Float32, other_keys: Float32
    ) -> Iterator[tuple[Indices, Indices, Indices, Indices, Float32]]:
        """Yield, for each row, the candidates: first, second, orientation, which description, distance.

        Args:
            rows: (R,) indices of pictures.
            descriptions: (R, V, K), V of each.
            others: (N, K), one of every picture.
            other_keys: (N, K + 2), what `_keys` makes of them.
        """
        keys = _queries(descriptions)
        nearest = np.concatenate(
            [
                (keys.reshape(-1, keys.shape[-1]) @ other_keys[start : start + _COLUMNS].T)
                .reshape(*keys.shape[:2], -1)
                .max(axis=1)
                for start in range(0, len(other_keys), _COLUMNS)
            ],
            axis=1,
        )
        nearest[np.arange(len(rows)), rows] = -np.inf
        for row, closeness, own_keys, own in zip(rows, nearest, keys, descriptions, strict=True):
            second = np.argpartition(-closeness, min(_NEAREST, len(closeness) - 1))[:_NEAREST]
            second = second[closeness[second] >= -(FARTHEST**2) / 2]
            if len(second) == 0:
                continue
            best = np.argsort(-(other_keys[second] @ own_keys.T), axis=1)[:, :_SEVERAL_CROPS]
            turned = others[second][:, _ORDER] * _SIGN  # (M, 8, K)
            distance = np.linalg.norm(own[best][:, :, None] - turned[:, None], axis=-1)  # (M, crops, 8)
            limit = np.minimum(distance.min(axis=(1, 2)) * _ALSO_NEAR[0] + _ALSO_NEAR[1], FARTHEST)
            pair, crop, orientation = np.nonzero(distance <= limit[:, None, None])
            found = distance[pair, crop, orientation]
            kept = np.argsort(found, kind="stable")[:_CANDIDATES]
            pair, crop = pair[kept], crop[kept]
            yield np.full(len(kept), row), second[pair], orientation[kept], best[pair, crop], found[kept]


def _cosines(intervals: Float32) -> Float32:
    """Return the cosine transform along one side, over parts of it.

    Args:
        intervals: (I, 2) where each part begins and ends, as fractions of the side.

    Returns:
        (I, F, S): frequencies 0 to F - 1 from S pixels. Each is the integral of the pixels, as steps,
        with a cosine that has its period in the part, so that any part has the same scale.
    """
    edges = np.linspace(0, 1, COLOUR_SIDE + 1)
    within = np.clip((edges - intervals[:, :1]) / (intervals[:, 1:] - intervals[:, :1]), 0, 1)[:, None]
    order = np.pi * np.arange(1, _LIGHTNESS_ORDER + 1)[:, None]
    waves = np.sqrt(2) * np.sin(order * within) / order
    return np.diff(np.concatenate([within, waves], axis=1), axis=2).astype(np.float32)


def _describe(lab: Float32, down: Float32, across: Float32, sides: Indices) -> Float32:
    """Describe parts of pictures by their lowest frequencies.

    Args:
        lab: (N, S, S, 3).
        down: (N, F, S), `_cosines` of one part of each, from top to bottom; or (I, F, S), of I parts of all.
        across: the same from left to right.
        sides: (V, 2) index, among those of all, of each box's part of the height and of the width.

    Returns:
        (N, V, K), K frequencies.
    """
    if len(sides) == 1:
        down, across = down[:, None], across[:, None]
    else:
        down, across = (part.reshape(1, 1, -1, COLOUR_SIDE) for part in (down, across))
    spectrum = down @ lab.transpose(0, 3, 1, 2) @ across.swapaxes(-1, -2)  # (N, 3, I F, I F)
    rows, columns = sides[:, :1] * (_LIGHTNESS_ORDER + 1) + _DOWN, sides[:, 1:] * (_LIGHTNESS_ORDER + 1) + _ACROSS
    described: Float32 = spectrum[:, _CHANNEL, rows, columns] * _WEIGHT
    return described


def _unoriented(descriptions: Float32) -> Float32:
    """Return what is the same for all orientations of a picture: sizes, the larger of two swapped ones first."""
    sizes = np.abs(descriptions)
    swapped = sizes[..., _SWAPPED]
    same = np.where(np.arange(len(_SWAPPED)) <= _SWAPPED, np.maximum(sizes, swapped), np.minimum(sizes, swapped))
    same[..., _MEANS] = descriptions[..., _MEANS]  # no turn changes the mean colour's sign
    return same


def _queries(descriptions: Float32) -> Float32:
    """Extend (..., K) descriptions, so that the product with a key is -1/2 of the squared distance."""
    same = _unoriented(descriptions)
    squares = np.square(same).sum(axis=-1, keepdims=True)
    return np.concatenate([same, -squares / 2, np.ones_like(squares)], axis=-1)


def _keys(descriptions: Float32) -> Float32:
    """Extend (..., K) descriptions as the other side of `_queries`."""
    same = _unoriented(descriptions)
    squares = np.square(same).sum(axis=-1, keepdims=True)
    return np.concatenate([same, np.ones_like(squares), -squares / 2], axis=-1)


def _areas(boxes: Float32) -> Float32:
    sizes = boxes[:, 2:] - boxes[:, :2]
    return np.asarray(sizes[:, 0] * sizes[:, 1], dtype=np.float32)


def _crop_boxes() -> Float32:
    boxes = {WHOLE}
    for kept, places in _CROPS:
        starts = np.linspace(0, 1 - kept, places)
        boxes.update((left, top, left + kept, top + kept) for left in starts for top in starts)
        boxes.update(
            box for start in (0, 1 - kept) for box in ((start, 0.0, start + kept, 1.0), (0.0, start, 1.0, start + kept))
        )
    return np.array([WHOLE, *sorted(boxes - {WHOLE})], np.float32)


_FREQUENCIES = np.array(
    [
        (channel, down, across)
        for channel, order in enumerate((_LIGHTNESS_ORDER, _COLOUR_ORDER, _COLOUR_ORDER))
        for down in range(order + 1)
        for across in range(order + 1 - down)
    ]
)
_CHANNEL, _DOWN, _ACROSS = _FREQUENCIES.T
_WEIGHT = ((1 + _DOWN + _ACROSS) * np.where(_CHANNEL, _COLOUR_WEIGHT, 1)).astype(np.float32)
_SWAPPED = np.array([_FREQUENCIES.tolist().index([channel, down, across]) for channel, across, down in _FREQUENCIES])
_MEANS = np.flatnonzero((_CHANNEL > 0) & (_DOWN + _ACROSS == 0))
# How each orientation changes a description: the order of the frequencies, then their signs.
_ORDER = np.array([_SWAPPED if orientation & 4 else np.arange(len(_SWAPPED)) for orientation in range(8)])
_SIGN = np.array(
    [(-1.0) ** (_DOWN * (orientation >> 1 & 1) + _ACROSS * (orientation & 1)) for orientation in range(8)], np.float32
)

_CROP_BOXES = _crop_boxes()
_SIDES, _SIDE_OF_EDGES = np.unique(
    np.concatenate([_CROP_BOXES[:, 1::2], _CROP_BOXES[:, 0::2]]), axis=0, return_inverse=True
)
_CROP_SIDES = _SIDE_OF_EDGES.reshape(2, -1).T
_CROP_COSINES = _cosines(_SIDES)
