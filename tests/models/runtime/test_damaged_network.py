"""Networks that are damaged or made to do harm: each is refused in one line, and takes no memory."""

import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from gemhier.errors import BundleError
from gemhier.models.images.finder import Finder
from gemhier.models.runtime import litert
from gemhier.models.runtime.network import Network


class BrokenRunner:
    def get_input_details(self) -> dict[str, dict[str, object]]:
        return {"pictures": {"dtype": np.uint8, "shape_signature": np.array([-1, 8, 8, 3])}}

    def get_output_details(self) -> dict[str, dict[str, object]]:
        return {"flat": {"dtype": np.float32, "shape_signature": np.array([-1, 4])}}

    def __call__(self, pictures: object) -> dict[str, object]:
        raise RuntimeError("Invalid tensor index 182 in node inputs.\nNode number 8 failed to prepare.")


@pytest.fixture
def run_by(monkeypatch: pytest.MonkeyPatch) -> Callable[[BrokenRunner], None]:
    """Let every network be run by a given runner."""

    def patch(runner: BrokenRunner) -> None:
        interpreter = SimpleNamespace(get_signature_runner=lambda name: runner)
        monkeypatch.setattr(litert, "_interpreter", lambda source, num_threads: interpreter)
        monkeypatch.setattr(litert, "tensor_bytes", lambda interpreter: 0)

    return patch


def test_a_fault_that_shows_in_the_first_run_is_a_bundle_error_of_one_line(
    run_by: Callable[[BrokenRunner], None],
) -> None:
    run_by(BrokenRunner())
    with pytest.raises(BundleError, match="cannot be loaded") as refused:
        litert.ExportedNetwork(b"").try_out()
    assert "\n" not in str(refused.value)
    assert "Invalid tensor index 182" in str(refused.value)


@pytest.mark.parametrize("shape", [(3, 4), (), (0, 4), (1, 5), (1, 4, 1)])
def test_outputs_of_another_shape_than_the_file_says_are_a_bundle_error(
    shape: tuple[int, ...], run_by: Callable[[BrokenRunner], None]
) -> None:
    class OddRunner(BrokenRunner):
        def __call__(self, pictures: object) -> dict[str, object]:
            return {"flat": np.zeros(shape, np.float32)}

    run_by(OddRunner())
    with pytest.raises(
        BundleError, match=r"gives `flat` of the shape \(.*\) for 1 pictures, and describes it as \(1, 4\)"
    ):
        litert.ExportedNetwork(b"").try_out()


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_outputs_that_are_not_finite_are_a_bundle_error(number: float, run_by: Callable[[BrokenRunner], None]) -> None:
    class InfiniteRunner(BrokenRunner):
        def __call__(self, pictures: object) -> dict[str, object]:
            return {"flat": np.array([[0.5, number, 1, 2]], np.float32)}

    run_by(InfiniteRunner())
    with pytest.raises(BundleError, match="gives `flat` that is not all finite numbers: its weights are damaged"):
        litert.ExportedNetwork(b"").try_out()


def edited(network: bytes, edit: Callable[[Any, Any], None]) -> bytes:
    """Change the operations and tensors of a LiteRT file; `edit` takes it and LiteRT's classes for its parts."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromPackedBuf(network)
    edit(model, schema)
    builder = flatbuffers.Builder()
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def in_a_tensor(model: Any, schema: Any) -> None:
    """Let a tensor between two operations be of 4.3 GB by its shape, as two flipped bits did."""
    (tensor,) = (tensor for tensor in model.subgraphs[0].tensors if list(tensor.shape) == [1, 16])
    tensor.shape = [1, 2**30]


def in_a_constant(model: Any, schema: Any) -> None:
    """Let an operation repeat its six numbers 2^28 times; no shape in the file tells."""
    graph = model.subgraphs[0]
    repeats = np.array([1, 2**28], np.int32)
    model.buffers.append(schema.BufferT(data=repeats.view(np.uint8)))
    model.operatorCodes.append(
        schema.OperatorCodeT(
            deprecatedBuiltinCode=schema.BuiltinOperator.TILE, builtinCode=schema.BuiltinOperator.TILE, version=1
        )
    )
    graph.tensors.append(
        schema.TensorT(
            shape=[2], type=schema.TensorType.INT32, buffer=len(model.buffers) - 1, name="repeats", hasRank=True
        )
    )
    multiplied = schema.BuiltinOperator.MUL
    regional = [op for op in graph.operators if model.operatorCodes[op.opcodeIndex].builtinCode == multiplied][-1]
    regional.opcodeIndex = len(model.operatorCodes) - 1
    regional.inputs = [regional.inputs[0], len(graph.tensors) - 1]
    regional.builtinOptionsType, regional.builtinOptions = schema.BuiltinOptions.TileOptions, schema.TileOptionsT()


@pytest.mark.skipif(sys.platform == "win32", reason="the module resource is not there")
@pytest.mark.parametrize(
    ("edit", "said"),
    [
        pytest.param(in_a_tensor, "would take 4,295 MB for one picture, and 1,0.. MB are the most", id="in a tensor"),
        pytest.param(
            in_a_constant,
            "cannot be loaded",
            id="in a constant",
            marks=pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a bound for this"),
        ),
    ],
)
def test_a_network_that_asks_gigabytes_is_refused_and_takes_none(
    edit: Callable[[Any, Any], None], said: str, tiny_network: bytes
) -> None:
    import resource

    network = edited(tiny_network, edit)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(BundleError, match=said) as refused:
        Network(network).try_out()
    assert "\n" not in str(refused.value)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 200_000 * (1024 if sys.platform == "darwin" else 1)


def test_a_network_that_was_taken_apart_and_put_together_again_still_runs(tiny_network: bytes) -> None:
    assert Network(edited(tiny_network, lambda model, schema: None)).size == 32


def no_graph(model: Any, schema: Any) -> None:
    model.subgraphs = None


def no_result(model: Any, schema: Any) -> None:
    model.subgraphs[0].operators[6].outputs = []


def no_argument(model: Any, schema: Any) -> None:
    model.subgraphs[0].operators[6].inputs = []


def no_output(model: Any, schema: Any) -> None:
    model.signatureDefs[0].outputs[0].tensorIndex = 2**32 - 1


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (no_graph, "it has no graph"),
        (no_output, "TensorName"),
        (no_result, "takes or gives nothing"),
        (no_argument, "takes or gives nothing"),
    ],
)
def test_what_would_end_the_process_or_its_python_is_refused_instead(
    edit: Callable[[Any, Any], None], said: str, tiny_network: bytes
) -> None:
    with pytest.raises(BundleError, match=f"cannot be loaded .*{said}"):
        Network(edited(tiny_network, edit))


def other_maps(model: Any, schema: Any) -> None:
    """Let the maps be described as half as wide as they are high."""
    (maps,) = (tensor for tensor in model.subgraphs[0].tensors if list(tensor.shape) == [1, 32, 32, 2])
    maps.shape, maps.shapeSignature = [1, 32, 16, 2], [-1, 32, 16, 2]


def test_a_finder_whose_maps_are_no_squares_is_refused(tiny_finder: bytes) -> None:
    with pytest.raises(BundleError, match="must give float32 `maps`, two squares for each picture"):
        Finder(edited(tiny_finder, other_maps))
