"""What is known of a stone besides its picture: readings, how common gems are, and what it can be at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from gemhier.hierarchy.priors import UNIFORM, load_prior

if TYPE_CHECKING:  # the arithmetic of readings, which a picture alone does not need
    from gemhier.hierarchy.readings import Reading

WRONG_SHARE = 0.05
"""The share of readings that are taken to be wrong altogether."""


@dataclass(frozen=True)
class Evidence:
    """What speaks for or against a gem besides the picture.

    Attributes:
        readings: what was measured on the stone, each property once.
        prior: how common gems are: a share for each of some nodes, in any unit; None for all alike.
        prior_name: what the prior is called.
        only: names or ids of what the stone can be; empty for everything.
        without: names or ids of what it cannot be.
        wrong: the share of readings that are wrong altogether.
    """

    readings: "tuple[Reading, ...]" = ()
    prior: Mapping[str, float] | None = field(default=None, hash=False)
    prior_name: str = "uniform"
    only: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    wrong: float = WRONG_SHARE

    def __post_init__(self) -> None:
        if not 0 < self.wrong < 1:
            raise ValueError(f"`wrong` must lie between 0 and 1. Received: {self.wrong}.")

    @classmethod
    def of(
        cls,
        *,
        prior: str | Path = UNIFORM,
        only: Sequence[str] = (),
        without: Sequence[str] = (),
        wrong: float = WRONG_SHARE,
        errors: Mapping[str, float] | None = None,
        **readings: str | float,
    ) -> "Evidence":
        """Return evidence from readings as people write them.

        Example: `Evidence.of(ri="1.762-1.770", sg=4.0)`.

        Args:
            prior: how common gems are: `uniform`, `trade`, or a CSV file with the columns gem and share.
            only: names or ids of what the stone can be.
            without: names or ids of what it cannot be.
            wrong: the share of readings that are wrong altogether.
            errors: other standard errors of `ri`, `birefringence`, `sg` and `hardness`.
            readings: any of `ri`, `birefringence`, `optic_character`, `sg`, `weight_in_air`, `weight_in_water`,
                `hardness`, `pleochroism` and `fluorescence`.

        Raises:
            EvidenceError: if something is not a reading, or the prior cannot be read.
        """
        from gemhier.hierarchy.reading_text import parse_readings

        parsed = parse_readings({key: str(value) for key, value in readings.items()}, errors)
        return cls(parsed, load_prior(prior), str(prior), tuple(only), tuple(without), wrong)

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.readings or self.prior is not None or self.only or self.without)
