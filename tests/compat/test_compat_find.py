import logging
import os
import pickle
import shutil
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mien.compat import deepface as DeepFace  # noqa: N812
from mien.compat import tables
from mien.compat.index_file import NAME, IndexFile
from mien.errors import ImageError, InputError, MissingExtraError, NoFaceError, ShapeError, UnknownNameError

COLUMNS = ["identity", "hash", "target_x", "target_y", "target_w", "target_h", "threshold"]
COLUMNS += ["source_x", "source_y", "source_w", "source_h", "distance", "confidence"]
NEAR = 0.15
"""A threshold between two shots of one drawn person and two such people."""


def names(results):
    """Names of the photos that were found, the nearest first."""
    (rows,) = results
    return [Path(row["identity"]).name for row in rows]


@pytest.fixture
def find(bgr):
    """`find(folder, **options)`: rows for a photo of person 1, as dictionaries."""

    def run(folder, **options):
        return DeepFace.find(bgr(1), folder, **{"threshold": NEAR, "return_type": "dict", "silent": True} | options)

    return run


@pytest.fixture
def passed_over(caplog):
    """What of a folder was looked at and passed over, as the log tells."""
    caplog.set_level(logging.INFO, logger="mien.compat")
    return lambda: [record.getMessage() for record in caplog.records if "passed over" in record.getMessage()]


def test_a_table_for_every_face(bgr, folder):
    (table,) = DeepFace.find(bgr(1), str(folder), threshold=NEAR)
    assert list(table.columns) == COLUMNS
    assert list(table["identity"]) == [str(folder / "Ada" / name) for name in ("1.png", "2.png")]
    assert table["distance"].is_monotonic_increasing
    assert table["distance"].iloc[0] == pytest.approx(0, abs=1e-6)
    assert set(table["threshold"]) == {NEAR}
    assert table["confidence"].between(51, 100).all()
    row = table.iloc[0]
    assert [row[f"target_{key}"] for key in "xywh"] == [row[f"source_{key}"] for key in "xywh"]
    assert table["target_w"].dtype == np.int64
    assert len(row["hash"]) == 64


def test_nobody_is_an_empty_table(bgr, folder):
    (table,) = DeepFace.find(bgr(1), folder, threshold=-1.0)
    assert list(table.columns) == COLUMNS
    assert len(table) == 0


def test_lookalikes_and_how_many(find, folder):
    assert names(find(folder, similarity_search=True)) == ["1.png", "2.png", "Bob.png"]
    assert names(find(folder, similarity_search=True, k=1)) == ["1.png"]
    assert names(find(folder, k=5)) == ["1.png", "2.png"]
    for wrong in (0, -1, 1.5, True):
        with pytest.raises(InputError, match="k must be a whole number"):
            find(folder, k=wrong)


def test_the_same_rows_by_every_distance(find, folder):
    for metric in ("cosine", "euclidean", "euclidean_l2", "angular"):
        assert names(find(folder, distance_metric=metric, similarity_search=True)) == ["1.png", "2.png", "Bob.png"]


def test_a_distance_of_the_callers_own(find, folder, bgr):
    def scalar(a, b):
        return np.abs(a - b).max()

    def matrix(gallery, probes):
        return np.abs(probes[:, None] - gallery[None]).max(axis=2)

    (table,) = DeepFace.find(bgr(1), folder, distance_metric=scalar, threshold=10)
    rows = find(folder, distance_metric=matrix, threshold=10)[0]
    assert [row["distance"] for row in rows] == pytest.approx(list(table["distance"]), abs=1e-6)
    assert len(rows) == 3
    with pytest.raises(ShapeError, match=r"here \(1, 3\)"):
        find(folder, distance_metric=lambda gallery, probes: np.zeros((3, 1)), threshold=1)
    with pytest.raises(InputError, match="needs a threshold"):
        find(folder, distance_metric=matrix, threshold=None)


def test_only_what_changed_is_looked_at_again(find, folder, draw_person, monkeypatch):
    from mien.compat import folder as module

    looked = []
    real = module.look_at

    def look_at(image, *arguments, **options):
        looked.append(image.shape)
        return real(image, *arguments, **options)

    monkeypatch.setattr(module, "look_at", look_at)
    find(folder)
    assert len(looked) == 3
    find(folder)
    assert len(looked) == 3
    Image.fromarray(draw_person(1, 2)).save(folder / "new.png")
    Image.fromarray(draw_person(1, 3)).save(folder / "Bob.png")  # another person under the old name
    (folder / "Ada" / "2.png").unlink()
    assert sorted(names(find(folder))) == ["1.png", "Bob.png", "new.png"]
    assert len(looked) == 5
    (folder / "new.png").rename(folder / "moved.png")
    assert "new.png" in names(find(folder, refresh_database=False))
    assert "moved.png" in names(find(folder))
    find(folder, detector_backend="skip")  # other faces are found that way
    assert len(looked) == 6 + 3


def test_files_that_are_broken_or_show_nobody_are_passed_over(find, folder, wall, passed_over):
    (folder / "letter.jpg").write_text("Dear Sir or Madam")
    (folder / "empty.png").write_bytes(b"")
    (folder / "cut.png").write_bytes((folder / "Bob.png").read_bytes()[:2000])
    (folder / "nowhere.jpg").symlink_to(folder / "gone.jpg")
    (folder / "folder.jpg").mkdir()
    (folder / "notes.txt").write_text("no picture, and not taken for one")
    Image.fromarray(wall).save(folder / "wall.png")
    assert names(find(folder, silent=False)) == ["1.png", "2.png"]
    told = passed_over()
    assert [sum(name in line for line in told) for name in ("letter", "empty", "cut", "nowhere", "wall")] == [1] * 5
    assert "wall.png: no face in it; passed over" in next(line for line in told if "wall" in line)
    assert len(told) == 5
    find(folder, silent=False)
    assert len(passed_over()) == 6  # the link, which is looked for every time


def test_a_picture_without_a_face_is_nobodys(folder, wall):
    with pytest.raises(NoFaceError):
        DeepFace.find(wall, folder)
    Image.fromarray(wall).save(folder / "wall.png")
    (rows,) = DeepFace.find(wall, folder, enforce_detection=False, similarity_search=True, return_type="dict")
    assert rows == []


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("nowhere", "no such folder"),
        ("", "must be the path of a folder"),
        (None, "must be the path of a folder"),
        ("s3://bucket/people", "only folders are read"),
        ("ds_model_vggface.pkl", "pickle files run whatever code is in them"),
    ],
)
def test_places_that_are_none(find, place, message):
    with pytest.raises(InputError, match=message):
        find(place)


def test_a_folder_without_pictures(find, tmp_path):
    with pytest.raises(ImageError, match="no pictures in this folder"):
        find(tmp_path)


class Bomb:
    """Ends the test if it is ever unpickled."""

    def __reduce__(self):
        return (os._exit, (3,))


def test_pickles_are_neither_read_nor_written(find, folder):
    (folder / "ds_model_vggface_detector_opencv_aligned_normalization_base_expand_0.pkl").write_bytes(
        pickle.dumps(Bomb())
    )
    assert names(find(folder)) == ["1.png", "2.png"]
    with pytest.raises(InputError, match="pickle files run whatever code is in them"):
        find(folder, datastore_format="pkl")
    with pytest.raises(UnknownNameError):
        find(folder, datastore_format="csv")
    assert names(find(folder, datastore_format="parquet")) == ["1.png", "2.png"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: b"not a database, but longer than its header",
        lambda data: data[: len(data) // 2],
        lambda data: data[:1000] + bytes(len(data) - 1000),
        lambda data: data[:3000] + b"\xff" * (len(data) - 3000),
    ],
    ids=["empty", "text", "cut off", "zeros", "ones"],
)
def test_a_damaged_index_is_made_anew(find, folder, damage, caplog):
    before = find(folder)
    index = folder / NAME
    damaged = damage(index.read_bytes())
    index.write_bytes(damaged)
    assert find(folder) == before
    told = f"{index} cannot be used, and is made anew: " in caplog.text
    assert told == bool(damaged)  # an empty file is a new one
    assert find(folder) == before


def test_an_embedding_that_is_none_is_damage(find, folder):
    before = find(folder)
    for blob in (bytes(512), b"short"):
        with sqlite3.connect(folder / NAME) as connection:
            connection.execute("UPDATE face SET vector = ? WHERE rowid = 1", (blob,))
        connection.close()
        assert find(folder) == before


def test_somebody_elses_database_under_that_name_is_made_anew(find, folder):
    with sqlite3.connect(folder / NAME) as connection:
        connection.execute("CREATE TABLE other (value)")
    connection.close()
    assert names(find(folder)) == ["1.png", "2.png"]


KILLED = """
import os, sys
from mien.compat.index_file import IndexFile, State, IndexedPhoto
from pathlib import Path
import numpy as np
index = IndexFile(Path(sys.argv[1]), "a way")
index._connection.execute("BEGIN IMMEDIATE")
index._connection.execute("PRAGMA cache_size = 1")
for number in range(3000):
    index._connection.execute(
        "INSERT INTO photo (way, path, size, mtime_ns, sha256, problem) VALUES (1, ?, 0, 0, '', '')",
        (b"%d" % number * 50,),
    )
os._exit(9)
"""


def test_a_run_that_is_killed_leaves_an_index_that_can_be_used(find, folder):
    path = folder / NAME
    done = subprocess.run([sys.executable, "-c", KILLED, path], check=False)
    assert done.returncode == 9
    assert path.with_name(f"{NAME}-journal").exists()
    with IndexFile(path, "a way") as index:
        assert index.states() == {}
    assert names(find(folder)) == ["1.png", "2.png"]


PROCESS = """
import sys
from mien.compat import deepface as DeepFace
for _ in range(3):
    (rows,) = DeepFace.find(sys.argv[1], sys.argv[2], threshold=0.15, return_type="dict")
    assert len(rows) == 2, rows
"""


def test_two_processes_and_a_thread_on_one_folder(find, folder, draw_person, tmp_path):
    probe = tmp_path / "probe.png"
    Image.fromarray(draw_person(1)).save(probe)
    for number in range(20):
        shutil.copy(folder / "Bob.png", folder / f"copy {number}.png")
    processes = [subprocess.Popen([sys.executable, "-c", PROCESS, probe, folder]) for _ in range(2)]
    found = []
    thread = threading.Thread(target=lambda: found.append(names(find(folder))))
    thread.start()
    assert [process.wait(300) for process in processes] == [0, 0]
    thread.join()
    assert found == [["1.png", "2.png"]]
    assert names(find(folder, refresh_database=False)) == ["1.png", "2.png"]
    assert len(find(folder, similarity_search=True)[0]) == 23


def test_a_folder_that_cannot_be_written_has_its_index_in_the_cache(find, folder, tmp_path, monkeypatch):
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != folder and access(path, mode))
    assert names(find(folder)) == ["1.png", "2.png"]
    assert not (folder / NAME).exists()
    assert len(list((tmp_path / "cache" / "folders").iterdir())) == 1


def test_dataframes_need_pandas(find, folder, monkeypatch):
    installed = tables.importlib.util.find_spec
    monkeypatch.setattr(tables.importlib.util, "find_spec", lambda name: None if name == "pandas" else installed(name))
    assert isinstance(find(folder, return_type=None)[0], list)
    with pytest.raises(MissingExtraError, match=r"pip install 'mien\[data\]'"):
        find(folder, return_type="pandas")


def test_unknown_types_of_results(find, folder):
    with pytest.raises(UnknownNameError, match="return_type 'panda'; did you mean pandas"):
        find(folder, return_type="panda")
