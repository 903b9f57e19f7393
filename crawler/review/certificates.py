"""Recognise a laboratory's report by its text, with the extra `ocr`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

LEAST_LINES = 3
LEAST_LETTERS = 30
"""A report has more: dozens of lines. A shop's own mark in a photograph is a line or two, and the stray signs that are
read into a stone's facets are single letters."""

_SURE = 0.6
_LARGEST_SIDE = 1600


class CertificateReader:
    """Reads the text in pictures; loading it takes a second or two.

    Raises:
        ImportError: if the extra `ocr` is not installed.
    """

    def __init__(self) -> None:
        import onnxruntime  # noqa: F401  # which rapidocr needs, and finds missing only later
        from rapidocr import RapidOCR

        self._engine: Any = RapidOCR(params={"Global.log_level": "error"})

    def __call__(self, path: Path) -> str | None:
        """Say what marks a picture as a report.

        None if nothing does, or if the picture cannot be read.
        """
        import cv2
        import numpy as np

        try:
            image = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
        except (OSError, cv2.error):
            return None
        if image is None:
            return None
        shrink = _LARGEST_SIDE / max(image.shape[:2])
        if shrink < 1:
            image = cv2.resize(image, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
        read = self._engine(image)
        return what_gives_it_away(read.txts or (), read.scores or ())


def what_gives_it_away(lines: Sequence[str], scores: Sequence[float]) -> str | None:
    """Say how much text of a report a picture has, and how it begins.

    None if there is too little text for a report.

    Args:
        lines: the lines of text, as they were read.
        scores: how sure each is, from 0 to 1.
    """
    sure = [line for line, score in zip(lines, scores, strict=True) if score >= _SURE and len(_letters(line)) > 1]
    if len(sure) < LEAST_LINES or sum(len(_letters(line)) for line in sure) < LEAST_LETTERS:
        return None
    beginning = " ".join(" ".join(sure[:3]).split())
    return f"{len(sure)} lines of text: {beginning[:80]}"


def _letters(line: str) -> str:
    return "".join(letter for letter in line if letter.isalnum())
