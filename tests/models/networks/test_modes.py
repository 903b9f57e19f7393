from gemhier.hierarchy.decoding import STRATEGIES, Strategy
from gemhier.models.networks.modes import MODES, TRAINED_STRATEGIES
from gemhier.models.runtime.logits import HEADS

NEEDED: dict[Strategy, set[str]] = {
    "flat": {"flat"},
    "hard": {"family", "regional"},
    "soft": {"family", "regional"},
    "fused": set(HEADS),
}


def test_a_mode_decides_in_every_way_that_it_has_trained_all_heads_for() -> None:
    found = {
        mode: tuple(strategy for strategy in STRATEGIES if NEEDED[strategy] <= set(heads))
        for mode, heads in MODES.items()
    }
    assert found == TRAINED_STRATEGIES
