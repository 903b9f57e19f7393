"""Odd PNG files."""

import struct
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import Image

from odd_images.painting import (
    ADOBE_RGB,
    DISPLAY_P3,
    GREY_LINEAR,
    HEIGHT,
    WIDTH,
    camera_data,
    photograph,
    saved,
    xmp_orientation,
)

SIGNATURE = b"\x89PNG\r\n\x1a\n"
END = b"\0\0\0\0IEND\xaeB`\x82"
GREY, COLOUR, PALETTE, GREY_ALPHA, COLOUR_ALPHA = 0, 2, 3, 4, 6
ADAM7 = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
"""The passes of an interlaced file: first row, first column, and the steps of both."""


def chunk(name: bytes, content: bytes = b"") -> bytes:
    """Build a chunk with its check."""
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def head(depth: int = 8, kind: int = COLOUR, interlace: int = 0, width: int = WIDTH, height: int = HEIGHT) -> bytes:
    """Build the header chunk."""
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, interlace))


def rows(pixels: np.ndarray, depth: int = 8, interlace: int = 0) -> bytes:
    """Lay out (H, W, C) numbers of `depth` bits each as a PNG does, without filters."""
    parts = [pixels[y::down, x::right] for y, x, down, right in ADAM7] if interlace else [pixels]
    laid = b""
    for part in (part for part in parts if part.size):
        if depth == 16:
            lines = part.astype(">u2").reshape(len(part), -1).view(np.uint8)
        elif depth == 8:
            lines = part.astype(np.uint8).reshape(len(part), -1)
        else:
            bits = np.unpackbits(part.astype(np.uint8).reshape(len(part), -1, 1), axis=2)[..., 8 - depth :]
            lines = np.packbits(bits.reshape(len(part), -1), axis=1)
        laid += np.pad(lines, ((0, 0), (1, 0))).tobytes()
    return laid


def png(*before: bytes, data: bytes, header: bytes | None = None, after: bytes = END) -> bytes:
    """Build a file from chunks, and the compressed rows in one chunk."""
    return SIGNATURE + (header or head()) + b"".join(before) + chunk(b"IDAT", data) + after


def compressed_profile(profile: bytes) -> bytes:
    """Build the chunk of a colour profile."""
    return chunk(b"iCCP", b"painted\0\0" + zlib.compress(profile))


def primaries(*xy: float) -> bytes:
    """Build the chunk of the white point and the primaries."""
    return chunk(b"cHRM", struct.pack(">8I", *(round(value * 100_000) for value in xy)))


SRGB_PRIMARIES = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)
P3_PRIMARIES = (0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)


def gamma_chunk(value: float) -> bytes:
    """Build the chunk of the exponent."""
    return chunk(b"gAMA", struct.pack(">I", round(value * 100_000)))


def pngs() -> Iterator[tuple[str, bytes]]:
    """Yield odd PNG files."""
    pixels = np.asarray(photograph())
    data = zlib.compress(rows(pixels))
    yield from _kinds(pixels)
    yield from _metadata(data)
    yield from _colours(pixels, data)
    yield from _cut(pixels, data)
    yield from _structure(pixels, data)
    yield from _animations(pixels, data)


def _kinds(pixels: np.ndarray) -> Iterator[tuple[str, bytes]]:
    grey = np.asarray(photograph().convert("L"))[..., None]
    alpha = np.tile(np.linspace(0, 255, WIDTH), (HEIGHT, 1))[..., None]
    for interlace in (0, 1):
        laced = ", interlaced" if interlace else ""
        for depth in (1, 2, 4, 8, 16):
            most = 2**depth - 1
            levels = np.round(grey / 255 * most)
            made = {f"grey {depth} bits": (GREY, levels, b"")}
            clear = chunk(b"tRNS", struct.pack(">H", int(levels[0, 0, 0])))
            made[f"grey {depth} bits, one transparent"] = (GREY, levels, clear)
            if depth < 16:
                palette = (np.random.default_rng(depth).integers(0, 256, (most + 1, 3))).astype(np.uint8)
                index = np.round(grey / 255 * most)
                made[f"palette {depth} bits"] = (PALETTE, index, chunk(b"PLTE", palette.tobytes()))
                made[f"palette {depth} bits, transparent"] = (
                    PALETTE,
                    index,
                    chunk(b"PLTE", palette.tobytes())
                    + chunk(b"tRNS", np.linspace(0, 250, most).astype(np.uint8).tobytes()),
                )
            if depth >= 8:
                deep = pixels / 255 * most
                made[f"colour {depth} bits"] = (COLOUR, deep, b"")
                clear = chunk(b"tRNS", struct.pack(">3H", *np.round(deep[0, 0]).astype(int)))
                opacity = alpha / 255 * most
                made[f"colour {depth} bits, one transparent"] = (COLOUR, np.round(deep), clear)
                made[f"grey {depth} bits, alpha"] = (GREY_ALPHA, np.dstack([grey / 255 * most, opacity]), b"")
                made[f"colour {depth} bits, alpha"] = (COLOUR_ALPHA, np.dstack([deep, opacity]), b"")
            for name, (kind, values, extra) in made.items():
                laid = zlib.compress(rows(values.round(), depth, interlace))
                yield f"{name}{laced}.png", png(extra, data=laid, header=head(depth, kind, interlace))


def _metadata(data: bytes) -> Iterator[tuple[str, bytes]]:
    large = zlib.compress(bytes(3_000_000))
    notes = {
        "zTXt 3 MB": chunk(b"zTXt", b"Comment\0\0" + large),
        "iTXt 3 MB": chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + large),
        "tEXt 3 MB": chunk(b"tEXt", b"Comment\0" + b"ruby" * 750_000),
        "100 texts of 900 kB": chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"ruby" * 225_000)) * 100,
        "zTXt broken": chunk(b"zTXt", b"Comment\0\0not compressed"),
        "zTXt unknown method": chunk(b"zTXt", b"Comment\0\7abc"),
        "iTXt broken": chunk(b"iTXt", b"\0\xff\xff\xff"),
        "tEXt empty": chunk(b"tEXt"),
        "unknown ancillary": chunk(b"prVt", b"abc"),
        "unknown critical": chunk(b"PRVT", b"abc"),
        "sBIT": chunk(b"sBIT", b"\5\5\5"),
        "bKGD": chunk(b"bKGD", struct.pack(">3H", 0, 0, 255)),
        "pHYs broken": chunk(b"pHYs", b"\0"),
        "tIME": chunk(b"tIME", b"\x07\xe8\1\1\1\1\1"),
        "gAMA broken": chunk(b"gAMA", b"\0"),
        "cHRM broken": chunk(b"cHRM", b"\0" * 5),
        "sRGB empty": chunk(b"sRGB"),
        "iCCP empty": chunk(b"iCCP"),
        "iCCP 3 MB of zeros": chunk(b"iCCP", b"large\0\0" + large),
        "ancillary with a wrong check": chunk(b"tEXt", b"Comment\0ruby")[:-4] + b"abcd",
        "sRGB with a wrong check": chunk(b"sRGB", b"\0")[:-4] + b"abcd",
        "tEXt after": b"",
    }
    for name, note in notes.items():
        yield f"{name}.png", png(note, data=data)
        yield f"{name}, after the pixels.png", png(data=data, after=note + END)
    for orientation in range(1, 9):
        yield f"orientation {orientation}.png", png(chunk(b"eXIf", camera_data(orientation)), data=data)
    yield "orientation 6, after the pixels.png", png(data=data, after=chunk(b"eXIf", camera_data(6)) + END)
    yield "orientation 6, in a circle.png", png(chunk(b"eXIf", camera_data(6, loop=True)), data=data)
    yield "orientation 6, with a JPEG's header.png", png(chunk(b"eXIf", b"Exif\0\0" + camera_data(6)), data=data)
    yield "orientation 6, broken.png", png(chunk(b"eXIf", b"MM\0*\xff\xff\xff\xff"), data=data)
    packet = chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp_orientation(6))
    yield "orientation 6, only in XMP.png", png(packet, data=data)
    raw = b"\nexif\n%8d\n" % (len(camera_data(6)) + 6) + (b"Exif\0\0" + camera_data(6)).hex().encode() + b"\n"
    raw_profile = chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(raw))
    yield "orientation 6, only in a raw profile.png", png(raw_profile, data=data)


def _colours(pixels: np.ndarray, data: bytes) -> Iterator[tuple[str, bytes]]:
    described = {
        "gamma 1": gamma_chunk(1.0),
        "gamma 0.45": gamma_chunk(0.45455),
        "gamma 0.56": gamma_chunk(0.55556),
        "gamma 0": gamma_chunk(0.0),
        "gamma 0.45, primaries of sRGB": gamma_chunk(0.45455) + primaries(*SRGB_PRIMARIES),
        "gamma 0.45, primaries of P3": gamma_chunk(0.45455) + primaries(*P3_PRIMARIES),
        "gamma 1, primaries of P3": gamma_chunk(1.0) + primaries(*P3_PRIMARIES),
        "primaries of P3": primaries(*P3_PRIMARIES),
        "primaries of zeros": gamma_chunk(0.45455) + primaries(*[0] * 8),
        "sRGB": chunk(b"sRGB", b"\0"),
        "sRGB, gamma 1": chunk(b"sRGB", b"\0") + gamma_chunk(1.0),
        "gamma 1, sRGB": gamma_chunk(1.0) + chunk(b"sRGB", b"\0"),
        "profile Adobe RGB": compressed_profile(ADOBE_RGB),
        "profile Display P3": compressed_profile(DISPLAY_P3),
        "profile broken": compressed_profile(b"x" * 300),
        "profile not compressed": chunk(b"iCCP", b"painted\0\0" + ADOBE_RGB),
        "profile grey": compressed_profile(GREY_LINEAR),
        "profile, gamma 1": compressed_profile(ADOBE_RGB) + gamma_chunk(1.0),
        "profile, sRGB": compressed_profile(ADOBE_RGB) + chunk(b"sRGB", b"\0"),
        "profile of 3 MB": compressed_profile(ADOBE_RGB + bytes(3_000_000)),
        "cICP P3": chunk(b"cICP", bytes([12, 13, 0, 1])),
        "cICP sRGB, profile": chunk(b"cICP", bytes([1, 13, 0, 1])) + compressed_profile(ADOBE_RGB),
        "cICP BT.2020": chunk(b"cICP", bytes([9, 1, 0, 1])),
        "cICP PQ": chunk(b"cICP", bytes([9, 16, 0, 1])),
        "cICP HLG": chunk(b"cICP", bytes([9, 18, 0, 1])),
        "cICP unknown": chunk(b"cICP", bytes([2, 2, 0, 1])),
        "cICP linear": chunk(b"cICP", bytes([1, 8, 0, 1])),
    }
    grey = np.asarray(photograph().convert("L"))[..., None]
    alpha = np.dstack([pixels, np.full((HEIGHT, WIDTH), 128)])
    index = grey // 64
    table = chunk(b"PLTE", bytes([200, 60, 40, 50, 160, 60, 40, 60, 190, 220, 200, 90]))
    for name, chunks in described.items():
        yield f"{name}.png", png(chunks, data=data)
        yield f"{name}, grey.png", png(chunks, data=zlib.compress(rows(grey)), header=head(8, GREY))
        yield f"{name}, palette.png", png(chunks, table, data=zlib.compress(rows(index)), header=head(8, PALETTE))
        yield f"{name}, alpha.png", png(chunks, data=zlib.compress(rows(alpha)), header=head(8, COLOUR_ALPHA))
        deep = zlib.compress(rows(pixels.astype(int) * 257, 16))
        yield f"{name}, 16 bits.png", png(chunks, data=deep, header=head(16))
    yield "gamma after the pixels.png", png(data=data, after=gamma_chunk(1.0) + END)
    yield "profile after the pixels.png", png(data=data, after=compressed_profile(ADOBE_RGB) + END)


def _cut(pixels: np.ndarray, data: bytes) -> Iterator[tuple[str, bytes]]:
    whole = png(data=data)
    for lost in (1, 4, 8, 12, 13, 14, 16, 17, 18, 20, 21, 24, 30, 100):
        yield f"{lost} bytes lost.png", whole[:-lost]
    for share in (99, 90, 50, 20):
        yield f"{share} percent.png", whole[: len(whole) * share // 100]
    laced = png(data=zlib.compress(rows(pixels, 8, 1)), header=head(interlace=1))
    for share in (99, 50):
        yield f"interlaced, {share} percent.png", laced[: len(laced) * share // 100]
    yield "only its header.png", whole[:33]
    yield "half its header.png", whole[:20]
    yield "no pixels.png", SIGNATURE + head() + END
    yield "an empty chunk of pixels.png", SIGNATURE + head() + chunk(b"IDAT") + END
    yield "rows missing, else whole.png", png(data=zlib.compress(rows(pixels)[: -5 * 193]))
    yield "half a row missing, else whole.png", png(data=zlib.compress(rows(pixels)[:-90]))


def _structure(pixels: np.ndarray, data: bytes) -> Iterator[tuple[str, bytes]]:
    whole = png(data=data)
    yield "zeros after.png", whole + bytes(1000)
    yield "text after.png", whole + b"<html></html>" * 100
    yield "another PNG after.png", whole + whole
    yield "a line feed before.png", b"\n" + whole
    yield "line feeds changed.png", whole.replace(b"\r\n", b"\n")
    yield "a wrong check of the header.png", whole[:29] + b"abcd" + whole[33:]
    yield "a wrong check of the pixels.png", png(data=data, after=b"")[:-4] + b"abcd" + END
    yield "a wrong check of the end.png", whole[:-4] + b"abcd"
    yield "a wrong checksum of the stream.png", png(data=data[:-4] + b"abcd")
    yield "no checksum of the stream.png", png(data=data[:-4])
    yield "no end of the stream.png", png(data=data[:-6])
    yield "a stream without compression.png", png(data=zlib.compress(rows(pixels), 0))
    yield "more rows than there are.png", png(data=zlib.compress(rows(pixels) + bytes(193 * 40)))
    yield "bytes after the stream.png", png(data=data + bytes(100))
    half = len(data) // 2
    pieces = [chunk(b"IDAT", data[:half]), chunk(b"IDAT", data[half:])]
    empty, text = chunk(b"IDAT"), chunk(b"tEXt", b"Comment\0ruby")
    single = b"".join(chunk(b"IDAT", data[place : place + 1]) for place in range(len(data)))
    yield "pixels in chunks of one byte.png", SIGNATURE + head() + single + END
    yield "pixels with empty chunks.png", SIGNATURE + head() + empty + empty.join(pieces) + END
    yield "text between the pixels.png", SIGNATURE + head() + text.join(pieces) + END
    for place in (40, 200, half, len(data) - 40):
        other = bytes([data[place] ^ 0x5A])
        yield f"byte {place} of its pixels other.png", png(data=data[:place] + other + data[place + 1 :])
    raw = bytearray(rows(pixels))
    raw[193 * 10] = 9
    yield "an unknown filter.png", png(data=zlib.compress(bytes(raw)))
    most = 2**31 - 1
    sizes = {
        "width 0": (0, 48),
        "height 0": (64, 0),
        "width huge": (most, 48),
        "both huge": (most, most),
        "width negative": (2**31 + 5, 48),
        "30000 a side": (30000, 30000),
    }
    for name, size in sizes.items():
        yield f"{name}.png", png(data=data, header=head(width=size[0], height=size[1]))
    yield "taller than its pixels.png", png(data=data, header=head(height=96))
    yield "shorter than its pixels.png", png(data=data, header=head(height=24))
    yield "kind 1.png", png(data=data, header=head(kind=1))
    yield "kind 7.png", png(data=data, header=head(kind=7))
    yield "3 bits.png", png(data=data, header=head(depth=3))
    yield "interlace 2.png", png(data=data, header=head(interlace=2))
    yield "two headers.png", png(head(width=32), data=data)
    yield "header not first.png", SIGNATURE + chunk(b"tEXt", b"a\0b") + head() + chunk(b"IDAT", data) + END
    yield "an iPhone's.png", SIGNATURE + chunk(b"CgBI", b"\x50\0\x20\2") + head() + chunk(b"IDAT", data) + END
    index = zlib.compress(rows(np.asarray(photograph().convert("L"))[..., None] // 32))
    table = chunk(b"PLTE", bytes(range(0, 240, 10))[:24])
    painted = {
        "palette, a colour missing": chunk(b"PLTE", bytes(range(90, 105))),
        "palette missing": b"",
        "palette of half a colour": chunk(b"PLTE", bytes(range(25))),
        "palette of 300 colours": chunk(b"PLTE", bytes(900)),
        "palette after its transparency": chunk(b"tRNS", bytes([0, 50, 100])) + table,
        "palette, more transparencies than colours": table + chunk(b"tRNS", bytes(range(100))),
        "palette, twice": table + chunk(b"PLTE", bytes(24)),
        "palette, with a wrong check": table[:-4] + b"abcd",
    }
    for name, chunks in painted.items():
        yield f"{name}.png", png(chunks, data=index, header=head(8, PALETTE))
    yield "palette beside colour.png", png(table, data=data)
    yield "transparency of the wrong length.png", png(chunk(b"tRNS", b"\0"), data=data)
    both = zlib.compress(rows(np.dstack([pixels, pixels[..., 0]])))
    yield "transparency beside alpha.png", png(chunk(b"tRNS", bytes(6)), data=both, header=head(8, COLOUR_ALPHA))


def _animations(pixels: np.ndarray, data: bytes) -> Iterator[tuple[str, bytes]]:
    other = Image.new("RGB", (WIDTH, HEIGHT), "black")
    yield "animated.png", saved(photograph(), "PNG", save_all=True, append_images=[other, photograph()])
    yield (
        "animated, apart from the picture.png",
        saved(photograph(), "PNG", save_all=True, append_images=[other, other.rotate(90)], default_image=True),
    )
    control = chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, WIDTH, HEIGHT, 0, 0, 1, 10, 0, 0))
    yield "animated, of one frame.png", png(chunk(b"acTL", struct.pack(">II", 1, 0)), control, data=data)
    yield "animated, no frames.png", png(chunk(b"acTL", struct.pack(">II", 0, 0)), data=data)
    yield "animated, of too many frames.png", png(chunk(b"acTL", struct.pack(">II", 2**31, 0)), control, data=data)
    yield "animated, frames missing.png", png(chunk(b"acTL", struct.pack(">II", 3, 0)), control, data=data)
    yield "animated, control broken.png", png(chunk(b"acTL", b"\0"), control, data=data)
    yield "animated, frame broken.png", png(chunk(b"acTL", struct.pack(">II", 2, 0)), chunk(b"fcTL", b"\0"), data=data)
    outside = chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, WIDTH * 2, HEIGHT, 0, 0, 1, 10, 0, 0))
    yield "animated, frame outside.png", png(chunk(b"acTL", struct.pack(">II", 2, 0)), outside, data=data)
