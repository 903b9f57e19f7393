"""Train a stone finder on scenes composed from a data set, record it in MLflow, and write it to a file."""

import hashlib
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from gemhier.arrays import Bytes
from gemhier.atomic import check_file, check_outside, whole_file
from gemhier.errors import DataError
from gemhier.extras import require
from gemhier.models.images.finder import OUTPUTS, STONE_THRESHOLD, threshold_file, threshold_json
from gemhier.models.runtime.litert import FEATURES
from gemhier.pipeline.data.manifest import read_manifest
from gemhier.pipeline.synthetic.scenes.composition import Scene, SceneMaker
from gemhier.pipeline.synthetic.scenes.photographs import background_images, outlined_photographs, plain_photographs
from gemhier.pipeline.tracking.names import KIND
from gemhier.pipeline.tracking.runs import known_run, record_settings, recorded_run
from gemhier.pipeline.tracking.store import open_tracking
from gemhier.pipeline.training.finder_config import FinderConfig, FinderEpoch
from gemhier.pipeline.training.resume import (
    alone,
    full_disk_in_one_line,
    remember_run,
    remembered_run,
    unfinished_folder,
)
from gemhier.pipeline.training.start_tensorflow import start_tensorflow

VALIDATION_SCENES = 240

_KEPT_BACK = 5
"""One background in this many is for the validation scenes."""


@dataclass(frozen=True)
class TrainedFinder:
    """What came of a finder's training: the tracked run, and the figures on the validation scenes."""

    run_id: str
    validation: dict[str, float]


def train_finder(
    data: Path,
    backgrounds: Sequence[Path],
    out: Path,
    config: FinderConfig,
    *,
    outlines: tuple[Path, Path] | None = None,
    tracking: str | None = None,
) -> TrainedFinder:
    """Train a stone finder.

    Args:
        data: a prepared folder; its training pictures on plain grounds are cut out, its validation pictures measure.
        backgrounds: folders with pictures without gems.
        out: the file to write, a LiteRT network.
        config: the settings. An interrupted training with the same ones goes on where it stood.
        outlines: a table of outlines and the folder of its photographs, as `outlined_photographs` reads them.
        tracking: a tracking server or folder; None for the default.

    Raises:
        DataError: if there is too little to compose scenes from.
        OutputError: if `out` cannot be written, or would lie in `data`, whose own finder it could replace, or among
            the backgrounds; or if another process is at the same training.
        TrackingError: if runs cannot be recorded.
        MissingExtraError: if TensorFlow or MLflow is not installed.
    """
    require("tensorflow")
    check_outside(out, [data, *backgrounds])
    for path in (out, threshold_file(out)):
        check_file(path, makes_folder=True)
    manifest = read_manifest(data)
    cut = {
        split: plain_photographs([row for row in manifest.rows if row.split == split], manifest.folder / "outlines")
        for split in ("train", "validation")
    }
    for split, plain in cut.items():
        if not plain:
            raise DataError(f"{data}: no {split} picture shows a stone on a plain ground. Prepare others with it.")
    images = background_images(backgrounds)
    by_hand = list(outlined_photographs(*outlines).values()) if outlines else []
    maker = SceneMaker(
        plain=cut["train"],
        backgrounds=[image for number, image in enumerate(images) if number % _KEPT_BACK],
        side=config.size,
        outlined=by_hand,
    )
    validation = _scenes(SceneMaker(plain=cut["validation"], backgrounds=images[::_KEPT_BACK], side=config.size))
    mlflow = open_tracking(tracking)
    start_tensorflow()
    from gemhier.models.networks.export import export_network
    from gemhier.models.networks.finder_network import with_features
    from gemhier.pipeline.training.fit_finder import fit_finder

    of_photographs = _digest([*images, *(photograph.pixels for photograph in by_hand)])
    work = unfinished_folder({"finder": asdict(config), "data": manifest.digest, "photographs": of_photographs})
    epochs: list[FinderEpoch] = []
    with (
        alone(work),
        full_disk_in_one_line(work),
        recorded_run(
            mlflow, f"finder-{config.size}", tags={KIND: "finder"}, run_id=known_run(mlflow, remembered_run(work))
        ) as run_id,
    ):
        remember_run(work, run_id)
        record_settings(
            mlflow,
            asdict(config) | {"plain": len(cut["train"]), "backgrounds": len(images), "outlined": len(by_hand)},
        )

        def record(epoch: FinderEpoch) -> None:
            epochs.append(epoch)
            mlflow.log_metrics({"loss": epoch.loss, **epoch.validation}, step=epoch.number)

        model = fit_finder(maker, validation, config, work=work, on_epoch=record)
        network = export_network(with_features(model), (*OUTPUTS, FEATURES), half=True)
        for path, content in ((out, network), (threshold_file(out), threshold_json(network, STONE_THRESHOLD))):
            with whole_file(path) as file:
                file.write(content)
            mlflow.log_artifact(str(path))
        shutil.rmtree(work, ignore_errors=True)
    return TrainedFinder(run_id, epochs[-1].validation if epochs else {})


def _digest(images: Iterable[Bytes]) -> str:
    digest = hashlib.sha256()
    for image in images:
        digest.update(repr(image.shape).encode() + np.ascontiguousarray(image).data)
    return digest.hexdigest()


def _scenes(maker: SceneMaker) -> list[Scene]:
    return [maker.scene(np.random.default_rng([2**31, number])) for number in range(VALIDATION_SCENES)]
