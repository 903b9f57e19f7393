"""What an audit found, and the tables it is written as."""

import json
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from gemhier.models.images.finder import STONE_THRESHOLD
from gemhier.pipeline.data_quality.shared_names import SharedNames
from gemhier.pipeline.data_quality.wrong_labels import Suspect
from gemhier.pipeline.duplicates.search import KINDS, Match, groups
from gemhier.spreadsheet import csv_text

FORMAT = "gemhier-audit"


@dataclass(frozen=True)
class AuditedImage:
    """A picture file, and where it stands.

    Attributes:
        image: its path, as it was given or as it was found in a folder.
        label: its class, as its folder or the manifest names it.
        split: such as train or test; "" if it is in none.
        score: how sure the stone finder was that it is a gem; None if it has not looked at it.
        stone_threshold: from which score of that finder on it is one.
    """

    image: Path
    label: str
    split: str
    score: float | None = None
    stone_threshold: float = STONE_THRESHOLD


@dataclass(frozen=True)
class NoGem:
    """A picture in which no gem stands out.

    Attributes:
        image: its index among the audited pictures.
        score: how sure the stone finder is that it sees a gem, from 0 to 1.
    """

    image: int
    score: float


@dataclass(frozen=True)
class LabelIssues:
    """What a model says against labels and pictures.

    Attributes:
        by: the model's version, or the name of a file of predictions; "" if no model was asked.
        asked_now: whether a bundle was asked, which may have learned from the same pictures.
        judged: how many pictures' labels could be suspected.
        suspects: labels that may be wrong, the worst first.
        stone_threshold: pictures with a lower score show no gem; the highest, if several finders have looked.
        scored: how many pictures the stone finder has a score for.
        no_gems: the pictures that show no gem, the lowest score first.
    """

    by: str = ""
    asked_now: bool = False
    judged: int = 0
    suspects: tuple[Suspect, ...] = ()
    stone_threshold: float = 0.0
    scored: int = 0
    no_gems: tuple[NoGem, ...] = ()


@dataclass(frozen=True)
class Unreadable:
    """A file that cannot be read as a picture, and why."""

    image: Path
    reason: str


@dataclass(frozen=True)
class Leak:
    """How many pictures of one split have a copy in another."""

    split: str
    other: str
    pictures: int


@dataclass(frozen=True)
class Audit:
    """What was found.

    Attributes:
        images: all that can be read, in the order of the sources.
        unreadable: the files that cannot.
        matches: the copies; their indices are those of `images`.
        judgement: what a model says against labels and pictures.
        listings: what lists of links and crawls say about their labels.
    """

    images: tuple[AuditedImage, ...]
    unreadable: tuple[Unreadable, ...]
    matches: tuple[Match, ...]
    judgement: LabelIssues = LabelIssues()
    listings: tuple[SharedNames, ...] = ()

    @cached_property
    def group_sizes(self) -> tuple[int, ...]:
        """How many pictures are in each group of copies, however chained, the largest first."""
        numbers = groups([(match.first, match.second) for match in self.matches], len(self.images))
        return tuple(sorted((size for size in Counter(numbers).values() if size > 1), reverse=True))

    @cached_property
    def splits(self) -> dict[str, int]:
        """How many pictures are in each split, in the order of their first pictures."""
        return dict(Counter(image.split for image in self.images))

    def across_splits(self, match: Match) -> bool:
        """Whether the two are in different splits; a picture in no split is not."""
        first, second = self.images[match.first].split, self.images[match.second].split
        return bool(first and second) and first != second

    def within_split(self, match: Match) -> bool:
        """Whether the two are in the same split; pictures in no split are not."""
        return self.images[match.first].split == self.images[match.second].split != ""

    def across_classes(self, match: Match) -> bool:
        """Whether the two are in different classes."""
        return self.images[match.first].label != self.images[match.second].label

    def leaks(self) -> tuple[Leak, ...]:
        """How many pictures of each split have a copy in each other split, the fewest pictures of a split first."""
        leaking: dict[tuple[str, str], set[int]] = {}
        for match in filter(self.across_splits, self.matches):
            for own, other in ((match.first, match.second), (match.second, match.first)):
                splits = (self.images[own].split, self.images[other].split)
                leaking.setdefault(splits, set()).add(own)
        found = [Leak(split, other, len(images)) for (split, other), images in leaking.items()]
        return tuple(sorted(found, key=lambda leak: (self.splits[leak.split], leak.split, leak.other)))

    def shared_classes(self) -> tuple[tuple[str, str, int], ...]:
        """Which two classes have copies of the same pictures, and how many pairs; the most first."""
        shared = Counter(
            tuple(sorted((self.images[match.first].label, self.images[match.second].label)))
            for match in self.matches
            if self.across_classes(match)
        )
        return tuple((first, second, pairs) for (first, second), pairs in sorted(shared.items(), key=_most_first))

    def to_json(self) -> str:
        """Write the counts and the unreadable files as JSON."""
        return json.dumps(
            {
                "format": FORMAT,
                "pictures": len(self.images),
                "classes": len({image.label for image in self.images}),
                "splits": self.splits,
                "unreadable": [{"image": str(file.image), "reason": file.reason} for file in self.unreadable],
                "pairs": len(self.matches),
                "groups": len(self.group_sizes),
                "pictures_with_copies": sum(self.group_sizes),
                "largest_group": max(self.group_sizes, default=0),
                "within_split": sum(map(self.within_split, self.matches)),
                "across_splits": sum(map(self.across_splits, self.matches)),
                "within_class": len(self.matches) - sum(map(self.across_classes, self.matches)),
                "across_classes": sum(map(self.across_classes, self.matches)),
                "kinds": {kind: self.counts(kind) for kind in KINDS},
                "leaks": [vars(leak) for leak in self.leaks()],
                "shared_classes": [
                    {"first": first, "second": second, "pairs": pairs} for first, second, pairs in self.shared_classes()
                ],
                **self._judgement(),
                "listings": [listing.to_dict() for listing in self.listings],
            },
            indent=2,
            ensure_ascii=False,
        )

    def to_csv(self) -> str:
        """Write the pairs as CSV, one a row."""
        rows: list[list[object]] = [["first", "second", "kind", "distance"]]
        for match in self.matches:
            first, second = self.images[match.first].image, self.images[match.second].image
            rows.append([first, second, match.kind, f"{match.distance:.4f}"])
        return csv_text(rows)

    def _judgement(self) -> dict[str, Any]:
        judgement = self.judgement
        return {
            "judged_by": judgement.by,
            "judged": judgement.judged,
            "may_have_learned_from_them": judgement.asked_now,
            "suspected_labels": [
                {
                    "image": str(self.images[suspect.image].image),
                    "given": suspect.given,
                    "suggested": suspect.suggested,
                    "given_probability": round(suspect.given_probability, 6),
                    "suggested_probability": round(suspect.suggested_probability, 6),
                }
                for suspect in judgement.suspects
            ],
            "stone_threshold": judgement.stone_threshold,
            "looked_for_gems": judgement.scored,
            "no_gem": [
                {"image": str(self.images[found.image].image), "score": round(found.score, 4)}
                for found in judgement.no_gems
            ],
        }

    def counts(self, kind: str) -> dict[str, int]:
        """How many pairs of one kind there are, and how they lie."""
        matches = [match for match in self.matches if match.kind == kind]
        return {
            "pairs": len(matches),
            "within_split": sum(map(self.within_split, matches)),
            "across_splits": sum(map(self.across_splits, matches)),
            "within_class": len(matches) - sum(map(self.across_classes, matches)),
            "across_classes": sum(map(self.across_classes, matches)),
        }


def _most_first(item: tuple[tuple[str, ...], int]) -> tuple[int, tuple[str, ...]]:
    return -item[1], item[0]
