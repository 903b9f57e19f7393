from pathlib import Path

import keras
import numpy as np
import pytest

from gemhier.pipeline.training.checkpoint import Checkpoint, restore


def line() -> keras.Model:
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, kernel_initializer="zeros")])
    model.compile(keras.optimizers.Adam(0.1), loss="mse", jit_compile=False)
    return model


def fit(model: keras.Model, folder: Path, *, epochs: int, then: keras.callbacks.Callback | None = None) -> list[int]:
    """Train, or go on, and return the numbers of the epochs that were run."""
    run: list[int] = []
    note = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: run.append(epoch))
    points = np.random.default_rng(0).normal(size=(16, 3)).astype(np.float32)
    model.fit(
        points,
        points.sum(axis=1),
        initial_epoch=restore(model, folder),
        epochs=epochs,
        shuffle=False,
        verbose=0,
        callbacks=[note, Checkpoint(folder), *([then] if then else [])],
    )
    return run


def weights(model: keras.Model) -> list[np.ndarray]:
    return [*model.get_weights(), *(np.asarray(variable) for variable in model.optimizer.variables)]


def test_a_training_goes_on_as_if_it_had_not_been_interrupted(tmp_path: Path) -> None:
    whole, resumed = line(), line()
    fit(whole, tmp_path / "whole", epochs=5)
    assert fit(line(), tmp_path / "parts", epochs=2) == [0, 1]
    assert fit(resumed, tmp_path / "parts", epochs=5) == [2, 3, 4]
    for one, other in zip(weights(whole), weights(resumed), strict=True):
        np.testing.assert_allclose(one, other)
    names = [path.name for path in sorted((tmp_path / "parts").iterdir())]
    assert names == ["epoch-00004.weights.h5", "epoch-00005.weights.h5"]


def test_a_kill_while_a_state_is_saved_costs_one_epoch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save = keras.Model.save_weights

    def half(model: keras.Model, path: Path) -> None:
        save(model, path)
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2])
        raise KeyboardInterrupt

    fit(line(), tmp_path, epochs=3)
    with monkeypatch.context() as killed:
        killed.setattr(keras.Model, "save_weights", half)
        with pytest.raises(KeyboardInterrupt):
            fit(line(), tmp_path, epochs=5)
    # A kill clears nothing away.
    (tmp_path / "saving").mkdir()
    (tmp_path / "saving" / "epoch-00004.weights.h5").write_bytes(b"half")
    assert fit(line(), tmp_path, epochs=5) == [3, 4]
    assert not (tmp_path / "saving").exists()


@pytest.mark.parametrize("left", [b"", b"half"])
def test_a_state_that_is_damaged_gives_way_to_the_one_before(left: bytes, tmp_path: Path) -> None:
    fit(line(), tmp_path, epochs=3)
    last = tmp_path / "epoch-00003.weights.h5"
    last.write_bytes(last.read_bytes()[:2000] if left else left)
    assert fit(line(), tmp_path, epochs=4) == [2, 3]


def test_without_a_state_a_training_begins(tmp_path: Path) -> None:
    assert restore(line(), tmp_path / "none") == 0
