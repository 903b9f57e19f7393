"""Odd JPEG files."""

import struct
from collections.abc import Iterator

from PIL import Image, ImageChops

from odd_images.painting import (
    ADOBE_RGB,
    DISPLAY_P3,
    GREY_LINEAR,
    RGB_PROFILES,
    camera_data,
    ink_profile,
    photograph,
    saved,
    xmp_orientation,
)

END = b"\xff\xd9"


def segment(marker: int, content: bytes) -> bytes:
    """Build a segment of a JPEG file."""
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def with_segments(jpeg: bytes, *segments: bytes) -> bytes:
    """Put segments directly after the start of an image."""
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def without(jpeg: bytes, marker: int) -> bytes:
    """Drop the segments of one marker."""
    kept, place = jpeg[:2], 2
    while jpeg[place + 1] != 0xDA:
        length = 2 + int.from_bytes(jpeg[place + 2 : place + 4], "big")
        if jpeg[place + 1] != marker:
            kept += jpeg[place : place + length]
        place += length
    return kept + jpeg[place:]


def frame(jpeg: bytes) -> int:
    """Return where the frame header starts."""
    return min(place for marker in (0xC0, 0xC1, 0xC2) if (place := jpeg.find(bytes([0xFF, marker, 0, 17]))) >= 0)


def changed(content: bytes, place: int, new: bytes) -> bytes:
    """Overwrite bytes."""
    return content[:place] + new + content[place + len(new) :]


def exif(content: bytes) -> bytes:
    """Build the segment of camera data."""
    return segment(0xE1, b"Exif\0\0" + content)


def profile_segments(profile: bytes, pieces: int = 1) -> list[bytes]:
    """Build the segments of a colour profile, cut into pieces."""
    size = -(-len(profile) // pieces)
    return [
        segment(0xE2, b"ICC_PROFILE\0" + bytes([number + 1, pieces]) + profile[number * size : (number + 1) * size])
        for number in range(pieces)
    ]


def jpegs() -> Iterator[tuple[str, bytes]]:
    """Yield odd JPEG files."""
    image = photograph()
    plain = saved(image, "JPEG", quality=95)
    progressive = saved(image, "JPEG", quality=95, progressive=True)
    yield "plain.jpg", plain
    yield "progressive.jpg", progressive
    yield "quality 1.jpg", saved(image, "JPEG", quality=1)
    yield "grey.jpg", saved(image.convert("L"), "JPEG", quality=95)
    for name in ("4:4:4", "4:2:2", "4:2:0", "4:1:1"):
        yield f"subsampling {name.replace(':', '')}.jpg", saved(image, "JPEG", quality=95, subsampling=name)
    yield "restart markers.jpg", saved(image, "JPEG", quality=95, restart_marker_blocks=2)
    yield "odd sides.jpg", saved(photograph(61, 37), "JPEG", quality=95)
    yield "two pictures.mpo", saved(image, "MPO", save_all=True, append_images=[Image.new("RGB", (64, 48))])
    yield from _cut(image)
    yield from _colours(image, plain)
    yield from _camera_data(plain)
    yield from _structure(image, plain, progressive)


def _cut(image: Image.Image) -> Iterator[tuple[str, bytes]]:
    files = {
        "plain": saved(image, "JPEG", quality=95),
        "progressive": saved(image, "JPEG", quality=95, progressive=True),
        "grey": saved(image.convert("L"), "JPEG", quality=95),
        "large": saved(photograph(320, 240), "JPEG", quality=95),
        "large progressive": saved(photograph(320, 240), "JPEG", quality=95, progressive=True),
        "restarts": saved(photograph(320, 240), "JPEG", quality=95, restart_marker_rows=1),
    }
    for name, content in files.items():
        for lost in (1, 2, 3, 4, 10, 40):
            yield f"{name}, {lost} bytes lost.jpg", content[:-lost]
        for share in (99, 97, 90, 70, 50, 20):
            yield f"{name}, {share} percent.jpg", content[: len(content) * share // 100]
        yield f"{name}, no end, zeros after.jpg", content[:-2] + bytes(500)
        yield f"{name}, no end, text after.jpg", content[:-2] + b"<html>not found</html>" * 20
    plain = files["plain"]
    scan = plain.index(b"\xff\xda")
    places = {"start": 2, "half a header": 30, "frame": frame(plain), "scan": scan, "scan header": scan + 14}
    for name, place in places.items():
        yield f"only up to its {name}.jpg", plain[:place]
        yield f"only up to its {name}, then the end.jpg", plain[:place] + END


def _colours(image: Image.Image, plain: bytes) -> Iterator[tuple[str, bytes]]:
    inks = image.convert("CMYK")
    adobe = saved(inks, "JPEG", quality=95)
    yield "inks of Adobe.jpg", adobe
    yield "inks not of Adobe.jpg", without(adobe, 0xEE)
    yield "inks not of Adobe, not inverted.jpg", without(saved(ImageChops.invert(inks), "JPEG", quality=95), 0xEE)
    yield "inks, profile.jpg", saved(inks, "JPEG", quality=95, icc_profile=ink_profile())
    yield "inks, RGB profile.jpg", saved(inks, "JPEG", quality=95, icc_profile=ADOBE_RGB)
    # YCCK: the inverted inks C, M, Y as Y, Cb, Cr, and K after them.
    bands = ImageChops.invert(inks).split()
    luminance = Image.merge("RGB", [ImageChops.invert(band) for band in bands[:3]]).convert("YCbCr").split()
    ycck = saved(Image.merge("CMYK", [*luminance, ImageChops.invert(bands[3])]), "JPEG", quality=95)
    adobe_at = adobe.index(b"Adobe")
    yield "ycck.jpg", changed(ycck, adobe_at + 11, b"\2")
    yield "ycck not of Adobe.jpg", without(ycck, 0xEE)
    yield "RGB of Adobe.jpg", saved(image, "JPEG", quality=95, keep_rgb=True)
    rgb = without(saved(image, "JPEG", quality=95, keep_rgb=True), 0xEE)
    yield "RGB by its components' names.jpg", rgb
    yield "JFIF and Adobe without a transform.jpg", with_segments(plain, segment(0xEE, b"Adobe\0d\0\0\0\0\0"))
    yield "Adobe without a transform.jpg", with_segments(without(plain, 0xE0), segment(0xEE, b"Adobe\0d\0\0\0\0\0"))
    yield "Adobe with a transform.jpg", with_segments(without(plain, 0xE0), segment(0xEE, b"Adobe\0d\0\0\0\0\1"))
    yield "neither JFIF nor Adobe.jpg", without(plain, 0xE0)
    for name, profile in RGB_PROFILES.items():
        yield f"profile {name}.jpg", with_segments(plain, *profile_segments(profile))
    grey = saved(image.convert("L"), "JPEG", quality=95)
    yield "grey, grey profile.jpg", with_segments(grey, *profile_segments(GREY_LINEAR))
    yield "grey, RGB profile.jpg", with_segments(grey, *profile_segments(ADOBE_RGB))
    pieces = profile_segments(ADOBE_RGB, 3)
    yield "profile in pieces.jpg", with_segments(plain, *pieces)
    yield "profile in pieces, turned round.jpg", with_segments(plain, *pieces[::-1])
    yield "profile in pieces, one missing.jpg", with_segments(plain, pieces[0], pieces[2])
    yield "profile in pieces, one twice.jpg", with_segments(plain, *pieces, pieces[2])
    yield "two profiles.jpg", with_segments(plain, *profile_segments(ADOBE_RGB), *profile_segments(DISPLAY_P3))
    yield "profile cut short.jpg", with_segments(plain, *profile_segments(ADOBE_RGB[:-60]))
    start = frame(plain)
    yield "two components.jpg", changed(plain, start + 9, b"\2")


def _camera_data(plain: bytes) -> Iterator[tuple[str, bytes]]:
    for orientation in range(10):
        yield f"orientation {orientation}.jpg", with_segments(plain, exif(camera_data(orientation)))
    six = camera_data(6)
    yield "orientation 6, little-endian.jpg", with_segments(plain, exif(camera_data(6, order="<")))
    yield "orientation 6, a long number.jpg", with_segments(plain, exif(camera_data(6, kind=4)))
    yield "orientation 6, a byte.jpg", with_segments(plain, exif(camera_data(6 << 8, kind=1)))
    yield "orientation 6, two of them.jpg", with_segments(plain, exif(six[:17] + b"\2" + six[18:]))
    yield "orientation 6, text.jpg", with_segments(plain, exif(camera_data(6, kind=2)))
    yield "orientation 6, directories in a circle.jpg", with_segments(plain, exif(camera_data(6, loop=True)))
    yield "orientation 6, no next directory.jpg", with_segments(plain, exif(six[:-4]))
    yield "orientation 6, cut short.jpg", with_segments(plain, exif(six[:-8]))
    yield "orientation 6, more tags than there are.jpg", with_segments(plain, exif(changed(six, 8, b"\0\x63")))
    yield "orientation 6, then 8.jpg", with_segments(plain, exif(six), exif(camera_data(8)))
    yield "orientation 6, after the tables.jpg", _before(plain, 0xC0, exif(six))
    yield "orientation 6, after the frame.jpg", _before(plain, 0xDA, exif(six))
    yield (
        "orientation 6, only in XMP.jpg",
        with_segments(plain, segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp_orientation(6))),
    )
    yield (
        "orientation 6, XMP says 8.jpg",
        with_segments(plain, exif(six), segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp_orientation(8))),
    )
    yield "orientation 6, header without padding.jpg", with_segments(plain, segment(0xE1, b"Exif\0" + six))
    yield "orientation 6, header with another padding.jpg", with_segments(plain, segment(0xE1, b"Exif\0\xff" + six))
    directory = struct.pack(">HHHI", 2, 0x8769, 4, 1) + struct.pack(">I", 8)
    looped = b"MM\0*\0\0\0\x08" + directory + six[10:22] + bytes(4)
    yield "orientation 6, EXIF directory in a circle.jpg", with_segments(plain, exif(looped))
    yield "camera data of zeros.jpg", with_segments(plain, exif(bytes(100)))
    yield "camera data empty.jpg", with_segments(plain, exif(b""))
    yield (
        "photoshop data broken.jpg",
        with_segments(plain, segment(0xED, b"Photoshop 3.0\x008BIM\x03\xed\0\0\0\0\0\x10\0\1")),
    )
    yield "multi-picture data broken.jpg", with_segments(plain, segment(0xE2, b"MPF\0MM\0*\0\0\0\x08\xff\xff"))
    yield "multi-picture data of zeros.jpg", with_segments(plain, segment(0xE2, b"MPF\0" + bytes(80)))
    yield "JFIF with a broken density.jpg", with_segments(without(plain, 0xE0), segment(0xE0, b"JFIF\0\1\1\1"))


def _before(jpeg: bytes, marker: int, inserted: bytes) -> bytes:
    place = jpeg.index(bytes([0xFF, marker]))
    return jpeg[:place] + inserted + jpeg[place:]


def _structure(image: Image.Image, plain: bytes, progressive: bytes) -> Iterator[tuple[str, bytes]]:
    start, scan = frame(plain), plain.index(b"\xff\xda")
    yield "zeros after.jpg", plain + bytes(1000)
    yield "text after.jpg", plain + b"<html></html>" * 100
    yield "another JPEG after.jpg", plain + saved(Image.new("RGB", (80, 80)), "JPEG")
    yield "a zip after.jpg", plain + b"PK\3\4" + bytes(range(256)) * 20
    yield "a line feed before.jpg", b"\n" + plain
    yield "a byte order mark before.jpg", b"\xef\xbb\xbf" + plain
    yield "fill bytes before markers.jpg", _before(plain, 0xC0, b"\xff\xff\xff")
    yield "zeros between segments.jpg", _before(plain, 0xC0, b"\0\0\0")
    yield "no quantization table.jpg", without(plain, 0xDB)
    yield "no Huffman tables.jpg", without(plain, 0xC4)
    yield "comments.jpg", with_segments(plain, *[segment(0xFE, b"ruby" * 16000)] * 40)
    yield "a segment of length 0.jpg", _before(plain, 0xC0, b"\xff\xe5\0\0")
    yield "a segment of length 1.jpg", _before(plain, 0xC0, b"\xff\xe5\0\1")
    yield "a segment beyond the end.jpg", _before(plain, 0xC0, b"\xff\xe5\xff\xff")
    yield "a reserved marker.jpg", _before(plain, 0xC0, b"\xff\x02\0\4ab")
    yield "height 0.jpg", changed(plain, start + 5, b"\0\0")
    yield "height 0 with a line count.jpg", changed(plain, start + 5, b"\0\0")[:-2] + b"\xff\xdc\0\4\0\x30" + END
    yield "width 0.jpg", changed(plain, start + 7, b"\0\0")
    yield "65535 a side.jpg", changed(plain, start + 5, b"\xff\xff\xff\xff")
    yield "65500 a side.jpg", changed(plain, start + 5, struct.pack(">HH", 65500, 65500))
    yield "height as long again.jpg", changed(plain, start + 5, b"\0\x60")
    yield "height half.jpg", changed(plain, start + 5, b"\0\x18")
    yield "width half.jpg", changed(plain, start + 7, b"\0\x20")
    yield "no components.jpg", changed(plain, start + 9, b"\0")
    yield "twelve bits in the header.jpg", changed(plain, start + 4, b"\x0c")
    yield "lossless in the header.jpg", changed(plain, start + 1, b"\xc3")
    yield "arithmetic in the header.jpg", changed(plain, start + 1, b"\xc9")
    yield "hierarchical in the header.jpg", changed(plain, start + 1, b"\xc5")
    yield "two starts.jpg", plain[:2] + plain
    yield "two frames.jpg", plain[:scan] + plain[start : start + 19] + plain[scan:]
    for place in range(scan + 40, len(plain) - 30, 97):
        yield f"byte {place} of its pixels other.jpg", changed(plain, place, bytes([plain[place] ^ 0x5A]))
    large = saved(photograph(320, 240), "JPEG", quality=95, restart_marker_rows=1)
    yield "a restart marker missing.jpg", large.replace(b"\xff\xd3", b"", 1)
    yield "a restart marker other.jpg", large.replace(b"\xff\xd3", b"\xff\xd5", 1)
    yield "an end within.jpg", changed(plain, scan + 200, END)
    yield "no pixels.jpg", plain[: scan + 14] + END
    scans = [place for place in range(len(progressive) - 1) if progressive[place : place + 2] == b"\xff\xda"]
    for number, place in enumerate(scans[1:], 1):
        yield f"progressive, {number} of {len(scans)} scans.jpg", progressive[:place] + END
    yield "progressive, scans twice.jpg", progressive[:-2] + progressive[scans[-1] :]
    large = saved(photograph(2000, 1500), "JPEG", quality=90)
    yield "three megapixels.jpg", large
    yield "three megapixels, 2 bytes lost.jpg", large[:-2]
    yield "long and thin.jpg", saved(photograph(9000, 16), "JPEG")
