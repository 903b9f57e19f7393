"""Keep an exported network's weights in 8 bits, which takes half the space of float16; it computes in float32."""

from typing import Any

import flatbuffers
import numpy as np
import numpy.typing as npt

from gemhier.arrays import Float32

_STEPS = 127
"""How many on each side of zero."""

_LARGE = 2**17
"""So many weights a convolution has at least that is rounded."""

_ALIGNED = 16
"""Where the data of a buffer must begin: `force_align` in LiteRT's schema.fbs."""

_BY_CHANNEL = 5
"""From this version on DEQUANTIZE knows a scale for each channel."""


def in_eight_bits(content: bytes) -> bytes:
    """Return an exported network whose weights are kept in 8 bits.

    Those of large convolutions are rounded to whole steps, from -127 to 127, which are as fine in each output channel
    as its largest weight allows (Krishnamoorthi, Quantizing deep convolutional networks for efficient inference: a
    whitepaper, 2018, sections 2.2 and 3.1). LiteRT turns them into float32 as it loads the file, and computes as
    before. All else stays as it is: small convolutions, which come early, and the heads, whose inputs differ much in
    scale, take little space, and rounding them moves answers most. What is in 8 bits already stays, too. The same
    network gives the same bytes.

    Args:
        content: a LiteRT file that can be loaded.
    """
    from ai_edge_litert.tools.flatbuffer_utils import read_model_from_bytearray  # takes 0.2 s

    model = read_model_from_bytearray(content)
    for graph in model.subgraphs:
        _round_weights(model, graph)
    _drop_unused_buffers(model)
    builder = _AlignedBuilder()
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


class _AlignedBuilder(flatbuffers.Builder):
    """A builder that aligns all arrays, since the one that LiteRT's schema makes in Python aligns no buffers."""

    def CreateNumpyVector(self, x: npt.NDArray[Any]) -> int:
        self.Prep(_ALIGNED, x.nbytes)
        offset: int = super().CreateNumpyVector(x)
        return offset


def _round_weights(model: Any, graph: Any) -> None:
    from ai_edge_litert.schema_py_generated import BuiltinOperator

    dequantize = _dequantize(model)
    kinds = [max(code.builtinCode, code.deprecatedBuiltinCode) for code in model.operatorCodes]
    users = [
        one
        for one in graph.operators
        if kinds[one.opcodeIndex] == BuiltinOperator.CONV_2D and np.prod(graph.tensors[one.inputs[1]].shape) >= _LARGE
    ]
    makers = {one.outputs[0]: one for one in graph.operators if one.opcodeIndex == dequantize}
    for number in sorted({one.inputs[1] for one in users}):
        kept = makers[number].inputs[0] if number in makers else number
        weights = _constant(model, graph.tensors[kept])
        if weights is None:
            continue
        if number not in makers:
            kept = _let_come_from_another(graph, number, dequantize)
        _store_in_8_bits(model, graph.tensors[kept], weights)
    for number in sorted({one.inputs[2] for one in users if len(one.inputs) > 2} & {*makers}):
        # With weights in 8 bits and a bias in 16, LiteRT's fast kernels take no convolution.
        bias = _constant(model, graph.tensors[makers[number].inputs[0]])
        if bias is not None:
            _store(model, graph.tensors[number], bias)
            graph.operators.remove(makers[number])


def _constant(model: Any, tensor: Any) -> Float32 | None:
    """Return what a tensor holds in every run; None if that is computed, or no floating point."""
    from ai_edge_litert.schema_py_generated import TensorType

    stored = {TensorType.FLOAT16: np.float16, TensorType.FLOAT32: np.float32}.get(tensor.type)
    data = model.buffers[tensor.buffer].data
    if data is None or stored is None:
        return None
    return np.asarray(data, np.uint8).view(stored).astype(np.float32).reshape(tensor.shape)


def _store(model: Any, tensor: Any, values: npt.NDArray[Any]) -> None:
    from ai_edge_litert.schema_py_generated import BufferT

    tensor.buffer = len(model.buffers)
    model.buffers.append(BufferT(data=values.reshape(-1).view(np.uint8)))


def _store_in_8_bits(model: Any, tensor: Any, weights: Float32) -> None:
    from ai_edge_litert.schema_py_generated import QuantizationParametersT, TensorType

    rows = weights.reshape(len(weights), -1)
    largest = np.abs(rows).max(axis=1)
    scales = np.where(largest > 0, largest / np.float32(_STEPS), np.float32(1))
    tensor.type = TensorType.INT8
    tensor.quantization = QuantizationParametersT(
        scale=scales, zeroPoint=np.zeros(len(scales), np.int64), quantizedDimension=0
    )
    _store(model, tensor, np.rint(rows / scales[:, None]).astype(np.int8))


def _let_come_from_another(graph: Any, number: int, dequantize: int) -> int:
    """Let a constant tensor come from another by DEQUANTIZE, and return the number of the other."""
    from ai_edge_litert.schema_py_generated import OperatorT, TensorT

    tensor, other = graph.tensors[number], len(graph.tensors)
    graph.tensors.append(TensorT(shape=tensor.shape, name=tensor.name + b"_in_8_bits", hasRank=tensor.hasRank))
    tensor.buffer = 0  # which every file keeps empty
    graph.operators.insert(0, OperatorT(opcodeIndex=dequantize, inputs=[other], outputs=[number]))
    return other


def _dequantize(model: Any) -> int:
    """Return the number of DEQUANTIZE among a file's operations, made new enough, or added where it is missing."""
    from ai_edge_litert.schema_py_generated import BuiltinOperator, OperatorCodeT

    for number, code in enumerate(model.operatorCodes):
        if code.builtinCode == BuiltinOperator.DEQUANTIZE:
            code.version = max(code.version, _BY_CHANNEL)
            return number
    kind = BuiltinOperator.DEQUANTIZE
    model.operatorCodes.append(OperatorCodeT(builtinCode=kind, deprecatedBuiltinCode=kind, version=_BY_CHANNEL))
    return len(model.operatorCodes) - 1


def _drop_unused_buffers(model: Any) -> None:
    used = {tensor.buffer for graph in model.subgraphs for tensor in graph.tensors}
    used |= {entry.buffer for entry in model.metadata or ()}
    for number, buffer in enumerate(model.buffers):
        if number not in used:
            buffer.data = None
