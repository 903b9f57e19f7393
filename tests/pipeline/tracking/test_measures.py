from dataclasses import replace

from gemhier.models.bundle.shortlist import Entry, Shortlist
from gemhier.pipeline.evaluation.estimates import NO_ESTIMATE
from gemhier.pipeline.evaluation.evaluation import FIGURES, Evaluation
from gemhier.pipeline.evaluation.shortlists import shortlist_figures
from gemhier.pipeline.tracking.measures import measures, measures_of_shortlists, measures_side_by_side
from gemhier.pipeline.tracking.names import SIDE_BY_SIDE


def test_every_figure_has_its_interval_and_every_class_its_precision(evaluation: Evaluation) -> None:
    flat = evaluation.strategies["flat"]
    found = measures(flat, "validation")
    figures = {name: getattr(flat, name) for name in FIGURES}
    assert found == (
        {f"validation/{name}": figure.value for name, figure in figures.items()}
        | {f"validation_interval/{name}_low": figure.low for name, figure in figures.items()}
        | {f"validation_interval/{name}_high": figure.high for name, figure in figures.items()}
        | {f"precision/{row.label.replace('/', '.')}": row.precision for row in flat.per_class}
    )
    assert "precision/beryl.emerald" in found


def test_other_pictures_have_measures_of_their_own(evaluation: Evaluation) -> None:
    validation, test = (set(measures(evaluation.strategies["flat"], images)) for images in ("validation", "test"))
    assert len(validation) == len(test)
    assert not validation & test
    assert "test_precision/beryl.emerald" in test


def test_what_was_not_measured_is_left_out(evaluation: Evaluation) -> None:
    figures = replace(evaluation.strategies["flat"], mistake_severity=NO_ESTIMATE)
    assert not [name for name in measures(figures, "validation") if "mistake_severity" in name]


def test_the_ways_to_decide_stand_side_by_side(evaluation: Evaluation) -> None:
    found = measures_side_by_side(evaluation)
    assert set(found) == {f"{name}/{way}" for name in SIDE_BY_SIDE for way in ("flat", "fused")}
    assert found["top3/fused"] == evaluation.strategies["fused"].top3.value


def test_shortlists_stand_beside_the_other_measures() -> None:
    shortlist = Shortlist(0.9, (Entry("beryl", "Beryl", 1.0, ("beryl/emerald", "beryl/heliodor")),))
    figures = shortlist_figures([shortlist, None], ["beryl/emerald", "opal"], ["1", "2"], 0.9)
    found = measures_of_shortlists(figures, "test")
    assert (found["test/shortlist_coverage"], found["test/shortlist_size"], found["test/shortlist_given"]) == (
        1,
        2,
        0.5,
    )
    assert found["test/shortlist_guarantee"] == 0.9
    assert found["test_interval/shortlist_given_low"] == figures.given.low
    assert measures_of_shortlists(None, "test") == {}
