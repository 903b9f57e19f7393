"""Ready-made views of MLflow's run list: which runs, which columns, in which order.

MLflow keeps such a view in a tag of the experiment, as JSON, and opens it at an address that ends in the view's key.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

from gemhier.pipeline.tracking.names import KIND, SIDE_BY_SIDE, STRATEGY_NAMES

_TAG = "mlflow.sharedViewState."
_ADDRESS = "viewStateShareKey"

_COLUMNS = ("top1", "top3", "top5")

_TITLES = {"top1": "top-1", "top3": "top-3", "top5": "top-5", "family_top1": "family"}

_SIDE_BY_SIDE_SECTION = "flat against hierarchical"

_HEIGHT = 300
"""Of a chart, in pixels."""

_CLOSED = ("validation_interval", "train", "curve", "fold", "milliseconds")
"""Sections of lesser measures, which open by a click."""

VIEWS = {
    "decisions": "Strategies, with the precision of each class",
    "trainings": "Trainings, flat against hierarchical",
}
"""Key of a view -> what it shows."""


def view_tags() -> dict[str, str]:
    """Return the tags of an experiment that hold its views."""
    side_by_side = [f"{measure}/{name}" for measure in _COLUMNS for name in STRATEGY_NAMES.values()]
    validation = {_TITLES[measure]: [f"validation/{measure}"] for measure in SIDE_BY_SIDE}
    bars = {_TITLES[measure]: [f"{measure}/{name}" for name in STRATEGY_NAMES.values()] for measure in SIDE_BY_SIDE}
    states = {
        "trainings": {
            **_state("comparison", "attributes.start_time", [*_metrics(side_by_side), _tag("decided_by")]),
            # The single metrics of the charts in the first section would follow as charts of their own.
            **_charts(
                {_SIDE_BY_SIDE_SECTION: bars, "precision": {}}, wide=(_SIDE_BY_SIDE_SECTION,), without=SIDE_BY_SIDE
            ),
        },
        "decisions": {
            # By another column than the time, since MLflow would fold these runs into those of their trainings.
            **_state(
                "decision", "metrics.`validation/top1`", [*_metrics(chain(*validation.values())), _tag("strategy")]
            ),
            **_charts({"validation": validation, "precision": {}}),
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


def _charts(
    sections: Mapping[str, Mapping[str, Sequence[str]]], wide: Iterable[str] = (), without: Iterable[str] = ()
) -> dict[str, Any]:
    """Return bar charts of one metric or several, by section and title.

    MLflow adds those of the other metrics behind them, to the section with the first part of their name.

    Args:
        sections: those that are open, from the top.
        wide: those with one chart a row instead of two: MLflow calls a chart of several metrics by all their names.
        without: those that are not shown.
    """
    return {
        # Else sections, and charts within them, are sorted by name, and curves and lesser measures come first.
        "isAccordionReordered": True,
        "compareRunSections": [
            {
                "uuid": name,
                "name": name,
                "display": name in sections,
                "isReordered": True,
                "deleted": name in without,
                "columns": 1 if name in wide else 2,
                "cardHeight": _HEIGHT,
            }
            for name in (*sections, *_CLOSED, *without)
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
