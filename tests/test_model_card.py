from pathlib import Path

from gemhier.models.bundle import load_bundle
from gemhier.pipeline.model_card import model_card

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
    assert "origin is not determinable from a photograph" in card


def test_a_measure_without_a_value_is_left_blank(tiny_bundle: Path) -> None:
    bundle = load_bundle(tiny_bundle)
    nothing = dict.fromkeys(FIGURES)
    card = model_card(bundle.info, bundle.taxonomy, {"validation": {"n": 0, "strategies": {"flat": nothing}}})
    assert "| flat | – | – | – | – |" in card
