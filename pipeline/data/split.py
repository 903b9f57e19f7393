"""Divide pictures into train, validation and test, or into folds, without cutting a group apart.

A group is all near-copies of a picture and all photographs of a stone: in two splits, they would
let a network be tested on what it has seen. Labels are spread as evenly as the groups allow.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from gemhier.arrays import Indices

OFFICIAL = ("", "train", "validation", "test")
"""The split in which a source itself puts a picture; "" if it does not say."""

USUAL_SHARE = 0.15
"""Share of the pictures in validation, and in test, where no source has such a split of its own."""

_DRAWN = ("train", "validation", "test")

# Below a half, so that what rounding left over in one label never moves a whole picture in the next.
_MOST_CARRIED = 0.49


def assign_splits(
    labels: Sequence[str],
    groups: Sequence[str],
    official: Sequence[str],
    *,
    validation_share: float | None = None,
    test_share: float | None = None,
    seed: int = 0,
) -> tuple[str, ...]:
    """Put each picture into a split, so that no group is in two of train, validation and test.

    Official validation and test pictures stay where they are, unless their group has an official
    training picture: such a test picture is "leaking", such a validation picture "unused". A picture
    that is in no official split, or in the official validation, is "unused" if its group holds an
    official test picture (or, for the former, a validation picture). What remains is divided by
    chance, label by label, and every label in it keeps a training picture.

    The result depends on the seed and the groups' names, not on the order of the pictures.

    Args:
        labels: (N,) the label of each picture.
        groups: (N,) the group of each picture.
        official: (N,) one of `OFFICIAL` for each picture.
        validation_share: share of what is divided that goes to validation; by default `USUAL_SHARE`, or 0
            if there is an official validation.
        test_share: the same for the test.
        seed: another seed divides otherwise.

    Returns:
        (N,) train, validation, test, leaking or unused.

    Raises:
        ValueError: if the lengths differ, a split is unknown, or the shares leave nothing to train on.
    """
    if not len(labels) == len(groups) == len(official):
        raise ValueError(
            "`labels`, `groups` and `official` must be equally long. "
            f"Received: {len(labels)}, {len(groups)} and {len(official)}."
        )
    if unknown := set(official) - set(OFFICIAL):
        raise ValueError(f"`official` must hold only {OFFICIAL}. Received: {sorted(unknown)[0]!r}.")
    shares = (
        _share(validation_share, has_official="validation" in official),
        _share(test_share, has_official="test" in official),
    )
    if min(shares) < 0 or sum(shares) >= 1:
        raise ValueError(f"The shares must be 0 or more and add up to less than 1. Received: {shares}.")

    held = _official_split_of(groups, official)
    open_images = [
        index
        for index, group in enumerate(groups)
        if held.get(group, "train") == "train" and official[index] in ("", "train")
    ]
    drawn = _distribute(
        _labels_of(labels, groups, open_images),
        (1 - sum(shares), *shares),
        seed,
        fixed={group: 0 for group, split in held.items() if split == "train"},
        keep_in_first=True,
    )
    drawn_images = set(open_images)
    splits = []
    for index, group in enumerate(groups):
        if index in drawn_images:
            splits.append(_DRAWN[drawn[group]])
        elif official[index] == held[group]:
            splits.append(official[index])
        else:
            splits.append("leaking" if official[index] == "test" else "unused")
    return tuple(splits)


def grouped_folds(labels: Sequence[str], groups: Sequence[str], folds: int, seed: int = 0) -> Indices:
    """Put each picture into a fold for cross-validation, so that no group is in two folds.

    Labels are spread over the folds as evenly as the groups allow. A label with two groups or more,
    in none of which another label stands, is never all in one fold.

    Args:
        labels: (N,) the label of each picture.
        groups: (N,) the group of each picture.
        folds: how many folds, 2 or more.
        seed: another seed divides otherwise.

    Returns:
        (N,) the fold of each picture, 0 to `folds` - 1.

    Raises:
        ValueError: if the lengths differ or there are fewer groups than folds.
    """
    if len(labels) != len(groups):
        raise ValueError(f"`labels` and `groups` must be equally long. Received: {len(labels)} and {len(groups)}.")
    if not 2 <= folds <= len(set(groups)):
        raise ValueError(f"`folds` must be 2 to {len(set(groups))}, the number of groups. Received: {folds}.")
    fold_of = _distribute(_labels_of(labels, groups, range(len(labels))), (1 / folds,) * folds, seed)
    return np.array([fold_of[group] for group in groups], dtype=np.intp)


def _share(share: float | None, *, has_official: bool) -> float:
    if share is not None:
        return share
    return 0.0 if has_official else USUAL_SHARE


def _official_split_of(groups: Sequence[str], official: Sequence[str]) -> dict[str, str]:
    """Return the split that a group is bound to: where it has an official test or validation picture.

    An official training picture in the group binds it to the training.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for group, split in zip(groups, official, strict=True):
        found[group].add(split)
    return {
        group: next(split for split in ("train", "test", "validation") if split in splits)
        for group, splits in found.items()
        if splits & {"test", "validation"}
    }


def _labels_of(labels: Sequence[str], groups: Sequence[str], images: Sequence[int]) -> dict[str, Counter[str]]:
    """How often each label stands in each group."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for index in images:
        found[groups[index]][labels[index]] += 1
    return found


def _distribute(
    labels_of: Mapping[str, Counter[str]],
    shares: Sequence[float],
    seed: int,
    *,
    fixed: Mapping[str, int] | None = None,
    keep_in_first: bool = False,
) -> dict[str, int]:
    """Divide groups into subsets of given shares, each label as evenly as can be.

    Iterative stratification (Sechidis, Tsoumakas and Vlahavas, "On the stratification of multi-label
    data", ECML PKDD 2011) with groups in place of examples: the rarest label first, each group goes
    where it brings the label's counts nearest to those wanted, in the sense of chi-square. What
    rounding leaves over in one label is carried to the next, so that many small labels together come
    out even.

    Args:
        labels_of: the labels of each group, with the number of pictures.
        shares: (K,) the share of each subset; they sum to 1.
        seed: changes the order in which groups come.
        fixed: groups whose subset is already known.
        keep_in_first: whether every label must keep a group in the first subset.

    Returns:
        The subset of each group, 0 to K - 1.
    """
    weights = np.array(shares)
    groups_of: dict[str, list[str]] = defaultdict(list)
    totals: Counter[str] = Counter()
    for group in sorted(labels_of, key=lambda group: _chance(seed, group)):
        totals.update(labels_of[group])
        for label in labels_of[group]:
            groups_of[label].append(group)
    have = {label: np.zeros(len(weights)) for label in totals}
    hopes = {label: len(groups) for label, groups in groups_of.items()}  # groups not lost to the first subset
    subset_of: dict[str, int] = {}

    def put(group: str, subset: int) -> None:
        subset_of[group] = subset
        for label, count in labels_of[group].items():
            have[label][subset] += count
            hopes[label] -= subset != 0

    for group, subset in (fixed or {}).items():
        put(group, subset)
    carried = np.zeros(len(weights))
    for label in sorted(totals, key=lambda label: (totals[label], label)):
        wanted = totals[label] * weights
        for group in groups_of[label]:
            if group in subset_of:
                continue
            if keep_in_first and any(hopes[other] == 1 for other in labels_of[group]):
                put(group, 0)
                continue
            size = labels_of[group][label]
            lacking = wanted - have[label] + carried
            cost = np.full(len(weights), np.inf)
            np.divide(size * (size - 2 * lacking), wanted, out=cost, where=wanted > 0)
            put(group, int(np.argmin(cost)))
        carried = np.clip(carried + wanted - have[label], -_MOST_CARRIED, _MOST_CARRIED)
    return subset_of


def _chance(seed: int, group: str) -> bytes:
    """Return a random number that belongs to the group, so that the order of the pictures does not matter."""
    return hashlib.sha256(f"{seed} {group}".encode("utf-8", "surrogateescape")).digest()
