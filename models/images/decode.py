"""Read a picture file into RGB pixels: any usual format, upright, in sRGB, on white.

Training and classifying share this one decoding, so that a picture has the same pixels
everywhere. A file is known by its content, never by its name.
"""

import stat
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from gemhier.arrays import Bytes
from gemhier.errors import ImageError
from gemhier.models.images.colours import colour_profile, on_white
from gemhier.models.images.endings import with_an_end
from gemhier.models.images.jpeg import TooLargeError, reduction
from gemhier.models.images.orientation import FROM_THE_END, SIDEWAYS, TURNS, orientation
from gemhier.models.images.png import mended, missing_rows, notes_of, png_parts
from gemhier.models.images.signatures import what_it_is
from gemhier.models.images.webp import is_cut, with_its_ground

SMALLEST_SIDE = 16
"""Pictures with a shorter side than this, in pixels, show no stone."""

MOST_MEGAPIXELS = 120
"""Larger pictures are refused before any of their pixels are decoded; a larger JPEG is read reduced."""

MOST_JPEG_MEGAPIXELS = 500
"""A larger JPEG is refused too."""

MOST_MISSING = 0.02
"""A picture that lacks a larger share of its pixels, at its end, is refused."""

_STRIP = 1 << 20  # pixels

# An allow-list, because Pillow also opens formats that start other programs (EPS). The order
# matters for speed only: Pillow loads the rarer decoders when the first four do not fit.
_FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "AVIF", "JPEG2000", "PPM")

_HEIF_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs", b"mif1", b"msf1"})


def read_image(path: Path, *, longest: int | None = None) -> Bytes:
    """Read a picture file as the eye sees it: upright, in sRGB, transparency on white.

    An animation gives its first frame. A JPEG of more than `MOST_MEGAPIXELS` is decoded at a half, a quarter or an
    eighth of its width and height, and so is a progressive one that would take more than 1 GB. The array and Pillow's
    pixels take 7 bytes a pixel, those of WebP 16 and AVIF 10. Safe to call from several threads.

    Args:
        path: The file. JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF, JPEG 2000 and PPM are read; HEIC with
            the extra "heic".
        longest: If given, a picture whose longer side has more pixels is made smaller, to this many.
            A large JPEG is then decoded at a fraction of its size, which is much quicker.

    Returns:
        (H, W, 3) uint8 RGB, contiguous and writable.

    Raises:
        ImageError: if the file is missing, unreadable, damaged, lacks more than `MOST_MISSING`, no picture, has a side
            shorter than `SMALLEST_SIDE` pixels or more than `MOST_MEGAPIXELS` (JPEG: `MOST_JPEG_MEGAPIXELS`).
        ValueError: if `longest` is less than 1.
    """
    if longest is not None and longest < 1:
        raise ValueError(f"`longest` must be at least 1 pixel. Received: {longest}.")
    with _opened(path) as file:
        return decode_image(file, path, longest=longest)


def decode_image(file: BinaryIO, name: Path | str, *, longest: int | None = None) -> Bytes:
    """Do what `read_image` does with a file that is open, or bytes that came in another way.

    Args:
        file: can be sought in.
        name: what messages call it.
        longest: as for `read_image`.

    Returns:
        (H, W, 3) uint8 RGB, contiguous and writable.

    Raises:
        ImageError: as for a file.
    """
    with _quiet_pillow():
        try:
            return _decoded(name, file, longest)
        except ImageError:
            raise
        except TooLargeError as error:
            raise ImageError(f"{name}: {error}. Make it smaller.") from error
        except Exception as error:  # a damaged file makes Pillow's decoders raise nearly anything
            return _without_its_end(name, file, longest, error)


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
            _check_size(name, image)
            _check_depth(name, image)
            return _upright_rgb(image, None, notes_of(image) if image.format == "PNG" else None)
        except ImageError:
            raise
        except TooLargeError as error:
            raise ImageError(f"{name}: {error}. Make it smaller.") from error
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


def _decoded(path: Path | str, file: BinaryIO, longest: int | None) -> Bytes:
    png = png_parts(file)
    image = _identified(path, with_its_ground(file) if png is None else png.file(file))
    _check_size(path, image)
    _check_depth(path, image)
    pixels = _upright_rgb(image, longest, None if png is None else png.notes)
    if png is not None and _is_black(image):
        # Pillow leaves rows black that a file lacks.
        _check_whole(path, missing_rows(file))
    return pixels


def _is_black(image: Image.Image) -> bool:
    """Whether the last row of a loaded picture has nothing but zeros."""
    width, height = image.size
    return not np.asarray(image.crop((0, height - 1, width, height))).any()


def _without_its_end(path: Path | str, file: BinaryIO, longest: int | None, error: Exception) -> Bytes:
    """Decode a file whose end is missing, if that is all that is wrong with it.

    Raises:
        ImageError: if more is missing than nobody would see.
    """
    try:
        if png_parts(file) is not None:
            found = mended(file)
            if found is not None:
                _check_whole(path, found[1])
                return _decoded(path, found[0], longest)
        else:
            file.seek(0)
            ended = with_an_end(file, _identified(path, file), lambda whole: _decoded(path, whole, longest))
            if ended is not None:
                _check_whole(path, ended[1])
                return ended[0]
    except ImageError:
        raise
    except Exception:  # the first error says more
        pass
    if _is_rare(error):
        raise ImageError(f"{path}: of a rare kind ({error}). Convert it to JPEG or PNG.") from error
    if "truncated" in str(error) or is_cut(file):
        raise ImageError(f"{path}: cut short. Download or export it again.") from error
    raise ImageError(f"{path}: damaged or cut short, it cannot be decoded. Download or export it again.") from error


def _check_whole(path: Path | str, missing: float) -> None:
    if missing > MOST_MISSING:
        share = f"{100 * missing:.0f} in 100 of its pixels are" if missing < 0.995 else "all of its pixels are"
        raise ImageError(f"{path}: cut short or damaged, {share} missing. Download or export it again.")


def _identified(path: Path | str, file: BinaryIO) -> Image.Image:
    """Open the picture in `file` by its content, decoding no pixels yet."""
    file.seek(0)
    start = file.read(512)
    file.seek(0)
    if not start:
        raise ImageError(f"{path}: an empty file. Download or export it again.")
    try:
        if start.startswith(b"\xff\xd8\xff"):
            return JpegImageFile(file)  # which sets no bound of its own, since a large one can be decoded reduced
        return Image.open(file, formats=_FORMATS)
    except Image.DecompressionBombError as error:
        raise ImageError(
            f"{path}: far more than {MOST_MEGAPIXELS} megapixels, the most that is read. Make it smaller."
        ) from error
    except Exception as error:  # a damaged header makes Pillow raise nearly anything
        if start[4:8] == b"ftyp" and start[8:12] in _HEIF_BRANDS:
            return _identified_heif(path, file)
        if _is_rare(error):
            raise ImageError(f"{path}: of a rare kind ({error}). Convert it to JPEG or PNG.") from error
        raise ImageError(f"{path}: {what_it_is(start)}") from error


def _is_rare(error: Exception) -> bool:
    """Whether Pillow knows what a file holds, and does not decode it."""
    return "unsupported" in str(error).lower()


def _identified_heif(path: Path | str, file: BinaryIO) -> Image.Image:
    try:
        import pillow_heif
    except ImportError as error:
        raise ImageError(
            f'{path}: a HEIC picture, which needs another library. Run: pip install "gemhier[heic]".'
        ) from error
    pillow_heif.register_heif_opener()
    return Image.open(file, formats=("HEIF",))


def _check_size(path: Path | str, image: Image.Image) -> None:
    width, height = image.size
    if min(width, height) < SMALLEST_SIDE:
        raise ImageError(
            f"{path}: too small, {width} x {height} pixels. Use a picture with at least {SMALLEST_SIDE} a side."
        )
    most = MOST_JPEG_MEGAPIXELS if isinstance(image, JpegImageFile) else MOST_MEGAPIXELS
    if width * height > most * 1_000_000:
        raise ImageError(
            f"{path}: {width} x {height} pixels are {width * height / 1e6:.0f} megapixels, "
            f"at most {most} are read. Make it smaller."
        )


def _check_depth(path: Path | str, image: Image.Image) -> None:
    if image.mode == "F" or (image.mode == "I" and image.format == "TIFF"):
        raise ImageError(f"{path}: 32-bit or signed pixels, whose white is unknown. Convert it to 8 or 16 bits.")


def _upright_rgb(image: Image.Image, longest: int | None, notes: dict[bytes, bytes] | None) -> Bytes:
    """Decode an opened picture.

    Strip by strip, so that beside the picture as Pillow holds it and the array there is little else in memory.
    """
    profile = colour_profile(image, notes)
    loaded, size = _loaded(image, longest)
    turned = orientation(image, notes)
    if loaded.size != size:
        loaded = loaded.resize(size, Image.Resampling.LANCZOS)
    width, height = size
    pixels = np.empty((width, height, 3) if turned in SIDEWAYS else (height, width, 3), np.uint8)
    rows = max(1, _STRIP // width)
    for start in range(0, height, rows):
        end = min(height, start + rows)
        strip = on_white(loaded if rows >= height else loaded.crop((0, start, width, end)), profile)
        if turned in TURNS:
            strip = strip.transpose(TURNS[turned])
        first, last = (height - end, height - start) if turned in FROM_THE_END else (start, end)
        place = pixels[:, first:last] if turned in SIDEWAYS else pixels[first:last]
        place[...] = np.asarray(strip)
    return pixels


def _loaded(image: Image.Image, longest: int | None) -> tuple[Image.Image, tuple[int, int]]:
    """Decode the pixels, and return them with the size that they are to be brought to."""
    width, height = size = image.size
    if isinstance(image, JpegImageFile) and image.fp is not None and image.tile:
        factor = reduction(image, image.fp)
        size = (-(-width // factor), -(-height // factor))
    if longest is not None and max(size) > longest:
        scale = longest / max(width, height)
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
    if size != image.size and isinstance(image, JpegImageFile):
        image.draft(None, size)
    tiles = getattr(image, "tile", []) if image.format == "GIF" else []
    box = tiles[0].extents if tiles else None
    image.load()
    if box is not None and box != (0, 0, *image.size):  # what the first frame leaves free is transparent
        whole = Image.new("RGBA", image.size)
        whole.paste(image.crop(box).convert("RGBA"), box)
        return whole, size
    return image, size


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
