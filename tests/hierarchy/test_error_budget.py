"""The error budget adds up, in all and by family."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemhier.hierarchy.error_budget import error_budget
from gemhier.hierarchy.labels import LabelSpace

SPACE = LabelSpace(("beryl/aquamarine", "beryl/emerald", "corundum/ruby", "corundum/sapphire", "quartz"))
AQUAMARINE, EMERALD, RUBY, SAPPHIRE, QUARTZ = range(5)
COLUMNS = st.lists(st.tuples(*[st.integers(0, 4)] * 4), min_size=1, max_size=30)


@given(COLUMNS)
def test_every_picture_is_right_or_lost_somewhere(images: list[tuple[int, ...]]) -> None:
    truth, hard, soft, fused = np.array(images).T
    whole, *families = error_budget(truth, hard, soft, fused, SPACE)
    for budget in (whole, *families):
        assert budget.right + budget.lost_by_routing + budget.lost_by_subclass == budget.pictures
    after_soft = whole.right + whole.won_by_soft - whole.lost_by_soft
    assert after_soft == np.sum(soft == truth)
    assert after_soft + whole.won_by_fusion - whole.lost_by_fusion == np.sum(fused == truth)
    for field in fields(whole):
        if field.name != "family":
            assert getattr(whole, field.name) == sum(getattr(budget, field.name) for budget in families)


def test_each_loss_has_its_place() -> None:
    truth = [EMERALD, EMERALD, EMERALD, RUBY]
    hard = [EMERALD, AQUAMARINE, QUARTZ, RUBY]
    soft = [EMERALD, AQUAMARINE, EMERALD, SAPPHIRE]
    fused = [QUARTZ, EMERALD, EMERALD, SAPPHIRE]
    whole, beryl, corundum = error_budget(truth, hard, soft, fused, SPACE)
    assert (whole.family, beryl.family, corundum.family) == ("", "beryl", "corundum")
    assert (beryl.pictures, beryl.right, beryl.lost_by_routing, beryl.lost_by_subclass) == (3, 1, 1, 1)
    assert (beryl.won_by_soft, beryl.lost_by_soft, beryl.won_by_fusion, beryl.lost_by_fusion) == (1, 0, 1, 1)
    assert (corundum.right, corundum.lost_by_soft, corundum.won_by_fusion) == (1, 1, 0)


def test_another_tree_than_that_of_the_labels_says_itself_what_was_routed() -> None:
    # In a tree that puts emerald beside ruby, emerald for ruby is the regional network's mistake.
    truth, hard = [RUBY, RUBY, EMERALD], [EMERALD, EMERALD, EMERALD]
    whole, beryl, corundum = error_budget(truth, hard, hard, hard, SPACE, routed=[True, True, True])
    assert (whole.right, whole.lost_by_routing, whole.lost_by_subclass) == (1, 0, 2)
    assert (beryl.right, corundum.lost_by_routing, corundum.lost_by_subclass) == (1, 0, 2)
    whole, *_ = error_budget(truth, hard, hard, hard, SPACE)
    assert (whole.right, whole.lost_by_routing, whole.lost_by_subclass) == (1, 2, 0)
    for routed in ([True, True, False], [True]):
        with pytest.raises(ValueError, match="`routed`"):
            error_budget(truth, hard, hard, hard, SPACE, routed=routed)


@pytest.mark.parametrize("hard", [[0], [0, 5], [0, -1], [[0, 1]]])
def test_columns_must_fit(hard: list[int]) -> None:
    with pytest.raises(ValueError, match="All four"):
        error_budget([0, 1], hard, [0, 1], [0, 1], SPACE)
