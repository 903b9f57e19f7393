"""From crops of stones to what is known of them: probabilities, likeness, and results where these are judged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gemhier.arrays import Bytes, Float32
from gemhier.hierarchy.evidence import Evidence
from gemhier.hierarchy.labels import LabelSpace
from gemhier.models.bundle.info import BundleInfo
from gemhier.models.bundle.judge import Asked, Judge
from gemhier.models.bundle.likeness import Likeness
from gemhier.models.bundle.predictions import StoneResult
from gemhier.models.bundle.probabilities import Probabilities, decode
from gemhier.models.images.stones import StoneCrop
from gemhier.models.runtime.network import Network

if TYPE_CHECKING:
    from gemhier.models.bundle.multi_view import View


@dataclass(frozen=True, eq=False)
class Recognizer:
    """A network with its calibration. Threads may share it.

    Attributes:
        info: what the bundle.json says.
        space: the labels.
        network: the exported network.
        likeness: what the pictures look like that it was calibrated on; None if that is not known.
    """

    info: BundleInfo
    space: LabelSpace
    network: Network
    likeness: Likeness | None

    def probabilities(self, crops: Bytes, like: Sequence[bool | None] | None = None) -> Probabilities:
        """Run the network on (N, S, S, 3) crops, and decode its outputs in every way.

        Args:
            crops: uint8 RGB, cut out by the finder, with the backdrop covered.
            like: (N,) whether each picture is like those of the calibration; None if that is not known.

        Raises:
            ValueError: if the crops have another shape or type.
        """
        logits = self.network.logits(crops)
        found = decode(logits, self.info.temperatures, self.info.fusion_weight, self.space)
        unlike = self.info.unlike
        if unlike is None or like is None or False not in like:
            return found
        others = decode(logits, unlike.temperatures, unlike.fusion_weight, self.space)
        return found.where(np.array([each is not False for each in like]), others)

    def like(self, features: Sequence[Float32], sides: Sequence[int]) -> list[bool | None]:
        """Return whether pictures are like those of the calibration, (N,); None if it is not known.

        Args:
            features: (N,) of (D,), by the stone finder.
            sides: (N,) pixels of each picture's shorter side.
        """
        if self.likeness is None or not features or not len(features[0]):
            return [None] * len(features)
        return [bool(found) for found in self.likeness.like(np.stack(features), sides)]

    def _like(self, crops: Sequence[StoneCrop]) -> list[bool | None]:
        return self.like([crop.features for crop in crops], [min(crop.of) for crop in crops])

    def results(
        self, crops: Sequence[StoneCrop], judge: Judge, asked: Asked, evidence: Evidence | Mapping[str, Evidence] | None
    ) -> list[StoneResult]:
        """Return what becomes of at least one stone.

        Args:
            crops: N of them.
            judge: decides.
            asked: what is asked for.
            evidence: what else is known: of every picture, or of each by its name.

        Raises:
            EvidenceError: if a name in the evidence is not known, or it leaves nothing that a stone can be.
        """
        like = self._like(crops)
        by_strategy = self.probabilities(np.stack([crop.pixels for crop in crops]), like).by_strategy
        decided = judge.decide(
            [crop.image for crop in crops],
            by_strategy[self.info.strategy],
            [crop.score for crop in crops],
            asked,
            evidence=[evidence.get(crop.image) if isinstance(evidence, Mapping) else evidence for crop in crops],
            like=like,
        )
        return [
            StoneResult(
                crop=crop,
                probabilities={strategy: rows[row] for strategy, rows in by_strategy.items()},
                prediction=replace(decided[row], place=crop.place),
            )
            for row, crop in enumerate(crops)
        ]

    def views(self, crops: Sequence[StoneCrop]) -> "list[View]":
        """Return what each of at least one photograph says of its stone."""
        from gemhier.models.bundle.multi_view import View  # which few ask for

        like = self._like(crops)
        found = self.probabilities(np.stack([crop.pixels for crop in crops]), like).by_strategy[self.info.strategy]
        return [
            View(crop.image, crop.score, row, is_like) for crop, row, is_like in zip(crops, found, like, strict=True)
        ]
