"""A trial from a prepared folder to tables, resumable, with every picture answered out of fold."""

import csv
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
import yaml
from click.testing import CliRunner

pytest.importorskip("keras", reason="training comes with an extra")

from gemhier.arrays import Bytes, Float64
from gemhier.cli import main
from gemhier.errors import DataError
from gemhier.hierarchy.labels import LabelSpace
from gemhier.hierarchy.metrics import severity_matrix
from gemhier.pipeline.data.manifest import read_manifest
from gemhier.pipeline.experiments.plan import Arm, load_plan
from gemhier.pipeline.tracking.store import open_tracking
from gemhier.pipeline.training import cross_validation as out_of_fold_module
from gemhier.pipeline.training.config import SCHEDULES
from gemhier.pipeline.training.fit import Images
from gemhier.pipeline.trial import run_trial

ARMS = (
    {"name": "flat", "mode": "flat"},
    {"name": "both"},
    {"name": "separate", "regional": "separate"},
    {"name": "learned", "tree": "learned"},
    {"name": "random", "tree": "random"},
    {"name": "hierarchical", "mode": "hierarchical"},
)

TINY = {"backbone": "tiny", "schedule": "tiny"}


def write_plan(folder: Path, first_arms: int, **further: object) -> Path:
    contents = {"format": 1, "folds": 2, "settings": TINY, "arms": list(ARMS[:first_arms]), **further}
    path = folder / "plan.yaml"
    path.write_text(yaml.safe_dump(contents), encoding="utf-8")
    return path


def by_colour(space: LabelSpace, train: Images) -> Any:
    """In the place of a trained network, one by which a crop shows what the learned picture nearest in colour shows."""

    def colours(crops: Bytes) -> Float64:
        return crops[:, 8:24, 8:24, :3].mean(axis=(1, 2)) / 128

    def predict(crops: Bytes, **_: object) -> dict[str, Float64]:
        apart = np.square(colours(crops)[:, None] - known).sum(axis=2)
        flat = np.stack([-24 * apart[:, train.truth == label].min(axis=1) for label in range(len(space))], axis=1)
        families = [flat[:, space.parents == family].max(axis=1) for family in range(len(space.families))]
        return {"flat": flat, "family": np.stack(families, axis=1), "regional": flat}

    known = colours(train.crops(32))
    return SimpleNamespace(network=SimpleNamespace(size=32, whole=SimpleNamespace(predict=predict)))


def no_time(arms: Sequence[Arm], space: LabelSpace) -> dict[str, float]:
    return {decision: 1.0 for arm in arms for decision in arm.decisions}


def test_a_trial_goes_on_where_it_stood_and_says_what_is_better(
    here: Path,
    tiny_data: Path,
    tiny_backbone: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # Heads on frozen features tell these colours apart, in a third of the time.
    monkeypatch.setitem(SCHEDULES, "tiny", replace(SCHEDULES["tiny"], head_epochs=30, tune_epochs=0))
    fit, trainings = out_of_fold_module.fit_network, []

    def counted(space: LabelSpace, train: Images, *rest: Any, **named: Any) -> Any:
        trainings.append(named["work"])
        if len(trainings) == 3:
            raise KeyboardInterrupt
        # One network is trained in earnest; the others know colours, whatever labels they are given.
        return fit(space, train, *rest, **named) if len(trainings) == 4 else by_colour(space, train)

    monkeypatch.setattr(out_of_fold_module, "fit_network", counted)
    # A copy: another training's answers would be known already.
    data = shutil.copytree(tiny_data, here / "data", ignore=shutil.ignore_patterns("answers"))
    plan = load_plan(write_plan(here, 4, comparisons=[["both: soft", "learned: soft"]]))
    with pytest.raises(KeyboardInterrupt):
        run_trial(data, plan, here / "trial")
    assert not (here / "trial").exists()
    assert capsys.readouterr().err.splitlines()[-1] == "Division 1 of 1, both: fold 1 of 2"
    (here / "trial").mkdir()
    (here / "trial" / "notes.txt").write_text("mine", encoding="utf-8")
    text = run_trial(data, plan, here / "trial")
    # Of each fold: flat, both, learned; a general and two regional networks. The flat network beside these is that
    # of the flat arm.
    assert len(trainings) == len(set(trainings)) + 1 == 2 * 6 + 1

    found = json.loads((here / "trial" / "trial.json").read_text())
    assert (found["pictures"], found["plan"]["folds"]) == (72, 2)
    by_name = {row["decision"]: row for row in found["decisions"]}
    assert [name for name in by_name if name.startswith("separate")] == [
        f"separate: {decision}" for decision in ("flat", "hard", "soft", "fused", "least cost")
    ]
    for row in by_name.values():
        # The tiny network tells these colours apart whatever the tree, so a column in a wrong place would show.
        assert row["top1"] >= 0.9, row["decision"]
        assert row["top1_low"] <= row["top1"] <= row["top1_high"]
        assert row["milliseconds"] > 0
    assert by_name["separate: flat"]["top1"] == by_name["flat: flat"]["top1"]
    assert by_name["separate: flat"]["milliseconds"] < by_name["separate: hard"]["milliseconds"]
    assert by_name["separate: soft"]["milliseconds"] < by_name["separate: fused"]["milliseconds"]
    assert by_name["both: flat"]["milliseconds"] == by_name["both: fused"]["milliseconds"]
    assert by_name["both: least cost"]["ece"] is None
    assert by_name["both: least cost"]["brier"] is None
    compared = [(row["first"], row["second"]) for row in found["comparisons"]]
    assert compared[-1] == ("both: soft", "learned: soft")
    assert compared[0] == ("the most frequent label", "flat: flat")
    assert len(compared) == len(by_name) + 1
    assert all(0 < row["severity_p_value"] <= 1 for row in found["comparisons"])
    with (here / "trial" / "error_budget.csv").open(newline="") as file:
        budgets = list(csv.DictReader(file))
    assert {row["arm"] for row in budgets} == {"both", "separate", "learned"}
    assert all(int(row["pictures"]) == 72 for row in budgets if not row["family"])
    assert text.splitlines()[0] in found["verdict"]
    assert "\n| both: fused " in text
    assert (here / "trial" / "trial.md").read_text().startswith(text)
    assert "Error budget of learned, by true family" in (here / "trial" / "trial.html").read_text()
    for plot in ("decisions.png", "error_budget.png", "error_budget_2.png"):
        assert (here / "trial" / plot).read_bytes().startswith(b"\x89PNG")

    mlflow = open_tracking()
    parent, *_ = mlflow.search_runs(
        experiment_names=["gemhier"], filter_string="tags.gemhier_kind = 'trial'", output_format="list"
    )
    assert parent.info.status == "FINISHED"
    arms = mlflow.search_runs(
        experiment_names=["gemhier"],
        filter_string=f"tags.mlflow.parentRunId = '{parent.info.run_id}'",
        output_format="list",
    )
    assert {run.info.run_name for run in arms} == {f"arm: {arm.name}" for arm in plan.arms}
    (both,) = (run for run in arms if run.info.run_name == "arm: both")
    assert both.data.metrics["top1/fused"] == by_name["both: fused"]["top1"]
    assert both.data.params["tree"] == "gemmological"
    assert (both.data.params["folds"], both.data.params["weights"]) == ("2", "imagenet")
    assert parent.data.tags["mlflow.note.content"].startswith(text.splitlines()[0])
    assert "the most frequent label" in parent.data.tags["mlflow.note.content"]
    logged = [file.path for file in mlflow.MlflowClient().list_artifacts(parent.info.run_id, "trial")]
    assert "trial/trial.md" in logged
    assert "trial/notes.txt" not in logged


def test_pictures_of_one_group_are_never_learned_from_and_asked_about(
    here: Path, tiny_data: Path, tiny_backbone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = read_manifest(tiny_data)
    rows = [*manifest.split("train"), *manifest.split("validation")]
    groups = np.array([row.group for row in rows])
    seen: list[int] = []

    def learn(space: Any, images: Any, learned: Any, asked: Any, config: Any, **_: Any) -> Any:
        assert not set(groups[learned]) & set(groups[asked])
        seen.append(int(asked.sum()))
        generator = np.random.default_rng(0)
        shapes = {"flat": len(space), "family": len(space.families), "regional": len(space)}
        return out_of_fold_module.Logits(
            **{head: generator.normal(0, 1, (seen[-1], width)).astype(np.float32) for head, width in shapes.items()}
        )

    monkeypatch.setattr("gemhier.pipeline.experiments.answers.fit_predict", learn)
    monkeypatch.setattr("gemhier.pipeline.experiments.timing.milliseconds", no_time)
    run_trial(tiny_data, load_plan(write_plan(here, 6, repeats=2)), here / "trial")
    assert sum(seen) == 2 * len(rows) * 9  # with the flat network beside the separate networks
    found = json.loads((here / "trial" / "trial.json").read_text())
    for row in found["decisions"]:
        assert row["top1"] < 0.5  # chance
        assert len(row["top1_in_each_division"].split()) == 2
        assert 0 < row["mistake_severity"] <= severity_matrix(manifest.label_space).max()


def test_arms_of_other_finders_and_losses_are_compared_at_home_and_elsewhere(
    here: Path,
    tiny_data: Path,
    tiny_backbone: str,
    paint_stone: Callable[[str], Bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(SCHEDULES, "tiny", replace(SCHEDULES["tiny"], tune_epochs=0))
    monkeypatch.setattr("gemhier.pipeline.experiments.timing.milliseconds", no_time)
    fit, numbers = out_of_fold_module.fit_network, count(1)

    def first_of_each_arm(space: LabelSpace, train: Images, *rest: Any, **named: Any) -> Any:
        return fit(space, train, *rest, **named) if next(numbers) % 2 else by_colour(space, train)

    monkeypatch.setattr(out_of_fold_module, "fit_network", first_of_each_arm)
    data = shutil.copytree(tiny_data, here / "data", ignore=shutil.ignore_patterns("answers"))
    for number, label in enumerate(["beryl/emerald", "corundum/ruby", "quartz"] * 2):
        folder = here / "my phones" / label
        folder.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / f"{number}.png"), paint_stone(label)[..., ::-1])
    arms = [{"name": "flat"}, {"name": "edges", "finder": "canny", "loss": "hier-cos", "image_size": 48}]
    plan = write_plan(here, 0, arms=arms, settings={**TINY, "mode": "flat", "epochs": 10})
    command = ["trial", str(data), "--plan", str(plan), "--elsewhere", "my phones"]
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 0, done.output
    assert next(numbers) == 5
    assert "## my phones: which names the most pictures right?" in done.stdout
    found = json.loads((here / "trial" / "trial.json").read_text())
    names = ["flat: flat", "flat: least cost", "edges: flat", "edges: least cost"]
    assert [row["decision"] for row in found["decisions"]] == names
    elsewhere = found["elsewhere"]["my phones"]
    assert (elsewhere["pictures"], elsewhere["groups"]) == (6, 6)
    assert [row["decision"] for row in elsewhere["decisions"]] == names
    for row in (*found["decisions"], *elsewhere["decisions"]):
        assert row["top1"] >= 0.6, row["decision"]  # colours, which both finders leave in
    assert [row["second"] for row in elsewhere["comparisons"]] == names  # the first against the most frequent label
    with (here / "trial" / "elsewhere_comparisons.csv").open(newline="") as file:
        assert {row["elsewhere"] for row in csv.DictReader(file)} == {"my phones"}
    assert "my phones: which differences from flat: flat" in (here / "trial" / "trial.html").read_text()

    edges_data = read_manifest(data / "finders" / "canny")
    assert edges_data.finder.name == "canny"
    assert [(row.image, row.group) for row in edges_data.rows] == [
        (row.image, row.group) for row in read_manifest(data).rows
    ]
    assert any(row.side != other.side for row, other in zip(edges_data.rows, read_manifest(data).rows, strict=True))
    runs = open_tracking().search_runs(
        experiment_names=["gemhier"], filter_string="tags.gemhier_kind = 'arm'", output_format="list"
    )
    (run,) = (run for run in runs if run.info.run_name == "arm: edges")
    assert (run.data.params["finder"], run.data.params["image_size"]) == ("canny", "48")
    assert run.data.metrics["my_phones/top1/flat"] == elsewhere["decisions"][2]["top1"]


@pytest.mark.parametrize(
    ("pictures", "said"),
    [(["corundum/ruby/a.png"], "1 of its 1 pictures"), (["nonsense/a.png", "more/b.png"], "No picture has a class")],
)
def test_a_folder_that_shows_nothing_of_the_data_is_refused_before_the_work(
    pictures: list[str], said: str, here: Path, tiny_data: Path, tiny_backbone: str
) -> None:
    for picture in pictures:
        (here / "shop" / picture).parent.mkdir(parents=True)
        (here / "shop" / picture).write_bytes(b"never opened")
    with pytest.raises(DataError, match=said):
        run_trial(tiny_data, load_plan(write_plan(here, 1)), here / "trial", elsewhere=[here / "shop"])
    assert not (here / "trial").exists()


def test_the_command_shows_its_plan_and_refuses_too_many_folds(tiny_data: Path, here: Path) -> None:
    shown = CliRunner().invoke(main, ["trial", "--show-plan"])
    assert shown.exit_code == 0
    (here / "mine.yaml").write_text(shown.output.replace("folds: 5 ", "folds: 500 "), encoding="utf-8")
    refused = CliRunner().invoke(main, ["trial", str(tiny_data), "--plan", "mine.yaml"])
    assert refused.exit_code == 1
    assert refused.stderr.count("\n") == 1
    assert "fewer `folds`" in refused.stderr
    taken = CliRunner().invoke(main, ["trial", str(tiny_data), "--out", "mine.yaml"])
    assert taken.exit_code == 1
    assert "cannot be a folder" in taken.stderr
