"""What is known of one gem."""

from dataclasses import dataclass
from typing import NamedTuple

OTHERS = "others/"
"""How the ids begin of what the taxonomy does not hold: synthetics, imitations, doublets."""

KINDS = ("natural", "synthetic", "imitation", "doublet")
"""What a stone can be. A doublet is put together of several pieces, two or three."""

OPTIC_CHARACTERS = ("isotropic", "uniaxial+", "uniaxial-", "biaxial+", "biaxial-", "aggregate")
"""What a polariscope tells. An aggregate is of many small crystals, and never gets dark."""

STRENGTHS = ("none", "weak", "moderate", "strong")
"""How strong pleochroism or fluorescence is."""


@dataclass(frozen=True)
class Range:
    """From the lowest to the highest value that is published, both included."""

    low: float
    high: float

    def __contains__(self, value: object) -> bool:
        """Whether a value lies in it."""
        return isinstance(value, int | float) and self.low <= value <= self.high


class Fluorescence(NamedTuple):
    """What is seen in ultraviolet light: a strength or two, and a colour, in words ("none to moderate yellow")."""

    long_wave: str
    short_wave: str


@dataclass(frozen=True, kw_only=True)
class Gem:
    """One gem, or one group of gems, and its properties; None or empty is unknown or cannot be measured.

    Attributes:
        id: of the node in the taxonomy, or `others/` and a key for what the taxonomy does not hold.
        name: as it is shown to people.
        aliases: other names for it.
        kind: one of `KINDS`.
        refractive_index: from the lowest of the lower index to the highest of the upper one.
        birefringence: the difference of the two, 0 for isotropic gems.
        spot_only: whether it is opaque or an aggregate, so that a refractometer gives one reading, by a spot.
        optic_character: some of `OPTIC_CHARACTERS`.
        specific_gravity: the density over that of water.
        hardness: on the scale of Mohs.
        dispersion: the refractive index at the line G less that at B.
        pleochroism: one of `STRENGTHS`.
        pleochroism_colours: the colours that a dichroscope shows.
        fluorescence: in ultraviolet light of long and short waves.
        lustre: of a polished face.
        transparency: some of transparent, translucent and opaque.
        colours: in which it is found.
        crystal_system: one or more, or amorphous.
        found: countries and places.
        treatments: what is done to it.
        confused_with: ids of gems that look like it, each with a sentence that says what tells them apart.
        sources: keys of the books that the properties are from.
    """

    id: str
    name: str
    aliases: tuple[str, ...] = ()
    kind: str = "natural"
    refractive_index: Range | None = None
    birefringence: Range | None = None
    spot_only: bool = False
    optic_character: tuple[str, ...] = ()
    specific_gravity: Range | None = None
    hardness: Range | None = None
    dispersion: Range | None = None
    pleochroism: str | None = None
    pleochroism_colours: tuple[str, ...] = ()
    fluorescence: Fluorescence | None = None
    lustre: tuple[str, ...] = ()
    transparency: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    crystal_system: str | None = None
    found: tuple[str, ...] = ()
    treatments: tuple[str, ...] = ()
    confused_with: tuple[tuple[str, str], ...] = ()
    sources: tuple[str, ...] = ()
