"""Photographs of further makers: learn from some of these makers, and be measured on the rest.

    python benchmarks/leave_makers_out.py DATA IMAGES.csv --leave adamatgem-2022 --out without-adamatgem
    gemhier train without-adamatgem/data
    gemhier evaluate without-adamatgem/left-out/phone --model latest --report report

DATA is a prepared folder, IMAGES.csv a table beside the photographs: `file`, `kind` (shop, phone, tumbled ...),
`label` (left out where it is empty) and `stone`, the same for photographs of one stone. A maker is what a file's name
begins with, up to the first underscore. OUT gets

    data/      DATA, with the photographs of all makers but those left out among its training pictures
    left-out/  links to the photographs of the others, all of them, by kind and class

Without --leave all makers are learned from; a release takes --kind shop --kind phone, since pebbles are not cut.
Of each class a maker shows --most photographs at most, taken from its stones in turn: many photographs of a few stones
would teach whose stones they are.
"""

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from gemhier.pipeline.data.manifest import Manifest, read_manifest, write_manifest
from gemhier.pipeline.prepare import PrepareConfig, prepare

AWAY = "maker "
"""The groups of other makers' photographs begin so."""

KINDS = ("shop", "phone", "tumbled")


@dataclass(frozen=True)
class Photograph:
    """A photograph of a known stone, and who made it."""

    path: Path
    kind: str
    label: str
    stone: str

    @property
    def maker(self) -> str:
        """Who took it."""
        return maker_of(self.path.name)


def maker_of(path: str) -> str:
    """Return what a file's name begins with."""
    return Path(path).name.split("_")[0]


def read_photographs(table: Path, kinds: Iterable[str]) -> list[Photograph]:
    """Return those with a label, of some kinds."""
    with table.open(encoding="utf-8", newline="") as file:
        return [
            Photograph(table.parent / row["file"], row["kind"], row["label"], row["stone"] or Path(row["file"]).stem)
            for row in csv.DictReader(file)
            if row["label"] and row["kind"] in kinds
        ]


def some_of_each(photographs: Iterable[Photograph], most: int) -> Iterator[Photograph]:
    """Yield so many of each class of a maker, the stones taking turns."""
    stones: dict[tuple[str, str], dict[str, list[Photograph]]] = defaultdict(lambda: defaultdict(list))
    for each in photographs:
        stones[each.maker, each.label][each.stone].append(each)
    for by_stone in stones.values():
        rounds = chain.from_iterable(zip_longest(*by_stone.values()))
        yield from [each for each in rounds if each is not None][:most]


def link(photographs: Iterable[Photograph], folder: Path) -> None:
    """Link photographs into class folders; a link is called by its stone and a number."""
    for number, each in enumerate(photographs):
        place = folder / each.label / f"{each.stone}~{number}{each.path.suffix}"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(each.path.resolve())


def prepared(photographs: Iterable[Photograph], data: Manifest, config: PrepareConfig) -> Manifest:
    """Find the stones of photographs as those of the data were found."""
    with TemporaryDirectory() as folder:
        link(photographs, Path(folder, "others"))
        found = prepare([Path(folder, "others")], Path(folder, "data"), config, data.taxonomy, data.finder)
        return replace(found, rows=tuple(replace(row, image=str(Path(row.image).resolve())) for row in found.rows))


@click.command()
@click.argument("data", type=click.Path(exists=True, path_type=Path))
@click.argument("images", type=click.Path(exists=True, path_type=Path))
@click.option("--leave", multiple=True, help="A maker to be measured on; without any, all are learned from.")
@click.option("--kind", "kinds", multiple=True, default=KINDS, show_default=True)
@click.option("--most", type=click.IntRange(min=1), default=12, show_default=True, help="Of a class of a maker.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="A new folder.")
def main(data: Path, images: Path, leave: tuple[str, ...], kinds: tuple[str, ...], most: int, out: Path) -> None:
    """Write a data folder with further makers, and the photographs of those left out."""
    out.mkdir(parents=True)
    photographs = read_photographs(images, kinds)
    makers = {each.maker for each in photographs}
    if unknown := set(leave) - makers:
        raise click.BadParameter(f"{', '.join(sorted(unknown))}: the makers are {', '.join(sorted(makers))}.")
    for kind in kinds:
        link((each for each in photographs if each.maker in leave and each.kind == kind), out / "left-out" / kind)
    home = read_manifest(data)
    others = list(some_of_each((each for each in photographs if each.maker not in leave), most))
    config = PrepareConfig(validation_share=0, test_share=0, stone_pattern="^(?P<stone>.+)~")
    added = prepared(others, home, config)
    # In a training with --folds, too, no maker is on two sides.
    rows = [replace(row, group=f"{AWAY}{maker_of(row.image)}", split="train") for row in added.rows]
    sources = (*home.info.sources, *added.info.sources)
    write_manifest(
        replace(home, folder=out / "data", rows=(*home.rows, *rows), info=replace(home.info, sources=sources)),
        home.finder.content,
    )
    print(f"{out}: {len(home.split('train')):,} training pictures and {len(rows):,} of further makers")


if __name__ == "__main__":
    main()
