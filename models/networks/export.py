"""Turn a Keras model into the LiteRT file that classifying runs, without TensorFlow."""

import tempfile
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from gemhier.models.runtime.litert import INPUT
from gemhier.models.runtime.logits import HEADS

if TYPE_CHECKING:
    import keras
    import tensorflow as tf


def export_network(model: "keras.Model", outputs: Sequence[str] = HEADS, *, half: bool = False) -> bytes:
    """Export a model to LiteRT, with builtin operations only.

    The file has the signature `serving_default`: an input `pictures`, of any number of
    pictures, and the outputs. Dropout and augmentation are switched off. The same weights
    give the same bytes.

    Args:
        model: (N, S, S, 3) uint8 RGB in; a dict of the outputs, float32. What else it gives is left out.
        outputs: their names; a classifier's are `flat` (N, V), `family` (N, F) and `regional` (N, V) logits.
        half: keep the weights in float16, in half the space; it still computes in float32.

    Raises:
        ValueError: if the model has other inputs or outputs, or computes in half precision.
    """
    import keras
    import tensorflow as tf

    _check(model, outputs)
    size = model.input_shape[1]

    def serve(images: "tf.Tensor") -> dict[str, "tf.Tensor"]:
        found = model(images, training=False)
        return {name: found[name] for name in outputs}

    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint("serve", serve, input_signature=[tf.TensorSpec((None, size, size, 3), tf.uint8, name=INPUT)])
    with tempfile.TemporaryDirectory() as folder:
        archive.write_out(folder, verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        if half:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.target_spec.supported_types = [tf.float16]
        network: bytes = converter.convert()
    return network


def _check(model: "keras.Model", outputs: Sequence[str]) -> None:
    shape = model.input_shape
    if not isinstance(shape, tuple) or len(shape) != 4 or shape[1] is None or shape[1] != shape[2] or shape[3] != 3:
        raise ValueError(f"The model must take pictures of one size, (N, S, S, 3). Received: {shape}.")
    if model.inputs[0].dtype != "uint8":
        raise ValueError(f"The model must take uint8 pictures. Received: {model.inputs[0].dtype}.")
    found = sorted(model.output) if isinstance(model.output, Mapping) else model.output
    if not (isinstance(found, list) and set(outputs) <= set(found)):
        raise ValueError(f"The model must return a dict of {', '.join(outputs)}. Received: {found}.")
    if model.compute_dtype != "float32":
        raise ValueError(
            "The model must compute in float32: build it under that policy and copy the weights. "
            f"Received: {model.compute_dtype}."
        )
