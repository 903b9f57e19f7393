"""Weights in 8 bits: rounded as they should be, in less space, and computed with in float32 by the same kernels."""

from functools import cache

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from ai_edge_litert.schema_py_generated import Model

from gemhier.arrays import Bytes, Float32
from gemhier.models.networks.eight_bits import in_eight_bits
from gemhier.models.networks.export import export_network
from gemhier.models.runtime.litert import ExportedNetwork

SIDE = 16


@cache
def model() -> keras.Model:
    """Convolutions of all kinds and a dense layer; one channel of the large convolution is all zero."""
    images = keras.Input((SIDE, SIDE, 3), dtype="uint8", name="pictures")
    x = keras.layers.Rescaling(1 / 256, dtype="float32")(images)
    for index, layer in enumerate(
        [
            keras.layers.Conv2D(32, 3, 2, activation="relu"),
            keras.layers.DepthwiseConv2D(3, activation="relu"),
            keras.layers.Conv2D(512, 3, name="large"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(5, name="flat"),
        ]
    ):
        x = layer(x)
        random = np.random.default_rng(index)
        layer.set_weights([random.normal(0, 0.3, part.shape) for part in layer.get_weights()])
        if layer.name == "large":
            kernel, bias = layer.get_weights()
            layer.set_weights([kernel * (np.arange(512) > 0), bias])
    return keras.Model(images, {"flat": x})


@cache
def exported(half: bool) -> bytes:
    return export_network(model(), ("flat",), half=half)


def images() -> Bytes:
    return np.random.default_rng(7).integers(0, 256, (3, SIDE, SIDE, 3), dtype=np.uint8)


def outputs(content: bytes) -> Float32:
    return ExportedNetwork(content, num_threads=1).run(images())["flat"]


def rounded(kernel: Float32) -> Float32:
    """To steps of a 127th of the largest weight of each output channel, the last axis."""
    step = np.abs(kernel).max(axis=tuple(range(kernel.ndim - 1))) / np.float32(127)
    return np.asarray(np.round(kernel / np.where(step > 0, step, 1)) * step, np.float32)


@pytest.mark.parametrize("half", [False, True])
def test_it_computes_in_float32_with_the_rounded_weights(half: bool) -> None:
    expected = keras.models.clone_model(model())
    for layer, original in zip(expected.layers, model().layers, strict=True):
        weights = [
            part.astype(np.float16 if half else np.float32).astype(np.float32) for part in original.get_weights()
        ]
        if layer.name == "large":
            weights[0] = rounded(weights[0])
        layer.set_weights(weights)
    found = outputs(in_eight_bits(exported(half)))
    np.testing.assert_allclose(found, expected(images())["flat"], rtol=0, atol=2e-4)
    assert np.abs(found - outputs(exported(half))).max() > 2e-3


def test_it_takes_less_space() -> None:
    weights = sum(part.size for part in model().get_weights())
    saved = len(exported(half=True)) - len(in_eight_bits(exported(half=True)))
    assert saved > 0.8 * weights


def test_the_fast_kernels_take_the_same_operations() -> None:
    def groups(content: bytes) -> int:
        """Into how many groups XNNPACK takes the operations that it can do: each is a node more than the file has."""
        interpreter = Interpreter(model_content=content)
        interpreter.get_signature_runner("serving_default")(pictures=images())
        nodes: int = interpreter._interpreter.NumNodes()
        return nodes - Model.GetRootAs(content).Subgraphs(0).OperatorsLength()

    assert groups(in_eight_bits(exported(half=True))) == groups(exported(half=True)) > 0


def test_weights_that_are_in_8_bits_stay() -> None:
    once = in_eight_bits(exported(half=True))
    assert in_eight_bits(exported(half=True)) == once
    assert (outputs(in_eight_bits(once)) == outputs(once)).all()


def test_a_network_without_weights_stays_as_it_is(tiny_finder: bytes) -> None:
    image = np.random.default_rng(1).integers(0, 256, (1, 64, 64, 3), dtype=np.uint8)
    before, after = (ExportedNetwork(content).run(image) for content in (tiny_finder, in_eight_bits(tiny_finder)))
    assert all((before[name] == after[name]).all() for name in before)


def test_data_are_aligned_as_the_schema_asks() -> None:
    content = in_eight_bits(exported(half=True))
    found = Model.GetRootAs(content)
    starts = [
        buffer.DataAsNumpy().ctypes.data - np.frombuffer(content, np.uint8).ctypes.data
        for buffer in map(found.Buffers, range(found.BuffersLength()))
        if buffer.DataLength()
    ]
    assert len(starts) > 5
    assert not any(start % 16 for start in starts)
