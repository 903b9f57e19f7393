from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from gemhier.arrays import Float32
from gemhier.models.networks.batch_norm import BatchNormalization

PIXELS = (3 + 2 * np.random.default_rng(0).standard_normal((5, 4, 4, 6))).astype(np.float32)


def filled(layer: keras.layers.Layer) -> keras.layers.Layer:
    layer.build(PIXELS.shape)
    chance = np.random.default_rng(1)
    layer.set_weights([chance.uniform(0.5, 2, 6).astype(np.float32) for _ in layer.get_weights()])
    return layer


def step(layer: keras.layers.Layer) -> tuple[Float32, Float32, list[Float32]]:
    """What a step of a training makes of pixels, their gradient, and the layer's weights afterwards."""
    given = tf.constant(PIXELS)
    with tf.GradientTape() as tape:
        tape.watch(given)
        found = layer(given, training=True)
        loss = tf.reduce_sum(tf.sin(found))
    return found.numpy(), tape.gradient(loss, given).numpy(), layer.get_weights()


@pytest.mark.parametrize("frozen", [False, True])
def test_a_step_is_that_of_the_layer_of_keras(frozen: bool) -> None:
    ours, known = (
        filled(kind(momentum=0.9, epsilon=1e-3)) for kind in (BatchNormalization, keras.layers.BatchNormalization)
    )
    before = ours.get_weights()
    ours.trainable = known.trainable = not frozen
    for found, expected in zip(step(ours)[:2], step(known)[:2], strict=True):
        np.testing.assert_allclose(found, expected, atol=2e-5)
    for found, expected in zip(ours.get_weights(), known.get_weights(), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert np.array_equal(ours.get_weights()[2], before[2]) == frozen
    np.testing.assert_allclose(ours(PIXELS), known(PIXELS), atol=1e-6)


def test_in_bfloat16_the_moving_mean_stays_exact() -> None:
    layer = filled(BatchNormalization(momentum=0.0, dtype="mixed_bfloat16"))
    assert layer(tf.constant(PIXELS, tf.bfloat16), training=True).dtype == tf.bfloat16
    moving = layer.get_weights()[2]
    assert moving.dtype == np.float32
    np.testing.assert_allclose(moving, PIXELS.mean(axis=(0, 1, 2)), rtol=3e-3)


def test_its_weights_are_those_of_the_layer_of_keras_in_files_too(tmp_path: Path) -> None:
    def model(kind: type[keras.layers.Layer]) -> keras.Model:
        pixels = keras.Input((4, 4, 6))
        return keras.Model(pixels, kind(name="second")(kind(name="first")(pixels)))

    known, ours = model(keras.layers.BatchNormalization), model(BatchNormalization)
    for index, weight in enumerate(known.weights):
        weight.assign(np.full(6, 1 + index))
    known.save_weights(tmp_path / "known.weights.h5")
    ours.load_weights(tmp_path / "known.weights.h5")
    assert [weight[0] for weight in ours.get_weights()] == list(range(1, 9))
