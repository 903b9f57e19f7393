"""Training a stone finder: its network, its targets, its loss, and the step from a data set to a file."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from gemhier.errors import DataError
from gemhier.models.images.finder import OUTPUTS, STONE_THRESHOLD, Finder, load_finder
from gemhier.models.runtime.litert import FEATURES
from gemhier.pipeline.synthetic.scenes.composition import Scene, SceneMaker
from gemhier.pipeline.synthetic.scenes.cutouts import PlainPhotograph

keras = pytest.importorskip("keras", reason="training comes with an extra")


def test_the_network_gives_maps_at_a_quarter_of_the_size_and_exports_to_litert() -> None:
    from gemhier.models.networks.export import export_network
    from gemhier.models.networks.finder_network import build_finder, with_features

    model = build_finder(64, pretrained=False)
    images = np.random.default_rng(0).integers(0, 255, (3, 64, 64, 3)).astype(np.uint8)
    outputs = {name: np.asarray(values) for name, values in model(images, training=False).items()}
    assert outputs["maps"].shape == (3, 16, 16, 2)
    assert outputs["present"].shape == (3, 1)
    finder = Finder(export_network(with_features(model), (*OUTPUTS, FEATURES), half=True))
    assert finder.size == 64
    found = finder._exported.run(images)
    assert found[FEATURES].shape == (3, 1280)
    np.testing.assert_allclose(found["maps"], outputs["maps"], atol=0.02)
    np.testing.assert_allclose(found["present"], outputs["present"], atol=0.02)
    assert finder.gives_features
    for image, features in zip(images, found[FEATURES], strict=True):
        np.testing.assert_array_equal(finder.features(image), finder.seen(image)[1])
        np.testing.assert_allclose(finder.features(image), features, atol=1e-4)


def test_a_size_that_does_not_divide_is_refused() -> None:
    from gemhier.models.networks.finder_network import build_finder

    with pytest.raises(ValueError, match="multiple of 32"):
        build_finder(100, pretrained=False)


def test_the_pyramid_has_the_weights_of_the_whole_backbone() -> None:
    from gemhier.models.networks.efficientnet_lite import build, build_pyramid

    pyramid, whole = build_pyramid("lite0", 64), build("lite0", 64)
    shapes = [output.shape[1:] for output in pyramid.outputs]
    assert shapes == [(16, 16, 24), (8, 8, 40), (4, 4, 112), (2, 2, 192), (1280,)]
    for layer in pyramid.layers:
        for mine, other in zip(layer.get_weights(), whole.get_layer(layer.name).get_weights(), strict=True):
            np.testing.assert_array_equal(mine, other)


def square_scene(side: int, *, stone: bool = True, share: float = 0.25) -> Scene:
    mask = np.zeros((side, side), np.float32)
    inside = slice(side // 4, side // 4 + round(share * side))
    mask[inside, inside] = 1
    image = np.where(mask[..., None] > 0, 220, 40).astype(np.uint8).repeat(3, axis=2)
    return Scene(image if stone else np.full_like(image, 40), (mask,) if stone else ())


def test_targets_are_the_shares_of_each_pixel() -> None:
    from gemhier.pipeline.training.fit_finder import UNSAID, targets

    maps, present = targets(square_scene(64))
    assert maps.shape == (16, 16, 2)
    assert maps[4:8, 4:8, 0].min() == 1
    assert maps[..., 0].sum() == 16
    assert 0 < maps[..., 1].sum() < 16
    assert present.tolist() == [UNSAID]
    assert targets(square_scene(64, share=0.5))[1].tolist() == [1]
    maps, present = targets(square_scene(64, stone=False))
    assert (maps.max(), present.tolist()) == (0, [0])


def test_the_loss_is_least_for_the_truth() -> None:
    from gemhier.pipeline.training.fit_finder import map_loss, targets

    truth = targets(square_scene(64))[0][None]
    right, unsure, wrong = (
        float(np.asarray(map_loss(truth, np.clip(found, 1e-4, 1 - 1e-4).astype(np.float32)))[0])
        for found in (truth, 0.5 * np.ones_like(truth), 1 - truth)
    )
    assert right < 0.1 < unsure < wrong


def test_a_stone_of_which_nothing_is_said_costs_nothing() -> None:
    from gemhier.pipeline.training.fit_finder import UNSAID, present_loss

    wanted = np.array([[1.0], [0.0], [UNSAID]], np.float32)
    found = np.full((3, 1), 0.2, np.float32)
    costs = np.asarray(present_loss(wanted, found))
    np.testing.assert_allclose(costs, [-np.log(0.2), -np.log(0.8), 0], rtol=1e-4)


@pytest.fixture(scope="module")
def plain_data(tmp_path_factory: pytest.TempPathFactory, finder: Finder) -> tuple[Path, Path]:
    """A prepared folder of painted stones on plain grounds, and a folder of backgrounds."""
    from gemhier.hierarchy.taxonomy_file import load_taxonomy
    from gemhier.pipeline.prepare import PrepareConfig, prepare

    root = tmp_path_factory.mktemp("plain")
    generator = np.random.default_rng(4)
    for name, colour in (("Emerald", (60, 140, 20)), ("Ruby", (40, 20, 170))):
        for number in range(8):
            image = np.full((90, 110, 3), generator.integers(200, 250), np.uint8)
            axes = tuple(int(axis) for axis in generator.integers(16, 34, 2))
            centre = tuple(int(place) for place in generator.integers(42, 52, 2))
            cv2.ellipse(image, centre, axes, float(generator.uniform(0, 90)), 0, 360, colour, cv2.FILLED)
            path = root / "stones" / name / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(path), image)
    (root / "grounds").mkdir()
    for number in range(6):
        cv2.imwrite(str(root / "grounds" / f"{number}.png"), generator.integers(0, 255, (70, 70, 3)).astype(np.uint8))
    config = PrepareConfig(validation_share=0.3, test_share=0.0)
    prepare([root / "stones"], root / "data", config, load_taxonomy(), finder)
    return root / "data", root / "grounds"


def test_batches_go_on_where_they_stood() -> None:
    from gemhier.pipeline.training.finder_config import FinderConfig
    from gemhier.pipeline.training.fit_finder import scene_batches

    ground = np.random.default_rng(0).integers(0, 255, (90, 90, 3)).astype(np.uint8)
    outline = np.zeros((90, 90), np.uint8)
    cv2.circle(outline, (45, 45), 30, 255, cv2.FILLED)
    maker = SceneMaker([PlainPhotograph(ground, (outline,))], [ground], side=64)
    config = FinderConfig(size=64, epochs=2, steps=2, batch=3)
    whole, rest = (
        [images.numpy() for images, _ in scene_batches(maker, config, done).take(4 - done)] for done in (0, 3)
    )
    np.testing.assert_array_equal(whole[3:], rest)


def small_finder(size: int) -> "keras.Model":
    """Build a network of a finder's form with a backbone of two layers, which trains in no time."""
    layers = keras.layers
    images = keras.Input((size, size, 3), dtype="uint8", name="pictures")
    backbone = keras.Sequential([layers.Conv2D(8, 3, 2, padding="same", activation="relu") for _ in range(2)])
    found = backbone(layers.Rescaling(1 / 255)(images))
    pooled = layers.BatchNormalization(name="standardise")(layers.GlobalAveragePooling2D()(found))
    present = layers.Dense(1, activation="sigmoid", name="present")(pooled)
    return keras.Model(
        images, {"maps": layers.Conv2D(2, 1, activation="sigmoid", name="maps")(found), "present": present}
    )


def test_an_interrupted_training_goes_on_is_recorded_and_written(
    plain_data: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quick_stores: None
) -> None:
    from gemhier.pipeline.tracking.store import open_tracking
    from gemhier.pipeline.train_finder import train_finder
    from gemhier.pipeline.training import fit_finder
    from gemhier.pipeline.training.finder_config import FinderConfig

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("gemhier.pipeline.train_finder.VALIDATION_SCENES", 12)
    data, grounds = plain_data
    config = FinderConfig(size=64, epochs=2, steps=2, batch=4)
    starts: list[int] = []
    batches, measure = fit_finder.scene_batches, fit_finder.measure_finder

    def noted(maker: SceneMaker, config: FinderConfig, done: int) -> object:
        starts.append(done)
        return batches(maker, config, done)

    measured: list[object] = []

    def interrupted(*args: object) -> dict[str, float]:
        measured.append(args)
        if len(measured) == 2:
            raise KeyboardInterrupt
        return measure(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(fit_finder, "build_finder", small_finder)
    monkeypatch.setattr(fit_finder, "scene_batches", noted)
    monkeypatch.setattr(fit_finder, "measure_finder", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train_finder(data, [grounds], tmp_path / "finder.tflite", config)
    assert not (tmp_path / "finder.tflite").exists()
    trained = train_finder(data, [grounds], tmp_path / "finder.tflite", config)
    assert (starts, len(measured)) == ([0, config.steps], 3)
    (run,) = open_tracking().search_runs(output_format="list")
    assert run.info.run_id == trained.run_id
    assert run.data.params["epochs"] == "2"
    assert set(trained.validation) == {"iou", "core_iou", "found", "refused"}
    assert run.data.metrics["iou"] == pytest.approx(trained.validation["iou"])
    assert Finder((tmp_path / "finder.tflite").read_bytes()).size == 64
    assert sorted(path.name for path in tmp_path.iterdir()) == ["finder.json", "finder.tflite", "mlruns"]
    assert load_finder(tmp_path / "finder.tflite").threshold == STONE_THRESHOLD
    assert not list((tmp_path / "mlruns" / "unfinished").iterdir())


def test_data_without_plain_photographs_is_refused(plain_data: tuple[Path, Path], tmp_path: Path) -> None:
    from gemhier.pipeline.train_finder import train_finder
    from gemhier.pipeline.training.finder_config import FinderConfig

    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no folder with pictures"):
        train_finder(plain_data[0], [tmp_path / "empty"], tmp_path / "finder.tflite", FinderConfig(size=64))
