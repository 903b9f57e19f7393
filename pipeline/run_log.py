"""What a training leaves in MLflow: curves, figures and tables, named alike in every run."""

import csv
import io
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from gemhier.hierarchy.labels import LabelSpace
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.models.modes import MODES
from gemhier.pipeline.evaluation import Evaluation, StrategyFigures
from gemhier.pipeline.tracking import BUNDLE

if TYPE_CHECKING:
    from gemhier.pipeline.fit import Epoch

REGISTERED_MODEL = "gemhier"
"""The name in the model registry under which each training adds a version."""

_MEASURES = {"flat": "flat_top1", "family": "family_top1"}


class RunLog:
    """Writes into the open parent run and into runs nested under it.

    Args:
        mlflow: from `gemhier.pipeline.tracking.open_tracking`.
        space: the labels.
        taxonomy: their names.
    """

    def __init__(self, mlflow: ModuleType, space: LabelSpace, taxonomy: Taxonomy) -> None:
        self._mlflow = mlflow
        self._space = space
        self._taxonomy = taxonomy

    def parameters(self, parameters: Mapping[str, str | int | float]) -> None:
        """Record the settings; a resumed training records the same again."""
        self._mlflow.log_params(dict(parameters))

    def epoch(self, epoch: "Epoch") -> None:
        """Record an epoch in the parent run as it happens."""
        measures = {f"validation/{name}": value for name, value in epoch.validation.items()}
        self._mlflow.log_metrics({"train/loss": epoch.loss, **measures}, step=epoch.number)

    def networks(self, history: Sequence["Epoch"], mode: str) -> None:
        """A nested run for each network that was trained, with its own curve under the name validation/top1."""
        for head in MODES[mode]:
            if head == "regional":
                for family in self._space.regional_families:
                    name = f"regional: {self._taxonomy[family].name}"
                    self._curve(name, {"network": "regional", "family": family}, history, f"regional_top1/{family}")
            else:
                name = {"flat": "flat", "family": "general"}[head]
                self._curve(name, {"network": name}, history, _MEASURES[head])

    def decisions(self, evaluation: Evaluation) -> None:
        """A nested run for each way to decide, with the same measures in each, and one table across them."""
        for strategy, figures in evaluation.strategies.items():
            with self._mlflow.start_run(
                nested=True,
                run_name=f"decision: {strategy}",
                tags={"gemhier_kind": "decision", "strategy": strategy},
            ):
                self._mlflow.log_metrics({f"validation/{name}": value for name, value in _numbers(figures).items()})
                per_class = {
                    f"precision/{row.label}": row.precision for row in figures.per_class if row.precision is not None
                }
                self._mlflow.log_metrics(per_class)
                self._mlflow.log_text(_as_csv(self._per_class(figures)), "per_class.csv")
                self._mlflow.log_text(_as_csv(_confusion(figures)), "confusion.csv")
        # The same in the parent run, so that whole trainings compare side by side.
        for strategy, figures in evaluation.strategies.items():
            numbers = _numbers(figures)
            self._mlflow.log_metrics({f"{strategy}/{name}": numbers[name] for name in ("top1", "top3", "top5")})

    def figures(self, history: Sequence["Epoch"], evaluation: Evaluation) -> None:
        """Plots of the curves, the ways to decide, and the confusion between families, in the parent run."""
        from gemhier.pipeline.plots import confusion_plot, curves_plot, strategies_plot

        decided = list(evaluation.strategies.values())[-1]
        plots = {
            "curves": curves_plot(history),
            "strategies": strategies_plot(evaluation),
            "family_confusion": confusion_plot(decided, self._taxonomy),
        }
        for name, figure in plots.items():
            self._mlflow.log_figure(figure, f"figures/{name}.png")

    def bundle(self, folder: Path) -> None:
        """The bundle as an artifact, and as a registered model that `mlflow models predict` can run."""
        self._mlflow.log_artifacts(str(folder), BUNDLE)
        model = Path(__file__).with_name("served_model.py")
        with warnings.catch_warnings():
            # The input is paths, and none that would be there for whoever loads the model.
            warnings.filterwarnings("ignore", message=".*input example was not provided", category=UserWarning)
            info = self._mlflow.pyfunc.log_model(
                name="model",
                python_model=str(model),
                artifacts={BUNDLE: str(folder)},
                pip_requirements=["gemhier"],
            )
        self._mlflow.register_model(info.model_uri, REGISTERED_MODEL)

    def _curve(self, name: str, tags: Mapping[str, str], history: Sequence["Epoch"], measure: str) -> None:
        with self._mlflow.start_run(nested=True, run_name=name, tags={"gemhier_kind": "network", **tags}):
            for epoch in history:
                if measure in epoch.validation:
                    self._mlflow.log_metric("validation/top1", epoch.validation[measure], step=epoch.number)

    def _per_class(self, figures: StrategyFigures) -> dict[str, list[Any]]:
        rows = figures.per_class
        return {
            "label": [row.label for row in rows],
            "name": [self._taxonomy[row.label].name for row in rows],
            "precision": [row.precision for row in rows],
            "recall": [row.recall for row in rows],
            "support": [row.support for row in rows],
        }


def _numbers(figures: StrategyFigures) -> dict[str, float]:
    """The figures of a strategy by name, without those that are not defined."""
    return {name: value for name, value in figures.to_dict().items() if value is not None}


def _confusion(figures: StrategyFigures) -> dict[str, list[Any]]:
    return {
        "truth": [cell.truth for cell in figures.confusion],
        "predicted": [cell.predicted for cell in figures.confusion],
        "count": [cell.count for cell in figures.confusion],
    }


def _as_csv(columns: Mapping[str, Sequence[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return text.getvalue()
