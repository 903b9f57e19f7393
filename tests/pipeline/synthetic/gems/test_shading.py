import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gemhier.pipeline.synthetic.gems.cuts import ROUNDED, Dome
from gemhier.pipeline.synthetic.gems.materials import REACH, SHEET
from gemhier.pipeline.synthetic.gems.shading import meet, sample_sheet

CAMERA = np.array([0, 0, 7], np.float32)


def rays(half: float, count: int = 40) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    across = np.linspace(-half, half, count, dtype=np.float32)
    x, y = np.meshgrid(across, across)
    towards = np.stack([x.ravel(), y.ravel(), np.full(x.size, -CAMERA[2])], axis=1)
    return np.asarray(towards / np.linalg.norm(towards, axis=1, keepdims=True), np.float32)


def test_a_ball_is_met_where_geometry_says() -> None:
    ball, directions = Dome(0.8, 0.8, 0.8, 0.8), rays(1.0)
    met = meet(ball, CAMERA, directions)
    closest = 49 - (directions @ CAMERA) ** 2
    assert (met.hit[closest < 0.63]).all()
    assert not (met.hit[closest > 0.65]).any()
    np.testing.assert_allclose(np.linalg.norm(met.points, axis=1), 0.8, atol=5e-3)
    np.testing.assert_allclose(met.normals, met.points / 0.8, atol=1e-2)


@given(st.sampled_from(sorted(ROUNDED)), st.integers(0, 2**32 - 1))
def test_what_the_camera_meets_faces_it(cut: str, seed: int) -> None:
    dome = ROUNDED[cut](np.random.default_rng(seed))
    assert isinstance(dome, Dome)
    met = meet(dome, CAMERA, rays(1.2))
    assert met.hit.any()
    np.testing.assert_allclose(np.linalg.norm(met.normals, axis=1), 1, atol=1e-4)
    towards = (CAMERA - met.points) / np.linalg.norm(CAMERA - met.points, axis=1, keepdims=True)
    assert (towards * met.normals).sum(axis=1).min() > -0.15  # a ray that only grazes the rim may end just behind it


def test_a_pattern_is_read_where_it_lies() -> None:
    across = (np.arange(SHEET, dtype=np.float32) / SHEET * 2 - 1) * np.float32(REACH)
    sheet = np.stack([*np.meshgrid(across, across), np.zeros((SHEET, SHEET), np.float32)], axis=-1)
    points = np.random.default_rng(0).uniform(-1, 1, (300, 3)).astype(np.float32)
    points[:, 2] = 0
    np.testing.assert_allclose(sample_sheet(sheet, points), points, atol=1e-3)
