"""The picture, the readings and how common gems are, in one posterior."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemhier.errors import EvidenceError
from gemhier.hierarchy.evidence import Evidence
from gemhier.hierarchy.gem import Gem, Range
from gemhier.hierarchy.labels import LabelSpace
from gemhier.hierarchy.next_tests import next_tests
from gemhier.hierarchy.node import Node
from gemhier.hierarchy.posterior import IMAGE_MISLEADS, OTHERS_SHARE, Candidates, posterior
from gemhier.hierarchy.properties import Properties, load_properties
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.hierarchy.taxonomy_file import load_taxonomy

LABELS = ("beryl/emerald", "corundum/ruby", "corundum/sapphire/blue", "garnet/red/almandine", "spinel")
IMAGE = np.array([0.05, 0.5, 0.05, 0.1, 0.3])
TAXONOMY = load_taxonomy()


@pytest.fixture(scope="module")
def candidates() -> Candidates:
    """Five labels and what comes with the package."""
    return Candidates(LabelSpace(LABELS), TAXONOMY, load_properties())


def of(found: Candidates, values: np.ndarray, label: str) -> float:
    return float(values[found.space.index(label)])


def test_without_evidence_the_picture_stays_as_it_is(candidates: Candidates) -> None:
    after = posterior(IMAGE, candidates, Evidence())
    assert after.labels is IMAGE
    assert not after.others.any()
    assert after.effects == ()


def test_labels_and_others_sum_to_one(candidates: Candidates) -> None:
    after = posterior(IMAGE, candidates, Evidence.of(ri="1.762-1.770", sg=3.99))
    assert after.labels.sum() + after.others.sum() == pytest.approx(1)
    assert after.others.sum() > 0


def test_bayes_rule_by_hand() -> None:
    """Two gems, one reading: prior odds times the ratio of the likelihoods."""
    gems = {
        "spinel": Gem(id="spinel", name="Spinel", specific_gravity=Range(3.5, 3.7)),
        "zircon": Gem(id="zircon", name="Zircon", specific_gravity=Range(4.6, 4.7)),
    }
    two = Candidates(LabelSpace(("spinel", "zircon")), TAXONOMY, Properties(gems, {}, TAXONOMY))
    after = posterior(np.array([0.2, 0.8]), two, Evidence.of(sg=3.6))
    image = (1 - IMAGE_MISLEADS) * np.array([0.2, 0.8]) + IMAGE_MISLEADS / 2
    # 3.6 is 3.3 standard errors from both ends of the range of spinel, so all but 0.0009 of the error lies within.
    right = 0.99914 / 0.2
    # A wrong reading lies anywhere from 1 to 8, or is that of either gem.
    wrong = 0.05 * (1 / 7 + right / 2) / 2
    likelihood = np.array([0.95 * right + wrong, wrong])
    assert after.labels == pytest.approx(image * likelihood / (image @ likelihood), rel=1e-4)
    assert two.others == ()


def test_a_gravity_turns_a_picture_around(candidates: Candidates) -> None:
    after = posterior(IMAGE, candidates, Evidence.of(sg=3.60))
    assert of(candidates, after.labels, "spinel") > 0.8
    assert of(candidates, after.labels, "corundum/ruby") < 0.05


def test_no_single_reading_vetoes(candidates: Candidates) -> None:
    sure = np.array([0.0001, 0.9996, 0.0001, 0.0001, 0.0001])
    after = posterior(sure, candidates, Evidence.of(optic_character="isotropic"))
    assert of(candidates, after.labels, "corundum/ruby") > 0.05


def test_the_order_of_readings_does_not_matter(candidates: Candidates) -> None:
    readings = Evidence.of(ri="1.762-1.770", sg=3.99, hardness=9, optic_character="DR").readings
    found = [posterior(IMAGE, candidates, Evidence(tuple(order))).labels for order in permutations(readings)]
    assert all(labels == pytest.approx(found[0]) for labels in found)


def test_an_index_over_the_limit_speaks_for_what_lies_above(candidates: Candidates) -> None:
    after = posterior(None, candidates, Evidence.of(ri=">1.81", sg=5.8))
    likeliest = candidates.others[int(after.others.argmax())]
    assert likeliest == "cubic-zirconia"
    assert after.others.max() > 0.5


def test_a_gem_that_the_model_cannot_name_can_win(candidates: Candidates) -> None:
    after = posterior(IMAGE, candidates, Evidence.of(ri="1.634-1.638", sg=3.18))
    assert candidates.others[int(after.others.argmax())] == "apatite"
    assert after.others.max() > after.labels.max()


def test_others_are_families_that_the_model_does_not_know_and_imitations(candidates: Candidates) -> None:
    others = candidates.others
    assert {"brazilianite", "moissanite", "others/glass", "others/synthetic-spinel"} <= set(others)
    assert not {other.partition("/")[0] for other in others} & set(candidates.space.families)


def test_only_and_without(candidates: Candidates) -> None:
    only = posterior(IMAGE, candidates, Evidence.of(only=["corundum"]))
    assert only.labels == pytest.approx([0, 0.5 / 0.55, 0.05 / 0.55, 0, 0])
    without = posterior(IMAGE, candidates, Evidence.of(only=["Corundum"], without=["Manik"]))
    assert of(candidates, without.labels, "corundum/sapphire/blue") == pytest.approx(1)
    measured = posterior(IMAGE, candidates, Evidence.of(only=["ruby", "spinel"], sg=3.6))
    assert measured.others.sum() == 0


def test_a_picture_that_gives_nothing_to_what_is_allowed_says_nothing(candidates: Candidates) -> None:
    routed = np.zeros(len(IMAGE))
    routed[candidates.space.index("spinel")] = 1
    only = posterior(routed, candidates, Evidence.of(only=["corundum"])).labels
    assert sorted(only) == pytest.approx([0, 0, 0, 0.5, 0.5])
    assert only[candidates.space.index("spinel")] == 0


@pytest.mark.parametrize(
    ("evidence", "message"),
    [
        ({"only": ["wobblite"]}, "No gem is called 'wobblite'"),
        ({"only": ["ruby"], "without": ["corundum"]}, "only ruby and without corundum: nothing is left"),
        ({"without": ["colombian emerald"]}, "this model has no name for it. Name Emerald instead."),
    ],
)
def test_restrictions_that_do_not_fit(evidence: dict[str, list[str]], message: str, candidates: Candidates) -> None:
    with pytest.raises(EvidenceError, match=message[:20]) as caught:
        posterior(IMAGE, candidates, Evidence.of(**evidence))  # type: ignore[arg-type]
    assert message in str(caught.value)


def test_a_prior_weighs_labels_and_leaves_their_sum(candidates: Candidates) -> None:
    common = Evidence(prior={"corundum": 80.0, "beryl": 10.0})
    after = posterior(None, candidates, common)
    # Corundum's share is spread over its two labels; garnet and spinel get the smallest share.
    assert after.labels == pytest.approx(np.array([10, 40, 40, 10, 10]) / 110)
    deeper = posterior(None, candidates, Evidence(prior={"corundum": 30.0, "Ruby": 60.0, "spinel": 10.0}))
    assert deeper.labels == pytest.approx(np.array([10, 60, 30, 10, 10]) / 120)


def test_the_share_of_others_is_the_same_under_every_prior(candidates: Candidates) -> None:
    nothing = Evidence.of(hardness="1-10")
    uniform, trade = (
        posterior(None, candidates, Evidence(nothing.readings, prior)) for prior in (None, {"spinel": 1.0})
    )
    assert 0 < uniform.others.sum() < 4 * OTHERS_SHARE
    assert 0 < trade.others.sum() < 4 * OTHERS_SHARE


def test_effects_say_what_a_reading_fits_and_whether_it_is_wrong(candidates: Candidates) -> None:
    after = posterior(IMAGE, candidates, Evidence.of(ri="1.762-1.770", sg=2.65))
    index, gravity = after.effects
    assert index.fits[0] == "corundum/ruby"
    assert index.wrong < 0.1
    assert "corundum/ruby" not in gravity.fits
    assert gravity.wrong > 0.9
    assert gravity.without == "corundum/ruby"


def test_a_model_of_other_things_has_no_use_for_readings() -> None:
    taxonomy = Taxonomy.from_nodes([Node("owl", "Owl", "family"), Node("robin", "Robin", "family")])
    birds = Candidates(LabelSpace(("owl", "robin")), taxonomy, load_properties())
    with pytest.raises(EvidenceError, match="specific gravity of none of this model's gems is known"):
        posterior(None, birds, Evidence.of(sg=3.6))


def test_a_gem_of_which_nothing_is_known_is_neither_helped_nor_harmed() -> None:
    taxonomy = Taxonomy.from_nodes(Node(name, name, "family") for name in ("ruby", "spinel", "topaz"))
    known = Gem(id="spinel", name="Spinel", specific_gravity=Range(3.5, 3.7))
    gems = {"spinel": known, "topaz": Gem(id="topaz", name="Topaz", specific_gravity=Range(3.5, 3.6))}
    some = Candidates(LabelSpace(("ruby", "spinel", "topaz")), taxonomy, Properties(gems, {}, TAXONOMY))
    after = posterior(None, some, Evidence.of(sg=3.55))
    assert after.labels[0] == pytest.approx(1 / 3)


@given(
    st.lists(st.floats(1e-6, 1), min_size=5, max_size=5),
    st.floats(1.4, 2.4),
    st.floats(1.1, 7.9),
    st.sampled_from(["isotropic", "uniaxial", "biaxial+", "aggregate"]),
)
def test_whatever_is_read_it_is_a_distribution(weights: list[float], index: float, gravity: float, seen: str) -> None:
    found = Candidates(LabelSpace(LABELS), TAXONOMY, _PROPERTIES)
    image = np.array(weights) / np.sum(weights)
    after = posterior(image, found, Evidence.of(ri=f"{index:.3f}", sg=f"{gravity:.2f}", optic_character=seen))
    everything = np.concatenate([after.labels, after.others])
    assert np.all(everything >= 0)
    assert everything.sum() == pytest.approx(1)
    assert all(0 <= effect.wrong <= 1 for effect in after.effects)


_PROPERTIES = load_properties()


def test_the_next_test_is_the_one_that_tells_the_candidates_apart(candidates: Candidates) -> None:
    even = posterior(np.array([0, 0.5, 0, 0, 0.5]), candidates, Evidence())
    first, *_ = next_tests(even, candidates)
    assert first.key == "ri"
    assert {outcome.id for outcome in first.outcomes} == {"corundum/ruby", "spinel"}
    assert str(first).startswith("Refractive index: ")
    assert first.bits == pytest.approx(1, abs=0.1)


def test_what_is_measured_already_is_not_proposed_again(candidates: Candidates) -> None:
    even = posterior(np.array([0, 0.5, 0, 0, 0.5]), candidates, Evidence())
    assert "ri" not in {test.key for test in next_tests(even, candidates, ["ri"])}


def test_where_no_test_tells_more_none_is_proposed(candidates: Candidates) -> None:
    sure = posterior(np.array([0, 1.0, 0, 0, 0]), candidates, Evidence())
    assert next_tests(sure, candidates) == ()


def test_a_prior_without_a_share_for_what_the_picture_shows_is_refused(candidates: Candidates) -> None:
    ruby = np.array([0.0, 1.0, 0.0, 0.0, 0.0])
    shares = {"beryl": 1.0, "corundum": 0.0, "garnet": 1.0, "spinel": 1.0}
    with pytest.raises(EvidenceError, match=r"^The prior gives none .* a share\. Leave it out\.$"):
        posterior(ruby, candidates, Evidence(prior=shares))


def test_a_gem_that_is_all_but_impossible_gives_the_next_tests_no_infinite_worth(candidates: Candidates) -> None:
    image = np.array([5e-320, 0.5, 0.0, 0.0, 0.5])
    tests = next_tests(posterior(image, candidates, Evidence()), candidates)
    assert tests
    assert all(0 < test.bits <= 1 + 1e-9 for test in tests)
