"""The figures of an evaluation, against cases worked out by hand."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gemhier.arrays import Booleans, Float64
from gemhier.hierarchy.decoding import STRATEGIES, Strategy
from gemhier.hierarchy.intervals import wilson
from gemhier.hierarchy.labels import LabelSpace
from gemhier.hierarchy.node import Node
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.pipeline.evaluation.estimates import NO_ESTIMATE, Estimate, share
from gemhier.pipeline.evaluation.evaluation import FIGURES, ConfusionCell, Evaluation, evaluate_probabilities
from gemhier.pipeline.evaluation.paired_tests import compare
from gemhier.pipeline.evaluation.selective_answers import answer_figures, is_right

TAXONOMY = Taxonomy.from_nodes(
    [
        Node("beryl", "Beryl", "family"),
        Node("beryl/aquamarine", "Aquamarine", "variety"),
        Node("beryl/emerald", "Emerald", "variety"),
        Node("beryl/emerald/colombian", "Colombian Emerald", "region"),
        Node("beryl/emerald/zambian", "Zambian Emerald", "region"),
        Node("chatoyant", "Chatoyant", "family"),
        Node("quartz", "Quartz", "family"),
        Node("quartz/cats-eye", "Cat's-eye Quartz", "variety", also=("chatoyant",)),
        Node("topaz", "Topaz", "family"),
    ]
)
SPACE = LabelSpace(("beryl/aquamarine", "beryl/emerald", "beryl/emerald/colombian", "chatoyant", "quartz/cats-eye"))

# Columns:        aqua  emer  colo  chat  cats
RANKINGS = {
    "aquamarine": [0.60, 0.20, 0.10, 0.06, 0.04],
    "emerald": [0.10, 0.50, 0.30, 0.06, 0.04],
    "colombian": [0.06, 0.30, 0.50, 0.10, 0.04],
    "cats-eye": [0.04, 0.06, 0.10, 0.30, 0.50],
    "none": [0.0] * 5,
}


def probabilities(*names: str) -> Float64:
    return np.array([RANKINGS[name] for name in names]).reshape(-1, 5)


def evaluated(truth: list[str | None], *predicted: str, groups: list[str] | None = None) -> Evaluation:
    return evaluate_probabilities(
        {"flat": probabilities(*predicted)},
        truth,
        groups or [str(number) for number in range(len(truth))],
        space=SPACE,
        taxonomy=TAXONOMY,
    )


def value(figure: Estimate) -> float:
    assert figure.value is not None
    return figure.value


@pytest.fixture(scope="module")
def by_hand() -> Evaluation:
    """Six pictures: two right, one too shallow, one of another family, one of an unknown region, one unreadable."""
    truth: list[str | None] = [
        "beryl/aquamarine",
        "beryl/emerald",
        "beryl/emerald/colombian",
        "chatoyant",
        "beryl/emerald/zambian",
        "beryl/aquamarine",
    ]
    return evaluated(truth, "aquamarine", "emerald", "emerald", "aquamarine", "emerald", "none")


def test_counts(by_hand: Evaluation) -> None:
    assert (by_hand.n, by_hand.n_unknown, by_hand.failures, by_hand.grouped) == (6, 1, 1, False)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("top1", 2 / 5),  # the unknown region is not counted, the unreadable picture is
        ("top3", 3 / 5),  # Colombian is second; chatoyant is fourth
        ("top5", 4 / 5),
        ("family_top1", 4 / 6),  # over all pictures; an emerald from Zambia is a beryl
        ("tolerant_top1", 3 / 5),  # an emerald is no mistake where a Colombian one is shown
        # Nodes shared 2 + 2 + 2 + 0 + 0, predicted 2 + 2 + 2 + 2 + 0, true 2 + 2 + 3 + 1 + 2.
        ("hierarchical_f1", 2 * 6 / (8 + 10)),
        # The heights of emerald, 1, of the root, 3, and of the root for the unreadable one.
        ("mistake_severity", (1 + 3 + 3) / 3),
    ],
)
def test_a_figure_worked_out_by_hand(by_hand: Evaluation, name: str, expected: float) -> None:
    figure: Estimate = getattr(by_hand.strategies["flat"], name)
    assert value(figure) == pytest.approx(expected)
    assert figure.low is not None
    assert figure.high is not None
    assert figure.low <= value(figure) <= figure.high


def test_the_calibration_error_leaves_out_what_has_no_prediction(by_hand: Evaluation) -> None:
    # Confidences 0.5 with one hit of two, and 0.6 with one hit of two.
    assert value(by_hand.strategies["flat"].ece) == pytest.approx((2 * 0 + abs(2 * 0.6 - 1)) / 4)


def test_the_brier_score_leaves_out_what_has_no_prediction(by_hand: Evaluation) -> None:
    right = [0.4**2 + 0.2**2 + 0.1**2 + 0.06**2 + 0.04**2, 0.1**2 + 0.5**2 + 0.3**2 + 0.06**2 + 0.04**2]
    colombian = 0.1**2 + 0.5**2 + 0.7**2 + 0.06**2 + 0.04**2
    chatoyant = 0.6**2 + 0.2**2 + 0.1**2 + 0.94**2 + 0.04**2
    brier = by_hand.strategies["flat"].brier
    assert value(brier) == pytest.approx((sum(right) + colombian + chatoyant) / 4)
    assert brier.low is not None
    assert brier.high is not None
    assert brier.low <= value(brier) <= brier.high


def test_a_share_has_wilsons_interval(by_hand: Evaluation) -> None:
    top1 = by_hand.strategies["flat"].top1
    low, high = wilson(2, 5)
    assert top1.low == pytest.approx(float(low))
    assert top1.high == pytest.approx(float(high))
    assert "Wilson's for shares" in by_hand.intervals


def test_classes_worked_out_by_hand(by_hand: Evaluation) -> None:
    rows = {row.label: row for row in by_hand.strategies["flat"].per_class}
    assert tuple(rows) == SPACE.labels
    aquamarine, emerald, colombian = (rows[label] for label in SPACE.labels[:3])
    assert (aquamarine.precision, aquamarine.recall, aquamarine.support, aquamarine.predicted) == (0.5, 0.5, 2, 2)
    assert (emerald.precision, emerald.recall, emerald.support, emerald.predicted) == (0.5, 1.0, 1, 2)
    assert (colombian.precision, colombian.recall, colombian.taken_for) == (None, 0.0, (("beryl/emerald", 1),))
    assert (rows["quartz/cats-eye"].precision, rows["quartz/cats-eye"].recall) == (None, None)
    assert aquamarine.taken_for == ()


def test_the_confusion_holds_every_known_picture_once(by_hand: Evaluation) -> None:
    assert by_hand.strategies["flat"].confusion == (
        ConfusionCell("beryl/aquamarine", "beryl/aquamarine", 1),
        ConfusionCell("beryl/aquamarine", "", 1),
        ConfusionCell("beryl/emerald", "beryl/emerald", 1),
        ConfusionCell("beryl/emerald/colombian", "beryl/emerald", 1),
        ConfusionCell("chatoyant", "beryl/aquamarine", 1),
    )


def test_what_a_class_is_most_and_second_most_taken_for() -> None:
    truth: list[str | None] = ["beryl/emerald"] * 6
    found = evaluated(truth, "colombian", "cats-eye", "emerald", "cats-eye", "aquamarine", "none")
    row = found.strategies["flat"].per_class[1]
    assert row.taken_for == (("quartz/cats-eye", 2), ("beryl/aquamarine", 1))


def test_a_further_parent_is_tolerated_and_shared() -> None:
    figures = evaluated(["chatoyant"], "cats-eye").strategies["flat"]
    assert value(figures.top1) == 0
    assert value(figures.tolerant_top1) == 1
    # Predicted: cat's-eye, quartz, chatoyant; true: chatoyant.
    assert value(figures.hierarchical_f1) == pytest.approx(2 * 1 / (3 + 1))
    assert value(figures.family_top1) == 0


@pytest.mark.parametrize("label", ["topaz", None], ids=["a family that the model lacks", "an unknown name"])
def test_a_family_that_is_not_known_is_wrong(label: str | None) -> None:
    found = evaluated([label, "beryl/emerald"], "emerald", "emerald")
    figures = found.strategies["flat"]
    assert found.n_unknown == 1
    assert value(figures.family_top1) == 0.5
    assert value(figures.top1) == 1
    assert figures.right.tolist() == [False, True]
    assert figures.family_right.tolist() == [False, True]


def test_without_a_label_that_the_model_knows_only_families_are_measured() -> None:
    figures = evaluated(["beryl/emerald/zambian"], "emerald").strategies["flat"]
    assert value(figures.family_top1) == 1
    assert [name for name in FIGURES if getattr(figures, name) != NO_ESTIMATE] == ["family_top1"]


def test_without_pictures_there_are_no_figures() -> None:
    found = evaluated([])
    assert all(number is None for number in found.strategies["flat"].to_dict().values())
    assert json.dumps(found.to_dict(), allow_nan=False)


def test_without_a_mistake_there_is_no_severity() -> None:
    figures = evaluated(["beryl/emerald"], "emerald").strategies["flat"]
    assert figures.mistake_severity == NO_ESTIMATE
    assert value(figures.hierarchical_f1) == 1


def test_when_nothing_can_be_read_all_is_wrong() -> None:
    figures = evaluated(["beryl/emerald", "chatoyant"], "none", "none").strategies["flat"]
    for name in ("top1", "top3", "top5", "family_top1", "tolerant_top1", "hierarchical_f1"):
        assert value(getattr(figures, name)) == 0
    assert (figures.ece, figures.brier) == (NO_ESTIMATE, NO_ESTIMATE)
    assert value(figures.mistake_severity) == 3


def test_pictures_of_one_stone_make_an_interval_wider() -> None:
    truth: list[str | None] = ["beryl/emerald"] * 40
    predicted = ["emerald"] * 20 + ["aquamarine"] * 20
    alone = evaluated(truth, *predicted)
    together = evaluated(truth, *predicted, groups=[str(number // 10) for number in range(40)])

    def width(figure: Estimate) -> float:
        assert figure.low is not None
        assert figure.high is not None
        return figure.high - figure.low

    assert together.grouped
    assert "groups" in together.intervals
    for name in ("top1", "hierarchical_f1"):
        one, other = (getattr(found.strategies["flat"], name) for found in (alone, together))
        assert one.value == other.value
        assert width(other) > 1.5 * width(one)


def test_a_share_of_one_is_not_certain_when_stones_are_few() -> None:
    figure = share([1, 1, 1, 1], ["a", "a", "b", "b"])
    assert (figure.value, figure.high) == (1, 1)
    assert figure.low == pytest.approx(float(wilson(2, 2)[0]))


@given(st.integers(1, 12), st.integers(0, 2**32 - 1))
@settings(max_examples=15)
def test_laws_of_the_figures(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    found = rng.dirichlet(np.ones(len(SPACE)), n)
    labels = [*SPACE.labels, "beryl/emerald/zambian", None]
    truth = [labels[rng.integers(len(labels))] for _ in range(n)]
    groups = [str(number) for number in rng.integers(0, n, n)]
    evaluation = evaluate_probabilities({"soft": found}, truth, groups, space=SPACE, taxonomy=TAXONOMY)
    figures = evaluation.strategies["soft"]
    known = n - evaluation.n_unknown
    assert sum(row.support for row in figures.per_class) == known
    assert sum(cell.count for cell in figures.confusion) == known
    assert figures.right.sum() == sum(cell.count for cell in figures.confusion if cell.truth == cell.predicted)
    if known:
        assert value(figures.top1) == pytest.approx(figures.right.sum() / known)
        assert value(figures.top1) <= value(figures.top3) <= value(figures.top5) == 1
        assert value(figures.top1) <= value(figures.tolerant_top1)
    for name in FIGURES:
        figure: Estimate = getattr(figures, name)
        if figure.low is not None and figure.high is not None and name != "mistake_severity":
            assert 0 <= figure.low <= figure.high <= (2 if name == "brier" else 1)


def test_json_has_each_figure_with_its_interval(by_hand: Evaluation) -> None:
    content = by_hand.to_dict()
    assert json.loads(json.dumps(content, allow_nan=False)) == content
    keys = [f"{name}{end}" for name in FIGURES for end in ("", "_low", "_high")]
    assert list(content["strategies"]["flat"]) == keys


@pytest.mark.parametrize(
    ("found", "groups"),
    [
        ({"flat": probabilities("emerald", "emerald")}, ["a"]),
        ({"flat": probabilities("emerald")[:, :4]}, ["a"]),
        ({"flat": probabilities("emerald") * np.nan}, ["a"]),
        ({"flat": probabilities("emerald")}, ["a", "b"]),
        ({}, ["a"]),
    ],
    ids=["pictures", "labels", "nan", "groups", "strategies"],
)
def test_what_does_not_fit_together(found: dict[Strategy, Float64], groups: list[str]) -> None:
    with pytest.raises(ValueError, match="Received"):
        evaluate_probabilities(found, ["beryl/emerald"], groups, space=SPACE, taxonomy=TAXONOMY)


# Comparisons


def right(*flags: int) -> Booleans:
    return np.array(flags, dtype=np.bool_)


def test_flat_is_compared_with_every_other_strategy() -> None:
    names = ("aquamarine", "emerald")
    found = {strategy: probabilities(*names) for strategy in STRATEGIES}
    truth: list[str | None] = ["beryl/aquamarine", "beryl/emerald"]
    evaluation = evaluate_probabilities(found, truth, ["a", "b"], space=SPACE, taxonomy=TAXONOMY)
    assert [(row.first, row.second) for row in evaluation.comparisons] == [
        ("flat", "hard"),
        ("flat", "soft"),
        ("flat", "fused"),
    ]
    for decided_by, second in (("soft", "soft"), ("flat", "fused")):
        comparison = evaluation.comparison(decided_by)  # type: ignore[arg-type]
        assert comparison is not None
        assert comparison.second == second
        assert comparison.sentence.endswith("neither is better.")


def test_unknown_labels_are_not_compared() -> None:
    found: dict[Strategy, Float64] = {"flat": probabilities("emerald"), "soft": probabilities("emerald")}
    evaluation = evaluate_probabilities(found, [None], ["a"], space=SPACE, taxonomy=TAXONOMY)
    (comparison,) = evaluation.comparisons
    assert (comparison.n, comparison.real) == (0, False)
    assert comparison.sentence == "There are no pictures to compare flat and soft on."


def test_without_flat_nothing_is_compared() -> None:
    found: dict[Strategy, Float64] = {"hard": probabilities("emerald"), "soft": probabilities("emerald")}
    evaluation = evaluate_probabilities(found, ["beryl/emerald"], ["a"], space=SPACE, taxonomy=TAXONOMY)
    assert evaluation.comparisons == ()
    assert evaluation.comparison("soft") is None


def test_a_clear_difference_is_real() -> None:
    n = 40
    found = compare("flat", "fused", right(*[0] * 12, *[1] * 28), right(*[1] * n), np.arange(n))
    assert found.real
    assert found.test.p_value == pytest.approx(2 / 2**12)
    assert value(found.difference) == pytest.approx(0.3)
    assert found.sentence.startswith(
        "fused names 100.0% of 40 pictures right, flat 70.0%: fused is better, and chance hardly explains it "
        "(difference +30.0 points, 95% interval +"
    )
    assert found.sentence.endswith("; McNemar p = 0.00049).")


def test_a_small_difference_may_be_chance() -> None:
    found = compare("flat", "soft", right(1, 1, 1, 0, 1, 1), right(1, 0, 1, 1, 0, 1), np.arange(6))
    assert not found.real
    assert (found.test.first_only, found.test.second_only) == (2, 1)
    assert "soft names 66.7% of 6 pictures right, flat 83.3%: flat is ahead, but chance alone" in found.sentence


def test_many_pictures_of_two_stones_are_no_proof() -> None:
    first, second = right(*[0] * 10, *[1] * 10), right(*[1] * 20)
    groups = np.repeat(["a", "b"], 10)
    found = compare("flat", "fused", first, second, groups)
    assert found.test.p_value < 0.05
    assert not found.real


def test_a_comparison_as_json() -> None:
    found = compare("flat", "soft", right(1, 0), right(0, 0), np.arange(2)).to_dict()
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert (found["first"], found["second"], found["n"], found["real"]) == ("flat", "soft", 2, False)
    assert (found["difference"], found["first_only"], found["second_only"]) == (-0.5, 1, 0)


# Answers


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("beryl/emerald/colombian", True),
        ("beryl/emerald", True),
        ("beryl", True),
        ("beryl/emerald/zambian", False),
        ("beryl/aquamarine", False),
    ],
)
def test_an_answer_is_right_at_or_above_the_label(answer: str, expected: bool) -> None:
    assert is_right(answer, "beryl/emerald/colombian", TAXONOMY) is expected


def test_an_answer_may_not_go_deeper_but_may_be_a_further_parent() -> None:
    assert not is_right("beryl/emerald/colombian", "beryl/emerald", TAXONOMY)
    assert is_right("chatoyant", "quartz/cats-eye", TAXONOMY)


def test_answers_by_depth() -> None:
    answers = ["beryl", "quartz", "beryl/emerald", "beryl/emerald/colombian", None]
    truth = ["beryl/emerald", "beryl/emerald", "beryl/emerald", "beryl/emerald", "chatoyant"]
    found = answer_figures(answers, truth, list("abcde"), taxonomy=TAXONOMY, target_precision=0.9, threshold=0.7)
    assert [(row.depth, row.answered, row.share.value, row.precision.value) for row in found.depths] == [
        (1, 2, 0.4, 0.5),
        (2, 1, 0.2, 1.0),
        (3, 1, 0.2, 0.0),
    ]
    assert (found.n, found.answered.value, found.precision.value) == (5, 0.8, 0.5)
    content = found.to_dict()
    assert json.loads(json.dumps(content, allow_nan=False)) == content
    assert content["depths"][0]["precision_high"] > 0.5


def test_no_answers_have_no_precision() -> None:
    found = answer_figures([None], ["beryl"], ["a"], taxonomy=TAXONOMY, target_precision=0.9, threshold=0.7)
    assert (found.answered.value, found.precision, found.depths) == (0, NO_ESTIMATE, ())
    nothing = answer_figures([], [], [], taxonomy=TAXONOMY, target_precision=0.9, threshold=0.7)
    assert nothing.answered == NO_ESTIMATE
