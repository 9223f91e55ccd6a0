"""Folders, CSV and Parquet files, here and through fsspec, as lists of pictures; and the plan made of them."""

import os
from itertools import pairwise

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.dataset.arrow import to_bytes
from mien.dataset.place import open_place
from mien.dataset.plan import Plan, read_part, sampled, write_plan
from mien.dataset.run import profile_dataset
from mien.dataset.source import NO_FILE, Input, Naming, open_source
from mien.dataset.source_parquet import pictures as pictures_of
from mien.errors import DatasetError, ImageError, ImageTooLargeError

NOWHERE = open_place("nowhere")


def listed(path, **options):
    return list(open_source(path, **options).inputs(skip=NOWHERE))


def test_a_folder_is_searched_in_order_without_hidden_files_and_results(tmp_path):
    for name in ("b/2.JPG", "b/1.png", "a.webp", ".c/3.png", ".d.png", "out/4.png", "e.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    source = open_source(tmp_path)
    assert [one.name for one in source.inputs(skip=open_place(tmp_path / "out"))] == ["a.webp", "b/1.png", "b/2.JPG"]


@pytest.mark.parametrize(
    "text",
    [
        "path,country\na.jpg,fr\n,de\n\nb/ü.jpg,\n",
        "\ufeffPath;Country\na.jpg;fr\n;de\nb/ü.jpg;\n",
        'country\tPA_TH\nfr\t"a.jpg"\nde\t\n\tb/ü.jpg\n',
    ],
)
def test_a_csv_file(tmp_path, text):
    (tmp_path / "list.csv").write_text(text, encoding="utf-8")
    assert listed(tmp_path / "list.csv", naming=Naming(keep=(text.strip("\ufeff")[0:4] and _country(text),))) == [
        Input("a.jpg", None, ("fr",)),
        Input("row 2", NO_FILE, ("de",)),
        Input("b/ü.jpg", None, ("",)),
    ]


def _country(text):
    return "Country" if "Country" in text else "country"


@pytest.mark.parametrize(
    ("text", "naming", "message"),
    [
        (b"", Naming(), "is empty; its first line must name the columns"),
        (b"file,age\n1.jpg,3\n", Naming(), "no column path; its columns: file, age; name it with --column path=NAME"),
        (b"path,Path\n1,2\n", Naming(), "columns 'path' and 'Path' both read as path"),
        (b"path\n1.jpg\n", Naming(path="file"), "no column 'file'; its columns: path"),
        (b"path\n1.jpg\n", Naming(keep=("age",)), "no column 'age'"),
        (b"path,age\n1.jpg\n", Naming(), "row 1 has 1 cells and the header 2"),
        (b"path\n\xff\xfe\n", Naming(), "neither Parquet nor CSV in UTF-8"),
    ],
)
def test_csv_files_that_cannot_be_used(tmp_path, text, naming, message):
    (tmp_path / "list.csv").write_bytes(text)
    with pytest.raises(DatasetError, match=message):
        listed(tmp_path / "list.csv", naming=naming)


def test_a_csv_file_of_another_column(tmp_path):
    (tmp_path / "list.csv").write_text("path,file\nx,1.jpg\n")
    assert [one.name for one in listed(tmp_path / "list.csv", naming=Naming(path="file"))] == ["1.jpg"]


@pytest.mark.parametrize("struct", [False, True])
def test_pictures_in_a_parquet_file(tmp_path, struct):
    data = [bytes([i]) * 10 for i in range(25)]
    data[3] = None
    cells = [one and {"bytes": one, "path": "x"} for one in data] if struct else data
    table = pyarrow.table({"image": cells, "year": list(range(25))})
    pyarrow.parquet.write_table(table, tmp_path / "pictures.parquet", row_group_size=10)
    source = open_source(tmp_path / "pictures.parquet", naming=Naming(keep=("year",)))
    assert source.image == "image"
    assert list(source.inputs(skip=NOWHERE))[1] == Input("row 2", 1, ("1",))
    for rows in ([0, 1, 2, 3], [9, 10, 11], [24], list(range(25))):
        assert list(pictures_of(source.place, "image", rows)) == [data[row] for row in rows]


def test_paths_in_a_parquet_file(tmp_path):
    pyarrow.parquet.write_table(pyarrow.table({"Path": ["a.jpg", None, ""]}), tmp_path / "list.parquet")
    assert [(one.name, one.row) for one in listed(tmp_path / "list.parquet")] == [
        ("a.jpg", None),
        ("row 2", NO_FILE),
        ("row 3", NO_FILE),
    ]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"x": [1]}, "neither a column path nor one called image"),
        ({"image": [[1, 2]]}, "column image holds list<.*wanted the bytes of image files"),
    ],
)
def test_parquet_files_that_cannot_be_used(tmp_path, table, message):
    pyarrow.parquet.write_table(pyarrow.table(table), tmp_path / "list.parquet")
    with pytest.raises(DatasetError, match=message):
        open_source(tmp_path / "list.parquet")


def test_a_damaged_parquet_file(tmp_path):
    (tmp_path / "list.parquet").write_bytes(b"PAR1 and then nothing of the kind")
    with pytest.raises(DatasetError, match="damaged Parquet file"):
        open_source(tmp_path / "list.parquet")


def test_nothing_there_and_options_of_no_meaning(tmp_path):
    with pytest.raises(DatasetError, match="no such file or folder; name a folder of pictures"):
        open_source(tmp_path / "nothing")
    with pytest.raises(DatasetError, match="is a folder, which has no columns"):
        open_source(tmp_path, naming=Naming(keep=("year",)))


def test_a_csv_of_paths_that_do_not_exist(tmp_path, pictures):
    (tmp_path / "list.csv").write_text(
        f"path,why\nno.png,gone\n{pictures / 'a.png'},whole path\n,empty\n../x\0y,null\n"
        "https://example.org/x.jpg,web\nnonsense://x.jpg,scheme\n"
    )
    source = open_source(tmp_path / "list.csv", images=str(tmp_path), naming=Naming(keep=("why",)))
    outcome = profile_dataset(source, tmp_path / "out", keep=("why",), workers=1)
    files = pyarrow.parquet.read_table(tmp_path / "out" / "files").to_pylist()
    assert (outcome.counts.ok, outcome.counts.error) == (1, 5)
    assert [row["status"] for row in files] == ["error", "ok", "error", "error", "error", "error"]
    assert [row["reason"] for row in files][:3] == ["no such file", None, "the table names no file"]
    assert "null" in files[3]["reason"] or "embedded" in files[3]["reason"]
    assert files[4]["reason"] == "an address on the web, not a file; download it first"
    assert "nonsense" in files[5]["reason"]
    assert [row["input_why"] for row in files] == ["gone", "whole path", "empty", "null", "web", "scheme"]
    assert pyarrow.parquet.read_table(tmp_path / "out" / "faces")["input_why"].to_pylist() == ["whole path"]


def test_pictures_in_a_parquet_file_are_profiled(tmp_path, pictures, finished_run):
    cells = [(pictures / name).read_bytes() for name in ("a.png", "c.png")] + [None, b"nothing"]
    pyarrow.parquet.write_table(pyarrow.table({"image": cells}), tmp_path / "pictures.parquet")
    profile_dataset(open_source(tmp_path / "pictures.parquet"), tmp_path / "out", workers=1)
    files = pyarrow.parquet.read_table(tmp_path / "out" / "files").to_pylist()
    assert [row["status"] for row in files] == ["ok", "no_face", "error", "error"]
    assert files[2]["reason"] == "the table's cell is empty"
    assert files[3]["reason"].startswith("not a picture; it begins with b'nothing'")
    [face] = pyarrow.parquet.read_table(tmp_path / "out" / "faces").to_pylist()
    first = pyarrow.parquet.read_table(finished_run / "faces" / "000000000.parquet").to_pylist()[0]
    assert face | {"path": "a.png"} == first


def test_names_that_are_no_utf8(tmp_path, draw_faces):
    from PIL import Image

    folder = tmp_path / "data"
    folder.mkdir()
    name = os.fsdecode(b"caf\xe9.png")
    try:
        Image.fromarray(np.zeros((40, 40, 3), np.uint8)).save(folder / name)
    except OSError:
        pytest.skip("this file system takes UTF-8 alone")
    profile_dataset(open_source(folder), tmp_path / "out", workers=1)
    [row] = pyarrow.parquet.read_table(tmp_path / "out" / "files").to_pylist()
    assert (row["path"], row["status"]) == ("caf\\udce9.png", "no_face")


@given(total=st.integers(1, 300), size=st.integers(1, 40))
def test_parts_cover_the_list_once(total, size):
    plan = Plan(pictures=total, part_size=size, sha256="")
    assert sum(plan.size(part) for part in range(plan.parts)) == total
    assert all(plan.size(part) >= 1 for part in range(plan.parts))


def test_the_plan_is_read_as_it_was_written(tmp_path):
    inputs = [Input(os.fsdecode(b"\xff.png"), None, ("x",)), Input("row 2", 1, ("",)), Input("row 3", NO_FILE, ("y",))]
    out = open_place(tmp_path)
    plan = write_plan(inputs, out, part_size=2, keep=("a",))
    assert (plan.pictures, plan.parts) == (3, 2)
    assert read_part(out, 0) == ([0, 1], inputs[:2])
    assert read_part(out, 1) == ([2], inputs[2:])


def test_samples_are_uniform_and_in_order():
    inputs = [Input(str(i)) for i in range(20)]
    drawn = [sampled(inputs, 5, seed) for seed in range(2000)]
    places = np.array([[int(one.name) for one in sample] for sample in drawn])
    assert all(a < b for row in places for a, b in pairwise(row))
    counts = np.bincount(places.ravel(), minlength=20)
    assert counts.sum() == 10_000
    assert abs(counts - 500).max() < 5 * np.sqrt(500 * 0.75)
    assert sampled(inputs, 30, 0) == inputs
    assert sampled(iter(inputs), 5, 7) == sampled(inputs, 5, 7)


def test_a_sample_is_kept_by_the_run(tmp_path, pictures):
    outcome = profile_dataset(open_source(pictures), tmp_path / "out", sample=4, seed=3, workers=1)
    files = pyarrow.parquet.read_table(tmp_path / "out" / "files")["path"].to_pylist()
    names = [one.name for one in sampled(open_source(pictures).inputs(skip=NOWHERE), 4, 3)]
    assert outcome.counts.pictures == 4
    assert files == names


@pytest.fixture
def memory():
    fsspec = pytest.importorskip("fsspec", reason="fsspec, which mien[ray] brings, is not installed")
    system = fsspec.filesystem("memory")
    yield system
    system.rm("/", recursive=True)


def test_places_that_fsspec_reaches(memory):
    place = open_place("memory://set")
    for name in ("b/2.jpg", "a.jpg", ".hidden.jpg", "out/3.jpg", "notes.txt"):
        place.child(name).write(b"12345")
    assert place.kind() == "folder"
    assert place.child("a.jpg").kind() == "file"
    assert place.child("none").kind() is None
    assert list(place.walk(skip=place.child("out"))) == ["a.jpg", "notes.txt", "b/2.jpg"]
    assert place.child("b").names() == ["2.jpg"]
    assert place.child("none").names() == []
    assert place.child("b/2.jpg").parent().text == place.child("b").text
    assert place.child("a.jpg").picture(max_bytes=5) == b"12345"
    with pytest.raises(ImageTooLargeError, match="more than 4 bytes"):
        place.child("a.jpg").picture(max_bytes=4)
    with pytest.raises(ImageError, match=r"memory://set/c.jpg: no such file"):
        place.child("c.jpg").picture(max_bytes=4)
    place.child("a.jpg").remove()
    place.child("a.jpg").remove()
    assert place.child("a.jpg").kind() is None


def test_a_table_that_fsspec_reaches(memory):
    place = open_place("memory://set")
    place.child("list.parquet").write(to_bytes(pyarrow.table({"path": ["x.jpg"]})))
    place.child("list.csv").write(b"path\nx.jpg\n")
    for name in ("list.parquet", "list.csv"):
        source = open_source(f"memory://set/{name}")
        assert [one.name for one in source.inputs(skip=NOWHERE)] == ["x.jpg"]
        assert source.root.text == "memory://set"


def test_addresses_of_no_known_kind(memory):
    with pytest.raises(DatasetError, match="fsspec cannot open this"):
        open_place("nonsense://x")
    assert open_place("file:///tmp/x").local == open_place("/tmp/x").local
