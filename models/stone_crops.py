"""Read pictures and cut out their stones on several threads, a bounded distance ahead."""

from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from gemhier.errors import ImageError
from gemhier.models.image import check_array, read_image
from gemhier.models.prediction import Failure
from gemhier.models.stone import crop_stone, find_stone

Picture = Path | str | npt.NDArray[np.uint8]
"""A picture to classify: its path, or its pixels, (H, W, 3) uint8 RGB."""


@dataclass(frozen=True)
class StoneCrop:
    """The stone of one picture, ready for the network.

    Attributes:
        image: the path as it was given, or "array 0" for pixels that came first.
        pixels: (size, size, 3) uint8 RGB.
    """

    image: str
    pixels: npt.NDArray[np.uint8]


def stone_crops(
    pictures: Iterable[Picture | Failure], size: int, *, workers: int, ahead: int
) -> Generator[StoneCrop | Failure, None, None]:
    """Yield the stone of each picture, or why there is none, in the order of the pictures.

    Closing the generator stops its threads; what they have not begun is not done.

    Args:
        pictures: paths or pixels; a Failure passes through in its place.
        size: side of the crops, in pixels.
        workers: how many threads read and crop.
        ahead: how many pictures are taken from `pictures` before their turn, at most.

    Raises:
        ValueError: if an array is not a picture.
    """
    # Decoding and cropping spend their time in native code, which lets other threads run.
    executor = ThreadPoolExecutor(workers, thread_name_prefix="stone-crops")
    waiting: deque[Future[StoneCrop | Failure]] = deque()
    try:
        for position, picture in enumerate(pictures):
            if isinstance(picture, Failure | Path | str):
                waiting.append(executor.submit(_from_file, picture, size))
            else:
                waiting.append(executor.submit(_from_array, check_array(picture), f"array {position}", size))
            if len(waiting) > ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        executor.shutdown(cancel_futures=True)


def _from_array(picture: npt.NDArray[np.uint8], image: str, size: int) -> StoneCrop:
    return StoneCrop(image, crop_stone(picture, find_stone(picture), size))


def _from_file(path: Path | str | Failure, size: int) -> StoneCrop | Failure:
    if isinstance(path, Failure):
        return path
    image = str(path)
    try:
        return _from_array(read_image(Path(path)), image, size)
    except ImageError as error:
        return Failure(image, _reason(error, str(Path(path))))
    except MemoryError:
        return Failure(image, "too large for the memory that is free. Make it smaller.")


def _reason(error: ImageError, path: str) -> str:
    """The message without the path in front, which the Failure has in a field of its own."""
    message = " ".join(str(error).splitlines())
    return message.removeprefix(f"{path}: ").removeprefix(f"{path!r}: ")
