"""What the decisions of a trial come to, from answers that are written down here."""

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
from gemhier.pipeline.trial.measure import Decision, Known, budget, decisions, majority
from gemhier.pipeline.trial.plan import Arm, Plan, load_plan

SPACE = LabelSpace(("beryl/aquamarine", "beryl/emerald", "corundum/ruby", "corundum/sapphire"))
AQUAMARINE, EMERALD, RUBY, SAPPHIRE = range(4)
TRUTH = [EMERALD, EMERALD, RUBY, RUBY, SAPPHIRE, AQUAMARINE]


@pytest.fixture(scope="module")
def taxonomy() -> Taxonomy:
    return load_taxonomy()


@pytest.fixture
def known(taxonomy: Taxonomy) -> Known:
    labels = [SPACE.labels[column] for column in TRUTH]
    return Known(labels, [f"stone {picture}" for picture in range(len(TRUTH))], SPACE, taxonomy)


def plan_of(folder: Path, *arms: dict[str, Any], **further: object) -> Plan:
    path = folder / "plan.yaml"
    path.write_text(yaml.safe_dump({"format": 1, "folds": 3, "arms": list(arms), **further}), encoding="utf-8")
    return load_plan(path)


def answers(arm: Arm, said: dict[str, list[int]], places: npt.ArrayLike = (0, 1, 2, 3)) -> Any:
    """Each way to decide rather sure of the labels in `said`, or else of the last of them."""
    last = list(said.values())[-1]
    asked = np.arange(len(TRUTH)) < len(last)
    voices = {name: 0.1 + 0.6 * np.eye(4)[said.get(name, last)] for name in arm.strategies}
    families = np.tile(SPACE.parents[np.asarray(places)], (len(last), 1))
    return SimpleNamespace(asked=asked, probabilities=voices, families=families)


def made(arm: Arm, said: Any, known: Known) -> dict[str, Decision]:
    return {decision.name: decision for decision in decisions(arm, said, known)}


def test_what_routing_loses_is_counted_in_the_arms_own_tree(tmp_path: Path, known: Known) -> None:
    usual, other = plan_of(tmp_path, {"name": "both"}, {"name": "random", "tree": "random"}).arms
    # Emerald twice for ruby, which stands beside it in the other tree; sapphire for aquamarine, which stand beside it.
    said = {"hard": [EMERALD, EMERALD, EMERALD, RUBY, SAPPHIRE, SAPPHIRE]}
    for arm, places, lost in ((usual, (0, 1, 2, 3), (2, 0)), (other, (2, 0, 1, 3), (0, 2))):
        heard = answers(arm, said, places)
        whole, *families = budget(arm, made(arm, heard, known), heard, known)
        assert (whole.right, whole.lost_by_routing, whole.lost_by_region) == (4, *lost)
        assert [part.family for part in families] == ["beryl", "corundum"]


def test_the_most_frequent_label_is_named_though_another_is_as_frequent(known: Known) -> None:
    guess = majority(known)
    assert guess.predicted.tolist() == [EMERALD] * 6
    assert guess.figures.right.tolist() == [True, True, False, False, False, False]
