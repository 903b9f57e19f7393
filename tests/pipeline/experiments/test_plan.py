"""A plan says what is compared, and a wrong one says what is wrong with it."""

from pathlib import Path

import pytest
import yaml

from gemhier.errors import DataError
from gemhier.pipeline.experiments.plan import load_plan


def write(folder: Path, **changes: object) -> Path:
    plan: dict[str, object] = {
        "format": 1,
        "folds": 3,
        "settings": {"schedule": "quick"},
        "arms": [{"name": "flat", "mode": "flat"}, {"name": "both", "backbone": "lite2"}],
    }
    path = folder / "plan.yaml"
    path.write_text(yaml.safe_dump({**plan, **changes}), encoding="utf-8")
    return path


def test_the_plan_that_comes_along_compares_trees_and_losses_with_flat() -> None:
    plan = load_plan()
    assert plan.baseline == "flat: flat"
    by_name = {arm.name: arm for arm in plan.arms}
    assert by_name["random tree"].tree == "random"
    assert by_name["summed leaves"].config.loss == "summed-leaves"
    assert by_name["both"].decisions == ("both: flat", "both: hard", "both: soft", "both: fused", "both: least cost")
    assert ("random tree: fused", "both: fused") in plan.comparisons


def test_an_arm_takes_the_plans_settings_unless_it_has_its_own(tmp_path: Path) -> None:
    flat, both = load_plan(write(tmp_path)).arms
    assert (flat.config.mode, flat.config.schedule, flat.config.backbone) == ("flat", "quick", "lite0")
    assert (both.config.mode, both.config.schedule, both.config.backbone) == ("both", "quick", "lite2")
    assert flat.first_folds == 3
    assert (load_plan(write(tmp_path)).baseline, load_plan(write(tmp_path)).repeats) == ("flat: flat", 1)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format": 2}, "format: 1"),
        ({"fold": 3}, "no field 'fold'"),
        ({"folds": 1}, "`folds` must be a whole number of 2 or more"),
        ({"folds": True}, "`folds`"),
        ({"arms": []}, "at least one arm"),
        ({"arms": [{"mode": "flat"}]}, "with a `name`"),
        ({"arms": [{"name": "a"}, {"name": "a"}]}, "a name of its own"),
        ({"arms": [{"name": "a|b"}]}, "one line without |"),
        ({"arms": [{"name": "a\nb"}]}, "one line without |"),
        ({"arms": [{"name": "a", "backbone": ["lite0", "lite1"]}]}, "several joined by +"),
        ({"settings": {"backbone": 5}}, "several joined by +"),
        ({"arms": [{"name": "a", "mode": "tree"}]}, "`mode` must be one of"),
        ({"arms": [{"name": "a", "seed": 3}]}, "no field 'seed'"),
        ({"arms": [{"name": "a", "tree": "oak"}]}, "gemmological, learned, random"),
        ({"arms": [{"name": "a", "mode": "flat", "regional": "separate"}]}, "hierarchical mode"),
        ({"arms": [{"name": "a", "first_folds": 1}]}, "`first_folds`"),
        ({"baseline": "flat: soft"}, "no arm makes the decision 'flat: soft'"),
        ({"comparisons": [["flat: flat"]]}, "pairs of decisions"),
        ({"comparisons": [["flat: flat", "x"]]}, "decision 'x'"),
        ({"settings": ["quick"]}, "`settings` must be a mapping"),
    ],
)
def test_a_wrong_plan_is_refused_in_one_line(tmp_path: Path, changes: dict[str, object], said: str) -> None:
    path = write(tmp_path, **changes)
    with pytest.raises(DataError) as caught:
        load_plan(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_plan_that_is_no_file_or_no_yaml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        load_plan(tmp_path / "none.yaml")
    broken = tmp_path / "broken.yaml"
    broken.write_text("arms: [", encoding="utf-8")
    with pytest.raises(DataError, match="no YAML"):
        load_plan(broken)
