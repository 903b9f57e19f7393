"""Bundles of strangers: damaged in any way, and sealed again, they are refused in one line."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gemhier.errors import BundleError
from gemhier.models.bundle import load_bundle

VALUES = (None, True, 0, -1, 1.5, 1e308, 10**400, 2**63, "", "x", "..", "\0", [], {}, [[]], {"a": 1}, float("nan"))
"""What stands in the place of a right value."""


def places(content: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """List the paths to every value within a value of JSON."""
    inner = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    return [place for key, value in inner for place in ((*here, key), *places(value, (*here, key)))]


def seal(folder: Path) -> None:
    """Write the digests of the files as they are into bundle.json, as somebody would who damages on purpose."""
    info = json.loads((folder / "bundle.json").read_text())
    if isinstance(info.get("files"), dict):
        for name in info["files"]:
            if (folder / name).is_file():
                info["files"][name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    (folder / "bundle.json").write_text(json.dumps(info))


def refusal(folder: Path) -> str:
    """Load a bundle, and return why it is refused, if it is."""
    try:
        load_bundle(folder, num_threads=1)
    except BundleError as error:
        return str(error)
    return ""


@settings(max_examples=150, deadline=None, derandomize=True)
@given(data=st.data())
def test_other_values_in_its_json_are_refused_in_one_line(
    data: st.DataObject, tiny_bundle: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp() / "damaged-json"
    shutil.copytree(tiny_bundle, folder, dirs_exist_ok=True)
    path = folder / data.draw(st.sampled_from(["bundle.json", "taxonomy.json"]))
    content = json.loads(path.read_text())
    for _ in range(data.draw(st.integers(1, 3))):
        *way, key = data.draw(st.sampled_from(places(content)))
        holder = content
        for step in way:
            holder = holder[step]
        if data.draw(st.booleans()):
            holder[key] = data.draw(st.sampled_from(VALUES))
        else:
            del holder[key]
        if not places(content):
            break
    path.write_text(json.dumps(content))
    seal(folder)
    assert "\n" not in refusal(folder)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(data=st.data())
def test_other_numbers_in_its_networks_are_refused_in_one_line(
    data: st.DataObject, tiny_bundle: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp() / "damaged-network"
    shutil.copytree(tiny_bundle, folder, dirs_exist_ok=True)
    path = folder / data.draw(st.sampled_from(["network.tflite", "finder.tflite"]))
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 4))
        content[place : place + 4] = data.draw(st.sampled_from([0, 1, 255, 2**31 - 1, 2**32 - 1])).to_bytes(4, "little")
    path.write_bytes(content)
    seal(folder)
    assert "\n" not in refusal(folder)
