"""Stones to compute in Python and in JavaScript: seeded, and of every kind."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from gemhier.hierarchy.answering import Threshold, Thresholds
from gemhier.hierarchy.decoding import STRATEGIES
from gemhier.hierarchy.gem import Gem
from gemhier.hierarchy.labels import LabelSpace
from gemhier.hierarchy.prediction_sets import SetThreshold, SetThresholds
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.models.bundle import load_bundle
from gemhier.models.bundle.bundle import Bundle
from gemhier.models.bundle.info import BundleInfo, Temperatures, Unlike
from gemhier.models.bundle.likeness import Likeness, directions

Random = np.random.Generator
Values = dict[str, Any]

LARGEST = 600
"""Photographs with more pixels are unlike."""

REFUSED = (
    {"ri": "1.77-1.76"},
    {"ri": "1.5-1.9"},
    {"ri": "1,54"},
    {"ri": "1.54 or so"},
    {"ri": "ruby's"},
    {"ri": ">3"},
    {"ri": "9"},
    {"ri": "1.762-1.770", "birefringence": "0.008"},
    {"birefringence": "0.5"},
    {"birefringence": "none"},
    {"sg": "4.00", "weight_in_air": "2", "weight_in_water": "1"},
    {"weight_in_air": "2"},
    {"weight_in_water": "2"},
    {"weight_in_air": "1", "weight_in_water": "2"},
    {"weight_in_air": "2.001", "weight_in_water": "2"},
    {"weight_in_air": "500000", "weight_in_water": "2"},
    {"weight_in_air": "five", "weight_in_water": "2"},
    {"hardness": "8-7"},
    {"hardness": "0.5"},
    {"optic_character": 'dark\\"blue"'},
    {"pleochroism": "some"},
    {"fluorescence": "green"},
)
"""What is no reading, of every kind."""

WRITTEN = (
    {"ri": " 1.762 – 1.770 "},
    {"ri": "1.762 to 1.77"},
    {"ri": "over 1.81"},
    {"ri": "> 1.8"},
    {"ri": "Above 1.79"},
    {"ri": "+1.54"},
    {"ri": "2."},
    {"hardness": "7-7.5"},
    {"hardness": "6 to 9"},
    {"optic_character": "DR"},
    {"optic_character": "Singly  Refractive"},
    {"optic_character": "uniaxial −"},
    {"optic_character": "biaxial +"},
    {"optic_character": "biaxial"},
    {"optic_character": "Agg"},
    {"pleochroism": "Distinct"},
    {"fluorescence": " STRONG "},
    {"weight_in_air": "5.02", "weight_in_water": "3.76"},
    {"weight_in_air": "0.31", "weight_in_water": "0.2"},
)
"""The ways to write one."""


@dataclass(frozen=True)
class Model:
    """A bundle whose logits are made up."""

    name: str
    bundle: Bundle

    def settled(self, settings: Values) -> Bundle:
        """The bundle with the settings of a case."""
        families = self.bundle.space.families
        found = settings["temperatures"]
        temperatures = Temperatures(
            flat=found["flat"],
            family=found["family"],
            regional=dict(zip(families, found["regional"], strict=True)),
        )
        changed: Values = {**settings, "temperatures": temperatures}
        settled = replace(self.bundle, info=replace(self.bundle.info, **changed))
        vars(settled._judge)["candidates"] = self.bundle.candidates  # which reads a file
        return settled


@pytest.fixture(scope="session")
def plain_bundle() -> Bundle:
    """The shipped bundle, were it trained without --folds: it promises no shortlist, and knows nothing of likeness."""
    shipped = load_bundle()
    return replace(shipped, likeness=None, info=replace(shipped.info, sets=None, unlike=None, novel_entropy=None))


@pytest.fixture(scope="session")
def models(plain_bundle: Bundle, tiny_info: BundleInfo, tiny_taxonomy: Taxonomy) -> Sequence[Model]:
    """The shipped bundle, the tiny one, and one of a few labels on every floor of the shipped taxonomy.

    The first knows nothing of unlike pictures, the tiny one has a calibration for them, the third only tells them; the
    first two tell pictures that may show none of their labels.
    """
    shipped = plain_bundle
    floors = ("corundum", "corundum/ruby", "garnet/red", "garnet/red/almandine", "quartz/chalcedony/jasper")
    deep = replace(
        shipped.info,
        labels=floors,
        temperatures=Temperatures(),
        thresholds=Thresholds(()),
        default_precision=0.75,
    )
    bundles = {
        "shipped": replace(shipped, info=replace(shipped.info, novel_entropy=1.5)),
        "tiny": replace(
            shipped,
            info=replace(tiny_info, novel_entropy=0.5, unlike=unlike()),
            taxonomy=tiny_taxonomy,
            likeness=likeness(),
        ),
        "deep": replace(shipped, info=deep, likeness=likeness()),
    }
    return [
        Model(name, replace(bundle, info=replace(bundle.info, sets=promises(bundle.space))))
        for name, bundle in bundles.items()
    ]


def promises(space: LabelSpace) -> SetThresholds:
    """Thresholds of shortlists, with some of their own for every second family."""
    return SetThresholds(
        tuple(
            SetThreshold(coverage=coverage, families=dict.fromkeys(space.families[::2], least / 3), others=least)
            for coverage, least in ((0.5, 0.2), (0.9, 0.03), (0.99, 0.0))
        )
    )


def likeness() -> Likeness:
    """Prototypes as a bundle keeps them, of 8 features, one of which is 0 and one too small for a common float16."""
    prototypes = np.random.default_rng(8).normal(size=(5, 8))
    prototypes[0, :2] = 0, 1e-6
    return Likeness.from_bytes(Likeness(directions(prototypes).astype(np.float32), 0.25, LARGEST).to_bytes())


def unlike() -> Unlike:
    """A calibration of unlike pictures: of 0.8 and 0.9 only the first is reached, and 40 stones assure no 0.99."""
    asked = ((0.8, 0.4, True), (0.9, 0.75, False))
    rows = (
        Threshold(precision=precision, threshold=least, reached=reached, observed=None, answered=1.0, depths=())
        for precision, least, reached in asked
    )
    sets = ((0.5, 0.3), (0.9, 0.01), (0.99, 0.0))
    return Unlike(
        stones=40,
        temperatures=Temperatures(flat=2.5, family=1.5, regional={"beryl": 3.0}),
        fusion_weight=0.25,
        thresholds=Thresholds(tuple(rows)),
        sets=SetThresholds(tuple(SetThreshold(coverage=share, families={}, others=least) for share, least in sets)),
    )


@pytest.fixture(scope="session")
def make_cases(models: Sequence[Model]) -> Callable[[int, int], list[Values]]:
    """Makes so many cases of each model, as JSON values, from a seed."""

    def make(number: int, seed: int) -> list[Values]:
        random = np.random.default_rng(seed)
        return [make_case(model, place, random) for model in models for place in range(number)]

    return make


def make_case(model: Model, place: int, random: Random) -> Values:
    """One case; its place decides what is surely tried, all else is drawn."""
    space = model.bundle.space
    known = {"texts": texts_of(model.bundle, place, random), **restrictions(model.bundle, random)}
    n_views = int(random.choice([0, 1, 1, 1, 2, 3])) if known["texts"] else int(random.choice([1, 1, 2, 4]))
    asked: Values = {"top": int(random.choice([1, 3, 5, 200]))}
    if random.random() < 0.7:
        asked["precision"] = float(random.choice([0.01, 0.5, 0.55, 0.8, 0.9, 0.93, 0.95, 0.99, 0.999, 0.9999]))
    if random.random() < 0.6:
        asked["guarantee"] = float(random.choice([0.3, 0.5, 0.8, 0.9, 0.95, 0.99]))
    return {
        "description": model.name,
        "settings": {
            "strategy": STRATEGIES[place % len(STRATEGIES)],
            "fusion_weight": float(random.choice([0, 1, random.random()])),
            "temperatures": {
                "flat": float(random.uniform(0.05, 3)),
                "family": float(random.uniform(0.05, 3)),
                "regional": random.uniform(0.05, 3, len(space.families)).tolist(),
            },
        },
        "views": views(n_views, model.bundle, random),
        "known": known,
        "asked": asked,
    }


def views(number: int, bundle: Bundle, random: Random) -> list[Values]:
    """Photographs of one stone: alike or not, sure or not, with ties and with logits beyond all measure."""
    labels, families, threshold = len(bundle.space), len(bundle.space.families), bundle.finder.threshold
    scale = float(random.choice([0, 1, 4, 20, 1000]))
    common = random.normal(size=labels)
    found = []
    for _ in range(number):
        flat = scale * (common + 0.5 * random.normal(size=labels))
        heads = {
            "flat": flat,
            "family": scale * random.normal(size=families),
            "regional": flat + scale * random.normal(size=labels),
        }
        score = float(random.choice([threshold, random.random(), 1.0, 0.95]))
        logits = {name: values.astype(np.float32).tolist() for name, values in heads.items()}
        side = (300, LARGEST, LARGEST + 1)[len(found) % 3]
        features = features_of(bundle.likeness, random)
        found.append({"score": score, "logits": logits, "features": features, "side": side})
    return found


def features_of(likeness: Likeness | None, random: Random) -> list[float]:
    """Features of a picture that is like or unlike; none, as an older finder gives."""
    if likeness is None or random.random() < 0.1:
        return []
    noise = random.normal(size=likeness.prototypes.shape[1])
    near = random.choice(likeness.prototypes) + 0.1 * noise
    return (40 * near if random.random() < 0.6 else noise).astype(np.float32).tolist()


def texts_of(bundle: Bundle, place: int, random: Random) -> dict[str, str]:
    """Readings: none, one of a kind, several of one gem, or of several gems that contradict each other."""
    if place < len(REFUSED):
        return dict(REFUSED[place])
    if place < len(REFUSED) + len(WRITTEN):
        return dict(WRITTEN[place - len(REFUSED)])
    gems = bundle.candidates.table.gems
    one = gems[int(random.integers(len(gems)))]
    keys = list(READ)
    number = int(random.choice([0, 1, 1, 2, 3, len(keys)]))
    found: dict[str, str] = {}
    for key in random.permutation(keys)[:number]:
        gem = one if random.random() < 0.7 else gems[int(random.integers(len(gems)))]
        found |= READ[str(key)](gem, random)
    if "-" in found.get("ri", ""):
        found.pop("birefringence", None)
    return found


def near(low: float, high: float, error: float, bounds: tuple[float, float], random: Random) -> float:
    """A value in a range, at either end of it, or some errors away."""
    value = float(random.choice([low, high, (low + high) / 2, random.uniform(low, high)]))
    return min(max(value + error * float(random.choice([0, 0, 1, -3, 10])), bounds[0]), bounds[1])


def index_of(gem: Gem, random: Random) -> dict[str, str]:
    if gem.refractive_index is None:
        return {"ri": ">1.81"}
    low, high = gem.refractive_index.low, gem.refractive_index.high
    kind = random.integers(3)
    if kind == 0:
        return {"ri": f">{float(random.choice([1.5, 1.65, 1.79, 1.81]))}"}
    value = near(low, high, 0.003, (1.34, 2.8), random)
    if kind == 1:
        return {"ri": f"{value:.3f}"}
    return {"ri": f"{value:.3f}-{min(value + float(random.choice([0, 0.008, 0.04])), 2.9):.3f}"}


def doubling_of(gem: Gem, random: Random) -> dict[str, str]:
    known = gem.birefringence
    ends = (0.0, 0.05) if known is None else (known.low, known.high)
    return {"birefringence": f"{near(*ends, 0.002, (0, 0.3), random):.4f}"}


def gravity_of(gem: Gem, random: Random) -> dict[str, str]:
    known = gem.specific_gravity
    ends = (1.0, 8.0) if known is None else (known.low, known.high)
    value = near(*ends, 0.03, (1.05, 7.9), random)
    if random.random() < 0.3:
        air = float(random.uniform(0.2, 50))
        return {"weight_in_air": f"{air:.2f}", "weight_in_water": f"{air * (1 - 0.9982 / value):.2f}"}
    return {"sg": f"{value:.2f}"}


def hardness_of(gem: Gem, random: Random) -> dict[str, str]:
    known = gem.hardness
    ends = (1.0, 10.0) if known is None else (known.low, known.high)
    value = near(*ends, 0.5, (1, 10), random)
    wider = min(value + float(random.choice([0, 0.5, 3])), 10)
    return {"hardness": f"{value:.2f}" if random.random() < 0.6 else f"{value:.2f}-{wider:.2f}"}


def character_of(gem: Gem, random: Random) -> dict[str, str]:
    seen = [*gem.optic_character, "uniaxial", "biaxial", "anisotropic", "isotropic", "aggregate", "u-", "b+"]
    return {"optic_character": str(random.choice(seen))}


def strength_of(key: str) -> Callable[[Gem, Random], dict[str, str]]:
    return lambda _, random: {key: str(random.choice(["none", "weak", "moderate", "strong", "distinct"]))}


READ: dict[str, Callable[[Gem, Random], dict[str, str]]] = {
    "ri": index_of,
    "birefringence": doubling_of,
    "sg": gravity_of,
    "hardness": hardness_of,
    "optic_character": character_of,
    "pleochroism": strength_of("pleochroism"),
    "fluorescence": strength_of("fluorescence"),
}


def restrictions(bundle: Bundle, random: Random) -> Values:
    """How common gems are, what the stone can be, and how far readings are trusted."""
    space, others = bundle.space, bundle.candidates.others
    names = [*space.nodes, *others]
    found: Values = {}
    kind = int(random.integers(5))
    if kind == 0:
        found["prior"] = "trade"
    elif kind == 1:
        some = random.choice(space.nodes, size=min(len(space.nodes), 6), replace=False)
        shares = random.choice([0.0, 0.5, 12.0, 700.0], size=len(some))
        found["prior"] = {str(node): float(share) for node, share in zip(some, shares, strict=True)}
    if random.random() < 0.25:
        found["only"] = random.choice(names, size=int(random.integers(1, 4)), replace=False).tolist()
    if random.random() < 0.25:
        found["without"] = random.choice(names, size=int(random.integers(1, 4)), replace=False).tolist()
    if random.random() < 0.3:
        found["wrong"] = float(random.choice([0.001, 0.2, 0.6]))
    if random.random() < 0.3:
        found["errors"] = {"ri": 0.001, "sg": 0.1, "hardness": 0.25, "birefringence": 0.004}
    return found
