"""Read pictures, cut their stones out and do more with them, on several threads, a bounded distance ahead."""

import io
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from PIL import Image

from gemhier.arrays import Bytes, Float32
from gemhier.errors import ImageError
from gemhier.models.images.crop import Box, mask_background, whole_image
from gemhier.models.images.decode import check_array, decode_image, read_image, rgb_pixels
from gemhier.models.images.finder import Stone
from gemhier.models.images.untrained_finders import AnyFinder
from gemhier.models.runtime.litert import run_on_one_core

if TYPE_CHECKING:
    from gemhier.models.images.white_balance import Point

Result = TypeVar("Result")


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
        box: the square around it, in pixels of the picture; None if it is not known.
        of: width and height of the picture, as it was read.
        features: (D,) of the whole picture, by the stone finder; D is 0 where it gives none.
    """

    image: str
    pixels: Bytes
    score: float
    place: Place | None = None
    box: Box | None = None
    of: tuple[int, int] = (0, 0)
    features: Float32 = field(default_factory=lambda: np.empty(0, np.float32))


@dataclass(frozen=True)
class Cutter:
    """How stones are found and cut out.

    Attributes:
        finder: finds them.
        size: side of the crops, in pixels.
        all_stones: every stone of a picture, instead of the most prominent one.
        white: where each picture shows white paper, whose colour is taken out of it; None to leave colours as they are.
    """

    finder: AnyFinder
    size: int
    all_stones: bool = False
    white: "Point | None" = None

    def crops(self, pixels: Bytes, image: str) -> tuple[StoneCrop, ...]:
        """Return the stones of a picture, one at least: where none stands out, all of the picture with a score of 0.

        Raises:
            ImageError: if there is no white paper where it should be.
        """
        if self.white is not None:
            from gemhier.models.images.white_balance import white_balanced  # which few pictures need

            pixels = white_balanced(pixels, self.white, image)
        found, features = self.finder.seen(pixels)
        stones = found or (Stone(whole_image(pixels), 0.0),)
        if not self.all_stones:
            return (self._crop(pixels, image, stones[0], None, features),)
        return tuple(
            self._crop(pixels, image, stone, Place(number, stone.box.x, stone.box.y, stone.box.side), features)
            for number, stone in enumerate(stones, start=1)
        )

    def _crop(self, pixels: Bytes, image: str, stone: Stone, place: Place | None, features: Float32) -> StoneCrop:
        cut = self.finder.cut(pixels, stone.box, self.size)
        of = pixels.shape[1], pixels.shape[0]
        return StoneCrop(image, mask_background(cut), stone.score, place, stone.box, of, features)


def map_stones(
    images: Iterable[ImageInput | Failure],
    cutter: Cutter,
    become: Callable[[Sequence[StoneCrop]], list[Result]],
    *,
    workers: int,
    batch_size: int,
) -> Generator[Result | Failure, None, None]:
    """Yield what the stone or stones of each picture become, or why there is none, in the order of the pictures.

    One thread does all that is to be done with a picture, and runs the networks on one core, so that threads never wait
    for each other. What fits into one batch has all cores to itself. Closing the generator stops its threads; what they
    have not begun is not done.

    Args:
        images: paths, pixels or images of Pillow; a Failure passes through in its place. They are taken a bounded
            distance ahead: two batches for each worker.
        cutter: finds and cuts out the stones.
        become: makes one result of each of at least one stone; it is called by several threads.
        workers: how many threads there are.
        batch_size: of how many pictures the stones become something together.

    Raises:
        ValueError: if an array is not a picture.
    """
    batches = _batches(images, cutter, batch_size)
    first = list(islice(batches, 2))
    if len(first) < 2:
        for batch in first:
            yield from _done(batch, become)
        return
    # Decoding, finding and naming spend their time in native code, which lets other threads run.
    executor = ThreadPoolExecutor(
        workers, thread_name_prefix="stones", initializer=run_on_one_core if workers > 1 else None
    )
    waiting: deque[Future[list[Result | Failure]]] = deque()
    try:
        for batch in chain(first, batches):
            waiting.append(executor.submit(_done, batch, become))
            while waiting and (len(waiting) > 2 * workers or waiting[0].done()):
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
    finally:
        executor.shutdown(cancel_futures=True)


def _batches(images: Iterable[ImageInput | Failure], cutter: Cutter, size: int) -> Iterator[list[Callable[[], Found]]]:
    """Yield what is to be called for the stones of each picture, so many at once."""
    finding = (_finding(image, position, cutter) for position, image in enumerate(images))
    while batch := list(islice(finding, size)):
        yield batch


def _finding(image: ImageInput | Failure, position: int, cutter: Cutter) -> Callable[[], Found]:
    if isinstance(image, Failure | Path | str):
        return partial(_from_file, image, cutter)
    if isinstance(image, Encoded):
        return partial(_cut, partial(decode_image, io.BytesIO(image.content), image.name), image.name, cutter)
    if isinstance(image, Image.Image):
        return partial(_from_pillow, image, str(getattr(image, "filename", "") or f"image {position}"), cutter)
    pixels = check_array(image)
    return partial(_cut, lambda: pixels, f"array {position}", cutter)


def _done(
    batch: Sequence[Callable[[], Found]], become: Callable[[Sequence[StoneCrop]], list[Result]]
) -> list[Result | Failure]:
    found = [stone for stones in batch for stone in stones()]
    crops = [stone for stone in found if isinstance(stone, StoneCrop)]
    results = iter(become(crops) if crops else ())
    return [stone if isinstance(stone, Failure) else next(results) for stone in found]


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
