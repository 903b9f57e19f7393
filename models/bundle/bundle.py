"""A bundle: one folder with everything that classifying needs, none of which is a program."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from gemhier.arrays import Bytes, Float32, Float64
from gemhier.hierarchy.evidence import Evidence
from gemhier.hierarchy.labels import LabelSpace
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.models.bundle.info import BundleInfo
from gemhier.models.bundle.judge import Asked, Judge, check_numbers
from gemhier.models.bundle.likeness import Likeness
from gemhier.models.bundle.predictions import Prediction, StoneResult
from gemhier.models.bundle.probabilities import Probabilities
from gemhier.models.bundle.recognizer import Recognizer
from gemhier.models.images.finder import Finder
from gemhier.models.images.stones import Cutter, Failure, ImageInput, StoneCrop, map_stones
from gemhier.models.images.untrained_finders import AnyFinder
from gemhier.models.runtime.litert import usable_cores
from gemhier.models.runtime.network import Network

if TYPE_CHECKING:
    from gemhier.hierarchy.posterior import Candidates
    from gemhier.models.bundle.multi_view import View
    from gemhier.models.bundle.shortlist import Shortlister
    from gemhier.models.images.white_balance import Point

Result = TypeVar("Result")


@dataclass(frozen=True, repr=False)
class Bundle:
    """A loaded bundle, ready to classify. Threads may share it.

    Attributes:
        info: what its bundle.json says.
        taxonomy: the one that it was trained with.
        network: the exported network.
        finder: the stone finder whose crops the network was trained on.
        folder: where it was loaded from.
        likeness: what the pictures look like that it was calibrated on; None if the bundle does not say.
    """

    info: BundleInfo
    taxonomy: Taxonomy
    network: Network
    finder: AnyFinder
    folder: Path
    likeness: Likeness | None = None

    def __repr__(self) -> str:
        """One line: what it is, what it can name, and where it lies."""
        space = self.space
        return (
            f"<Bundle {self.info.model_version}: {len(space)} labels in {len(space.families)} families, {self.folder}>"
        )

    def _repr_html_(self) -> str:
        """Return a small table for a notebook."""
        from gemhier.templates import render  # loads Jinja2, which classifying does not need

        return render("models/bundle/bundle.html", bundle=self)

    @cached_property
    def space(self) -> LabelSpace:
        """The labels that the network can output."""
        return LabelSpace(self.info.labels)

    @cached_property
    def candidates(self) -> "Candidates":
        """What a stone can be where there are readings: the labels, and gems that the network cannot name."""
        return self._judge.candidates

    def try_out(self) -> None:
        """Run its networks once, which prepares their kernels and finds faults that show only then.

        Raises:
            BundleError: if one of them cannot be run.
        """
        self.network.try_out()
        if isinstance(self.finder, Finder):
            self.finder.try_out()

    def probabilities(self, crops: Bytes, like: Sequence[bool | None] | None = None) -> Probabilities:
        """Run the network on pictures of stones and decode its outputs in every way.

        Args:
            crops: (N, S, S, 3) uint8 RGB, cut out by the finder, with the backdrop covered.
            like: (N,) whether each picture is like those that the bundle was calibrated on, which have temperatures of
                their own; None if that is not known.

        Raises:
            ValueError: if the crops have another shape or type.
        """
        return self._recognizer.probabilities(crops, like)

    def like(self, features: Sequence[Float32], sides: Sequence[int]) -> list[bool | None]:
        """Return whether pictures are like those that the bundle was calibrated on; None where it does not know.

        Args:
            features: (N,) those of each whole picture, (D,), as the bundle's stone finder gives them.
            sides: (N,) pixels of each picture's shorter side.
        """
        return self._recognizer.like(features, sides)

    def features(self, crops: Bytes) -> Float32:
        """Return what the network's heads stand on: stones that look alike to it have features that are near.

        Args:
            crops: (N, S, S, 3) uint8 RGB, cut out by the finder, with the backdrop covered.

        Returns:
            (N, D); D is 0 where the network is older and gives none.

        Raises:
            ValueError: if the crops have another shape or type.
        """
        return self.network.seen(crops)[1]

    def shortlister(self, guarantee: float) -> "Shortlister":
        """Return what makes the shortlists of a guarantee.

        Raises:
            BundleError: if the bundle does not promise as much.
            ValueError: if `guarantee` does not lie between 0 and 1.
        """
        return self._judge.shortlister(guarantee)

    def decide(
        self,
        images: Sequence[str],
        probabilities: Float64,
        scores: Sequence[float],
        *,
        top: int = 5,
        target_precision: float | None = None,
        guarantee: float | None = None,
        evidence: Sequence[Evidence | None] | None = None,
        like: Sequence[bool | None] | None = None,
    ) -> list[Prediction]:
        """Decide on N stones whose probabilities are known.

        Args:
            images: (N,) what to call the pictures.
            probabilities: (N, V), P(label) by the strategy of this bundle.
            scores: (N,) how sure the stone finder is that it sees a gem.
            top: how many families and labels to rank at most, at least 1.
            target_precision: the share of answers that should be right, between 0 and 1; None
                for the one that the bundle was packaged with.
            guarantee: the share of shortlists that should hold the right label, between 0 and 1; None for none.
            evidence: (N,) what else is known about each stone. If it is given, even empty, the prediction has an
                `explanation`.
            like: (N,) whether each picture is like those that the bundle was calibrated on; None if that is not known.

        Raises:
            ValueError: if `top`, `target_precision` or `guarantee` is outside its range, or the shapes do not fit.
            BundleError: if the bundle does not promise as much as `guarantee`.
            EvidenceError: if a name in the evidence is not known, or it leaves nothing that a stone can be.
        """
        asked = Asked(top, target_precision, guarantee)
        return self._judge.decide(images, probabilities, scores, asked, evidence=evidence, like=like)

    def identify(
        self,
        evidence: Evidence,
        *,
        top: int = 5,
        target_precision: float | None = None,
        guarantee: float | None = None,
    ) -> Prediction:
        """Name a stone without a picture, from what else is known about it.

        Args:
            evidence: readings and the like.
            top: how many families and labels to rank at most, at least 1.
            target_precision: the share of answers that should be right, as for `classify`.
            guarantee: how probable it should be that the stone is in the shortlist, between 0 and 1; None for none. The
                shortlist is made of the most probable gems, and any bundle gives it.

        Returns:
            A prediction whose `image` is empty, and whose `caution` says that nothing is promised.

        Raises:
            ValueError: if an argument is outside its range.
            EvidenceError: if a name in the evidence is not known, or it leaves nothing that the stone can be.
        """
        return self._judge.identify(evidence, Asked(top, target_precision, guarantee))

    @cached_property
    def _recognizer(self) -> Recognizer:
        return Recognizer(self.info, self.space, self.network, self.likeness)

    @cached_property
    def _judge(self) -> Judge:
        return Judge(self.info, self.taxonomy, self.space, self.finder.threshold)

    def classify(
        self,
        images: Iterable[ImageInput | Failure],
        *,
        top: int = 5,
        target_precision: float | None = None,
        guarantee: float | None = None,
        batch_size: int = 1,
        workers: int | None = None,
        all_stones: bool = False,
        evidence: Evidence | Mapping[str, Evidence] | None = None,
        white: "Point | None" = None,
    ) -> Iterator[Prediction | Failure]:
        """Name the stone in each picture: exactly one result for each, in the order of the pictures.

        A picture gets the same answer alone, in a batch and with any number of workers. With
        `all_stones` it has one result at least.

        Args:
            images: paths, arrays (H, W, 3) uint8 RGB, or images of Pillow. A Failure passes through in its place.
                They are taken a bounded distance ahead of the results: two batches for each worker.
            top: how many families and labels to rank at most, at least 1.
            target_precision: the share of answers that should be right, between 0 and 1; None
                for the one that the bundle was packaged with.
            guarantee: the share of shortlists that should hold the right label, between 0 and 1; None for no shortlist.
            batch_size: the stones of how many pictures the network sees at once. More than one is hardly quicker
                (docs/performance.md), and results come later.
            workers: how many threads there are, each with a core and 70 MB; None for as many as there are cores, at
                most 4.
            all_stones: one result for each stone of a picture, the most prominent first, with its `place`.
            evidence: what else is known: of every picture, or of each `image` by its name. Readings hold for one stone.
                With `Evidence()` nothing is, but predictions say what looks alike and which test would tell most.
            white: where each picture shows white paper, which makes up for coloured light
                (`gemhier.models.images.white_balance.Point`); a picture that shows none there is a Failure.

        Raises:
            ValueError: if an argument is outside its range, or an array is not a picture.
            BundleError: if the bundle does not promise as much as `guarantee`.
        """
        results = self.results(
            images,
            top=top,
            target_precision=target_precision,
            guarantee=guarantee,
            batch_size=batch_size,
            workers=workers,
            all_stones=all_stones,
            evidence=evidence,
            white=white,
        )
        return (result if isinstance(result, Failure) else result.prediction for result in results)

    def results(
        self,
        images: Iterable[ImageInput | Failure],
        *,
        top: int = 5,
        target_precision: float | None = None,
        guarantee: float | None = None,
        batch_size: int = 1,
        workers: int | None = None,
        all_stones: bool = False,
        evidence: Evidence | Mapping[str, Evidence] | None = None,
        white: "Point | None" = None,
    ) -> Iterator[StoneResult | Failure]:
        """Do what `classify` does, and yield with each prediction what it was made from.

        Args:
            images: as `classify` takes them, and all else too.
            top: how many families and labels to rank at most, at least 1.
            target_precision: the share of answers that should be right.
            guarantee: the share of shortlists that should hold the right label.
            batch_size: the stones of how many pictures the network sees at once.
            workers: how many threads there are.
            all_stones: one result for each stone of a picture.
            evidence: what else is known.
            white: where each picture shows white paper.

        Raises:
            ValueError: if an argument is outside its range, or an array is not a picture.
            BundleError: if the bundle does not promise as much as `guarantee`.
        """
        asked = Asked(top, target_precision, guarantee)
        self._judge.check(asked)
        named = partial(self._recognizer.results, judge=self._judge, asked=asked, evidence=evidence)
        return self._of_stones(
            images, named, batch_size=batch_size, workers=workers, all_stones=all_stones, white=white
        )

    def classify_same(
        self,
        images: Iterable[ImageInput | Failure],
        *,
        top: int = 5,
        target_precision: float | None = None,
        guarantee: float | None = None,
        workers: int | None = None,
        evidence: Evidence | None = None,
        white: "Point | None" = None,
    ) -> Prediction | Failure:
        """Name one stone from several photographs of it, in each of which it is the most prominent stone.

        Where the finder sees no gem a photograph does not count, unless it sees none in any. The
        order of the photographs changes nothing but which `image` stands for them.

        Args:
            images: as `classify` takes them, one at least.
            top: how many families and labels to rank at most, at least 1.
            target_precision: the share of answers that should be right, as for `classify`.
            guarantee: the share of shortlists that should hold the right label, as for `classify`.
            workers: how many threads there are; None for as many as there are cores, at most 4.
            evidence: what else is known of the stone.
            white: where each picture shows white paper, as for `classify`.

        Returns:
            A prediction with `multi_view`; a Failure if no picture can be read.

        Raises:
            ValueError: if an argument is outside its range, or an array is not a picture.
            BundleError: if the bundle does not promise as much as `guarantee`.
        """
        from gemhier.models.bundle.multi_view import all_failed, together  # which few ask for

        asked = Asked(top, target_precision, guarantee)
        self._judge.check(asked)
        views: list[View] = []
        failures: list[Failure] = []
        for result in self._of_stones(images, self._recognizer.views, workers=workers, white=white):
            if isinstance(result, Failure):
                failures.append(result)
            else:
                views.append(result)
        if not views and not failures:
            raise ValueError("`images` must hold at least one picture. Received: none.")
        return together(views, failures, self._judge, asked, evidence) if views else all_failed(failures)

    def _of_stones(
        self,
        images: Iterable[ImageInput | Failure],
        become: Callable[[Sequence[StoneCrop]], list[Result]],
        *,
        batch_size: int = 1,
        workers: int | None = None,
        all_stones: bool = False,
        white: "Point | None" = None,
    ) -> Iterator[Result | Failure]:
        """Read pictures, find their stones and give what these become, in order."""
        check_numbers(batch_size=batch_size, workers=workers)
        if isinstance(images, str | Path):
            raise ValueError(f"`images` must be a list of pictures. Received one path: {str(images)!r}.")
        cutter = Cutter(self.finder, self.info.size, all_stones, white)
        return map_stones(images, cutter, become, workers=workers or usable_cores(), batch_size=batch_size)
