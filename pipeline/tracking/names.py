"""What the things in a tracking store are called."""

import re
from collections.abc import Mapping

from gemhier.hierarchy.decoding import Strategy

EXPERIMENT = "gemhier"

KIND = "gemhier_kind"
"""The tag that tells what a run is: `comparison` for a training, `network` and `decision` for the runs nested in it,
`finder` for the training of a stone finder, `trial` for a trial and `arm` for the runs nested in that."""

BUNDLE = "bundle"
"""The artifact of a training's run that holds its bundle."""

ANSWERS = "out_of_fold.npz"
"""The artifact of a training's run that holds its out-of-fold answers."""

SETTINGS = "settings.json"
"""The artifact of a run that holds its settings."""

REGISTERED_MODEL = "gemhier"
"""The name in the model registry under which each training adds a version."""

CANDIDATE = "candidate"
"""The alias of the version that was registered last."""

STRATEGY_NAMES: Mapping[Strategy, str] = {
    "flat": "flat",
    "hard": "hierarchical_hard",
    "soft": "hierarchical_soft",
    "fused": "fused",
}
"""The strategies as the measures of a training name them."""

SIDE_BY_SIDE = ("top1", "top3", "top5", "family_top1")
"""The measures in which the strategies are seen side by side."""


def measures_section(name: str) -> str:
    """Return a name of pictures as measures can begin with it: MLflow takes a slash for the end of a section."""
    return re.sub(r"[^\w.-]+", "_", name, flags=re.ASCII)
