import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

from gemhier.locks import is_locked, locked

HOLD = """
import sys
from pathlib import Path
from gemhier.locks import locked
with locked(Path(sys.argv[1]), lambda: None):
    print("held", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def holder(path: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process that holds a lock until it is told a line, or killed."""
    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


class TakenError(Exception):
    pass


def refuse() -> NoReturn:
    raise TakenError


def test_a_lock_that_another_process_holds_is_refused_until_it_ends(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with holder(path) as process:
        assert is_locked(path)
        with pytest.raises(TakenError), locked(path, refuse):
            pass
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
        assert process.wait() == 0
        with locked(path, refuse):
            assert is_locked(path)
    assert not is_locked(path)
    assert list(tmp_path.iterdir()) == []


def test_a_lock_is_waited_for(tmp_path: Path) -> None:
    with holder(tmp_path / "lock") as process:

        def end() -> None:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()

        with locked(tmp_path / "lock", end):
            assert process.wait() == 0


@pytest.mark.skipif(os.name == "nt", reason="needs a signal that cannot be caught")
def test_a_process_that_is_killed_leaves_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with holder(path) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert path.exists()
        assert not is_locked(path)
        with locked(path, refuse):
            pass
    assert not path.exists()
