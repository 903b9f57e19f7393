from pathlib import Path

import pytest

from gemhier.pipeline.training.processor import doubt_of_bfloat16


@pytest.mark.parametrize(
    ("told", "backbones", "doubt"),
    [
        ("flags\t\t: fpu sse2 avx512_bf16 amx_bf16", ["report-cnn"], None),
        ("Features\t: fp asimd bf16", ["vgg16"], None),
        ("flags\t\t: fpu sse2 amx_bf16", ["vgg16", "lite1", "lite0"], "for lite0, lite1, with depthwise"),
        ("flags\t\t: fpu sse2 avx2", ["report-cnn"], "no instructions"),
        (None, ["report-cnn"], "cannot be told"),
    ],
)
def test_it_is_said_where_bfloat16_may_be_slower(
    told: str | None, backbones: list[str], doubt: str | None, tmp_path: Path
) -> None:
    if told is not None:
        (tmp_path / "cpuinfo").write_text(f"model name\t: A processor\n{told}\n")
    found = doubt_of_bfloat16(backbones, tmp_path / "cpuinfo")
    assert (doubt in found) if doubt and found else found is doubt
