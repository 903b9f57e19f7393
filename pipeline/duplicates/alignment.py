"""Lay one picture over another as exactly as it goes, and measure whether they are one photograph.

Two stones of one cut and colour differ in their reflections, and a copy keeps them: so it is fine
detail within the stone that is compared after the alignment, not outline, colour or backdrop.

A map tells where in the second picture a place of the first is found: (scale across, scale down,
shift across, shift down), second = scale * first + shift, in fractions of the pictures' sides. The
first picture is looked at through a window around its content, with maps of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from gemhier.arrays import Float32, Indices
from gemhier.pipeline.duplicates.candidates import Candidates, oriented
from gemhier.pipeline.duplicates.descriptor import (
    BACKDROP_DISTANCE,
    Descriptor,
    border_colour,
    distance_from,
    lightness,
    small_lab,
    small_lightness,
)
from gemhier.progress import map_with_progress

_MARGIN = 0.04  # of the content's size, that a window reaches over it
_ROUGH_SIDE, _FINE_SIDE, _COLOUR_SIDE = 32, 64, 32  # pixels of a window
_ROUGH = ((1.2, 4), (0.6, 2))  # blur in pixels, and steps
_FINE = ((0.8, 4),)
_BATCH = 64
_SCALES = (0.1, 4.0)
_LARGEST_STEP = (0.05, 0.03)  # of scale, and of shift
_DAMPING = 1e-3
_ROUGH_DETAIL = 0.6  # copies have above 0.9 after the rough alignment
_ROUGH_STONE = 0.85  # the part of a window's width and height that surely is stone, as an ellipse
_EDGE = np.float32(2)  # so many pixels of a window from a picture's edge are not looked at
_DETAIL = 1 / 16  # detail is what a blur of this part of the window takes away
_INSIDE = 7  # so many pixels around a place must all be stone
_FEWEST_INSIDE = 100
_LEAST_STONE = 0.05


@dataclass(frozen=True)
class Alignment:
    """How well each of C candidates fits.

    Attributes:
        map: (C, 4) from the first picture to the turned second.
        detail: (C,) correlation of the fine detail of lightness inside the stones, -1 to 1.
        lightness_difference: (C,) root mean square inside the stones, in units of L*.
        colour_difference: (C,) between the mean colours inside: the largest of L*, a* and b*.
        stretch: (C,) how much more one side is scaled than the other, as a logarithm; 0 for a copy.
        rounding: (C,) how much of that comes from sides of whole pixels, at most.
        overlap: (C,) share of the window that the second picture shows.
    """

    map: Float32
    detail: Float32
    lightness_difference: Float32
    colour_difference: Float32
    stretch: Float32
    rounding: Float32
    overlap: Float32


def align(prints: Sequence[Descriptor], candidates: Candidates) -> tuple[Indices, Alignment]:
    """Align the candidates, first roughly, and those that fit then also finely.

    Returns:
        (C,) indices into the candidates of those that fit roughly, and how well they fit finely.
    """
    windows = _windows(prints, candidates)
    starts = _starting_maps(candidates, windows)

    def rough(rows: Indices) -> tuple[Indices, Float32]:
        first = small_lightness([prints[index] for index in candidates.first[rows]])
        second = small_lightness([prints[index] for index in candidates.second[rows]])
        second = oriented(second, candidates.orientation[rows])
        still, _ = _sampled(first, windows[rows], _ROUGH_SIDE)
        maps = _refined(still, second, starts[rows], _ROUGH)
        fits = _rough_detail(still, second, maps) > _ROUGH_DETAIL
        return rows[fits], maps[fits]

    kept = list(map_with_progress(rough, _batches(len(starts)), "Aligning roughly"))
    rows = np.concatenate([np.zeros(0, np.intp), *(part for part, _ in kept)])
    maps = np.concatenate([np.zeros((0, 4), np.float32), *(part for _, part in kept)])

    def fine(part: Indices) -> Alignment:
        return _measured(prints, candidates, rows[part], windows[rows[part]], maps[part])

    return rows, _joined(list(map_with_progress(fine, _batches(len(rows)), "Aligning finely")))


def _batches(count: int) -> list[Indices]:
    return [np.arange(start, min(start + _BATCH, count)) for start in range(0, count, _BATCH)]


def _windows(prints: Sequence[Descriptor], candidates: Candidates) -> Float32:
    """Return the windows, as maps (C, 4) from a place in a window to one in the first picture."""
    boxes = np.array([taken.content for taken in prints], np.float32).reshape(-1, 4)[candidates.first]
    margin = _MARGIN * (boxes[:, 2:] - boxes[:, :2])
    begin, end = np.maximum(boxes[:, :2] - margin, 0), np.minimum(boxes[:, 2:] + margin, 1)
    return np.concatenate([end - begin, begin], axis=1)


def _starting_maps(candidates: Candidates, windows: Float32) -> Float32:
    first, second = candidates.first_box, candidates.second_box
    scales = (second[:, 2:] - second[:, :2]) / (first[:, 2:] - first[:, :2])
    shifts = second[:, :2] - scales * first[:, :2]
    return np.concatenate([scales * windows[:, :2], scales * windows[:, 2:] + shifts], axis=1)


def _refined(still: Float32, moving: Float32, maps: Float32, schedule: Sequence[tuple[float, int]]) -> Float32:
    """Improve the maps by Gauss-Newton steps on the difference of lightness.

    Brightness and contrast are fitted along, so that they do not pull at the map (S. Baker and
    I. Matthews, Lucas-Kanade 20 years on, IJCV 56, 2004).

    Args:
        still: (N, S, S) what the windows show.
        moving: (N, T, T) the second pictures.
        maps: (N, 4) where to begin, from places in the windows.
        schedule: blurs, in pixels of a window, and how many steps to go with each.
    """
    side = still.shape[-1]
    places = (np.arange(side, dtype=np.float32) + 0.5) / side - 0.5
    maps = maps.copy()
    for blur, steps in schedule:
        smooth = _blurred(still, blur)
        down, across = (np.gradient(smooth, axis=axis) * np.float32(side) for axis in (1, 2))
        contrast = smooth - smooth.mean(axis=(1, 2), keepdims=True)
        terms = [across * places, down * places[:, None], across, down, contrast, np.ones_like(smooth)]
        columns = np.stack(terms, axis=1).reshape(len(smooth), len(terms), -1)
        for _ in range(steps):
            warped, shown = _sampled(moving, maps, side)
            error = (smooth - _blurred(warped, blur)) * shown
            weighted = columns * shown.reshape(len(shown), 1, -1)
            normal = weighted @ columns.swapaxes(1, 2)
            diagonal = np.einsum("nii->ni", normal)
            diagonal += _DAMPING * diagonal + np.float32(1e-4)
            step = np.linalg.solve(normal, columns @ error.reshape(len(error), -1, 1))[:, :4, 0]
            scale = np.clip(step[:, :2], -_LARGEST_STEP[0], _LARGEST_STEP[0])
            shift = np.clip(step[:, 2:], -_LARGEST_STEP[1], _LARGEST_STEP[1])
            maps[:, 2:] += maps[:, :2] * (shift - scale / 2)  # a step scales about the middle
            maps[:, :2] = np.clip(maps[:, :2] * (1 + scale), *_SCALES)
    return maps


def _sampled(images: Float32, maps: Float32, side: int) -> tuple[Float32, Float32]:
    """Look at (N, T, T) or (N, T, T, channels) pictures where the maps lead.

    Returns:
        (N, side, side) or (N, side, side, channels), and (N, side, side) with 1 inside the pictures, 0 outside.
    """
    across, shown_across = _weights(images.shape[1], maps[:, 0], maps[:, 2], side)
    down, shown_down = _weights(images.shape[1], maps[:, 1], maps[:, 3], side)
    shown = shown_down[:, :, None] * shown_across[:, None, :]
    if images.ndim == 3:
        return np.asarray(down @ images @ across.swapaxes(1, 2), dtype=np.float32), shown
    channels = down[:, None] @ images.transpose(0, 3, 1, 2) @ across.swapaxes(1, 2)[:, None]
    return np.asarray(channels.transpose(0, 2, 3, 1), dtype=np.float32), shown


def _weights(source_side: int, scales: Float32, shifts: Float32, side: int) -> tuple[Float32, Float32]:
    """Weights of linear interpolation along one side, (N, side, T), wider where pixels are merged."""
    places = (np.arange(side, dtype=np.float32) + np.float32(0.5)) / np.float32(side)
    sources = (scales[:, None] * places + shifts[:, None]) * np.float32(source_side) - np.float32(0.5)
    # What lies beyond an edge is made up, and a blur carries it inside.
    edge = (_EDGE * scales * np.float32(source_side / side))[:, None]
    shown = (sources >= edge - 0.5) & (sources <= source_side - 0.5 - edge)
    sources = np.clip(sources, 0, source_side - 1)
    reach = 1 / np.maximum(scales * np.float32(source_side / side), 1)
    weights: Float32 = np.abs(sources[:, :, None] - np.arange(source_side, dtype=np.float32))
    weights *= -reach[:, None, None]
    weights += 1
    np.maximum(weights, 0, out=weights)
    weights /= weights.sum(axis=2, keepdims=True)
    return weights, shown.astype(np.float32)


def _blurred(images: Float32, deviation: float) -> Float32:
    """Blur (N, S, S) by a Gaussian; at the edges by the part of it that lies inside."""
    steps = np.arange(images.shape[-1])
    weights = np.exp(-np.square(steps[:, None] - steps) / (2 * deviation**2))
    matrix = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return np.asarray(matrix @ images @ matrix.T, dtype=np.float32)


def _detail(images: Float32, mask: Float32) -> Float32:
    """Return what a blur within the mask takes away, (N, S, S)."""
    deviation = _DETAIL * images.shape[-1]
    smooth = _blurred(images * mask, deviation) / np.maximum(_blurred(mask, deviation), np.float32(1e-3))
    return np.asarray(images - smooth)


def _correlation(first: Float32, second: Float32, mask: Float32) -> Float32:
    """Correlation of (N, S, S) with (N, S, S) where the mask is 1, (N,); 0 where one is even."""
    weight = np.maximum(mask.sum(axis=(1, 2), keepdims=True), 1)
    first, second = ((part - (part * mask).sum(axis=(1, 2), keepdims=True) / weight) * mask for part in (first, second))
    product, squares = (first * second).sum(axis=(1, 2)), [np.square(part).sum(axis=(1, 2)) for part in (first, second)]
    return np.asarray(product / np.sqrt(squares[0] * squares[1] + np.float32(1e-6)))


def _rough_detail(still: Float32, second: Float32, maps: Float32) -> Float32:
    side = still.shape[-1]
    warped, shown = _sampled(second, maps, side)
    places = (np.arange(side) + 0.5) / side * 2 - 1
    ellipse = np.square(places) + np.square(places[:, None]) < _ROUGH_STONE**2
    return _correlation(_detail(still, shown), _detail(warped, shown), shown * ellipse.astype(np.float32))


def _stone(first: Float32, warped: Float32, shown: Float32, backdrop: Float32) -> Float32:
    """Where either picture shows more than backdrop, (N, S, S) of 0 and 1; all of it where that is too little."""
    distance = np.maximum(distance_from(backdrop, first), distance_from(backdrop, warped))
    stone = (distance > BACKDROP_DISTANCE) * shown
    too_little = stone.mean(axis=(1, 2), keepdims=True) < _LEAST_STONE
    return np.where(too_little, shown, stone).astype(np.float32)


def _inner(stone: Float32) -> Float32:
    """Return the places of a mask all around which it goes on, (N, S, S); the mask itself where they are too few."""
    steps = np.arange(stone.shape[-1])
    near = (np.abs(steps[:, None] - steps) <= _INSIDE // 2).astype(np.float32)
    inner = near @ stone @ near.T > near.sum(axis=1) * near.sum(axis=1)[:, None] - 0.5
    too_few = inner.sum(axis=(1, 2), keepdims=True) < _FEWEST_INSIDE
    return np.where(too_few, stone, inner).astype(np.float32)


def _measured(
    prints: Sequence[Descriptor], candidates: Candidates, rows: Indices, windows: Float32, maps: Float32
) -> Alignment:
    firsts = [prints[index] for index in candidates.first[rows]]
    seconds = [prints[index] for index in candidates.second[rows]]
    orientation = candidates.orientation[rows]
    first, _ = _sampled(lightness(firsts), windows, _FINE_SIDE)
    second = oriented(lightness(seconds), orientation)
    maps = _refined(first, second, maps, _FINE)
    warped, shown = _sampled(second, maps, _FINE_SIDE)

    whole = small_lab(firsts)
    colour, _ = _sampled(whole, windows, _COLOUR_SIDE)
    warped_colour, shown_colour = _sampled(oriented(small_lab(seconds), orientation), maps, _COLOUR_SIDE)
    stone = _stone(colour, warped_colour, shown_colour, border_colour(whole))
    repeats = _FINE_SIDE // _COLOUR_SIDE
    stone = stone.repeat(repeats, axis=1).repeat(repeats, axis=2) * shown
    inner = _inner(stone)
    inner_colour = inner[:, ::repeats, ::repeats, None]

    first, warped = _blurred(first, _FINE[-1][0]), _blurred(warped, _FINE[-1][0])
    size, size_colour = np.maximum(inner.sum(axis=(1, 2)), 1), np.maximum(inner_colour.sum(axis=(1, 2)), 1)
    scales = maps[:, :2] / windows[:, :2]
    return Alignment(
        map=np.concatenate([scales, maps[:, 2:] - scales * windows[:, 2:]], axis=1),
        detail=_correlation(_detail(first, stone), _detail(warped, stone), inner),
        lightness_difference=np.sqrt((np.square(first - warped) * inner).sum(axis=(1, 2)) / size),
        colour_difference=np.abs(((colour - warped_colour) * inner_colour).sum(axis=(1, 2)) / size_colour).max(axis=1),
        stretch=np.log(scales[:, 0] / scales[:, 1] * _shapes(seconds, orientation) / _shapes(firsts)),
        rounding=_roundings(firsts, seconds),
        overlap=shown.mean(axis=(1, 2)),
    )


def _shapes(prints: Sequence[Descriptor], orientation: Indices | int = 0) -> Float32:
    """Widths divided by heights, after turning."""
    shapes = np.array([taken.width / taken.height for taken in prints], np.float32)
    return np.asarray(np.where(np.asarray(orientation) & 4, 1 / shapes, shapes))


def _roundings(firsts: Sequence[Descriptor], seconds: Sequence[Descriptor]) -> Float32:
    """Half a pixel of the shortest side."""
    sides = [min(a.width, a.height, b.width, b.height) for a, b in zip(firsts, seconds, strict=True)]
    return np.asarray(0.5 / np.array(sides, np.float32))


def _joined(parts: Sequence[Alignment]) -> Alignment:
    if not parts:
        nothing = np.zeros(0, np.float32)
        return Alignment(np.zeros((0, 4), np.float32), *[nothing] * 6)
    columns = ([getattr(part, field.name) for part in parts] for field in fields(Alignment))
    return Alignment(*(np.concatenate(column) for column in columns))
