"""Odd GIF and BMP files."""

import struct
from collections.abc import Iterator

import numpy as np
from PIL import Image

from odd_images.painting import ADOBE_RGB, HEIGHT, WIDTH, photograph, saved

TRAILER = b";"


def gifs() -> Iterator[tuple[str, bytes]]:
    """Yield odd GIF files."""
    image = photograph().quantize(64)
    plain = saved(image, "GIF", interlace=False)
    yield "plain.gif", plain
    yield "interlaced.gif", saved(image, "GIF", interlace=True)
    yield "one transparent.gif", saved(image, "GIF", transparency=image.getpixel((0, 0)))
    yield (
        "transparent, background set.gif",
        saved(image, "GIF", transparency=image.getpixel((0, 0)), background=image.getpixel((60, 40))),
    )
    other = Image.new("RGB", (WIDTH, HEIGHT), "black")
    yield "animated.gif", saved(photograph(), "GIF", save_all=True, append_images=[other, photograph()], loop=0)
    yield "grey.gif", saved(photograph().convert("L"), "GIF")
    yield "two colours.gif", saved(photograph().convert("1"), "GIF")
    yield "version 87a.gif", b"GIF87a" + plain[6:]
    yield "version 00a.gif", b"GIF00a" + plain[6:]
    for lost in (1, 2, 3, 4, 10, 100):
        yield f"{lost} bytes lost.gif", plain[:-lost]
    for share in (90, 50, 20):
        yield f"{share} percent.gif", plain[: len(plain) * share // 100]
    yield "zeros after.gif", plain + bytes(1000)
    yield "no trailer, zeros after.gif", plain[:-1] + bytes(1000)
    frame = _frame(plain)
    yield "only its header.gif", plain[:13]
    yield "no frame.gif", plain[:frame] + TRAILER
    yield "screen 0 by 0.gif", _patched(plain, 6, struct.pack("<HH", 0, 0))
    yield "screen smaller than its frame.gif", _patched(plain, 6, struct.pack("<HH", 32, 24))
    yield "screen larger than its frame.gif", _patched(plain, 6, struct.pack("<HH", 128, 96))
    yield "screen larger, background 3.gif", _patched(plain, 6, struct.pack("<HHBB", 128, 96, plain[10], 3))
    large = _patched(plain, 6, struct.pack("<HH", 128, 96))
    yield "frame beside the corner.gif", _patched(large, frame + 1, struct.pack("<HH", 40, 30))
    yield "frame over the edge.gif", _patched(plain, frame + 1, struct.pack("<HH", 40, 30))
    yield "frame 0 by 0.gif", _patched(plain, frame + 5, struct.pack("<HH", 0, 0))
    yield "frame 65535 a side.gif", _patched(plain, frame + 5, struct.pack("<HH", 65535, 65535))
    yield "screen 65535 a side.gif", _patched(plain, 6, struct.pack("<HH", 65535, 65535))
    yield "frame taller than its pixels.gif", _patched(_patched(plain, 8, b"\x60\0"), frame + 7, b"\x60\0")
    yield "comment.gif", plain[:frame] + b"!\xfe\4ruby\0" + plain[frame:]
    yield "comment without an end.gif", plain[:frame] + b"!\xfe\4ruby"
    yield "unknown extension.gif", plain[:frame] + b"!\x99\4ruby\0" + plain[frame:]
    yield "unknown block.gif", plain[:frame] + b"\x99\0\0" + plain[frame:]
    yield "a zero byte before the frame.gif", plain[:frame] + b"\0" + plain[frame:]
    yield "profile.gif", plain[:frame] + b"!\xff\x0bICCRGBG1012" + _blocks(ADOBE_RGB) + plain[frame:]
    size = 3 * 2 ** ((plain[10] & 7) + 1)
    table = plain[13 : 13 + size]
    bare = plain[:10] + b"\x70" + plain[11:13] + plain[13 + size :]
    place = _frame(bare)
    yield "no palette.gif", bare
    yield "palette of the frame.gif", bare[: place + 9] + bytes([0x80 | (plain[10] & 7)]) + table + bare[place + 10 :]
    code = frame + 10
    yield "code size 12.gif", _patched(plain, code, b"\x0c")
    yield "code size 0.gif", _patched(plain, code, b"\0")
    for at in (40, 200, 400):
        yield f"byte {at} of its pixels other.gif", _patched(plain, code + at, bytes([plain[code + at] ^ 0x5A]))


def _patched(content: bytes, place: int, new: bytes) -> bytes:
    return content[:place] + new + content[place + len(new) :]


def _blocks(content: bytes) -> bytes:
    parts = [content[place : place + 255] for place in range(0, len(content), 255)]
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\0"


def _frame(gif: bytes) -> int:
    """Return where the first frame's descriptor starts."""
    place = 13 + (3 * 2 ** ((gif[10] & 7) + 1) if gif[10] & 0x80 else 0)
    while gif[place : place + 1] == b"!":
        place += 2
        while gif[place]:
            place += gif[place] + 1
        place += 1
    return place


def bmps() -> Iterator[tuple[str, bytes]]:
    """Yield odd BMP files."""
    pixels = np.asarray(photograph())
    plain = saved(photograph(), "BMP")
    yield "plain.bmp", plain
    for mode in ("1", "L", "P"):
        yield f"mode {mode}.bmp", saved(photograph().convert(mode), "BMP")
    yield "mode RGBA.bmp", saved(photograph().convert("RGBA"), "BMP")
    bgr = pixels[::-1, :, ::-1]
    for name, alpha in {"0": 0, "128": 128, "255": 255}.items():
        bgra = np.dstack([bgr, np.full((HEIGHT, WIDTH), alpha, np.uint8)]).tobytes()
        yield f"32 bits, alpha {name}.bmp", bitmap(32, bgra)
        yield f"32 bits, alpha {name}, version 4.bmp", bitmap(32, bgra, compression=3, header=108, masks=MASKS_32)
        yield f"32 bits, alpha {name}, version 5.bmp", bitmap(32, bgra, compression=3, header=124, masks=MASKS_32)
        yield f"32 bits, alpha {name}, version 3.bmp", bitmap(32, bgra, compression=3, header=56, masks=MASKS_32)
        yield f"32 bits, alpha {name}, fields without alpha.bmp", bitmap(32, bgra, compression=3, masks=MASKS_32[:3])
    ramp = np.dstack([bgr, np.tile(np.linspace(0, 255, WIDTH), (HEIGHT, 1))]).astype(np.uint8).tobytes()
    yield "32 bits, alpha a ramp.bmp", bitmap(32, ramp)
    yield "32 bits, alpha a ramp, version 5.bmp", bitmap(32, ramp, compression=3, header=124, masks=MASKS_32)
    wide = pixels[::-1].astype(np.uint16)
    five = (wide[..., 0] >> 3 << 10 | wide[..., 1] >> 3 << 5 | wide[..., 2] >> 3).astype("<u2").tobytes()
    six = (wide[..., 0] >> 3 << 11 | wide[..., 1] >> 2 << 5 | wide[..., 2] >> 3).astype("<u2").tobytes()
    four = (wide[..., 0] >> 4 << 8 | wide[..., 1] >> 4 << 4 | wide[..., 2] >> 4).astype("<u2").tobytes()
    yield "16 bits.bmp", bitmap(16, five)
    yield "16 bits, 565.bmp", bitmap(16, six, compression=3, masks=(0xF800, 0x7E0, 0x1F))
    yield "16 bits, 444.bmp", bitmap(16, four, compression=3, masks=(0xF00, 0xF0, 0xF))
    yield "top down.bmp", bitmap(24, pixels[..., ::-1].tobytes(), height=-HEIGHT)
    yield "negative width.bmp", bitmap(24, bgr.tobytes(), width=-WIDTH)
    yield "OS/2.bmp", bitmap(24, bgr.tobytes(), header=12)
    yield "OS/2 version 2.bmp", bitmap(24, bgr.tobytes(), header=64)
    small = photograph().quantize(16, dither=Image.Dither.NONE)
    index = np.asarray(small)[::-1]
    table = np.pad(np.array(small.getpalette()[: 16 * 3], np.uint8).reshape(16, 3)[:, ::-1], ((0, 0), (0, 1)))
    nibbles = (index[:, ::2] << 4 | index[:, 1::2]).astype(np.uint8)
    yield "4 bits.bmp", bitmap(4, nibbles.tobytes(), colours=table)
    yield "8 bits, 16 colours.bmp", bitmap(8, index.tobytes(), colours=table)
    runs = b"".join(bytes([1, value]) for value in index.ravel())
    lines = [runs[i * 2 * WIDTH : (i + 1) * 2 * WIDTH] for i in range(HEIGHT)]
    yield "run lengths.bmp", bitmap(8, b"\0\0".join(lines) + b"\0\1", compression=1, colours=table)
    yield "run lengths without an end.bmp", bitmap(8, b"\0\0".join(lines), compression=1, colours=table)
    yield "run lengths, half.bmp", bitmap(8, b"\0\0".join(lines[:24]) + b"\0\1", compression=1, colours=table)
    yield "run lengths with a jump.bmp", bitmap(8, b"\0\2\x20\x18" + b"\x10\5\0\1", compression=1, colours=table)
    pairs = [b"".join(bytes([2, value]) for value in row) for row in nibbles]
    yield "run lengths of 4 bits.bmp", bitmap(4, b"\0\0".join(pairs) + b"\0\1", compression=2, colours=table)
    yield "profile.bmp", bitmap(24, bgr.tobytes(), header=124, profile=ADOBE_RGB)
    yield "gamma 1.bmp", bitmap(24, bgr.tobytes(), header=108, gammas=1.0)
    yield "a JPEG in it.bmp", bitmap(0, saved(photograph(), "JPEG"), compression=4)
    yield "a PNG in it.bmp", bitmap(0, saved(photograph(), "PNG"), compression=5)
    for share in (99, 50, 10):
        yield f"{share} percent.bmp", plain[: len(plain) * share // 100]
    yield "1 byte lost.bmp", plain[:-1]
    yield "zeros after.bmp", plain + bytes(1000)
    yield "its own size wrong.bmp", _patched(plain, 2, bytes(4))
    yield "offset 0.bmp", _patched(plain, 10, bytes(4))
    yield "offset beyond the end.bmp", _patched(plain, 10, b"\xff\xff\xff\0")
    yield "planes 0.bmp", _patched(plain, 26, b"\0\0")
    yield "width 0.bmp", _patched(plain, 18, bytes(4))
    yield "height 0.bmp", _patched(plain, 22, bytes(4))
    yield "huge.bmp", _patched(plain, 18, struct.pack("<ii", 30000, 30000))
    yield "larger than can be.bmp", _patched(plain, 18, struct.pack("<ii", 2**31 - 1, 2**31 - 1))
    yield "8 bits, too many colours.bmp", bitmap(8, index.tobytes(), colours=table, used=70000)
    yield "8 bits, colours fewer than used.bmp", bitmap(8, index.tobytes(), colours=table[:4])


MASKS_32 = (0xFF0000, 0xFF00, 0xFF, 0xFF000000)


def bitmap(
    bits: int,
    data: bytes,
    *,
    compression: int = 0,
    header: int = 40,
    width: int = WIDTH,
    height: int = HEIGHT,
    masks: tuple[int, ...] = (),
    colours: np.ndarray | None = None,
    used: int | None = None,
    profile: bytes = b"",
    gammas: float | None = None,
) -> bytes:
    """Build a BMP file with a header of 12, 40, 56, 64, 108 or 124 bytes."""
    table = b"" if colours is None else colours.tobytes()
    if header == 12:
        head = struct.pack("<IHHHH", 12, width, height, 1, bits)
    else:
        count = len(table) // 4 if used is None else used
        head = struct.pack("<IiiHHIIiiII", header, width, height, 1, bits, compression, len(data), 2835, 2835, count, 0)
        head += struct.pack(f"<{len(masks)}I", *masks)
        if header == 64:
            head = head.ljust(64, b"\0")
        elif header > 56:
            head = head.ljust(56, b"\0")
            space = b"DEBM" if profile else bytes(4) if gammas else b"BGRs"
            ends = struct.pack("<9i", *(round(v * 2**30) for v in (0.64, 0.33, 0.03, 0.3, 0.6, 0.1, 0.15, 0.06, 0.79)))
            head += space + ends + struct.pack("<3I", *[round((gammas or 0) * 65536)] * 3)
        if header == 124:
            head += struct.pack("<4I", 4, header + len(table) + len(data), len(profile), 0)
    offset = 14 + len(head) + len(table)
    return b"BM" + struct.pack("<IHHI", offset + len(data) + len(profile), 0, 0, offset) + head + table + data + profile
