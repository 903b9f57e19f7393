"""What evaluating costs beyond classifying, on the same pictures.

    python benchmarks/evaluate_time.py photos
    python benchmarks/evaluate_time.py photos --images 500

The pictures of a folder of class folders are linked, again and again, until there are enough; they are classified and
then evaluated, report and all, in the same process. The ratio is of processor time, which a busy machine changes
little. With fewer pictures, what a report costs once weighs more, so that the ratio of many is lower.
"""

import tempfile
import time
from itertools import cycle
from pathlib import Path

import click

from gemhier.models.bundle import load_bundle
from gemhier.models.images.files import list_images
from gemhier.pipeline.evaluate import evaluate


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--model", help="A bundle; without it, the one in use.")
@click.option("--images", default=5000, show_default=True, help="How many.")
def main(folder: Path, model: str | None, images: int) -> None:
    """Time classifying and evaluating the pictures in FOLDER."""
    with tempfile.TemporaryDirectory() as scratch:
        linked = Path(scratch) / "photos"
        for number, path in zip(range(images), cycle(sorted(list_images([folder]))), strict=False):
            place = linked / Path(path).parent.name / f"{number:05}{Path(path).suffix}"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(Path(path).resolve())
        started = time.process_time()
        bundle = load_bundle(model)
        for _ in bundle.classify(sorted(linked.rglob("*.*"))):
            pass
        classified = time.process_time() - started
        started = time.process_time()
        evaluate([linked], out=Path(scratch) / "report", model=model)
        evaluated = time.process_time() - started
        size = (Path(scratch) / "report" / "report.html").stat().st_size
    click.echo(
        f"{images:,} pictures: classified in {classified:.1f} s, evaluated in {evaluated:.1f} s of processor time, "
        f"{evaluated / classified:.2f} times as long; the page has {size / 1e6:.1f} MB"
    )


if __name__ == "__main__":
    main()
