"""Loading a bundle from its folder and writing one: its parts must be whole and fit together."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from gemhier.errors import BundleError, TaxonomyError
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.models.bundle.bundle import Bundle
from gemhier.models.bundle.files import (
    CARD_FILE,
    INFO_FILE,
    NETWORK_FILE,
    REPORT_FILE,
    TAXONOMY_FILE,
    digests,
    files_checked,
    find_folder,
    json_bytes,
    read_info,
    read_likeness,
    read_object,
    write_folder,
)
from gemhier.models.bundle.info import BundleInfo
from gemhier.models.bundle.likeness import FILE as LIKENESS_FILE
from gemhier.models.bundle.likeness import Likeness
from gemhier.models.images.finder import FILE as FINDER_FILE
from gemhier.models.images.finder import Finder
from gemhier.models.images.untrained_finders import UNTRAINED, AnyFinder
from gemhier.models.runtime.network import Network


def load_bundle(path: Path | str | None = None, *, num_threads: int | None = None) -> Bundle:
    """Load a bundle and check that it is whole, unchanged and one that this version can read.

    Args:
        path: its folder; None for the one that GEMHIER_MODEL names or else the shipped one.
        num_threads: how many cores the network uses; None for all of them, at most 4.

    Raises:
        BundleError: if there is none, a file is missing or has changed, or the parts do not fit.
    """
    folder = find_folder(path)
    info = read_info(folder)
    with files_checked(folder, info):
        try:
            taxonomy = Taxonomy.from_dict(read_object(folder, TAXONOMY_FILE))
        except TaxonomyError as error:
            raise BundleError(f"{folder}: {TAXONOMY_FILE} cannot be used. {error}") from error
        finder = folder / FINDER_FILE if FINDER_FILE in info.files else None
        likeness = read_likeness(folder, info)
        return _assembled(folder, info, taxonomy, folder / NETWORK_FILE, finder, likeness, num_threads)


def write_bundle(
    folder: Path,
    info: BundleInfo,
    *,
    taxonomy: Taxonomy,
    network: bytes,
    finder: bytes | None,
    report: Mapping[str, Any],
    model_card: str,
    likeness: Likeness | None = None,
) -> None:
    """Write a bundle, or replace an older one. After an error the folder is as it was before.

    Args:
        folder: where; its parents are made if need be.
        info: what bundle.json shall say; the digests of the files are filled in.
        taxonomy: knows every label.
        network: the bytes of the exported network.
        finder: the bytes of the stone finder whose crops it was trained on; None if `info` names one without any.
        report: the figures of its evaluation, JSON values.
        model_card: what the model is for, its data and its limits, in Markdown.
        likeness: what the pictures look like that it was calibrated on; None if that is not known.

    Raises:
        BundleError: if the parts do not fit together.
        OutputError: if the folder cannot be written, or holds something else.
    """
    bundle = _assembled(folder, info, taxonomy, network, finder, likeness)
    _try_out(bundle)
    contents = {
        TAXONOMY_FILE: json_bytes(taxonomy.to_dict()),
        NETWORK_FILE: network,
        **({} if finder is None else {FINDER_FILE: finder}),
        REPORT_FILE: json_bytes(report),
        CARD_FILE: model_card.encode(),
        **({} if likeness is None else {LIKENESS_FILE: likeness.to_bytes()}),
    }
    complete = replace(info, files=digests(contents))
    write_folder(folder, {**contents, INFO_FILE: json_bytes(complete.to_dict())})


def _assembled(
    folder: Path,
    info: BundleInfo,
    taxonomy: Taxonomy,
    network: bytes | Path,
    finder: bytes | Path | None,
    likeness: Likeness | None,
    num_threads: int | None = None,
) -> Bundle:
    """Put the parts of a bundle together.

    Raises:
        BundleError: if labels, taxonomy, network and stone finder are not of one training.
    """
    try:
        bundle = Bundle(
            info=info,
            taxonomy=taxonomy,
            network=Network(network, num_threads=num_threads),
            finder=_finder(info, finder, num_threads),
            folder=folder,
            likeness=likeness,
        )
        problem = _problem(bundle)
    except (BundleError, ValueError) as error:
        raise BundleError(f"{folder}: {error}") from error
    if problem:
        raise BundleError(f"{folder}: {problem} Package the model again.")
    return bundle


def _try_out(bundle: Bundle) -> None:
    """Run its networks once, since what loads it later relies on it; BundleError if they cannot be run."""
    try:
        bundle.try_out()
    except BundleError as error:
        raise BundleError(f"{bundle.folder}: {error}") from error


def _finder(info: BundleInfo, source: bytes | Path | None, num_threads: int | None) -> AnyFinder:
    """Return the finder that bundle.json names; ValueError if it is missing, or is there and not meant."""
    if (source is None) != (info.finder in UNTRAINED):
        there = "there is" if source is not None else "there is no"
        raise ValueError(f"{INFO_FILE} names the finder {info.finder}, but {there} {FINDER_FILE}. Package it again.")
    if source is None:
        return UNTRAINED[info.finder]
    return Finder(source, threshold=info.stone_threshold, num_threads=num_threads)


def _problem(bundle: Bundle) -> str | None:
    """Return what does not fit together, if anything; ValueError for labels that are not a label space."""
    info, space, network = bundle.info, bundle.space, bundle.network
    unknown = [node for node in space.nodes if node not in bundle.taxonomy]
    if unknown:
        return f"{TAXONOMY_FILE} does not know `{unknown[0]}`, which {INFO_FILE} has among its labels."
    regional = {*info.temperatures.regional, *(info.unlike.temperatures.regional if info.unlike else ())}
    stray = sorted(regional - set(space.families))
    if stray:
        return f"{INFO_FILE} has a temperature for `{stray[0]}`, which is no family of its labels."
    rows = [*(info.sets.rows if info.sets else ()), *(info.unlike.sets.rows if info.unlike else ())]
    promised = {family for row in rows for family in row.families}
    if promised - set(space.families):
        return (
            f"{INFO_FILE} has a shortlist's threshold for `{min(promised - set(space.families))}`, which is no family."
        )
    given = (network.size, network.labels, network.families)
    wanted = (info.size, len(space), len(space.families))
    if given != wanted:
        return (
            f"{NETWORK_FILE} takes {given[0]} pixels and gives {given[1]} labels and {given[2]} families, "
            f"but {INFO_FILE} says {wanted[0]}, {wanted[1]} and {wanted[2]}."
        )
    return None
