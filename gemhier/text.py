"""Text for people: names in one line, numbers in sentences."""

import re

DASH = "–"
"""Stands for a number that there is none of."""

_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def visible(text: str) -> str:
    """Return the text in one line: line ends and control characters, which a file name may hold, become escapes.

    A name could otherwise break the line it stands in, or give orders to the terminal.
    """
    return _UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def count(number: int, singular: str, plural: str | None = None) -> str:
    """Return a number with its noun: 1 class, 2,000 classes."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def printable(text: str, encoding: str = "utf-8") -> str:
    """Return the text with escapes for what an encoding cannot say, such as bytes of a file name that are not UTF-8."""
    return text.encode(encoding, "backslashreplace").decode(encoding)


def percent(share: float | None) -> str:
    """Return a share as people read it."""
    return DASH if share is None else f"{share:.1%}"


def points(difference: float | None) -> str:
    """Return a difference of shares in percentage points, with its sign."""
    return DASH if difference is None else f"{100 * difference:+.1f}"


def number(value: float | None) -> str:
    """Return a number with as many decimals as mean something."""
    return DASH if value is None else f"{value:.3f}" if value < 1 else f"{value:.2f}"
