"""Ask a model which labels of the audited pictures may be wrong, and which pictures show no gem."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gemhier.arrays import Float64
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.pipeline.data.sources import resolve_labels
from gemhier.pipeline.data_quality.findings import AuditedImage, LabelIssues, NoGem
from gemhier.pipeline.data_quality.predicted import Predicted, ask_bundle, read_predictions
from gemhier.pipeline.data_quality.wrong_labels import judgeable, suspected_labels


def label_issues(
    images: Sequence[AuditedImage], taxonomy: Taxonomy, *, predictions: Path | None, model: Path | None
) -> LabelIssues:
    """Return what a model says against labels and pictures.

    Args:
        images: all that were audited.
        taxonomy: tells what the names of their classes mean.
        predictions: a file that `gemhier evaluate` wrote; None if there is none.
        model: a bundle to ask; without one, the scores that the pictures of a prepared data set bring are used.

    Raises:
        DataError: if the predictions do not fit.
        BundleError: if there is no sound bundle.
    """
    paths = [image.image for image in images]
    read = read_predictions(predictions, paths) if predictions else None
    asked = ask_bundle(model, paths) if model else None
    predicted = read or asked
    scores, thresholds = _scores(images, asked)
    below = np.flatnonzero(scores < thresholds)  # NaN is not below
    no_gems = tuple(NoGem(int(row), float(scores[row])) for row in below[np.argsort(scores[below], kind="stable")])
    looked_at = ~np.isnan(scores)
    scored, threshold = int(looked_at.sum()), float(thresholds[looked_at].max(initial=0.0))
    if predicted is None:
        return LabelIssues(stone_threshold=threshold, scored=scored, no_gems=no_gems)
    nodes = resolve_labels((image.label for image in images), taxonomy).nodes
    given = [nodes[image.label].id if image.label in nodes else None for image in images]
    return LabelIssues(
        by=predicted.by,
        asked_now=predicted.asked_now,
        judged=len(judgeable(given, predicted)),
        suspects=suspected_labels(given, predicted, taxonomy),
        stone_threshold=threshold,
        scored=scored,
        no_gems=no_gems,
    )


def _scores(images: Sequence[AuditedImage], asked: Predicted | None) -> tuple[Float64, Float64]:
    """(N,) scores of the stone finder, NaN where there is none, and what a gem reaches in each picture."""
    if asked is not None:
        return asked.scores, np.full(len(images), asked.stone_threshold)
    scores = np.array([np.nan if image.score is None else image.score for image in images])
    return scores, np.array([image.stone_threshold for image in images])
