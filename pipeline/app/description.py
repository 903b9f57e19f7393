"""What the scripts of the app must know of a bundle, as one JSON object.

All tables and all numbers that Python computes with are in it, so that no script holds any of them.
`scripts/description.js` has the types.
"""

import base64
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from gemhier.arrays import Float64
from gemhier.hierarchy import next_tests, posterior, ranking, reading_text, readings
from gemhier.hierarchy.answering import Thresholds
from gemhier.hierarchy.decoding import FLOOR
from gemhier.hierarchy.evidence import WRONG_SHARE
from gemhier.hierarchy.gem import OPTIC_CHARACTERS, OTHERS, STRENGTHS
from gemhier.hierarchy.labels import LabelSpace, route
from gemhier.hierarchy.posterior import Candidates
from gemhier.hierarchy.prediction_sets import COVERAGES, SetThresholds
from gemhier.hierarchy.priors import TRADE, load_prior
from gemhier.models.bundle import candidate, decision, explanation, multi_view, predictions, shortlist
from gemhier.models.bundle.bundle import Bundle
from gemhier.models.bundle.info import BundleInfo, Unlike
from gemhier.models.bundle.likeness import Likeness
from gemhier.models.images import crop, decode, finder, turning, white_balance

FORMAT = 1
"""Counts up when older scripts cannot read it."""


def describe(bundle: Bundle) -> dict[str, Any]:
    """Return what the scripts must know of a bundle, as JSON values without nan or infinity."""
    info, candidates = bundle.info, bundle.candidates
    shortlists = _shortlists(info.sets, bundle.space)
    return {
        "format": FORMAT,
        "ranking_decimals": ranking.DECIMALS,
        "model_version": info.model_version,
        "labels": _labels(bundle.space),
        "families": len(bundle.space.families),
        "nodes": _nodes(candidates),
        "decoding": {"strategy": info.strategy, "floor": FLOOR, **_decoding(info, bundle.space)},
        "answering": {
            "thresholds": _thresholds(info.thresholds),
            "default_precision": info.default_precision,
            "stone_threshold": bundle.finder.threshold,
            "least_pooled": multi_view.LEAST,
            "least_agreement": multi_view.LEAST_AGREEMENT,
        },
        "candidates": _candidates(candidates),
        "posterior": {
            "others_share": posterior.OTHERS_SHARE,
            "image_misleads": posterior.IMAGE_MISLEADS,
            "wrong_share": WRONG_SHARE,
            "trade": _trade(candidates),
        },
        "readings": _readings(),
        "reading_text": _reading_text(),
        "next_tests": {
            "tests": [{"key": test.key, "title": test.title, "cost": test.cost} for test in next_tests.TESTS],
            "most_candidates": next_tests.MOST_CANDIDATES,
            "least_weighed": next_tests.LEAST_WEIGHED,
            "least_bits": next_tests.LEAST_BITS,
            "most_proposed": next_tests.MOST_PROPOSED,
            "most_named": next_tests.MOST_NAMED,
            "least_named": next_tests.LEAST_NAMED,
            "steps": next_tests.STEPS,
            "tails": next_tests.TAILS,
        },
        "explanation": {
            "most_fits": explanation.MOST_FITS,
            "most_named": explanation.MOST_NAMED,
            "probably": explanation.PROBABLY,
            "surely": explanation.SURELY,
            "least": explanation.LEAST,
        },
        "shortlists": {
            "rows": shortlists,
            "shares": [row["coverage"] for row in shortlists] or COVERAGES,
            "most_named": shortlist.MOST_NAMED,
        },
        **({} if bundle.likeness is None else {"likeness": _likeness(bundle.likeness)}),
        **({} if info.novel_entropy is None else {"novelty": {"entropy": info.novel_entropy}}),
        **({} if info.unlike is None else {"unlike": _unlike(info.unlike, bundle.space)}),
        "pictures": {
            "smallest_side": decode.SMALLEST_SIDE,
            "most_megapixels": decode.MOST_MEGAPIXELS,
            "most_missing": decode.MOST_MISSING,
        },
        "finding": {
            "zooms": finder.ZOOMS,
            "filled": finder.FILLED,
            "sure": finder.SURE,
            "filled_if_sure": finder.FILLED_IF_SURE,
            "nearby": finder.NEARBY,
            "if_lost": finder.IF_LOST,
            "clear": finder.CLEAR,
            "quarter": finder.QUARTER,
            "same": finder.SAME,
            "smallest": finder.SMALLEST,
            "outline_from": finder.OUTLINE_FROM,
            "outline_width": finder.OUTLINE_WIDTH,
            "samples": turning.SAMPLES,
        },
        "cropping": {
            "margin": crop.MARGIN,
            "background": crop.BACKGROUND,
            "largest_side": crop.LARGEST_SIDE,
        },
        "wording": {
            "no_gem": predictions.NO_GEM,
            "none_left": decision.NONE_LEFT,
            "worth_naming": predictions.WORTH_NAMING,
            "most": predictions.MOST,
        },
        "white_balance": {
            "reach": white_balance.REACH,
            "least_reach": white_balance.LEAST_REACH,
            "clipped": white_balance.CLIPPED,
            "most_clipped": white_balance.MOST_CLIPPED,
            "darkest": white_balance.DARKEST,
            "most_gain": white_balance.MOST_GAIN,
            "luminance": white_balance.LUMINANCE,
        },
        "record_decimals": candidate.DECIMALS,
    }


def _labels(space: LabelSpace) -> list[dict[str, Any]]:
    """Return each label with the column of its family, and the columns of the nodes on its route."""
    return [
        {"id": label, "family": int(family), "route": [space.node_index(node) for node in route(label)]}
        for label, family in zip(space.labels, space.parents, strict=True)
    ]


def _nodes(candidates: Candidates) -> list[dict[str, Any]]:
    """Return each node: the families first, every parent before its children; its `label` is -1 if it is none."""
    space, taxonomy = candidates.space, candidates.taxonomy
    return [
        {
            "id": node,
            "name": taxonomy[node].name,
            "rank": taxonomy[node].rank,
            "children": space.children[column].tolist(),
            "label": int(space.node_labels[column]),
        }
        for column, node in enumerate(space.nodes)
    ]


def _decoding(calibrated: BundleInfo | Unlike, space: LabelSpace) -> dict[str, Any]:
    temperatures = calibrated.temperatures
    return {
        "fusion_weight": calibrated.fusion_weight,
        "temperatures": {
            "flat": temperatures.flat,
            "family": temperatures.family,
            "regional": [temperatures.regional.get(family, 1.0) for family in space.families],
        },
    }


def _thresholds(thresholds: Thresholds) -> list[dict[str, float]]:
    return [{"precision": row.precision, "threshold": row.threshold} for row in thresholds.rows]


def _likeness(likeness: Likeness) -> dict[str, Any]:
    """Return the prototypes as the bundle keeps them, one after the other: float16 in Base64, little end first."""
    prototypes = likeness.prototypes.astype("<f2").tobytes()
    return {
        "prototypes": base64.b64encode(prototypes).decode(),
        "threshold": likeness.threshold,
        **({"largest": likeness.largest} if math.isfinite(likeness.largest) else {}),
    }


def _unlike(unlike: Unlike, space: LabelSpace) -> dict[str, Any]:
    """Return the calibration of unlike pictures, and which of its promises so many stones assure."""
    return {
        "stones": unlike.stones,
        "decoding": _decoding(unlike, space),
        "thresholds": [
            {**row, "assured": unlike.keeps_precision(row["precision"])} for row in _thresholds(unlike.thresholds)
        ],
        "shortlists": [
            {**row, "assured": unlike.keeps_guarantee(row["coverage"])} for row in _shortlists(unlike.sets, space)
        ],
    }


def _shortlists(sets: SetThresholds | None, space: LabelSpace) -> list[dict[str, Any]]:
    """Return the thresholds of each guarantee, with one for each family; empty where none is promised."""
    return [
        {
            "coverage": row.coverage,
            "families": [row.families.get(family, row.others) for family in space.families],
            "others": row.others,
        }
        for row in (sets.rows if sets else ())
    ]


def _candidates(candidates: Candidates) -> list[dict[str, Any]]:
    """Return what is known of each candidate, the labels first; a range that is not known is null."""
    table = candidates.table
    ranges = {
        name: _ranges(getattr(table, name))
        for name in ("refractive_index", "mean_index", "birefringence", "specific_gravity", "hardness")
    }
    return [
        {
            "id": node,
            "name": candidates.name(node),
            "family": node if node.startswith(OTHERS) else node.partition("/")[0],
            **{name: found[row] for name, found in ranges.items()},
            "spot_only": gem.spot_only,
            "optic_character": list(gem.optic_character),
            "pleochroism": list(readings.Pleochroism.known_of(gem)),
            "fluorescence": list(readings.Fluorescence.known_of(gem)),
            "glow": None if gem.fluorescence is None else gem.fluorescence.long_wave,
            "look_alikes": [
                {"id": other, "name": candidates.name(other), "difference": difference}
                for other, difference in gem.confused_with
            ],
        }
        for row, (node, gem) in enumerate(zip(candidates.ids, table.gems, strict=True))
    ]


def _ranges(found: Float64) -> list[list[float] | None]:
    return [None if np.isnan(row).any() else row.tolist() for row in found]


def _trade(candidates: Candidates) -> Mapping[str, float]:
    """Return how common gems are in the trade, by the ids of nodes."""
    return {candidates.resolve(name): share for name, share in (load_prior(TRADE) or {}).items()}


def _readings() -> dict[str, Any]:
    return {
        "titles": {
            "index": readings.Refractometer.title,
            "spot": readings.Spot.title,
            **{
                kind.key: kind.title
                for kind in (
                    readings.Birefringence,
                    readings.OpticCharacter,
                    readings.SpecificGravity,
                    readings.Hardness,
                    readings.Pleochroism,
                    readings.Fluorescence,
                )
            },
        },
        "bounds": {
            "refractive_index": readings.INDEX_RANGE,
            "birefringence": readings.BIREFRINGENCE_RANGE,
            "specific_gravity": readings.GRAVITY_RANGE,
            "hardness": readings.HARDNESS_RANGE,
        },
        "errors": {
            "index": readings.INDEX_ERROR,
            "spot": readings.SPOT_ERROR,
            "birefringence": readings.BIREFRINGENCE_ERROR,
            "sg": readings.GRAVITY_ERROR,
            "hardness": readings.HARDNESS_ERROR,
        },
        "limit": readings.REFRACTOMETER_LIMIT,
        "blurred": readings.BLURRED,
        "overlooked": readings.OVERLOOKED,
        "point_width": readings.POINT_WIDTH,
        "optic_characters": OPTIC_CHARACTERS,
        "strengths": STRENGTHS,
        "called": [readings.called(strength).tolist() for strength in range(len(STRENGTHS))],
    }


def _reading_text() -> dict[str, Any]:
    return {
        "keys": reading_text.KEYS,
        "weights": reading_text.WEIGHTS,
        "weight_error": reading_text.WEIGHT_ERROR,
        "weight_range": reading_text.WEIGHT_RANGE,
        "water": reading_text.WATER,
        "limits": reading_text.LIMITS,
        "number": reading_text.NUMBER,
        "two": reading_text.TWO,
        "above": reading_text.ABOVE,
        "comma": reading_text.COMMA,
        "examples": reading_text.EXAMPLES,
        "other_example": reading_text.OTHER_EXAMPLE,
        "character_names": reading_text.CHARACTER_NAMES,
        "wider_characters": readings.WIDER_CHARACTERS,
        "strength_names": reading_text.STRENGTH_NAMES,
    }
