"""Running an exported network."""

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gemhier.arrays import Bytes
from gemhier.errors import BundleError
from gemhier.models.runtime import litert
from gemhier.models.runtime.litert import run_on_one_core, usable_cores
from gemhier.models.runtime.logits import HEADS
from gemhier.models.runtime.network import MOST_AT_ONCE, Network

if TYPE_CHECKING:
    import keras

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def network(tiny_network: bytes) -> Network:
    return Network(tiny_network)


def images(count: int, seed: int = 0) -> Bytes:
    return np.random.default_rng(seed).integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)


def test_a_network_knows_its_size_and_columns(network: Network) -> None:
    assert (network.size, network.labels, network.families) == (32, 6, 3)


@pytest.mark.parametrize("count", [0, 1, 7, MOST_AT_ONCE, 2 * MOST_AT_ONCE + 3])
def test_batches_of_any_size_give_one_row_a_picture(network: Network, count: int) -> None:
    logits = network.logits(images(count))
    assert {name: getattr(logits, name).shape for name in HEADS} == {
        "flat": (count, 6),
        "family": (count, 3),
        "regional": (count, 6),
    }
    assert logits.flat.dtype == np.float32


@given(count=st.integers(1, 40), seed=st.integers(0, 2**32 - 1), threads=st.sampled_from([1, 2]))
@settings(max_examples=15)
def test_a_picture_has_the_same_logits_alone_and_in_a_batch(
    tiny_network: bytes, count: int, seed: int, threads: int
) -> None:
    network = Network(tiny_network, num_threads=threads)
    batch = images(count, seed)
    together = network.logits(batch)
    chosen = seed % count
    alone = network.logits(batch[chosen : chosen + 1])
    for name in HEADS:
        np.testing.assert_allclose(getattr(alone, name)[0], getattr(together, name)[chosen], rtol=0, atol=1e-6)


def test_threads_can_share_a_network(network: Network) -> None:
    batches = [images(count, seed) for seed, count in enumerate((1, 5, 2, 33, 1, 8) * 4)]
    expected = [network.logits(batch).flat for batch in batches]
    with ThreadPoolExecutor(6) as executor:
        found = list(executor.map(lambda batch: network.logits(batch).flat, batches))
    for one, other in zip(expected, found, strict=True):
        np.testing.assert_array_equal(one, other)


def test_threads_on_one_core_each_give_the_same_to_the_last_bit(network: Network) -> None:
    batches = [images(count, seed) for seed, count in enumerate((1, 5, 2, 33, 1, 8) * 2)]
    expected = [network.logits(batch).flat for batch in batches]
    with ThreadPoolExecutor(3, initializer=run_on_one_core) as executor:
        found = list(executor.map(lambda batch: network.logits(batch).flat, batches))
    for one, other in zip(expected, found, strict=True):
        np.testing.assert_array_equal(one, other)


def test_threads_on_one_core_each_do_not_wait_for_each_other(
    tiny_network: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = threading.Barrier(3, timeout=20)
    made, run = litert._interpreter, litert._Runner.__call__
    wanted: list[int] = []

    def waiting_interpreter(source: bytes | Path, num_threads: int) -> Any:
        wanted.append(num_threads)
        together.wait()
        return made(source, num_threads)

    def waiting_run(runner: litert._Runner, images: Bytes) -> Any:
        together.wait()
        return run(runner, images)

    network = Network(tiny_network, num_threads=2)
    with ThreadPoolExecutor(3, initializer=run_on_one_core) as executor:
        for name, waiting in (("_interpreter", waiting_interpreter), ("_Runner.__call__", waiting_run)):
            with monkeypatch.context() as patch:
                patch.setattr(f"gemhier.models.runtime.litert.{name}", waiting)
                assert len(list(executor.map(network.logits, [images(1)] * 3))) == 3
    assert wanted == [1, 1, 1]


def test_a_view_of_a_larger_array_is_read_right(network: Network) -> None:
    large = images(6)
    np.testing.assert_array_equal(
        network.logits(large[::2, :, ::-1]).flat, network.logits(large[::2, :, ::-1].copy()).flat
    )


@pytest.mark.parametrize(
    "wrong", [np.zeros((32, 32, 3), np.uint8), np.zeros((1, 31, 32, 3), np.uint8), np.zeros((1, 32, 32, 3), np.float32)]
)
def test_pictures_of_another_form_are_refused(network: Network, wrong: Bytes) -> None:
    with pytest.raises(ValueError, match=r"must be \(N, 32, 32, 3\) uint8"):
        network.logits(wrong)


def test_a_file_gives_what_its_bytes_give(tiny_network: bytes, tmp_path: Path) -> None:
    file = tmp_path / os.fsdecode(b"\xff rubis \xc3\xa9") / "network.tflite"  # not even text
    file.parent.mkdir()
    file.write_bytes(tiny_network)
    images = np.random.default_rng(3).integers(0, 256, (2, 32, 32, 3), dtype=np.uint8)
    for (_, mapped), (_, held) in zip(
        Network(file).logits(images).items(), Network(tiny_network).logits(images).items(), strict=True
    ):
        np.testing.assert_array_equal(mapped, held)


@pytest.mark.parametrize("kept", [slice(0), slice(100), slice(-100)])
def test_a_file_that_is_no_network_is_refused(tiny_network: bytes, kept: slice, tmp_path: Path) -> None:
    file = tmp_path / "network.tflite"
    file.write_bytes(tiny_network[kept])
    with pytest.raises(BundleError, match="cannot be loaded"):
        Network(file)


def test_no_threads_at_all_are_refused(tiny_network: bytes) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Network(tiny_network, num_threads=0)


@pytest.mark.parametrize("kept", [slice(0), slice(4, None), slice(-900)], ids=["nothing", "beheaded", "cut short"])
def test_bytes_that_are_no_network_are_refused(tiny_network: bytes, kept: slice) -> None:
    with pytest.raises(BundleError, match="cannot be loaded") as caught:
        Network(tiny_network[kept])
    assert "\n" not in str(caught.value)


def converted(model: "keras.Model") -> bytes:
    """The LiteRT file of any model, without the checks of `export_network`."""
    import contextlib
    import io

    import tensorflow as tf

    with contextlib.redirect_stdout(io.StringIO()):
        content: bytes = tf.lite.TFLiteConverter.from_keras_model(model).convert()
    return content


@pytest.mark.parametrize(
    ("name", "dtype", "widths", "message"),
    [
        ("photos", "uint8", {"flat": 2, "family": 1, "regional": 2}, "must take `pictures`.*takes photos"),
        ("pictures", "float32", {"flat": 2, "family": 1, "regional": 2}, "must take `pictures`"),
        ("pictures", "uint8", {"flat": 2, "family": 1, "regional": 3}, "must give float32 `flat` and `regional`"),
        ("pictures", "uint8", {"flat": 2, "family": 1}, "must give float32 `flat` and `regional`"),
    ],
)
def test_a_network_with_other_inputs_or_outputs_is_refused(
    name: str, dtype: str, widths: dict[str, int], message: str
) -> None:
    import keras

    inputs = keras.Input((4, 4, 3), dtype=dtype, name=name)
    features = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(inputs))
    model = keras.Model(inputs, {output: keras.layers.Dense(width)(features) for output, width in widths.items()})
    with pytest.raises(BundleError, match=message):
        Network(converted(model))


def test_the_first_run_prints_nothing_and_loses_no_other_message(tiny_network: bytes, tmp_path: Path) -> None:
    (tmp_path / "network.tflite").write_bytes(tiny_network)
    script = """
import os, sys
from pathlib import Path
from gemhier.models.runtime.litert import ExportedNetwork
network = ExportedNetwork(Path(sys.argv[1]))
signature = network._runner.signature
def run_and_warn(**images):
    os.write(2, b"a warning\\n")
    return signature(**images)
network._runner.signature = run_and_warn
network.try_out()
os.write(2, b"afterwards\\n")
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "network.tflite")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("", "a warning\nafterwards\n")


@pytest.mark.skipif(sys.platform == "win32", reason="the standard error is left alone there")
def test_a_network_runs_where_the_standard_error_is_closed(tiny_network: bytes, tmp_path: Path) -> None:
    (tmp_path / "network.tflite").write_bytes(tiny_network)
    script = (
        "import os, sys; os.close(2); from pathlib import Path; from gemhier.models.runtime.network import Network; "
        "network = Network(Path(sys.argv[1])); network.try_out(); print(network.size)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "network.tflite")], cwd=ROOT, capture_output=True, check=True
    )
    assert done.stdout.split() == [b"32"]


def test_the_cores_are_counted() -> None:
    assert 1 <= usable_cores() <= min(4, os.cpu_count() or 1)
