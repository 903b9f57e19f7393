"""Scenes for the stone finder: cut-outs, the camera, composition, and what may be read for them."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from gemhier.arrays import RGB, Booleans
from gemhier.errors import DataError
from gemhier.models.augment.camera import Camera, photograph
from gemhier.pipeline.synthetic.scenes.composition import Scene, SceneMaker, core
from gemhier.pipeline.synthetic.scenes.cutouts import PlainPhotograph, outline_stones
from gemhier.pipeline.synthetic.scenes.photographs import background_images, outlined_photographs, read_outlines

WHITE, GREY, BLACK = (250, 250, 250), (128, 130, 135), (12, 12, 14)
GREEN, PALE = (20, 140, 60), (225, 215, 190)


def studio(ground: tuple[int, int, int], colour: tuple[int, int, int], *, shadow: bool = False) -> RGB:
    """An oval stone with facets on a plain ground, 240 x 300 pixels."""
    image = np.full((240, 300, 3), ground, np.float32)
    image += np.linspace(-6, 6, 300)[None, :, None]  # light from one side
    if shadow:
        dark = np.zeros((240, 300), np.float32)
        cv2.ellipse(dark, (165, 140), (85, 55), 0, 0, 360, 1.0, cv2.FILLED)
        image *= 1 - 0.35 * cv2.GaussianBlur(dark, (0, 0), 12)[..., None]
    generator = np.random.default_rng(1)
    stone = np.zeros((240, 300), np.uint8)
    cv2.ellipse(stone, (150, 120), (80, 55), 0, 0, 360, 255, cv2.FILLED)
    facets = cv2.resize(generator.uniform(0.6, 1.25, (12, 15)).astype(np.float32), (300, 240), interpolation=0)
    painted = np.clip(np.array(colour, np.float32) * facets[..., None], 0, 255)
    inside = stone > 0
    image[inside] = painted[inside]
    return np.clip(image, 0, 255).astype(np.uint8)


def true_mask() -> Booleans:
    mask = np.zeros((240, 300), np.uint8)
    cv2.ellipse(mask, (150, 120), (80, 55), 0, 0, 360, 255, cv2.FILLED)
    return mask > 0


@pytest.mark.parametrize(
    ("ground", "colour", "shadow"),
    [(WHITE, GREEN, False), (WHITE, GREEN, True), (GREY, GREEN, True), (BLACK, PALE, False), (GREY, PALE, False)],
)
def test_a_stone_on_a_plain_ground_is_cut_out_without_its_shadow(
    ground: tuple[int, int, int], colour: tuple[int, int, int], shadow: bool
) -> None:
    plain = outline_stones(studio(ground, colour, shadow=shadow))
    assert plain is not None
    (outline,) = plain.outlines
    assert plain.pixels.shape[:2] == outline.shape == (205, 256)
    truth = cv2.resize(true_mask().astype(np.uint8), (256, 205), interpolation=cv2.INTER_AREA) > 0
    found = outline > 127
    assert (truth & found).sum() / (truth | found).sum() > 0.92


def test_what_is_doubtful_is_not_cut_out() -> None:
    generator = np.random.default_rng(0)
    cluttered = generator.integers(0, 255, (240, 300, 3)).astype(np.uint8)
    assert outline_stones(cluttered) is None
    assert outline_stones(np.full((100, 100, 3), 200, np.uint8)) is None
    touching = np.full((100, 100, 3), 250, np.uint8)
    touching[:, :60] = GREEN
    assert outline_stones(touching) is None


def plain_examples() -> list[PlainPhotograph]:
    found = [outline_stones(studio(ground, colour)) for ground, colour in ((WHITE, GREEN), (BLACK, PALE))]
    return [plain for plain in found if plain is not None]


def maker(**changed: object) -> SceneMaker:
    generator = np.random.default_rng(3)
    backgrounds = [generator.integers(0, 255, (90, 120, 3)).astype(np.uint8) for _ in range(3)]
    return SceneMaker(**{"plain": plain_examples(), "backgrounds": backgrounds, "side": 96, **changed})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    made = maker()
    return [made.scene(np.random.default_rng([7, number])) for number in range(80)]


def test_scenes_are_squares_with_masks_between_0_and_1(scenes: list[Scene]) -> None:
    for scene in scenes:
        assert scene.image.shape == (96, 96, 3)
        assert scene.image.dtype == np.uint8
        for part in (scene.mask, scene.cores, *scene.stones):
            assert part.shape == (96, 96)
            assert 0 <= part.min() <= part.max() <= 1
        assert not (scene.cores > scene.mask + 0.5).any()


def test_there_are_scenes_without_with_one_and_with_several_stones(scenes: list[Scene]) -> None:
    counts = [len(scene.stones) for scene in scenes]
    assert {0, 1, 2} <= set(counts)
    assert 0.08 < np.mean(np.array(counts) == 0) < 0.45


def test_stones_do_not_lie_on_each_other(scenes: list[Scene]) -> None:
    for scene in scenes:
        if len(scene.stones) > 1:
            assert float(np.sum(scene.stones, axis=0).max()) < 1.6


def test_the_same_seed_gives_the_same_scene_and_another_does_not() -> None:
    made = maker()
    first, again, other = (made.scene(np.random.default_rng([7, number])) for number in (5, 5, 6))
    np.testing.assert_array_equal(first.image, again.image)
    np.testing.assert_array_equal(first.mask, again.mask)
    assert (first.image != other.image).any()


def test_outlined_photographs_are_shown_whole() -> None:
    blue = PlainPhotograph(np.full((80, 80, 3), (0, 0, 255), np.uint8), (np.full((80, 80), 255, np.uint8),))
    made = maker(outlined=[blue], camera=Camera(untouched=1.0))
    shown = [made.scene(np.random.default_rng([1, number])) for number in range(60)]
    assert any((scene.image.reshape(-1, 3) == (0, 0, 255)).all(axis=1).mean() > 0.2 for scene in shown)


def test_a_report_with_a_printed_stone_is_a_scene_without_stones() -> None:
    made = maker()
    printed, other = (made._printed(np.random.default_rng(number)) for number in (1, 2))
    assert printed.shape == (96, 96, 3)
    assert 0 <= printed.min() <= printed.max() <= 255
    assert np.abs(printed - other).mean() > 5
    np.testing.assert_array_equal(printed, made._printed(np.random.default_rng(1)))


def test_a_core_keeps_from_the_outline() -> None:
    stone = np.zeros((60, 60), np.float32)
    stone[10:50, 20:40] = 1
    inner = core(stone)
    rows, columns = np.nonzero(inner)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (14, 45, 24, 35)
    assert not core(np.zeros((8, 8), np.float32)).any()


def test_a_camera_that_changes_nothing_changes_nothing() -> None:
    image = studio(WHITE, GREEN)[:200, :200]
    still = Camera(exposure=0, white_balance=0, contrast=0, saturation=0, blur=0, noise=0, coarsest=200, compression=0)
    for number in range(20):
        taken = photograph(image, still, np.random.default_rng(number))
        np.testing.assert_allclose(taken.astype(int), image.astype(int), atol=2)


def test_colour_moves_only_as_far_as_cameras_move_it() -> None:
    image = np.full((32, 32, 3), (120, 100, 90), np.uint8)
    camera = Camera(exposure=0, contrast=0, saturation=0, blur=0, noise=0, compression=0, untouched=0)
    ratios = []
    for number in range(200):
        red, _, blue = photograph(image, camera, np.random.default_rng(number)).mean(axis=(0, 1)) / (120, 100, 90)
        ratios.append((red / blue) ** 2.2)
    largest = (1 + camera.white_balance) / (1 - camera.white_balance)
    assert max(ratios) < 1.05 * largest
    assert min(ratios) > 0.95 / largest
    assert np.std(ratios) > 0.05


def test_backgrounds_are_read_and_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    folder = tmp_path / "grounds"
    folder.mkdir()
    with pytest.raises(DataError, match="no folder with pictures"):
        background_images([folder])
    cv2.imwrite(str(folder / "one.png"), np.full((900, 1400, 3), 90, np.uint8))
    (background,) = background_images([folder])
    assert background.shape == (411, 640, 3)


def test_outlines_drawn_by_hand_are_read(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "hand.png"), np.full((200, 400, 3), 90, np.uint8))
    table = tmp_path / "outlines.csv"
    table.write_text("file,outline\nhand.png,250 250;750 250;750 750;250 750\nhand.png,0 0;100 0;0 100\n")
    (corners, _) = read_outlines(table)["hand.png"]
    assert corners.tolist() == [[0.25, 0.25], [0.75, 0.25], [0.75, 0.75], [0.25, 0.75]]
    (plain,) = outlined_photographs(table, tmp_path).values()
    first, second = plain.outlines
    assert first[55:145, 105:295].min() == 255
    assert first[:45].max() == first[:, :95].max() == 0
    assert 0 < (second > 127).mean() < 0.02


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("file,corners\nhand.png,1 2\n", "'outline'"),
        ("file,outline\nhand.png\n", "hand.png has the outline ''"),
        ("file,outline\nhand.png,1 2;3 4\n", "hand.png has the outline '1 2;3 4'"),
        ("file,outline\nhand.png,1 2 3;3 4 5;5 6 7\n", "hand.png has the outline"),
        ("file,outline\nhand.png,1 2;3 4;5\n", "inhomogeneous"),
        ("file,outline\nhand.png,a b;3 4;5 6\n", "could not convert"),
    ],
)
def test_a_table_of_outlines_that_cannot_be_read_says_why(tmp_path: Path, text: str, reason: str) -> None:
    table = tmp_path / "outlines.csv"
    table.write_text(text)
    with pytest.raises(DataError, match=f"outlines cannot be read from it .*{reason}.*Check its columns"):
        outlined_photographs(table, tmp_path)


def test_the_stones_of_a_turned_scene_lie_where_its_pixels_do() -> None:
    image, stone = np.zeros((8, 8, 3), np.uint8), np.zeros((8, 8), np.float32)
    image[1:3, 4:7], stone[1:3, 4:7] = 200, 1
    for turns in range(4):
        turned = Scene(image, (stone,)).turned(turns)
        np.testing.assert_array_equal(turned.image[..., 0] == 200, turned.stones[0] == 1)
        assert (turned.image[..., 0] == 200).any(axis=1).sum() == (3 if turns % 2 else 2)
