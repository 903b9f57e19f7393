"""Read a picture file into RGB pixels: any usual format, upright, in sRGB, on white.

Training and classifying share this one decoding, so that a picture has the same pixels
everywhere. A file is known by its content, never by its name.
"""

import io
import stat
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from PIL import Image, ImageChops, UnidentifiedImageError

from gemhier.arrays import Bytes
from gemhier.errors import ImageError

if TYPE_CHECKING:
    from PIL import ImageCms

SMALLEST_SIDE = 16
"""Pictures with a shorter side than this, in pixels, show no stone."""

MOST_MEGAPIXELS = 120
"""Larger pictures are refused before any of their pixels are decoded."""

# An allow-list, because Pillow also opens formats that start other programs (EPS). The order
# matters for speed only: Pillow loads the rarer decoders when the first four do not fit.
_FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "AVIF", "JPEG2000", "PPM")

_HEIF_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs", b"mif1", b"msf1"})

# EXIF orientation, tag 0x0112: how the stored picture is to be turned to stand upright.
_ORIENTATION_TAG = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def read_image(path: Path, *, longest: int | None = None) -> Bytes:
    """Read a picture file as the eye sees it: upright, in sRGB, transparency on white.

    An animation gives its first frame. Safe to call from several threads.

    Args:
        path: The file. JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF, JPEG 2000 and PPM are read; HEIC with
            the extra "heic".
        longest: If given, a picture whose longer side has more pixels is made smaller, to this many.
            A large JPEG is then decoded at a fraction of its size, which is much quicker.

    Returns:
        (H, W, 3) uint8 RGB, contiguous and writable.

    Raises:
        ImageError: if the file is missing, unreadable, damaged, cut short, not a picture, has a side
            shorter than `SMALLEST_SIDE` pixels or more than `MOST_MEGAPIXELS`.
        ValueError: if `longest` is less than 1.
    """
    if longest is not None and longest < 1:
        raise ValueError(f"`longest` must be at least 1 pixel. Received: {longest}.")
    with _opened(path) as file, _quiet_pillow():
        try:
            with _identified(path, file) as image:
                _check_size(path, image.size)
                _check_depth(path, image)
                return _upright_rgb(image, longest)
        except ImageError:
            raise
        except Exception as error:  # a damaged file makes Pillow's decoders raise nearly anything
            raise ImageError(
                f"{path}: damaged or cut short, it cannot be decoded. Download or export it again."
            ) from error


def rgb_pixels(image: Image.Image, name: str) -> Bytes:
    """Bring an image of Pillow to the pixels that `read_image` gives for its file.

    Args:
        image: opened or made, of any mode.
        name: what messages call it.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        ImageError: as for a file.
    """
    with _quiet_pillow():
        try:
            _check_size(name, image.size)
            _check_depth(name, image)
            return _upright_rgb(image, None)
        except ImageError:
            raise
        except Exception as error:  # its file may be closed, gone, or damaged in any way
            raise ImageError(f"{name}: cannot be decoded ({error}). Open it again.") from error


def check_array(array: Bytes) -> Bytes:
    """Return `array` if it is a picture, (H, W, 3) uint8 RGB.

    Raises:
        ValueError: if it is not.
    """
    if not isinstance(array, np.ndarray):
        raise ValueError(f"A picture must be a numpy array, (H, W, 3) uint8 RGB. Received: {type(array).__name__}.")
    if array.ndim != 3 or array.shape[2] != 3 or array.dtype != np.uint8 or array.size == 0:
        raise ValueError(
            f"A picture must be an array of shape (H, W, 3), uint8 RGB. Received: {array.shape}, {array.dtype}."
        )
    return array


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """Open a regular file for reading, with an ImageError for whatever the file system refuses."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise ImageError(f"{path}: a folder, not a picture. Name a picture, or a folder that may be listed.")
        if not stat.S_ISREG(mode):  # opening a pipe would wait for ever
            raise ImageError(f"{path}: not a regular file. Name a picture.")
        file = path.open("rb")
    except FileNotFoundError as error:
        if path.is_symlink():
            raise ImageError(f"{path}: a link to a file that is not there. Mend the link or remove it.") from error
        raise ImageError(f"{path}: no such file. Check the path.") from error
    except PermissionError as error:
        raise ImageError(f"{path}: permission denied. Make the file readable.") from error
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the path
        reason = getattr(error, "strerror", None) or error
        raise ImageError(f"{str(path)!r}: cannot be opened ({reason}). Check the path.") from error
    with file:
        yield file


def _identified(path: Path, file: BinaryIO) -> Image.Image:
    """Open the picture in `file` by its content, decoding no pixels yet."""
    start = file.read(16)
    if not start:
        raise ImageError(f"{path}: an empty file. Download or export it again.")
    try:
        return Image.open(file, formats=_FORMATS)
    except UnidentifiedImageError as error:
        if start[4:8] == b"ftyp" and start[8:12] in _HEIF_BRANDS:
            return _identified_heif(path, file)
        raise ImageError(
            f"{path}: not a picture in a known format, or cut short. Convert it to JPEG or PNG."
        ) from error
    except Image.DecompressionBombError as error:
        raise ImageError(
            f"{path}: far more than {MOST_MEGAPIXELS} megapixels, the most that is read. Make it smaller."
        ) from error


def _identified_heif(path: Path, file: BinaryIO) -> Image.Image:
    try:
        import pillow_heif
    except ImportError as error:
        raise ImageError(
            f'{path}: a HEIC picture, which needs another library. Run: pip install "gemhier[heic]".'
        ) from error
    pillow_heif.register_heif_opener()
    return Image.open(file, formats=("HEIF",))


def _check_size(path: Path | str, size: tuple[int, int]) -> None:
    width, height = size
    if min(width, height) < SMALLEST_SIDE:
        raise ImageError(
            f"{path}: too small, {width} x {height} pixels. Use a picture with at least {SMALLEST_SIDE} a side."
        )
    if width * height > MOST_MEGAPIXELS * 1_000_000:
        raise ImageError(
            f"{path}: {width} x {height} pixels are {width * height / 1e6:.0f} megapixels, "
            f"at most {MOST_MEGAPIXELS} are read. Make it smaller."
        )


def _check_depth(path: Path | str, image: Image.Image) -> None:
    if image.mode == "F" or (image.mode == "I" and image.format == "TIFF"):
        raise ImageError(f"{path}: 32-bit or signed pixels, whose white is unknown. Convert it to 8 or 16 bits.")


def _upright_rgb(image: Image.Image, longest: int | None) -> Bytes:
    size = image.size
    if longest is not None and max(size) > longest:
        size = (max(1, round(size[0] * longest / max(size))), max(1, round(size[1] * longest / max(size))))
        if image.format in ("JPEG", "MPO"):
            image.draft(None, size)
    image.load()
    orientation = _orientation(image)
    profile = image.info.get("icc_profile")
    picture = _eight_bit(image)
    if picture.size != size:
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    opacity = picture.getchannel("A") if picture.mode in ("LA", "RGBA") else None
    rgb = _to_srgb(picture, profile)
    if opacity is not None:
        rgb = Image.composite(rgb, Image.new("RGB", rgb.size, "white"), opacity)
    if orientation in _UPRIGHT:
        rgb = rgb.transpose(_UPRIGHT[orientation])
    return np.array(rgb)


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION_TAG, 1))
    except Exception:  # camera data can be damaged in any way, and the pixels still be good
        return 1


def _eight_bit(image: Image.Image) -> Image.Image:
    """Bring any mode of Pillow to L, LA, RGB, RGBA, CMYK or LAB, of 8 bits a channel."""
    if image.mode.startswith("I"):  # 16-bit grey, which Pillow would clip at 255
        grey = np.asarray(image).astype(np.uint32)
        return Image.fromarray(((grey * 255 + 32767) // 65535).astype(np.uint8))
    if image.mode == "CMYK" and image.format == "JPEG" and "adobe" not in image.info:
        return ImageChops.invert(image)  # Pillow takes every CMYK JPEG for an inverted one, as only Adobe writes them
    if image.has_transparency_data:
        return image if image.mode in ("LA", "RGBA") else image.convert("RGBA")
    if image.mode in ("L", "RGB", "CMYK", "LAB"):
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def _to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert 8-bit pixels to RGB through their colour profile, if it is a sound one; opacity is dropped."""
    if picture.mode in ("LA", "RGBA"):
        picture = picture.convert(picture.mode[:-1])
    if profile or picture.mode == "LAB":
        transform = _profile_transform(profile, picture.mode)
        if transform is None and picture.mode == "L":  # a grey picture often carries the profile of its RGB original
            picture = picture.convert("RGB")
            transform = _profile_transform(profile, "RGB")
        if transform is not None:
            return transform.apply(picture)
    return picture if picture.mode == "RGB" else picture.convert("RGB")  # which would copy RGB, too


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


class _PillowSilence:
    """Counts the threads inside Pillow, and keeps its warnings quiet while there is one.

    `warnings.catch_warnings` alone would restore the filters while other threads still rely on them.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.readers = 0
        self.filters = warnings.catch_warnings()

    def enter(self) -> None:
        with self.lock:
            if self.readers == 0:
                self.filters = warnings.catch_warnings()
                self.filters.__enter__()
                warnings.filterwarnings("ignore", module=r"PIL\.|gemhier\.models\.image|pillow_heif")
            self.readers += 1

    def leave(self) -> None:
        with self.lock:
            self.readers -= 1
            if self.readers == 0:
                self.filters.__exit__(None, None, None)


_silence = _PillowSilence()


@contextmanager
def _quiet_pillow() -> Iterator[None]:
    _silence.enter()
    try:
        yield
    finally:
        _silence.leave()
