"""Draw what gemhier says of a few pictures: python docs/make_answer_image.py examples docs/answer.png."""

import sys
from pathlib import Path

from matplotlib.figure import Figure

from gemhier import load_bundle
from gemhier.models.bundle.predictions import Prediction
from gemhier.models.images.decode import read_image

SHOWN = 4
COLOURS = {"family": "#3b5fa8", "subclass": "#3f8f6b"}


def main(folder: str, out: str) -> None:
    """Draw each picture with its families and subclasses beside it."""
    images = sorted(Path(folder).glob("*.jpg"))
    figure = Figure(figsize=(11, 2.1 * ((len(images) + 1) // 2)), layout="constrained", dpi=110)
    grid = figure.add_gridspec((len(images) + 1) // 2, 4, width_ratios=(1, 1.6, 1, 1.6))
    for place, prediction in enumerate(load_bundle().classify(images, top=SHOWN)):
        if not isinstance(prediction, Prediction):
            raise SystemExit(f"{prediction.image}: {prediction.reason}")
        row, column = divmod(place, 2)
        photograph = figure.add_subplot(grid[row, 2 * column])
        photograph.imshow(read_image(images[place]))
        photograph.axis("off")
        bars = figure.add_subplot(grid[row, 2 * column + 1])
        answer = prediction.answer
        bars.set_title(
            f"{answer.name} ({answer.probability:.0%})" if answer else prediction.refusal.partition(".")[0],
            loc="left",
            fontsize=10,
            fontweight="bold",
        )
        shown = [
            *((candidate, COLOURS["family"]) for candidate in prediction.families[:2]),
            *((candidate, COLOURS["subclass"]) for candidate in prediction.subclasses),
        ]
        heights = [0, 1, *(2.5 + index for index in range(len(shown) - 2))]
        bars.barh(heights, [found.probability for found, _ in shown], color=[colour for _, colour in shown], height=0.7)
        bars.set_yticks(heights, [found.name for found, _ in shown], fontsize=7)
        bars.set_xlim(0, 1)
        bars.invert_yaxis()
        bars.tick_params(axis="x", labelsize=6)
        for side in ("top", "right"):
            bars.spines[side].set_visible(False)
    figure.savefig(out)


if __name__ == "__main__":
    main(*sys.argv[1:])
