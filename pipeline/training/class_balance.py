"""Even out how often a training sees each class: rare ones several times, turned and mirrored, frequent ones less.

Only numbers are drawn up beforehand; a picture is turned when it is its turn.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from gemhier.arrays import Bytes, Indices

MOST_COPIES = 8
"""Of one picture."""

MANY = 1.2
"""A class with more than this times the wanted pictures is thinned: for 1,000 the 2024 report took up to 1,200."""

_STEPS = 8
"""Turns of 45 degrees in a full circle."""

TRANSFORMS = 2 * _STEPS
"""Each turn, as it is and mirrored. Number 0 changes nothing."""


@dataclass(frozen=True)
class Copies:
    """Which pictures a pass over the training pictures shows, and how.

    Attributes:
        rows: (M,) the row of each picture, rising.
        transforms: (M,) how each is turned and mirrored, 0 to `TRANSFORMS` - 1.
    """

    rows: Indices
    transforms: Indices

    def __len__(self) -> int:
        """How many a pass shows."""
        return len(self.rows)


def each_once(count: int) -> Copies:
    """Every one of `count` pictures as it is."""
    return Copies(np.arange(count), np.zeros(count, np.intp))


def balance(truth: Indices, wanted: int, seed: int) -> Copies:
    """Show about `wanted` pictures of each class.

    A class with fewer has each of its pictures several times, each time turned or mirrored in another way and at
    most `MOST_COPIES` times; one with more than `MANY` times as many has as many of them as wanted, by chance.

    Args:
        truth: (N,) the column of each picture's class.
        wanted: pictures of each class, 1 or more.
        seed: of what is left out, and of how copies are turned. The same seed gives the same.
    """
    if wanted < 1:
        raise ValueError(f"`wanted` must be 1 or more. Received: {wanted}.")
    rows, transforms = [np.zeros(0, np.intp)], [np.zeros(0, np.intp)]
    for column in np.unique(truth):
        generator = np.random.default_rng((seed, int(column)))
        of_class = np.flatnonzero(truth == column)
        if len(of_class) > MANY * wanted:
            rows.append(generator.choice(of_class, wanted, replace=False))
            transforms.append(np.zeros(wanted, np.intp))
            continue
        total = max(len(of_class), min(MOST_COPIES * len(of_class), wanted))
        each, left_over = divmod(total, len(of_class))
        times = np.full(len(of_class), each)
        times[generator.permutation(len(of_class))[:left_over]] += 1
        rows.append(np.repeat(of_class, times))
        transforms.extend(np.append(0, 1 + generator.permutation(TRANSFORMS - 1)[: count - 1]) for count in times)
    every, how = np.concatenate(rows), np.concatenate(transforms)
    order = np.argsort(every, kind="stable")
    return Copies(every[order], how[order])


def transformed(crops: Bytes, transforms: Indices) -> Bytes:
    """Turn and mirror crops; what comes in at the corners repeats the border.

    Args:
        crops: (N, S, S, C) uint8.
        transforms: (N,) turns by 45 degrees, plus 8 for a picture that is mirrored first.
    """
    if not transforms.any():
        return crops
    return np.stack([_transformed(crop, int(number)) for crop, number in zip(crops, transforms, strict=True)])


def _transformed(crop: Bytes, number: int) -> Bytes:
    mirrored, turns = divmod(number, _STEPS)
    changed = crop[:, ::-1] if mirrored else crop
    changed = np.rot90(changed, turns // 2)
    if turns % 2:
        middle = (crop.shape[0] - 1) / 2
        turn = cv2.getRotationMatrix2D((middle, middle), 45, 1)
        changed = np.asarray(
            cv2.warpAffine(np.ascontiguousarray(changed), turn, crop.shape[:2], borderMode=cv2.BORDER_REPLICATE),
            np.uint8,
        )
    return changed
