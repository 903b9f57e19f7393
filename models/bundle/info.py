"""The file bundle.json: what a bundle holds, and how its network is to be used."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any

from gemhier.hierarchy.answering import Thresholds
from gemhier.hierarchy.decoding import STRATEGIES, Strategy
from gemhier.hierarchy.prediction_sets import SetThresholds, rank
from gemhier.models.images.finder import STONE_THRESHOLD, Finder
from gemhier.models.images.untrained_finders import FINDERS

FORMAT = 2
"""Counts up when a bundle can no longer be read by what was released before."""


@dataclass(frozen=True, kw_only=True)
class Temperatures:
    """What the logits are divided by, so that the probabilities mean what they say.

    Attributes:
        flat: of the flat classifier.
        family: of the general classifier.
        regional: of the regional network of each family, by the family's id; 1 where there is none.

    Raises:
        ValueError: if one of them is not above 0.
    """

    flat: float = 1.0
    family: float = 1.0
    regional: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for temperature in (self.flat, self.family, *self.regional.values()):
            if not 0 < temperature < math.inf:
                raise ValueError(f"Every temperature must be above 0. Received: {temperature}.")

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        return {"flat": self.flat, "family": self.family, "regional": dict(self.regional)}


@dataclass(frozen=True, kw_only=True)
class Unlike:
    """The calibration of pictures that are unlike those of the training, from pictures that were unlike, out of fold.

    Attributes:
        stones: how many stones it was fitted to, each by one picture.
        temperatures: as those of the bundle, and so are the others.
        fusion_weight: the say of the flat classifier in `fused`.
        thresholds: how probable an answer must be for each asked-for precision.
        sets: how probable a label must be to stand in a shortlist of each guarantee.

    Raises:
        ValueError: if there is no stone, or the weight is outside its range.
    """

    stones: int
    temperatures: Temperatures
    fusion_weight: float
    thresholds: Thresholds
    sets: SetThresholds

    def __post_init__(self) -> None:
        if self.stones < 1 or not 0 <= self.fusion_weight <= 1:
            raise ValueError(f"There must be stones, and a weight in 0..1. Received: {self}.")

    def keeps_precision(self, precision: float) -> bool:
        """Whether the stones assure a precision."""
        row = self.thresholds.row_for(precision)
        return row is not None and row.reached

    def keeps_guarantee(self, guarantee: float) -> bool:
        """Whether there are stones enough for a guarantee, by the correction for a finite number of them."""
        row = self.sets.row_for(guarantee)
        return row is not None and rank(self.stones, row.coverage) <= self.stones

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "stones": self.stones,
            "temperatures": self.temperatures.to_dict(),
            "fusion_weight": self.fusion_weight,
            "thresholds": self.thresholds.to_dict(),
            "shortlists": self.sets.to_dict(),
        }


@dataclass(frozen=True, kw_only=True)
class BundleInfo:
    """What bundle.json says.

    Attributes:
        model_version: what predictions name as their model.
        run_id: the tracked run that trained the network.
        created: when its training exported it, as ISO 8601 in UTC.
        size: side of the network's input, in pixels.
        labels: (V,) node ids, sorted: the columns of the network's output.
        temperatures: calibrated on validation pictures, or on all out of fold.
        strategy: how the outputs become one distribution: flat, hard, soft or fused.
        fusion_weight: the say of the flat classifier in `fused`, from 0 to 1.
        thresholds: how probable an answer must be for each asked-for precision.
        default_precision: what is asked for where nobody asks, between 0 and 1.
        sets: how probable a label must be to stand in a shortlist of each guarantee; None if none is promised.
        novel_entropy: above which entropy of P(label), in nats, a picture may show a gem that is none of the labels;
            None if that is not known.
        unlike: what takes the place of temperatures, weight, thresholds and sets where a picture is unlike those of the
            training; None if nothing is known of such pictures.
        stone_threshold: how sure the stone finder must be that it sees a gem.
        finder: how stones are found: by the network that the bundle holds, or by one of `UNTRAINED`.
        files: the SHA-256 of every other file of the bundle, by its path inside it.

    Raises:
        ValueError: if a value is outside its range, or a file lies outside the bundle.
    """

    model_version: str
    run_id: str
    created: str
    size: int
    labels: tuple[str, ...]
    temperatures: Temperatures
    strategy: Strategy
    fusion_weight: float
    thresholds: Thresholds
    default_precision: float
    sets: SetThresholds | None = None
    novel_entropy: float | None = None
    unlike: Unlike | None = None
    stone_threshold: float = STONE_THRESHOLD
    finder: str = Finder.name
    files: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.size < 1:
            raise ValueError(f"`size` must be at least 1 pixel. Received: {self.size}.")
        if self.strategy not in STRATEGIES:
            raise ValueError(f"`strategy` must be one of {', '.join(sorted(STRATEGIES))}. Received: {self.strategy!r}.")
        if not 0 <= self.fusion_weight <= 1:
            raise ValueError(f"`fusion_weight` must lie between 0 and 1. Received: {self.fusion_weight}.")
        if not 0 <= self.stone_threshold <= 1:
            raise ValueError(f"`stone_threshold` must lie between 0 and 1. Received: {self.stone_threshold}.")
        if self.finder not in FINDERS:
            raise ValueError(f"`finder` must be one of {', '.join(FINDERS)}. Received: {self.finder!r}.")
        if not 0 < self.default_precision < 1:
            raise ValueError(f"`default_precision` must lie between 0 and 1. Received: {self.default_precision}.")
        if self.novel_entropy is not None and not 0 <= self.novel_entropy < math.inf:
            raise ValueError(f"The entropy of novelty must be 0 or more. Received: {self.novel_entropy}.")
        for name in self.files:
            if not _is_inside(name):
                raise ValueError(f"`files` must name files inside the bundle. Received: {name!r}.")

    @property
    def away(self) -> "BundleInfo":
        """The same with the calibration of unlike pictures in the place of that of the others, where there is one."""
        unlike = self.unlike
        if unlike is None:
            return self
        return replace(
            self,
            temperatures=unlike.temperatures,
            fusion_weight=unlike.fusion_weight,
            thresholds=unlike.thresholds,
            sets=unlike.sets,
        )

    def threshold_for(self, target_precision: float | None) -> float:
        """Return how probable an answer must be; None asks for the precision that the bundle was packaged with.

        Raises:
            ValueError: if the precision does not lie between 0 and 1.
        """
        precision = self.default_precision if target_precision is None else target_precision
        if not 0 < precision < 1:
            raise ValueError(f"`target_precision` must lie between 0 and 1. Received: {target_precision}.")
        return self.thresholds.threshold_for(precision)

    def to_dict(self) -> dict[str, Any]:
        """JSON values; `from_dict` reads them."""
        return {
            "format": FORMAT,
            "model_version": self.model_version,
            "run_id": self.run_id,
            "created": self.created,
            "size": self.size,
            "finder": self.finder,
            "stone_threshold": self.stone_threshold,
            "labels": list(self.labels),
            "temperatures": self.temperatures.to_dict(),
            "strategy": self.strategy,
            "fusion_weight": self.fusion_weight,
            "default_precision": self.default_precision,
            "thresholds": self.thresholds.to_dict(),
            **({} if self.sets is None else {"shortlists": self.sets.to_dict()}),
            **({} if self.novel_entropy is None else {"novelty": {"entropy": self.novel_entropy}}),
            **({} if self.unlike is None else {"unlike": self.unlike.to_dict()}),
            "files": dict(self.files),
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "BundleInfo":
        """Read what `to_dict` wrote; keys that later versions may add are left aside.

        Raises:
            ValueError: if a key is missing, or a value is of the wrong type or outside its range.
        """
        read = _Reader(content)
        files = _Reader(read.mapping("files"), "files.")
        return cls(
            model_version=read.text("model_version"),
            run_id=read.text("run_id"),
            created=read.text("created"),
            size=read.whole_number("size"),
            stone_threshold=read.number("stone_threshold"),
            finder=read.text("finder") if "finder" in content else Finder.name,
            labels=read.texts("labels"),
            temperatures=read.temperatures(),
            strategy=read.text("strategy"),  # type: ignore[arg-type]  # checked by the class
            fusion_weight=read.number("fusion_weight"),
            default_precision=read.number("default_precision"),
            thresholds=Thresholds.from_dict(read.mappings("thresholds")),
            sets=SetThresholds.from_dict(read.mappings("shortlists")) if "shortlists" in content else None,
            novel_entropy=_Reader(read.mapping("novelty"), "novelty.").number("entropy")
            if "novelty" in content
            else None,
            unlike=_Reader(read.mapping("unlike"), "unlike.").unlike() if "unlike" in content else None,
            files={name: files.text(name) for name in files.content},
        )


def _is_inside(name: str) -> bool:
    """Whether a path stays inside the folder it is joined to, on every operating system."""
    path = PurePosixPath(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts and not set(name) & set("\\:\0")


@dataclass(frozen=True)
class _Reader:
    """JSON values that are checked as they are taken out."""

    content: Mapping[str, Any]
    place: str = ""

    def text(self, key: str) -> str:
        value = self._value(key)
        if not isinstance(value, str):
            raise self._unfit(key, "text")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._value(key)
        if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
            raise self._unfit(key, "a list of texts")
        return tuple(value)

    def number(self, key: str) -> float:
        value = self._value(key)
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise self._unfit(key, "a number")
        return float(value)

    def whole_number(self, key: str) -> int:
        value = self._value(key)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self._unfit(key, "a whole number")
        return value

    def mapping(self, key: str) -> Mapping[str, Any]:
        value = self._value(key)
        if not isinstance(value, dict):
            raise self._unfit(key, "an object")
        return value

    def temperatures(self) -> Temperatures:
        read = _Reader(self.mapping("temperatures"), f"{self.place}temperatures.")
        regional = _Reader(read.mapping("regional"), f"{read.place}regional.")
        return Temperatures(
            flat=read.number("flat"),
            family=read.number("family"),
            regional={family: regional.number(family) for family in regional.content},
        )

    def unlike(self) -> Unlike:
        return Unlike(
            stones=self.whole_number("stones"),
            temperatures=self.temperatures(),
            fusion_weight=self.number("fusion_weight"),
            thresholds=Thresholds.from_dict(self.mappings("thresholds")),
            sets=SetThresholds.from_dict(self.mappings("shortlists")),
        )

    def mappings(self, key: str) -> list[Mapping[str, Any]]:
        value = self._value(key)
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            raise self._unfit(key, "a list of objects")
        return value

    def _value(self, key: str) -> Any:
        if key not in self.content:
            raise ValueError(f"`{self.place}{key}` is missing.")
        return self.content[key]

    def _unfit(self, key: str, wanted: str) -> ValueError:
        return ValueError(f"`{self.place}{key}` must be {wanted}. Received: {self._value(key)!r}.")
