"""Which picture a row of a table means, by a path or the end of one."""

from collections.abc import Sequence
from pathlib import PurePath

from gemhier.text import visible


class ImageNames:
    """Finds pictures by what a person wrote.

    Args:
        images: what the pictures are called.
    """

    def __init__(self, images: Sequence[str]) -> None:
        self._by_end: dict[str, list[str]] = {}
        for image in dict.fromkeys(images):
            parts = PurePath(image).parts
            for end in {image, *("/".join(parts[start:]) for start in range(len(parts)))}:
                self._by_end.setdefault(end, []).append(image)

    def find(self, written: str, column: str) -> str:
        """Return the picture that a path means, or the end of one, such as a file's name.

        Args:
            written: the path.
            column: where it stands.

        Raises:
            ValueError: if it is empty, or means no picture or several.
        """
        given = written.strip()
        meant = self._by_end.get(given) or self._by_end.get("/".join(PurePath(given).parts), [])
        if given in meant:
            return given
        if len(meant) == 1:
            return meant[0]
        if not given:
            raise ValueError(f"no picture is named. Write its path in the column {column}.")
        if meant:
            raise ValueError(f"{visible(given)} can mean {visible(' or '.join(meant[:2]))}. Write more of it.")
        raise ValueError(f"{visible(given)} is not among the pictures. Correct it, or leave the row out.")
