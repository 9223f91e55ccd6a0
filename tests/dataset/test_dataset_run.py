"""A run from its pictures to its tables, and everything that may come between."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from multiprocessing import active_children

import pandas
import pytest

from mien.dataset.columns import faces_columns, files_columns
from mien.dataset.local_engine import LocalEngine
from mien.dataset.lock import locked
from mien.dataset.manifest import Manifest
from mien.dataset.place import open_place
from mien.dataset.run import profile_dataset
from mien.dataset.settings import Settings
from mien.dataset.source import open_source
from mien.errors import DatasetError, InputError, OutputError, PipelineError

PART_SIZE = 3


def read(out, table):
    return pandas.read_parquet(out / table)


def run_again(pictures, out, **options):
    return profile_dataset(open_source(pictures), out, **{"part_size": PART_SIZE, "workers": 2, **options})


def command(pictures, out, **options):
    """`mien dataset` in a process of its own, which tests can kill."""
    arguments = [sys.executable, "-m", "mien", "dataset", str(pictures), "-o", str(out), "--part-size", "3", "--json"]
    return subprocess.Popen(
        [*arguments, "--workers", "2"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    )


def test_every_file_has_its_row_and_its_reason(finished_run):
    files = read(finished_run, "files")
    assert files.path.tolist() == [
        *("a.png", "b.png", "c.png", "d.png", "h.jpg", "i.jpg", "j.png"),
        *("deeper/e.png", "deeper/f.png", "deeper/g.jpg"),
    ]
    assert files.input.tolist() == list(range(10))
    assert files.status.tolist()[:7] == ["ok", "ok", "no_face", "ok", "error", "error", "error"]
    assert files.reason.dropna().tolist()[0] == "empty (0 bytes); copy or download it again"
    assert "begins with b'no pictu'" in files.reason[5]
    assert files.faces.tolist()[:7] == [1, 2, 0, 1, 0, 0, 0]
    assert files.width.tolist()[:2] == [320, 480]


def test_faces_are_those_of_the_profiler(finished_run, pictures):
    import mien

    faces = read(finished_run, "faces")
    assert len(faces) == read(finished_run, "files").faces.sum()
    b = faces[faces.path == "b.png"]
    assert b.face.tolist() == [1, 2]
    expected = mien.analyze(pictures / "b.png").to_rows()
    for name in ("x1", "age", "gender", "race_white", "emotion_happy", "yaw_deg", "quality"):
        assert b[name].tolist() == [row[name] for row in expected], name


def test_the_codebook_and_the_tables_have_the_same_columns(finished_run):
    book = pandas.read_csv(finished_run / "codebook.csv")
    for table in ("files", "faces"):
        assert read(finished_run, table).columns.tolist() == book[book.table == table].column.tolist()
    assert not book.meaning.isna().any()
    assert book[book.column == "age"].unit.tolist() == ["years"]


def test_vectors_have_columns_where_they_are_asked_for():
    columns = {column.name: column.type for column in faces_columns(("landmarks", "embedding"), ("year",))}
    assert columns["landmarks"] == columns["embedding"] == "vector"
    assert columns["input_year"] == "text"
    assert "embedding" not in {column.name for column in faces_columns(("age",), ())}
    assert [column.name for column in files_columns(("year",))][-1] == "input_year"


def test_embeddings_are_written(tmp_path, pictures, tiny_networks):
    # The tiny networks stand in for Mien's own in this process alone, so the part is done here.
    from mien.dataset.part import Order, PartProfiler
    from mien.dataset.plan import write_plan

    out, source = open_place(tmp_path / "out"), open_source(pictures)
    for folder in (out, out.child("files"), out.child("faces")):
        folder.make()
    write_plan(source.inputs(skip=out), out, part_size=2, keep=())
    settings = Settings.of(attributes=["embedding", "landmarks"])
    order = Order(run="r", settings=settings, out=out.address, root=source.root.address, table="", image=None, keep=())
    counts = PartProfiler(order)(0, refused={}, tick=lambda: None)
    faces = read(tmp_path / "out", "faces")
    assert counts.faces == len(faces) == 3
    assert [len(one) for one in faces.embedding] == [128] * 3
    assert [len(one) for one in faces.landmarks] == [478 * 3] * 3


def test_the_manifest_tells_what_was_done(finished_run):
    manifest = json.loads((finished_run / "manifest.json").read_text())
    assert manifest["counts"] == {"pictures": 10, "ok": 6, "no_face": 1, "error": 3, "faces": 8}
    assert manifest["inputs"]["parts"] == 4
    assert set(manifest["models"]) == {"yunet", "demographics", "emotion", "landmarks"}
    assert len(manifest["models"]["yunet"]["sha256"]) == 64
    [sitting] = manifest["sittings"]
    assert sitting["finished"] is True
    assert sitting["pictures"] == 10
    assert set(sitting["versions"]) >= {"python", "numpy", "onnxruntime"}
    assert manifest["seed"] == 0


def test_the_same_again_from_one_worker(tmp_path, pictures, finished_run, same_tables):
    out = tmp_path / "one"
    outcome = run_again(pictures, out, workers=1)
    assert outcome.counts.pictures == 10
    same_tables(out, finished_run)


def test_a_killed_run_goes_on_and_loses_nothing(tmp_path, pictures, finished_run, same_tables):
    out = tmp_path / "killed"
    process = command(pictures, out)
    _wait_for(lambda: len(list((out / "files").glob("0*.parquet"))) >= 1, process)
    process.kill()
    process.communicate()
    done = len(list((out / "files").glob("0*.parquet")))
    (out / "faces" / ".mien-left.part").write_bytes(b"half")  # what a kill in the middle of writing leaves
    outcome = run_again(pictures, out)
    assert outcome.before >= min(3 * done, 10) - 2
    assert outcome.counts.pictures == 10
    same_tables(out, finished_run)
    assert [one.finished for one in Manifest.read(open_place(out)).sittings] == [False, True]


def test_ctrl_c_ends_at_once_and_goes_on_later(tmp_path, pictures, finished_run, same_tables):
    out = tmp_path / "interrupted"
    process = command(pictures, out, start_new_session=True)
    _wait_for(lambda: len(list((out / "files").glob("0*.parquet"))) >= 1, process)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the workers too
    output, errors = process.communicate(timeout=120)
    if process.returncode != 1:  # 1: it was done already
        assert process.returncode == 130
        assert "the same command goes on from there" in errors
        assert errors.strip().endswith("mien: interrupted")
        assert output == ""
    run_again(pictures, out)
    same_tables(out, finished_run)


def test_a_full_disk_is_told_and_what_is_done_is_kept(tmp_path, pictures, finished_run, same_tables):
    out = tmp_path / "full"
    largest = max(path.stat().st_size for path in (finished_run / "faces").iterdir())
    limit = (largest - 1, largest - 1)  # of a file: the largest part does not fit
    process = command(pictures, out, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit))
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 2
    assert "cannot be written: File too large" in errors
    assert "the same command goes on from there" in errors
    assert "Traceback" not in errors
    assert not list(out.glob("*/.mien-*"))
    run_again(pictures, out)
    same_tables(out, finished_run)


def test_a_worker_that_is_killed_is_replaced(tmp_path, pictures, finished_run, same_tables):
    out, killed = tmp_path / "out", []

    def kill_one(progress):
        if progress.done and not killed:
            killed.append(active_children()[0])
            killed[0].kill()

    run_again(pictures, out, progress=kill_one)
    assert len(killed) == 1
    same_tables(out, finished_run)


DEADLY = """
import os, signal
from mien.dataset import part, worker

def on_bad_picture(pipe, order):
    read = part.read_image
    def deadly(source, **options):
        if str(source).endswith("i.jpg"):
            os.kill(os.getpid(), signal.SIGKILL)
        return read(source, **options)
    part.read_image = deadly
    worker.work(pipe, order)

def at_once(pipe, order):
    os.kill(os.getpid(), signal.SIGKILL)

def with_status(pipe, order):
    raise SystemExit(3)
"""


@pytest.fixture
def deadly(tmp_path, monkeypatch):
    """Lives of workers that end early, in a module that their processes can import."""
    (tmp_path / "deadly_lives.py").write_text(DEADLY)
    monkeypatch.syspath_prepend(tmp_path)
    import deadly_lives

    yield deadly_lives
    del sys.modules["deadly_lives"]


def test_a_picture_that_kills_its_reader_twice_is_refused(tmp_path, pictures, finished_run, deadly):
    def engine(order):
        return LocalEngine(order, workers=1, life=deadly.on_bad_picture)

    run_again(pictures, tmp_path / "out", engine=engine)
    files, expected = read(tmp_path / "out", "files"), read(finished_run, "files")
    assert files.reason[5] == "the process that read it was killed 2 times (signal 9)"
    files.loc[5, "reason"] = expected.reason[5]
    pandas.testing.assert_frame_equal(files, expected)


@pytest.mark.parametrize(
    ("life", "message"),
    [("at_once", "were killed .signal 9. while they loaded the networks"), ("with_status", "exit status 3")],
)
def test_workers_that_cannot_live_end_the_run(tmp_path, pictures, deadly, life, message):
    def engine(order):
        return LocalEngine(order, workers=1, life=getattr(deadly, life))

    with pytest.raises(PipelineError, match=message):
        run_again(pictures, tmp_path / "out", engine=engine)


def test_a_damaged_part_is_done_again(tmp_path, pictures, finished_run, same_tables):
    out = tmp_path / "out"
    run_again(pictures, out)
    part = out / "faces" / "000000001.parquet"
    part.write_bytes(part.read_bytes()[:-20])
    (out / "files" / "000000002.parquet").unlink()
    assert run_again(pictures, out).before == 4
    same_tables(out, finished_run)


def test_a_finished_run_is_left_alone(finished_run, pictures):
    before = (finished_run / "manifest.json").read_bytes()
    outcome = run_again(pictures, finished_run)
    assert (outcome.before, outcome.counts.pictures) == (10, 10)
    assert (finished_run / "manifest.json").read_bytes() == before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"settings": Settings.of(attributes=["age"])}, "settings.attributes was .* and is .*models.emotion"),
        ({"settings": Settings.of(long_side=320)}, "settings.long_side was 640 and is 320"),
        ({"sample": 5}, "sample was nothing and is 5"),
        ({"part_size": 4}, "3 pictures a part, and 4 were asked for"),
    ],
)
def test_a_run_that_was_begun_otherwise_is_refused(finished_run, pictures, options, message):
    with pytest.raises(DatasetError, match=message):
        run_again(pictures, finished_run, **options)


def test_other_weights_are_refused(tmp_path, finished_run, pictures):
    manifest = json.loads((finished_run / "manifest.json").read_text())
    manifest["models"]["emotion"]["sha256"] = "0" * 64
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(DatasetError, match=r"models.emotion.sha256 was '0+' and is .*name another output"):
        run_again(pictures, tmp_path)


def test_a_folder_with_something_else_in_it_is_refused(pictures):
    with pytest.raises(DatasetError, match=r"holds .*png, which is of no run"):
        run_again(pictures, pictures)


def test_two_runs_at_once_are_refused(tmp_path, pictures):
    with locked(tmp_path), pytest.raises(OutputError, match="another run is writing here"):
        run_again(pictures, tmp_path)


def test_an_empty_folder_is_no_data_set(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match=r"empty holds no pictures; of a folder, files ending in .*\.jpg"):
        run_again(tmp_path / "empty", tmp_path / "out")
    assert not (tmp_path / "out" / "manifest.json").exists()


@pytest.mark.parametrize("option", ["sample", "workers", "part_size"])
def test_numbers_out_of_range(tmp_path, pictures, option):
    with pytest.raises(InputError, match=f"{option} must be 1 or more, got 0"):
        run_again(pictures, tmp_path, **{option: 0})


def _wait_for(condition, process):
    deadline = time.monotonic() + 300
    while not condition() and process.poll() is None:
        assert time.monotonic() < deadline, "nothing came of it"
        time.sleep(0.01)
