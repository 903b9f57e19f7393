"""What other makers' photographs bring for makers that were left out: two models on the same photographs.

    python benchmarks/left_out_makers.py BASE without-a/left-out bundle-a [without-b/left-out bundle-b ...]
    python benchmarks/left_out_makers.py BASE --answers out_of_fold.npz --images IMAGES.csv

BASE is a bundle trained without any of the makers, each folder is one that `leave_makers_out.py` wrote, and the bundle
after it was trained on the data beside that folder. With --answers the second are the networks of a training with
--folds whose data have other makers' photographs (`leave_makers_out.py` without --leave), each asked of makers that it
has not learned from and calibrated on the other folds; IMAGES.csv is the table that `leave_makers_out.py` took. By kind
of photograph, for each stone once (the mean over its photographs) and for the mean over classes of these: the share of
right labels that stand first and among the first three, and the difference in points, with intervals of 95% by drawing
stones.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import click
import numpy as np
from leave_makers_out import AWAY, KINDS, read_photographs

from gemhier.arrays import Float64
from gemhier.hierarchy.metrics import top_k_hits
from gemhier.models.bundle import Bundle, StoneResult, load_bundle
from gemhier.models.images.files import list_images
from gemhier.pipeline.training.answers_file import read_answers
from gemhier.pipeline.training.by_likeness import calibrate_by_likeness

_DRAWS = 4000


@dataclass(frozen=True)
class Photograph:
    """A photograph of a maker who was left out, and whether the right label is first and among the first three.

    Attributes:
        kind: phone, shop or tumbled.
        label: what it shows.
        stone: which stone of that label.
        base: (2,) of the bundle that knows none of the makers.
        more: (2,) of the bundle that knows the others.
    """

    kind: str
    label: str
    stone: str
    base: Float64
    more: Float64


def hits(bundle: Bundle, paths: Sequence[Path], truth: Sequence[str]) -> Iterator[Float64]:
    """Yield for each photograph whether its label, by name or id, stands first, and among the first three."""
    for label, result in zip(truth, bundle.results(paths), strict=True):
        if not isinstance(result, StoneResult):
            raise click.ClickException(str(result))
        yield hit(result.probabilities[bundle.info.strategy], bundle.space.index(bundle.taxonomy.resolve(label).id))


def hit(probabilities: Float64, column: int) -> Float64:
    """(2,) whether a column is the highest of (V,) P(label), and among the highest three."""
    return np.concatenate([top_k_hits(probabilities[None], [column], k) for k in (1, 3)])


def out_of_fold(base: Bundle, answers_file: Path, table: Path) -> Iterator[Photograph]:
    """Yield the other makers' photographs of a training, by the base and by the networks of other folds."""
    answers = read_answers(answers_file)
    found = calibrate_by_likeness(answers, base.space, base.info.stone_threshold)
    probabilities = found.probabilities[found.calibration.strategy]
    by_digest = {sha256(each.path.read_bytes()).hexdigest(): each for each in read_photographs(table, KINDS)}
    rows = [row for row, group in enumerate(answers.groups) if group.startswith(AWAY)]
    if unknown := [row for row in rows if answers.sha256[row] not in by_digest]:
        raise click.ClickException(f"{table}: it lacks {len(unknown)} of {len(rows)} photographs of the answers.")
    photographs = [by_digest[answers.sha256[row]] for row in rows]
    before = hits(base, [each.path for each in photographs], [answers.truth[row] for row in rows])
    for row, each, known in zip(rows, photographs, before, strict=True):
        yield Photograph(each.kind, each.label, each.stone, known, hit(probabilities[row], int(found.truth[row])))


def of_stones(photographs: list[Photograph]) -> tuple[Float64, Float64, list[str]]:
    """(S, 2) of the base and of the others, each stone once, and the label of each stone."""
    stones: dict[tuple[str, str], list[Photograph]] = defaultdict(list)
    for each in photographs:
        stones[each.label, each.stone].append(each)
    base, more = (
        np.array([np.mean([getattr(each, side) for each in group], axis=0) for group in stones.values()])
        for side in ("base", "more")
    )
    return base, more, [label for label, _ in stones]


def over_classes(values: Float64, classes: Float64) -> Float64:
    """(2,) the mean over classes of (S, 2) stones, of which (S, C) says which class each is of, how often."""
    counts = classes.sum(axis=0)
    return np.asarray((classes.T @ values)[counts > 0] / counts[counts > 0, None]).mean(axis=0)


def show(kind: str, photographs: list[Photograph]) -> None:
    """Print the figures of a kind."""
    base, more, labels = of_stones(photographs)
    names = sorted(set(labels))
    classes = np.eye(len(names))[[names.index(label) for label in labels]]
    generator = np.random.default_rng(0)
    draws = [
        np.bincount(generator.integers(0, len(labels), len(labels)), minlength=len(labels))[:, None]
        for _ in range(_DRAWS)
    ]
    click.echo(f"{kind}: {len(photographs)} photographs, {len(labels)} stones, {len(names)} classes")
    ways = {
        "each stone once": lambda values, weights: (weights * values).sum(axis=0) / weights.sum(),
        "mean over classes": lambda values, weights: over_classes(values, weights * classes),
    }
    once = np.ones((len(labels), 1))
    for way, mean in ways.items():
        low, high = np.quantile([mean(more - base, weights) for weights in draws], [0.025, 0.975], axis=0)
        for place, name in enumerate(("top-1", "top-3")):
            before, after = mean(base, once)[place], mean(more, once)[place]
            points = f"{100 * (after - before):+.1f} ({100 * low[place]:+.1f} to {100 * high[place]:+.1f})"
            click.echo(f"  {way:<18} {name}  {before:.3f}  {after:.3f}  {points}")


@click.command()
@click.argument("base")
@click.argument("pairs", nargs=-1)
@click.option("--answers", type=click.Path(exists=True, path_type=Path), help="Out-of-fold answers of a training.")
@click.option("--images", type=click.Path(exists=True, path_type=Path), help="Table of the makers' photographs.")
def main(base: str, pairs: tuple[str, ...], answers: Path | None, images: Path | None) -> None:
    """Compare BASE with models that know some of the makers."""
    if len(pairs) % 2:
        raise click.BadParameter("each folder of photographs needs the bundle after it.")
    if (answers is None) != (images is None) or (answers is None) != bool(pairs):
        raise click.UsageError("Give either folders with their bundles, or --answers and --images.")
    first = load_bundle(base)
    by_kind: dict[str, list[Photograph]] = defaultdict(list)
    for folder, model in zip(pairs[::2], pairs[1::2], strict=True):
        paths = sorted(list_images([Path(folder)]))
        names = [path.parent.name for path in paths]
        found = hits(first, paths, names), hits(load_bundle(model), paths, names)
        for path, before, after in zip(paths, *found, strict=True):
            kind, label = path.parent.parent.name, path.parent.name
            by_kind[kind].append(Photograph(kind, label, path.name.rsplit("~", 1)[0], before, after))
    if answers is not None and images is not None:
        for each in out_of_fold(first, answers, images):
            by_kind[each.kind].append(each)
    for kind, photographs in sorted(by_kind.items()):
        show(kind, photographs)


if __name__ == "__main__":
    main()
