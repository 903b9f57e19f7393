"""Read pictures, find their stones and cut them out, on several threads, a bounded distance ahead."""

import io
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image

from gemhier.arrays import Bytes
from gemhier.errors import ImageError
from gemhier.models.images.crop import mask_background
from gemhier.models.images.decode import check_array, decode_image, read_image, rgb_pixels
from gemhier.models.images.finder import Stone
from gemhier.models.images.untrained_finders import AnyFinder


@dataclass(frozen=True)
class Encoded:
    """The content of a picture file that came in another way than by its path.

    Attributes:
        name: what results call it.
        content: its bytes.
    """

    name: str
    content: bytes


ImageInput = Path | str | Bytes | Image.Image | Encoded
"""A picture to classify: its path, its pixels, (H, W, 3) uint8 RGB, an image of Pillow, or a file's content."""

Found = tuple["StoneCrop | Failure", ...]


@dataclass(frozen=True)
class Place:
    """Which stone of a picture is meant.

    Attributes:
        stone: its number, from 1 for the most prominent.
        x: left side of the square around it, in pixels of the picture; may be negative.
        y: upper side of that square.
        side: width and height of that square.
    """

    stone: int
    x: int
    y: int
    side: int

    def __str__(self) -> str:
        """Where it is, as people read it: (90 x 90 pixels at 12, 40)."""
        return f"({self.side} x {self.side} pixels at {self.x}, {self.y})"


@dataclass(frozen=True)
class Failure:
    """A picture that could not be classified.

    Attributes:
        image: the path as it was given.
        reason: what is wrong with it and what to do, in one line.
    """

    image: str
    reason: str

    def __str__(self) -> str:
        """One line: the picture and what is wrong with it."""
        return f"{self.image}: {self.reason}"

    def to_dict(self) -> dict[str, Any]:
        """JSON values with the keys `image` and `failure`."""
        return {"image": self.image, "failure": self.reason}


@dataclass(frozen=True)
class StoneCrop:
    """A stone of a picture, ready for the network.

    Attributes:
        image: the path as it was given, or "array 0" for pixels that came first; an image of Pillow brings its name,
            or is "image 0".
        pixels: (size, size, 3) uint8 RGB, with the backdrop covered.
        score: how sure it is that this is a gem, from 0 to 1.
        place: which stone of the picture it is; None where only one is asked for.
    """

    image: str
    pixels: Bytes
    score: float
    place: Place | None = None


@dataclass(frozen=True)
class Cutter:
    """How stones are found and cut out.

    Attributes:
        finder: finds them.
        size: side of the crops, in pixels.
        all_stones: every stone of a picture, instead of the most prominent one.
    """

    finder: AnyFinder
    size: int
    all_stones: bool = False

    def crops(self, pixels: Bytes, image: str) -> tuple[StoneCrop, ...]:
        """Return the stones of a picture, one at least: where none stands out, all of the picture with a score of 0."""
        if not self.all_stones:
            return (self._crop(pixels, image, self.finder.find_best(pixels), None),)
        stones = self.finder.find(pixels) or (self.finder.find_best(pixels),)
        return tuple(
            self._crop(pixels, image, stone, Place(number, stone.box.x, stone.box.y, stone.box.side))
            for number, stone in enumerate(stones, start=1)
        )

    def _crop(self, pixels: Bytes, image: str, stone: Stone, place: Place | None) -> StoneCrop:
        cut = self.finder.cut(pixels, stone.box, self.size)
        return StoneCrop(image, mask_background(cut), stone.score, place)


def stone_crops(
    images: Iterable[ImageInput | Failure], cutter: Cutter, *, workers: int, ahead: int
) -> Generator[StoneCrop | Failure, None, None]:
    """Yield the stone or stones of each picture, or why there is none, in the order of the pictures.

    Closing the generator stops its threads; what they have not begun is not done.

    Args:
        images: paths, pixels or images of Pillow; a Failure passes through in its place.
        cutter: finds and cuts out the stones.
        workers: how many threads read and crop.
        ahead: how many pictures are taken from `images` before their turn, at most.

    Raises:
        ValueError: if an array is not a picture.
    """
    # Decoding, finding and cropping spend their time in native code, which lets other threads run.
    executor = ThreadPoolExecutor(workers, thread_name_prefix="stone-crops")
    waiting: deque[Future[Found]] = deque()
    try:
        for position, image in enumerate(images):
            if isinstance(image, Failure | Path | str):
                waiting.append(executor.submit(_from_file, image, cutter))
            elif isinstance(image, Encoded):
                read = partial(decode_image, io.BytesIO(image.content), image.name)
                waiting.append(executor.submit(_cut, read, image.name, cutter))
            elif isinstance(image, Image.Image):
                name = getattr(image, "filename", "") or f"image {position}"
                waiting.append(executor.submit(_from_pillow, image, str(name), cutter))
            else:
                waiting.append(executor.submit(cutter.crops, check_array(image), f"array {position}"))
            if len(waiting) > ahead:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
    finally:
        executor.shutdown(cancel_futures=True)


def _from_file(path: Path | str | Failure, cutter: Cutter) -> Found:
    if isinstance(path, Failure):
        return (path,)
    return _cut(partial(read_image, Path(path)), str(path), cutter)


def _from_pillow(image: Image.Image, name: str, cutter: Cutter) -> Found:
    return _cut(partial(rgb_pixels, image, name), name, cutter)


def _cut(read: Callable[[], Bytes], image: str, cutter: Cutter) -> Found:
    try:
        return cutter.crops(read(), image)
    except ImageError as error:
        return (Failure(image, _reason(error, str(Path(image)))),)
    except MemoryError:
        return (Failure(image, "too large for the memory that is free. Make it smaller."),)


def _reason(error: ImageError, path: str) -> str:
    """Return the message without the path in front, which the Failure has in a field of its own."""
    message = " ".join(str(error).splitlines())
    return message.removeprefix(f"{path}: ").removeprefix(f"{path!r}: ")
