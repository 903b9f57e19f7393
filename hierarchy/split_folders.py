"""Which folders divide the pictures of a data set into training, validation and test: told by their names."""

import re
from collections.abc import Sequence

SPLIT_OF = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "dev": "validation",
    "devel": "validation",
    "development": "validation",
    "test": "test",
    "testing": "test",
    "eval": "test",
    "evaluation": "test",
    "holdout": "test",
    "heldout": "test",
}
"""Words for a split, in lower case, and the split. What is called eval is another's validation or test: nothing may be
learned from it, so it is the test."""

USUAL = frozenset({"train", "training", "val", "valid", "validation", "test", "testing"})
"""The words of which nobody needs to be told."""

_BESIDE = frozenset(
    {
        "set", "sets", "data", "dataset", "datasets", "split", "splits", "folder", "part", "sample", "samples",
        "image", "images", "img", "imgs", "picture", "pictures", "pic", "pics", "photo", "photos", "file", "files",
    }
)  # fmt: skip
"""Words beside one for a split that say nothing."""

_TOGETHER = re.compile(f"({'|'.join(SPLIT_OF)})({'|'.join([*SPLIT_OF, *sorted(_BESIDE)])})")


def split_of_folder(name: str) -> str:
    """Return train, validation or test if a folder's name means that alone, whatever is said beside it; else "".

    So do train, Training Data, train_images, TrainSet, val2017, dev, hold-out; but not trainval or my test.
    """
    words = _words(name)
    splits = {SPLIT_OF[word] for word in words if word in SPLIT_OF}
    return splits.pop() if len(splits) == 1 and all(word in SPLIT_OF or word in _BESIDE for word in words) else ""


def sounds_like_split(name: str) -> bool:
    """Whether a word for a split stands among others in a folder's name, so that it may be one or not."""
    return not split_of_folder(name) and any(word in SPLIT_OF for word in _words(name))


def split_and_classes(folders: Sequence[str]) -> tuple[int | None, tuple[str, ...]]:
    """Return which of nested folders, from the uppermost down, is that of a split, if any, and the others."""
    position = next((at for at, folder in enumerate(folders) if split_of_folder(folder)), None)
    if position is None:
        return None, tuple(folders)
    return position, (*folders[:position], *folders[position + 1 :])


def _words(name: str) -> list[str]:
    apart = re.sub("(?<=[a-z])(?=[A-Z])", " ", name)
    words = re.findall("[^\\W\\d_]+", re.sub("(?i)(?<![a-z])(hold|held)[\\s_-]+(?=out)", r"\1", apart).lower())
    found: list[str] = []
    for word in words:
        together = _TOGETHER.fullmatch(word)
        found += together.groups() if together else (word,)
    return found
