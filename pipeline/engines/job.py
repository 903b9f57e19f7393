"""What is done to many pictures, wherever it runs: a job loads what it needs once a process."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from gemhier import __version__
from gemhier.errors import BundleError
from gemhier.hierarchy.evidence import Evidence
from gemhier.models.bundle import Bundle, load_bundle
from gemhier.models.bundle.predictions import Prediction, StoneResult
from gemhier.models.images.finder import Finder
from gemhier.models.images.stones import Encoded, Failure
from gemhier.models.images.untrained_finders import UNTRAINED, AnyFinder
from gemhier.pipeline.engines.storage import read_ahead

if TYPE_CHECKING:
    from gemhier.models.images.white_balance import Point

Item = TypeVar("Item")
Result = TypeVar("Result")
Given = TypeVar("Given", contravariant=True)
Made = TypeVar("Made", covariant=True)


class Job(Protocol[Given, Made]):
    """Makes something of items, one after the other. Ray pickles it, so it holds no network but what loads one."""

    def __call__(self, items: Iterable[Given], /) -> Iterator[Made]:
        """Yield what becomes of each item, in order: one result for each, unless the job says otherwise."""


class Engine(Protocol):
    """Where jobs run."""

    def map(self, job: Job[Item, Result], items: Sequence[Item], label: str) -> Iterator[Result]:
        """Yield the results for the items in their order, and show a bar with this label meanwhile."""


class CarriedBundle:
    """A bundle that can be pickled: where it arrives it is loaded from its folder, once, and uses one core.

    Args:
        bundle: the bundle, as it is used in this process.

    Attributes:
        folder: where it lies, on every machine.
        fingerprint: its version and a digest of all that it says of its files and settings.
        workers: how many threads read pictures; None for as many as there are cores.
    """

    def __init__(self, bundle: Bundle) -> None:
        self.folder = bundle.folder.resolve()
        self.fingerprint = fingerprint(bundle)
        self.workers: int | None = None
        self._version = __version__
        self._bundle: Bundle | None = bundle

    def __getstate__(self) -> dict[str, Any]:
        """Leave the networks behind."""
        return {**vars(self), "workers": 1, "_bundle": None}

    @property
    def bundle(self) -> Bundle:
        """The bundle itself.

        Raises:
            BundleError: if what lies in its folder here is missing, or is another one.
        """
        if self._bundle is None:
            bundle = load_bundle(self.folder, num_threads=1)
            if (self._version, self.fingerprint) != (__version__, fingerprint(bundle)):
                raise BundleError(
                    f"{self.folder}: a worker has {fingerprint(bundle)} and gemhier {__version__}, but the command has "
                    f"{self.fingerprint} and gemhier {self._version}. Install the same on every machine."
                )
            self._bundle = bundle
        return self._bundle


class CarriedFinder:
    """A stone finder that can be pickled: where it arrives it is made ready once, and uses one core.

    Args:
        finder: the finder, as it is used in this process.

    Attributes:
        workers: how many threads use it; None for as many as there are cores.
    """

    def __init__(self, finder: AnyFinder) -> None:
        self.workers: int | None = None
        self._name = finder.name
        self._content = finder.content
        self._threshold = finder.threshold
        self._finder: AnyFinder | None = finder

    def __getstate__(self) -> dict[str, Any]:
        """Leave the network behind; the bytes that it is made of travel."""
        return {**vars(self), "workers": 1, "_finder": None}

    @property
    def finder(self) -> AnyFinder:
        """The finder itself."""
        if self._finder is None:
            self._finder = (
                UNTRAINED[self._name]
                if self._content is None
                else Finder(self._content, threshold=self._threshold, num_threads=1)
            )
        return self._finder


@dataclass(frozen=True)
class Naming:
    """The job of classifying: sources to predictions, as `Bundle.classify` gives them.

    Attributes:
        model: the bundle.
        top: how many families and labels to rank at most.
        target_precision: the share of answers that shall be right.
        all_stones: one result for each stone of a picture.
        evidence: what else is known.
        guarantee: the share of shortlists that shall hold the right label; None for no shortlists.
        white: where each picture shows white paper.
    """

    model: CarriedBundle
    top: int
    target_precision: float
    all_stones: bool = False
    evidence: Evidence | Mapping[str, Evidence] | None = None
    guarantee: float | None = None
    white: "Point | None" = None

    def __call__(self, items: Iterable[str | Failure | Encoded]) -> Iterator[Prediction | Failure]:
        """Yield the results of each picture: paths, URLs, contents; a Failure passes through."""
        return self.model.bundle.classify(read_ahead(items), **self._asked)

    def results(self, items: Iterable[str | Failure | Encoded]) -> Iterator[StoneResult | Failure]:
        """Yield the same with what each prediction was made from, as `Bundle.results` gives it."""
        return self.model.bundle.results(read_ahead(items), **self._asked)

    @property
    def _asked(self) -> dict[str, Any]:
        return {
            "top": self.top,
            "target_precision": self.target_precision,
            "guarantee": self.guarantee,
            "workers": self.model.workers,
            "all_stones": self.all_stones,
            "evidence": self.evidence,
            "white": self.white,
        }


def fingerprint(bundle: Bundle) -> str:
    """Return the version of a bundle and a digest of all that it says of its files and settings."""
    return f"{bundle.info.model_version} ({digest(json.dumps(bundle.info.to_dict(), sort_keys=True))})"


def digest(text: str) -> str:
    """Return eight characters that differ for another text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
