"""What the gems that can be painted look like."""

from dataclasses import dataclass

from gemhier.pipeline.synthetic.gems.cuts import CUTS
from gemhier.pipeline.synthetic.gems.materials import FLAWS, SURFACES


@dataclass(frozen=True)
class GemLook:
    """How stones of one kind look.

    Attributes:
        name: the gem, by a name that the built-in taxonomy knows.
        colours: from one end of its colours to the other, each #rrggbb in sRGB.
        cuts: names in `cuts.CUTS`; one named twice is drawn twice as often.
        surface: the pattern of a rounded stone, a name in `materials.SURFACES`.
        index: refractive index; a faceted stone is traced with it.
        haze: how much of the light in a faceted stone is scattered, from the clearest to the cloudiest.
        flaws: what the scattered light shows in a faceted stone: a name in `materials.FLAWS`.
    """

    name: str
    colours: tuple[str, ...]
    cuts: tuple[str, ...]
    surface: str = "glassy"
    index: float = 1.55
    haze: tuple[float, float] = (0.0, 0.08)
    flaws: str = "veil"

    def __post_init__(self) -> None:
        """Refuse names that cannot be painted."""
        for kind, name, known in (
            *(("cut", cut, sorted(CUTS)) for cut in self.cuts),
            ("surface", self.surface, sorted(SURFACES)),
            ("flaws", self.flaws, FLAWS),
        ):
            if name not in known:
                raise ValueError(f"Unknown {kind} {name!r} of {self.name}. Known: {', '.join(known)}.")


_BRIGHT_CUTS = ("oval", "oval", "round", "cushion", "pear", "step")

_LOOKS = (
    GemLook(
        "Emerald", ("#3fae6a", "#1c8a48", "#0d6a3c"), ("step", "step", "oval", "pear", "cabochon"),
        index=1.58, haze=(0.15, 0.4), flaws="garden",
    ),
    GemLook(
        "Colombian Emerald", ("#12b07a", "#00955f", "#007a55"), ("step", "step", "oval", "cushion"),
        index=1.58, haze=(0.08, 0.22), flaws="dots",
    ),
    GemLook("Aquamarine", ("#c4e6ee", "#94d0e4", "#78bede"), _BRIGHT_CUTS, index=1.58, haze=(0.0, 0.06)),
    GemLook("Morganite", ("#f6d6cc", "#f0bfb6", "#eab0b4"), _BRIGHT_CUTS, index=1.58, haze=(0.0, 0.06)),
    GemLook(
        "Ruby", ("#d0103e", "#b80830", "#980628"), ("oval", "oval", "cushion", "round", "pear", "cabochon"),
        index=1.77, haze=(0.03, 0.18), flaws="silk",
    ),
    GemLook(
        "Blue Sapphire (Neelam)", ("#4470d4", "#1e40b0", "#102a84"), ("oval", "oval", "cushion", "round", "pear"),
        index=1.77, haze=(0.02, 0.14), flaws="silk",
    ),
    GemLook(
        "Yellow Sapphire (Pukhraj)", ("#f8e070", "#f4cc38", "#eab820"), ("oval", "oval", "cushion", "round", "step"),
        index=1.77, haze=(0.02, 0.14), flaws="silk",
    ),
    GemLook("Amethyst", ("#b488dc", "#8c4cc0", "#6a2c9c"), (*_BRIGHT_CUTS, "cabochon")),
    GemLook("Citrine", ("#fbd868", "#f4ae30", "#e28a18"), _BRIGHT_CUTS),
    GemLook(
        "Rose Quartz", ("#f6d8de", "#f0c2cc", "#e8b0bf"), ("cabochon", "cabochon", "pear cabochon", "bead", "oval"),
        surface="milky", haze=(0.5, 0.7),
    ),
    GemLook(
        "Rutilated Quartz", ("#f2ece0", "#e8dcc4", "#d8c8a8"), ("cabochon", "pear cabochon", "cushion cabochon"),
        surface="needles",
    ),
    GemLook(
        "Tiger Eye", ("#c08a30", "#a06a20", "#7a4818"), ("cabochon", "round cabochon", "pear cabochon", "bead"),
        surface="chatoyant",
    ),
    GemLook(
        "Hessonite (Gomed)", ("#e8801c", "#d0581a", "#a83c14"), ("oval", "oval", "cushion", "round", "cabochon"),
        index=1.74, haze=(0.04, 0.15),
    ),
    GemLook("Tsavorite", ("#48c850", "#1ea848", "#0c8838"), ("oval", "cushion", "round", "pear"), index=1.74),
    GemLook(
        "White Opal", ("#f6f2ec", "#ecece8", "#e6ecf0"), ("cabochon", "cabochon", "round cabochon", "pear cabochon"),
        surface="light opal",
    ),
    GemLook(
        "Black Opal", ("#14202c", "#1c1c28", "#0c141c"), ("cabochon", "cabochon", "round cabochon", "pear cabochon"),
        surface="dark opal",
    ),
    GemLook(
        "Turquoise", ("#3cc4d0", "#40b8b8", "#68c8b8"), ("cabochon", "round cabochon", "pear cabochon", "bead"),
        surface="veined",
    ),
    GemLook(
        "Malachite", ("#0c9058", "#087048", "#14a868"), ("cabochon", "round cabochon", "cushion cabochon", "bead"),
        surface="banded",
    ),
    GemLook(
        "Lapis Lazuli", ("#2438b0", "#1c2c94", "#3050b8"), ("cabochon", "round cabochon", "pear cabochon", "bead"),
        surface="spangled",
    ),
    GemLook("Pearl", ("#f8f4ea", "#f6e4dc", "#f0e2c0"), ("bead",), surface="nacre"),
)  # fmt: skip

LOOKS: dict[str, GemLook] = {look.name: look for look in _LOOKS}
"""Every gem that can be painted, by name."""
