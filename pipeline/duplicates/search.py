"""Find pictures that are copies of each other: the same, saved again, made smaller, mirrored, turned or cropped.

First a few candidates are found among all pairs (`candidates`), then these are laid over each
other and compared closely (`alignment`). What counts as a copy is decided here.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from pathlib import Path
from typing import Literal

import numpy as np
from threadpoolctl import threadpool_limits

from gemhier.arrays import Booleans, Float32
from gemhier.errors import ImageError
from gemhier.pipeline.duplicates.alignment import Alignment, align
from gemhier.pipeline.duplicates.candidates import find_candidates
from gemhier.pipeline.duplicates.descriptor import Descriptor, thumbprint_of_file
from gemhier.progress import map_with_progress

Kind = Literal["copy", "near-copy", "cropped", "mirrored", "turned"]

KINDS: dict[Kind, str] = {
    "copy": "the same pixels",
    "near-copy": "the same picture, saved again or made smaller",
    "cropped": "one shows a part of the other",
    "mirrored": "mirrored, perhaps turned or cropped too",
    "turned": "turned by quarters, perhaps cropped too",
}
"""What each kind of pair is."""

# Measured on 3,812 pictures of cut stones, where every pair near a limit was looked at, and on copies made of
# them: 99% of the copies have a detail above 0.988, lightness within 1.7, colours within 1.5 and, but for sides
# rounded to pixels, a stretch below 0.003. Different stones of one kind, photographed in one studio, pass at
# most three of these four limits.
_LEAST_DETAIL = 0.985
_MOST_LIGHTNESS = 2.0
_MOST_COLOUR = 2.0
_MOST_STRETCH = 0.004
# A smooth stone has so little detail that saving it again spoils the correlation, but not the pixels.
_LEAST_SMOOTH_DETAIL = 0.8
_MOST_SMOOTH_LIGHTNESS = 0.6

_SAME_FRAME = 0.02  # scales and shifts up to this are no crop
_MOST_EXPANDED = 100  # of one set of identical pictures, or between two sets, so many pairs are listed


@dataclass(frozen=True)
class Match:
    """Two pictures that are copies, by their index: first < second.

    Attributes:
        first: index of a picture.
        second: index of the other.
        kind: one of `KINDS`.
        distance: 0 for the same pixels, or 1 less the correlation of the fine detail.
    """

    first: int
    second: int
    kind: Kind
    distance: float


@dataclass(frozen=True)
class Pair:
    """Two picture files that are copies; attributes as of `Match`."""

    first: Path
    second: Path
    kind: Kind
    distance: float


def find_near_copies(prints: Mapping[Path, Descriptor]) -> list[Pair]:
    """Find the copies and near-copies among picture files whose descriptors are known."""
    paths = list(prints)
    matches = find_matches(list(prints.values()))
    return [Pair(paths[match.first], paths[match.second], match.kind, match.distance) for match in matches]


def take_descriptors(paths: Sequence[Path]) -> list[tuple[Path, Descriptor | ImageError]]:
    """Read picture files, and give for each, in order, its descriptor or why there is none."""

    def take(path: Path) -> Descriptor | ImageError:
        try:
            return thumbprint_of_file(path)
        except ImageError as error:
            return error

    return list(zip(paths, map_with_progress(take, paths, "Reading pictures"), strict=True))


def find_matches(prints: Sequence[Descriptor]) -> list[Match]:
    """Find the copies and near-copies among descriptors, in order of the indices."""
    identical: dict[str, list[int]] = defaultdict(list)
    for index, taken in enumerate(prints):
        identical[taken.digest].append(index)
    sets = list(identical.values())
    matches = [
        Match(first, second, "copy", 0.0)
        for members in sets
        for first, second in _listed(combinations(members, 2), len(members) * (len(members) - 1) // 2)
    ]
    for match in _near([prints[members[0]] for members in sets]):
        first, second = sets[match.first], sets[match.second]
        for pair in _listed(product(first, second), len(first) * len(second)):
            matches.append(Match(min(pair), max(pair), match.kind, match.distance))
    return sorted(matches, key=lambda match: (match.first, match.second))


def groups(pairs: Iterable[tuple[int, int]], count: int) -> list[int]:
    """Find the groups of `count` pictures that are linked by pairs, however chained.

    Returns:
        The number of each picture's group, counted from 0 in the order of their first pictures.
    """
    import networkx as nx  # takes longer than the rest of the command line's start

    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(count))
    graph.add_edges_from(pairs)
    group_of = {index: number for number, group in enumerate(nx.connected_components(graph)) for index in group}
    return [group_of[index] for index in range(count)]


def _listed(pairs: Iterable[tuple[int, int]], count: int) -> list[tuple[int, int]]:
    """All pairs; or, of very many, so many that every picture is in one."""
    if count <= _MOST_EXPANDED:
        return list(pairs)
    linked: set[int] = set()
    listed = []
    for first, second in pairs:
        if first not in linked or second not in linked:
            listed.append((first, second))
            linked.update((first, second))
    return listed


def _near(prints: Sequence[Descriptor]) -> list[Match]:
    """Find the near-copies among pictures of which no two are the same; each pair once, by its best fit."""
    # Many products run at once: their waiting threads would only take turns, and double the time.
    with threadpool_limits(1, user_api="blas"):
        candidates = find_candidates(prints)
        rows, alignment = align(prints, candidates)
    accepted = np.flatnonzero(_accepted(alignment))
    best: dict[tuple[int, int], Match] = {}
    for index in accepted[np.argsort(alignment.detail[accepted], kind="stable")]:
        row = rows[index]
        first, second = sorted((int(candidates.first[row]), int(candidates.second[row])))
        kind = _kind(int(candidates.orientation[row]), alignment.map[index])
        distance = round(max(0.0, 1 - float(alignment.detail[index])), 4)
        best[first, second] = Match(first, second, kind, distance)
    return list(best.values())


def _accepted(alignment: Alignment) -> Booleans:
    detailed = (alignment.detail >= _LEAST_DETAIL) & (alignment.lightness_difference <= _MOST_LIGHTNESS)
    smooth = (alignment.detail >= _LEAST_SMOOTH_DETAIL) & (alignment.lightness_difference <= _MOST_SMOOTH_LIGHTNESS)
    alike = (alignment.colour_difference <= _MOST_COLOUR) & (
        np.abs(alignment.stretch) <= _MOST_STRETCH + alignment.rounding
    )
    return np.asarray((detailed | smooth) & alike)


def _kind(orientation: int, placed: Float32) -> Kind:
    if orientation:
        return "mirrored" if orientation.bit_count() % 2 else "turned"
    corners = np.concatenate([placed[2:], placed[:2] + placed[2:] - 1])  # of the first, seen from the second's
    return "cropped" if np.abs(corners).max() > _SAME_FRAME else "near-copy"
