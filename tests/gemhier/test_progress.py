import sys
import threading
import time
from io import StringIO

import pytest

from gemhier.progress import counted_late, map_with_progress


def test_results_come_in_the_order_of_the_items() -> None:
    def slower_at_first(number: int) -> int:
        time.sleep(0.001 * (5 - number))
        return number

    assert list(map_with_progress(slower_at_first, range(5), "Waiting")) == [0, 1, 2, 3, 4]


def test_after_an_error_what_has_not_begun_is_not_done() -> None:
    done = []

    def fail_at_once(number: int) -> None:
        if number == 0:
            raise ValueError("the first")
        time.sleep(0.001)
        done.append(number)

    with pytest.raises(ValueError, match="the first"):
        list(map_with_progress(fail_at_once, range(1000), "Failing"))
    assert len(done) < 1000


@pytest.mark.parametrize("is_terminal", [False, True])
def test_the_bar_is_for_terminals(is_terminal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = StringIO()
    monkeypatch.setattr(screen, "isatty", lambda: is_terminal)
    monkeypatch.setattr(sys, "stderr", screen)
    assert list(map_with_progress(str, range(3), "Reading pictures")) == ["0", "1", "2"]
    assert ("Reading pictures" in screen.getvalue()) == is_terminal


def test_the_length_of_a_bar_may_come_late(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = StringIO()
    monkeypatch.setattr(screen, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stderr", screen)
    may_count, counted = threading.Event(), threading.Event()

    def count() -> int:
        may_count.wait(10)
        counted.set()
        return 4

    with counted_late("Looking", count) as advance:
        advance()
        assert "%" not in screen.getvalue()
        may_count.set()
        counted.wait(10)
        for _ in range(3):
            time.sleep(0.02)
            advance()
    assert "100%" in screen.getvalue()
