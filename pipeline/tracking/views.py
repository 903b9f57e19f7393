"""Ready-made views of MLflow's run list: which runs, which columns, in which order.

MLflow keeps such a view in a tag of the experiment, as JSON, and opens it at an address that ends in the view's key.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gemhier.pipeline.tracking.names import KIND, SIDE_BY_SIDE, WAYS

_TAG = "mlflow.sharedViewState."
_ADDRESS = "viewStateShareKey"

_COLUMNS = ("top1", "top3", "top5")

VIEWS = {
    "trainings": "Trainings, flat against hierarchical",
    "decisions": "Ways to decide, with the precision of each class",
}
"""Key of a view -> what it shows."""


def view_tags() -> dict[str, str]:
    """Return the tags of an experiment that hold its views."""
    side_by_side = [f"{measure}/{way}" for measure in _COLUMNS for way in WAYS.values()]
    validation = [f"validation/{measure}" for measure in SIDE_BY_SIDE]
    bars = {measure: [f"{measure}/{way}" for way in WAYS.values()] for measure in SIDE_BY_SIDE}
    states = {
        "trainings": {
            **_state("comparison", "attributes.start_time", [*_metrics(side_by_side), _tag("decided_by")]),
            **_charts({"flat against hierarchical": bars}),
        },
        "decisions": {
            # By another column than the time, since MLflow would fold these runs into those of their trainings.
            **_state("decision", "metrics.`validation/top1`", [*_metrics(validation), _tag("strategy")]),
            **_charts({"validation": {name: [name] for name in validation}, "precision": {}}),
        },
    }
    return {f"{_TAG}{key}": json.dumps(state, separators=(",", ":")) for key, state in states.items()}


def view_address(pages: str, experiment: str, key: str) -> str:
    """Return the address of an experiment's view on MLflow's pages."""
    # Without the type of work MLflow remembers one, and starts with that of language models.
    settings = f"workflowType=machine_learning&compareRunsMode=CHART&{_ADDRESS}={key}"
    return f"{pages}/#/experiments/{experiment}/runs?{settings}"


def _state(kind: str, order: str, columns: list[str]) -> dict[str, Any]:
    return {
        "searchFilter": f"tags.{KIND} = '{kind}'",
        "orderByKey": order,
        "orderByAsc": False,
        "startTime": "ALL",
        "lifecycleFilter": "Active",
        "datasetsFilter": [],
        "modelVersionFilter": "All Runs",
        "selectedColumns": columns,
        "runsHiddenMode": "FIRST_20_RUNS",
    }


def _charts(sections: Mapping[str, Mapping[str, Sequence[str]]]) -> dict[str, Any]:
    """Return bar charts of one metric or several, by section and title.

    MLflow adds those of the other metrics behind them.
    """
    return {
        # Else sections, and charts within them, are sorted by name, and curves and lesser measures come first.
        "isAccordionReordered": True,
        "compareRunSections": [
            {"uuid": name, "name": name, "display": True, "isReordered": True, "deleted": False} for name in sections
        ],
        "compareRunCharts": [
            {
                "type": "BAR",
                "uuid": f"{section}: {title}",
                "metricSectionId": section,
                "metricKey": metrics[0],
                "selectedMetricKeys": list(metrics) if len(metrics) > 1 else None,
                "displayName": title,
                "isGenerated": len(metrics) == 1,
                "deleted": False,
            }
            for section, charts in sections.items()
            for title, metrics in charts.items()
        ],
    }


def _metrics(names: Iterable[str]) -> list[str]:
    return [f"metrics.`{name}`" for name in names]


def _tag(name: str) -> str:
    return f"tags.`{name}`"
