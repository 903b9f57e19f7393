"""How long the networks of an arm take for a picture, exported, on one core."""

import time
from collections.abc import Sequence

import numpy as np

from gemhier.hierarchy.labels import LabelSpace
from gemhier.models.backbones import backbone
from gemhier.models.export import export_network
from gemhier.models.litert import ExportedNetwork
from gemhier.models.native_output import without_lines
from gemhier.models.network import average_networks, build_network
from gemhier.pipeline.schedules import SCHEDULES
from gemhier.pipeline.start_tensorflow import TENSORFLOW_NOTES
from gemhier.pipeline.trial.plan import Arm

_ROUNDS = 15

Kind = tuple[str, str, int]
"""What the time depends on: the backbones, the heads, and the units of the dense layer before them."""


def milliseconds(arms: Sequence[Arm], space: LabelSpace) -> dict[str, float]:
    """The time of one picture for each arm, finding the stone and decoding left out.

    Weights do not matter to the time, so networks with fresh ones are exported and run in turns; the
    median of the rounds counts. An arm of separate regional networks runs its general network, its flat one and all of
    its regional ones, as soft routing and fusion need them.

    Args:
        arms: the ways to train.
        space: the labels.

    Returns:
        Arm's name -> milliseconds of one core.
    """
    kinds = {_kind(arm) for arm in arms}
    networks = {kind: _exported(*kind, space) for kind in sorted(kinds)}
    times: dict[Kind, list[float]] = {kind: [] for kind in networks}
    for _ in range(_ROUNDS):
        for kind, network in networks.items():
            picture = np.zeros((1, network.size, network.size, 3), np.uint8)
            network.run(picture)
            started = time.perf_counter()
            network.run(picture)
            times[kind].append(1e3 * (time.perf_counter() - started))
    found = {}
    for arm in arms:
        once = float(np.median(times[_kind(arm)]))
        separate = arm.regional == "separate"
        found[arm.name] = once * (2 + len(space.regional_families)) if separate else once
    return found


def _kind(arm: Arm) -> Kind:
    return arm.config.backbone, arm.config.mode, SCHEDULES[arm.config.schedule].hidden


def _exported(backbones: str, mode: str, hidden: int, space: LabelSpace) -> ExportedNetwork:
    chosen = [backbone(name, "none") for name in backbones.split("+")]
    members = [build_network(one, space, size=chosen[0].size, mode=mode, hidden=hidden) for one in chosen]
    with without_lines(TENSORFLOW_NOTES):
        content = export_network(average_networks(members).whole)
    return ExportedNetwork(content, num_threads=1)
