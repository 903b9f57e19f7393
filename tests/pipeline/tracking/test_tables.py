import csv

import pytest

from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.pipeline.evaluation.evaluation import Evaluation
from gemhier.pipeline.tracking.tables import confusion_table, per_class_table, precision_table


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(text.splitlines()))


def test_each_label_has_a_row_with_its_name(evaluation: Evaluation, tiny_taxonomy: Taxonomy) -> None:
    flat = evaluation.strategies["flat"]
    emerald, *others = rows(per_class_table(flat, tiny_taxonomy))
    assert emerald == {
        "label": "beryl/emerald",
        "name": "Emerald",
        "precision": str(flat.per_class[0].precision),
        "recall": str(flat.per_class[0].recall),
        "support": "4",
        "f1": str(flat.per_class[0].f1),
    }
    assert [row["name"] for row in others] == ["Ruby", "Quartz"]


def test_each_way_to_decide_has_a_column_of_precisions(evaluation: Evaluation, tiny_taxonomy: Taxonomy) -> None:
    found = rows(precision_table(evaluation, tiny_taxonomy))
    assert list(found[0]) == ["label", "name", "support", "flat", "fused"]
    for strategy, figures in evaluation.strategies.items():
        assert [row[strategy] for row in found] == [str(row.precision) for row in figures.per_class]


def test_the_confusions_are_all_pictures(evaluation: Evaluation) -> None:
    found = rows(confusion_table(evaluation.strategies["flat"]))
    assert list(found[0]) == ["truth", "predicted", "count", "share"]
    assert sum(int(row["count"]) for row in found) == evaluation.n
    for label in {row["truth"] for row in found}:
        assert sum(float(row["share"]) for row in found if row["truth"] == label) == pytest.approx(1)
