"""Figures as metrics of a run, named alike in every run.

- `validation/top1`, `validation/top3` and so on: in a training's run those of the way that decides, in a nested
  run those of its network or its strategy;
- `validation_interval/top1_low`, `.../top1_high`: their 95% intervals;
- `precision/<label>`: the precision of each class, with dots in the label's id, since MLflow makes a section of charts
  from all before the last slash, and cuts long names;
- `test/top1`, `test_interval/...`, `test_precision/...`: the same for the test pictures, from `gemhier evaluate`;
- `validation/shortlist_coverage`, `validation/shortlist_size` and so on, beside top1 in the same sections, if the model
  promises shortlists: how often they hold the right label, and how many labels they hold;
- `test_with_ri_sg/top1` and so on: the same pictures with simulated readings, here of refractive index and gravity;
- `top1/flat`, `top1/hierarchical_soft` and so on, in a training's run: flat against hierarchical at a glance.
"""

from collections.abc import Mapping

from gemhier.pipeline.evaluation.estimates import Estimate
from gemhier.pipeline.evaluation.evaluation import FIGURES, Evaluation, StrategyFigures
from gemhier.pipeline.evaluation.shortlists import FIGURES as SHORTLIST_FIGURES
from gemhier.pipeline.evaluation.shortlists import ShortlistFigures
from gemhier.pipeline.tracking.names import SIDE_BY_SIDE, STRATEGY_NAMES


def measures(figures: StrategyFigures, images: str) -> dict[str, float]:
    """Return all figures of a strategy, as metrics.

    Their names begin with those of the pictures, such as `validation`.
    """
    found = {name: getattr(figures, name) for name in FIGURES}
    precision = "precision" if images == "validation" else f"{images}_precision"
    return (
        _defined({f"{images}/{name}": figure.value for name, figure in found.items()})
        | _defined({f"{images}_interval/{name}_low": figure.low for name, figure in found.items()})
        | _defined({f"{images}_interval/{name}_high": figure.high for name, figure in found.items()})
        | _defined({f"{precision}/{row.label.replace('/', '.')}": row.precision for row in figures.per_class})
    )


def measures_of_shortlists(figures: ShortlistFigures | None, images: str) -> dict[str, float]:
    """Return the figures of shortlists, as metrics; none without any.

    Their names begin with those of the pictures, such as `test`.
    """
    if figures is None:
        return {}
    found = {f"shortlist_{name}": getattr(figures, name) for name in SHORTLIST_FIGURES}
    return (
        {f"{images}/shortlist_guarantee": figures.guarantee}
        | _defined({f"{images}/{name}": figure.value for name, figure in found.items()})
        | _defined({f"{images}_interval/{name}_low": figure.low for name, figure in found.items()})
        | _defined({f"{images}_interval/{name}_high": figure.high for name, figure in found.items()})
    )


def measures_side_by_side(evaluation: Evaluation) -> dict[str, float]:
    """Return the main figures of all strategies.

    Each is named by its figure and its way.
    """
    return _defined(
        {
            f"{name}/{STRATEGY_NAMES[strategy]}": getattr(figures, name).value
            for strategy, figures in evaluation.strategies.items()
            for name in SIDE_BY_SIDE
        }
    )


def measures_with_readings(with_readings: Mapping[str, Mapping[str, Estimate]], images: str) -> dict[str, float]:
    """Return the figures with simulated readings, as metrics.

    Their names begin with those of the pictures and of the readings, such as `test_with_ri_sg`.
    """
    return _defined(
        {
            f"{images}_with_{readings}/{name}": figure.value
            for readings, figures in with_readings.items()
            for name, figure in figures.items()
        }
    )


def _defined(numbers: Mapping[str, float | None]) -> dict[str, float]:
    return {name: value for name, value in numbers.items() if value is not None}
