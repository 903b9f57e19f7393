"""Numbers in sentences."""


def count(number: int, singular: str, plural: str | None = None) -> str:
    """A number with its noun: 1 class, 2,000 classes."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"
