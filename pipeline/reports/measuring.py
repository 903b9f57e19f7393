"""Let a bundle name labelled pictures, and compare what it says with their labels."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from gemhier.arrays import Booleans, Float64
from gemhier.hierarchy.decoding import STRATEGIES, Strategy
from gemhier.hierarchy.evidence import Evidence
from gemhier.hierarchy.posterior import posterior
from gemhier.models.bundle import Bundle
from gemhier.models.bundle.predictions import Prediction, StoneResult
from gemhier.models.bundle.shortlist import Shortlist
from gemhier.models.images.stones import Failure
from gemhier.pipeline.data.labelled_images import LabelledImage, LabelledImages
from gemhier.pipeline.engines.job import CarriedBundle, Engine
from gemhier.pipeline.engines.local import LocalEngine
from gemhier.pipeline.evaluation.evaluation import evaluate_probabilities
from gemhier.pipeline.evaluation.selective_answers import answer_figures
from gemhier.pipeline.evaluation.shortlists import GUARANTEE, shortlist_figures
from gemhier.pipeline.reports.report import TOP, Report
from gemhier.pipeline.reports.thumbnails import crop_thumbnail


@dataclass(frozen=True, eq=False)
class Classified:
    """What became of N pictures: the fields of `Report` of these names."""

    results: tuple[Prediction | Failure, ...]
    probabilities: Mapping[Strategy, Float64]
    without_gem: Booleans
    crops: Mapping[int, str]


def evaluate_bundle(
    bundle: Bundle,
    labelled: LabelledImages,
    *,
    split: str,
    target_precision: float | None = None,
    guarantee: float | None = None,
    evidence: Mapping[str, Evidence] | None = None,
    engine: Engine | None = None,
) -> Report:
    """Classify labelled pictures and compare with their labels.

    Args:
        bundle: the model.
        labelled: the pictures.
        split: of the pictures; it is only named in the report.
        target_precision: the share of answers that shall be right; None for the bundle's own.
        guarantee: the share of shortlists that shall hold the right label; None for `GUARANTEE`, if the bundle promises
            as much.
        evidence: what else is known of the pictures, by their names.
        engine: where they are classified; None for this process.

    Raises:
        ValueError: if `target_precision` or `guarantee` is outside its range.
        BundleError: if the bundle does not promise as much as `guarantee`.
        EvidenceError: if the evidence does not fit the model.
    """
    precision = bundle.info.default_precision if target_precision is None else target_precision
    asked = _usual_guarantee(bundle) if guarantee is None else guarantee
    job = _Measuring(CarriedBundle(bundle), precision, asked, evidence or {})
    return report_on(
        bundle,
        labelled,
        _classified(bundle, labelled, job, engine or LocalEngine()),
        split=split,
        target_precision=precision,
        guarantee=asked,
    )


def _usual_guarantee(bundle: Bundle) -> float | None:
    """Return what is asked for where nobody asks; None if the bundle does not promise it."""
    sets = bundle.info.sets
    return GUARANTEE if sets is not None and sets.row_for(GUARANTEE) is not None else None


def report_on(
    bundle: Bundle,
    labelled: LabelledImages,
    found: Classified,
    *,
    split: str,
    target_precision: float,
    guarantee: float | None = None,
) -> Report:
    """Compare what became of labelled pictures with their labels.

    Args:
        bundle: the model.
        labelled: the pictures.
        found: what became of them.
        split: of the pictures; it is only named.
        target_precision: with which the results were decided.
        guarantee: of the results' shortlists; None if they have none.
    """
    images = labelled.images
    known = [
        (result, image.label, image.group)
        for image, result in zip(images, found.results, strict=True)
        if image.label is not None and image.label in bundle.space
    ]
    return Report(
        model_version=bundle.info.model_version,
        run_id=bundle.info.run_id,
        decided_by=bundle.info.strategy,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        split=split,
        labelled=labelled,
        results=found.results,
        evaluation=evaluate_probabilities(
            found.probabilities,
            [image.label for image in images],
            [image.group for image in images],
            space=bundle.space,
            taxonomy=bundle.taxonomy,
        ),
        answers=answer_figures(
            [_answer(result) for result, _, _ in known],
            [label for _, label, _ in known],
            [group for _, _, group in known],
            taxonomy=bundle.taxonomy,
            target_precision=target_precision,
            threshold=bundle.info.thresholds.threshold_for(target_precision),
        ),
        space=bundle.space,
        taxonomy=bundle.taxonomy,
        thresholds=bundle.info.thresholds,
        probabilities=found.probabilities,
        without_gem=found.without_gem,
        shortlists=None
        if guarantee is None
        else shortlist_figures(
            [_shortlist(result) for result, _, _ in known],
            [label for _, label, _ in known],
            [group for _, _, group in known],
            guarantee,
        ),
        crops=found.crops,
    )


@dataclass(frozen=True, eq=False)
class _Measured:
    """What became of one picture.

    Attributes:
        prediction: by the strategy of the bundle.
        probabilities: for each strategy (V,), P(label), with what else is known of the stone.
        without_gem: whether the finder sees no gem.
        crop: a thumbnail of the stone where the likeliest label is not the picture's own; "" where it is.
    """

    prediction: Prediction
    probabilities: Mapping[Strategy, Float64]
    without_gem: bool
    crop: str


@dataclass(frozen=True)
class _Measuring:
    """The job of classifying labelled pictures: to what is found of each, in order."""

    model: CarriedBundle
    target_precision: float
    guarantee: float | None
    evidence: Mapping[str, Evidence]

    def __call__(self, items: Iterable[LabelledImage]) -> Iterator[_Measured | Failure]:
        taken = deque[LabelledImage]()

        def names() -> Iterator[str]:
            for image in items:
                taken.append(image)
                yield image.image

        results = self.model.bundle.results(
            names(),
            top=TOP,
            target_precision=self.target_precision,
            guarantee=self.guarantee,
            workers=self.model.workers,
            evidence=self.evidence,
        )
        for result in results:
            image = taken.popleft()
            yield result if isinstance(result, Failure) else self._measured(image, result)

    def _measured(self, image: LabelledImage, result: StoneResult) -> _Measured:
        bundle = self.model.bundle
        known = self.evidence.get(image.image)
        probabilities = {
            strategy: posterior(of_label, bundle.candidates, known).labels if known else of_label
            for strategy, of_label in result.probabilities.items()
        }
        likeliest = bundle.space.labels[probabilities[bundle.info.strategy].argmax()]
        is_mistaken = image.label in bundle.space and likeliest != image.label
        return _Measured(
            prediction=result.prediction,
            probabilities=probabilities,
            without_gem=result.crop.score < bundle.finder.threshold,
            crop=crop_thumbnail(result.crop.pixels) if is_mistaken else "",
        )


def _classified(bundle: Bundle, labelled: LabelledImages, job: _Measuring, engine: Engine) -> Classified:
    """Classify all pictures, and keep the stones of those that are named wrongly."""
    images = labelled.images
    found = {strategy: np.zeros((len(images), len(bundle.space))) for strategy in STRATEGIES}
    results: list[Prediction | Failure] = []
    without_gem = np.zeros(len(images), dtype=np.bool_)
    mistaken: dict[int, str] = {}
    for row, measured in enumerate(engine.map(job, images, "Classifying")):
        if isinstance(measured, Failure):
            results.append(measured)
            continue
        results.append(measured.prediction)
        for strategy, of_label in measured.probabilities.items():
            found[strategy][row] = of_label
        without_gem[row] = measured.without_gem
        if measured.crop:
            mistaken[row] = measured.crop
    return Classified(tuple(results), found, without_gem, mistaken)


def _shortlist(result: Prediction | Failure) -> Shortlist | None:
    return result.shortlist if isinstance(result, Prediction) else None


def _answer(result: Prediction | Failure) -> str | None:
    return result.answer.id if isinstance(result, Prediction) and result.answer is not None else None
