"""Stones cut out of photographs on a plain ground: what scenes are composed from.

A stone is what differs from the ground in colour, or in texture where it has the ground's colour;
a soft shadow differs in neither. Only clear cases are taken: a doubtful photograph gives nothing.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from gemhier.arrays import RGB, Bytes, Float32

WORKING_SIDE = 256
"""Photographs are brought to this longer side, in pixels: more than the networks see."""

_MOST_GROUND_SPREAD = 7.0
"""The ground is plain if its colour, in CIELAB units, stays this near to a gentle slope."""

_LEAST_AREA, _MOST_AREA = 0.03, 0.85
_LEAST_SOLIDITY = 0.93
"""Cut stones are nearly convex: a stone with its reflection, or one torn by a highlight, is not."""


@dataclass(frozen=True, eq=False)
class PlainPhotograph:
    """Stones on a plain ground, and which pixels are theirs.

    Attributes:
        pixels: (H, W, 3) uint8 RGB, at most `WORKING_SIDE` long.
        outlines: one (H, W) uint8 for each stone: 255 on it, 0 beside it, between on its edge.
    """

    pixels: RGB
    outlines: tuple[Bytes, ...]


def outline_stones(image: RGB) -> PlainPhotograph | None:
    """Find the outlines of all stones on a plain ground.

    None if the ground or an outline leaves doubt.

    Args:
        image: (H, W, 3) uint8 RGB.
    """
    height, width = image.shape[:2]
    scale = min(1.0, WORKING_SIDE / max(height, width))
    size = max(8, round(width * scale)), max(8, round(height * scale))
    small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    outlines = _outlines(small)
    return PlainPhotograph(small, tuple(outlines)) if outlines else None


def _outlines(image: RGB) -> list[Bytes]:
    """Find the soft masks, 0..255, of the stones in a small picture.

    There are none if anything leaves doubt.
    """
    lab = np.asarray(cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)
    ground = _ground(lab)
    if ground is None:
        return []
    difference = lab - ground
    # A shadow is darker than the ground, but of its colour and smooth.
    chroma = np.hypot(difference[..., 1], difference[..., 2])
    lightness = difference[..., 0]
    texture = _texture(lab[..., 0])
    apart = np.hypot(chroma, 0.35 * lightness) + 0.9 * texture
    certain = apart > 14
    possible = apart > 5
    mask: Bytes = np.full(apart.shape, cv2.GC_BGD, np.uint8)
    mask[cv2.dilate(possible.astype(np.uint8), np.ones((7, 7))) > 0] = cv2.GC_PR_BGD
    mask[certain] = cv2.GC_PR_FGD
    if not certain.any():
        return []
    ground_model, stone_model = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(0)
    # Rother, Kolmogorov & Blake, "GrabCut" (SIGGRAPH 2004).
    cv2.grabCut(image, mask, (0, 0, 1, 1), ground_model, stone_model, 3, cv2.GC_INIT_WITH_MASK)
    found = np.isin(mask, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    smooth = cv2.morphologyEx(found, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    return _accepted(np.asarray(cv2.morphologyEx(smooth, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)), np.uint8))


def _ground(lab: Float32) -> Float32 | None:
    """Fit the ground's colour at each pixel.

    It is a plane through the border's colours; None if these do not fit one.
    """
    height, width = lab.shape[:2]
    thickness = max(2, round(0.03 * max(height, width)))
    border = np.ones((height, width), bool)
    border[thickness:-thickness, thickness:-thickness] = False
    rows, columns = np.mgrid[:height, :width].astype(np.float32) / max(height, width)
    terms = np.stack([np.ones_like(rows), rows, columns], axis=-1)
    kept = border.copy()
    for _ in range(3):  # a stone that reaches the border must not bend the plane
        if kept.sum() < 0.5 * border.sum():
            return None
        plane, *_ = np.linalg.lstsq(terms[kept], lab[kept], rcond=None)
        ground = terms @ plane
        distance = np.linalg.norm(lab - ground, axis=-1)
        kept = border & (distance < max(6.0, 2.5 * float(np.median(distance[kept]))))
    spread = float(np.sqrt(np.mean(distance[kept] ** 2)))
    enough = kept.sum() >= 0.6 * border.sum()
    return ground.astype(np.float32) if enough and spread <= _MOST_GROUND_SPREAD else None


def _texture(lightness: Float32) -> Float32:
    """Measure how rough each neighbourhood is, in units of lightness."""
    fine = lightness - cv2.GaussianBlur(lightness, (0, 0), 2.0)
    return np.sqrt(np.asarray(cv2.GaussianBlur(fine * fine, (0, 0), 3.0), np.float32))


def _accepted(found: Bytes) -> list[Bytes]:
    """Return the outlines of one or a few stones, filled and softened.

    There are none if one of them is doubtful.
    """
    height, width = found.shape
    contours, _ = cv2.findContours(found, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    areas = np.array([cv2.contourArea(contour) for contour in contours])
    if not len(areas) or areas.max() < _LEAST_AREA * found.size:
        return []
    outlines = []
    for contour, area in zip(contours, areas, strict=True):
        if area < 0.1 * areas.max():
            continue  # dust, a spark of light
        hull = cv2.contourArea(cv2.convexHull(contour))
        x, y, across, down = cv2.boundingRect(contour)
        touches = x <= 0 or y <= 0 or x + across >= width or y + down >= height
        if area < _LEAST_SOLIDITY * hull or area > _MOST_AREA * found.size or touches:
            return []
        filled = np.zeros_like(found)
        cv2.drawContours(filled, [contour], -1, 255, cv2.FILLED)
        inner = cv2.erode(filled, np.ones((3, 3), np.uint8))  # the rim has the ground's light in it
        outlines.append(np.asarray(cv2.GaussianBlur(inner, (0, 0), 1.2), np.uint8))
    return outlines if len(outlines) <= 4 else []
