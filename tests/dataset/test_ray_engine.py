"""The Ray engine on a real cluster of two nodes on this machine, with a worker killed in the middle."""

import os
import shutil
import signal
from pathlib import Path

import pyarrow.parquet
import pytest

from mien.dataset.plan import FOLDER as INPUTS
from mien.dataset.run import profile_dataset
from mien.dataset.source import open_source
from mien.errors import DatasetError

ray = pytest.importorskip("ray", reason="Ray, which mien[ray] brings, is not installed")
pytestmark = pytest.mark.filterwarnings("ignore")  # Ray leaves sockets and files open, and speaks of its own future

STORE_BYTES = 80 * 2**20  # little more than the least that Ray takes


@pytest.fixture(scope="module")
def cluster():
    """Two nodes of one core each; the program is connected to them."""
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "object_store_memory": STORE_BYTES})
    made.add_node(num_cpus=1, object_store_memory=STORE_BYTES)
    ray.init(address=made.address, log_to_driver=False)
    yield made
    ray.shutdown()
    made.shutdown()


def on_ray(order):
    from mien.dataset.ray_engine import RayEngine

    return RayEngine(order)


def actors():
    """The processes in which parts are done."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and (folder / "cmdline").read_bytes().startswith(b"ray::MapWorker"):
                found.append(int(folder.name))
        except OSError:  # it has ended meanwhile
            continue
    return found


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="processes are found by /proc")
def test_the_same_rows_although_a_worker_is_killed(tmp_path, cluster, pictures, finished_run, same_tables):
    killed, told = [], []

    def kill_one(progress):
        told.append(progress.done)
        if progress.done and not killed:
            killed.append(actors()[0])
            os.kill(killed[0], signal.SIGKILL)

    out = tmp_path / "out"
    options = {"part_size": 3, "engine": on_ray, "engine_name": "ray"}
    outcome = profile_dataset(open_source(pictures), out, progress=kill_one, **options)
    assert len(killed) == 1
    assert outcome.counts.pictures == 10
    assert told == sorted(told)
    same_tables(out, finished_run)


def test_it_goes_on_where_the_local_engine_was_and_through_fsspec(
    tmp_path, cluster, pictures, finished_run, same_tables
):
    out = tmp_path / "out"
    shutil.copytree(finished_run, out)
    (out / "files" / "000000002.parquet").unlink()
    outcome = profile_dataset(open_source(pictures), out, engine=on_ray, engine_name="ray")
    assert outcome.before == 7
    same_tables(out, finished_run)

    far = f"local://{tmp_path}/far"  # fsspec's own driver for this machine, as it would be s3://
    profile_dataset(open_source(f"local://{pictures}"), far, part_size=3, engine=on_ray, engine_name="ray")
    for table in ("files", "faces"):  # the files themselves differ by the run that they are of
        assert pyarrow.parquet.read_table(tmp_path / "far" / table).equals(
            pyarrow.parquet.read_table(finished_run / table)
        )


def test_what_a_worker_cannot_go_on_with_is_told_once(tmp_path, cluster, pictures, finished_run):
    out = tmp_path / "out"
    shutil.copytree(finished_run, out)
    (out / "files" / "000000000.parquet").unlink()
    (out / INPUTS / "000000000.parquet").write_bytes(b"PAR1 nonsense")
    with pytest.raises(DatasetError, match="damaged Parquet file"):
        profile_dataset(open_source(pictures), out, engine=on_ray, engine_name="ray")
