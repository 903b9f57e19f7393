"""Sets of pictures from elsewhere, which the networks of a trial are asked about beside the data's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np

from gemhier.errors import DataError
from gemhier.hierarchy.labels import LabelSpace
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.pipeline.data.crops import load_crops
from gemhier.pipeline.data.labelled_images import LabelledImage, find_labelled
from gemhier.pipeline.data.manifest import Manifest, is_data_folder, read_manifest, require_images
from gemhier.pipeline.data.other_finder import found_rows
from gemhier.pipeline.data.split import grouped_folds
from gemhier.pipeline.experiments.answers import Elsewhere
from gemhier.pipeline.training.cross_validation import Others


@dataclass(frozen=True)
class FurtherImages:
    """The pictures of a folder that show what the networks can name.

    Attributes:
        name: of the folder.
        images: all with a label of the space.
        left_out: how many others there are.
    """

    name: str
    images: tuple[LabelledImage, ...]
    left_out: int

    @property
    def labels(self) -> tuple[str, ...]:
        """(M,) node ids."""
        return tuple(image.label or "" for image in self.images)

    @property
    def groups(self) -> tuple[str, ...]:
        """(M,) the same for pictures of one stone."""
        return tuple(image.group for image in self.images)

    def found_by(self, manifest: Manifest, folds: int, seed: int) -> Elsewhere:
        """Return them cut out as the pictures of a data set are, each with the fold whose network counts for it.

        Args:
            manifest: the data, with the finder of an arm.
            folds: how many folds every arm answers.
            seed: of the division of the stones among these.

        Raises:
            DataError: if a picture is missing, or the data learns from one of them.
            ImageError: if one cannot be read.
        """
        finder, cache = manifest.finder, manifest.folder / "crops"
        rows = found_rows(self.images, finder)
        learned = {row.sha256 for row in manifest.learnable}
        if known := [row.image for row in rows if row.sha256 in learned]:
            raise DataError(
                f"{self.name}: {len(known)} of its pictures are among those of {manifest.folder} that are learned "
                f"from, such as {known[0]}. Leave them out."
            )
        cut = [finder.digest, *((row.sha256, row.x, row.y, row.side) for row in rows)]
        return Elsewhere(
            others=Others(lambda size: load_crops(rows, size, finder, cache), sha256(repr(cut).encode()).hexdigest()),
            truth=np.array([manifest.label_space.index(label) for label in self.labels], dtype=np.intp),
            folds=grouped_folds(self.labels, self.groups, min(folds, len(set(self.groups))), seed),
        )


def read_elsewhere(folders: Sequence[Path], space: LabelSpace, taxonomy: Taxonomy) -> tuple[FurtherImages, ...]:
    """List the pictures of folders without opening any.

    Args:
        folders: class folders, or folders that `gemhier prepare` wrote, whose pictures of all splits are taken.
        space: the labels that networks can name.
        taxonomy: tells what the class names mean.

    Raises:
        DataError: if a folder does not fit or shows nothing that can be named, or two have one name.
    """
    found: list[FurtherImages] = []
    for folder in folders:
        name = folder.resolve().name
        if name in [other.name for other in found]:
            raise DataError(f"{folder}: there are two folders called {name}. Rename one: results go by the name.")
        images = _labelled(folder, taxonomy)
        named = tuple(image for image in images if image.label in space)
        if len({image.group for image in named}) < 2:
            raise DataError(
                f"{folder}: {len(named)} of its {len(images)} pictures show what the data has, of fewer than two "
                "stones. Leave it out."
            )
        found.append(FurtherImages(name, named, len(images) - len(named)))
    return tuple(found)


def _labelled(folder: Path, taxonomy: Taxonomy) -> Sequence[LabelledImage]:
    if not is_data_folder(folder):
        return find_labelled([folder], "test", taxonomy).images
    rows = read_manifest(folder).rows
    require_images(rows)
    return [LabelledImage(row.image, row.label_given, row.label, row.group, row.source) for row in rows]
