"""Run a job on Ray Data: on the cores of this machine, or of a cluster."""

import atexit
import logging
import math
import os
import re
import shutil
import tempfile
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from gemhier.errors import EngineError
from gemhier.extras import require
from gemhier.models.runtime.litert import all_cores
from gemhier.models.runtime.native_output import without_lines
from gemhier.pipeline.engines.job import Item, Job, Result
from gemhier.progress import counted

Held = TypeVar("Held")

_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",  # nothing is reported to anybody
    "RAY_BACKEND_LOG_LEVEL": "fatal",
    "RAY_DATA_LOG_LEVEL": "CRITICAL",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_enable_metrics_collection": "0",
}
"""Read by Ray while it is imported or started."""

_LOOPBACK_ONLY = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"
"""With 0 Ray binds to the loopback address, on Linux too. An address of 127.0.0.1 it would replace by another. The
processes that Ray starts read it while they import Ray."""

_LOG_LEVEL = re.compile(rb"\[[^]]*\] logging\.cc")
"""With this begins the line in which Ray says that it will say less."""

_STORE_BYTES = 256 << 20
"""What results may take of the shared memory of this machine, of all of which Ray would reserve a third."""

_TASKS_A_WORKER = 2
"""A worker has one at hand and one waiting."""

_UNITS_A_WORKER = 4
"""Into how many units the work of each worker is cut at least, so that they end at about the same time."""

MOST_IN_UNIT = 1000
"""Of so many pictures a unit has at most: what is lost where a worker ends, a minute's work."""


@dataclass(frozen=True)
class _Held(Generic[Held]):
    """Something that Ray Data shall pass on as it is, whatever it could make of it."""

    value: Held


class _Worker:
    """An actor: it holds a job, whose networks are loaded once, and does it to one unit after the other."""

    def __init__(self, job: Job[Any, Any]) -> None:
        import cv2

        cv2.setNumThreads(1)
        self._job = job

    def __call__(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return a row with the results of its unit; an error travels as they do, for Ray would wrap it."""
        try:
            results: list[Any] | Exception = list(self._job(row["unit"].value))
        except Exception as error:
            error.add_note(f"In a worker:\n{traceback.format_exc()}")
            results = error
        return {"number": row["number"], "results": _Held(results)}


@dataclass(frozen=True)
class RayEngine:
    """A running Ray.

    Attributes:
        workers: how many actors there are, each with one core.
    """

    workers: int

    def map(self, job: Job[Item, Result], items: Sequence[Item], label: str) -> Iterator[Result]:
        """Yield the results for the items in their order.

        What a worker had at hand when it ended is done again by another.

        Raises:
            EngineError: if the workers cannot do it. What the job raises comes as it is.
        """
        size = unit_size(len(items), self.workers)
        units = [items[start : start + size] for start in range(0, len(items), size)]
        waiting: dict[int, list[Result]] = {}
        turn = 0
        with counted(label, len(items)) as advance:
            for number, results in self.each(job, units):
                waiting[number] = results
                advance(len(units[number]))
                while turn in waiting:
                    yield from waiting.pop(turn)
                    turn += 1

    def each(self, job: Job[Item, Result], units: Sequence[Sequence[Item]]) -> Iterator[tuple[int, list[Result]]]:
        """Yield each unit's number and results as they are done, in any order. Raises what `map` does."""
        import ray.data
        from ray.exceptions import RayError

        if not units:
            return
        rows = [{"number": number, "unit": _Held(list(unit))} for number, unit in enumerate(units)]
        pool = ray.data.ActorPoolStrategy(
            size=min(self.workers, len(units)), max_tasks_in_flight_per_actor=_TASKS_A_WORKER
        )
        done = ray.data.from_items(rows, override_num_blocks=len(rows)).map(
            _Worker, fn_constructor_args=(job,), compute=pool, num_cpus=1
        )
        try:
            for row in done.iter_rows():
                results = row["results"].value
                if isinstance(results, Exception):
                    raise results
                yield row["number"], results
        except RayError as error:
            raise EngineError(
                f"The workers of Ray failed ({_last_line(error)}). See that every machine has the same gemhier, and "
                "memory to spare, and give the same command again."
            ) from error


def unit_size(items: int, workers: int) -> int:
    """Return how many items a worker is given at once."""
    return max(1, min(MOST_IN_UNIT, math.ceil(items / (workers * _UNITS_A_WORKER))))


@contextmanager
def started(address: str | None = None, workers: int | None = None) -> Iterator[RayEngine]:
    """Start Ray on this machine, or join a cluster, for as long as the block runs.

    A Ray that runs in this process already is used, and goes on running.

    Args:
        address: of a cluster, as `ray start` prints it; None for this machine.
        workers: how many actors; None for one a core.

    Raises:
        MissingExtraError: if Ray is not installed.
        EngineError: if it cannot be started or reached.
    """
    require("ray")
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    import ray
    import ray.data

    if address is None:
        os.environ[_LOOPBACK_ONLY] = "0"
        ray._private.ray_constants.ENABLE_RAY_CLUSTER = False  # the same here, where Ray may be imported long since
    for name in ("ray", "ray.data"):  # what fails is raised, and said in one line
        logging.getLogger(name).setLevel(logging.CRITICAL)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    with ExitStack() as leaving:
        if not ray.is_initialized():
            leaving.callback(ray.shutdown)
            where = {"address": address} if address else leaving.enter_context(_this_machine(workers))
            try:
                with without_lines(_LOG_LEVEL):
                    ray.init(log_to_driver=False, logging_level=logging.CRITICAL, **where)
            except (OSError, RuntimeError, ValueError, TimeoutError) as error:
                raise EngineError(_not_started(address, error)) from error
        yield RayEngine(workers or max(1, int(ray.cluster_resources().get("CPU", 1))))


@contextmanager
def _this_machine(workers: int | None) -> Iterator[dict[str, Any]]:
    """Give what starts Ray here, reachable from here alone; its files are gone afterwards."""
    root = "/tmp" if Path("/tmp").is_dir() else None  # sockets must have short names, which TMPDIR may be too long for
    folder = tempfile.mkdtemp(prefix="gemhier-ray-", dir=root)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)  # after Ray's own, which makes part of it anew
    try:
        yield {
            "address": "local",
            "num_cpus": workers or all_cores(),
            "num_gpus": 0,
            "include_dashboard": False,
            "object_store_memory": _STORE_BYTES,
            "_temp_dir": folder,
        }
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _last_line(error: Exception) -> str:
    """Return what an error of Ray says at its end, behind the stacks of others: what began it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1].rstrip(".") if lines else type(error).__name__


def _not_started(address: str | None, error: Exception) -> str:
    reason = _last_line(error)
    if address:
        return f"{address}: no Ray can be reached there ({reason}). Check the address, and that the cluster runs."
    return f"Ray cannot be started ({reason}). Check the memory and the disk, or leave out --engine ray."
