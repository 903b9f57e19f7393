from dataclasses import replace

from gemhier.pipeline.evaluation.estimates import Estimate
from gemhier.pipeline.evaluation.evaluation import Evaluation
from gemhier.pipeline.tracking.description import decision_in_words, description

QUARTER = Estimate(0.25, 0.089, 0.532)


def test_a_training_is_a_sentence_and_a_row_for_each_way_to_decide(evaluation: Evaluation) -> None:
    lines = description(evaluation, "fused", "validation pictures").splitlines()
    (comparison,) = evaluation.comparisons
    assert lines[0] == f"On 12 validation pictures, {comparison.sentence}"
    assert [line.split(" | ")[0] for line in lines[4:6]] == ["| flat", "| **fused**, decides"]
    assert lines[-1] == f"Intervals: {evaluation.intervals}."


def test_one_way_alone_is_told_with_its_interval(evaluation: Evaluation) -> None:
    flat = replace(evaluation.strategies["flat"], top1=QUARTER)
    alone = replace(evaluation, strategies={"flat": flat}, comparisons=())
    said = "flat names 25.0% of 12 pictures out of fold right (95% interval 8.9% to 53.2%)"
    assert decision_in_words(alone, "flat", "pictures out of fold") == said
    text = description(alone, "flat", "pictures out of fold")
    assert text.startswith(f"{said}.\n\n")
    assert "\n| **flat**, decides | 0.250 (0.089 to 0.532) |" in text
