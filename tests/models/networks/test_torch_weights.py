"""Checkpoints are read exactly, and nothing in them can run."""

import io
import math
import os
import pickle
import sys
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gemhier.errors import DataError
from gemhier.models.networks.torch_weights import MAGIC_NUMBER, PROTOCOL_VERSION, read_state_dict

SYSTEM_INFO = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}


@pytest.fixture(autouse=True)
def torch(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Stand-ins for PyTorch's names, so that pickling can write them down."""
    module, inner = ModuleType("torch"), ModuleType("torch._utils")
    for kind in ("FloatStorage", "LongStorage", "HalfStorage"):
        setattr(module, kind, type(kind, (), {"__module__": "torch"}))

    def _rebuild_tensor_v2() -> None: ...

    _rebuild_tensor_v2.__module__ = "torch._utils"
    _rebuild_tensor_v2.__qualname__ = "_rebuild_tensor_v2"
    inner._rebuild_tensor_v2 = _rebuild_tensor_v2  # type: ignore[attr-defined]
    module._utils = inner  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torch", module)
    monkeypatch.setitem(sys.modules, "torch._utils", inner)
    return module


@dataclass(frozen=True)
class Storage:
    """A run of numbers as a checkpoint keeps it."""

    key: str
    numbers: npt.NDArray[Any]
    kind: str = "FloatStorage"
    view: object = None


@dataclass(frozen=True)
class Tensor:
    """A window into a storage; strides count elements."""

    storage: object
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    offset: int = 0

    def __reduce__(self) -> tuple[Any, ...]:
        rebuild = sys.modules["torch._utils"]._rebuild_tensor_v2
        return rebuild, (self.storage, self.offset, self.shape, self.strides, False, OrderedDict())


class Pickler(pickle.Pickler):
    """Writes storages by name, as PyTorch does."""

    def persistent_id(self, thing: object) -> object:
        if not isinstance(thing, Storage):
            return None
        return "storage", getattr(sys.modules["torch"], thing.kind), thing.key, "cpu", len(thing.numbers), thing.view


def checkpoint(
    state: object,
    storages: tuple[Storage, ...] = (),
    *,
    magic: object = MAGIC_NUMBER,
    protocol: object = PROTOCOL_VERSION,
    system: object = SYSTEM_INFO,
    keys: object = None,
) -> bytes:
    """The bytes of a legacy checkpoint: five pickles, then each storage's length and numbers."""
    file = io.BytesIO()
    for part in (magic, protocol, system, state, [storage.key for storage in storages] if keys is None else keys):
        Pickler(file, protocol=2).dump(part)
    for storage in storages:
        file.write(len(storage.numbers).to_bytes(8, "little") + storage.numbers.tobytes())
    return file.getvalue()


def example() -> tuple[Mapping[str, Tensor], tuple[Storage, ...]]:
    """A state dict of every usual kind: two windows into one storage, one of them turned; a scalar; nothing."""
    floats = Storage("140", np.arange(30, dtype="<f4") / 7)
    counts = Storage("77", np.array([2**40], dtype="<i8"), kind="LongStorage")
    nothing = Storage("9", np.zeros(0, dtype="<f4"))
    state: OrderedDict[str, Tensor] = OrderedDict()
    state["conv.weight"] = Tensor(floats, (2, 3, 2), (6, 2, 1), offset=3)
    state["fc.weight"] = Tensor(floats, (3, 4), (1, 5), offset=7)
    state["bn.num_batches_tracked"] = Tensor(counts, (), ())
    state["empty"] = Tensor(nothing, (0, 4), (4, 1))
    state._metadata = OrderedDict([("", {"version": 1})])  # type: ignore[attr-defined]
    return state, (floats, counts, nothing)


@pytest.fixture
def read(tmp_path: Path) -> Callable[[bytes], dict[str, npt.NDArray[np.generic]]]:
    path = tmp_path / "weights.pth"

    def write_and_read(content: bytes) -> dict[str, npt.NDArray[np.generic]]:
        path.write_bytes(content)
        return read_state_dict(path)

    return write_and_read


Read = Callable[[bytes], dict[str, npt.NDArray[np.generic]]]


def test_tensors_come_back_exactly_and_in_order(read: Read) -> None:
    state, storages = example()
    found = read(checkpoint(state, storages))
    numbers = storages[0].numbers
    assert list(found) == list(state)
    np.testing.assert_array_equal(found["conv.weight"], numbers[3:15].reshape(2, 3, 2))
    # Row i, column j of a window with strides 1 and 5 is the number 7 + i + 5 j.
    np.testing.assert_array_equal(found["fc.weight"], [[numbers[7 + i + 5 * j] for j in range(4)] for i in range(3)])
    assert found["bn.num_batches_tracked"].shape == ()
    assert found["bn.num_batches_tracked"] == 2**40
    assert found["empty"].shape == (0, 4)
    assert [array.dtype.str for array in found.values()] == ["<f4", "<f4", "<i8", "<f4"]


def test_tensors_are_the_readers_own(read: Read) -> None:
    found = read(checkpoint(*example()))
    before = found["fc.weight"].copy()
    for array in found.values():
        assert array.flags.writeable
    found["conv.weight"][:] = 0  # shares a storage in the file
    np.testing.assert_array_equal(found["fc.weight"], before)


@given(st.lists(st.integers(1, 4), max_size=4), st.integers(0, 4), st.integers(0, 2**32 - 1))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_window_is_what_numpy_makes_of_it(read: Read, sides: list[int], offset: int, seed: int) -> None:
    numbers = np.arange(offset + math.prod(sides), dtype="<f4")
    axes = np.random.default_rng(seed).permutation(len(sides))
    window = numbers[offset:].reshape(sides).transpose(axes)
    strides = tuple(stride // 4 for stride in window.strides)
    storage = Storage("0", numbers)
    found = read(checkpoint({"w": Tensor(storage, window.shape, strides, offset)}, (storage,)))
    np.testing.assert_array_equal(found["w"], window)


class Run:
    """Pickled, it asks the reader to call a function."""

    def __init__(self, function: Callable[..., object], *arguments: object) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return self.call


@pytest.mark.parametrize("part", ["magic", "protocol", "system", "state", "keys"])
def test_no_other_name_is_called(part: str, read: Read, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    state, storages = example()
    parts: dict[str, Any] = {"state": state, part: Run(os.system, f"touch {marker}")}
    with pytest.raises(DataError, match=r"weights\.pth: not a plain .* \((posix|nt)\.system is not allowed"):
        read(checkpoint(parts.pop("state"), storages, **parts))
    assert not marker.exists()


@pytest.mark.parametrize("function", [eval, exec, getattr, __import__, np.array, pickle.loads, type])
def test_harmless_looking_names_are_refused_too(function: Callable[..., object], read: Read) -> None:
    state = {"w": Run(function, "1")}
    with pytest.raises(DataError, match="is not allowed in a state dict"):
        read(checkpoint(state))


def test_names_with_a_path_into_an_allowed_one_are_refused(read: Read) -> None:
    # Protocol 4 looks up dotted names attribute by attribute.
    dotted = b"\x80\x04\x8c\x0bcollections\x8c\x14OrderedDict.__init__\x93."
    with pytest.raises(DataError, match=r"collections\.OrderedDict\.__init__ is not allowed"):
        read(dotted)


def unfit(name: str) -> bytes:
    state, storages = example()
    good = checkpoint(state, storages)
    few = Storage("0", np.zeros(6, dtype="<f4"))
    return {
        "empty": b"",
        "text": b"<!DOCTYPE html>\nnot found\n",
        "zip": b"PK\x03\x04" + bytes(60),
        "wrong magic": checkpoint(state, storages, magic=7),
        "wrong protocol": checkpoint(state, storages, protocol=1002),
        "big-endian": checkpoint(state, storages, system={"little_endian": False}),
        "no system": checkpoint(state, storages, system=[]),
        "a list": checkpoint([1, 2]),
        "a number": checkpoint({"w": 3}),
        "no storage": checkpoint({"w": Tensor(OrderedDict(), (1,), (1,))}),
        "half precision": checkpoint({"w": Tensor(Storage("0", few.numbers, "HalfStorage"), (6,), (1,))}, (few,)),
        "window on a storage": checkpoint({"w": Tensor(Storage("0", few.numbers, view=("1", 0, 6)), (6,), (1,))}),
        "cut short": good[:-1],
        "storage missing": checkpoint(state, storages[:1]),
        "storage not listed": checkpoint(state, storages, keys=["140"]),
        "storage unknown": checkpoint(state, storages, keys=["140", "77", "9", "10"]),
        "other length": good.replace((30).to_bytes(8, "little"), (29).to_bytes(8, "little")),
        "beyond the end": checkpoint({"w": Tensor(few, (2, 4), (4, 1))}, (few,)),
        "offset beyond the end": checkpoint({"w": Tensor(few, (3,), (1,), offset=4)}, (few,)),
        "before the start": checkpoint({"w": Tensor(few, (3,), (1,), offset=-1)}, (few,)),
        "backwards": checkpoint({"w": Tensor(few, (3,), (-1,), offset=4)}, (few,)),
        "negative side": checkpoint({"w": Tensor(few, (-3,), (1,))}, (few,)),
        "shape without strides": checkpoint({"w": Tensor(few, (2, 3), (1,))}, (few,)),
        "shape of words": checkpoint({"w": Tensor(few, ("a",), (1,))}, (few,)),  # type: ignore[arg-type]
        "filling the memory": checkpoint({"w": Tensor(few, (10**15,), (0,))}, (few,)),
    }[name]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("empty", "Ran out of input"),
        ("text", "invalid load key, '<'"),
        ("zip", ""),
        ("wrong magic", "wrong magic number or protocol version"),
        ("wrong protocol", "wrong magic number or protocol version"),
        ("big-endian", "numbers are not little-endian"),
        ("no system", ""),
        ("a list", ""),
        ("a number", ""),
        ("no storage", "a tensor has no storage"),
        ("half precision", "torch.HalfStorage is not allowed"),
        ("window on a storage", "not a storage this reader knows"),
        ("cut short", ""),
        ("storage missing", ""),
        ("storage not listed", ""),
        ("storage unknown", ""),
        ("other length", "a storage is cut short"),
        ("beyond the end", "a tensor reaches outside its storage"),
        ("offset beyond the end", "a tensor reaches outside its storage"),
        ("before the start", "a tensor reaches outside its storage"),
        ("backwards", "a tensor reaches outside its storage"),
        ("negative side", ""),
        ("shape without strides", ""),
        ("shape of words", ""),
        ("filling the memory", "a tensor is larger than its storage"),
    ],
)
def test_what_is_no_plain_checkpoint_is_refused_in_one_line(name: str, reason: str, read: Read) -> None:
    with pytest.raises(DataError, match=r"weights\.pth: not a plain PyTorch state dict \(") as error:
        read(unfit(name))
    assert reason in str(error.value)
    assert "\n" not in str(error.value)
    assert str(error.value).endswith("Install its package again.")


@given(st.floats(0, 1, exclude_max=True))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_cut_anywhere_is_refused(read: Read, share: float) -> None:
    content = checkpoint(*example())[:-8]  # the last storage holds no numbers, only its length
    with pytest.raises(DataError):
        read(content[: int(share * len(content))])


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
def test_a_damaged_file_gives_tensors_or_an_error_of_ours(read: Read, data: st.DataObject) -> None:
    content = bytearray(checkpoint(*example()))
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = read(bytes(content))
    except DataError:
        return
    assert all(isinstance(array, np.ndarray) for array in found.values())


def test_a_missing_file_or_a_folder_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"absent\.pth: no such file\. Install the package"):
        read_state_dict(tmp_path / "absent.pth")
    with pytest.raises(DataError, match="cannot be read"):
        read_state_dict(tmp_path)
