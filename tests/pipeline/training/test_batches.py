from itertools import chain

import numpy as np
import pytest

from gemhier.hierarchy.labels import LabelSpace
from gemhier.models.augment.augmentation import Augmentation
from gemhier.models.augment.camera import Camera
from gemhier.models.images.crop import BACKGROUND
from gemhier.pipeline.training.batches import steps_per_epoch, targets, training_batches
from gemhier.pipeline.training.class_balance import Copies
from gemhier.pipeline.training.machines import Share

SPACE = LabelSpace(("beryl/emerald", "corundum/ruby", "corundum/sapphire"))
STILL = Augmentation(turn=0, zoom=0, shift=0, camera=Camera(untouched=1), outline=0, bare=0)


def crops(count: int) -> np.ndarray:
    """Stones whose colour is their number; their upper rows are backdrop."""
    cuts = np.broadcast_to(np.arange(count, dtype=np.uint8)[:, None, None, None], (count, 16, 16, 4)).copy()
    cuts[..., 3] = 255
    cuts[:, :2, :, 3] = 0
    return cuts


def test_each_head_gets_its_own_columns() -> None:
    wanted = targets(np.array([2, 0, 1]), SPACE, ("family", "regional"))
    assert list(wanted) == ["family", "regional"]
    assert wanted["family"].tolist() == [1, 0, 1]
    assert wanted["regional"].tolist() == [2, 0, 1]


def test_every_picture_comes_once_with_its_own_target() -> None:
    truth = np.arange(21) % 3
    batches = training_batches(
        crops(21), targets(truth, SPACE, ("flat",)), batch=4, augmentation=STILL, seed=0, steps=range(6)
    )
    seen, sizes = {}, []
    for images, wanted in batches:
        sizes.append(len(images))
        assert images.dtype == "uint8"
        assert images.shape[1:] == (16, 16, 3)
        for image, column in zip(images.numpy(), wanted["flat"].numpy(), strict=True):
            seen[int(image[8, 8, 0])] = int(column)
    assert seen == {number: number % 3 for number in range(21)}
    assert sizes == [4, 4, 4, 3, 3, 3]
    assert [steps_per_epoch(count, 4) for count in (1, 20, 21)] == [1, 5, 6]


def test_the_order_changes_from_epoch_to_epoch_and_is_the_same_for_the_same_seed() -> None:
    def orders(seed: int) -> list[list[int]]:
        batches = training_batches(
            crops(30),
            targets(np.zeros(30, np.intp), SPACE, ("flat",)),
            batch=15,
            augmentation=STILL,
            seed=seed,
            steps=range(4),
        )
        seen = [int(value) for images, _ in batches for value in images.numpy()[:, 8, 8, 0]]
        return [seen[:30], seen[30:]]

    first, second = orders(1)
    assert first != second
    assert sorted(first) == sorted(second) == list(range(30))
    assert orders(1) == [first, second]
    assert orders(2)[0] != first


@pytest.mark.parametrize("seed", [0, 5])
def test_pictures_are_changed_on_the_way(seed: int) -> None:
    half_dark = np.full((8, 16, 16, 4), 255, np.uint8)
    half_dark[..., :8, :3] = 0
    wanted = targets(np.zeros(8, np.intp), SPACE, ("flat",))
    ((images, _),) = list(
        training_batches(half_dark, wanted, batch=8, augmentation=Augmentation(), seed=seed, steps=range(1))
    )
    different = {image.tobytes() for image in images.numpy()}
    assert len(different) == 8


def test_the_backdrop_is_covered_where_the_outline_came_to_lie() -> None:
    wanted = targets(np.zeros(24, np.intp), SPACE, ("flat",))
    ((images, _),) = list(training_batches(crops(24), wanted, batch=24, augmentation=STILL, seed=1, steps=range(1)))
    sides = {tuple(bool(np.all(edge == BACKGROUND)) for edge in (image[0], image[-1])) for image in images.numpy()}
    assert sides == {(True, False), (False, True)}  # as it was, and mirrored


def epochs(seed: int, steps: range) -> list[bytes]:
    wanted = targets(np.zeros(12, np.intp), SPACE, ("flat",))
    batches = training_batches(crops(12), wanted, batch=6, augmentation=Augmentation(), seed=seed, steps=steps)
    return [images.numpy().tobytes() for images, _ in batches]


def test_the_same_seed_changes_the_pictures_in_the_same_way() -> None:
    assert epochs(3, range(4)) == epochs(3, range(4))
    assert len(set(epochs(3, range(4)) + epochs(4, range(4)))) == 8


def test_what_is_taken_up_again_sees_what_it_would_have_seen() -> None:
    assert epochs(3, range(4))[2:] == epochs(3, range(2, 4))


def test_the_shares_of_all_machines_are_the_whole_batches() -> None:
    def batches(share: Share | None) -> list[tuple[list[bytes], list[int]]]:
        wanted = targets(np.arange(11), LabelSpace(tuple(f"gem/{number:02}" for number in range(11))), ("flat",))
        found = training_batches(
            crops(11), wanted, batch=6, augmentation=Augmentation(), seed=1, steps=range(1, 4), share=share
        )
        return [([image.tobytes() for image in images.numpy()], list(of["flat"].numpy())) for images, of in found]

    one, other = batches(Share(range(2), 3)), batches(Share(range(2, 3), 3))
    assert [len(shown) for shown, _ in one] == [2] * 6
    parts = [part for step in range(3) for part in (*one[2 * step : 2 * step + 2], other[step])]
    joined = [
        tuple(list(chain.from_iterable(column)) for column in zip(*parts[first : first + 3], strict=True))
        for first in (0, 3, 6)
    ]
    assert joined == batches(None)


def test_copies_are_turned_and_keep_their_targets() -> None:
    corner = np.zeros((3, 16, 16, 4), np.uint8)
    corner[..., 3] = 255
    corner[:, :4, :8, :3] = np.array([50, 100, 150], np.uint8)[:, None, None, None]
    copies = Copies(np.array([0, 2, 2]), np.array([0, 0, 4]))  # the second is left out, the third comes upside down too
    for epoch in range(2):
        batches = training_batches(
            corner,
            targets(np.arange(3), SPACE, ("flat",)),
            batch=2,
            augmentation=STILL,
            seed=0,
            steps=range(2 * epoch, 2 * epoch + 2),
            copies=copies,
        )
        seen = [
            (int(column), int(image.max()), bool(image[:4].max() > image[-4:].max()))
            for images, wanted in batches
            for image, column in zip(images.numpy(), wanted["flat"].numpy(), strict=True)
        ]
        assert sorted(found[:2] for found in seen) == [(0, 50), (2, 150), (2, 150)]
