"""How long the networks of an arm take for a picture, exported, on one core."""

import time
from collections.abc import Sequence

import numpy as np

from gemhier.hierarchy.labels import LabelSpace
from gemhier.models.networks.backbones import backbone
from gemhier.models.networks.export import export_network
from gemhier.models.networks.gem_network import average_networks, build_network
from gemhier.models.networks.modes import HIER_COS
from gemhier.models.runtime.litert import ExportedNetwork
from gemhier.models.runtime.native_output import without_lines
from gemhier.pipeline.experiments.plan import LEAST_COST, Arm
from gemhier.pipeline.training.start_tensorflow import TENSORFLOW_NOTES

_ROUNDS = 45

Kind = tuple[str, int, str, str, int]
"""What the time depends on: the backbones, the side of the pictures, the heads, whether the flat one is Hier-COS's (""
where it is not), and the units of the dense layer before them."""


def milliseconds(arms: Sequence[Arm], space: LabelSpace) -> dict[str, float]:
    """Return the time of one picture for each decision, finding the stone and decoding left out.

    Weights do not matter to the time, so networks with fresh ones are exported and run in turns; the
    median of the rounds counts. A network with all heads takes as long whatever it decides by. Of separate networks
    those count that a decision asks: the flat one, the general one, one regional network after hard routing and all of
    them for soft routing.

    Args:
        arms: the ways to train.
        space: the labels.

    Returns:
        The name of each decision -> milliseconds of one core.
    """
    kinds = {_kind(arm) for arm in arms}
    networks = {kind: _exported(*kind, space) for kind in sorted(kinds)}
    times: dict[Kind, list[float]] = {kind: [] for kind in networks}
    for _ in range(_ROUNDS):
        for kind, network in networks.items():
            image = np.zeros((1, network.size, network.size, 3), np.uint8)
            network.run(image)
            started = time.perf_counter()
            network.run(image)
            times[kind].append(1e3 * (time.perf_counter() - started))
    found = {}
    for arm in arms:
        once = float(np.median(times[_kind(arm)]))
        for strategy, decision in zip(arm.all_strategies, arm.decisions, strict=True):
            found[decision] = once * _networks(arm, strategy, space)
    return found


def _networks(arm: Arm, strategy: str, space: LabelSpace) -> int:
    """How many networks a decision asks, at most."""
    if not arm.separate:
        return 1
    both_stages = 1 + len(space.regional_families)
    asked = {"flat": 1, "hard": 2, "soft": both_stages, "fused": 1 + both_stages}
    return asked[arm.strategies[-1] if strategy == LEAST_COST else strategy]


def _kind(arm: Arm) -> Kind:
    config = arm.config
    return config.backbone, config.size, config.mode, HIER_COS if config.loss == HIER_COS else "", config.phases.hidden


def _exported(backbones: str, size: int, mode: str, loss: str, hidden: int, space: LabelSpace) -> ExportedNetwork:
    chosen = [backbone(name, "none") for name in backbones.split("+")]
    members = [build_network(one, space, size=size, mode=mode, loss=loss, hidden=hidden) for one in chosen]
    with without_lines(TENSORFLOW_NOTES):
        content = export_network(average_networks(members).whole)
    return ExportedNetwork(content, num_threads=1)
