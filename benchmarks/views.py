"""What two and three photographs of a stone add, and how well contradictions between photographs are told.

    python benchmarks/views.py FOLDER... --stones pictures.csv

FOLDER holds class folders; the table says which files show one stone (columns file and stone, or file and listing, the
files as they end). Every set of two or three photographs of a stone is pooled, up to --most of each stone, and each
stone counts once. Where a class is deeper than the model's labels, as opals by their field, the label above it counts.

Contradictions: pairs of photographs of one stone, pairs of a picture and a copy that is turned by a quarter and re-lit,
and pairs of pictures of different families; in which share each is said to contradict itself.
"""

import argparse
import csv
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, islice
from pathlib import Path

import numpy as np

from gemhier import Bundle, Failure, load_bundle
from gemhier.arrays import RGB, Float64
from gemhier.hierarchy.intervals import bootstrap_mean
from gemhier.hierarchy.labels import route
from gemhier.models.bundle.multi_view import contradictions, pool
from gemhier.models.images.decode import read_image
from gemhier.pipeline.data.labelled_images import find_labelled
from gemhier.progress import progress

LIGHTS = ((1.15, 1.0, 0.8), (0.85, 0.97, 1.12))
"""Warm and cold light: what the channels of a copy are multiplied by."""


@dataclass(frozen=True, eq=False)
class Seen:
    """What the network says of N pictures in which a gem stands out, and of a copy of each."""

    labels: Sequence[str]
    stones: Sequence[str]
    probabilities: Float64
    of_copies: Float64


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--stones", type=Path, required=True, help="Table of which files show one stone.")
    parser.add_argument("--model", type=Path, help="Folder of the model; without it the shipped one.")
    parser.add_argument("--most", type=int, default=30, help="So many sets of photographs of a stone at most.")
    parser.add_argument("--pairs", type=int, default=500, help="So many pairs of different families.")
    arguments = parser.parse_args()
    bundle = load_bundle(arguments.model)
    seen = classified(bundle, arguments.folders, stones_in(arguments.stones))
    print(f"{len(seen.labels)} pictures of {len(set(seen.stones))} stones")
    several_views(bundle, seen, arguments.most)
    told_apart(bundle, seen, arguments.pairs)


def stones_in(table: Path) -> dict[str, str]:
    """Return the stone of each file that has one."""
    with table.open(encoding="utf-8", newline="") as stream:
        rows = [(row["file"], row.get("stone") or row.get("listing") or "") for row in csv.DictReader(stream)]
    return {file: stone for file, stone in rows if stone}


def classified(bundle: Bundle, folders: Sequence[Path], stones: dict[str, str]) -> Seen:
    """Let the network see the pictures and their copies."""
    images = []
    for image in find_labelled(folders, "test", bundle.taxonomy).images:
        label = next((node for node in reversed(route(image.label or "")) if node in bundle.space), None)
        if label is not None:
            images.append((image.image, label))
    names = [name for name, _ in images]
    generator = np.random.default_rng(0)
    labels, shown, rows, of_copies = [], [], [], []
    results = bundle.results(names)
    copies = bundle.results(relit(read_image(Path(name)), LIGHTS[generator.integers(2)]) for name in names)
    with progress(zip(images, results, copies, strict=True), "Classifying", length=len(images)) as bar:
        for (name, label), result, copy in bar:
            if isinstance(result, Failure) or isinstance(copy, Failure) or result.crop.score < bundle.finder.threshold:
                continue
            parts = Path(name).parts
            stone = next((stones[end] for end in ("/".join(parts[-3:]), "/".join(parts[-2:])) if end in stones), name)
            labels.append(label)
            shown.append(stone)
            rows.append(result.probabilities[bundle.info.strategy])
            of_copies.append(copy.probabilities[bundle.info.strategy])
    return Seen(labels, shown, np.array(rows), np.array(of_copies))


def relit(image: RGB, light: tuple[float, float, float]) -> RGB:
    """Return a picture turned by a quarter, in other light."""
    return np.ascontiguousarray(np.rot90(np.clip(image * np.array(light), 0, 255).astype(np.uint8)))


def several_views(bundle: Bundle, seen: Seen, most: int) -> None:
    """Print how often one, two and three photographs of the same stones are right."""
    of_stone = defaultdict(list)
    for row, stone in enumerate(seen.stones):
        of_stone[stone].append(row)
    for least in (2, 3):
        chosen = {stone: rows for stone, rows in of_stone.items() if len(rows) >= least}
        if not chosen:
            continue
        print(f"\n{len(chosen)} stones with {least} photographs or more\n| photographs | top-1 | top-3 | family |")
        print("| --- | --- | --- | --- |")
        for views in range(1, least + 1):
            hits = []
            for rows in chosen.values():
                sets = list(islice(combinations(rows, views), most))
                hits.append(np.mean([scored(bundle, seen, found) for found in sets], axis=0))
            columns = np.array(hits).reshape(-1, 3)
            print(f"| {views} | {' | '.join(interval(columns[:, column]) for column in range(3))} |")


def scored(bundle: Bundle, seen: Seen, rows: Sequence[int]) -> tuple[bool, bool, bool]:
    """Return whether label and family are right, and the label is among the first three, by several photographs."""
    pooled = pool(seen.probabilities[list(rows)])
    label = seen.labels[rows[0]]
    order = [bundle.space.labels[column] for column in np.argsort(-pooled)[:3]]
    families = np.bincount(bundle.space.parents, weights=pooled)
    family = bundle.space.families[int(families.argmax())]
    return order[0] == label, label in order, family == label.partition("/")[0]


def told_apart(bundle: Bundle, seen: Seen, most: int) -> None:
    """Print the share of pairs of pictures that are said to contradict each other."""
    of_family = bundle.space.membership[:, : len(bundle.space.families)]
    families, of_copies = seen.probabilities @ of_family, seen.of_copies @ of_family
    everything = list(combinations(range(len(seen.labels)), 2))
    same = [(one, other) for one, other in everything if seen.stones[one] == seen.stones[other]]
    different = [
        (one, other)
        for one, other in everything
        if seen.labels[one].partition("/")[0] != seen.labels[other].partition("/")[0]
    ]
    drawn = np.random.default_rng(0).permutation(len(different))[:most]
    print("\n| pairs | how many | contradict each other |\n| --- | --- | --- |")
    for name, pairs in (
        ("photographs of one stone", [families[list(pair)] for pair in same]),
        ("a picture and a copy, turned and re-lit", list(np.stack([families, of_copies], axis=1))),
        ("different families", [families[list(different[place])] for place in drawn]),
    ):
        found = [bool(contradictions(pair)) for pair in pairs]
        print(f"| {name} | {len(found)} | {np.mean(found) if found else float('nan'):.3f} |")


def interval(values: Float64) -> str:
    """Return a mean over stones with its 95% interval."""
    found = bootstrap_mean(values, np.arange(len(values)))
    return f"{values.mean():.3f} ({found.low:.3f} to {found.high:.3f})"


if __name__ == "__main__":
    main()
