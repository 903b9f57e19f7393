import os
import re
import sys

import pytest

from gemhier.models.runtime.native_output import without_lines

UNWANTED = re.compile(rb"noise|chatter")


@pytest.mark.skipif(sys.platform == "win32", reason="nothing is left out on Windows")
def test_only_the_unwanted_lines_are_left_out(capfd: pytest.CaptureFixture[str]) -> None:
    with without_lines(UNWANTED):
        os.write(2, b"noise 1\nnews\nchatter\n")
        os.write(2, b"no end of line")
    assert capfd.readouterr().err == "news\nno end of line"


def test_an_error_passes_and_what_was_written_is_kept(capfd: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        with without_lines(UNWANTED):
            os.write(2, b"news\n")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    os.write(2, b"noise\n")
    assert capfd.readouterr().err == "news\nnoise\n"
