"""A training over several machines: two processes on this one, each with a part of every batch."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from gemhier.cli import main
from gemhier.errors import DataError
from gemhier.pipeline.data.crops import prepared_crops
from gemhier.pipeline.data.manifest import read_manifest
from gemhier.pipeline.training import machines
from gemhier.pipeline.training.config import TrainConfig
from gemhier.pipeline.training.machines import Place, place


def described(number: int, *addresses: str, job: str = "worker", **further: list[str]) -> str:
    return json.dumps({"cluster": {"worker": addresses, **further}, "task": {"type": job, "index": number}})


def test_the_first_machine_leads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_CONFIG", described(1, "a:1", "b:2"))
    assert place() == Place(1, 2, "b:2")
    assert not place().leads
    monkeypatch.setenv("TF_CONFIG", described(0, "a:1", "b:2", chief=["c:3"]))
    assert place() == Place(1, 3, "a:1")
    monkeypatch.setenv("TF_CONFIG", described(0, "a:1", "b:2", job="chief", chief=["c:3"]))
    assert place() == Place(0, 3, "c:3")
    assert place().leads


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "--strategy machines needs TF_CONFIG"),
        ("{", "TF_CONFIG does not list this machine among all"),
        ("[]", "TF_CONFIG does not list this machine among all"),
        ('{"cluster": {"worker": ["a:1", "b:2"]}}', "TF_CONFIG does not list this machine among all"),
        (described(2, "a:1", "b:2"), "TF_CONFIG does not list this machine among all"),
        (described(0, "a:1", "b:2", ps=["c:3"]), "TF_CONFIG lists machines as ps, where all must be workers"),
        (described(0, "a:1", "b"), "TF_CONFIG lists a machine without its port"),
        (described(0, "a:1", "a:1"), "TF_CONFIG lists a machine twice"),
        (described(0, "a:1"), "TF_CONFIG lists a single machine"),
    ],
)
def test_what_does_not_describe_several_machines_is_refused_before_anything_is_done(
    text: str, message: str, here: Path, tiny_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TF_CONFIG", text)
    outcome = CliRunner().invoke(main, ["train", str(tiny_data), "--strategy", "machines"])
    assert outcome.exit_code == 1
    (line,) = outcome.stderr.splitlines()
    assert line.startswith(f"Error: {message}")
    assert list(here.iterdir()) == []


def test_what_cannot_be_spread_over_machines_is_refused() -> None:
    with pytest.raises(ValueError, match=r"`folds` must be 0 where `strategy` is machines.* Received: 5\."):
        TrainConfig(strategy="machines", folds=5)
    with pytest.raises(ValueError, match=r"`schedule` must train the backbone too where .* Received: 'quick'\."):
        TrainConfig(strategy="machines", schedule="quick")


def test_another_training_than_the_leaders_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machines, "from_leader", lambda values: [np.frombuffer(b"0123", np.uint8)])
    machines.connect("0123")
    with pytest.raises(DataError, match="about to train something else than the first one"):
        machines.connect("0124")


@pytest.mark.slow
def test_two_machines_learn_what_one_would_also_when_the_first_is_killed_midway(
    tmp_path: Path, tiny_data: Path, tracking_store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def train(**settings: str) -> list[tuple[int, str, str]]:
        """Run the command on both machines; the exit code, output and errors of each."""
        with socket.socket() as one, socket.socket() as other:
            for each in (one, other):
                each.bind(("127.0.0.1", 0))
            addresses = [f"127.0.0.1:{each.getsockname()[1]}" for each in (one, other)]
        options = ["--backbone", "small", "--schedule", "small", "--strategy", "machines", "--tracking", tracking_store]
        running = []
        for number in range(2):
            folder = tmp_path / f"machine-{number}"
            folder.mkdir(exist_ok=True)
            outside = {"TF_CONFIG": described(number, *addresses), "KEPT": str(tmp_path / f"kept-{number}.npz")}
            running.append(
                subprocess.Popen(
                    [sys.executable, __file__, "train", str(tiny_data), *options],
                    cwd=folder,
                    env={**os.environ, **outside, **settings, "PYTHONPATH": os.pathsep.join(sys.path)},
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            )
        return [(one.returncode, *told) for one, told in [(one, one.communicate()) for one in running]]

    (killed, _, _), (code, _, errors) = train(KILL_LEADER_AFTER="2")
    assert killed == 9
    assert (code, errors.splitlines()[-1][:36]) == (1, "Error: Another machine has stopped o"), errors
    assert "Traceback" not in errors

    (code, summary, errors), (other_code, said, other_errors) = train()
    assert (code, other_code) == (0, 0), (errors, other_errors)
    assert "top-1" in summary
    assert said == "This machine took part in the training, which the first one of TF_CONFIG has recorded.\n"
    assert list((tmp_path / "machine-1").iterdir()) == []
    assert not list((tmp_path / "machine-0").glob("mlruns/unfinished/*"))

    kept = [dict(np.load(tmp_path / f"kept-{number}.npz")) for number in range(2)]
    assert [int(one.pop("initial_epoch")) for one in kept] == [2, 2]
    assert all(np.array_equal(kept[0][name], kept[1][name]) for name in kept[0])
    alone = alone_weights(tiny_data, tmp_path / "alone", monkeypatch)
    furthest = max(float(np.abs(kept[0][f"arr_{index}"] - one).max()) for index, one in enumerate(alone))
    assert furthest < 1e-5  # of 12 steps on from where the first was killed, each of about 1e-3


def alone_weights(data: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What one machine learns."""
    from gemhier.models.networks.backbones import BACKBONES
    from gemhier.pipeline.training.config import SCHEDULES
    from gemhier.pipeline.training.fit import Images, fit_network

    backbone, schedule = small()
    monkeypatch.setitem(BACKBONES, "small", backbone)
    monkeypatch.setitem(SCHEDULES, "small", schedule)
    manifest = read_manifest(data)
    rows, space = manifest.split("train"), manifest.label_space
    images = Images(
        lambda size: prepared_crops(manifest, rows, size), np.array([space.index(row.label) for row in rows])
    )
    config = TrainConfig(backbone="small", schedule="small")
    return list(fit_network(space, images, None, config, work=folder, cache=folder).network.whole.get_weights())


def small() -> tuple[Any, Any]:
    """A backbone with fixed weights and a schedule in which a picture's batch changes nothing but the mean loss."""
    import keras

    from gemhier.models.networks.backbones import Backbone
    from gemhier.pipeline.training.config import Schedule

    def build(size: int) -> keras.Model:
        pixels = keras.Input((size, size, 3))
        first = keras.initializers.GlorotUniform(seed=1)
        x = keras.layers.Conv2D(8, 3, 2, activation="relu", kernel_initializer=first)(
            keras.layers.Rescaling(1 / 128, offset=-1)(pixels)
        )
        return keras.Model(pixels, keras.layers.GlobalAveragePooling2D()(x))

    backbone = Backbone(name="small", description="", size=32, pretrained=True, colour=True, build=build)
    return backbone, Schedule(
        name="small", description="", views=1, head_epochs=2, tune_epochs=4, tune_rate=1e-3, batch=8, dropout=0.0
    )


def _machine() -> None:
    """Run gemhier with the small backbone, keep what is learnt, and be killed where the test asks for it."""
    from gemhier.models.networks.backbones import BACKBONES
    from gemhier.pipeline.training import fit
    from gemhier.pipeline.training.checkpoint import Checkpoint
    from gemhier.pipeline.training.config import SCHEDULES

    BACKBONES["small"], SCHEDULES["small"] = small()
    fit_network, fit_together, save, initial = fit.fit_network, machines.fit, Checkpoint.on_epoch_end, []

    def noting(*rest: Any, **named: Any) -> None:
        initial.append(named["initial_epoch"])
        fit_together(*rest, **named)

    def keeping(*rest: Any, **named: Any) -> fit.Fitted:
        fitted = fit_network(*rest, **named)
        np.savez(os.environ["KEPT"], *fitted.network.whole.get_weights(), initial_epoch=initial[0])
        return fitted

    def deadly(self: Checkpoint, epoch: int, logs: dict[str, float] | None = None) -> None:
        save(self, epoch, logs)
        if str(epoch + 1) == os.environ.get("KILL_LEADER_AFTER"):
            os._exit(9)

    machines.fit, fit.fit_network, Checkpoint.on_epoch_end = noting, keeping, deadly  # type: ignore[method-assign]
    main(sys.argv[1:])


if __name__ == "__main__":
    _machine()
