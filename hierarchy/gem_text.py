"""What is known of one gem, for people and as JSON values."""

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from gemhier.hierarchy.gem import Gem, Range
from gemhier.hierarchy.properties import Properties

_WIDTH = 100
_INDENT = 22


def gem_values(gem: Gem, properties: Properties) -> dict[str, Any]:
    """Return all that is known as JSON values; what is not known is null or an empty list."""
    values = asdict(gem)
    values["fluorescence"] = None if gem.fluorescence is None else gem.fluorescence._asdict()
    values["confused_with"] = [{"id": node, "difference": difference} for node, difference in gem.confused_with]
    values["sources"] = [properties.sources[key] for key in gem.sources]
    return values


def gem_lines(gem: Gem, properties: Properties) -> Iterator[str]:
    """Yield lines for people; what is not known is left out.

    Args:
        gem: the gem.
        properties: where it is from.
    """
    taxonomy = properties.taxonomy
    node = taxonomy.nodes.get(gem.id)
    above = gem.id.rpartition("/")[0]
    what = gem.kind if node is None else f"{node.rank} of {taxonomy[above].name.lower()}" if above else node.rank
    yield f"{gem.name} ({what})"
    if gem.aliases:
        yield from _row("also called", ", ".join(gem.aliases))
    for title, text in gem_facts(gem):
        yield from _row(title, text)
    for place, (like, difference) in enumerate(gem.confused_with):
        yield from _row("" if place else "look-alikes", f"{properties.gem(like).name}: {difference}")
    if gem.sources:
        yield from _row("sources", "; ".join(properties.sources[key] for key in gem.sources))


def gem_facts(gem: Gem) -> list[tuple[str, str]]:
    """Return what is known of a gem by itself, as titles and texts; what is not known is left out."""
    facts = (
        ("refractive index", _range(gem.refractive_index, 3) + (" (spot reading)" if gem.spot_only else "")),
        ("birefringence", _range(gem.birefringence, 3)),
        ("optic character", " or ".join(gem.optic_character)),
        ("specific gravity", _range(gem.specific_gravity, 2)),
        ("hardness (Mohs)", _range(gem.hardness, 1)),
        ("dispersion", _range(gem.dispersion, 3)),
        ("pleochroism", _pleochroism(gem)),
        ("fluorescence", _fluorescence(gem)),
        ("crystal system", gem.crystal_system or ""),
        ("lustre", ", ".join(gem.lustre)),
        ("transparency", ", ".join(gem.transparency)),
        ("colours", ", ".join(gem.colours)),
        ("found in", ", ".join(gem.found)),
        ("treatments", ", ".join(gem.treatments)),
    )
    return [(title, text) for title, text in facts if text]


def _row(title: str, text: str) -> Sequence[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent=f"  {title:<{_INDENT - 2}}", subsequent_indent=" " * (_INDENT + 2)
    )


def _range(known: Range | None, decimals: int) -> str:
    if known is None:
        return ""
    low, high = f"{known.low:.{decimals}f}", f"{known.high:.{decimals}f}"
    return low if low == high else f"{low} to {high}"


def _fluorescence(gem: Gem) -> str:
    if gem.fluorescence is None:
        return ""
    return f"{gem.fluorescence.long_wave} (long wave), {gem.fluorescence.short_wave} (short wave)"


def _pleochroism(gem: Gem) -> str:
    if gem.pleochroism is None:
        return ""
    return f"{gem.pleochroism} ({', '.join(gem.pleochroism_colours)})" if gem.pleochroism_colours else gem.pleochroism
