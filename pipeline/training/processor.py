"""Whether bfloat16 is worth its while on this machine."""

from collections.abc import Iterable
from pathlib import Path

BFLOAT16_FLAGS = frozenset(("avx512_bf16", "amx_bf16", "bf16"))
"""Of x86 processors, and the last of ARM's, as /proc/cpuinfo has them."""

DEPTHWISE = frozenset(("lite0", "lite1", "lite2", "mobilenet"))
"""Backbones of depthwise convolutions."""


def doubt_of_bfloat16(backbones: Iterable[str], cpuinfo: Path = Path("/proc/cpuinfo")) -> str | None:
    """Say why bfloat16 may be slower than float32; None where nothing speaks against it.

    Args:
        backbones: names of what is trained.
        cpuinfo: what Linux tells of the processor; elsewhere there is no such file.
    """
    import tensorflow as tf

    if tf.config.list_physical_devices("GPU"):
        return None
    try:
        lines = cpuinfo.read_text(encoding="utf-8").splitlines()
    except OSError:
        return "Whether this processor computes in bfloat16 cannot be told here: float32 may be quicker."
    flags = {flag for line in lines if line.lower().startswith(("flags", "features")) for flag in line.split()}
    if not flags & BFLOAT16_FLAGS:
        return "This processor has no instructions for bfloat16 (avx512_bf16, amx_bf16): float32 is quicker on it."
    if slow := sorted(DEPTHWISE.intersection(backbones)):
        return f"float32 is quicker than bfloat16 on a processor for {', '.join(slow)}, with depthwise convolutions."
    return None
