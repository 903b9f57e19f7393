"""Run a job in this process, with its threads."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from gemhier.pipeline.engines.job import Engine, Item, Job, Result
from gemhier.progress import progress


class LocalEngine:
    """This process."""

    def map(self, job: Job[Item, Result], items: Sequence[Item], label: str) -> Iterator[Result]:
        """Yield the results for the items in their order, as they come."""
        with progress(job(items), label, length=len(items)) as results:
            yield from results


@contextmanager
def engine_of(name: str, address: str | None = None, workers: int | None = None) -> Iterator[Engine]:
    """Give the engine of a name, local or ray, for as long as the block runs.

    Args:
        name: of the engine.
        address: of a cluster of Ray; None for this machine.
        workers: how many actors of Ray; None for one a core.

    Raises:
        MissingExtraError: if Ray is asked for and not installed.
        EngineError: if it cannot be started or reached.
    """
    if name == "local":
        yield LocalEngine()
        return
    from gemhier.pipeline.engines.ray import started

    with started(address, workers) as engine:
        yield engine
