import json

from gemhier.pipeline.tracking.names import EXPERIMENT
from gemhier.pipeline.tracking.store import open_tracking
from gemhier.pipeline.tracking.views import VIEWS, view_tags


def test_the_views_of_the_runs_are_renewed_and_small_enough_for_a_tag(tracking_store: str) -> None:
    mlflow, views = open_tracking(tracking_store), view_tags()
    assert {tag.removeprefix("mlflow.sharedViewState.") for tag in views} == set(VIEWS)
    experiment = mlflow.get_experiment_by_name(EXPERIMENT)
    assert {tag: experiment.tags[tag] for tag in views} == views
    mlflow.MlflowClient().set_experiment_tag(experiment.experiment_id, "mlflow.sharedViewState.trainings", "{}")
    assert (
        open_tracking(tracking_store).get_experiment_by_name(EXPERIMENT).tags["mlflow.sharedViewState.trainings"]
        != "{}"
    )
    for state in map(json.loads, views.values()):
        sections = {section["uuid"] for section in state["compareRunSections"]}
        assert {chart["metricSectionId"] for chart in state["compareRunCharts"]} <= sections
        for chart in state["compareRunCharts"]:
            assert len(chart["displayName"]) <= 6
            (section,) = (one for one in state["compareRunSections"] if one["uuid"] == chart["metricSectionId"])
            # MLflow calls a chart of several metrics by all their names, which need a whole row.
            assert section["columns"] == (1 if chart["selectedMetricKeys"] else 2)
            assert section["display"]
        assert mlflow.search_runs(experiment_names=[EXPERIMENT], filter_string=state["searchFilter"]).empty
