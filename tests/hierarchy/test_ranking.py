"""One order for all rankings."""

import numpy as np

from gemhier.hierarchy.ranking import ranked


def test_the_highest_comes_first() -> None:
    assert ranked([0.1, 0.6, 0.0, 0.3]).tolist() == [1, 3, 0, 2]


def test_what_differs_by_rounding_alone_keeps_its_order() -> None:
    third = 1 / 3
    assert ranked([np.nextafter(third, 0), third, np.nextafter(third, 1), 0.5]).tolist() == [3, 0, 1, 2]


def test_what_differs_by_more_does_not() -> None:
    assert ranked([0.2, 0.2 + 1e-9]).tolist() == [1, 0]
