"""Pictures that are odd or damaged in every way: read as Chromium shows them, or refused for a true reason.

The right values are those of `benchmarks/decode_against_browser.py --record`.
"""

import json
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odd_images import odd_images
from odd_images.painting import photograph, saved
from odd_images.shown import Shown, alike, read, recorded
from PIL import Image

from gemhier.errors import ImageError
from gemhier.models.images.decode import MOST_JPEG_MEGAPIXELS, check_array, read_image, rgb_pixels

PAINTED = dict(odd_images())
SMALL = sorted(name for name, content in PAINTED.items() if len(content) < 20_000)
FORMATS = ("jpg", "mpo", "png", "gif", "bmp", "webp", "avif")


UNKNOWN_TO_PILLOW = "profile of 3 MB"
"""Pictures that Pillow alone does not open."""


def written(folder: Path, name: str) -> Path:
    path = folder / ("odd" + Path(name).suffix)
    path.write_bytes(PAINTED[name])
    return path


def test_every_painted_picture_has_a_recorded_value() -> None:
    names = [name for name, _ in odd_images()]
    assert len(names) == len(set(names))
    assert sorted(recorded()) == sorted(names)
    assert {name.rpartition(".")[2] for name in names} == set(FORMATS)


@pytest.mark.parametrize("format", FORMATS)
def test_odd_pictures_are_read_as_recorded(tmp_path: Path, format: str) -> None:
    wrong = []
    for name, (_, wanted) in recorded().items():
        if name.endswith(f".{format}"):
            path = written(tmp_path, name)
            found = read(path)
            if isinstance(found, ImageError):
                assert str(found).startswith(f"{path}: ")
                assert str(found).endswith(".")
                assert "\n" not in str(found)
            if not alike(found, wanted):
                wrong.append(f"{name}: {found}, not {wanted}")
    assert not wrong, "\n".join(wrong)


def whole_for_a_viewer() -> Iterator[str]:
    """Name pictures whose pixels are all there, whatever else is broken."""
    for name in ("plain", "grey", "large", "restarts", "three megapixels"):
        yield f"{name}, 2 bytes lost.jpg"
    for note in ("zTXt 3 MB", "iTXt 3 MB", "100 texts of 900 kB", "iCCP 3 MB of zeros", "zTXt unknown method"):
        yield f"{note}.png"
        yield f"{note}, after the pixels.png"
    yield from ("12 bytes lost.png", "a wrong checksum of the stream.png", "3 bytes lost.gif")


@pytest.mark.parametrize("name", tuple(whole_for_a_viewer()))
def test_a_picture_without_its_last_bytes_or_with_large_notes_has_all_its_pixels(tmp_path: Path, name: str) -> None:
    whole = {"jpg": "plain.jpg", "png": "sRGB.png", "gif": "plain.gif"}[name.rpartition(".")[2]]
    if name.split(",")[0] in ("grey", "large", "restarts", "three megapixels"):
        size = {"grey": (64, 48), "large": (320, 240), "restarts": (320, 240)}.get(name.split(",")[0], (2000, 1500))
        image = photograph(*size).convert("L" if name.startswith("grey") else "RGB")
        content = saved(image, "JPEG", quality=90 if size == (2000, 1500) else 95)
    else:
        content = PAINTED[whole]
    (tmp_path / "whole").write_bytes(content)
    # The last blocks of a JPEG are the same but for the smoothing of colours over their edges.
    np.testing.assert_allclose(read_image(written(tmp_path, name)).astype(int), read_image(tmp_path / "whole"), atol=1)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("large, 50 percent.jpg", "cut short or damaged, 54 in 100 of its pixels are missing"),
        ("restarts, 50 percent.jpg", "cut short"),
        ("large progressive, 20 percent.jpg", "cut short"),
        ("no Huffman tables.jpg", None),
        ("50 percent.png", "cut short or damaged, 58 in 100 of its pixels are missing"),
        ("taller than its pixels.png", "50 in 100 of its pixels are missing"),
        ("50 percent.gif", "cut short"),
        ("50 percent.bmp", "cut short"),
        ("lossy, 50 percent.webp", "cut short"),
        ("16 bits, 444.bmp", "of a rare kind"),
        ("half its header.png", "starts like a PNG picture, but its header is damaged or cut short"),
        ("65500 a side.jpg", f"4290 megapixels, at most {MOST_JPEG_MEGAPIXELS} are read"),
        ("30000 a side.png", "far more than 120 megapixels"),
        ("screen 65535 a side.gif", "far more than 120 megapixels"),
    ],
)
def test_what_is_refused_says_why(tmp_path: Path, name: str, reason: str | None) -> None:
    found = read(written(tmp_path, name))
    if reason is None:  # tables that every viewer knows
        assert isinstance(found, Shown)
    else:
        assert isinstance(found, ImageError)
        assert reason in str(found)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<!DOCTYPE html><html><body>Not found</body></html>", "a web page, not a picture"),
        (b"\xef\xbb\xbf\n<html>", "a web page, not a picture"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "a drawing (SVG)"),
        (b"%PDF-1.7\n" + bytes(100), "a PDF document"),
        (b"8BPS\0\1" + bytes(100), "a Photoshop document"),
        (b"\0\0\0\x18ftypmp42" + bytes(100), "a video"),
        (b"\xff\x0a" + bytes(100), "a JPEG XL picture"),
        (b"PK\3\4" + bytes(100), "a ZIP archive"),
    ],
)
def test_what_is_no_picture_is_called_by_its_name(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "ruby.jpg").write_bytes(content)
    with pytest.raises(ImageError) as refused:
        read_image(tmp_path / "ruby.jpg")
    assert reason in str(refused.value)


def phone_photograph(width: int, height: int) -> bytes:
    """Paint a large JPEG without holding its pixels: one row of blocks, again and again."""
    row = saved(photograph(width, 16), "JPEG", quality=90, restart_marker_rows=1)
    scan = row.index(b"\xff\xda")
    start = scan + 2 + int.from_bytes(row[scan + 2 : scan + 4], "big")
    frame = row.index(b"\xff\xc0")
    head = row[: frame + 5] + height.to_bytes(2, "big") + row[frame + 7 : start]
    blocks = row[start:-2]
    body = b"".join(blocks + bytes([0xFF, 0xD0 + number % 8]) for number in range(height // 16 - 1))
    return head + body + blocks + b"\xff\xd9"


MEASURE = """
import json, resource, sys, time
from pathlib import Path
from gemhier.models.images.decode import read_image
before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
pixels = read_image(Path(sys.argv[1]))
seconds = time.process_time() - start
print(json.dumps([pixels.shape, seconds, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems count memory in other units")
def test_two_hundred_megapixels_of_a_phone_take_little_memory_and_time(tmp_path: Path) -> None:
    (tmp_path / "phone.jpg").write_bytes(phone_photograph(16_320, 12_240))
    command = [sys.executable, "-c", MEASURE, str(tmp_path / "phone.jpg")]
    shape, seconds, memory = json.loads(subprocess.check_output(command, text=True))
    assert shape == [6120, 8160, 3]
    assert memory < 500e6
    assert seconds < 15


@pytest.mark.slow
def test_two_hundred_megapixels_without_their_last_bytes_have_the_colours_of_the_photograph(tmp_path: Path) -> None:
    (tmp_path / "phone.jpg").write_bytes(phone_photograph(16_320, 12_240)[:-2])
    small = Shown.of(read_image(tmp_path / "phone.jpg", longest=1000))
    assert (small.width, small.height) == (1000, 750)
    row = Shown.of(np.asarray(photograph(16_320, 16)))
    np.testing.assert_allclose(small.quarters[:2].mean(0), row.quarters.mean(0), atol=3)


def test_a_progressive_jpeg_of_endless_scans_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    content = PAINTED["large progressive, 1 bytes lost.jpg"][:-1]
    frame, last = content.index(b"\xff\xc2"), content.rindex(b"\xff\xda")
    tall = content[: frame + 5] + (10_000).to_bytes(2, "big") * 2 + content[frame + 9 :]
    (tmp_path / "scans.jpg").write_bytes(tall + tall[last:] * 200)
    with pytest.raises(ImageError, match=r"100 megapixels in \d+ scans take too long to decode"):
        read_image(tmp_path / "scans.jpg")


@pytest.mark.parametrize("format", ["png", "jpg", "gif", "bmp", "webp", "avif"])
def test_an_image_of_pillow_has_the_pixels_of_its_file(tmp_path: Path, format: str) -> None:
    for name, (_, wanted) in recorded().items():
        plain = name.startswith(("plain.", "profile", "orientation", "gamma"))
        if not plain or not name.endswith(f".{format}") or wanted is None or name.startswith(UNKNOWN_TO_PILLOW):
            continue
        path = written(tmp_path, name)
        with warnings.catch_warnings(action="ignore"), Image.open(path) as image:
            np.testing.assert_array_equal(rgb_pixels(image, name), read_image(path), err_msg=name)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(data=st.data())
def test_damage_anywhere_gives_a_picture_or_an_image_error(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = bytearray(PAINTED[data.draw(st.sampled_from(SMALL))])
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, max(0, len(content) - 1)))
        kind = data.draw(st.sampled_from(["byte", "number", "cut", "gap", "again"]))
        if kind == "byte":
            content[place : place + 1] = bytes([data.draw(st.integers(0, 255))])
        elif kind == "number":
            number = data.draw(st.sampled_from([0, 0xFF, 0x100, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]))
            content[place : place + 4] = number.to_bytes(4, "big")
        elif kind == "cut":
            del content[place:]
        elif kind == "gap":
            del content[place : place + data.draw(st.sampled_from([1, 2, 4, 30]))]
        else:
            content[place:place] = content[place : place + data.draw(st.sampled_from([1, 4, 12, 60]))]
    path = tmp_path_factory.getbasetemp() / "damaged"
    path.write_bytes(content)
    try:
        found: object = check_array(read_image(path)).shape[2]
    except ImageError as error:
        found = str(error)
    assert found == 3 or (isinstance(found, str) and "\n" not in found)
