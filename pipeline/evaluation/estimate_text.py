"""Figures as text, for terminals and Markdown: each form is written here alone, so that tables look alike.

All take the form of a number as `format` knows it, and what it is multiplied by before, such as 100 for points.
"""

from gemhier.pipeline.evaluation.estimates import Estimate


def value_text(figure: Estimate, form: str = ".1%", scale: float = 1) -> str:
    """Return the number alone: `81.2%`."""
    return "-" if figure.value is None else f"{scale * figure.value:{form}}"


def interval_text(figure: Estimate, form: str = ".1%", scale: float = 1) -> str:
    """Return the interval alone: `[79.0%, 83.1%]`; nothing if there is none."""
    if figure.low is None or figure.high is None:
        return ""
    return f"[{scale * figure.low:{form}}, {scale * figure.high:{form}}]"


def estimate_text(figure: Estimate, form: str = ".3f", scale: float = 1) -> str:
    """Both in a cell of a table in Markdown: `0.812 (0.790 to 0.831)`."""
    if figure.value is None or figure.low is None or figure.high is None:
        return "–"
    return f"{scale * figure.value:{form}} ({scale * figure.low:{form}} to {scale * figure.high:{form}})"
