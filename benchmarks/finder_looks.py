"""What each look of the stone finder is worth, in time and in right answers.

    python benchmarks/finder_looks.py FOLDER... --model bundle

FOLDER is one of class folders, or what `gemhier prepare` wrote, of which it takes the test. Each way classifies the
same pictures on one core. Says for each how many looks and how much processor time (medians) finding and outlining
take, on how many pictures the first name changes, and how many points more or fewer of the first names, and of the
first three, are right, with intervals of 95% (bootstrap over stones).
"""

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
import numpy as np

os.environ["OMP_NUM_THREADS"] = "1"

import cv2

from gemhier.arrays import RGB, Bytes, Float32
from gemhier.errors import ImageError
from gemhier.models.bundle import load_bundle
from gemhier.models.images import finder as finding
from gemhier.models.images.crop import Box, crop_stone, mask_background
from gemhier.models.images.decode import read_image
from gemhier.models.images.finder import Finder, Stone
from gemhier.pipeline.data.labelled_images import find_labelled
from gemhier.pipeline.evaluation.estimates import mean

BEFORE = "again below 0.45 in any case"

WAYS: Mapping[str, tuple[float, bool]] = {
    BEFORE: (0.45, False),
    "again below 0.35 where it is sure": (0.35, False),
    "again below 0.25 where it is sure": (0.25, False),
    "not again where it is sure": (0.0, False),
    "outlined by the look that found it": (0.45, True),
}
"""Below which share of the view a sure stone is looked at again, and whether the outline needs no look of its own."""


class Looking(Finder):
    """A finder that remembers its looks at one picture."""

    looks: list[tuple[Box, Float32]]

    def _look(self, image: RGB, view: Box) -> tuple[Float32, float, Float32]:
        maps, present, features = super()._look(image, view)
        self.looks.append((view, maps))
        return maps, present, features

    def cut_by_look(self, image: RGB, box: Box, size: int) -> Bytes:
        """Cut a stone out as `cut` does, with the outline from the nearest look in which all of it was seen."""
        middle = box.x + box.side / 2, box.y + box.side / 2
        reach = box.side / (2 * (1 + 2 * finding.MARGIN))
        near = [(view, maps) for view, maps in self.looks if _holds(view, middle, 0.95 * reach)]
        view, maps = min(near, key=lambda look: look[0].side, default=(box, np.zeros((1, 1, 2), np.float32)))
        parts = self._parts_of(maps, 1.0) if near else []
        if not parts:
            return self.cut(image, box, size)
        scale = view.side / self._map_side
        at = (middle[0] - view.x) / scale, (middle[1] - view.y) / scale
        mine = min(
            parts, key=lambda part: np.hypot((part.left + part.right) / 2 - at[0], (part.top + part.bottom) / 2 - at[1])
        )
        stone = maps[..., 0] * cv2.dilate(mine.mine, np.ones((3, 3), np.uint8))
        step = box.side / size / scale
        to_look = [
            [step, 0, (box.x - view.x) / scale + step / 2 - 0.5],
            [0, step, (box.y - view.y) / scale + step / 2 - 0.5],
        ]
        inverse = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        enlarged = cv2.warpAffine(stone, np.array(to_look, np.float32), (size, size), flags=inverse)
        outline = np.asarray(255 * np.clip((enlarged - 0.3) / 0.4, 0, 1), np.uint8)
        return np.asarray(cv2.merge([crop_stone(image, box, size), outline]), np.uint8)


def _holds(view: Box, middle: tuple[float, float], reach: float) -> bool:
    starts = (view.x, view.y)
    return all(
        start <= at - reach and at + reach <= start + view.side for start, at in zip(starts, middle, strict=True)
    )


def found(finder: Looking, image: RGB, size: int, way: tuple[float, bool]) -> tuple[Bytes, int, float]:
    """Return the crop of a picture's stone, the number of looks and the milliseconds of the processor."""
    finding.FILLED_IF_SURE = way[0]
    finder.looks = []
    began = time.process_time()
    stone: Stone = finder.find_best(image)
    cut = (finder.cut_by_look if way[1] else finder.cut)(image, stone.box, size)
    return mask_background(cut), len(finder.looks), 1e3 * (time.process_time() - began)


def right(names: Sequence[str], label: str) -> bool:
    """Whether one of the names is the label or more exact."""
    return any(name == label or name.startswith(f"{label}/") for name in names)


@click.command()
@click.argument("folders", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option("--model", help="A bundle; without it, the one in use.")
def main(folders: tuple[Path, ...], model: str | None) -> None:
    """Classify the pictures in FOLDERS in each way."""
    cv2.setNumThreads(1)
    bundle = load_bundle(model, num_threads=1)
    finder = Looking(bundle.finder.content or b"", threshold=bundle.finder.threshold, num_threads=1)
    names: dict[str, list[list[str]]] = {way: [] for way in WAYS}
    costs: dict[str, list[tuple[int, float]]] = {way: [] for way in WAYS}
    labels: list[str] = []
    groups: list[str] = []
    for one in find_labelled(folders, "test", bundle.taxonomy).images:
        try:
            image = read_image(Path(one.image))
        except ImageError:
            continue
        if one.label is None:
            continue
        labels.append(one.label)
        groups.append(one.group)
        for name, way in WAYS.items():
            crop, *cost = found(finder, image, bundle.info.size, way)
            row = bundle.probabilities(crop[None]).by_strategy[bundle.info.strategy][0]
            names[name].append([bundle.space.labels[column] for column in np.argsort(-row, kind="stable")[:3]])
            costs[name].append((int(cost[0]), float(cost[1])))
    click.echo(f"{len(labels)} pictures")
    for name in WAYS:
        looks, milliseconds = np.mean([count for count, _ in costs[name]]), np.median([took for _, took in costs[name]])
        changed = np.mean([mine[0] != before[0] for mine, before in zip(names[name], names[BEFORE], strict=True)])
        gains = " ".join(_gain(names[name], names[BEFORE], labels, groups, first) for first in (1, 3))
        click.echo(f"{name:36} {looks:5.2f} looks {milliseconds:6.1f} ms {100 * changed:5.1f}% changed{gains}")


def _gain(
    mine: Sequence[Sequence[str]],
    before: Sequence[Sequence[str]],
    labels: Sequence[str],
    groups: Sequence[str],
    first: int,
) -> str:
    def hits(ranked: Sequence[Sequence[str]]) -> list[int]:
        return [int(right(names[:first], label)) for names, label in zip(ranked, labels, strict=True)]

    now, then = np.array(hits(mine)), np.array(hits(before))
    gain = mean(now - then, groups)
    interval = "" if gain.low is None or gain.high is None else f" ({100 * gain.low:+.1f} to {100 * gain.high:+.1f})"
    return f"  top-{first} {100 * now.mean():.1f}%, {100 * (now - then).mean():+.1f}{interval}"


if __name__ == "__main__":
    main()
