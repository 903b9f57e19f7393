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
    ("changes", "line", "said"),
    [
        ({"format": 2}, 7, "format: 1"),
        ({"fold": 3}, 6, "no field 'fold'"),
        ({"folds": 1}, 6, "`folds` must be a whole number of 2 or more"),
        ({"folds": True}, 6, "`folds`"),
        ({"arms": []}, 1, "at least one arm"),
        ({"arms": [{"mode": "flat"}]}, 2, "with a `name`"),
        ({"arms": [{"name": "a"}, {"name": "a"}]}, 3, "a name of its own"),
        ({"arms": [{"name": "a|b"}]}, 2, "one line without |"),
        ({"arms": [{"name": "a\nb"}]}, 2, "one line without |"),
        ({"arms": [{"name": "a", "backbone": ["lite0", "lite1"]}]}, 3, "several joined by +"),
        ({"settings": {"backbone": 5}}, 9, "several joined by +"),
        ({"arms": [{"name": "a", "mode": "tree"}]}, 2, "`mode` must be one of"),
        ({"arms": [{"name": "a", "seed": 3}]}, 3, "no field 'seed'"),
        ({"arms": [{"name": "a", "tree": "oak"}]}, 3, "gemmological, learned, random"),
        ({"arms": [{"name": "a", "mode": "flat", "regional": "separate"}]}, 4, "hierarchical mode"),
        ({"arms": [{"name": "a", "mode": "flat", "regional": "separate-as-long"}]}, 4, "hierarchical mode"),
        ({"arms": [{"name": "a", "regional": "apart"}]}, 3, "shared, separate, separate-as-long"),
        ({"arms": [{"name": "a", "finder": "eyes"}]}, 2, "prepared, none, canny"),
        ({"arms": [{"name": "a", "times": 0}]}, 2, "`times` must be a whole number of 1 or more"),
        ({"arms": [{"name": "a", "first_folds": 1}]}, 2, "`first_folds`"),
        ({"baseline": "flat: soft"}, 6, "no arm makes the decision 'flat: soft'"),
        ({"comparisons": [["flat: flat"]]}, 7, "pairs of decisions"),
        ({"comparisons": [["flat: flat", "x"]]}, 8, "decision 'x'"),
        ({"settings": ["quick"]}, 9, "`settings` must be a mapping"),
    ],
)
def test_a_wrong_plan_is_refused_in_one_line(tmp_path: Path, changes: dict[str, object], line: int, said: str) -> None:
    path = write(tmp_path, **changes)
    with pytest.raises(DataError) as caught:
        load_plan(path)
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_plan_that_is_no_file_or_no_yaml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        load_plan(tmp_path / "none.yaml")
    broken = tmp_path / "broken.yaml"
    broken.write_text("arms: [", encoding="utf-8")
    with pytest.raises(DataError, match="no YAML"):
        load_plan(broken)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 1, "a mapping that begins with `format: 1`"),
        ("- format: 1\n", 1, "a mapping that begins with `format: 1`"),
        ("format: 1\narms: [", 2, "This is not YAML"),
        ("format: 1\nfolds: 3\nfolds: 5\n", 3, "`folds` is given twice. Keep one. The other is in line 2."),
        ("format: 1\nsettings: &usual {}\narms: *usual\n", 3, "`*usual` refers to another part of the file"),
        ("format: 1\narms: " + "[" * 5000, 2, "nested more than 16 deep"),
        ("format: 1\narms: [{name: a}]\nfolds: !!int three\n", 3, "Received: 'three'"),
        ("format: 1\narms: [{name: a}]\ncomparisons: 5\n", 3, "pairs of decisions"),
        ("format: 1\narms: {name: a}\n", 2, "at least one arm"),
    ],
)
def test_a_mistake_in_a_plan_is_told_with_its_line(tmp_path: Path, text: str, line: int, said: str) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        load_plan(path)
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_settings_and_comparisons_may_be_left_empty(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text("format: 1\nsettings:\narms: [{name: a}]\ncomparisons:\n", encoding="utf-8")
    assert load_plan(path).comparisons == ()
