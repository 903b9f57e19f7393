"""Count the pictures of folders by the score of the stone finder.

    python benchmarks/finder_scores.py FOLDER... --lower 0.5

prints for each folder how many pictures show no gem by the threshold that the finder brings, and how many
of these would have shown one by the lower threshold.
"""

import argparse
from pathlib import Path

from gemhier.errors import ImageError
from gemhier.models.bundle.files import find_finder
from gemhier.models.images.decode import read_image
from gemhier.models.images.files import list_images
from gemhier.progress import map_with_progress


def main() -> None:
    """Print a line for each folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, help="Folders of pictures.")
    parser.add_argument("--lower", type=float, default=0.5, help="Another threshold to compare with.")
    parser.add_argument("--finder", type=Path, help="A finder or a bundle; without it, that of the bundle in use.")
    arguments = parser.parse_args()
    finder = find_finder(arguments.finder)

    def score(path: Path) -> float | None:
        try:
            return finder.find_best(read_image(path)).score
        except ImageError:
            return None

    for folder in arguments.folders:
        found = map_with_progress(score, list(list_images([folder])), str(folder))
        scores = [one for one in found if one is not None]
        below = sum(one < finder.threshold for one in scores)
        between = sum(arguments.lower <= one < finder.threshold for one in scores)
        print(
            f"{folder}: {len(scores):,} pictures, {below:,} below {finder.threshold:g}, "
            f"{between:,} of them from {arguments.lower:g} on"
        )


if __name__ == "__main__":
    main()
