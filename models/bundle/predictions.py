"""What comes out for each picture: a prediction, or the reason there is none."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gemhier.arrays import Float64
from gemhier.hierarchy.decoding import Strategy
from gemhier.models.bundle.candidate import DECIMALS, Candidate
from gemhier.models.images.stones import Failure, Place, StoneCrop

if TYPE_CHECKING:  # what readings need, and a picture alone does not
    from gemhier.models.bundle.explanation import Explanation
    from gemhier.models.bundle.shortlist import Shortlist

NO_GEM = "no gem stands out"
"""With these words begins the reason of a refusal where the stone finder sees no gem."""

WORTH_NAMING = 0.1
"""A family that is less probable is not offered to a person beside another."""

MOST = 2 / 3
"""A label with this share of its family's probability is named with it."""


@dataclass(frozen=True)
class Answer:
    """The deepest node that is sure enough.

    Attributes:
        id: the node's id, "beryl/emerald".
        name: its name, "Emerald".
        rank: family, species, variety, region or trade.
        probability: of the node, which is the sum over the labels at or below it.
        above: the name of the node above it, "Beryl"; "" for a family.
    """

    id: str
    name: str
    rank: str
    probability: float
    above: str = ""

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        probability = round(self.probability, DECIMALS)
        return {"id": self.id, "name": self.name, "rank": self.rank, "probability": probability}

    def __str__(self) -> str:
        """As people read it: Emerald (variety of beryl)."""
        rank = "trade name" if self.rank == "trade" else self.rank
        return f"{self.name} ({rank} of {self.above.lower()})" if self.above else f"{self.name} ({rank})"


@dataclass(frozen=True)
class Contradiction:
    """Two photographs of a stone that hardly agree on its family.

    Attributes:
        images: the two.
        families: the most probable family by each.
    """

    images: tuple[str, str]
    families: tuple[Candidate, Candidate]

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        return {"images": list(self.images), "families": [family.to_dict() for family in self.families]}

    def __str__(self) -> str:
        """As people read it: front.jpg looks like beryl (0.93), back.jpg like quartz (0.88)."""
        (first, second), (one, other) = self.images, self.families
        return (
            f"{first} looks like {one.name.lower()} ({one.probability:.2f}), "
            f"{second} like {other.name.lower()} ({other.probability:.2f})"
        )


@dataclass(frozen=True)
class MultiView:
    """Which photographs of one stone its answer comes from.

    Attributes:
        images: those it rests on, as they were given.
        without_gem: those that were read, but in which no gem stands out.
        failures: those that could not be read.
        contradictions: pairs of `images` that hardly agree on the family, the worst first.
    """

    images: tuple[str, ...]
    without_gem: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON values; the keys but `images` are there only if there are any."""
        without_gem = {"without_gem": list(self.without_gem)} if self.without_gem else {}
        failures = {"failures": [failure.to_dict() for failure in self.failures]} if self.failures else {}
        pairs = [pair.to_dict() for pair in self.contradictions]
        return {
            "images": list(self.images),
            **without_gem,
            **failures,
            **({"contradictions": pairs} if pairs else {}),
        }


@dataclass(frozen=True)
class Prediction:
    """What a picture shows, as far as the model can tell.

    Attributes:
        image: the path as it was given, or "array 0" for the first array; empty without a picture.
        answer: the deepest node that is sure enough; None if not even a family is.
        refused: why there is no answer; None if there is one.
        families: the most probable families, best first.
        subclasses: the most probable labels, best first, whatever the answer is.
        decided_by: how the network's outputs became one distribution: flat, hard, soft or fused; evidence without a
            picture.
        model_version: the version of the bundle.
        place: which stone of the picture is meant; None where only one was asked for.
        multi_view: the other photographs of the stone; None where each picture has an answer of its own.
        explanation: what each reading did, and which test comes next; None where it was not asked for.
        shortlist: what the stone can be, with a guarantee; None where it was not asked for or no gem stands out.
        like: whether the picture is like those that the model was calibrated on; None if the model does not know.
        novel: whether the picture may show none of the gems that the model can name; None if the model does not know,
            for unlike pictures, where no gem stands out, and with readings.
        caution: what is promised of a picture that is unlike, or without a picture, or that it may be novel, in a
            sentence; empty for others.
    """

    image: str
    answer: Answer | None
    refused: str | None
    families: tuple[Candidate, ...]
    subclasses: tuple[Candidate, ...]
    decided_by: str
    model_version: str
    place: Place | None = None
    multi_view: MultiView | None = None
    explanation: "Explanation | None" = None
    shortlist: "Shortlist | None" = None
    like: bool | None = None
    novel: bool | None = None
    caution: str = ""

    def __post_init__(self) -> None:
        if (self.answer is None) == (self.refused is None):
            raise ValueError("A prediction has either an `answer` or the reason it was `refused`.")

    def __str__(self) -> str:
        """One line: the picture, the answer and its probability."""
        if self.answer is None:
            return f"{self.title}: {self.refusal}"
        return f"{self.title}: {self.answer} {self.answer.probability:.2f}"

    def _repr_html_(self) -> str:
        """Return a small table for a notebook."""
        from gemhier.templates import render  # loads Jinja2, which classifying does not need

        return render("models/bundle/prediction.html", prediction=self)

    @property
    def refusal(self) -> str:
        """Why there is no answer, in words for people, with what it may be; empty if there is one."""
        if self.refused is None:
            return ""
        if self.refused.startswith(NO_GEM):
            return "No gem found."
        others = self.explanation.others if self.explanation else ()
        ranked = sorted((*self.families, *others), key=lambda gem: -gem.probability)[:2]
        likely = [gem for gem in ranked if gem.probability >= WORTH_NAMING]
        named = [self._in_words(gem) for gem in likely or ranked[:1]]
        return f"Not sure. Perhaps {' or '.join(named)}."

    def _in_words(self, family: Candidate) -> str:
        """Return a family with its probability, and with the label that has most of it: Corundum (0.61: ruby 0.60)."""
        of_family = [label for label in self.subclasses if label.id.startswith(f"{family.id}/")]
        surest = f": {of_family[0].name.lower()} {of_family[0].probability:.2f}" if of_family else ""
        has_most = bool(of_family) and of_family[0].probability >= MOST * family.probability
        return f"{family.name} ({family.probability:.2f}{surest if has_most else ''})"

    @property
    def title(self) -> str:
        """The picture, and which of its stones and where, or how many more there are of the same stone."""
        if self.place is not None:
            return f"{self.image}, stone {self.place.stone} {self.place}"
        if not self.image:
            return "Stone"
        more = 0 if self.multi_view is None else len(self.multi_view.images) - 1
        return f"{self.image} and {more} more" if more else self.image

    @property
    def _box(self) -> dict[str, int]:
        return {} if self.place is None else {"x": self.place.x, "y": self.place.y, "side": self.place.side}

    def to_dict(self) -> dict[str, Any]:
        """JSON values with the keys of docs/formats.md; those that do not apply are not there."""
        refused = {} if self.refused is None else {"refused": self.refused}
        place = {} if self.place is None else {"stone": self.place.stone, "box": self._box}
        return {
            **({"image": self.image} if self.image else {}),
            **place,
            **({} if self.multi_view is None else self.multi_view.to_dict()),
            "answer": None if self.answer is None else self.answer.to_dict(),
            **refused,
            "families": [candidate.to_dict() for candidate in self.families],
            "subclasses": [candidate.to_dict() for candidate in self.subclasses],
            **({} if self.shortlist is None else {"shortlist": self.shortlist.to_dict()}),
            **({} if self.explanation is None else self.explanation.to_dict()),
            **({} if self.like is None else {"like": self.like}),
            **({} if self.novel is None else {"novel": self.novel}),
            **({"caution": self.caution} if self.caution else {}),
            "decided_by": self.decided_by,
            "model_version": self.model_version,
        }


@dataclass(frozen=True, eq=False)
class StoneResult:
    """What became of one stone.

    Attributes:
        crop: the stone as the network saw it.
        probabilities: for each strategy (V,), P(label).
        prediction: by the strategy of the bundle.
    """

    crop: StoneCrop
    probabilities: Mapping[Strategy, Float64]
    prediction: Prediction
