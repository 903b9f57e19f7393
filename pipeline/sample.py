"""Paint a small data set: photographs of stones that never were, in folders like a shop's.

Everything can be tried on it without a download: copies to find, stones with several views, labels
at several depths. What a model learns from it says nothing about real stones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from gemhier.arrays import Bytes
from gemhier.atomic import whole_folder
from gemhier.errors import OutputError
from gemhier.pipeline.synthetic.gems.image import SMALLEST, paint_stone
from gemhier.pipeline.synthetic.gems.looks import LOOKS
from gemhier.progress import map_with_progress

JPEG_QUALITY = 90

TEST_SHARE = 0.25
"""Share of each class's pictures that goes to the test folder, about."""

_VIEWS = (3, 2, 1, 4, 2, 1)  # of one stone after the other
_FIRST_CODE = 10_000


@dataclass(frozen=True, kw_only=True)
class SampleConfig:
    """Settings of a sample.

    Attributes:
        per_class: pictures of each class, at least 2; copies come on top.
        size: side of the pictures, in pixels.
        seed: another seed paints other stones, 0 or more.
        classes: names in `LOOKS`, at least one.
        copies: whether to add a few copies of other pictures, for `gemhier audit` to find.
    """

    per_class: int = 15
    size: int = 300
    seed: int = 0
    classes: tuple[str, ...] = tuple(LOOKS)
    copies: bool = True

    def __post_init__(self) -> None:
        unknown = [name for name in self.classes if name not in LOOKS]
        if unknown or not self.classes or len(set(self.classes)) < len(self.classes):
            raise ValueError(f"`classes` must be different names of {', '.join(LOOKS)}. Received: {self.classes}.")
        if self.per_class < 2 or self.size < SMALLEST or self.seed < 0:
            raise ValueError(
                f"`per_class` must be at least 2, `size` at least {SMALLEST} and `seed` at least 0. "
                f"Received: {self.per_class}, {self.size}, {self.seed}."
            )


TINY = SampleConfig(
    per_class=6, size=64, classes=("Aquamarine", "Colombian Emerald", "Ruby", "Turquoise"), copies=False
)
"""24 pictures in well under a second: three families, one of them with a variety and a region."""


@dataclass(frozen=True)
class SampleSummary:
    """What was painted.

    Attributes:
        folder: where it is.
        classes: number of classes.
        stones: number of stones.
        train: number of pictures to train with.
        test: number of pictures to test with.
        copies: how many of all pictures are copies.
    """

    folder: Path
    classes: int
    stones: int
    train: int
    test: int
    copies: int


@dataclass(frozen=True)
class _Shot:
    """One picture to paint: the file, and what `paint_stone` is told."""

    file: str
    look: str
    seed: int
    view: int


@dataclass(frozen=True)
class _Copy:
    """One copy to make of another file, and how it is changed."""

    file: str
    original: str
    kind: str


def paint_sample(folder: Path, config: SampleConfig | None = None) -> SampleSummary:
    """Paint a data set into a new folder, with a README.md that tells what is in it.

    After an error nothing is left behind. The same settings give the same pictures.

    Args:
        folder: a folder that is empty or does not exist; pictures will be
            `folder/train/<class>/<stone>-<view>.jpg`, and the same below `folder/test`.
        config: the settings; None for the usual ones.

    Raises:
        OutputError: if the folder holds something, or cannot be written.
    """
    config = config or SampleConfig()
    _check_free(folder)
    shots = _shots(config)
    copies = _copies(shots) if config.copies else ()
    with whole_folder(folder) as unfinished:
        _fill(unfinished, shots, copies, config)
    files = [shot.file for shot in shots] + [copy.file for copy in copies]
    return SampleSummary(
        folder=folder,
        classes=len(config.classes),
        stones=len({shot.seed for shot in shots}),
        train=sum(file.startswith("train/") for file in files),
        test=sum(file.startswith("test/") for file in files),
        copies=len(copies),
    )


def _check_free(folder: Path) -> None:
    try:
        if folder.is_dir():
            if any(folder.iterdir()):
                raise OutputError(f"{folder}: not empty. Name a new folder, or remove this one first.")
        elif folder.exists() or folder.is_symlink():
            raise OutputError(f"{folder}: a file, not a folder. Name a new folder.")
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written ({error.strerror}). Choose another folder.") from error


def _shots(config: SampleConfig) -> tuple[_Shot, ...]:
    """Every picture of the sample: stones with one to four views each, all of a stone in one split."""
    views_of_each = _views(config.per_class)
    wanted = round(TEST_SHARE * config.per_class)
    stones = [(look, views) for look in config.classes for views in views_of_each]
    random = np.random.default_rng([config.seed, 0])
    codes = _FIRST_CODE + random.permutation(len(stones))
    shots = []
    in_test = dict.fromkeys(config.classes, 0)
    position = dict.fromkeys(config.classes, 0)
    for (look, views), code in zip(stones, codes, strict=True):
        # The first stone is to train with; of the next ones, those that fit into the share are to test with.
        is_last = position[look] == len(views_of_each) - 1
        is_test = position[look] > 0 and (in_test[look] + views <= wanted or (is_last and not in_test[look]))
        seed = _seed(config.seed, list(LOOKS).index(look), position[look])
        position[look] += 1
        in_test[look] += views * is_test
        place = f"{'test' if is_test else 'train'}/{look}"
        shots += [_Shot(f"{place}/gp{code}-{view}.jpg", look, seed, view) for view in range(1, views + 1)]
    return tuple(shots)


def _views(images: int) -> list[int]:
    """How many views each stone of a class has; together they are so many pictures, of at least two stones."""
    views: list[int] = []
    left = images
    while left:
        most = left - 1 if not views else left
        views.append(min(_VIEWS[len(views) % len(_VIEWS)], most))
        left -= views[-1]
    return views


def _seed(*numbers: int) -> int:
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])


def _copies(shots: Sequence[_Shot]) -> tuple[_Copy, ...]:
    """One copy of each kind, of pictures of different classes, under codes of their own."""
    looks = list(dict.fromkeys(shot.look for shot in shots))
    trained = {look: next(s for s in shots if s.look == look and s.file.startswith("train/")) for look in looks}
    chosen = [trained[looks[index * len(looks) // 4]] for index in range(4)]
    another = looks[(looks.index(chosen[3].look) + 1) % len(looks)]
    places = [
        ("same bytes", f"train/{chosen[0].look}"),
        ("mirrored", f"test/{chosen[1].look}"),
        ("smaller, JPEG quality 60", f"test/{chosen[2].look}"),
        ("same bytes, under another class", f"train/{another}"),
    ]
    first = _FIRST_CODE + len({shot.seed for shot in shots})
    return tuple(
        _Copy(f"{place}/gp{first + index}-1.jpg", shot.file, kind)
        for index, ((kind, place), shot) in enumerate(zip(places, chosen, strict=True))
    )


def _fill(folder: Path, shots: Sequence[_Shot], copies: Sequence[_Copy], config: SampleConfig) -> None:
    def paint(shot: _Shot) -> None:
        image = paint_stone(shot.look, seed=shot.seed, view=shot.view, size=config.size)
        (folder / shot.file).write_bytes(encode_jpeg(image))

    for file in {shot.file for shot in shots} | {copy.file for copy in copies}:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
    for _ in map_with_progress(paint, shots, "Painting"):
        pass
    for copy in copies:
        original = (folder / copy.original).read_bytes()
        (folder / copy.file).write_bytes(_changed(original, copy.kind))
    (folder / "README.md").write_text(_readme(shots, copies, config), encoding="utf-8")


def encode_jpeg(image: Bytes, quality: int = JPEG_QUALITY) -> bytes:
    """Return a (H, W, 3) uint8 RGB picture as the bytes of a JPEG file."""
    _, data = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return data.tobytes()


def _changed(original: bytes, kind: str) -> bytes:
    """Return the bytes of a copy."""
    if kind.startswith("same bytes"):
        return original
    image = np.asarray(cv2.imdecode(np.frombuffer(original, np.uint8), cv2.IMREAD_COLOR_RGB), np.uint8)
    if kind == "mirrored":
        return encode_jpeg(image[:, ::-1])
    side = max(SMALLEST, len(image) * 4 // 5)
    return encode_jpeg(np.asarray(cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA), np.uint8), 60)


def _readme(shots: Sequence[_Shot], copies: Sequence[_Copy], config: SampleConfig) -> str:
    lines = [
        "# A painted sample",
        "",
        f"{len(shots)} pictures in {len(config.classes)} classes, painted by `gemhier sample` (seed {config.seed}, "
        f"{config.per_class} per class, {config.size} px).",
        "No stone here exists. What a model learns from them says nothing about real ones.",
        "",
        "`gp10023-2.jpg` is view 2 of stone gp10023. All views of a stone are in train or all in test.",
    ]
    if copies:
        lines += [
            "",
            "These pictures are copies, put here on purpose for `gemhier audit` to find:",
            "",
            "| copy | of | changed |",
            "| --- | --- | --- |",
            *(f"| {copy.file} | {copy.original} | {copy.kind} |" for copy in copies),
        ]
    return "\n".join(lines) + "\n"
