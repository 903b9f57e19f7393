import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gemhier.arrays import Float32
from gemhier.pipeline.synthetic.scenes.outline import find_outline
from gemhier.pipeline.synthetic.scenes.props import PROPS, draw_distractors
from gemhier.pipeline.synthetic.scenes.things import THINGS


def oval(side: int, across: float = 0.5, down: float = 0.5, radius: float = 0.2) -> Float32:
    """A mask of a stone a little wider than high, with a soft border; places and sizes in sides."""
    mask = np.zeros((side, side), np.uint8)
    middle, axes = (round(across * side), round(down * side)), (round(radius * side), round(0.8 * radius * side))
    cv2.ellipse(mask, middle, axes, 0, 0, 360, 255, -1, cv2.LINE_AA)
    return mask.astype(np.float32) * np.float32(1 / 255)


def paper(side: int) -> Float32:
    return np.full((side, side, 3), 128, np.float32)


@pytest.mark.parametrize("name", PROPS)
@pytest.mark.parametrize("side", [64, 160])
def test_a_prop_hides_a_part_of_the_stone_and_nothing_else(name: str, side: int) -> None:
    mask = oval(side)
    for seed in range(6):
        image, covered = PROPS[name](paper(side), mask, np.random.default_rng(seed))
        assert image.shape == (side, side, 3)
        assert image.dtype == covered.dtype == np.float32
        assert image.min() > -1
        assert image.max() < 256
        assert covered.shape == mask.shape
        assert covered.min() >= 0
        assert covered.max() <= 1.001
        assert not covered[mask == 0].any()
        assert (mask * covered).sum() < 0.75 * mask.sum()


@pytest.mark.parametrize("name", PROPS)
def test_a_prop_is_seen_beside_the_stone(name: str) -> None:
    mask = oval(128)
    image, _ = PROPS[name](paper(128), mask, np.random.default_rng(2))
    assert (np.abs(image - 128).max(axis=2) > 30)[mask == 0].sum() > 40


@pytest.mark.parametrize("name", PROPS)
def test_what_is_not_hidden_of_the_stone_keeps_its_looks(name: str) -> None:
    mask = oval(128)
    core = cv2.erode(mask, np.ones((3, 3), np.uint8)) > 0.99
    for seed in range(5):
        image, covered = PROPS[name](paper(128), mask, np.random.default_rng(seed))
        seen = core & (covered == 0)
        assert seen.any()
        # Tweezers may throw their shadow on it; nothing makes it brighter.
        assert image[seen].max() < 128.5
        if name != "tweezers":
            assert image[seen].min() > 127.5


@pytest.mark.parametrize("name", PROPS)
def test_the_seed_decides_what_a_prop_looks_like(name: str) -> None:
    drawn = [PROPS[name](paper(96), oval(96), np.random.default_rng(seed)) for seed in (1, 1, 2)]
    assert (drawn[0][0] == drawn[1][0]).all()
    assert (drawn[0][1] == drawn[1][1]).all()
    assert (drawn[0][0] != drawn[2][0]).any()


@pytest.mark.parametrize("name", PROPS)
def test_without_a_stone_nothing_is_drawn(name: str) -> None:
    image, covered = PROPS[name](paper(64), np.zeros((64, 64), np.float32), np.random.default_rng(0))
    assert (image == 128).all()
    assert not covered.any()


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(sorted(PROPS)),
    st.integers(0, 2**32 - 1),
    st.floats(-0.1, 1.1),
    st.floats(-0.1, 1.1),
    st.floats(0.03, 0.6),
)
def test_a_stone_may_reach_over_the_edge_and_have_any_size(
    name: str, seed: int, across: float, down: float, radius: float
) -> None:
    mask = oval(72, across, down, radius)
    image, covered = PROPS[name](paper(72), mask, np.random.default_rng(seed))
    assert np.isfinite(image).all()
    assert not covered[mask == 0].any()


def test_claws_lie_over_the_border_of_the_stone() -> None:
    mask = oval(160)
    middle = oval(160, radius=0.1) > 0
    hidden = [PROPS["prongs"](paper(160), mask, np.random.default_rng(seed))[1] for seed in range(6)]
    assert all(share.max() > 0.9 for share in hidden)
    assert not any(share[middle].any() for share in hidden)


@pytest.mark.parametrize("name", THINGS)
def test_every_thing_is_round_about_as_large_as_promised(name: str) -> None:
    for seed in range(4):
        colours, body = THINGS[name](40, 1.0, np.random.default_rng(seed))
        assert colours.shape == (40, 40, 3)
        assert 0 <= colours.min() <= colours.max() <= 256
        assert 0.15 < body.mean() < 0.85
        assert not body[0].any()
        assert not body[:, 0].any()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([64, 150]))
def test_distractors_stay_off_the_forbidden_area(seed: int, side: int) -> None:
    generator = np.random.default_rng(seed)
    across, down = generator.uniform(0, 1, 2).tolist()
    free = oval(side, across, down, generator.uniform(0.1, 0.5)) == 0
    image = draw_distractors(paper(side), free, generator)
    assert (image[~free] == 128).all()


def test_distractors_are_drawn_where_there_is_room() -> None:
    changed = [
        (draw_distractors(paper(128), np.ones((128, 128), bool), np.random.default_rng(seed)) != 128).any()
        for seed in range(8)
    ]
    assert all(changed)


def test_no_distractor_is_drawn_where_nothing_is_free() -> None:
    image = draw_distractors(paper(64), np.zeros((64, 64), bool), np.random.default_rng(0))
    assert (image == 128).all()


def test_the_seed_decides_what_lies_about() -> None:
    free = oval(96) == 0
    first, again, other = (draw_distractors(paper(96), free, np.random.default_rng(seed)) for seed in (4, 4, 5))
    assert (first == again).all()
    assert (first != other).any()


def test_an_outline_knows_its_middle_its_size_and_its_border() -> None:
    stone = find_outline(oval(200, 0.4, 0.6, 0.2))
    assert stone is not None
    assert stone.centre == pytest.approx([80, 120], abs=1)
    assert stone.radius == pytest.approx(40 * 0.8**0.5, rel=0.05)
    assert stone.edge(0.0) == pytest.approx([120, 120], abs=1.5)
    assert stone.edge(np.pi / 2) == pytest.approx([80, 152], abs=1.5)
    assert stone.edge(0.0, inset=10) == pytest.approx([110, 120], abs=1.5)


def test_an_empty_mask_has_no_outline() -> None:
    assert find_outline(np.zeros((30, 30), np.float32)) is None
