"""A trained network as a bundle: exported, and held against the network that it came from."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from gemhier.arrays import Bytes
from gemhier.errors import BundleError
from gemhier.hierarchy.decoding import softmax
from gemhier.models.bundle import Bundle, load_bundle, write_bundle
from gemhier.models.bundle.info import BundleInfo
from gemhier.models.images.crop import mask_background
from gemhier.models.networks.export import export_network
from gemhier.models.networks.gem_network import GemNetwork
from gemhier.models.runtime.litert import FEATURES
from gemhier.models.runtime.logits import HEADS, Logits
from gemhier.models.runtime.native_output import without_lines
from gemhier.pipeline.data.manifest import Manifest
from gemhier.pipeline.training.calibration import Calibration
from gemhier.pipeline.training.config import TrainConfig
from gemhier.pipeline.training.fit import predict_logits
from gemhier.pipeline.training.start_tensorflow import TENSORFLOW_NOTES

DEFAULT_PRECISION = 0.9
"""The precision of answers that a bundle asks for unless told otherwise."""

EXPORT_TOLERANCE = 2e-2
"""How far the exported network may move a probability: its weights are kept in float16."""


def pack(
    folder: Path,
    network: GemNetwork,
    calibration: Calibration,
    crops: Bytes,
    *,
    manifest: Manifest,
    config: TrainConfig,
    run_id: str,
) -> Bundle:
    """Export a network into a bundle, whose report is still empty.

    Args:
        folder: of the bundle.
        network: the trained network.
        calibration: what was fitted to its answers.
        crops: (N, S, S, 4) uint8, some stones on which both must answer alike.
        manifest: the data that it was trained on.
        config: the settings of the training.
        run_id: of the training.

    Raises:
        BundleError: if the exported network answers otherwise than the trained one.
        OutputError: if the folder cannot be written.
    """
    info = BundleInfo(
        model_version=f"{config.backbone}-{config.mode}-{run_id[:8]}",
        run_id=run_id,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        size=network.size,
        labels=manifest.label_space.labels,
        temperatures=calibration.temperatures,
        strategy=calibration.strategy,
        fusion_weight=calibration.fusion_weight,
        thresholds=calibration.thresholds,
        sets=calibration.sets if config.folds else None,
        novel_entropy=calibration.novel_entropy if config.folds else None,
        unlike=calibration.unlike,
        default_precision=DEFAULT_PRECISION,
        stone_threshold=manifest.finder.threshold,
        finder=manifest.finder.name,
    )
    with without_lines(TENSORFLOW_NOTES):
        exported = export_network(network.with_features(), (*HEADS, FEATURES), half=True)
    write_bundle(
        folder,
        info,
        taxonomy=manifest.taxonomy,
        network=exported,
        finder=manifest.finder.content,
        report={},
        model_card="",
        likeness=calibration.likeness,
    )
    bundle = load_bundle(folder)
    _check_export(bundle, crops, predict_logits(network, crops), calibration)
    return bundle


def _check_export(bundle: Bundle, crops: Bytes, logits: Logits, calibration: Calibration) -> None:
    """Make sure that the exported network answers as the trained one does."""
    exported = bundle.probabilities(mask_background(crops)).flat
    trained = softmax(logits.flat, calibration.temperatures.flat)
    moved = float(np.abs(exported - trained).max())
    if not moved <= EXPORT_TOLERANCE:
        raise BundleError(
            f"The export moves a probability by {moved:.2g}, more than {EXPORT_TOLERANCE:g}. "
            "Train again; if it stays so, report it with the versions of tensorflow and ai-edge-litert."
        )
