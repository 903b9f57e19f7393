"""What the odd pictures are made of: four coloured quarters, camera data and colour profiles."""

import io
import struct
from typing import Any

import numpy as np
from PIL import Image

WIDTH, HEIGHT = 64, 48
QUARTERS = ((200, 60, 40), (50, 160, 60), (40, 60, 190), (220, 200, 90))


def photograph(width: int = WIDTH, height: int = HEIGHT) -> Image.Image:
    """Paint red, green, blue and yellow quarters, each with some texture."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2] = QUARTERS[0]
    pixels[: height // 2, width // 2 :] = QUARTERS[1]
    pixels[height // 2 :, : width // 2] = QUARTERS[2]
    pixels[height // 2 :, width // 2 :] = QUARTERS[3]
    grain = np.random.default_rng(0).integers(-12, 13, (-(-height // 4), -(-width // 4), 1))
    return Image.fromarray((pixels + grain.repeat(4, 0).repeat(4, 1)[:height, :width]).astype(np.uint8))


def saved(image: Image.Image, format: str, **options: Any) -> bytes:
    """Return the file that Pillow writes."""
    content = io.BytesIO()
    image.save(content, format, **options)
    return content.getvalue()


def camera_data(orientation: int, *, order: str = ">", kind: int = 3, loop: bool = False) -> bytes:
    """Build the TIFF structure of EXIF with one tag, the orientation.

    Args:
        orientation: its value.
        order: of the bytes, > or <.
        kind: type of the value: 3 is SHORT, 4 is LONG.
        loop: whether the next directory is the first again.
    """
    value = struct.pack(order + "HH", orientation, 0) if kind == 3 else struct.pack(order + "I", orientation)
    head = (b"MM\0*" if order == ">" else b"II*\0") + struct.pack(order + "I", 8)
    return head + struct.pack(order + "HHHI", 1, 0x0112, kind, 1) + value + struct.pack(order + "I", 8 if loop else 0)


def icc_profile(space: bytes, tags: dict[bytes, bytes], connection: bytes = b"XYZ ", kind: bytes = b"mntr") -> bytes:
    """Build an ICC version 2 profile from its tags (ICC.1:2001-04)."""
    text = b"painted for a test"
    tags = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", len(text) + 1) + text + b"\0" + bytes(78),
        b"cprt": b"text\0\0\0\0none\0",
        b"wtpt": xyz(0.9642, 1.0, 0.8249),
        **tags,
    }
    table, body = b"", b""
    for name, content in tags.items():
        table += struct.pack(">4sII", name, 128 + 4 + 12 * len(tags) + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    size = 128 + 4 + len(table) + len(body)
    head = struct.pack(">I4sI4s4s4s", size, b"lcms", 0x02100000, kind, space, connection)
    head += struct.pack(">6H", 2024, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + xyz(0.9642, 1.0, 0.8249)[8:]
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def xyz(x: float, y: float, z: float) -> bytes:
    """Build an XYZ tag of fixed-point numbers."""
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(value * 65536) for value in (x, y, z)))


def gamma(value: float) -> bytes:
    """Build a curve tag of one exponent."""
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(value * 256))


def matrix_profile(red: bytes, green: bytes, blue: bytes, exponent: float) -> bytes:
    """Build an RGB profile of three primaries, adapted to D50, and one exponent."""
    tags = {b"rXYZ": red, b"gXYZ": green, b"bXYZ": blue}
    return icc_profile(b"RGB ", tags | {name: gamma(exponent) for name in (b"rTRC", b"gTRC", b"bTRC")})


ADOBE_RGB = matrix_profile(
    xyz(0.60974, 0.31111, 0.01947), xyz(0.20528, 0.62567, 0.06087), xyz(0.14919, 0.06322, 0.74457), 2.2
)
DISPLAY_P3 = matrix_profile(
    xyz(0.51512, 0.2412, -0.00105), xyz(0.29198, 0.69225, 0.04189), xyz(0.1571, 0.06657, 0.78407), 2.2
)
GREY_LINEAR = icc_profile(b"GRAY", {b"kTRC": gamma(1.0)})

RGB_PROFILES = {"Adobe RGB": ADOBE_RGB, "Display P3": DISPLAY_P3, "grey": GREY_LINEAR, "broken": b"x" * 300}
"""Profiles for RGB pixels, by what they are; the last two do not fit."""


def ink_profile() -> bytes:
    """Build a CMYK profile whose every ink prints grey: L* falls by 25 for each of the four."""
    curve = bytes(range(256))
    clut = bytearray()
    for corner in range(16):
        clut += bytes([255 - round(255 * corner.bit_count() / 4), 128, 128])
    identity = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    table = b"mft1\0\0\0\0" + bytes([4, 3, 2, 0]) + identity + curve * 4 + bytes(clut) + curve * 3
    return icc_profile(b"CMYK", {b"A2B0": table}, connection=b"Lab ", kind=b"prtr")


def xmp_orientation(orientation: int) -> bytes:
    """Build an XMP packet that states an orientation."""
    return (
        '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
        f'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="{orientation}"/></rdf:RDF></x:xmpmeta>'
        '<?xpacket end="w"?>'
    ).encode()
