"""A cluster of two machines, one of which is gone in the middle of the work."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

pq = pytest.importorskip("pyarrow.parquet", reason="pyarrow comes with the extra parquet")

ROOT = Path(__file__).parents[3]

# A process of its own, since a process knows one Ray. The second machine's raylet is the parent of its worker.
CLUSTER = """
import os, signal, sys
from pathlib import Path
from ray.cluster_utils import Cluster
from gemhier.models.bundle import load_bundle
from gemhier.pipeline.classify import find_images
from gemhier.pipeline.engines.job import CarriedBundle, Naming
from gemhier.pipeline.engines.ray import started
from gemhier.pipeline.reports.parts_folder import Done, PartsFolder, Plan, WritingParts
from gemhier.pipeline.reports.prediction_formats import columns_for

model, photographs, out, marker = map(Path, sys.argv[1:])

class Lost:
    def __init__(self, job):
        self.job = job

    def __call__(self, items):
        for part in items:
            if part.number == 2 and not marker.exists():
                marker.write_text(str(os.getppid()))
                list(self.job.naming(part.sources[:1]))
                os.kill(os.getppid(), signal.SIGKILL)
                signal.pause()
            yield from self.job([part])

bundle = load_bundle(model)
naming = Naming(CarriedBundle(bundle), top=3, target_precision=0.9)
job = Lost(WritingParts(naming, PartsFolder(str(out)), columns_for(bundle, 3)))
parts = Plan.of(find_images([str(photographs)]), Done()).parts(3)
cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
machines = [cluster.add_node(num_cpus=1) for _ in range(2)]
try:
    with started(cluster.address, workers=2) as engine:
        done = dict(engine.each(job, [[part] for part in parts]))
    assert sorted(done) == list(range(len(parts))), done
    raylets = [machine.all_processes["raylet"][0].process for machine in machines]
    assert sorted(process.poll() is None for process in raylets) == [False, True]
    assert int(marker.read_text()) in [process.pid for process in raylets]
finally:
    cluster.shutdown()
"""


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="Ray comes with the extra ray")
@pytest.mark.skipif(os.name == "nt", reason="Ray's clusters do not run on Windows")
def test_a_machine_that_is_lost_loses_nothing_and_doubles_nothing(
    tiny_bundle: Path, photographs: Path, tmp_path: Path
) -> None:
    arguments = [str(path) for path in (tiny_bundle, photographs, tmp_path / "out", tmp_path / "lost")]
    environment = {**os.environ, "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_USAGE_STATS_ENABLED": "0"}
    done = subprocess.run(
        [sys.executable, "-c", CLUSTER, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    rows = pq.read_table(tmp_path / "out").to_pylist()
    expected = [str(path) for path in photographs.rglob("*.*")]
    assert sorted(row["image"] for row in rows) == sorted(expected)
    assert [row["image"] for row in rows if row["failure"]] == [str(photographs / "broken.jpg")]
