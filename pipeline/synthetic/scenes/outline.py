"""Where a stone lies in a picture, for what is drawn around it."""

from dataclasses import dataclass

import cv2
import numpy as np

from gemhier.arrays import Bytes, Float32


@dataclass(frozen=True, eq=False)
class Outline:
    """The border of one stone; coordinates are pixels, across and down.

    Attributes:
        points: (N, 2), the border, pixel by pixel.
        centre: (2,), middle of the stone's area.
        radius: of a circle of the same area.
    """

    points: Float32
    centre: Float32
    radius: float

    def edge(self, angle: float, inset: float = 0.0) -> Float32:
        """Return the stone's outermost point from its centre towards `angle`: (2,).

        The point is moved `inset` pixels inwards.
        """
        towards = direction(angle)
        away = self.points - self.centre
        along, aside = away @ towards, np.abs(away @ np.array([-towards[1], towards[0]]))
        near = (along > 0) & (aside <= max(1.0, 0.08 * self.radius))
        reach = float(along[near].max()) if near.any() else self.radius
        return self.centre + towards * np.float32(reach - inset)


def direction(angle: float) -> Float32:
    """Return the unit vector towards `angle`: (2,).

    The angle is in radians; 0 is right, pi/2 down.
    """
    return np.array([np.cos(angle), np.sin(angle)], np.float32)


def find_outline(mask: Float32) -> Outline | None:
    """Outline the largest piece of a (side, side) mask, 0 to 1.

    None if there is none to draw around.
    """
    stone: Bytes = (mask > 0.5).astype(np.uint8)
    borders, _ = cv2.findContours(stone, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not borders:
        return None
    largest = max(borders, key=len)
    area, points = cv2.contourArea(largest), np.asarray(largest, np.float32).reshape(-1, 2)
    if area < 4:
        return None
    moments = cv2.moments(largest)
    centre = np.array([moments["m10"], moments["m01"]], np.float32) / np.float32(moments["m00"])
    return Outline(points, centre, float(np.sqrt(area / np.pi)))
