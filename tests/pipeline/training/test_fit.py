from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from gemhier.hierarchy.labels import LabelSpace
from gemhier.models.images.crop import mask_background
from gemhier.models.networks.backbones import backbone
from gemhier.models.networks.export import export_network
from gemhier.models.runtime.logits import Logits
from gemhier.models.runtime.network import Network
from gemhier.pipeline.data.crops import load_crops
from gemhier.pipeline.data.manifest import read_manifest
from gemhier.pipeline.training import fit as fit_module
from gemhier.pipeline.training.config import TrainConfig
from gemhier.pipeline.training.fit import Fitted, Images, fit_network, predict_logits, validation_measures
from gemhier.pipeline.training.history import Epoch


@pytest.fixture(scope="module")
def fit(tiny_data: Path, tiny_backbone: str, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Fitted]:
    """Trains on painted stones, in a folder of its own each time unless one is named."""
    manifest = read_manifest(tiny_data)
    space = manifest.label_space
    place, folders = tmp_path_factory.mktemp("fit"), count()

    def images(split: str) -> Images:
        rows = manifest.split(split)
        truth = np.array([space.index(row.label) for row in rows])
        return Images(lambda size: load_crops(rows, size, manifest.finder, place / "crops"), truth)

    def run(
        work: str = "", on_epoch: Callable[[Epoch], None] = lambda epoch: None, less: int = 0, **settings: Any
    ) -> Fitted:
        train = images("train")
        return fit_network(
            space,
            Images(lambda size: train.crops(size)[less:], train.truth[less:]),
            images("validation"),
            TrainConfig(**{"backbone": tiny_backbone, "schedule": tiny_backbone, **settings}),
            work=place / (work or f"work {next(folders)}"),
            cache=place / "features",
            on_epoch=on_epoch,
        )

    return run


@pytest.fixture(scope="module")
def fitted(fit: Callable[..., Fitted]) -> Fitted:
    """A training of the usual settings, from its start to its end."""
    return fit()


def test_a_network_learns_painted_stones(fitted: Fitted, tiny_data: Path, tmp_path: Path) -> None:
    assert [epoch.phase for epoch in fitted.history] == ["heads"] * 4 + ["everything"] * 2
    assert [epoch.number for epoch in fitted.history] == list(range(1, 7))
    last = fitted.history[-1].validation
    assert last["flat_top1"] >= 0.9
    assert last["family_top1"] >= 0.9
    assert {"regional_top1/beryl", "regional_top1/corundum"} <= set(last)
    manifest = read_manifest(tiny_data)
    rows = manifest.split("validation")
    crops = load_crops(rows, 32, manifest.finder, tmp_path / "crops")
    truth = np.array([fitted.network.space.index(row.label) for row in rows])
    measured = validation_measures(predict_logits(fitted.network, crops), truth, fitted.network.space)
    assert measured == last


def test_an_interrupted_training_sees_what_it_would_have_seen_and_ends_like_an_unbroken_one(
    fit: Callable[..., Fitted], fitted: Fitted, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted(Exception):
        pass

    def interrupt(epoch: Epoch) -> None:
        if epoch.number == 6:
            raise Interrupted

    seen: list[list[bytes]] = []
    make = fit_module.training_batches

    def watched(*rest: Any, **named: Any) -> Any:
        seen.append([images.numpy().tobytes() for images, _ in make(*rest, **named)])
        return make(*rest, **named)

    monkeypatch.setattr(fit_module, "training_batches", watched)
    with pytest.raises(Interrupted):
        fit("broken", on_epoch=interrupt)
    epochs_again: list[int] = []
    resumed = fit("broken", on_epoch=lambda epoch: epochs_again.append(epoch.number))
    assert epochs_again == [6]
    whole, rest = seen
    assert len(set(whole)) == len(whole) == 2 * len(rest)
    assert rest == whole[len(rest) :]
    assert [epoch.number for epoch in resumed.history] == [epoch.number for epoch in fitted.history]
    for resumed_epoch, unbroken_epoch in zip(resumed.history[:5], fitted.history[:5], strict=True):
        assert resumed_epoch.loss == pytest.approx(unbroken_epoch.loss, rel=1e-4)  # threads add up in any order


def test_heads_that_were_not_saved_whole_are_fitted_again(
    fit: Callable[..., Fitted], monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(model: keras.Model, path: Path) -> None:
        save(model, path)
        with h5py.File(path, "a") as file:
            del file["layers"]
        raise KeyboardInterrupt

    save = keras.Model.save_weights
    with monkeypatch.context() as broken:
        broken.setattr(keras.Model, "save_weights", half)
        with pytest.raises(KeyboardInterrupt):
            fit("half")
    seen: list[int] = []
    fit("half", on_epoch=lambda epoch: seen.append(epoch.number))
    assert seen == [1, 2, 3, 4, 5, 6]


def test_parts_of_the_same_pictures_share_their_frozen_features(
    tiny_data: Path, tiny_backbone: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = read_manifest(tiny_data)
    space, rows = manifest.label_space, manifest.split("train")
    crops = load_crops(rows, 32, manifest.finder, tmp_path / "crops")
    images = Images(lambda size: crops, np.array([space.index(row.label) for row in rows]))
    config = TrainConfig(backbone=tiny_backbone, schedule=tiny_backbone)
    fitted = {}
    for name, start in (("even", 0), ("odd", 1)):
        part = images.part(np.arange(start, len(rows), 2))
        fitted[name] = fit_network(space, part, None, config, work=tmp_path / name, cache=tmp_path / "features")
        # The even ones left the features of the odd ones, too.
        monkeypatch.setattr("gemhier.pipeline.training.features._extract", None)
    odd = crops[1::2]
    learned, strange = (predict_logits(fitted[name].network, odd).flat for name in ("odd", "even"))
    assert not np.allclose(learned, strange, atol=0.1)
    truth = images.truth[1::2]
    assert (learned.argmax(axis=1) == truth).mean() >= 0.8


@pytest.mark.slow
def test_several_networks_are_trained_from_seeds_that_follow_and_averaged(
    fit: Callable[..., Fitted], tiny_backbone: str
) -> None:
    losses: dict[int, list[float]] = {0: [], 1: []}

    def note(epoch: Epoch) -> None:
        losses[epoch.network].append(epoch.loss)

    together = fit("several", on_epoch=note, backbone=f"{tiny_backbone}+{tiny_backbone}", seed=3)
    assert losses[0] == [epoch.loss for epoch in together.history]
    second = fit("alone", seed=4)
    assert losses[1] == pytest.approx([epoch.loss for epoch in second.history], rel=1e-3)  # as above
    assert losses[0] != pytest.approx(losses[1], rel=1e-2)
    # Two backbones, each with heads of its own.
    assert together.network.whole.count_params() == 2 * second.network.whole.count_params()


@pytest.mark.parametrize("mode", ["flat", "hierarchical"])
def test_a_mode_with_fewer_heads_learns_too(mode: str, fit: Callable[..., Fitted]) -> None:
    assert fit(mode=mode).history[-1].validation["flat_top1"] >= 0.8


def test_the_schedule_of_the_report_trains_its_hidden_layer_first(fit: Callable[..., Fitted]) -> None:
    fitted = fit(schedule="report")
    assert [epoch.phase for epoch in fitted.history] == ["heads"] * 15 + ["everything"] * 5
    assert fitted.history[-1].validation["flat_top1"] >= 0.9
    heads, whole = fitted.network.heads.optimizer, fitted.network.whole.optimizer
    assert [type(optimizer) for optimizer in (heads, whole)] == [keras.optimizers.Adam] * 2
    assert [float(optimizer.learning_rate) for optimizer in (heads, whole)] == pytest.approx([1e-3, 1e-5])
    assert fitted.network.heads.get_layer("hidden").units == 512
    assert len(fitted.network.heads.losses) == 1  # L2, of the hidden layer alone
    assert all(layer.trainable for layer in fitted.network.extractor.layers)


def test_random_weights_are_trained_whole_from_the_start_and_last_at_a_lower_rate(fit: Callable[..., Fitted]) -> None:
    fitted = fit(schedule="report", weights="none", batch_size=16)  # 48 pictures: 3 steps an epoch
    assert [epoch.phase for epoch in fitted.history] == ["everything"] * 20
    optimizer = fitted.network.whole.optimizer
    assert int(optimizer.iterations) == 20 * 3
    rates = [float(optimizer._learning_rate(step)) for step in range(20 * 3)]
    assert rates == pytest.approx([1e-3] * 15 * 3 + [1e-5] * 5 * 3)
    losses = [epoch.loss for epoch in fitted.history]
    assert losses[14] < losses[0]
    # A hundredth of the rate hardly moves what was learned.
    assert abs(losses[19] - losses[14]) < 0.2 * (losses[0] - losses[14])


def test_a_training_starts_from_the_weights_of_a_file(fit: Callable[..., Fitted], tmp_path: Path) -> None:
    model = backbone("tiny").build(32)
    model.set_weights([2 * values for values in model.get_weights()])
    model.save_weights(tmp_path / "mine.weights.h5")
    fitted = fit(weights=str(tmp_path / "mine.weights.h5"), mode="flat")
    (body,) = (layer for layer in fitted.network.extractor.layers if isinstance(layer, keras.Model))
    given, found = model.get_weights()[0], body.get_weights()[0]
    # It has moved on from there, but not far.
    assert 0 < np.abs(found - given).max() < 0.3 * np.abs(given).max()
    assert [epoch.phase for epoch in fitted.history] == ["heads"] * 4 + ["everything"] * 2


def test_a_balanced_training_sees_rare_classes_as_often_as_others(
    fit: Callable[..., Fitted], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[np.ndarray] = []
    watched: list[int] = []
    true_features, true_batches = fit_module.load_features, fit_module.training_batches

    def features(extractor: keras.Model, crops: np.ndarray, **given: Any) -> np.ndarray:
        found = true_features(extractor, crops, **given)
        if given["copies"] is None:
            watched.append(found.shape[1])
        else:
            shown.append(given["copies"].rows)
            assert found.shape[:2] == (1, len(given["copies"]))
        return found

    def batches(crops: np.ndarray, wanted: dict[str, np.ndarray], **given: Any) -> object:
        shown.append(given["copies"].rows)
        return true_batches(crops, wanted, **given)

    monkeypatch.setattr(fit_module, "load_features", features)
    monkeypatch.setattr(fit_module, "training_batches", batches)
    # Two of the eight pictures of the first class are left, and ten of each class wanted.
    fitted = fit(balance=10, less=6)
    truth = np.repeat(np.arange(6), [2, 8, 8, 8, 8, 8])
    assert [np.bincount(truth[rows]).tolist() for rows in shown] == [[10] * 6] * 2
    assert watched == [24]
    assert fitted.history[-1].validation["flat_top1"] >= 0.9


def test_a_training_in_mixed_precision_gives_a_network_in_float32(
    fit: Callable[..., Fitted], fitted: Fitted, tiny_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[keras.Model] = []
    true_build = fit_module.build_network

    def build(*given: Any, **settings: Any) -> Any:
        network = true_build(*given, **settings)
        built.append(network)
        return network

    monkeypatch.setattr(fit_module, "build_network", build)
    in_bfloat16 = fit(mixed_precision=True)
    losses, expected = ([epoch.loss for epoch in one.history] for one in (in_bfloat16, fitted))
    assert losses == pytest.approx(expected, rel=0.03)
    assert losses != expected
    assert keras.config.dtype_policy().name == "float32"
    mixed, plain = built
    assert in_bfloat16.network is plain
    bodies = [network.extractor.get_layer(index=2) for network in built]
    assert [body.layers[-1].compute_dtype for body in bodies] == ["bfloat16", "float32"]
    assert {values.dtype.name for values in mixed.whole.get_weights()} == {"float32"}
    assert in_bfloat16.history[-1].validation["flat_top1"] >= 0.9

    manifest = read_manifest(tiny_data)
    crops = load_crops(manifest.split("validation"), 32, manifest.finder, tmp_path / "crops")
    found, rough = predict_logits(plain, crops), predict_logits(mixed, crops)
    assert found.flat.dtype == rough.flat.dtype == np.float32
    assert 0 < np.abs(found.flat - rough.flat).max() < 0.5  # the same network, more exactly
    exported = Network(export_network(plain.whole)).logits(mask_background(crops))
    np.testing.assert_allclose(exported.flat, found.flat, atol=1e-3)


def test_a_regional_network_is_measured_on_its_own_family_alone() -> None:
    space = LabelSpace(("beryl/emerald", "beryl/morganite", "quartz"))
    # The flat head says quartz for both beryls, and the regional one knows which beryl they are.
    flat = np.array([[0, 0, 9], [0, 0, 9], [0, 0, 9]], np.float32)
    regional = np.array([[5, 1, 9], [5, 1, 9], [0, 0, 0]], np.float32)
    family = np.array([[0, 9], [9, 0], [0, 9]], np.float32)
    measures = validation_measures(Logits(flat=flat, family=family, regional=regional), np.array([0, 1, 2]), space)
    assert measures == {
        "flat_top1": pytest.approx(1 / 3),
        "family_top1": pytest.approx(2 / 3),
        "regional_top1/beryl": 0.5,
    }
