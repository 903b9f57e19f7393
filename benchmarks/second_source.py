"""Properties of gems by a second source, and readings that are drawn from them.

The source is the package gemmology-mineral-database, while gemhier reasons with its own ranges.
"""

import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gemhier import Bundle
from gemhier.errors import TaxonomyError
from gemhier.hierarchy.evidence import Evidence
from gemhier.hierarchy.labels import route
from gemhier.hierarchy.readings import REFRACTOMETER_LIMIT

INDEX_ERROR, GRAVITY_ERROR, HARDNESS_ERROR = 0.003, 0.03, 0.5
SPOT_ERROR = 0.01


@dataclass(frozen=True)
class Values:
    """What the second source says of a gem: lower index, birefringence, specific gravity, hardness, character."""

    index: tuple[float, float]
    birefringence: float | None
    gravity: tuple[float, float]
    hardness: float
    character: str


def second_source(bundle: Bundle) -> dict[str, Values]:
    """Return the values of each label that the package knows: its own, or those of the nearest node above it."""
    import mineral_database

    known: dict[str, Values] = {}
    file = Path(mineral_database.__file__).parent / "data" / "minerals.db"
    rows = sqlite3.connect(file).execute(
        "select name, ri_min, ri_max, birefringence, sg_min, sg_max, hardness, optical_character from minerals "
        "where origin = 'natural' and ri is not null and sg is not null order by name"
    )
    for name, low, high, birefringence, light, heavy, hardness, character in rows:
        plain = re.sub(r" \(.*", "", name).split(" (")[0]
        try:
            node = bundle.taxonomy.resolve(plain).id
        except TaxonomyError:
            continue
        known.setdefault(
            node, Values((low, high), _middle(birefringence), (light, heavy), float(hardness), _character(character))
        )
    found = {}
    for label in bundle.space.labels:
        node = next((above for above in reversed(route(label)) if above in known), None)
        if node is not None:
            found[label] = known[node]
    return found


def _middle(text: str | float | None) -> float | None:
    if text is None:
        return None
    numbers = [float(part) for part in re.findall(r"\d+\.\d+", str(text))]
    return float(np.mean(numbers)) if numbers else None


def _character(text: str | None) -> str:
    named = (text or "").lower()
    for word in ("isotropic", "uniaxial", "biaxial", "aggregate"):
        if word in named:
            sign = "+" if "+" in named else "-" if "-" in named else ""
            return word + (sign if word in ("uniaxial", "biaxial") else "")
    return ""


def draw(kind: str, values: Values, spot: bool, generator: np.random.Generator) -> dict[str, str]:
    """Return a reading of a stone, as a person would write it."""
    if kind == "sg":
        return {"sg": f"{generator.normal(generator.uniform(*values.gravity), GRAVITY_ERROR):.2f}"}
    if kind == "hardness":
        return {"hardness": f"{np.clip(generator.normal(values.hardness, HARDNESS_ERROR), 1, 10):.1f}"}
    if kind == "optic_character":
        return {"optic_character": values.character} if values.character else {}
    index = generator.uniform(*values.index)
    if index > REFRACTOMETER_LIMIT:
        return {"ri": f">{REFRACTOMETER_LIMIT:.2f}"}
    if spot:
        return {"ri": f"{generator.normal(index + (values.birefringence or 0) / 2, SPOT_ERROR):.2f}"}
    both = generator.normal([index, index + (values.birefringence or 0)], INDEX_ERROR)
    low, high = sorted(both)
    return {"ri": f"{low:.3f}-{min(high, low + 0.3):.3f}"}


def evidence_for(
    kinds: Sequence[str],
    label: str,
    bundle: Bundle,
    source: dict[str, Values],
    generator: np.random.Generator,
    wrong: float,
) -> Evidence:
    """Return readings of a stone of a label; a share of them is of another gem."""
    texts: dict[str, str] = {}
    for kind in kinds:
        of = label
        if generator.random() < wrong:
            of = str(generator.choice([other for other in source if other != label]))
        texts |= draw(kind, source[of], bundle.candidates.gem(of).spot_only, generator)
    return Evidence.of(**texts)
