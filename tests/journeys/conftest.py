"""How journeys go: each command in a program of its own, in a folder that held nothing before."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PATIENCE = 600
"""Seconds after which a command is taken for stuck."""


@pytest.fixture
def environment(tmp_path: Path, stays_here: None) -> dict[str, str]:
    """The variables of a user who has this gemhier and no settings."""
    return os.environ | {"PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}


@pytest.fixture
def run(tmp_path: Path, environment: dict[str, str]) -> Callable[..., str]:
    """Runs a module with arguments in the test's own folder, and returns what it prints; it must succeed."""

    def run(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", *words],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=PATIENCE,
        )
        assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}{done.stderr}"
        return done.stdout

    return run
