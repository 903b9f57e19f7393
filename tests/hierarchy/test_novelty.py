"""How torn a picture is between gems, and above which limit it may show none of them."""

import numpy as np
import pytest

from gemhier.hierarchy.novelty import KNOWN, entropies, highest_of_known


def test_the_entropy_is_that_of_each_row_and_highest_where_all_is_even() -> None:
    rows = np.array([[1.0, 0, 0, 0], [0.5, 0.5, 0, 0], [0.25] * 4])
    np.testing.assert_allclose(entropies(rows), [0, np.log(2), np.log(4)], atol=1e-12)
    assert np.signbit(entropies(rows[:1])).tolist() == [False]


@pytest.mark.parametrize(("count", "limit"), [(1, None), (18, None), (19, 18.0), (39, 37.0), (99, 94.0)])
def test_the_limit_is_the_quantile_of_one_more_picture(count: int, limit: float | None) -> None:
    assert highest_of_known(np.random.default_rng(0).permutation(count)) == limit


def test_at_most_a_twentieth_of_further_known_pictures_is_above_it() -> None:
    generator = np.random.default_rng(0)
    above = []
    for _ in range(500):
        limit = highest_of_known(generator.normal(size=50))
        assert limit is not None
        above.append(generator.normal(size=50) > limit)
    assert 0.03 < np.mean(above) <= KNOWN
