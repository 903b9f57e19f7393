"""Look for what LiteRT takes for granted in a file: where it is missing, LiteRT ends the whole process."""

import mmap
import struct
from typing import Any

_GRAPHS = 4 + 2 * 2
"""Where the entry of the graphs lies in the vtable of a model: the third field of the LiteRT schema's `Model`."""


def has_graphs(content: bytes | mmap.mmap) -> bool:
    """Whether a LiteRT file has a list of graphs. Of bytes that are no such file it may say either."""
    try:
        model: int = struct.unpack_from("<I", content)[0]
        fields: int = model - struct.unpack_from("<l", content, model)[0]
        length: int = struct.unpack_from("<H", content, fields)[0]
        graphs: int = struct.unpack_from("<H", content, fields + _GRAPHS)[0]
    except struct.error:
        return True  # LiteRT will say what is wrong with it
    return length > _GRAPHS and graphs > 0


def torn_operations(interpreter: Any) -> list[str]:
    """Name the operations of a LiteRT interpreter that take nothing or give nothing."""
    asked = interpreter._interpreter
    return [
        asked.NodeName(node)
        for node in range(asked.NumNodes())
        if not len(asked.NodeInputs(node)) or not len(asked.NodeOutputs(node))
    ]
