from collections import Counter, defaultdict
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemhier.pipeline.data.split import OFFICIAL, assign_splits, grouped_folds

Images = tuple[list[str], list[str], list[str]]


@st.composite
def images(draw: st.DrawFn, official: tuple[str, ...] = OFFICIAL) -> Images:
    """Labels, groups and official splits of up to 40 pictures, with groups across labels and splits."""
    rows = draw(
        st.lists(
            st.tuples(st.sampled_from("abcde"), st.integers(0, 15), st.sampled_from(official)), min_size=1, max_size=40
        )
    )
    return [label for label, _, _ in rows], [f"g{group}" for _, group, _ in rows], [split for _, _, split in rows]


shares = st.sampled_from([None, 0.0, 0.1, 0.4])


@given(images(), shares, shares, st.integers(0, 3))
def test_no_group_is_in_two_splits(
    rows: Images, validation_share: float | None, test_share: float | None, seed: int
) -> None:
    labels, groups, official = rows
    splits = assign_splits(
        labels, groups, official, validation_share=validation_share, test_share=test_share, seed=seed
    )
    found: dict[str, set[str]] = defaultdict(set)
    for group, split in zip(groups, splits, strict=True):
        if split not in ("leaking", "unused"):
            found[group].add(split)
    assert all(len(splits) == 1 for splits in found.values())


@given(images())
def test_every_picture_is_assigned_and_official_ones_stay_or_are_set_aside(rows: Images) -> None:
    labels, groups, official = rows
    allowed = {
        "": {"train", "validation", "test", "unused"},
        "train": {"train", "validation", "test"},
        "validation": {"validation", "unused"},
        "test": {"test", "leaking"},
    }
    splits = assign_splits(labels, groups, official)
    assert len(splits) == len(labels)
    assert all(split in allowed[given_split] for split, given_split in zip(splits, official, strict=True))


@given(images())
def test_an_official_test_picture_leaks_exactly_if_its_group_has_an_official_training_picture(rows: Images) -> None:
    labels, groups, official = rows
    trained = {group for group, split in zip(groups, official, strict=True) if split == "train"}
    splits = assign_splits(labels, groups, official)
    for group, given_split, split in zip(groups, official, splits, strict=True):
        if given_split == "test":
            assert (split == "leaking") == (group in trained)


@given(images(), st.integers(0, 3), st.randoms())
def test_the_order_of_the_pictures_does_not_matter(rows: Images, seed: int, random: Random) -> None:
    order = list(range(len(rows[0])))
    random.shuffle(order)
    splits = assign_splits(*rows, seed=seed)
    shuffled = assign_splits(*([column[index] for index in order] for column in rows), seed=seed)
    assert shuffled == tuple(splits[index] for index in order)


@given(images(official=("", "train")), shares, shares)
def test_every_label_keeps_a_training_picture(
    rows: Images, validation_share: float | None, test_share: float | None
) -> None:
    labels, groups, official = rows
    splits = assign_splits(labels, groups, official, validation_share=validation_share, test_share=test_share)
    trained = {label for label, split in zip(labels, splits, strict=True) if split == "train"}
    assert trained == set(labels)


@given(images(), st.integers(2, 6), st.integers(0, 3))
def test_no_group_is_in_two_folds(rows: Images, folds: int, seed: int) -> None:
    labels, groups, _ = rows
    folds = min(folds, len(set(groups)))
    if folds < 2:
        return
    fold_of = grouped_folds(labels, groups, folds, seed)
    assert set(fold_of) <= set(range(folds))
    assert len(set(zip(groups, fold_of, strict=True))) == len(set(groups))
    assert np.array_equal(fold_of, grouped_folds(labels, groups, folds, seed))


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 4)), min_size=2, max_size=20), st.integers(2, 6))
def test_a_label_with_two_groups_of_its_own_can_be_trained_on_beside_every_fold(
    stones: list[tuple[str, int]], folds: int
) -> None:
    folds = min(folds, len(stones))
    labels = [label for label, views in stones for _ in range(views)]
    groups = [f"g{number}" for number, (_, views) in enumerate(stones) for _ in range(views)]
    fold_of = grouped_folds(labels, groups, folds)
    folds_of_label: dict[str, set[int]] = defaultdict(set)
    for label, fold in zip(labels, fold_of, strict=True):
        folds_of_label[label].add(int(fold))
    for label, count in Counter(label for label, _ in stones).items():
        assert len(folds_of_label[label]) >= min(count, 2)


def test_shares_come_out_right_over_many_small_labels() -> None:
    random = np.random.default_rng(1)
    labels = [f"label {number}" for number in range(90) for _ in range(random.integers(3, 40))]
    groups = [f"stone {number // 2}" if number % 5 < 2 else f"single {number}" for number in range(len(labels))]
    found = Counter(assign_splits(labels, groups, [""] * len(labels)))
    assert found["validation"] / len(labels) == pytest.approx(0.15, abs=0.01)
    assert found["test"] / len(labels) == pytest.approx(0.15, abs=0.01)


def test_each_label_comes_near_its_own_share() -> None:
    labels = ["common"] * 200 + ["rare"] * 20
    groups = [f"g{number}" for number in range(220)]
    splits = assign_splits(labels, groups, [""] * 220, validation_share=0.2, test_share=0.1)
    found = Counter(zip(labels, splits, strict=True))
    assert [found["common", split] for split in ("train", "validation", "test")] == [140, 40, 20]
    assert [found["rare", split] for split in ("train", "validation", "test")] == [14, 4, 2]


def test_folds_are_even_in_every_label() -> None:
    labels = ["common"] * 50 + ["rare"] * 10
    fold_of = grouped_folds(labels, [f"g{number}" for number in range(60)], 5)
    found = Counter(zip(labels, fold_of.tolist(), strict=True))
    assert {found["common", fold] for fold in range(5)} == {10}
    assert {found["rare", fold] for fold in range(5)} == {2}


def test_no_test_or_validation_is_drawn_where_there_is_an_official_one() -> None:
    labels = ["ruby"] * 42
    groups = [f"g{number}" for number in range(42)]
    assert "test" not in assign_splits(labels, groups, [""] * 41 + ["test"])[:41]
    assert "validation" not in assign_splits(labels, groups, [""] * 41 + ["validation"])[:41]
    drawn = assign_splits(labels, groups, [""] * 41 + ["test"], test_share=0.25)
    assert Counter(drawn)["test"] == 11


@pytest.mark.parametrize(
    ("official", "expected"),
    [
        (("test", "train"), ("leaking", "train")),
        (("test", "train", "", "validation"), ("leaking", "train", "train", "unused")),
        (("test", "", "validation"), ("test", "unused", "unused")),
        (("validation", ""), ("validation", "unused")),
        (("validation", "train"), ("unused", "train")),
    ],
)
def test_a_group_across_official_splits(official: tuple[str, ...], expected: tuple[str, ...]) -> None:
    assert assign_splits(["ruby"] * len(official), ["g"] * len(official), official) == expected


def test_another_seed_divides_otherwise() -> None:
    labels, groups = ["ruby"] * 40, [f"g{number}" for number in range(40)]
    assert assign_splits(labels, groups, [""] * 40, seed=1) != assign_splits(labels, groups, [""] * 40, seed=2)
    assert not np.array_equal(grouped_folds(labels, groups, 5, 1), grouped_folds(labels, groups, 5, 2))


def test_wrong_arguments() -> None:
    with pytest.raises(ValueError, match="equally long"):
        assign_splits(["ruby"], [], [""])
    with pytest.raises(ValueError, match="'holdout'"):
        assign_splits(["ruby"], ["g"], ["holdout"])
    with pytest.raises(ValueError, match="less than 1"):
        assign_splits(["ruby"], ["g"], [""], validation_share=0.5, test_share=0.5)
    with pytest.raises(ValueError, match="equally long"):
        grouped_folds(["ruby"], [], 2)
    with pytest.raises(ValueError, match="2 to 1"):
        grouped_folds(["ruby"], ["g"], 2)
