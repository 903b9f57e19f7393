from dataclasses import replace
from pathlib import Path

from gemhier.models.bundle import load_bundle
from gemhier.pipeline.reports.model_card import model_card

FIGURES = {
    f"{name}{end}": value
    for name, value in (("top1", 0.75), ("top3", 0.9), ("top5", 0.95), ("family_top1", 0.8))
    for end, value in (("", value), ("_low", value - 0.05), ("_high", value + 0.05))
}


def test_a_card_says_what_it_learned_from_how_good_it_is_and_what_it_cannot_do(tiny_bundle: Path) -> None:
    bundle = load_bundle(tiny_bundle)
    report = {
        "validation pictures": {"n": 120, "strategies": {"flat": FIGURES, "fused": FIGURES}},
        "shop pictures": {"n": 93, "strategies": {"fused": {**FIGURES, "top1": 0.5}}},
        "data": {"train": 3035, "validation": 120},
        "config": {"mode": "both"},
    }
    card = model_card(bundle.info, bundle.taxonomy, report)
    assert card.startswith("# tiny-1\n")
    assert "6 labels in 3 families, 2 of which have a regional network" in card
    assert "3,035 training pictures; 120 validation pictures" in card
    assert "which also calibrated it (120 pictures" in card
    assert "On shop pictures (93 pictures" in card
    assert "| fused | 0.500 (0.700 to 0.800) | 0.900 (0.850 to 0.950) |" in card
    assert "thresholds set on validation pictures" in card
    assert "origin is not determinable from a photograph" in card


def test_a_measure_without_a_value_is_left_blank(tiny_bundle: Path) -> None:
    bundle = load_bundle(tiny_bundle)
    nothing = dict.fromkeys(FIGURES)
    card = model_card(bundle.info, bundle.taxonomy, {"validation": {"n": 0, "strategies": {"flat": nothing}}})
    assert "| flat | – | – | – | – | – | – |" in card


def test_a_card_says_how_deep_pictures_were_answered(tiny_bundle: Path) -> None:
    bundle = load_bundle(tiny_bundle)
    answers = {
        "target_precision": 0.95,
        "answered": 0.75,
        "precision": 0.94,
        "precision_low": 0.9,
        "precision_high": 0.97,
        "depths": [
            {"depth": 1, "n": 30, "share": 0.3, "precision": 0.96},
            {"depth": 2, "n": 45, "share": 0.45, "precision": 0.92},
            {"depth": 3, "n": 0, "share": 0.0, "precision": None},
        ],
    }
    report = {"shop pictures": {"n": 100, "strategies": {"fused": FIGURES}, "answers": answers}}
    assert (
        "Asked for a precision of 95%, 75.0% were answered, and 0.940 (0.900 to 0.970) of the answers are right; "
        "from the families down: 30.0% at depth 1 (96.0%), 45.0% at depth 2 (92.0%).\n"
    ) in model_card(bundle.info, bundle.taxonomy, report)
    nobody = {**answers, "answered": 0.0, "precision": None}
    report = {"shop pictures": {"n": 100, "strategies": {"fused": FIGURES}, "answers": nobody}}
    assert "Asked for" not in model_card(bundle.info, bundle.taxonomy, report)


def test_a_card_says_that_answers_out_of_fold_calibrated_it(tiny_bundle: Path) -> None:
    bundle = load_bundle(tiny_bundle)
    report = {"pictures out of fold": {"n": 100, "strategies": {"fused": FIGURES}}, "data": {"train": 80}}
    card = model_card(bundle.info, bundle.taxonomy, report)
    assert "thresholds set on answers out of fold" in card
    assert "validation" not in card


def test_a_card_says_how_far_promises_go(tiny_bundle: Path) -> None:
    bundle = load_bundle(tiny_bundle)
    calibrated = load_bundle().info.unlike
    assert calibrated is not None
    assert "hold on such pictures only" in model_card(bundle.info, bundle.taxonomy, {}, knows_likeness=True)
    info = replace(bundle.info, unlike=calibrated)
    card = model_card(info, bundle.taxonomy, {}, knows_likeness=True)
    assert "hold on pictures like those it was calibrated on" in card
    assert "on such pictures only" not in card
