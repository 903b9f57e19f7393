"""The exported network says what the Keras model says, with what LiteRT itself can compute."""

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gemhier.hierarchy.decoding import softmax
from gemhier.models.networks.export import export_network
from gemhier.models.runtime.logits import HEADS
from gemhier.models.runtime.network import Network

if TYPE_CHECKING:
    import keras


@given(n_images=st.integers(1, 5), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=10)
def test_the_export_changes_no_probability_by_more_than_1e_4(
    tiny_model: "keras.Model", tiny_network: bytes, n_images: int, seed: int
) -> None:
    images = np.random.default_rng(seed).integers(0, 256, (n_images, 32, 32, 3), dtype=np.uint8)
    exported = Network(tiny_network).logits(images)
    original = tiny_model(images, training=False)
    for name in HEADS:
        np.testing.assert_allclose(softmax(getattr(exported, name)), softmax(original[name]), rtol=0, atol=1e-4)


def test_exporting_again_gives_the_same_bytes(tiny_model: "keras.Model", tiny_network: bytes) -> None:
    assert export_network(tiny_model) == tiny_network


def test_the_file_names_its_input_and_outputs_and_needs_builtin_operations_only(tiny_network: bytes) -> None:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=tiny_network)
    names = {"inputs": ["pictures"], "outputs": ["family", "flat", "regional"]}
    assert interpreter.get_signature_list() == {"serving_default": names}
    operations = {details["op_name"] for details in interpreter._get_ops_details()}
    assert "CONV_2D" in operations
    assert not {name for name in operations if name.startswith("Flex") or name == "CUSTOM"}


def test_nothing_is_printed(tiny_model: "keras.Model", capfd: pytest.CaptureFixture[str]) -> None:
    export_network(tiny_model)
    assert capfd.readouterr().out == ""


def small_model(
    side: int | None = 8, other_side: int | None = 8, dtype: str = "uint8", names: tuple[str, ...] = HEADS
) -> "keras.Model":
    import keras

    images = keras.Input((side, other_side, 3), dtype=dtype)
    features = keras.layers.GlobalAveragePooling2D()(keras.layers.Rescaling(1 / 255)(images))
    return keras.Model(images, {name: keras.layers.Dense(2)(features) for name in names})


@pytest.mark.parametrize(
    ("unfit", "message"),
    [
        ({"side": None, "other_side": None}, "of one size"),
        ({"other_side": 9}, "of one size"),
        ({"dtype": "float32"}, "uint8"),
        ({"names": ("flat", "family")}, r"Received: \['family', 'flat'\]"),
    ],
)
def test_a_model_of_another_form_is_refused(unfit: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        export_network(small_model(**unfit))  # type: ignore[arg-type]


def test_a_model_in_half_precision_is_refused() -> None:
    import keras

    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        with pytest.raises(ValueError, match="Received: bfloat16"):
            export_network(small_model())
    finally:
        keras.config.set_dtype_policy("float32")
