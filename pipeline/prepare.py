"""Turn folders of photographs into a data set: readable, labelled, grouped and split."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from gemhier.atomic import check_folder, check_outside
from gemhier.errors import DataError, ImageError, OutputError
from gemhier.hierarchy.node import Node
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.hierarchy.taxonomy_file import write_taxonomy
from gemhier.hierarchy.taxonomy_folders import taxonomy_from_folders
from gemhier.models.images.decode import read_image
from gemhier.models.images.finder import Stone
from gemhier.models.images.untrained_finders import AnyFinder
from gemhier.models.runtime.litert import run_on_one_core
from gemhier.pipeline.data.crawl_labels import Labels, Meaning, ResolvedSets, resolve_sets
from gemhier.pipeline.data.crawl_source import JOINT, write_set_aside
from gemhier.pipeline.data.decisions import Decisions, read_decisions
from gemhier.pipeline.data.info import DataInfo, LeftOut, SeveralNames, SourceFolder
from gemhier.pipeline.data.manifest import Manifest, Row, is_prepared, write_manifest
from gemhier.pipeline.data.source_images import STONE_PATTERN, Source, SourceImage
from gemhier.pipeline.data.sources import ResolvedLabels, read_sources, resolve_labels, unknown_labels_error
from gemhier.pipeline.data.split import USUAL_SHARE, assign_splits
from gemhier.pipeline.duplicates.descriptor import Descriptor, descriptor
from gemhier.pipeline.duplicates.search import find_near_copies, groups
from gemhier.pipeline.engines.job import CarriedFinder, Engine
from gemhier.pipeline.engines.local import LocalEngine
from gemhier.progress import map_on_threads

TAXONOMY_TO_EDIT = "taxonomy.yaml"
"""The file of a taxonomy that was started from the folders."""

_GROUP_DIGITS = 16


@dataclass(frozen=True, kw_only=True)
class PrepareConfig:
    """Settings of a preparation.

    Attributes:
        validation_share: share of the pictures that is drawn for validation; None for the usual, or
            for 0 if a source has a validation folder.
        test_share: the same for the test.
        stone_pattern: a regular expression that is looked for in file names; its group `stone` tells
            the stone.
        skip_unknown: leave out folders whose names the taxonomy does not know, instead of refusing.
        seed: another seed splits otherwise.

    Raises:
        DataError: if the shares leave nothing to train on, or the pattern cannot be used.
    """

    validation_share: float | None = None
    test_share: float | None = None
    stone_pattern: str = STONE_PATTERN
    skip_unknown: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        validation, test = (
            USUAL_SHARE if share is None else share for share in (self.validation_share, self.test_share)
        )
        if not (validation >= 0 and test >= 0 and validation + test < 1):  # NaN neither
            raise DataError(
                f"The shares of validation, {validation:g}, and test, {test:g}, must be 0 or more and add up to "
                "less than 1. Choose smaller ones."
            )
        try:
            names = re.compile(self.stone_pattern).groupindex
        except re.error as error:
            raise DataError(
                f"The stone pattern {self.stone_pattern} is not a regular expression ({error}). Correct it."
            ) from error
        if "stone" not in names:
            raise DataError(
                f"The stone pattern {self.stone_pattern} has no group named stone. Write it as in {STONE_PATTERN}"
            )


@dataclass(frozen=True)
class _Labelled:
    """A picture and the node that its name means."""

    image: SourceImage
    label: str


@dataclass(frozen=True)
class _Examined:
    """A picture that could be read: what it shows and where."""

    labelled: _Labelled
    sha256: str
    stone: Stone
    descriptor: Descriptor


def prepare(
    folders: Sequence[Path],
    out: Path,
    config: PrepareConfig,
    taxonomy: Taxonomy | None,
    finder: AnyFinder,
    decisions: Path | None = None,
    engine: AbstractContextManager[Engine] | None = None,
) -> Manifest:
    """Read, label, group and split the pictures of source folders, and write the data folder.

    Pictures that cannot be read are left out and listed. Near-copies of a picture and photographs of one
    stone get one group, which is in one split; if it stands under several labels, all rows stay, and the
    group is listed.

    Args:
        folders: sources, as `read_sources` takes them.
        out: the data folder: new, empty, or from an earlier preparation, which is then replaced.
        config: the settings.
        taxonomy: tells what the class folders' names mean; None starts one from the folders themselves
            (family/subclass/region) and writes it to `out` as `TAXONOMY_TO_EDIT` too.
        finder: finds the stones; it is kept in `out`, so that training and classifying use the same.
        decisions: a file of what a person decided about pictures, which is applied and recorded.
        engine: gives where the stones are found, when all is checked; None for this process.

    Raises:
        DataError: if a source or a decision does not fit, names are unknown, no picture can be read, or none is
            left to train on.
        OutputError: if `out` holds something else or cannot be written.
    """
    check_output(out, folders, starts_taxonomy=taxonomy is None)
    sources = read_sources(folders)
    used_taxonomy = _taxonomy_of(sources) if taxonomy is None else taxonomy
    given = {image.path: image.label_given for source in sources for image in source.images}
    roots = [source.root for source in sources]
    decided = read_decisions(decisions, list(given), roots, used_taxonomy) if decisions else Decisions()
    labelled, left_out, crawled = _label(sources, used_taxonomy, config, decided, can_start=taxonomy is not None)
    examined: list[_Examined] = []
    with engine or nullcontext(LocalEngine()) as running:
        for result in running.map(_Examining(CarriedFinder(finder)), labelled, "Finding the stones"):
            if isinstance(result, _Examined):
                examined.append(result)
            else:
                left_out.append(result)
    if not examined:
        what = "shows a gem" if left_out[-1].kind == "no gem" else "can be read"
        raise DataError(f"None of {len(labelled)} pictures {what}, such as {left_out[-1].image}: {left_out[-1].reason}")
    rows = _rows(examined, config, decided)
    if all(row.split != "train" for row in rows):
        raise DataError("All pictures are in test or validation folders. Add a source to train on.")
    manifest = Manifest(
        folder=out,
        rows=rows,
        taxonomy=used_taxonomy,
        info=DataInfo(
            config={**asdict(config), "finder": finder.name, "stone_threshold": finder.threshold},
            sources=tuple(SourceFolder(source.name, str(source.root)) for source in sources),
            left_out=tuple(sorted(left_out, key=lambda entry: entry.image)),
            several_names=_several_names(rows),
            decisions=decided.record(given),
            contamination=crawled.contamination,
            ignored_names=crawled.ignored,
            notes=tuple(note for source in sources for note in source.notes),
        ),
    )
    write_manifest(manifest, finder.content)
    write_set_aside(manifest)
    if taxonomy is None:
        write_taxonomy(used_taxonomy, out / TAXONOMY_TO_EDIT)
    return manifest


def check_output(out: Path, folders: Sequence[Path], *, starts_taxonomy: bool = False) -> None:
    """Make sure, before the work, that a data folder can be written to `out`.

    Args:
        out: the data folder.
        folders: the sources.
        starts_taxonomy: whether a taxonomy to edit is to be written too.

    Raises:
        OutputError: if it holds something other than a prepared data set, lies within a source, has a
            taxonomy that somebody may have edited, or cannot be written.
    """
    check_outside(out, folders)
    if starts_taxonomy and (out / TAXONOMY_TO_EDIT).exists():
        raise OutputError(
            f"{out / TAXONOMY_TO_EDIT}: there is a taxonomy already. Use it with --taxonomy, or delete it first."
        )
    check_folder(out)
    if out.is_dir() and any(out.iterdir()) and not is_prepared(out):
        raise OutputError(f"{out}: holds something other than a prepared data set. Choose a new or empty folder.")


def _taxonomy_of(sources: Sequence[Source]) -> Taxonomy:
    """Return the taxonomy of all sources' folders; where they name a node differently, the first source decides."""
    nodes: dict[str, Node] = {}
    crawl = next((source for source in sources if any(image.labels for image in source.images)), None)
    if crawl is not None:
        raise DataError(
            f"{crawl.root}: a crawl has no folders to start a taxonomy from. Use the built-in taxonomy, or --taxonomy."
        )
    for source in sources:
        for node in taxonomy_from_folders(source.root).nodes.values():
            nodes.setdefault(node.id, node)
    return Taxonomy.from_nodes(nodes.values())


def _label(
    sources: Sequence[Source], taxonomy: Taxonomy, config: PrepareConfig, decided: Decisions, *, can_start: bool
) -> tuple[list[_Labelled], list[LeftOut], ResolvedSets]:
    """Return the pictures whose names mean something, the files to leave out, and what was found of shops' names."""
    every = [image for source in sources for image in source.images]
    images = [image for image in every if image.path not in decided.dropped]
    undecided = [image for image in images if image.path not in decided.labels]
    resolved = resolve_labels((image.label_given for image in undecided if not image.labels), taxonomy)
    crawled = resolve_sets(_labels_of_stones(undecided), taxonomy)
    unknown = resolved.unknown | {
        JOINT.join(sorted(labels)): meaning.reason
        for labels, meaning in crawled.meanings.items()
        if meaning.kind == "unknown name"
    }
    for source in sources:
        if source.loose and source.root.name in unknown:
            unknown[source.root.name] = f"Pictures lie in no class folder in {source.loose[0]}"
    if unknown and not config.skip_unknown:
        raise unknown_labels_error(unknown, can_start=can_start and not any(image.labels for image in every))
    left_out = _left_out_by_sources(sources, decided)
    labelled = []
    for image in images:
        meaning = _meaning(image, decided, resolved, crawled)
        node = meaning.node
        if node is None:
            left_out.append(LeftOut(str(image.path), meaning.kind, meaning.reason))
        elif node.excluded is not None:
            left_out.append(LeftOut(str(image.path), "excluded", f"{node.name}: {node.excluded}"))
        else:
            labelled.append(_Labelled(image, node.id))
    if not labelled:
        raise DataError(
            f"None of {len(images)} pictures has a name that can be used. Give other sources or --taxonomy."
        )
    return labelled, left_out, crawled


def _left_out_by_sources(sources: Sequence[Source], decided: Decisions) -> list[LeftOut]:
    """Return what is no picture, what a person dropped and what a source sets aside."""
    others = [path for source in sources for path in source.others]
    set_aside = [one for source in sources for one in source.set_aside]
    return [
        *(LeftOut(str(path), "not a picture", f"its name ends in {path.suffix!r}") for path in others),
        *(LeftOut(str(path), "dropped", decided.reason(path)) for path in decided.dropped),
        *(LeftOut(str(one.path), "set aside", one.reason) for one in set_aside),
    ]


def _meaning(image: SourceImage, decided: Decisions, resolved: ResolvedLabels, crawled: ResolvedSets) -> Meaning:
    """Return what a person decided that a picture shows, or else what its names mean."""
    if image.path in decided.labels:
        return Meaning(decided.labels[image.path], "", "")
    if image.labels:
        return crawled.meanings[frozenset(image.labels)]
    node = resolved.nodes.get(image.label_given)
    return Meaning(node, "unknown name", resolved.unknown.get(image.label_given, ""))


def _labels_of_stones(images: Iterable[SourceImage]) -> list[Labels]:
    """Return the names of each crawled stone, once for each that its pictures have."""
    found = {(image.stone, frozenset(image.labels)) for image in images if image.labels}
    return [labels for _, labels in sorted(found, key=lambda pair: (pair[0], sorted(pair[1])))]


@dataclass(frozen=True)
class _Examining:
    """The job of reading pictures and finding their stones."""

    carried: CarriedFinder

    def __call__(self, items: Iterable[_Labelled]) -> Iterator[_Examined | LeftOut]:
        examine = partial(_examine, finder=self.carried.finder)
        return map_on_threads(examine, items, self.carried.workers, initializer=run_on_one_core)


def _examine(labelled: _Labelled, finder: AnyFinder) -> _Examined | LeftOut:
    path = labelled.image.path
    try:
        image = read_image(path)
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except (ImageError, OSError) as error:
        return LeftOut(str(path), "unreadable", str(error).removeprefix(f"{path}: "))
    stone = finder.find_best(image)
    if labelled.image.labels and not labelled.image.is_kept and stone.score < finder.threshold:
        # Shops show much beside gems, while folders were filled by somebody who looked.
        reason = f"the highest score is {stone.score:.3f}, and a gem has at least {finder.threshold:.3f}"
        return LeftOut(str(path), "no gem", reason)
    return _Examined(labelled, sha256, stone, descriptor(image, exact=False))


def _rows(examined: Sequence[_Examined], config: PrepareConfig, decided: Decisions) -> tuple[Row, ...]:
    pattern = re.compile(config.stone_pattern)
    found = (pattern.search(entry.labelled.image.path.name) for entry in examined)
    stones = [
        entry.labelled.image.stone or ((match["stone"] or "") if match else "")
        for entry, match in zip(examined, found, strict=True)
    ]
    group_names = _group_names(examined, stones, decided)
    splits = assign_splits(
        [entry.labelled.label for entry in examined],
        group_names,
        [entry.labelled.image.official for entry in examined],
        validation_share=config.validation_share,
        test_share=config.test_share,
        seed=config.seed,
    )
    return tuple(
        Row(
            image=str(entry.labelled.image.path),
            x=entry.stone.box.x,
            y=entry.stone.box.y,
            side=entry.stone.box.side,
            score=round(entry.stone.score, 4),
            label_given=entry.labelled.image.label_given,
            label=entry.labelled.label,
            stone=stone,
            group=group,
            split=split,
            sha256=entry.sha256,
            width=entry.descriptor.width,
            height=entry.descriptor.height,
            source=entry.labelled.image.source,
        )
        for entry, stone, group, split in zip(examined, stones, group_names, splits, strict=True)
    )


def _group_names(examined: Sequence[_Examined], stones: Sequence[str], decided: Decisions) -> list[str]:
    """Return a name for the group of each picture: near-copies and photographs of one stone, however chained.

    The name comes from the pictures' content, so that it does not change with their place.
    """
    index_of = {entry.labelled.image.path: index for index, entry in enumerate(examined)}
    linked = [
        (index_of[pair.first], index_of[pair.second])
        for pair in find_near_copies({entry.labelled.image.path: entry.descriptor for entry in examined})
    ]
    linked += [
        (index_of[first], index_of[second])
        for first, second in decided.same_stone
        if first in index_of and second in index_of  # and neither is left out
    ]
    first_of: dict[tuple[str, str], int] = {}
    for index, (entry, stone) in enumerate(zip(examined, stones, strict=True)):
        linked.append((first_of.setdefault(("content", entry.sha256), index), index))
        if stone:
            linked.append((first_of.setdefault(("stone", stone), index), index))
    numbers = groups(linked, len(examined))
    name_of: dict[int, str] = {}
    for number, entry in zip(numbers, examined, strict=True):
        name_of[number] = min(name_of.get(number, entry.sha256), entry.sha256)
    return [name_of[number][:_GROUP_DIGITS] for number in numbers]


def _several_names(rows: Sequence[Row]) -> tuple[SeveralNames, ...]:
    members: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        members[row.group].append(row)
    return tuple(
        SeveralNames(
            group=group,
            labels=tuple(sorted({row.label for row in together})),
            images=tuple(row.image for row in together),
        )
        for group, together in sorted(members.items())
        if len({row.label for row in together}) > 1
    )
