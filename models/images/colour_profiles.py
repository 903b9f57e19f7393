"""ICC profiles for pixels whose colours a file describes by numbers: primaries and a curve."""

import struct
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from gemhier.arrays import Float64

Chromaticities = tuple[float, ...]
"""x and y of the white point, of red, of green and of blue (CIE 1931)."""

SRGB: Chromaticities = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)

# ITU-T H.273, tables 2 and 3, as far as they are in use for still pictures of standard dynamic range.
_PRIMARIES: dict[int, Chromaticities] = {
    1: SRGB,
    5: (0.3127, 0.329, 0.64, 0.33, 0.29, 0.6, 0.15, 0.06),
    6: (0.3127, 0.329, 0.63, 0.34, 0.31, 0.595, 0.155, 0.07),
    9: (0.3127, 0.329, 0.708, 0.292, 0.17, 0.797, 0.131, 0.046),
    12: (0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06),
}
_SRGB_CURVE = 13
_GAMMAS = {4: 2.2, 5: 2.8, 8: 1.0}
_VIDEO_CURVES = frozenset({1, 6, 14, 15})

_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_D50 = np.array([0.9642, 1.0, 0.8249])


def coded_profile(primaries: int, transfer: int, *, video_gamma: float | None) -> bytes | None:
    """Return the profile of colours that are coded by ITU-T H.273; None for those of sRGB, and for unknown codes.

    Args:
        primaries: the code of the primaries.
        transfer: the code of the curve. High dynamic range (16 and 18) is none of those known.
        video_gamma: the exponent of the curves of video; None where they are taken for that of sRGB.
    """
    exponent = video_gamma if transfer in _VIDEO_CURVES else _GAMMAS.get(transfer)
    if primaries not in _PRIMARIES or not (transfer in _VIDEO_CURVES or transfer in _GAMMAS or transfer == _SRGB_CURVE):
        return None
    if primaries == 1 and exponent is None:
        return None
    return _profile(_PRIMARIES[primaries], exponent)


def png_profile(notes: dict[bytes, bytes]) -> bytes | None:
    """Return the profile that the chunks gAMA and cHRM of a PNG describe; None where they say nothing.

    Args:
        notes: the content of the chunks, by their names.
    """
    exponent, points = notes.get(b"gAMA", b""), notes.get(b"cHRM", b"")
    if len(exponent) != 4 or b"sRGB" in notes:
        return None
    file_gamma = int.from_bytes(exponent, "big")
    if not file_gamma or (len(points) != 32 and file_gamma in range(45000, 46000)):
        return None  # without primaries, 1 / 2.2 stands for sRGB
    chromaticities = tuple(value / 100_000 for value in struct.unpack(">8I", points)) if len(points) == 32 else SRGB
    return _profile(chromaticities, 100_000 / file_gamma)


@lru_cache(maxsize=32)
def _profile(chromaticities: Chromaticities, exponent: float | None) -> bytes | None:
    """Build an ICC version 2 profile (ICC.1:2001-04), with the curve of sRGB where there is no exponent.

    None if the chromaticities span no colours.
    """
    xy = np.array(chromaticities).reshape(4, 2)
    if (xy[:, 1] < 1e-4).any() or (exponent is not None and not 0.01 < exponent < 100):
        return None
    columns = np.stack([xy[:, 0] / xy[:, 1], np.ones(4), (1 - xy.sum(1)) / xy[:, 1]])
    white, primaries = columns[:, 0], columns[:, 1:]
    try:
        to_xyz = primaries * np.linalg.solve(primaries, white)
    except np.linalg.LinAlgError:
        return None
    cones = (_BRADFORD @ _D50) / (_BRADFORD @ white)
    adapted = np.linalg.inv(_BRADFORD) @ np.diag(cones) @ _BRADFORD @ to_xyz
    if not (np.abs(adapted) < 100).all():
        return None
    levels = np.linspace(0, 1, 1024)
    curve = _curve(_srgb_light if exponent is None else lambda level: level**exponent, levels)
    tags = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", 10) + b"described\0" + bytes(78),
        b"wtpt": _xyz(_D50),
        **{name: _xyz(column) for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), adapted.T, strict=True)},
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve),
    }
    table, body = b"", b""
    for name, content in tags.items():
        table += struct.pack(">4sII", name, 132 + 12 * len(tags) + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    head = struct.pack(">I4sI4s4s4s", 132 + len(table) + len(body), b"lcms", 0x02100000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H", 2024, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + _xyz(_D50)[8:]
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def _srgb_light(level: Float64) -> Float64:
    return np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4)  # IEC 61966-2-1


def _curve(light: Callable[[Float64], Float64], levels: Float64) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">I", len(levels)) + np.round(light(levels) * 65535).astype(">u2").tobytes()


def _xyz(values: Float64) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(float(value) * 65536) for value in values))
