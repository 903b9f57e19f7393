"""Reading pictures: every usual format and defect, painted here."""

import io
import os
import struct
import sys
import threading
import time
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from odd_images.painting import ADOBE_RGB, DISPLAY_P3, gamma, icc_profile, ink_profile
from PIL import Image, ImageCms

from gemhier.arrays import RGB
from gemhier.errors import ImageError
from gemhier.models.images import decode as image_module
from gemhier.models.images.decode import MOST_MEGAPIXELS, SMALLEST_SIDE, check_array, read_image
from gemhier.models.images.files import list_images

RED, GREEN, BLUE, YELLOW = (200, 30, 40), (30, 160, 60), (40, 60, 190), (220, 200, 50)


def quarters(width: int = 64, height: int = 48) -> Image.Image:
    """Paint red, green, blue and yellow quarters, so that every turn and mirroring shows."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2] = RED
    pixels[: height // 2, width // 2 :] = GREEN
    pixels[height // 2 :, : width // 2] = BLUE
    pixels[height // 2 :, width // 2 :] = YELLOW
    return Image.fromarray(pixels)


def corners(pixels: RGB) -> list[tuple[int, int, int]]:
    """Read the colours in the middles of the four quarters, row by row."""
    height, width = pixels.shape[:2]
    rows, columns = (height // 4, -height // 4), (width // 4, -width // 4)
    return [(int(r), int(g), int(b)) for r, g, b in (pixels[row, column] for row in rows for column in columns)]


def assert_close(pixels: RGB, colours: list[tuple[int, int, int]], within: int = 6) -> None:
    """Check the four corners' colours."""
    difference = np.abs(np.array(corners(pixels)) - np.array(colours))
    assert difference.max() <= within, f"{corners(pixels)} is not {colours}"


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("stone.jpg", {"quality": 95}),
        ("stone.jpeg", {"progressive": True, "quality": 95}),
        ("stone.png", {}),
        ("stone.webp", {"quality": 95}),
        ("stone.webp", {"lossless": True}),
        ("stone.gif", {}),
        ("stone.bmp", {}),
        ("stone.tif", {}),
        ("stone.tiff", {"compression": "tiff_lzw"}),
        ("stone.avif", {"quality": 95}),
        ("stone.jp2", {}),
        ("stone.ppm", {}),
    ],
)
def test_reads_every_usual_format(tmp_path: Path, name: str, options: dict[str, Any]) -> None:
    quarters().save(tmp_path / name, **options)
    pixels = read_image(tmp_path / name)
    assert pixels.shape == (48, 64, 3)
    assert pixels.dtype == np.uint8
    assert pixels.flags.writeable
    assert pixels.flags.c_contiguous
    assert_close(pixels, [RED, GREEN, BLUE, YELLOW])


@pytest.mark.parametrize(("name", "format"), [("stone.jpg", "PNG"), ("stone.png", "JPEG"), ("stone.dat", "WEBP")])
def test_goes_by_content_not_by_name(tmp_path: Path, name: str, format: str) -> None:
    quarters().save(tmp_path / name, format=format, quality=95)
    assert_close(read_image(tmp_path / name), [RED, GREEN, BLUE, YELLOW])


@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_stands_upright_whatever_the_camera_said(tmp_path: Path, orientation: int, format: str) -> None:
    # How a picture must be stored so that the orientation's turn brings it upright.
    stored = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    image = quarters().transpose(stored[orientation]) if orientation in stored else quarters()
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "phone"
    image.save(path, format=format, exif=exif, quality=95)
    pixels = read_image(path)
    assert pixels.shape == (48, 64, 3)
    assert_close(pixels, [RED, GREEN, BLUE, YELLOW])


def test_damaged_camera_data_does_not_hide_a_good_picture(tmp_path: Path) -> None:
    path = tmp_path / "stone.jpg"
    quarters().save(path, exif=b"Exif\x00\x00MM\x00*\xff\xff\xff\xff", quality=95)
    assert_close(read_image(path), [RED, GREEN, BLUE, YELLOW])


@pytest.mark.parametrize(
    ("profile", "stored", "seen"),
    [  # values by the published matrices: the same numbers mean stronger colours in a wider space
        (ADOBE_RGB, (150, 120, 100), (162, 121, 99)),
        (DISPLAY_P3, (200, 100, 100), (216, 93, 97)),
        (ADOBE_RGB, (128, 128, 128), (127, 127, 127)),
        (b"not a profile", (100, 180, 100), (100, 180, 100)),
        (icc_profile(b"GRAY", {b"kTRC": gamma(1.0)}), (100, 180, 100), (100, 180, 100)),  # another kind of pixels
        (ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(), (100, 180, 100), (100, 180, 100)),
    ],
    ids=["adobe-rgb", "display-p3", "neutral", "broken", "grey-on-rgb", "srgb"],
)
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
def test_colour_profiles_are_brought_to_srgb(
    tmp_path: Path, profile: bytes, stored: tuple[int, int, int], seen: tuple[int, int, int], mode: str
) -> None:
    path = tmp_path / "stone.png"
    Image.new("RGB", (20, 20), stored).convert(mode, palette=Image.Palette.ADAPTIVE).save(path, icc_profile=profile)
    np.testing.assert_allclose(read_image(path)[5, 5], seen, atol=2)


def test_grey_profiles_count(tmp_path: Path) -> None:
    linear = icc_profile(b"GRAY", {b"kTRC": gamma(1.0)})
    Image.new("L", (20, 20), 55).save(tmp_path / "grey.png", icc_profile=linear)
    # A linear 55 / 255 = 0.2157 is 1.055 * 0.2157 ** (1 / 2.4) - 0.055 = 0.502 in sRGB.
    np.testing.assert_allclose(read_image(tmp_path / "grey.png")[5, 5], (128, 128, 128), atol=2)
    Image.new("L", (20, 20), 128).save(tmp_path / "stray.png", icc_profile=ADOBE_RGB)
    np.testing.assert_allclose(read_image(tmp_path / "stray.png")[5, 5], (127, 127, 127), atol=2)


def test_inks_without_a_profile(tmp_path: Path) -> None:
    quarters().convert("CMYK").save(tmp_path / "adobe.jpg", quality=95)
    quarters().convert("CMYK").save(tmp_path / "inks.tif")
    assert_close(read_image(tmp_path / "adobe.jpg"), [RED, GREEN, BLUE, YELLOW])
    assert_close(read_image(tmp_path / "inks.tif"), [RED, GREEN, BLUE, YELLOW])


def test_inks_of_a_jpeg_are_inverted_whoever_wrote_it(tmp_path: Path) -> None:
    content = io.BytesIO()
    quarters().convert("CMYK").save(content, "JPEG", quality=95)
    data = content.getvalue()
    start = data.index(b"\xff\xee")  # the Adobe marker, with its length in the two bytes after it
    length = int.from_bytes(data[start + 2 : start + 4], "big")
    (tmp_path / "plain.jpg").write_bytes(data[:start] + data[start + 2 + length :])
    assert_close(read_image(tmp_path / "plain.jpg"), [RED, GREEN, BLUE, YELLOW])


def test_inks_go_through_their_profile(tmp_path: Path) -> None:
    inks = Image.new("CMYK", (20, 20), (255, 255, 0, 0))  # two of four inks: L* 50 by the profile, blue without it
    inks.save(tmp_path / "inks.tif", icc_profile=ink_profile())
    pixel = read_image(tmp_path / "inks.tif")[5, 5].astype(int)
    assert np.ptp(pixel) <= 3
    assert 105 <= pixel.mean() <= 133
    Image.new("CMYK", (20, 20), (255, 255, 0, 0)).save(tmp_path / "stray.tif", icc_profile=ADOBE_RGB)
    assert tuple(read_image(tmp_path / "stray.tif")[5, 5]) == (0, 0, 255)


def test_lab_pixels(tmp_path: Path) -> None:
    Image.new("LAB", (20, 20), (255, 128, 128)).save(tmp_path / "lab.tif")
    np.testing.assert_allclose(read_image(tmp_path / "lab.tif")[5, 5], (255, 255, 255), atol=2)


@pytest.mark.parametrize("name", ["deep.png", "deep.tif"])
def test_sixteen_bit_grey_keeps_its_tones(tmp_path: Path, name: str) -> None:
    ramp = np.tile(np.linspace(0, 65535, 64).astype(np.uint16), (32, 1))
    Image.fromarray(ramp).save(tmp_path / name)
    pixels = read_image(tmp_path / name)
    np.testing.assert_allclose(pixels[0, :, 0], np.linspace(0, 255, 64), atol=0.51)
    assert (pixels[..., 0] == pixels[..., 2]).all()


def test_sixteen_bit_colour(tmp_path: Path) -> None:
    import cv2

    deep = np.asarray(quarters()).astype(np.uint16)[..., ::-1] * 257
    for name in ("deep.png", "deep.tif"):
        assert cv2.imwrite(str(tmp_path / name), deep)
        assert_close(read_image(tmp_path / name), [RED, GREEN, BLUE, YELLOW], within=1)


def test_one_bit(tmp_path: Path) -> None:
    Image.fromarray(np.arange(400).reshape(20, 20) % 2 == 0).save(tmp_path / "bits.png")
    pixels = read_image(tmp_path / "bits.png")
    assert set(np.unique(pixels)) == {0, 255}


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA", "P", "RGB", "L"])
def test_transparency_lies_on_white(tmp_path: Path, mode: str) -> None:
    grey = Image.new("RGB", (20, 20), (100, 100, 100))
    path = tmp_path / ("stone.tif" if mode == "PA" else "stone.png")
    if mode in ("RGBA", "LA", "PA"):
        image = grey.convert("P").convert("PA") if mode == "PA" else grey.convert(mode)
        image.putalpha(Image.new("L", (20, 20), 0))
        image.save(path)
    elif mode == "P":
        image = grey.quantize(2)
        image.save(path, transparency=image.getpixel((0, 0)))
    else:
        grey.convert(mode).save(path, transparency=100 if mode == "L" else (100, 100, 100))
    assert (read_image(path) == 255).all()


def test_half_transparency_is_half_white(tmp_path: Path) -> None:
    Image.new("RGBA", (20, 20), (0, 100, 200, 128)).save(tmp_path / "half.webp", lossless=True)
    np.testing.assert_allclose(read_image(tmp_path / "half.webp")[5, 5], (127, 177, 227), atol=1)


@pytest.mark.parametrize("name", ["moving.gif", "moving.webp", "moving.png", "pages.tif"])
def test_an_animation_shows_its_first_frame(tmp_path: Path, name: str) -> None:
    second = Image.new("RGB", (64, 48), "black")
    quarters().save(tmp_path / name, save_all=True, append_images=[second], quality=95)
    assert_close(read_image(tmp_path / name), [RED, GREEN, BLUE, YELLOW])


def test_heic_with_its_library(tmp_path: Path) -> None:
    heif = pytest.importorskip("pillow_heif")
    heif.from_pillow(quarters()).save(tmp_path / "phone.jpg", quality=95)
    assert_close(read_image(tmp_path / "phone.jpg"), [RED, GREEN, BLUE, YELLOW])


def test_heic_without_its_library_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    (tmp_path / "phone.heic").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100))
    with pytest.raises(ImageError, match=r'pip install "gemhier\[heic\]"'):
        read_image(tmp_path / "phone.heic")


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.gif", "a.bmp", "a.webp", "a.tif", "a.avif", "a.jp2"])
@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9])
def test_a_file_cut_short_is_an_error_not_half_a_picture(tmp_path: Path, name: str, kept: float) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (80, 80, 3), np.uint8)
    path = tmp_path / name
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
    with pytest.raises(ImageError, match="cut short"):
        read_image(path)


def test_a_progressive_jpeg_that_is_cut_is_read_once_it_shows_every_detail(tmp_path: Path) -> None:
    path = tmp_path / "stone.jpg"
    quarters(400, 300).save(path, progressive=True, quality=95)
    whole, content = read_image(path).astype(int), path.read_bytes()
    path.write_bytes(content[: len(content) * 9 // 10])
    difference = np.abs(read_image(path) - whole)
    assert difference.mean() < 1
    assert difference.max() < 40
    path.write_bytes(content[: len(content) // 5])
    with pytest.raises(ImageError, match="cut short"):
        read_image(path)


def damaged_file(folder: Path, kind: str) -> Path:
    """Make a file that is no picture, of one kind."""
    path = folder / "stone.jpg"
    if kind == "folder":
        path.mkdir()
    elif kind == "empty":
        path.touch()
    elif kind == "text":
        path.write_text("a ruby, 1.2 carats")
    elif kind == "one pixel":
        Image.new("RGB", (1, 1)).save(path)
    elif kind == "thin":
        Image.new("RGB", (300, SMALLEST_SIDE - 1)).save(path)
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "script":
        path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 50 50\nshowpage\n")
    elif kind == "float":
        Image.fromarray(np.zeros((20, 20), np.float32)).save(path, format="TIFF")
    return path


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("missing", "no such file"),
        ("folder", "a folder, not a picture"),
        ("empty", "an empty file"),
        ("text", "not a picture in a known format"),
        ("one pixel", "too small, 1 x 1 pixels"),
        ("thin", "too small, 300 x 15 pixels"),
        pytest.param(
            "pipe", "not a regular file", marks=pytest.mark.skipif(os.name == "nt", reason="no pipes in folders")
        ),
        ("script", "not a picture in a known format"),
        ("float", "32-bit"),
    ],
)
def test_what_is_not_a_picture_is_one_line_that_says_so(tmp_path: Path, kind: str, message: str) -> None:
    path = damaged_file(tmp_path, kind)
    with pytest.raises(ImageError, match=message) as caught:
        read_image(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(".")


def test_a_zero_byte_in_a_path() -> None:
    with pytest.raises(ImageError, match="cannot be opened"):
        read_image(Path("stone\0.jpg"))


def test_permission_denied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "stone.png"
    quarters().save(path)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)  # a superuser is refused nothing, so the refusal is painted
    with pytest.raises(ImageError, match="permission denied"):
        read_image(path)


@pytest.mark.parametrize(("side", "message"), [(12_000, "144 megapixels"), (20_000, "more than 120 megapixels")])
def test_a_huge_picture_is_refused_before_it_is_decoded(tmp_path: Path, side: int, message: str) -> None:
    path = tmp_path / "huge.png"
    Image.new("RGB", (20, 20)).save(path)
    content = bytearray(path.read_bytes())
    content[16:24] = struct.pack(">2I", side, side)
    content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    path.write_bytes(content)
    start = time.perf_counter()
    with pytest.raises(ImageError, match=message) as caught:
        read_image(path)
    assert str(MOST_MEGAPIXELS) in str(caught.value)
    assert time.perf_counter() - start < 1


@pytest.mark.parametrize("name", ["large.jpg", "large.png"])
@pytest.mark.parametrize(
    ("size", "small"), [((1200, 900), (100, 75)), ((300, 1201), (25, 100)), ((2000, 16), (100, 1))]
)
def test_longest_makes_a_large_picture_smaller(
    tmp_path: Path, name: str, size: tuple[int, int], small: tuple[int, int]
) -> None:
    quarters(*size).save(tmp_path / name, quality=95)
    pixels = read_image(tmp_path / name, longest=100)
    assert pixels.shape == (small[1], small[0], 3)
    if small[1] > 1:
        assert_close(pixels, [RED, GREEN, BLUE, YELLOW])


def test_longest_never_makes_a_picture_larger(tmp_path: Path) -> None:
    quarters().save(tmp_path / "stone.png")
    assert read_image(tmp_path / "stone.png", longest=64).shape == (48, 64, 3)
    assert (read_image(tmp_path / "stone.png", longest=500) == np.asarray(quarters())).all()
    with pytest.raises(ValueError, match="longest"):
        read_image(tmp_path / "stone.png", longest=0)


def test_making_smaller_averages_instead_of_skipping(tmp_path: Path) -> None:
    stripes = np.zeros((512, 512, 3), np.uint8)
    stripes[:, ::2] = 255
    Image.fromarray(stripes).save(tmp_path / "stripes.png")
    np.testing.assert_allclose(read_image(tmp_path / "stripes.png", longest=64)[8:-8, 8:-8], 127, atol=3)


def test_pillow_stays_quiet_and_others_do_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quarters(400, 300).save(tmp_path / "stone.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100_000)  # so that Pillow warns
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        read_image(tmp_path / "stone.png")
        assert not caught
        with Image.open(tmp_path / "stone.png"):
            pass
        assert [warning.category for warning in caught] == [Image.DecompressionBombWarning]


def test_threads_read_the_same_and_leave_the_warning_filters_alone(tmp_path: Path) -> None:
    generator = np.random.default_rng(1)
    paths = []
    for number in range(6):
        paths.append(tmp_path / f"{number}.jpg")
        Image.fromarray(generator.integers(0, 256, (60, 60, 3), np.uint8)).save(paths[-1], icc_profile=DISPLAY_P3)
    alone = [read_image(path) for path in paths]
    before = list(warnings.filters)
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(read_image, paths * 10))
    assert list(warnings.filters) == before
    for number, pixels in enumerate(together):
        assert (pixels == alone[number % len(alone)]).all()


def test_silence_lasts_until_the_last_reader_leaves() -> None:
    silence = image_module._PillowSilence()
    before = list(warnings.filters)
    silence.enter()
    other = threading.Thread(target=silence.enter)
    other.start()
    other.join()
    silence.leave()
    assert list(warnings.filters) != before
    silence.leave()
    assert list(warnings.filters) == before


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((20, 20), np.uint8),
        np.zeros((20, 20, 4), np.uint8),
        np.zeros((3, 20, 20), np.uint8),
        np.zeros((20, 20, 3), np.float32),
        np.zeros((0, 20, 3), np.uint8),
        [[[0, 0, 0]]],
    ],
)
def test_an_array_of_another_kind_is_a_value_error(array: RGB) -> None:
    with pytest.raises(ValueError, match=r"\(H, W, 3\)"):
        check_array(array)


def test_folders_are_listed_in_order_without_hidden_files(tmp_path: Path) -> None:
    for name in (
        "b.jpg",
        "a.JPG",
        "notes.txt",
        ".hidden.jpg",
        "ruby/2.png",
        "ruby/1.webp",
        ".cache/x.jpg",
        "empty/.keep",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    listed = list(list_images([tmp_path]))
    assert [path.relative_to(tmp_path).as_posix() for path in listed] == ["a.JPG", "b.jpg", "ruby/1.webp", "ruby/2.png"]


def test_named_files_are_kept_whatever_they_are(tmp_path: Path) -> None:
    missing, text = tmp_path / "missing.jpg", tmp_path / "notes.txt"
    text.touch()
    assert list(list_images([text, missing, text])) == [text, missing, text]


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_loop_of_links_ends(tmp_path: Path) -> None:
    (tmp_path / "ruby").mkdir()
    (tmp_path / "ruby" / "1.png").touch()
    (tmp_path / "ruby" / "again").symlink_to(tmp_path)
    assert [path.name for path in list_images([tmp_path])] == ["1.png"]


def test_a_link_that_leads_nowhere_is_told_from_a_missing_file(tmp_path: Path) -> None:
    link = tmp_path / "stone.jpg"
    try:
        link.symlink_to(tmp_path / "gone.jpg")
    except OSError:
        pytest.skip("links cannot be made here")
    with pytest.raises(ImageError, match=r"stone\.jpg: a link to a file that is not there"):
        read_image(link)
    with pytest.raises(ImageError, match=r"gone\.jpg: no such file"):
        read_image(tmp_path / "gone.jpg")
