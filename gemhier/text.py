"""Text for people: names in one line, numbers in sentences."""

import re

_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def visible(text: str) -> str:
    """Return the text in one line: line ends and control characters, which a file name may hold, become escapes.

    A name could otherwise break the line it stands in, or give orders to the terminal.
    """
    return _UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def count(number: int, singular: str, plural: str | None = None) -> str:
    """Return a number with its noun: 1 class, 2,000 classes."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"
