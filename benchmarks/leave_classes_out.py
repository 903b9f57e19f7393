"""Leave classes out of a data folder, to train without them and to measure on them what nobody has a name for.

    python benchmarks/leave_classes_out.py DATA --out without
    gemhier train without/data --folds 3

DATA is a prepared folder. OUT gets

    data/      DATA without the pictures of every class that was left out
    left-out/  links to these pictures, those of its test aside, by class

Of each family with several labels some can go, and some families go as a whole: --labels and --families of them are
drawn at random, the families among those of one label as well.
"""

from dataclasses import replace
from pathlib import Path

import click
import numpy as np

from gemhier.hierarchy.labels import LabelSpace
from gemhier.pipeline.data.manifest import Manifest, Row, read_manifest, write_manifest


def drawn(space: LabelSpace, labels: int, families: int, seed: int) -> set[str]:
    """Draw whole families, and labels of other families, of each of which a label stays."""
    generator = np.random.default_rng(seed)
    whole = set(generator.permutation(space.families)[:families].tolist())
    left = {family: [label for label in space.labels if label.partition("/")[0] == family] for family in space.families}
    single: list[str] = []
    for label in generator.permutation([label for label in space.labels if label.partition("/")[0] not in whole]):
        family = label.partition("/")[0]
        if len(single) < labels and len(left[family]) > 1:
            left[family].remove(label)
            single.append(str(label))
    return {*single, *(label for family in whole for label in left[family])}


def link(rows: list[Row], manifest: Manifest, folder: Path) -> None:
    """Link pictures into class folders."""
    for row in rows:
        place = folder / manifest.taxonomy[row.label].name / f"{row.sha256[:16]}{Path(row.image).suffix}"
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.is_symlink():  # the same file can lie in two sources
            place.symlink_to(row.image)


@click.command()
@click.argument("data", type=click.Path(exists=True, path_type=Path))
@click.option("--labels", type=click.IntRange(min=0), default=8, show_default=True, help="Labels to leave out.")
@click.option("--families", type=click.IntRange(min=0), default=5, show_default=True, help="Families to leave out.")
@click.option("--seed", default=0, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="A new folder.")
def main(data: Path, labels: int, families: int, seed: int, out: Path) -> None:
    """Write a data folder without some classes, and the pictures of these."""
    out.mkdir(parents=True)
    manifest = read_manifest(data)
    left_out = drawn(manifest.label_space, labels, families, seed)
    groups = {row.group for row in manifest.rows if row.label in left_out}
    rows = tuple(row for row in manifest.rows if row.label not in left_out)
    # A picture that is also, or nearly, one of those left out would teach what they look like.
    kept = tuple(row for row in rows if row.group not in groups)
    link([row for row in manifest.learnable if row.label in left_out], manifest, out / "left-out")
    write_manifest(replace(manifest, folder=out / "data", rows=kept), manifest.finder.content)
    click.echo(
        f"{out}: without {', '.join(sorted(left_out))}; {len(rows) - len(kept)} more pictures are copies of theirs"
    )


if __name__ == "__main__":
    main()
