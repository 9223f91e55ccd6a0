import csv
import json
import os
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pyarrow.parquet
import pytest

from mien.errors import ImageError, MissingExtraError, OutputError, UnknownNameError
from mien.faces import Faces
from mien.media.result import Result
from mien.media.sinks import columns, open_sink

PAIR = Faces(
    boxes=np.array([[1, 2, 31, 42], [50, 2, 80, 42]]),
    scores=np.array([0.9, 0.8]),
    quality=np.array([0.5, 1]),
    quality_reasons=(("small", "dark"), ()),
    age=np.array([34.24, 8]),
    age_interval=np.array([[28.9, 40.1], [6, 10]]),
    age_coverage=0.8,
    gender=np.array([[0.98, 0.02], [0.5, 0.5]]),
    unsure={"gender": np.array([False, True])},
)
RESULTS = [
    Result.read("a.jpg", PAIR, width=100, height=60),
    Result.read('b,\n"é".png', Faces.empty(), width=10, height=20),
    Result.failed("c.gif", ImageError("c.gif: empty (0 bytes); copy or download it again")),
]


def written(path, results=RESULTS):
    with open_sink(str(path)) as sink:
        for result in results:
            sink.write(result)
    assert list(path.parent.iterdir()) == [path]
    return path


def test_results_tell_what_became_of_a_picture():
    assert [result.status for result in RESULTS] == ["ok", "no_face", "error"]
    assert [result.reason for result in RESULTS] == [None, None, "empty (0 bytes); copy or download it again"]
    assert [len(result.faces) for result in RESULTS] == [2, 0, 0]
    assert RESULTS[2].to_dict() == {
        "path": "c.gif",
        "status": "error",
        "reason": "empty (0 bytes); copy or download it again",
        "width": None,
        "height": None,
        "faces": [],
    }


def test_json_is_one_document_laid_out_as_from_python(tmp_path):
    document = json.loads(written(tmp_path / "out.json").read_text(encoding="utf-8"))
    assert document == [result.to_dict() for result in RESULTS]
    assert document[0]["faces"][0]["age"] == {
        "years": 34.2,
        "interval": [28.9, 40.1],
        "coverage": 0.8,
        "group": "young adult",
    }


def test_json_of_nothing_is_an_empty_list(tmp_path):
    assert json.loads(written(tmp_path / "out.json", []).read_text()) == []


def test_jsonl_has_one_line_a_picture(tmp_path):
    lines = written(tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == [result.to_dict() for result in RESULTS]


def test_csv_has_a_row_a_face_and_one_for_every_other_picture(tmp_path):
    with written(tmp_path / "OUT.CSV").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert tuple(rows[0]) == columns()
    assert columns()[:6] == ("path", "status", "reason", "width", "height", "face")
    assert [(row["path"], row["status"], row["face"], row["width"]) for row in rows] == [
        ("a.jpg", "ok", "1", "100"),
        ("a.jpg", "ok", "2", "100"),
        ('b,\n"é".png', "no_face", "", "10"),
        ("c.gif", "error", "", ""),
    ]
    assert (rows[0]["age"], rows[0]["age_low"], rows[0]["gender"], rows[1]["gender"]) == (
        "34.2",
        "28.9",
        "female",
        "unsure",
    )
    assert (rows[0]["quality_reasons"], rows[0]["race"], rows[2]["age"]) == ("small dark", "", "")


def test_parquet_has_the_same_rows_with_types(tmp_path):
    table = pyarrow.parquet.read_table(written(tmp_path / "out.parquet"))
    assert tuple(table.column_names) == columns()
    kinds = {name: str(table.schema.field(name).type) for name in columns()}
    assert (kinds["path"], kinds["face"], kinds["age"], kinds["race"], kinds["race_white"]) == (
        "string",
        "int64",
        "double",
        "string",
        "double",
    )
    rows = table.to_pylist()
    assert [(row["path"], row["face"], row["age"], row["reason"]) for row in rows] == [
        ("a.jpg", 1, 34.2, None),
        ("a.jpg", 2, 8.0, None),
        ('b,\n"é".png', None, None, None),
        ("c.gif", None, None, "empty (0 bytes); copy or download it again"),
    ]


def test_parquet_takes_every_column_that_faces_can_have(tmp_path):
    everything = PAIR.replace(
        track_id=np.array([3, 4]),
        race=np.full((2, 7), 1 / 7),
        emotion=np.full((2, 7), 1 / 7),
        pose=np.zeros((2, 3)),
        landmarks=np.random.default_rng(0).normal(0, 10, (2, 478, 3)),
        identity=("Ada", None),
    )
    path = written(tmp_path / "out.parquet", [Result.read("a.jpg", everything, width=1, height=1)] * 3000)
    rows = pyarrow.parquet.read_table(path).to_pylist()
    assert len(rows) == 6000
    assert all(rows[0][name] is not None for name in columns() if name != "reason")
    assert (rows[1]["identity"], rows[1]["track_id"], rows[-1]["face"]) == (None, 4, 2)


def test_standard_output_gets_a_line_a_picture_at_once(capsys):
    with open_sink("-") as sink:
        sink.write(RESULTS[1])
        assert json.loads(capsys.readouterr().out) == RESULTS[1].to_dict()


def test_a_path_that_is_not_utf8_can_be_written_everywhere(tmp_path, capsys):
    result = Result.read(os.fsdecode(b"caf\xe9.jpg"), Faces.empty(), width=1, height=1)
    assert result.path == "caf\\udce9.jpg"
    for name in ("out.json", "out.jsonl", "out.csv", "out.parquet"):
        (tmp_path / name).mkdir()
        written(tmp_path / name / name, [result])
    with open_sink("-") as sink:
        sink.write(result)
    assert "udce9" in capsys.readouterr().out


@pytest.mark.parametrize("ending", ["json", "jsonl", "csv", "parquet"])
def test_what_stops_the_run_leaves_the_old_file(tmp_path, ending):
    def interrupted():
        yield RESULTS[0]
        raise KeyboardInterrupt

    path = tmp_path / f"out.{ending}"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt):
        written(path, interrupted())
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("ending", ["json", "csv", "parquet"])
def test_a_kill_leaves_no_half_file_under_the_final_name(tmp_path, ending):
    path = tmp_path / f"out.{ending}"
    script = f"""
        import os, signal
        from mien.faces import Faces
        from mien.media.result import Result
        from mien.media.sinks import open_sink
        with open_sink({str(path)!r}) as sink:
            for _ in range(5000):
                sink.write(Result.read("a.jpg", Faces.empty(), width=1, height=1))
            os.kill(os.getpid(), signal.SIGKILL)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert not path.exists()


@pytest.mark.parametrize("ending", ["json", "jsonl", "csv", "parquet"])
def test_an_output_that_cannot_be_written_is_refused_at_once(tmp_path, ending):
    with pytest.raises(OutputError, match="its folder is not there; make it first"):
        open_sink(str(tmp_path / "no" / f"out.{ending}"))
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=f"out.{ending}: "):
        open_sink(str(tmp_path / "file" / f"out.{ending}"))
    (tmp_path / f"folder.{ending}").mkdir()
    with pytest.raises(OutputError, match="not an ordinary file"):
        open_sink(str(tmp_path / f"folder.{ending}"))


@pytest.mark.parametrize(("name", "told"), [("out.jsn", "'.jsn'; did you mean"), ("out", "'out'; known: .json")])
def test_another_ending_is_refused(tmp_path, name, told):
    with pytest.raises(UnknownNameError, match=told):
        open_sink(str(tmp_path / name))


def test_parquet_without_pyarrow_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"writing Parquet needs pyarrow.*pip install 'mien\[data\]'"):
        open_sink(str(tmp_path / "out.parquet"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="limits")
@pytest.mark.parametrize("limit", [0, 6000])
@pytest.mark.parametrize("ending", ["json", "jsonl", "csv", "parquet"])
def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path, ending, limit):
    path = tmp_path / f"out.{ending}"
    path.write_text("old")
    script = f"""
        import resource
        import pyarrow.parquet
        from mien.errors import OutputError
        from mien.faces import Faces
        from mien.media.result import Result
        from mien.media.sinks import open_sink
        resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
        try:
            with open_sink({str(path)!r}) as sink:
                for number in range(5000):
                    sink.write(Result.read(str(number ** 3), Faces.empty(), width=1, height=1))
        except OutputError as error:
            print(error)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{path}: cannot be written: ")
    assert "File too large" in done.stdout
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_text() == "old"


def test_lines_go_to_the_standard_output_there_was(capsys, monkeypatch):
    with open_sink("-") as sink:
        monkeypatch.setattr(sys, "stdout", sys.stderr)
        sink.write(RESULTS[1])
    captured = capsys.readouterr()
    assert (json.loads(captured.out), captured.err) == (RESULTS[1].to_dict(), "")


def test_a_standard_output_that_is_closed(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(OutputError, match="standard output: closed"):
        open_sink("-")
