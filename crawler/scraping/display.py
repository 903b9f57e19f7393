"""Show the progress of a crawl on one line of a terminal, and a line for each stage that is done."""

import shutil
import sys
import time
from collections import deque
from typing import TextIO

from gemhier.crawler.scraping.request import EXPECTED
from gemhier.crawler.scraping.state import Running

_WINDOW = 30.0
_STAGES = ("index", "products", "pictures")
_UNITS = {"index": "pages", "products": "products", "pictures": "pictures"}


class Display:
    """The progress of a crawl.

    Args:
        running: the crawl.
        stream: where to show it; nothing is shown if that is not a terminal.
    """

    def __init__(self, running: Running, stream: TextIO | None = None) -> None:
        self._running = running
        self._stream = sys.stderr if stream is None else stream
        self._is_shown = self._stream.isatty()
        self._last: deque[tuple[float, int]] = deque()
        self._stage = ""
        self._width = 0

    def show(self) -> None:
        """Redraw the line."""
        if self._running.stage != self._stage:
            self._end_line()
            self._stage = self._running.stage
            self._last.clear()
        if not self._is_shown or not self._stage:
            return
        width = shutil.get_terminal_size().columns - 1
        line = self.line(time.monotonic())[:width]
        self._stream.write("\r" + line.ljust(self._width)[:width])
        self._stream.flush()
        self._width = len(line)

    def close(self) -> None:
        """Draw the line a last time and leave it there."""
        self.show()
        self._end_line()

    def line(self, now: float) -> str:
        """Return the line to show at time `now`, by `time.monotonic`.

        It says the stage, how far and how fast it is, and why it waits.
        """
        stage, stats = self._stage or self._running.stage, self._running.stats
        done, expected = stats.done(stage), stats.counts[stage, EXPECTED]
        asked = done - stats.counts[stage, "kept"]
        self._last.append((now, asked))
        while now - self._last[0][0] > _WINDOW:
            self._last.popleft()
        passed, new = now - self._last[0][0], asked - self._last[0][1]
        number = _STAGES.index(stage) + 1 if stage in _STAGES else 1
        parts = [f"{number}/{len(_STAGES)} {stage}: {done:,} of {expected:,} {_UNITS.get(stage, '')}".rstrip()]
        if passed > 0 and new > 0:
            parts.append(f"{new / passed:.1f}/s" if new >= passed else f"{60 * new / passed:.0f}/min")
        for outcome in ("failed", "unusable"):
            if stats.counts[stage, outcome]:
                parts.append(f"{stats.counts[stage, outcome]:,} {outcome}")
        left = self._running.waiting_until - now
        if left > 0:
            parts.append(f"waiting {left:.0f} s: {self._running.waiting_for}")
        return " · ".join(parts)

    def _end_line(self) -> None:
        if self._width:
            self._stream.write("\n")
            self._stream.flush()
            self._width = 0
