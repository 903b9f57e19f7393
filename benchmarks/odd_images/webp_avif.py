"""Odd WebP and AVIF files."""

import struct
from collections.abc import Iterator

import numpy as np
from PIL import Image

from odd_images.painting import (
    ADOBE_RGB,
    DISPLAY_P3,
    GREY_LINEAR,
    HEIGHT,
    RGB_PROFILES,
    WIDTH,
    camera_data,
    photograph,
    saved,
)

CODED_COLOURS = {"P3": (12, 13), "linear": (1, 8), "BT.2020": (9, 1), "PQ": (9, 16), "HLG": (9, 18), "unknown": (2, 2)}
"""Primaries and curve by ITU-T H.273."""


def chunk(name: bytes, content: bytes) -> bytes:
    """Build a chunk of RIFF."""
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def riff(*chunks: bytes) -> bytes:
    """Build a WebP file from chunks."""
    return chunk(b"RIFF", b"WEBP" + b"".join(chunks))


def extended(flags: int, *chunks: bytes, width: int = WIDTH, height: int = HEIGHT) -> bytes:
    """Build an extended WebP file."""
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return riff(chunk(b"VP8X", bytes([flags, 0, 0, 0]) + sides), *chunks)


def see_through() -> Image.Image:
    """Paint a photograph that is less and less transparent from left to right."""
    image = photograph().convert("RGBA")
    image.putalpha(Image.fromarray(np.tile(np.linspace(0, 255, WIDTH), (HEIGHT, 1)).astype(np.uint8)))
    return image


def webps() -> Iterator[tuple[str, bytes]]:
    """Yield odd WebP files."""
    image = photograph()
    lossy, lossless = saved(image, "WEBP", quality=95), saved(image, "WEBP", lossless=True)
    black = Image.new("RGB", (WIDTH, HEIGHT))
    yield "lossy.webp", lossy
    yield "lossless.webp", lossless
    yield "lossy, alpha.webp", saved(see_through(), "WEBP", quality=95)
    yield "lossless, alpha.webp", saved(see_through(), "WEBP", lossless=True, exact=True)
    yield "animated.webp", saved(image, "WEBP", save_all=True, append_images=[black, image], lossless=True)
    moving = {"save_all": True, "append_images": [black], "lossless": True, "background": (0, 0, 255, 255)}
    yield "animated, alpha.webp", saved(see_through(), "WEBP", **moving)
    inner = lossy[12:]
    control = bytes(6) + (WIDTH - 1).to_bytes(3, "little") + (HEIGHT - 1).to_bytes(3, "little") + b"\x64\0\0\0"
    beside = (5).to_bytes(3, "little") * 2 + control[6:]
    frame = chunk(b"ANMF", beside + inner)
    for name, background in {"red": b"\0\0\xff\xff", "clear": bytes(4)}.items():
        ground = chunk(b"ANIM", background + b"\0\0")
        yield f"animated, beside the corner, on {name}.webp", extended(2, ground, frame, width=100, height=80)
    yield "animated, no frame.webp", extended(2, chunk(b"ANIM", bytes(6)))
    yield "animated, a still picture.webp", extended(2, chunk(b"ANIM", bytes(6)), inner)
    for name, content in {"lossy": lossy, "lossless": lossless}.items():
        for lost in (1, 2, 10, 100):
            yield f"{name}, {lost} bytes lost.webp", content[:-lost]
        for share in (99, 90, 50, 20):
            yield f"{name}, {share} percent.webp", content[: len(content) * share // 100]
        yield f"{name}, zeros after.webp", content + bytes(1000)
        yield f"{name}, its size too small.webp", content[:4] + struct.pack("<I", len(content) - 100) + content[8:]
        yield f"{name}, its size too large.webp", content[:4] + struct.pack("<I", len(content) + 100) + content[8:]
        yield f"{name}, its size 0.webp", content[:4] + bytes(4) + content[8:]
        yield f"{name}, its chunk too large.webp", content[:16] + struct.pack("<I", len(content) + 100) + content[20:]
        for place in (60, len(content) // 2):
            other = bytes([content[place] ^ 0x5A])
            yield f"{name}, byte {place} other.webp", content[:place] + other + content[place + 1 :]
    for orientation in range(1, 9):
        yield f"orientation {orientation}.webp", extended(8, inner, chunk(b"EXIF", camera_data(orientation)))
    yield "orientation 6, with a JPEG's header.webp", extended(8, inner, chunk(b"EXIF", b"Exif\0\0" + camera_data(6)))
    yield "orientation 6, not announced.webp", extended(0, inner, chunk(b"EXIF", camera_data(6)))
    yield "orientation 6, before the pixels.webp", extended(8, chunk(b"EXIF", camera_data(6)), inner)
    yield "camera data broken.webp", extended(8, inner, chunk(b"EXIF", b"II*\0\xff\xff\xff\xff"))
    yield "metadata of 3 MB.webp", extended(4, inner, chunk(b"XMP ", b"ruby" * 750_000))
    for name, profile in RGB_PROFILES.items():
        yield f"profile {name}.webp", extended(32, chunk(b"ICCP", profile), inner)
    yield "profile not announced.webp", extended(0, chunk(b"ICCP", ADOBE_RGB), inner)
    yield "profile after the pixels.webp", extended(32, inner, chunk(b"ICCP", ADOBE_RGB))
    yield "unknown chunk.webp", extended(0, chunk(b"RUBY", b"abc"), inner)
    yield "unknown chunk after.webp", riff(inner, chunk(b"RUBY", b"abc"))
    yield "canvas larger.webp", extended(0, inner, width=100, height=100)
    yield "canvas huge.webp", extended(0, inner, width=2**24, height=2**24)
    yield "lossy, size 0.webp", lossy[:26] + bytes(4) + lossy[30:]
    yield "lossy, size huge.webp", lossy[:26] + b"\xff\x3f\xff\x3f" + lossy[30:]
    yield "only its header.webp", lossy[:30]


def avifs() -> Iterator[tuple[str, bytes]]:
    """Yield odd AVIF files."""
    image = photograph()
    plain = saved(image, "AVIF", quality=95)
    other = Image.new("RGB", (WIDTH, HEIGHT), "black")
    yield "plain.avif", plain
    yield "alpha.avif", saved(see_through(), "AVIF", quality=95)
    yield "grey.avif", saved(image.convert("L"), "AVIF", quality=95)
    yield "quality 100.avif", saved(image, "AVIF", quality=100, subsampling="4:4:4")
    yield "subsampling 400.avif", saved(image, "AVIF", quality=95, subsampling="4:0:0")
    yield "limited range.avif", saved(image, "AVIF", quality=95, range="limited")
    yield "animated.avif", saved(image, "AVIF", quality=95, save_all=True, append_images=[other, image])
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        yield f"orientation {orientation}.avif", saved(image, "AVIF", quality=95, exif=exif)
    for name, profile in {"Adobe RGB": ADOBE_RGB, "Display P3": DISPLAY_P3, "broken": b"x" * 300}.items():
        yield f"profile {name}.avif", saved(image, "AVIF", quality=95, icc_profile=profile)
    yield "grey, grey profile.avif", saved(image.convert("L"), "AVIF", quality=95, icc_profile=GREY_LINEAR)
    colours = plain.index(b"colrnclx") + 8
    for name, codes in CODED_COLOURS.items():
        yield f"colours {name}.avif", plain[:colours] + struct.pack(">HH", *codes) + plain[colours + 4 :]
    yield "odd sides.avif", saved(photograph(61, 37), "AVIF", quality=95)
    for lost in (1, 2, 10, 100):
        yield f"{lost} bytes lost.avif", plain[:-lost]
    for share in (90, 50, 20):
        yield f"{share} percent.avif", plain[: len(plain) * share // 100]
    yield "zeros after.avif", plain + bytes(1000)
    yield "brand mif1.avif", plain[:8] + b"mif1" + plain[12:]
    yield "brand other.avif", plain[:8] + b"abcd" + plain[12:]
    yield "brand avis.avif", plain[:8] + b"avis" + plain[12:]
    extents = plain.index(b"ispe") + 8
    yield "size of the container larger.avif", plain[:extents] + struct.pack(">II", 128, 96) + plain[extents + 8 :]
    yield "size of the container huge.avif", plain[:extents] + struct.pack(">II", 60000, 60000) + plain[extents + 8 :]
    yield "size of the container 0.avif", plain[:extents] + struct.pack(">II", 0, 0) + plain[extents + 8 :]
    for place in (len(plain) // 2, len(plain) - 50, len(plain) - 200):
        yield f"byte {place} other.avif", plain[:place] + bytes([plain[place] ^ 0x5A]) + plain[place + 1 :]
