"""What other makers' photographs bring for makers that were left out: two bundles on the same photographs.

    python benchmarks/left_out_makers.py BASE without-a/left-out bundle-a [without-b/left-out bundle-b ...]

BASE is a bundle trained without any of the makers, each folder is one that `leave_makers_out.py` wrote, and the bundle
after it was trained on the data beside that folder. By kind of photograph, for each stone once (the mean over its
photographs) and for the mean over classes of these: the share of right labels that stand first and among the first
three, and the difference in points, with intervals of 95% by drawing stones.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np

from gemhier.arrays import Float64
from gemhier.models.bundle import Bundle, StoneResult, load_bundle
from gemhier.models.images.files import list_images

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


def hits(bundle: Bundle, paths: list[Path]) -> Iterator[Float64]:
    """Yield for each photograph whether the name of its folder stands first, and among the first three."""
    for path, result in zip(paths, bundle.results(paths), strict=True):
        if not isinstance(result, StoneResult):
            raise click.ClickException(str(result))
        truth = bundle.space.index(bundle.taxonomy.resolve(path.parent.name).id)
        rank = int(np.flatnonzero(np.argsort(-result.probabilities[bundle.info.strategy], kind="stable") == truth)[0])
        yield np.array([rank < 1, rank < 3], np.float64)


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
@click.argument("pairs", nargs=-1, required=True)
def main(base: str, pairs: tuple[str, ...]) -> None:
    """Compare BASE with the bundles that know some of the makers."""
    if len(pairs) % 2:
        raise click.BadParameter("each folder of photographs needs the bundle after it.")
    first = load_bundle(base)
    by_kind: dict[str, list[Photograph]] = defaultdict(list)
    for folder, model in zip(pairs[::2], pairs[1::2], strict=True):
        paths = sorted(list_images([Path(folder)]))
        second = load_bundle(model)
        for path, before, after in zip(paths, hits(first, paths), hits(second, paths), strict=True):
            kind, label = path.parent.parent.name, path.parent.name
            by_kind[kind].append(Photograph(kind, label, path.name.rsplit("~", 1)[0], before, after))
    for kind, photographs in sorted(by_kind.items()):
        show(kind, photographs)


if __name__ == "__main__":
    main()
