"""What an evaluation found, and the tables it is written as: report.json and three CSV files."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from gemhier.arrays import Booleans, Float64
from gemhier.hierarchy.answering import Thresholds
from gemhier.hierarchy.decoding import Strategy
from gemhier.hierarchy.labels import LabelSpace
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.models.bundle.predictions import Prediction
from gemhier.models.images.stones import Failure
from gemhier.pipeline.data.labelled_images import LabelledImage, LabelledImages
from gemhier.pipeline.evaluation.estimates import Estimate
from gemhier.pipeline.evaluation.evaluation import Evaluation, StrategyFigures
from gemhier.pipeline.evaluation.neighbours import Neighbour
from gemhier.pipeline.evaluation.paired_tests import Comparison
from gemhier.pipeline.evaluation.selective_answers import AnswerFigures, is_right
from gemhier.pipeline.evaluation.shortlists import ShortlistFigures
from gemhier.pipeline.reports.folder import FORMAT
from gemhier.pipeline.training.history import Curve
from gemhier.spreadsheet import csv_text

FORMAT_VERSION = 1

TOP = 5
"""How many labels of a picture are listed."""

_DECIMALS = 6


@dataclass(frozen=True)
class Novelty:
    """How many pictures may show none of the gems that the model can name.

    Attributes:
        n: pictures of which it tells.
        novel: of these, those that may.
        n_beyond: of these, those whose label the model cannot output.
        novel_beyond: of those, those that may.
    """

    n: int
    novel: int
    n_beyond: int
    novel_beyond: int

    @property
    def sentence(self) -> str:
        """What was counted."""
        beyond = f", {self.novel_beyond:,} of the {self.n_beyond:,} whose gem it cannot name" if self.n_beyond else ""
        return f"It says of {self.novel:,} of {self.n:,} pictures that they may show no gem that it can name{beyond}."

    def to_dict(self) -> dict[str, int]:
        """JSON values with the keys of docs/reports.md."""
        return {
            "novelty_n": self.n,
            "novel": self.novel,
            "novelty_n_beyond_model": self.n_beyond,
            "novel_beyond_model": self.novel_beyond,
        }


@dataclass(frozen=True, eq=False)
class Report:
    """What an evaluation found.

    Attributes:
        model_version: of the bundle.
        run_id: the tracked run that trained it.
        decided_by: the strategy of the bundle.
        created: when, as ISO 8601 in UTC.
        split: of the pictures.
        labelled: the pictures and where they come from.
        results: (N,), one for each picture.
        evaluation: the figures of each strategy.
        answers: how deep pictures were answered, and how well.
        space: the labels of the model.
        taxonomy: of the bundle.
        thresholds: what each precision that can be asked for takes.
        probabilities: for each strategy (N, V), P(label), with zeros where a picture failed.
        without_gem: (N,) whether no gem stands out in the picture, so that it is not answered.
        shortlists: how often shortlists hold the right label, and how short they are; None if the model promises none.
        crops: the stone as the network saw it, as a data address, of pictures that it named wrongly; by their rows.
        neighbours: the stones that the network takes for most alike, the nearest first; by the rows of the pictures.
        neighbours_in: the name of the data folder that they are from; "" if none was asked for.
        curves: how the training went; none if its run is not known here.
        evidence: what else than the pictures was given; empty if nothing was.
        with_readings: figures with simulated readings, by which readings; empty if nothing is known of the labels.
    """

    model_version: str
    run_id: str
    decided_by: Strategy
    created: str
    split: str
    labelled: LabelledImages
    results: tuple[Prediction | Failure, ...]
    evaluation: Evaluation
    answers: AnswerFigures
    space: LabelSpace
    taxonomy: Taxonomy
    thresholds: Thresholds
    probabilities: Mapping[Strategy, Float64]
    without_gem: Booleans
    shortlists: ShortlistFigures | None = None
    crops: Mapping[int, str] = field(default_factory=dict)
    neighbours: Mapping[int, tuple[Neighbour, ...]] = field(default_factory=dict)
    neighbours_in: str = ""
    curves: tuple[Curve, ...] = ()
    evidence: Mapping[str, Any] = field(default_factory=dict)
    with_readings: Mapping[str, Mapping[str, Estimate]] = field(default_factory=dict)

    @property
    def figures(self) -> StrategyFigures:
        """Those of the strategy that decides."""
        return self.evaluation.strategies[self.decided_by]

    @property
    def comparison(self) -> Comparison | None:
        """`flat` against the strategy that decides."""
        return self.evaluation.comparison(self.decided_by)

    @cached_property
    def refused(self) -> tuple[Prediction, ...]:
        """The predictions without an answer, whatever the pictures' labels."""
        return tuple(result for result in self.results if isinstance(result, Prediction) and result.answer is None)

    @cached_property
    def likeness(self) -> tuple[bool, ...]:
        """Whether each picture is like those that the model was calibrated on; empty if it does not know."""
        known = (result.like for result in self.results if isinstance(result, Prediction))
        return tuple(like for like in known if like is not None)

    @cached_property
    def novelty(self) -> Novelty | None:
        """How many pictures may show none of the gems that the model can name; None if it does not know."""
        pairs = zip(self.results, self.labelled.images, strict=True)
        known = [
            (result.novel, image.label is not None and image.label not in self.space)
            for result, image in pairs
            if isinstance(result, Prediction) and result.novel is not None
        ]
        if not known:
            return None
        beyond = [novel for novel, is_beyond in known if is_beyond]
        return Novelty(len(known), sum(novel for novel, _ in known), len(beyond), sum(beyond))

    @cached_property
    def failures(self) -> tuple[Failure, ...]:
        """The pictures that could not be classified."""
        return tuple(result for result in self.results if isinstance(result, Failure))

    @cached_property
    def beyond_model(self) -> tuple[tuple[str, int], ...]:
        """Ids that the taxonomy knows and the model cannot output, with how many pictures they have."""
        labels = Counter(image.label for image in self.labelled.images if image.label is not None)
        return tuple((label, count) for label, count in sorted(labels.items()) if label not in self.space)

    def to_dict(self) -> dict[str, Any]:
        """Return the content of report.json, with the keys of docs/reports.md."""
        evaluation = self.evaluation.to_dict()
        comparison = self.comparison
        found = {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "created": self.created,
            "model_version": self.model_version,
            "run_id": self.run_id,
            "decided_by": self.decided_by,
            "split": self.split,
            "sources": list(self.labelled.sources),
            "n": evaluation.pop("n"),
            "n_unknown": evaluation.pop("n_unknown"),
            "unknown_labels": [asdict(label) for label in self.labelled.unknown],
            "excluded_labels": [asdict(label) for label in self.labelled.excluded],
            "labels_beyond_model": [{"id": label, "pictures": count} for label, count in self.beyond_model],
            "refused": len(self.refused),
            **({"unlike": self.likeness.count(False)} if self.likeness else {}),
            **(self.novelty.to_dict() if self.novelty else {}),
            **evaluation,
            **self.figures.to_dict(),
            "comparison": None if comparison is None else comparison.sentence,
            "answers": self.answers.to_dict(),
            **({} if self.shortlists is None else self.shortlists.to_dict()),
            **({"evidence": dict(self.evidence)} if self.evidence else {}),
            "with_simulated_readings": {
                readings: {
                    key: number for name, figure in figures.items() for key, number in figure.to_dict(name).items()
                }
                for readings, figures in self.with_readings.items()
            },
        }
        return {key: _rounded(value) for key, value in found.items()}

    def to_json(self) -> str:
        """Return the text of report.json."""
        return json.dumps(self.to_dict(), indent=1, allow_nan=False) + "\n"


def predictions_table(report: Report) -> str:
    """Return the text of predictions.csv: a row for each picture."""
    ranked = [f"predicted_{place}_{part}" for place in range(1, TOP + 1) for part in ("id", "probability")]
    answer = ["answer", "answer_probability", "answer_right", "refused"]
    header = ["image", "source", "truth", "truth_given", *ranked, *answer, "right", "family_right", "failure"]
    header += ["place", "group", "shortlist_right", "shortlist_size", "like", "novel"]
    rights = zip(report.figures.places, report.figures.family_right, strict=True)
    rows = []
    for image, result, (place, family_right) in zip(report.labelled.images, report.results, rights, strict=True):
        shown = _shown(result, image, report.taxonomy)
        is_known = image.label in report.space
        right_cell, place_cell = (int(place == 1), int(place)) if is_known else ("", "")
        failure = result.reason if isinstance(result, Failure) else ""
        truth = [image.image, image.source, image.label or "", image.label_given]
        rows.append(
            [
                *truth,
                *shown,
                right_cell,
                int(family_right),
                failure,
                place_cell,
                image.group,
                *_shortlist(result, image),
                "" if isinstance(result, Failure) or result.like is None else int(result.like),
                "" if isinstance(result, Failure) or result.novel is None else int(result.novel),
            ]
        )
    return _table(header, rows)


def classes_table(report: Report) -> str:
    """Return the text of per_class.csv: a row for each label of the model."""
    taken = [f"taken_for_{place}{part}" for place in (1, 2) for part in ("", "_count")]
    rows = []
    for row in report.figures.per_class:
        mistakes = [cell for pair in row.taken_for for cell in pair]
        numbers = [_cell(row.precision), _cell(row.recall), row.support, row.predicted]
        name = report.taxonomy[row.label].name
        rows.append([row.label, name, *numbers, *mistakes, *[""] * (len(taken) - len(mistakes)), _cell(row.f1)])
    return _table(["label", "name", "precision", "recall", "support", "predicted", *taken, "f1"], rows)


def confusion_table(report: Report) -> str:
    """Return the text of confusion.csv: a row for each true and predicted label that occur together."""
    support = {row.label: row.support for row in report.figures.per_class}
    rows = [
        [cell.truth, cell.predicted, cell.count, _cell(cell.count / support[cell.truth])]
        for cell in report.figures.confusion
    ]
    return _table(["truth", "predicted", "count", "share"], rows)


def _shown(result: Prediction | Failure, image: LabelledImage, taxonomy: Taxonomy) -> list[object]:
    """Return the cells of the ranking and the answer."""
    if isinstance(result, Failure):
        return [""] * (2 * TOP + 4)
    ranked: list[object] = []
    for candidate in result.subclasses[:TOP]:
        ranked += [candidate.id, round(candidate.probability, _DECIMALS)]
    ranked += [""] * (2 * TOP - len(ranked))
    if result.answer is None:
        return [*ranked, "", "", "", result.refused]
    right = "" if image.label is None else int(is_right(result.answer.id, image.label, taxonomy))
    return [*ranked, result.answer.id, round(result.answer.probability, _DECIMALS), right, ""]


def _shortlist(result: Prediction | Failure, image: LabelledImage) -> list[object]:
    """Return whether the shortlist holds the label, and how many it holds; nothing where there is none."""
    found = result.shortlist if isinstance(result, Prediction) else None
    return ["", ""] if found is None else [int(image.label in found.labels), len(found.labels)]


def _cell(number: float | None) -> float | str:
    return "" if number is None else round(number, _DECIMALS)


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    return csv_text([header, *rows])


def _rounded(value: Any) -> Any:
    """Return the same with at most six decimals, except for what is smaller than that, such as a p-value."""
    if isinstance(value, float):
        return round(value, _DECIMALS) if abs(value) >= 10**-_DECIMALS else value
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_rounded(inner) for inner in value]
    return value
