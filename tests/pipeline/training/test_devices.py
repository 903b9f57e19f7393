"""Training on several devices, in a process of its own: TensorFlow divides a processor only before it is used."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gemhier.errors import DataError
from gemhier.hierarchy.labels import LabelSpace
from gemhier.models.augment.augmentation import Augmentation
from gemhier.models.augment.camera import Camera
from gemhier.pipeline.training import devices


def test_a_training_on_two_devices_learns_and_goes_on_where_it_stood(tmp_path: Path) -> None:
    this = "import runpy, sys; runpy.run_path(sys.argv[1], run_name='__main__')"
    command = [sys.executable, "-c", this, __file__, tmp_path]
    told = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    found = json.loads(told.splitlines()[-1])
    assert found["devices"] == 2
    assert found["seen"] == [1, 2, 3, 3]  # interrupted at the end of the third epoch
    assert found["losses"][2] < found["losses"][0]
    assert found["top1"] == 1.0
    assert found["kind"] == "ResourceVariable"  # what comes out is on one device, as ever


def test_what_cannot_be_spread_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match="needs two devices or more, and TensorFlow finds 1"):
        devices.check("mirrored", 32, 100)
    monkeypatch.setattr(devices, "replicas", lambda strategy: 4)
    with pytest.raises(DataError, match="two pictures or more for each of 4 devices. Received: --batch-size 7"):
        devices.check("auto", 7, 100)
    with pytest.raises(DataError, match="two pictures or more for each of 4 devices. Received: 7 pictures"):
        devices.check("auto", 8, 7)
    devices.check("auto", 8, 8)
    monkeypatch.setenv("TF_CONFIG", '{"cluster": {"worker": ["a:1", "b:1"]}}')
    with pytest.raises(
        DataError, match="TF_CONFIG describes several machines. Train over them with --strategy machines"
    ):
        devices.check("auto", 8, 8)
    devices.check("none", 8, 8)
    monkeypatch.undo()
    monkeypatch.setenv("TF_CONFIG", '{"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "worker", "index": 1}}')
    with pytest.raises(DataError, match="two pictures or more for each of 2 devices. Received: --batch-size 3"):
        devices.check("machines", 3, 8)
    devices.check("machines", 4, 8)


def _train(folder: Path) -> None:
    import keras
    import tensorflow as tf

    halves = [tf.config.LogicalDeviceConfiguration()] * 2
    tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], halves)
    from gemhier.models.networks.backbones import BACKBONES, Backbone
    from gemhier.models.networks.batch_norm import BatchNormalization
    from gemhier.pipeline.training.config import SCHEDULES, Schedule, TrainConfig
    from gemhier.pipeline.training.fit import Images, fit_network
    from gemhier.pipeline.training.history import Epoch

    def build(size: int) -> keras.Model:
        pixels = keras.Input((size, size, 3))
        x = keras.layers.Conv2D(8, 3, 2)(keras.layers.Rescaling(1 / 128, offset=-1)(pixels))
        x = keras.layers.ReLU()(BatchNormalization(momentum=0.5)(x))
        return keras.Model(pixels, keras.layers.GlobalAveragePooling2D()(x))

    BACKBONES["tiny"] = Backbone(name="tiny", description="", size=16, pretrained=False, colour=False, build=build)
    still = Augmentation(camera=Camera(untouched=1))
    SCHEDULES["tiny"] = Schedule(
        name="tiny", description="", tune_epochs=3, scratch_rate=1e-2, batch=6, dropout=0.0, augmentation=still
    )
    truth = np.arange(21) % 2
    crops = np.full((21, 16, 16, 4), 255, np.uint8)
    crops[truth == 0, ..., 0] = crops[truth == 1, ..., 1] = 30
    images = Images(lambda size: crops, truth)
    config = TrainConfig(backbone="tiny", schedule="tiny", mode="flat", weights="none", strategy="mirrored")
    devices.check(config.strategy, config.phases.batch, len(truth))
    seen: list[int] = []

    def note(epoch: Epoch) -> None:
        seen.append(epoch.number)
        if seen == [1, 2, 3]:
            raise InterruptedError

    def fit() -> None:
        space = LabelSpace(("beryl/emerald", "corundum/ruby"))
        fitted = fit_network(space, images, images, config, work=folder, cache=folder, on_epoch=note)
        found = {
            "devices": devices.replicas(config.strategy),
            "seen": seen,
            "losses": [epoch.loss for epoch in fitted.history],
            "top1": fitted.history[-1].validation["flat_top1"],
            "kind": type(fitted.network.whole.weights[0].value).__name__,
        }
        sys.stdout.write(json.dumps(found))

    try:
        fit()
    except InterruptedError:
        fit()


if __name__ == "__main__":
    _train(Path(sys.argv[2]))
