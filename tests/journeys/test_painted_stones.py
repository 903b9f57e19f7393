"""The whole line: from painted stones to a bundle that names them and to MLflow's pages, as the README shows it."""

import csv
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

CLASSES = ("Amethyst", "Aquamarine", "Blue Sapphire (Neelam)", "Emerald", "Ruby", "Turquoise")
"""Two of beryl and two of corundum, for which there are regional networks, and two other families."""

STRATEGY_NAMES = ("flat", "hierarchical_hard", "hierarchical_soft", "fused")

PATIENCE = 300
"""Seconds after which MLflow's pages are taken for stuck."""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal as Ctrl-C sends")
def test_from_painted_stones_to_a_bundle_and_pages(
    tmp_path: Path, environment: Mapping[str, str], run: Callable[..., str], free_port: int
) -> None:
    photos = tmp_path / "photos"
    run("gemhier", "sample", "photos", "--per-class", "6", "--size", "96")
    keep(photos, CLASSES)
    images, test_pictures = set(photos.rglob("*.jpg")), set((photos / "test").rglob("*.jpg"))

    run("gemhier", "audit", "photos", "--out", "findings")
    # The copies that were painted on purpose, of the classes that were kept.
    assert Counter(row["kind"] for row in table(tmp_path / "findings" / "pairs.csv")) == {"copy": 1, "mirrored": 1}

    run("gemhier", "prepare", "photos", "--out", "data")
    labels = {Path(row["image"]): row["label"] for row in table(tmp_path / "data" / "manifest.csv")}
    assert set(labels) == images
    assert len(set(labels.values())) == len(CLASSES)

    run("gemhier", "train", "data", "--schedule", "quick")
    run("gemhier", "evaluate", "data", "--model", "latest", "--report", "report")
    report = json.loads((tmp_path / "report" / "report.json").read_text("utf-8"))
    assert set(report["strategies"]) == {"flat", "hard", "soft", "fused"}
    assert report["top1"] > 0.5  # by chance it would be one in six
    assert "</html>" in (tmp_path / "report" / "report.html").read_text("utf-8")

    run("gemhier", "package", "latest", "--out", "bundle")
    classified = run("gemhier", "classify", str(Path("photos", "test")), "--model", "bundle", "--format", "json")
    lines = classified.splitlines()
    answers = {tmp_path / answer["image"]: answer["subclasses"][0]["id"] for answer in map(json.loads, lines)}
    assert len(lines) == len(answers)
    assert set(answers) == test_pictures
    assert sum(answer == labels[image] for image, answer in answers.items()) > len(answers) / 2

    with pages(tmp_path, environment, free_port):
        _, found_runs = ask(free_port, "POST", "/api/2.0/mlflow/runs/search", {"experiment_ids": ["1"]})
    runs = json.loads(found_runs)["runs"]
    names = [found["info"]["run_name"] for found in runs]
    measures = {measure["key"] for measure in runs[names.index("lite0 both quick")]["data"]["metrics"]}
    assert measures >= {"test/top1", *(f"top1/{name}" for name in STRATEGY_NAMES)}
    assert {found["info"]["status"] for found in runs} == {"FINISHED"}
    # Beside the training, one for each network and one for each strategy.
    assert len(names) == 1 + 4 + 4

    assert [path for path in tmp_path.rglob("*") if ".part" in path.name or path.name.endswith(".old")] == []
    assert list((tmp_path / "mlruns" / "unfinished").iterdir()) == []


def keep(photos: Path, classes: tuple[str, ...]) -> None:
    """Delete the folders of all other classes."""
    for folder in photos.glob("*/*/"):
        if folder.name not in classes:
            shutil.rmtree(folder)
    assert {folder.name for folder in photos.glob("*/*/")} == set(classes)


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@contextmanager
def pages(folder: Path, environment: Mapping[str, str], port: int) -> Iterator[None]:
    """Runs `gemhier ui`, from when it answers until Ctrl-C ends it; nothing of it may be left."""
    with subprocess.Popen(
        [sys.executable, "-m", "gemhier", "ui", "--port", str(port)],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as server:
        try:
            wait_for(server, port)
            yield
            os.killpg(server.pid, signal.SIGINT)  # as a terminal does
            # The output ends when the last program that can write to it has ended.
            output, _ = server.communicate(timeout=PATIENCE)
            assert (server.returncode, "Traceback" in output) == (0, False), output
            with pytest.raises(ConnectionRefusedError):
                ask(port, "GET", "/")
        finally:
            server.terminate()


def wait_for(server: "subprocess.Popen[str]", port: int) -> None:
    give_up = time.monotonic() + PATIENCE
    while server.poll() is None and time.monotonic() < give_up:
        with suppress(ConnectionRefusedError):
            status, page = ask(port, "GET", "/")
            assert (status, b"<html" in page) == (200, True)
            return
        time.sleep(0.2)
    raise AssertionError("`gemhier ui` does not answer.")


def ask(port: int, method: str, path: str, question: object = None) -> tuple[int, bytes]:
    """The status and the content that a server on this machine answers with, whatever proxy there is."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
        connection.request(method, path, json.dumps(question), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read()
