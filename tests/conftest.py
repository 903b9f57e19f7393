"""What holds for every test: no network, no settings of the machine, the same examples each time."""

import os
import shutil
import signal
import socket
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

from gemhier.arrays import Bytes

if TYPE_CHECKING:
    import keras
    from playwright.sync_api import Browser

    from gemhier.hierarchy.taxonomy import Taxonomy
    from gemhier.models.bundle.info import BundleInfo
    from gemhier.models.images.finder import Finder
    from gemhier.pipeline.evaluation.evaluation import Evaluation
    from gemhier.pipeline.reports.training_summary import Trained

# Before TensorFlow and MLflow are imported, which read these once.
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["DO_NOT_TRACK"] = "true"

# A shell that starts the tests in the background lets them ignore Ctrl-C, and with them the commands that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)

# No deadline: the first example of a test also pays for imports. No database: a run depends on the code alone.
hypothesis.settings.register_profile("gemhier", deadline=None, database=None, derandomize=True)
hypothesis.settings.load_profile("gemhier")

_connect = socket.socket.connect


def _connect_to_this_machine_only(self: socket.socket, address: Any) -> None:
    host = address[0] if isinstance(address, tuple) else None
    if self.family in (socket.AF_INET, socket.AF_INET6) and host not in ("127.0.0.1", "::1", "localhost"):
        raise RuntimeError(f"a test tried to reach {address}")
    _connect(self, address)


def _stay_here(patch: pytest.MonkeyPatch) -> None:
    """What reaches for the network fails, and the model and tracking server that a developer has set do not count."""
    patch.setattr(socket.socket, "connect", _connect_to_this_machine_only)
    for variable in ("GEMHIER_MODEL", "MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME", "MLFLOW_RUN_ID"):
        patch.delenv(variable, raising=False)


@pytest.fixture(autouse=True)
def stays_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test has no network, here and on a machine that has one, and no settings of the machine."""
    _stay_here(monkeypatch)


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """One headless Chromium for all tests of a module."""
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install playwright")
    from in_chromium import NONE_FOUND, chromium

    with chromium() as started:
        if started is None:
            pytest.skip(NONE_FOUND)
        yield started


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with MLflow's tables and nothing of ours, which takes MLflow a second to make."""
    import mlflow

    database = tmp_path_factory.mktemp("empty") / "mlflow.db"
    mlflow.MlflowClient(f"sqlite:///{database.as_posix()}").search_experiments()
    return database


@pytest.fixture
def quick_stores(empty_database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """New tracking stores begin as copies of an empty one."""
    from gemhier.pipeline.tracking import store

    def copied(database: Path) -> None:
        database.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(empty_database, database)

    monkeypatch.setattr(store, "make_database", copied)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quick_stores: None) -> Path:
    """An empty current folder, in which mlruns/ comes to be."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def tracking_store(tmp_path: Path, empty_database: Path) -> str:
    """A tracking store in a folder of its own."""
    (tmp_path / "runs").mkdir()
    shutil.copy(empty_database, tmp_path / "runs" / "mlflow.db")
    return str(tmp_path / "runs")


@pytest.fixture
def finish_training() -> Callable[..., str]:
    """Records a training that learns nothing in a tracking store, and returns the id of its run."""
    from gemhier.pipeline.tracking.names import KIND
    from gemhier.pipeline.tracking.runs import recorded_run
    from gemhier.pipeline.tracking.store import open_tracking

    def finish(tracking: str, name: str = "lite0 both quick") -> str:
        with recorded_run(open_tracking(tracking), name, tags={KIND: "comparison"}) as run_id:
            return run_id

    return finish


@pytest.fixture
def free_port() -> int:
    """A port of this machine on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


STONE_COLOURS = {
    "beryl/aquamarine": (110, 205, 225),
    "beryl/emerald": (40, 165, 90),
    "beryl/emerald/colombian": (5, 95, 45),
    "corundum/ruby": (190, 20, 50),
    "corundum/sapphire": (30, 50, 170),
    "quartz": (220, 205, 210),
}
"""The labels that the tiny bundle tells apart, by nothing but their colour."""


@pytest.fixture(scope="session")
def tiny_taxonomy() -> "Taxonomy":
    """Three families; emerald is a label and has a region below it, quartz has nothing below it."""
    from gemhier.hierarchy.node import Node
    from gemhier.hierarchy.taxonomy import Taxonomy

    return Taxonomy.from_nodes(
        [
            Node("beryl", "Beryl", "family"),
            Node("beryl/aquamarine", "Aquamarine", "variety"),
            Node("beryl/emerald", "Emerald", "variety", aliases=("Panna",)),
            Node("beryl/emerald/colombian", "Colombian Emerald", "region"),
            Node("corundum", "Corundum", "family"),
            Node("corundum/ruby", "Ruby", "variety"),
            Node("corundum/sapphire", "Sapphire", "variety"),
            Node("quartz", "Quartz", "family"),
        ]
    )


@pytest.fixture(scope="session")
def tiny_model() -> "keras.Model":
    """A Keras model of 32 x 32 pixels that names a stone by its colour, with a seeded texture to it."""
    import keras
    import numpy as np

    colours = np.array(list(STONE_COLOURS.values()), dtype=np.float32) / 128 - 1
    of_family = np.array([[1, 0, 0], [1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1]], dtype=np.float32)
    keras.utils.set_random_seed(7)
    images = keras.Input((32, 32, 3), dtype="uint8", name="pictures")
    pixels = keras.layers.Rescaling(1 / 128, offset=-1)(images)
    colour = keras.layers.GlobalAveragePooling2D()(pixels[:, 8:24, 8:24])
    texture = keras.layers.Conv2D(16, 5, strides=2, activation="relu6")(pixels)
    texture = keras.layers.Dropout(0.5)(keras.layers.GlobalAveragePooling2D()(texture))
    # A linear layer that is highest for the nearest colour: -|x - c|² without its |x|².
    by_colour = keras.layers.Dense(6, name="by_colour")
    flat = keras.layers.Add(name="flat")([by_colour(colour), keras.layers.Dense(6)(texture)])
    by_label = keras.layers.Dense(3, name="by_label", use_bias=False)
    outputs = {
        "flat": flat,
        "family": by_label(keras.layers.Softmax()(flat)),
        "regional": keras.layers.Rescaling(1.25)(flat),
    }
    model = keras.Model(images, outputs)
    by_colour.set_weights([24 * colours.T, -12 * np.sum(colours**2, axis=1)])
    by_label.set_weights([6 * of_family])
    return model


@pytest.fixture(scope="session")
def tiny_network(tiny_model: "keras.Model") -> bytes:
    """The tiny model as a LiteRT file."""
    from gemhier.models.networks.export import export_network

    return export_network(tiny_model)


@pytest.fixture(scope="session")
def tiny_finder() -> bytes:
    """A stone finder of 64 x 64 pixels, a LiteRT file: stone is what differs in colour from the picture's border."""
    return _export_finder(with_features=False)


@pytest.fixture(scope="session")
def seeing_finder() -> bytes:
    """The same, which also gives features: the colour of the picture's border, (3,)."""
    return _export_finder(with_features=True)


def _export_finder(*, with_features: bool) -> bytes:
    import keras
    from keras import ops

    from gemhier.models.networks.export import export_network
    from gemhier.models.runtime.litert import FEATURES

    def difference(pixels: Any) -> Any:
        """The largest difference of a channel from the border's mean, in shares of full scale."""
        rows = ops.mean(pixels[:, :1] + pixels[:, -1:], axis=2, keepdims=True) / 4
        columns = ops.mean(pixels[:, :, :1] + pixels[:, :, -1:], axis=1, keepdims=True) / 4
        return ops.max(ops.abs(pixels - rows - columns), axis=-1, keepdims=True)

    images = keras.Input((64, 64, 3), dtype="uint8", name="pictures")
    pixels = keras.layers.Rescaling(1 / 255, dtype="float32")(images)
    apart = keras.layers.AveragePooling2D(2)(keras.layers.Lambda(difference)(pixels))
    stone = keras.layers.Lambda(lambda x: ops.sigmoid(100 * (x - 0.08)))(apart)
    beside = keras.layers.Lambda(lambda x: 1 - x)(stone)
    core = keras.layers.Lambda(lambda x: 1 - x)(keras.layers.MaxPooling2D(5, strides=1, padding="same")(beside))
    maps = keras.layers.Concatenate(name="maps")([stone, core])
    present = keras.layers.Lambda(lambda x: ops.reshape(ops.max(x, axis=(1, 2)), (-1, 1)), name="present")(stone)
    outputs = {"maps": maps, "present": present}
    if with_features:
        outputs[FEATURES] = keras.layers.Lambda(lambda x: ops.mean(x[:, 0], axis=1), name=FEATURES)(pixels)
    return export_network(keras.Model(images, outputs), tuple(outputs))


@pytest.fixture(scope="session")
def finder(tiny_finder: bytes) -> "Finder":
    """The tiny finder, ready to run."""
    from gemhier.models.images.finder import Finder

    return Finder(tiny_finder)


@pytest.fixture(scope="session")
def tiny_info() -> "BundleInfo":
    """What the tiny bundle says of itself."""
    from gemhier.hierarchy.answering import Threshold, Thresholds
    from gemhier.models.bundle.info import BundleInfo, Temperatures

    asked = ((0.5, 0.3), (0.8, 0.55), (0.9, 0.7), (0.95, 0.85))
    rows = (
        Threshold(precision=precision, threshold=threshold, reached=True, observed=None, answered=1.0, depths=())
        for precision, threshold in asked
    )
    return BundleInfo(
        model_version="tiny-1",
        run_id="0123456789abcdef",
        created="2024-05-01T12:00:00+00:00",
        size=32,
        labels=tuple(STONE_COLOURS),
        temperatures=Temperatures(flat=1.5, family=0.8, regional={"beryl": 1.25, "corundum": 0.75}),
        strategy="fused",
        fusion_weight=0.5,
        thresholds=Thresholds(tuple(rows)),
        default_precision=0.9,
    )


@pytest.fixture(scope="session")
def tiny_bundle(
    tmp_path_factory: pytest.TempPathFactory,
    tiny_info: "BundleInfo",
    tiny_taxonomy: "Taxonomy",
    tiny_network: bytes,
    tiny_finder: bytes,
) -> Path:
    """A bundle that names painted stones by their colour; to be read only."""
    from gemhier.models.bundle import write_bundle

    folder = tmp_path_factory.mktemp("bundles") / "tiny"
    write_bundle(
        folder,
        tiny_info,
        taxonomy=tiny_taxonomy,
        network=tiny_network,
        finder=tiny_finder,
        report={"n": 0},
        model_card="# Tiny\n",
    )
    return folder


@pytest.fixture(scope="session")
def promising_bundle(tiny_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny bundle with thresholds for shortlists of 0.9 and 0.95; to be read only."""
    import json

    folder = tmp_path_factory.mktemp("bundles") / "promising"
    shutil.copytree(tiny_bundle, folder)
    info = json.loads((folder / "bundle.json").read_text())
    info["shortlists"] = [
        {"coverage": 0.9, "families": {"beryl": 0.3}, "others": 0.2},
        {"coverage": 0.95, "families": {"beryl": 0.1}, "others": 0.02},
    ]
    (folder / "bundle.json").write_text(json.dumps(info))
    return folder


@pytest.fixture
def tiny_bundle_copy(tiny_bundle: Path, tmp_path: Path) -> Path:
    """A copy of the tiny bundle that a test may damage."""
    return Path(shutil.copytree(tiny_bundle, tmp_path / "copied-bundle"))


@pytest.fixture(scope="session")
def paint_stone() -> "Callable[[str], Bytes]":
    """Paints a round stone of a label's colour on a white ground, (96, 128, 3) uint8 RGB."""
    import cv2
    import numpy as np

    def paint(label: str) -> "Bytes":
        image = np.full((96, 128, 3), 255, dtype=np.uint8)
        colour = STONE_COLOURS[label]
        cv2.circle(image, (70, 45), 36, colour, thickness=-1)
        cv2.circle(image, (70, 45), 20, tuple(channel * 9 // 10 for channel in colour), thickness=2)
        return image

    return paint


@pytest.fixture(scope="module")
def tiny_backbone() -> Iterator[str]:
    """The name of a backbone of 32 pixels with fixed random weights, and of a schedule of few epochs for it."""
    with pytest.MonkeyPatch.context() as patch:
        yield _add_tiny_backbone(patch)


def _add_tiny_backbone(patch: pytest.MonkeyPatch) -> str:
    import keras

    from gemhier.models.augment.augmentation import Augmentation
    from gemhier.models.networks.backbones import BACKBONES, Backbone
    from gemhier.pipeline.training.config import SCHEDULES, Schedule

    def build(size: int) -> keras.Model:
        pixels = keras.Input((size, size, 3))
        x = keras.layers.Rescaling(1 / 128, offset=-1)(pixels)
        for index, filters in enumerate((8, 16)):
            first = keras.initializers.GlorotUniform(seed=index)
            x = keras.layers.Conv2D(filters, 3, 2, activation="relu", kernel_initializer=first)(x)
        return keras.Model(pixels, keras.layers.GlobalAveragePooling2D()(x))

    tiny = Backbone(name="tiny", description="for tests", size=32, pretrained=True, colour=True, build=build)
    patch.setitem(BACKBONES, "tiny", tiny)
    schedule = Schedule(
        name="tiny",
        description="for tests",
        views=2,
        head_epochs=4,
        head_rate=1e-2,
        tune_epochs=2,
        tune_rate=1e-3,
        batch=8,
        augmentation=Augmentation(zoom=0.05, shift=0.02),
    )
    patch.setitem(SCHEDULES, "tiny", schedule)
    return "tiny"


@pytest.fixture(scope="session")
def tiny_data(
    tmp_path_factory: pytest.TempPathFactory,
    tiny_taxonomy: "Taxonomy",
    paint_stone: "Callable[[str], Bytes]",
    finder: "Finder",
) -> Path:
    """A data folder of painted stones: six labels, eight pictures each for training, four for validation."""
    import hashlib

    import cv2
    import numpy as np

    from gemhier.pipeline.data.info import DataInfo, SourceFolder
    from gemhier.pipeline.data.manifest import Manifest, Row, write_manifest

    folder = tmp_path_factory.mktemp("data")
    chance = np.random.default_rng(3)
    rows = []
    for label in STONE_COLOURS:
        for index in range(12):
            noise = chance.integers(-6, 7, (96, 128, 3))
            image = np.clip(paint_stone(label) + noise, 0, 255).astype(np.uint8)
            path = folder / "pictures" / f"{label.replace('/', '-')}-{index}.png"
            path.parent.mkdir(exist_ok=True)
            cv2.imwrite(str(path), image[..., ::-1])
            stone = finder.find_best(image)
            rows.append(
                Row(
                    image=str(path),
                    x=stone.box.x,
                    y=stone.box.y,
                    side=stone.box.side,
                    score=stone.score,
                    label_given=label,
                    label=label,
                    stone="",
                    group=path.stem,
                    split="train" if index < 8 else "validation",
                    sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
                    width=128,
                    height=96,
                    source="painted",
                )
            )
    info = DataInfo(config={}, sources=(SourceFolder("painted", str(folder / "pictures")),))
    write_manifest(Manifest(folder / "data", tuple(rows), tiny_taxonomy, info), finder.content)
    return folder / "data"


@pytest.fixture(scope="session")
def training(tmp_path_factory: pytest.TempPathFactory, tiny_data: Path) -> "tuple[Trained, Path]":
    """A training on painted stones, and the store that it is recorded in; to be read only."""
    from gemhier.pipeline.train import train
    from gemhier.pipeline.training.config import TrainConfig

    folder = tmp_path_factory.mktemp("training")
    with pytest.MonkeyPatch.context() as patch:
        _stay_here(patch)
        patch.chdir(folder)
        tiny = _add_tiny_backbone(patch)
        return train(tiny_data, TrainConfig(backbone=tiny, schedule=tiny)), folder / "mlruns"


@pytest.fixture
def trained(
    here: Path, training: "tuple[Trained, Path]", tiny_backbone: str, monkeypatch: pytest.MonkeyPatch
) -> "Trained":
    """A training on painted stones that is recorded in the current folder."""
    from gemhier.pipeline.tracking.store import open_tracking

    # By a run's id MLflow remembers for good where its files lie.
    monkeypatch.setattr("mlflow.tracking._tracking_service.utils._artifact_repos_cache", OrderedDict())
    found, store = training
    shutil.copytree(store, here / "mlruns")
    open_tracking()  # as after a training; it makes a store at home where it is
    return found


@pytest.fixture(scope="session")
def evaluation(tiny_taxonomy: "Taxonomy") -> "Evaluation":
    """Two strategies on twelve pictures of three labels, both by chance."""
    import numpy as np

    from gemhier.hierarchy.labels import LabelSpace
    from gemhier.pipeline.evaluation.evaluation import evaluate_probabilities

    space = LabelSpace(("beryl/emerald", "corundum/ruby", "quartz"))
    probabilities = np.random.default_rng(0).dirichlet((1, 1, 1), 12)
    return evaluate_probabilities(
        {"flat": probabilities, "fused": probabilities[:, [1, 0, 2]]},
        [space.labels[index % 3] for index in range(12)],
        [str(index) for index in range(12)],
        space=space,
        taxonomy=tiny_taxonomy,
    )


@pytest.fixture
def no_drawings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are made without their figures, which take longer than all else of them."""
    from markupsafe import Markup

    from gemhier.pipeline.reports.html.svg import Drawing

    monkeypatch.setattr(
        "gemhier.pipeline.reports.html.drawings.draw_figure",
        lambda name, meaning, *_, **__: Drawing(meaning, "0 0 1 1", Markup("<g></g>")),
    )
