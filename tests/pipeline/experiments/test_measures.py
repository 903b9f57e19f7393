"""What the decisions of a trial come to, from answers that are written down here."""

import csv
import json
import re
from base64 import b64decode
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import yaml

from gemhier.hierarchy.labels import LabelSpace
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.hierarchy.taxonomy_file import load_taxonomy
from gemhier.pipeline.experiments.files import write_outcome
from gemhier.pipeline.experiments.measures import Decision, Truth, adjusted, budget, decisions, majority, paired
from gemhier.pipeline.experiments.outcome import Outcome
from gemhier.pipeline.experiments.page import page
from gemhier.pipeline.experiments.plan import Arm, Plan, load_plan
from gemhier.pipeline.experiments.tables import description, markdown

SPACE = LabelSpace(("beryl/aquamarine", "beryl/emerald", "corundum/ruby", "corundum/sapphire"))
AQUAMARINE, EMERALD, RUBY, SAPPHIRE = range(4)
TRUTH = [EMERALD, EMERALD, RUBY, RUBY, SAPPHIRE, AQUAMARINE]


@pytest.fixture(scope="module")
def taxonomy() -> Taxonomy:
    return load_taxonomy()


@pytest.fixture
def known(taxonomy: Taxonomy) -> Truth:
    labels = [SPACE.labels[column] for column in TRUTH]
    return Truth(labels, [f"stone {image}" for image in range(len(TRUTH))], SPACE, taxonomy)


def plan_of(folder: Path, *arms: dict[str, Any], **further: object) -> Plan:
    path = folder / "plan.yaml"
    path.write_text(yaml.safe_dump({"format": 1, "folds": 3, "arms": list(arms), **further}), encoding="utf-8")
    return load_plan(path)


def answers(arm: Arm, predicted: dict[str, list[int]], places: npt.ArrayLike = (0, 1, 2, 3)) -> Any:
    """Each strategy rather sure of the labels in `predicted`, or else of the last of them."""
    last = list(predicted.values())[-1]
    asked = np.arange(len(TRUTH)) < len(last)
    probabilities = {name: 0.1 + 0.6 * np.eye(4)[predicted.get(name, last)] for name in arm.strategies}
    families = np.tile(SPACE.parents[np.asarray(places)], (len(last), 1))
    return SimpleNamespace(asked=asked, probabilities=probabilities, families=families)


def made(arm: Arm, predicted: Any, known: Truth) -> dict[str, Decision]:
    return {decision.name: decision for decision in decisions(arm, predicted, known)}


def test_what_routing_loses_is_counted_in_the_arms_own_tree(tmp_path: Path, known: Truth) -> None:
    usual, other = plan_of(tmp_path, {"name": "both"}, {"name": "random", "tree": "random"}).arms
    # Emerald twice for ruby, which stands beside it in the other tree; sapphire for aquamarine, which stand beside it.
    predicted = {"hard": [EMERALD, EMERALD, EMERALD, RUBY, SAPPHIRE, SAPPHIRE]}
    for arm, places, lost in ((usual, (0, 1, 2, 3), (2, 0)), (other, (2, 0, 1, 3), (0, 2))):
        answered = answers(arm, predicted, places)
        whole, *families = budget(arm, made(arm, answered, known), answered, known)
        assert (whole.right, whole.lost_by_routing, whole.lost_by_subclass) == (4, *lost)
        assert [part.family for part in families] == ["beryl", "corundum"]


def test_the_most_frequent_label_is_named_though_another_is_as_frequent(known: Truth) -> None:
    guess = majority(known)
    assert guess.predicted.tolist() == [EMERALD] * 6
    assert guess.figures.right.tolist() == [True, True, False, False, False, False]


def test_decisions_are_compared_on_what_both_were_asked_and_in_each_division(tmp_path: Path, known: Truth) -> None:
    first, second = plan_of(
        tmp_path, {"name": "first", "mode": "flat"}, {"name": "second", "mode": "flat", "first_folds": 2}
    ).arms
    right, wrong = TRUTH, [RUBY, RUBY, EMERALD, SAPPHIRE, RUBY, RUBY]

    def divisions(arm: Arm, *predicted: list[int]) -> list[Decision]:
        return [made(arm, answers(arm, {"flat": each}), known)[f"{arm.name}: flat"] for each in predicted]

    # The second is asked about the first four pictures alone, and wrong about the last of these, within its family.
    found = paired(divisions(first, right, wrong), divisions(second, [*right[:3], SAPPHIRE], right[:4]), known)
    assert (found.top1.n, found.top1.first_right, found.top1.second_right) == (4, 4, 3)
    assert found.in_each_division == (-0.25, 1.0)
    assert found.severity.value == 0.25
    assert found.top1_p == found.severity_p == 1
    assert found.to_dict()["difference_in_each_division"] == "-0.2500 +1.0000"


def test_the_more_comparisons_the_less_each_of_them_says(tmp_path: Path, known: Truth) -> None:
    (arm,) = plan_of(tmp_path, {"name": "flat", "mode": "flat"}).arms
    right = made(arm, answers(arm, {"flat": TRUTH}), known)["flat: flat"]
    pair = paired([majority(known)], [right], known)
    assert pair.top1_p < 0.2  # four of six pictures more: two of sixteen flips of their signs
    assert pair.top1_p_adjusted == pair.top1_p
    three = adjusted([pair, pair, pair])
    assert [each.top1_p_adjusted for each in three] == [3 * pair.top1_p] * 3
    assert [each.top1_p for each in three] == [pair.top1_p] * 3


@pytest.fixture
def outcome(tmp_path: Path, known: Truth) -> Outcome:
    """Two arms, one of which answered the first two of three folds, in two divisions."""
    plan = plan_of(tmp_path, {"name": "flat", "mode": "flat"}, {"name": "both", "first_folds": 2}, repeats=2)
    found: dict[str, list[Decision]] = {}
    budgets = {}
    for arm, predicted in zip(plan.arms, (TRUTH, TRUTH[:4]), strict=True):
        answered = answers(arm, {"flat": predicted})
        own = made(arm, answered, known)
        found |= {name: [decision, decision] for name, decision in own.items()}
        if parts := budget(arm, own, answered, known):
            budgets[arm.name] = parts
    guess = majority(known)
    return Outcome(
        plan=plan,
        images=len(TRUTH),
        groups=len(TRUTH),
        data="",
        decisions=tuple(divisions[0] for divisions in found.values()),
        spread={name: [1.0, 0.5] for name in found},
        pairs=adjusted(
            [paired([guess] * 2, found["flat: flat"], known), paired(found["flat: flat"], found["both: fused"], known)]
        ),
        budgets=budgets,
        milliseconds=dict.fromkeys(found, 1.0),
        majority=guess,
    )


def test_tables_say_how_many_pictures_each_decision_was_asked(
    outcome: Outcome, tmp_path: Path, taxonomy: Taxonomy
) -> None:
    text = markdown(outcome, taxonomy)
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("|")]
    assert ["flat: flat", "1.000 (0.610 to 1.000)"] in [row[:2] for row in rows]
    assert ["both: fused (4 of 6)", "1.000 (0.510 to 1.000)"] in [row[:2] for row in rows]
    assert ["both: fused", "+0.0 (+0.0 to +0.0)", "+0.0, +0.0", "0/0", "1"] in rows
    assert " ".join(text.splitlines()).startswith(outcome.verdict)
    assert " : |" not in text  # which GitHub would take for no table
    # All lines of a table are as long as its head, and no line is longer than a terminal is wide.
    for table in text.split("\n\n"):
        assert len({len(line) for line in table.splitlines() if line.startswith("|")}) <= 1
    assert max(map(len, text.splitlines())) <= 100
    written = write_outcome(outcome, tmp_path / "out", taxonomy)
    assert sorted(path.name for path in written) == sorted(path.name for path in (tmp_path / "out").iterdir())
    assert "lost_by_region" in (tmp_path / "out" / "error_budget.csv").read_text().splitlines()[0].split(",")
    for name in ("decisions", "comparisons", "error_budget", "per_class"):
        with (tmp_path / "out" / f"{name}.csv").open(newline="") as file:
            assert len(list(csv.DictReader(file))) > 1
    assert json.loads((tmp_path / "out" / "trial.json").read_text())["pictures"] == 6


def test_tables_of_the_default_plan_s_names_fit_a_terminal(outcome: Outcome) -> None:
    longest = max((decision for arm in load_plan().arms for decision in arm.decisions), key=len)
    named = replace(
        outcome,
        decisions=tuple(replace(one, name=longest) for one in outcome.decisions[:1]),
        spread={longest: [1.0, 0.5]},
        milliseconds={longest: 123.4},
        pairs=(
            *(replace(pair, top1=replace(pair.top1, second=longest)) for pair in outcome.against_baseline),
            *(
                replace(pair, top1=replace(pair.top1, first=first, second=second))
                for first, second in load_plan().comparisons
                for pair in outcome.pairs[:1]
            ),
        ),
    )
    assert [line for line in markdown(named).splitlines() if len(line) > 100] == []


def test_the_page_has_a_table_and_a_plot_for_each_question_and_escapes_names(
    outcome: Outcome, taxonomy: Taxonomy
) -> None:
    named = replace(
        outcome, pairs=tuple(replace(pair, top1=replace(pair.top1, second="<b>bold")) for pair in outcome.pairs)
    )
    shown = page(named, taxonomy)
    assert "the closest, &lt;b&gt;bold, names as many pictures right as flat: flat" in shown
    assert "<b>" not in shown
    titles = re.findall("<h2>(.*)</h2>", shown)
    assert titles[0] == "Which names the most pictures right?"
    assert titles[-1] == "Error budget of both, by true family"
    plots = [b64decode(plot) for plot in re.findall('src="data:image/svg[+]xml;base64,([^"]+)"', shown)]
    assert len(plots) == 3
    assert all(b"</svg>" in plot for plot in plots)
    assert b"Top-1 out of fold" in plots[0]
    assert "http" not in shown.partition("<body>")[2]
    assert shown == page(named, taxonomy)


def test_an_error_budget_of_an_earlier_trial_does_not_stay(
    outcome: Outcome, tmp_path: Path, taxonomy: Taxonomy
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "error_budget_1.png").write_bytes(b"")
    (out / "mine.png").write_bytes(b"")
    write_outcome(outcome, out, taxonomy)
    assert {path.name for path in out.glob("*.png")} == {
        "decisions.png",
        "differences.png",
        "error_budget.png",
        "mine.png",
    }


def test_a_description_holds_whole_lines() -> None:
    short, long = "| a |\n", "| a line of a table |\n" * 1000
    assert description(short) == short
    kept, rest = description(long).split("\n\n")
    assert set(kept.splitlines()) == {"| a line of a table |"}
    assert "trial/trial.md" in rest
    assert len(description(long)) < 8000
