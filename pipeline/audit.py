"""Look a collection over before it is trained on: copies, wrong and shared labels, files that cannot be used.

A picture that is in two splits, or a near-copy of one that is, makes every figure too good; one that
stands under two names teaches one of them wrongly.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from gemhier.atomic import check_folder, write_files
from gemhier.extras import require
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.hierarchy.taxonomy_file import load_taxonomy
from gemhier.pipeline.data.manifest import is_data_folder, read_manifest
from gemhier.pipeline.data.sources import read_sources
from gemhier.pipeline.data_quality.findings import Audit, AuditedImage, Unreadable
from gemhier.pipeline.data_quality.label_issues import label_issues
from gemhier.pipeline.data_quality.listing import Listing, is_listing, read_listings
from gemhier.pipeline.data_quality.page import page
from gemhier.pipeline.data_quality.questions import DECISIONS_FILE, decisions_template, holds_decisions
from gemhier.pipeline.data_quality.shared_names import LARGEST, shared_names
from gemhier.pipeline.duplicates.descriptor import Descriptor
from gemhier.pipeline.duplicates.search import find_matches, take_descriptors

PAGE_FILE = "audit.html"
AUDIT_FILE = "audit.json"
PAIRS_FILE = "pairs.csv"


def audit(
    folders: Sequence[Path],
    *,
    taxonomy: Taxonomy | None = None,
    largest: int = LARGEST,
    predictions: Path | None = None,
    model: Path | None = None,
) -> Audit:
    """Compare all pictures of sources and data folders with each other, and look lists of links over.

    Args:
        folders: folders of class folders, with or without train, validation and test folders above them, data
            folders that `gemhier prepare` wrote, crawls and folders of link lists, in any mixture.
        taxonomy: tells what the names in lists mean; None for the built-in one.
        largest: over how many of a list's largest classes the ceiling is given beside that over all.
        predictions: what a model that has not learned from the pictures says of them, as predictions.csv.
        model: a bundle that looks for gems in the pictures and, without predictions, judges their labels.

    Raises:
        DataError: if a folder is missing, is damaged or holds nothing to look at, or the predictions do not fit.
        BundleError: if there is no sound bundle.
        MissingExtraError: if labels are to be judged and the extra for it is not installed.
    """
    if predictions is not None or model is not None:
        require("cleanlab")
    used = load_taxonomy() if taxonomy is None else taxonomy
    listings: list[Listing] = []
    others = []
    for folder in folders:
        if folder.is_dir() and is_listing(folder):
            for listing in read_listings(folder, used):
                taken = {other.name for other in listings}
                name, number = listing.name, 2
                while name in taken:
                    name, number = f"{listing.name}-{number}", number + 1
                listings.append(replace(listing, name=name))
        else:
            others.append(folder)
    found = audit_images(others) if others else Audit((), (), ())
    if found.images:
        found = replace(found, judgement=label_issues(found.images, used, predictions=predictions, model=model))
    return replace(found, listings=tuple(shared_names(listing, used, largest=largest) for listing in listings))


def audit_images(folders: Sequence[Path]) -> Audit:
    """Read all pictures of sources and data folders, and compare each with all others.

    Raises:
        DataError: if a folder is missing, is damaged or holds no pictures.
    """
    listed: dict[Path, AuditedImage] = {}
    unreadable: dict[Path, Unreadable] = {}
    sources = [folder for folder in folders if not is_data_folder(folder)]
    for folder in folders:
        if folder not in sources:
            manifest = read_manifest(folder)
            least = manifest.stone_threshold
            for row in manifest.rows:
                listed.setdefault(
                    Path(row.image), AuditedImage(Path(row.image), row.label, row.split, row.score, least)
                )
            for file in manifest.info.left_out:
                if file.kind == "unreadable":
                    unreadable[Path(file.image)] = Unreadable(Path(file.image), file.reason)
    for folder, source in zip(sources, read_sources(sources), strict=True):
        for found in source.images:
            given = folder / found.path.relative_to(source.root)  # as given, so that a report can be passed on
            listed.setdefault(found.path, AuditedImage(given, found.label_given, found.official))
    prints: list[Descriptor] = []
    images: list[AuditedImage] = []
    for (path, taken), image in zip(take_descriptors(list(listed)), listed.values(), strict=True):
        if isinstance(taken, Descriptor):
            prints.append(taken)
            images.append(image)
        else:
            unreadable[path] = Unreadable(image.image, str(taken).removeprefix(f"{path}: "))
    return Audit(tuple(images), tuple(unreadable.values()), tuple(find_matches(prints)))


def files_of(result: Audit) -> dict[str, str]:
    """Return the text of each file of an audit, by name."""
    tables = {name: text for listing in result.listings for name, text in listing.tables().items()}
    return {
        PAGE_FILE: page(result),
        AUDIT_FILE: result.to_json() + "\n",
        PAIRS_FILE: result.to_csv(),
        DECISIONS_FILE: decisions_template(result),
        **tables,
    }


def write_audit(result: Audit, folder: Path) -> tuple[str, ...]:
    """Write the files of an audit, in place of earlier ones; other files in the folder stay, and decisions too.

    After an error, folders that were made for them are gone again.

    Returns:
        The names of the files that were written.

    Raises:
        OutputError: if they cannot be written.
    """
    check_folder(folder)
    contents = files_of(result)
    if holds_decisions(folder / DECISIONS_FILE):
        del contents[DECISIONS_FILE]
    # File names that are not UTF-8 are written with escapes.
    write_files(folder, {name: text.encode("utf-8", "backslashreplace") for name, text in contents.items()})
    return tuple(contents)
