"""Read a crawl folder as a source of pictures: one for each file, with all names of the products that show it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from gemhier.atomic import whole_file
from gemhier.crawler.review.contact_sheet import SHEET_FILE, SetAsideImage, contact_sheet
from gemhier.crawler.storage.crawl_info import is_crawl_folder
from gemhier.crawler.storage.folder import is_rejected, place_of, read_rejections
from gemhier.crawler.storage.history import read_history
from gemhier.crawler.storage.records import ImageRecord
from gemhier.pipeline.data.manifest import Manifest
from gemhier.pipeline.data.source_images import SetAside, Source, SourceImage
from gemhier.pipeline.duplicates.search import groups

JOINT = "; "
"""Between the names in a `label_given`."""

MOST_PRODUCTS = 10
"""A picture that more products show than this is a shop's filler, and says nothing about any of them."""


def read_crawl(root: Path, name: str) -> Source:
    """List what a crawl folder holds. Pictures that the shop shows no more are still used.

    Raises:
        DataError: if the folder is damaged.
    """
    showing: dict[str, list[ImageRecord]] = defaultdict(list)
    for record in read_history(root).values():
        showing[record.file].append(record)
    rejections = read_rejections(root)
    used: dict[str, list[ImageRecord]] = {}
    set_aside = []
    for file, records in sorted(showing.items()):
        path = place_of(root, file)
        if path is None:
            set_aside.append(SetAside(root / file, "the file is missing"))
        elif is_rejected(root, file):
            rejection = rejections.get(file)
            set_aside.append(SetAside(path, f"{rejection.reason}: {rejection.why}" if rejection else "by hand"))
        elif len({record.product for record in records}) > MOST_PRODUCTS and file not in rejections:
            set_aside.append(SetAside(path, f"{len(records)} products show it"))
        else:
            used[file] = records
    stone_of = _stones(used)
    images = []
    for file, records in used.items():
        labels = tuple(sorted({label for record in records for label in record.labels}))
        images.append(
            SourceImage(
                path=root / file,
                label_given=JOINT.join(labels),
                official="",
                source=name,
                labels=labels,
                stone=stone_of[records[0].product],
                is_kept=file in rejections,
            )
        )
    return Source(name, root, tuple(images), (), tuple(set_aside))


def _stones(used: Mapping[str, Iterable[ImageRecord]]) -> dict[str, str]:
    """Return the stone of each product: the same for products that show one picture, since they sell the same."""
    products = sorted({record.product for records in used.values() for record in records})
    number_of = {product: number for number, product in enumerate(products)}
    pairs = []
    for records in used.values():
        first, *others = (number_of[record.product] for record in records)
        pairs += [(first, other) for other in others]
    stones = groups(pairs, len(products))
    first_of: dict[int, str] = {}
    for product, stone in zip(products, stones, strict=True):
        first_of.setdefault(stone, product)
    return {product: first_of[stone] for product, stone in zip(products, stones, strict=True)}


def write_set_aside(manifest: Manifest) -> Path | None:
    """Write a contact sheet of the crawled pictures that a data set leaves out, into its folder, if there are any.

    Returns:
        The sheet; None if there are none.

    Raises:
        OutputError: if it cannot be written.
    """
    sheet = manifest.folder / SHEET_FILE
    crawls = [Path(source.root) for source in manifest.info.sources if is_crawl_folder(Path(source.root))]
    images = []
    for entry in manifest.info.left_out:
        path = Path(entry.image)
        crawl = next((crawl for crawl in crawls if path.is_relative_to(crawl)), None)
        if crawl is not None and entry.kind in ("set aside", "no gem") and path.is_file():
            reason, colon, why = entry.reason.partition(": ")
            if entry.kind == "no gem" or not colon:
                reason, why = entry.kind, entry.reason
            images.append(SetAsideImage(path, crawl, reason, why))
    if not images:
        sheet.unlink(missing_ok=True)
        return None
    with whole_file(sheet) as file:
        file.write(contact_sheet(images, manifest.folder).encode())
    return sheet
