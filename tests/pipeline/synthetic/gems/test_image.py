import runpy
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from gemhier.models.images.decode import read_image
from gemhier.pipeline.synthetic.gems.backdrops import BACKDROPS
from gemhier.pipeline.synthetic.gems.cuts import CUTS
from gemhier.pipeline.synthetic.gems.image import SMALLEST, paint_stone
from gemhier.pipeline.synthetic.gems.looks import LOOKS

EXAMPLES = Path(__file__).parents[4] / "examples"
PAINTED = runpy.run_path(str(EXAMPLES / "paint_examples.py"))["EXAMPLES"]


@pytest.mark.parametrize("look", LOOKS)
def test_every_look_can_be_painted(look: str) -> None:
    image = paint_stone(look, seed=1, size=48)
    assert image.shape == (48, 48, 3)
    assert image.dtype == np.uint8
    assert image.std() > 5


@pytest.mark.parametrize("cut", CUTS)
def test_every_cut_lies_in_the_middle_and_clear_of_the_edges(cut: str) -> None:
    image = paint_stone("Ruby", seed=2, size=64, cut=cut, backdrop="white").astype(int)
    red = image[..., 0] - image[..., 1] > 60
    assert red[20:44, 20:44].mean() > 0.5
    red[1:-1, 1:-1] = False
    assert not red.any()


def test_backdrops_are_as_bright_as_they_are_called() -> None:
    corner = {name: paint_stone("Pearl", seed=1, size=48, backdrop=name)[:5, :5].mean() for name in BACKDROPS}
    assert corner["white"] > 200 > corner["grey"] > corner["black"]
    assert corner["black"] < 60


@pytest.mark.parametrize(
    ("look", "strongest"),
    [
        ("Ruby", 0),
        ("Hessonite (Gomed)", 0),
        ("Emerald", 1),
        ("Malachite", 1),
        ("Lapis Lazuli", 2),
        ("Blue Sapphire (Neelam)", 2),
    ],
)
def test_a_stone_has_the_colour_of_its_kind(look: str, strongest: int) -> None:
    for seed in range(3):
        middle = paint_stone(look, seed=seed, size=64, backdrop="grey")[20:44, 20:44]
        assert middle.mean(axis=(0, 1)).argmax() == strongest


def test_the_same_stone_and_view_give_the_same_picture() -> None:
    first, again = (paint_stone("Black Opal", seed=7, view=2, size=64) for _ in range(2))
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize("other", [{"seed": 8}, {"view": 1}, {"backdrop": "wood"}, {"cut": "bead"}])
def test_another_stone_view_backdrop_or_cut_gives_another_picture(other: dict[str, Any]) -> None:
    told: dict[str, Any] = {"seed": 7, "view": 0, "size": 48, "backdrop": "grey", "cut": "cabochon"}
    difference = paint_stone("Turquoise", **told).astype(int) - paint_stone("Turquoise", **{**told, **other})
    assert np.abs(difference).mean() > 2


def test_views_of_a_stone_are_closer_in_colour_than_other_stones() -> None:
    def colour(seed: int, view: int) -> Any:
        image = paint_stone("Turquoise", seed=seed, view=view, size=48, backdrop="grey", cut="bead")
        return cv2.cvtColor(image, cv2.COLOR_RGB2LAB)[14:34, 14:34, 1:].reshape(-1, 2).mean(axis=0)

    stones = np.array([[colour(seed, view) for view in range(3)] for seed in range(6)])
    assert stones.std(axis=1).mean() < stones.mean(axis=1).std(axis=0).mean()


def test_size_and_number_of_rays_do_not_change_what_is_shown() -> None:
    small = paint_stone("Citrine", seed=3, size=64, backdrop="white").astype(float)
    others: list[dict[str, Any]] = [{"size": 128}, {"size": 64, "rays": 2.0}]
    for other in others:
        large = paint_stone("Citrine", seed=3, backdrop="white", **other)
        shrunk = cv2.resize(large, (64, 64), interpolation=cv2.INTER_AREA)
        assert np.abs(shrunk - small).mean() < 8


def test_a_look_of_ones_own_can_be_painted() -> None:
    green = replace(LOOKS["Ruby"], name="Tourmaline", colours=("#20a040", "#20a040"), cuts=("round",))
    middle = paint_stone(green, seed=1, size=48)[16:32, 16:32].mean(axis=(0, 1))
    assert middle.argmax() == 1


@pytest.mark.parametrize(("kind", "name"), [("cuts", ("heart",)), ("surface", "fur"), ("flaws", "bubbles")])
def test_a_look_refuses_what_cannot_be_painted(kind: str, name: Any) -> None:
    with pytest.raises(ValueError, match=r"Unknown .* of Ruby\. Known: .*, "):
        replace(LOOKS["Ruby"], **{kind: name})


@pytest.mark.parametrize("wrong", [{"look": "Kryptonite"}, {"cut": "heart"}, {"cut": ""}, {"backdrop": "moon"}])
def test_an_unknown_name_lists_the_known_ones(wrong: dict[str, str]) -> None:
    (kind,) = wrong
    with pytest.raises(ValueError, match=rf"Unknown {kind} '.*'. Known: .*, "):
        paint_stone(**{"look": "Ruby", "seed": 0, "size": 32, **wrong})  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [{"seed": -1}, {"view": -1}, {"size": SMALLEST - 1}, {"rays": 0.5}, {"rays": 3.0}])
def test_a_number_out_of_range_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be"):
        paint_stone("Ruby", **{"seed": 0, **wrong})


@pytest.mark.parametrize("name", PAINTED)
def test_the_examples_are_what_their_script_paints(name: str) -> None:
    kept = read_image(EXAMPLES / name).astype(int)
    assert np.abs(PAINTED[name].paint() - kept).mean() < 2  # JPEG and other processors' rounding


def test_the_examples_folder_holds_the_examples_and_its_readme_lists_them() -> None:
    assert {path.name for path in EXAMPLES.glob("*.jpg")} == PAINTED.keys()
    assert max(path.stat().st_size for path in EXAMPLES.glob("*.jpg")) < 60_000
    text = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    for name, example in PAINTED.items():
        assert f"| `{name}` | {example.look} | {example.cut} | {example.backdrop} | {example.seed} |" in text
