import numpy as np
import pytest

from gemhier.hierarchy.decoding import softmax
from gemhier.hierarchy.labels import LabelSpace
from gemhier.hierarchy.metrics import log_losses
from gemhier.hierarchy.node import Node
from gemhier.hierarchy.prediction_sets import fit_set_thresholds
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.models.runtime.logits import Logits
from gemhier.pipeline.training.calibration import calibrate, cross_fitted_shortlisters

SPACE = LabelSpace(("beryl/emerald", "beryl/morganite", "corundum/ruby", "quartz"))


def overconfident(truth: np.ndarray, sharpness: float) -> Logits:
    """Logits that are right three times out of four, and far too sure of it."""
    chance = np.random.default_rng(0)
    predicted = np.where(chance.random(len(truth)) < 0.75, truth, chance.integers(0, 4, len(truth)))
    flat = sharpness * np.eye(4)[predicted] + chance.normal(0, 0.5, (len(truth), 4))
    family = np.stack([flat[:, SPACE.parents == column].max(axis=1) for column in range(3)], axis=1)
    return Logits(flat=flat.astype(np.float32), family=family.astype(np.float32), regional=flat.astype(np.float32))


@pytest.fixture
def truth() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 4, 400)


def test_too_sure_a_network_is_cooled_down_and_says_truer_things(truth: np.ndarray) -> None:
    logits = overconfident(truth, sharpness=12)
    found = calibrate(logits, truth, SPACE, "both")
    assert found.temperatures.flat > 2
    assert found.temperatures.family > 2
    assert set(found.temperatures.regional) == {"beryl"}
    before = log_losses(softmax(logits.flat), truth).mean()
    after = log_losses(softmax(logits.flat, found.temperatures.flat), truth).mean()
    assert after < before / 2


@pytest.mark.parametrize(("mode", "strategy"), [("flat", "flat"), ("hierarchical", "soft"), ("both", "fused")])
def test_each_mode_decides_by_what_it_has_trained(mode: str, strategy: str, truth: np.ndarray) -> None:
    found = calibrate(overconfident(truth, sharpness=6), truth, SPACE, mode)
    assert found.strategy == strategy
    assert 0 <= found.fusion_weight <= 1


def test_a_higher_precision_asks_for_a_surer_answer(truth: np.ndarray) -> None:
    thresholds = calibrate(overconfident(truth, sharpness=6), truth, SPACE, "both").thresholds
    assert thresholds.threshold_for(0.5) < thresholds.threshold_for(0.95)


def test_regional_networks_may_share_a_temperature(truth: np.ndarray) -> None:
    space = LabelSpace(("beryl/emerald", "beryl/morganite", "corundum/ruby", "corundum/sapphire"))
    logits = overconfident(truth, sharpness=6)
    regional = logits.regional * np.array([1, 1, 4, 4], np.float32)
    both = Logits(flat=logits.flat, family=logits.family[:, :2], regional=regional)
    apart, together = (calibrate(both, truth, space, "both", each_family=each).temperatures for each in (True, False))
    assert apart.regional["corundum"] > 2 * apart.regional["beryl"]
    assert together.regional["corundum"] == together.regional["beryl"]
    assert apart.regional["beryl"] < together.regional["beryl"] < apart.regional["corundum"]


def test_pictures_without_a_gem_set_no_threshold_of_shortlists(truth: np.ndarray) -> None:
    with_gem = np.arange(400) % 4 > 0
    wrong = np.where(with_gem, truth, (truth + 1) % 4)  # where no gem stands out, the network is always wrong
    logits = overconfident(wrong, sharpness=6)
    held, loose = (calibrate(logits, truth, SPACE, "flat", with_gem=shown).sets for shown in (with_gem, None))
    row, other = held.row_for(0.8), loose.row_for(0.8)
    assert row is not None
    assert other is not None
    assert row.others > other.others


def test_shortlists_of_a_fold_come_from_the_others_and_hold_what_they_promise() -> None:
    chance = np.random.default_rng(2)
    truth = chance.integers(0, 4, 3000)
    folds, with_gem = np.arange(3000) % 3, np.arange(3000) % 10 > 0
    probabilities = softmax(overconfident(truth, sharpness=2).flat)
    ids = ("beryl", "beryl/emerald", "beryl/morganite", "corundum", "corundum/ruby", "quartz")
    taxonomy = Taxonomy.from_nodes([Node(node, node.title(), "variety" if "/" in node else "family") for node in ids])
    makers = cross_fitted_shortlisters(probabilities, truth, folds, with_gem, 0.9, space=SPACE, taxonomy=taxonomy)
    found = [each and each.of_image(row) for each, row in zip(makers, probabilities, strict=True)]
    assert [shortlist is not None for shortlist in found] == with_gem.tolist()
    held = [SPACE.labels[truth[row]] in shortlist.labels for row, shortlist in enumerate(found) if shortlist]
    assert np.mean(held) == pytest.approx(0.9, abs=0.03)
    others = with_gem & (folds != 1)
    (row,) = fit_set_thresholds(probabilities[others], truth[others], SPACE, coverages=(0.9,)).rows
    least = np.array([row.families.get(family, row.others) for family in ("beryl", "beryl", "corundum", "quartz")])
    assert found[1] is not None
    expected = (probabilities[1] >= least) | (np.arange(4) == probabilities[1].argmax())
    assert sorted(found[1].labels) == [SPACE.labels[column] for column in np.flatnonzero(expected)]
