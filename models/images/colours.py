"""Bring pixels of any kind that Pillow has to RGB in sRGB, on white."""

import io
import struct
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from gemhier.models.images.colour_profiles import coded_profile, png_profile
from gemhier.models.images.png import profile_in

if TYPE_CHECKING:
    from PIL import ImageCms

_AVIF_HEAD = 65536  # bytes, among which the description of the pixels is found


def colour_profile(image: Image.Image, notes: dict[bytes, bytes] | None) -> bytes | None:
    """Return the ICC profile by which the pixels of an opened picture are meant; None stands for sRGB.

    Args:
        image: the picture, not loaded yet.
        notes: what the chunks of its file say, if it is a PNG.
    """
    if notes is not None:
        coded = notes.get(b"cICP", b"")
        if len(coded) == 4 and coded[2:] == b"\0\1":
            return coded_profile(coded[0], coded[1], video_gamma=2.4)  # as Chromium takes it
        return profile_in(notes) or png_profile(notes)
    if image.format in ("JPEG", "MPO") and hasattr(image, "applist"):
        return _jpeg_profile(image.applist)
    if image.format == "BMP":
        return _bmp_profile(image)
    profile: bytes | None = image.info.get("icc_profile")
    return _avif_profile(image) if profile is None and image.format == "AVIF" else profile


def on_white(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Bring pixels to RGB in sRGB, and lay what is transparent on white.

    Args:
        image: of any mode but F.
        profile: the ICC profile of its colours.
    """
    image = _eight_bit(image)
    opacity = image.getchannel("A") if image.mode in ("LA", "RGBA") else None
    rgb = _to_srgb(image, profile)
    return rgb if opacity is None else Image.composite(rgb, Image.new("RGB", rgb.size, "white"), opacity)


def _jpeg_profile(segments: list[tuple[str, bytes]]) -> bytes | None:
    """Put together the profile in the segments of a JPEG; of pieces with one number, the first counts."""
    pieces: dict[int, bytes] = {}
    count = 0
    for name, content in segments:
        if name == "APP2" and content.startswith(b"ICC_PROFILE\0") and len(content) > 14:
            count = count or content[13]
            pieces.setdefault(content[12], content[14:])
    return b"".join(pieces[number] for number in sorted(pieces)) if sorted(pieces) == [*range(1, count + 1)] else None


def _bmp_profile(image: Image.Image) -> bytes | None:
    """Return the profile that stands in a BMP file with a header of version 5."""
    file = getattr(image, "fp", None)
    if file is None:
        return None
    file.seek(14)
    head = file.read(124)
    if len(head) < 124 or struct.unpack("<I", head[:4])[0] != 124 or head[56:60] != b"DEBM":
        return None
    offset, size = struct.unpack("<II", head[112:120])
    file.seek(14 + offset)
    return file.read(min(size, 16_000_000)) or None


def _avif_profile(image: Image.Image) -> bytes | None:
    """Return the profile of the colours that an AVIF file codes by numbers."""
    file = getattr(image, "fp", None)
    if file is None:
        return None
    file.seek(0)
    _, found, codes = file.read(_AVIF_HEAD).partition(b"colrnclx")
    if not found or len(codes) < 4:
        return None
    return coded_profile(*struct.unpack(">HH", codes[:4]), video_gamma=None)


def _eight_bit(image: Image.Image) -> Image.Image:
    """Bring any mode of Pillow to L, LA, RGB, RGBA, CMYK or LAB, of 8 bits a channel."""
    if image.mode.startswith("I"):  # 16-bit grey, which Pillow would clip at 255
        deep = np.asarray(image).astype(np.uint32)
        grey = Image.fromarray(((deep * 255 + 32767) // 65535).astype(np.uint8))
        clear = image.info.get("transparency")
        if isinstance(clear, int):
            grey.putalpha(Image.fromarray(np.where(deep == clear, 0, 255).astype(np.uint8)))
        return grey
    if image.has_transparency_data:
        return image if image.mode in ("LA", "RGBA") else image.convert("RGBA")
    if image.mode in ("L", "RGB", "CMYK", "LAB"):
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert 8-bit pixels to RGB through their colour profile, if it is a sound one; opacity is dropped."""
    if image.mode in ("LA", "RGBA"):
        image = image.convert(image.mode[:-1])
    if profile or image.mode == "LAB":
        transform = _profile_transform(profile, image.mode)
        if transform is None and image.mode == "L":  # a grey picture often carries the profile of its RGB original
            image = image.convert("RGB")
            transform = _profile_transform(profile, "RGB")
        if transform is not None:
            return transform.apply(image)
    return image if image.mode == "RGB" else image.convert("RGB")  # which would copy RGB, too


@lru_cache(maxsize=32)
def _profile_transform(profile: bytes | None, mode: str) -> "ImageCms.ImageCmsTransform | None":
    """Build the way from a colour profile to sRGB, or None where nothing is to be done.

    Args:
        profile: The bytes of an ICC profile; None for a LAB picture, whose colours need none.
        mode: L, RGB, CMYK or LAB. A profile of another kind of pixels, or a broken one, is ignored.
    """
    from PIL import ImageCms

    try:
        if mode == "LAB":
            source = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        else:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile or b""))
            if source.profile.xcolor_space.strip() != {"L": "GRAY"}.get(mode, mode):
                return None
            if (source.profile.profile_description or "").startswith("sRGB"):
                return None
        return ImageCms.buildTransform(
            source,
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
