"""The plan of a trial: which ways to train are compared, on which folds, and against what."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from gemhier.errors import DataError
from gemhier.hierarchy.decoding import Strategy
from gemhier.models.images.untrained_finders import UNTRAINED
from gemhier.models.networks.modes import TRAINED_STRATEGIES
from gemhier.pipeline.training.config import TrainConfig
from gemhier.yaml_file import Entry, YamlFormat

DEFAULT_PLAN = Path(__file__).with_name("default_plan.yaml")

FORMAT = 1

TREES = ("gemmological", "learned", "random")
"""Where the families come from. All three have as many families, of the same sizes."""

REGIONAL = ("shared", "separate", "separate-as-long")
"""Whether regional networks stand on the general network's backbone, or each on its own; and, as they learn from fewer
pictures, whether each then has as many passes or, in more passes, at least as many steps."""

FINDERS = ("prepared", *UNTRAINED)
"""What finds the stones: what found them when the data was prepared, or one of the finders that need no training."""

LEAST_COST = "least cost"
"""The decision of least expected cost, by the height of the lowest common ancestor."""

_PLAN_FILE = YamlFormat("a plan", longest=256 * 1024, deepest=16)
_HINT = "`gemhier trial --show-plan` prints a plan to start from."
_TOP = ("format", "folds", "repeats", "seed", "baseline", "settings", "arms", "comparisons")
_OWN = ("name", "tree", "regional", "finder", "first_folds")
_SETTINGS = tuple(field.name for field in fields(TrainConfig) if field.name not in ("seed", "folds"))


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One way to train.

    Attributes:
        name: what tables call it.
        config: the settings of its trainings; seed and folds are the repeat's.
        tree: one of `TREES`.
        regional: one of `REGIONAL`.
        finder: one of `FINDERS`.
        first_folds: how many folds are answered, all or the first few, where all would take too long.
    """

    name: str
    config: TrainConfig
    tree: str = "gemmological"
    regional: str = "shared"
    finder: str = "prepared"
    first_folds: int

    @property
    def separate(self) -> bool:
        """Whether each regional network has a backbone of its own."""
        return self.regional != REGIONAL[0]

    @property
    def strategies(self) -> tuple[Strategy, ...]:
        """The strategies that its networks are trained for."""
        return TRAINED_STRATEGIES[self.config.mode]

    @property
    def all_strategies(self) -> tuple[str, ...]:
        """Its strategies, and the least cost by the last of them."""
        return (*self.strategies, LEAST_COST)

    @property
    def decisions(self) -> tuple[str, ...]:
        """The names of all its decisions, one for each of these."""
        return tuple(f"{self.name}: {strategy}" for strategy in self.all_strategies)


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
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise DataError(f"{file}: the plan cannot be read ({error.strerror}). {_HINT}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{file}: the plan is no YAML, since it is not a text in UTF-8. {_HINT}") from error
    try:
        top = _PLAN_FILE.read(text, file)
    except DataError as error:
        raise DataError(f"{error} As it stands, it is no YAML plan. {_HINT}") from error
    try:
        return _plan(top)
    except DataError as error:
        raise DataError(f"{error} {_HINT}") from error


def _plan(top: Entry) -> Plan:
    version = top.named.get("format")
    if version is None or version.plain != FORMAT:
        raise top.error(f"a plan must be a mapping that begins with `format: {FORMAT}`.", "format")
    _known("plan", top, _TOP)
    settings = _settings(top)
    folds, repeats = _number(top, "folds", 5, 2), _number(top, "repeats", 1, 1)
    if "arms" not in top.named or not top.named["arms"].listed:
        raise top.error("`arms` must be a list of at least one arm.", "arms")
    arms: dict[str, Arm] = {}
    for entry in top.named["arms"].listed:
        arm = _arm(entry, settings, folds)
        if arm.name in arms:
            raise entry.error(f"every arm needs a name of its own. Received: {arm.name} twice.")
        arms[arm.name] = arm
    decisions = [decision for arm in arms.values() for decision in arm.decisions]
    return Plan(
        folds=folds,
        repeats=repeats,
        seed=_number(top, "seed", 0, 0),
        baseline=_decision(top.named["baseline"], decisions) if "baseline" in top.named else decisions[0],
        arms=tuple(arms.values()),
        comparisons=_comparisons(top, decisions),
    )


def _settings(top: Entry) -> Mapping[str, Entry]:
    settings = top.named.get("settings")
    if settings is None or settings.kind == "empty":
        return {}
    if settings.kind != "mapping":
        raise settings.error("`settings` must be a mapping.")
    _known("settings", settings, _SETTINGS)
    return settings.named


def _arm(entry: Entry, usual: Mapping[str, Entry], folds: int) -> Arm:
    name = entry.named["name"].plain if "name" in entry.named else None
    if not isinstance(name, str) or not name.strip():
        raise entry.error(f"every arm must be a mapping with a `name`. Received: {entry.plain!r}.")
    if "|" in name or len(name.splitlines()) > 1:  # it stands in tables
        raise entry.error(f"the `name` of an arm must be one line without |. Received: {name!r}.", "name")
    _known(f"arm {name!r}", entry, (*_OWN, *_SETTINGS))
    tree, regional = _choice(entry, "tree", TREES), _choice(entry, "regional", REGIONAL)
    config = _config(entry, {**usual, **{key: value for key, value in entry.named.items() if key in _SETTINGS}})
    if regional != REGIONAL[0] and (tree != TREES[0] or config.mode == "flat"):
        raise entry.error(
            f"arm {name!r}: separate regional networks need a hierarchical mode and the usual tree.", "regional"
        )
    return Arm(
        name=name,
        config=config,
        tree=tree,
        regional=regional,
        finder=_choice(entry, "finder", FINDERS),
        first_folds=min(_number(entry, "first_folds", folds, 2), folds),
    )


def _config(arm: Entry, settings: Mapping[str, Entry]) -> TrainConfig:
    chosen = {name: value.plain for name, value in settings.items()}
    if not isinstance(chosen.get("backbone", ""), str):
        raise settings["backbone"].error(
            f"`backbone` of arm {arm.named['name'].plain!r} must be a name, or several joined by +. "
            f"Received: {chosen['backbone']!r}."
        )
    try:
        return TrainConfig(**chosen)
    except (TypeError, ValueError) as error:
        raise arm.error(str(error)) from error


def _choice(arm: Entry, name: str, known: tuple[str, ...]) -> str:
    value = arm.named[name].plain if name in arm.named else known[0]
    if value not in known:
        whose = f"`{name}` of arm {arm.named['name'].plain!r}"
        raise arm.error(f"{whose} must be one of {', '.join(known)}. Received: {value!r}.", name)
    return str(value)


def _comparisons(top: Entry, decisions: list[str]) -> tuple[tuple[str, str], ...]:
    pairs = []
    for pair in top.items("comparisons"):
        if len(pair.listed) != 2:
            raise pair.error(f"`comparisons` must be a list of pairs of decisions. Received: {pair.plain!r}.")
        first, second = pair.listed
        pairs.append((_decision(first, decisions), _decision(second, decisions)))
    return tuple(pairs)


def _decision(entry: Entry, decisions: list[str]) -> str:
    if entry.plain not in decisions:
        raise entry.error(f"no arm makes the decision {entry.plain!r}. There are: {', '.join(decisions)}.")
    return str(entry.plain)


def _known(what: str, entry: Entry, names: tuple[str, ...]) -> None:
    for name in entry.named:
        if name not in names:
            raise entry.error(f"{what} has no field {name!r}. Known are {', '.join(names)}.", name)


def _number(entry: Entry, name: str, usual: int, least: int) -> int:
    value = entry.named[name].plain if name in entry.named else usual
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise entry.error(f"`{name}` must be a whole number of {least} or more. Received: {value!r}.", name)
    return value
