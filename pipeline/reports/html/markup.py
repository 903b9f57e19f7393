"""Numbers, labels and tables as HTML."""

from collections.abc import Callable, Iterable, Sequence
from html import escape

from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.pipeline.evaluation.estimates import Estimate
from gemhier.pipeline.reports.html.style import printable

DASH = "–"

Shown = Callable[[float | None], str]


def percent(share: float | None) -> str:
    """Return a share as people read it."""
    return DASH if share is None else f"{share:.1%}"


def number(value: float | None) -> str:
    """Return a number with as many decimals as mean something."""
    return DASH if value is None else f"{value:.3f}" if value < 1 else f"{value:.2f}"


def interval(figure: Estimate, shown: Shown) -> str:
    """From where to where a figure may lie."""
    return "" if figure.value is None else f"{shown(figure.low)} to {shown(figure.high)}"


def label(node: str, taxonomy: Taxonomy) -> str:
    """Return a node's name, and small below it what it belongs to."""
    above = " › ".join(taxonomy[parent].name for parent in taxonomy[node].route[:-1])
    small = f"<small>{escape(above)}</small>" if above else ""
    return f"{escape(taxonomy[node].name)}{small}"


def label_cell(node: str, taxonomy: Taxonomy) -> str:
    """Return a cell with a node, which sorts by its name and is its id in a CSV file."""
    return f'<td data-value="{escape(taxonomy[node].name)}" data-csv="{escape(node)}">{label(node, taxonomy)}</td>'


def text_cell(text: str) -> str:
    """Return a cell of text."""
    return f"<td>{escape(printable(text))}</td>"


def count_cell(count: int) -> str:
    """Return a cell with a whole number."""
    return f'<td class="number" data-value="{count}">{count:,}</td>'


def share_cell(share: float | None) -> str:
    """Return a cell with a share."""
    return f'<td class="number" data-value="{"" if share is None else round(share, 6)}">{percent(share)}</td>'


def figure_cell(figure: Estimate, shown: Shown = percent) -> str:
    """Return a cell with a figure and its interval, which are three columns of a CSV file."""
    value, low, high = ("" if part is None else round(part, 6) for part in (figure.value, figure.low, figure.high))
    small = f"<small>{interval(figure, shown)}</small>" if figure.value is not None else ""
    return (
        f'<td class="number" data-value="{value}" data-low="{low}" data-high="{high}">{shown(figure.value)}{small}</td>'
    )


def row(*cells: str) -> str:
    """Return a row of a table."""
    return f"<tr>{''.join(cells)}</tr>"


def table(
    name: str, texts: Sequence[str], numbers: Sequence[str], rows: Iterable[str], *, fixed: bool = False, more: str = ""
) -> str:
    """Return a table, first texts and then numbers, that can be sorted and downloaded as CSV.

    Args:
        name: of the CSV file.
        texts: titles of the columns of texts.
        numbers: titles of the columns of numbers.
        rows: of HTML.
        fixed: whether the order of the rows stays as it is.
        more: further columns of texts, behind the numbers, as one HTML text of head cells.
    """

    def head(title: str, kind: str) -> str:
        inner = escape(title) if fixed else f"<button>{escape(title)}</button>"
        return f'<th scope="col"{kind}>{inner}</th>'

    heads = [head(title, "") for title in texts] + [head(title, ' class="number"') for title in numbers]
    return (
        f'<div class="wide"><table data-name="{escape(name)}"><thead><tr>{"".join(heads)}{more}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def section(anchor: str, title: str, *parts: str) -> str:
    """Return a section of a page, that links lead to."""
    return f'<section id="{anchor}"><h2>{escape(title)}</h2>{"".join(parts)}</section>'


def note(text: str) -> str:
    """Return a small text that explains."""
    return f'<p class="faint">{escape(text)}</p>'
