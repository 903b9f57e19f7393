"""What `gemhier classify` may load for one picture: each module costs every start."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

LIBRARIES = {"PIL", "ai_edge_litert", "click", "cv2", "numpy"}
"""With what the runtime brings by itself, all that is not of Python or of gemhier."""

OF_THE_RUNTIME = {"ai_edge_litert_sdk_intel", "ai_edge_litert_sdk_mediatek", "ai_edge_litert_sdk_qualcomm"}

FOLDERS = {
    "gemhier",
    "gemhier.hierarchy",
    "gemhier.models",
    "gemhier.models.bundle",
    "gemhier.models.images",
    "gemhier.models.runtime",
    "gemhier.pipeline",
    "gemhier.pipeline.engines",
    "gemhier.pipeline.reports",
}

NOT_FOR_ONE = {
    "gemhier.hierarchy.gem_table",
    "gemhier.hierarchy.intervals",
    "gemhier.hierarchy.posterior",
    "gemhier.hierarchy.properties",
    "gemhier.hierarchy.reading_text",
    "gemhier.hierarchy.readings",
    "gemhier.models.bundle.explanation",
    "gemhier.models.bundle.multi_view",
    "gemhier.models.bundle.shortlist",
    "gemhier.pipeline.reports.part_file",
    "gemhier.pipeline.reports.prediction_table",
}
"""Modules of those folders that one picture, shown on the screen without readings, does not need."""

SLOW = {"asyncio", "decimal", "lzma", "multiprocessing", "numpy.ma", "sqlite3", "ssl", "statistics", "tempfile", "yaml"}
"""Parts of Python and of the libraries that take some milliseconds with all that they import, for nothing here."""

SCRIPT = """
import sys
before = set(sys.modules)  # what the environment itself loads
from gemhier.cli import main
main(["classify", sys.argv[1], "--model", sys.argv[2]], standalone_mode=False)
print(*sorted(set(sys.modules) - before), sep="\\n")
"""


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    """The modules that a fresh process has loaded after naming one JPEG."""
    command = [sys.executable, "-c", SCRIPT, str(ROOT / "examples" / "ruby.jpg"), "shipped"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "Ruby" in done.stdout
    return set(done.stdout.partition("\n\n")[2].split())


def test_no_other_library_is_loaded(loaded: set[str]) -> None:
    found = {name.partition(".")[0] for name in loaded} - sys.stdlib_module_names - OF_THE_RUNTIME - {"gemhier"}
    assert found == LIBRARIES


def test_of_gemhier_only_these_folders_are_loaded(loaded: set[str]) -> None:
    ours = {name for name in loaded if name.startswith("gemhier.")}
    folders = {name.rpartition(".")[0] for name in ours}
    assert folders == FOLDERS
    assert not ours & NOT_FOR_ONE


def test_nothing_slow_is_loaded_that_a_picture_does_not_need(loaded: set[str]) -> None:
    assert not loaded & SLOW
