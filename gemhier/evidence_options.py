"""Options for what is known of a stone besides its picture, which several commands take alike."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from gemhier.errors import EvidenceError

if TYPE_CHECKING:
    from gemhier.hierarchy.evidence import Evidence
    from gemhier.hierarchy.readings import Reading

Command = TypeVar("Command", bound=Callable[..., Any])

_READINGS = {
    "ri": ("LOW-HIGH", "Refractive index: both readings as 1.762-1.770, one of a curved stone as 1.54, or >1.80."),
    "birefringence": ("D", "Difference of the two refractive indices, such as 0.008."),
    "optic_character": ("C", "isotropic (SR), anisotropic (DR), uniaxial, biaxial, either with + or -, or aggregate."),
    "sg": ("G", "Specific gravity, such as 4.00."),
    "weight_in_air": ("W", "Weight in air in carat; with the weight in water it gives the specific gravity."),
    "weight_in_water": ("W", "Weight in water in carat."),
    "hardness": ("H", "Hardness on the Mohs scale, such as 9."),
    "pleochroism": ("P", "none, weak, moderate or strong."),
    "fluorescence": ("F", "Under long-wave ultraviolet light: none, weak, moderate or strong."),
}

_ERRORS = {
    "ri": ("E", "Standard error of a refractive index; 0.003, and 0.01 for one of a curved stone, unless given."),
    "sg": ("E", "Standard error of the specific gravity; 0.03 unless given."),
    "hardness": ("E", "Standard error of the hardness; 0.5 unless given."),
}


_RESTRICTIONS = (
    click.option(
        "--prior",
        metavar="uniform|trade|FILE",
        default="uniform",
        show_default=True,
        help="How common gems are: all equally, as in the trade, or as a CSV file with the columns gem and share says. "
        "A prior helps where it fits the stones, and hurts where it does not.",
    ),
    click.option(
        "--only", metavar="GEM", multiple=True, help="The stone is this gem or one below it; may be repeated."
    ),
    click.option("--without", metavar="GEM", multiple=True, help="It is not this gem; may be repeated."),
)


def evidence_options(command: Command) -> Command:
    """Add the readings, the prior and the restrictions to a command, which gets them as keyword arguments."""
    options = [
        *(
            click.option(f"--{key.replace('_', '-')}", key, metavar=metavar, multiple=True, help=text)
            for key, (metavar, text) in _READINGS.items()
        ),
        *(
            click.option(f"--{key}-error", f"{key}_error", metavar=metavar, type=float, callback=_positive, help=text)
            for key, (metavar, text) in _ERRORS.items()
        ),
        restriction_options,
    ]
    for option in reversed(options):
        command = option(command)
    return command


def restriction_options(command: Command) -> Command:
    """Add the prior and the restrictions to a command, which gets them as keyword arguments."""
    for option in reversed(_RESTRICTIONS):
        command = option(command)
    return command


def _positive(ctx: click.Context, option: click.Parameter, value: float | None) -> float | None:
    if value is not None and not 0 < value < 1:
        raise click.BadParameter(f"{value} is not between 0 and 1.", ctx, option)
    return value


evidence_file_option = click.option(
    "--evidence",
    "evidence_file",
    metavar="FILE.csv",
    type=click.Path(path_type=Path),
    help="Readings of many stones: a column image and columns ri, sg, hardness and so on, a row for each picture.",
)


def evidence_of(given: dict[str, Any]) -> "Evidence":
    """Return the evidence that the options of a command give.

    Args:
        given: what `evidence_options` put in. It is taken out of the mapping.

    Raises:
        click.UsageError: if a reading is none, or given twice.
        EvidenceError: if the prior cannot be read.
    """
    from gemhier.hierarchy.evidence import Evidence
    from gemhier.hierarchy.priors import load_prior

    texts: dict[str, str] = {}
    for key in _READINGS:
        values = given.pop(key, ())
        if len(values) > 1:
            raise click.UsageError(f"--{key.replace('_', '-')} is given {len(values)} times. Give one reading.")
        if values:
            texts[key] = values[0]
    errors = {key: given.pop(f"{key}_error", None) for key in _ERRORS}
    prior = given.pop("prior")
    shares = load_prior(prior)
    readings = _readings(texts, {key: error for key, error in errors.items() if error is not None}) if texts else ()
    return Evidence(readings, shares, prior, given.pop("only"), given.pop("without"))


def _readings(texts: Mapping[str, str], errors: Mapping[str, float]) -> "tuple[Reading, ...]":
    from gemhier.hierarchy.reading_text import parse_readings  # which a picture alone does not need

    try:
        return parse_readings(texts, errors)
    except EvidenceError as error:
        raise click.UsageError(str(error)) from error
