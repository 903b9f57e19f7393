"""What is packed into the page in Python is unpacked by its scripts."""

import base64
import json
import shutil
import subprocess
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from gemhier.pipeline.app.packing import PIECE, packed, packed_halves

NODE = shutil.which("node")
UNPACKING = Path(__file__).parents[3] / "pipeline" / "app" / "scripts" / "unpacking.js"

SCRIPT = """
import { readFileSync } from "node:fs";
const { Unpacking } = await import(process.argv[1]);
for (const pieces of JSON.parse(readFileSync(0, "utf8"))) {
  const unpacking = new Unpacking();
  pieces.forEach((piece) => unpacking.add(piece));
  console.log(Buffer.from(await unpacking.bytes()).toString("base64"));
}
"""


@pytest.mark.skipif(NODE is None, reason="node, which runs the scripts, is not on the PATH")
def test_scripts_unpack_what_was_packed() -> None:
    random = np.random.default_rng(3)
    contents = [random.integers(0, 256, size).astype(np.uint8).tobytes() for size in (1, 2, 7, 4 * PIECE + 3)]
    given = [list(how("some", content)) for content in contents for how in (packed, packed_halves)]
    assert len(given[-1]) > 4
    command = [NODE or "node", "--input-type=module", "-e", SCRIPT, UNPACKING.as_uri()]
    said = json.dumps([[*map(asdict, pieces)] for pieces in given])
    done = subprocess.run(command, input=said, capture_output=True, text=True, check=True)
    found = [*map(base64.b64decode, done.stdout.split("\n")[:-1])]
    assert found == [content for content in contents for _ in range(2)]


@pytest.mark.skipif(NODE is None, reason="node, which runs the scripts, is not on the PATH")
@pytest.mark.parametrize("part", ["packed", "plain"])
def test_what_lacks_its_end_is_refused(part: str) -> None:
    pieces = list(packed_halves("some", bytes(range(256)) * 40))
    cut = [replace(piece, text=piece.text[:-10] if piece.part == part else piece.text) for piece in pieces]
    command = [NODE or "node", "--input-type=module", "-e", SCRIPT, UNPACKING.as_uri()]
    done = subprocess.run(command, input=json.dumps([[*map(asdict, cut)]]), capture_output=True, text=True)
    assert done.returncode != 0
    assert done.stdout == ""


def test_pieces_are_of_one_size_and_counted() -> None:
    pieces = list(packed_halves("some", bytes(range(256)) * (PIECE // 64)))
    assert [piece.left for piece in pieces] == [*reversed(range(len(pieces)))]
    plain = [base64.b64decode(piece.text) for piece in pieces if piece.part == "plain"]
    assert b"".join(plain) == bytes(range(0, 256, 2)) * (PIECE // 64)
    assert {len(content) for content in plain} == {PIECE}
    assert not any("=" in piece.text for piece in pieces if piece.part == "plain")
