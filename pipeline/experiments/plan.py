"""The plan of a trial: which ways to train are compared, on which folds, and against what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import yaml

from gemhier.errors import DataError
from gemhier.hierarchy.decoding import Strategy
from gemhier.models.networks.modes import TRAINED_STRATEGIES
from gemhier.pipeline.training.config import TrainConfig

DEFAULT_PLAN = Path(__file__).with_name("default_plan.yaml")

FORMAT = 1

TREES = ("gemmological", "learned", "random")
"""Where the families come from. All three have as many families, of the same sizes."""

REGIONAL = ("shared", "separate")
"""Whether regional networks stand on the general network's backbone, or each on its own."""

LEAST_COST = "least cost"
"""The decision of least expected cost, by the height of the lowest common ancestor."""

_TOP = ("format", "folds", "repeats", "seed", "baseline", "settings", "arms", "comparisons")
_OWN = ("name", "tree", "regional", "first_folds")
_SETTINGS = tuple(field.name for field in fields(TrainConfig) if field.name not in ("seed", "folds"))


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One way to train.

    Attributes:
        name: what tables call it.
        config: the settings of its trainings; seed and folds are the repeat's.
        tree: one of `TREES`.
        regional: one of `REGIONAL`.
        first_folds: how many folds are answered, all or the first few, where all would take too long.
    """

    name: str
    config: TrainConfig
    tree: str = "gemmological"
    regional: str = "shared"
    first_folds: int

    @property
    def strategies(self) -> tuple[Strategy, ...]:
        """The ways to decide that its networks are trained for."""
        return TRAINED_STRATEGIES[self.config.mode]

    @property
    def ways(self) -> tuple[str, ...]:
        """All its ways to decide: its strategies, and the least cost by the last of them."""
        return (*self.strategies, LEAST_COST)

    @property
    def decisions(self) -> tuple[str, ...]:
        """The names of all its decisions, one for each of its ways."""
        return tuple(f"{self.name}: {way}" for way in self.ways)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is compared.

    Attributes:
        folds: into how many folds the pictures are divided.
        repeats: how often.
        seed: of the first division and its trainings; each repeat adds one.
        baseline: the decision that every other is compared with.
        arms: the ways to train.
        comparisons: further pairs of decisions.
    """

    folds: int
    repeats: int
    seed: int
    baseline: str
    arms: tuple[Arm, ...]
    comparisons: tuple[tuple[str, str], ...]


def load_plan(path: Path | None = None) -> Plan:
    """Read a plan.

    Args:
        path: a YAML file; None for the plan that comes with gemhier.

    Raises:
        DataError: if the file cannot be read or is no plan; in one line, with what is allowed.
    """
    file = path or DEFAULT_PLAN
    try:
        contents = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{file}: the plan cannot be read ({error.strerror}).") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise DataError(f"{file}: the plan is no YAML ({reason}).") from error
    try:
        return _plan(contents)
    except (TypeError, ValueError) as error:
        raise DataError(f"{file}: {error} `gemhier trial --show-plan` prints a plan to start from.") from error


def _plan(contents: Any) -> Plan:
    if not isinstance(contents, dict) or contents.get("format") != FORMAT:
        raise ValueError(f"a plan must be a mapping that begins with `format: {FORMAT}`.")
    _known("plan", contents, _TOP)
    settings = contents.get("settings") or {}
    if not isinstance(settings, dict):
        raise ValueError("`settings` must be a mapping.")
    _known("settings", settings, _SETTINGS)
    folds, repeats = _number(contents, "folds", 5, 2), _number(contents, "repeats", 1, 1)
    entries = contents.get("arms")
    if not isinstance(entries, list) or not entries:
        raise ValueError("`arms` must be a list of at least one arm.")
    arms = tuple(_arm(entry, settings, folds) for entry in entries)
    names = [arm.name for arm in arms]
    if len(set(names)) < len(names):
        raise ValueError(f"every arm needs a name of its own. Received: {', '.join(names)}.")
    decisions = [decision for arm in arms for decision in arm.decisions]
    baseline = contents.get("baseline", decisions[0])
    comparisons = contents.get("comparisons") or []
    for pair in comparisons:
        if not isinstance(pair, list) or len(pair) != 2:
            raise ValueError(f"`comparisons` must be a list of pairs of decisions. Received: {pair!r}.")
    for named in (baseline, *(one for pair in comparisons for one in pair)):
        if named not in decisions:
            raise ValueError(f"no arm makes the decision {named!r}. There are: {', '.join(decisions)}.")
    return Plan(
        folds=folds,
        repeats=repeats,
        seed=_number(contents, "seed", 0, 0),
        baseline=baseline,
        arms=arms,
        comparisons=tuple((first, second) for first, second in comparisons),
    )


def _arm(entry: Any, settings: Mapping[str, Any], folds: int) -> Arm:
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str) or not entry["name"].strip():
        raise ValueError(f"every arm must be a mapping with a `name`. Received: {entry!r}.")
    if "|" in entry["name"] or len(entry["name"].splitlines()) > 1:  # it stands in tables
        raise ValueError(f"the `name` of an arm must be one line without |. Received: {entry['name']!r}.")
    _known(f"arm {entry['name']!r}", entry, (*_OWN, *_SETTINGS))
    chosen = {**settings, **{name: value for name, value in entry.items() if name in _SETTINGS}}
    tree, regional = entry.get("tree", TREES[0]), entry.get("regional", REGIONAL[0])
    for name, value, known in (("tree", tree, TREES), ("regional", regional, REGIONAL)):
        if value not in known:
            raise ValueError(
                f"`{name}` of arm {entry['name']!r} must be one of {', '.join(known)}. Received: {value!r}."
            )
    if not isinstance(chosen.get("backbone", ""), str):
        raise ValueError(
            f"`backbone` of arm {entry['name']!r} must be a name, or several joined by +. "
            f"Received: {chosen['backbone']!r}."
        )
    config = TrainConfig(**chosen)
    if regional == "separate" and (tree != TREES[0] or config.mode == "flat"):
        raise ValueError(
            f"arm {entry['name']!r}: separate regional networks need a hierarchical mode and the usual tree."
        )
    first = _number(entry, "first_folds", folds, 2)
    return Arm(name=entry["name"], config=config, tree=tree, regional=regional, first_folds=min(first, folds))


def _known(what: str, given: Mapping[str, Any], names: Sequence[str]) -> None:
    for name in given:
        if name not in names:
            raise ValueError(f"{what} has no field {name!r}. Known are {', '.join(names)}.")


def _number(given: Mapping[str, Any], name: str, usual: int, least: int) -> int:
    value = given.get(name, usual)
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ValueError(f"`{name}` must be a whole number of {least} or more. Received: {value!r}.")
    return value
