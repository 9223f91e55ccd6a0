import os
import sys

import pytest

from mien.errors import DatasetError, MissingExtraError, UnknownNameError
from mien.evaluate.labels import Labels
from mien.evaluate.manifest import read_manifest
from mien.vocabulary import RACES, RACES5

DEMOGRAPHICS = ("age", "age_group", "gender", "race")
FER_WORDS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt", "unknown", "NF")


@pytest.fixture
def csv_file(tmp_path):
    def write(text, name="faces.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def parquet_file(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")

    def write(columns, name="faces.parquet", **options):
        path = tmp_path / name
        parquet.write_table(pyarrow.table(columns), path, **options)
        return path

    return write


def test_a_csv_file(csv_file, tmp_path):
    manifest = read_manifest(
        csv_file("path,Age,GENDER,Race,emotion\na.jpg,34,F,White,happy\nsub/b.jpg,,male,Asian,sad\n"),
        wanted=DEMOGRAPHICS,
    )
    assert (manifest.rows, manifest.selected, len(manifest), manifest.split) == (2, 2, 2, None)
    assert manifest.race_labels == RACES5
    assert manifest.skipped == {}
    samples = list(manifest)
    assert [sample.name for sample in samples] == ["a.jpg", "sub/b.jpg"]
    assert [sample.source for sample in samples] == [tmp_path / "a.jpg", tmp_path / "sub/b.jpg"]
    assert samples[0].labels == Labels(age=34, gender="female", race="white")  # emotion was not asked for
    assert samples[1].labels == Labels(gender="male", race="asian")
    assert (manifest.labelled("age"), manifest.labelled("gender")) == (1, 2)
    assert list(manifest) == samples  # it can be gone through again


def test_all_columns_at_once(csv_file):
    path = csv_file("Path,age group,yaw,Pitch,ROLL,identity\na.jpg,more than 70,-12.5,3,0,Ada\n")
    (sample,) = read_manifest(path, wanted=("age_group", "yaw", "pitch", "roll", "identity"))
    assert sample.labels == Labels(age_group="70+", yaw=-12.5, pitch=3, roll=0, identity="Ada")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separators_and_a_byte_order_mark(csv_file, separator):
    path = csv_file("\ufeff" + 'path,age\n"a.jpg",34\n\nb.jpg, 5 \n'.replace(",", separator))
    assert [sample.labels.age for sample in read_manifest(path, wanted=["age"])] == [34, 5]


def test_words_outside_the_vocabulary_are_counted_and_rows_without_labels_left_out(csv_file):
    path = csv_file("path,age,gender\na,34,x\nb,old,\nc,,female\nd,old,?\ne,,\nf,-3,x\n")
    manifest = read_manifest(path, wanted=DEMOGRAPHICS)
    assert manifest.names == ("a", "c")
    assert manifest.skipped == {"age": {"old": 2, "-3": 1}, "gender": {"x": 2, "?": 1}}
    assert (manifest.rows, manifest.selected) == (6, 6)


def test_the_folder_of_the_images(csv_file, tmp_path):
    path = csv_file("path,age\na.jpg,1\n/elsewhere/b.jpg,2\n,3\n")
    sources = [sample.source for sample in read_manifest(path, wanted=["age"], images=tmp_path / "photos")]
    assert [None if source is None else source.as_posix() for source in sources] == [
        (tmp_path / "photos/a.jpg").as_posix(),
        "/elsewhere/b.jpg",
        None,
    ]


def test_another_column(csv_file):
    text = "file,path,emotion,seen\na.jpg,wrong,happy,sad\n"
    manifest = read_manifest(csv_file(text), wanted=["emotion"], renamed={"emotion": "seen", "path": "file"})
    (sample,) = manifest
    assert (sample.name, sample.labels.emotion) == ("a.jpg", "sad")


def test_race7_is_read_as_race(csv_file):
    path = csv_file("path,race7\na,East Asian\nb,White\n")
    manifest = read_manifest(path, wanted=["race"])
    assert manifest.race_labels == RACES
    assert [labels.race for labels in manifest.labels] == ["east_asian", "white"]


def test_the_classes_of_races_are_those_of_the_whole_column(csv_file):
    path = csv_file("path,race,split\na,White,val\nb,East Asian,train\n")
    assert read_manifest(path, wanted=["race"], split="val").race_labels == RACES


SPLITS = "path,age,split\na,1,train\nb,2,Val\nc,3,val\nd,4,\ne,5,val\n"


@pytest.mark.parametrize(
    ("split", "limit", "ages", "kept", "selected"),
    [
        (None, None, [1, 2, 3, 4, 5], None, 5),
        (None, 2, [1, 2], None, 2),
        ("val", None, [2, 3, 5], "Val", 3),
        ("VAL", 2, [2, 3], "Val", 2),
        ("train", 9, [1], "train", 1),
    ],
)
def test_splits_and_limits(csv_file, split, limit, ages, kept, selected):
    manifest = read_manifest(csv_file(SPLITS), wanted=["age"], split=split, limit=limit)
    assert [labels.age for labels in manifest.labels] == ages
    assert (manifest.split, manifest.selected, manifest.rows) == (kept, selected, 5)


@pytest.mark.parametrize(
    ("asked", "kept"),
    [("PublicTest", "PublicTest"), ("publictest", "PublicTest"), ("val", "PublicTest"), ("train", "Training")],
)
def test_usage_is_fer2013s_split(csv_file, asked, kept):
    path = csv_file("path,emotion,Usage\na,sad,Training\nb,happy,PublicTest\n")
    manifest = read_manifest(path, wanted=["emotion"], split=asked)
    assert (manifest.split, len(manifest)) == (kept, 1)


def test_a_files_own_val_comes_before_fer2013s(csv_file):
    path = csv_file("path,emotion,split\na,sad,PublicTest\nb,happy,val\n")
    assert read_manifest(path, wanted=["emotion"], split="val").names == ("b",)


def votes(*rows):
    header = ",".join(["path", *(f"fp_{word}" for word in FER_WORDS), "usage"])
    lines = [",".join([f"{i}.png", *map(str, row), "PublicTest"]) for i, row in enumerate(rows)]
    return "\n".join([header, *lines]) + "\n"


VOTES = votes(
    (8.0, 0, 0, 1, 1, 0, 0, 0, 0, 0),
    (0, 6, 0, 0, 0, 0, 0, 4, 0, 0),
    (2, 0, 0, 0, 2, 0, 0, 6, 0, 0),
    (0, 0, 5, 0, 0, 0, 5, 0, 0, 0),
    (0, 0, 0, 0, 0, 0, 0, 0, 0, 10),
    (0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
)


def test_ferplus_votes(csv_file):
    manifest = read_manifest(csv_file(VOTES), wanted=["emotion"], split="val")
    assert [(name, labels.emotion) for name, labels in zip(manifest.names, manifest.labels, strict=True)] == [
        ("0.png", "neutral"),
        ("1.png", "happy"),
    ]
    assert manifest.skipped == {"emotion": {"contempt": 1, "tie": 1, "NF": 1}}
    assert manifest.selected == 6


def test_a_column_emotion_comes_before_votes(csv_file):
    text = VOTES.replace("path,", "path,emotion,").replace(".png,", ".png,fear,")
    manifest = read_manifest(csv_file(text), wanted=["emotion"])
    assert {labels.emotion for labels in manifest.labels} == {"fear"}


def test_votes_must_be_numbers(csv_file):
    with pytest.raises(
        DatasetError, match="columns of votes must hold numbers: could not convert string to float: 'x'"
    ):
        read_manifest(csv_file(VOTES.replace("8.0", "x")), wanted=["emotion"])


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("path,age\n", {}, r"faces.csv has a header but no rows"),
        ("", {}, r"faces.csv is empty; its first line must name the columns"),
        ("file,age\na,3\n", {}, r"has no column path; its columns: file, age; name the one with --column path=NAME"),
        ("path,mood\na,3\n", {}, r"has no column age or gender; its columns: path, mood; or use --column"),
        ("path,age\na,3,4\n", {}, r"row 1 has 3 cells and the header 2; put cells that hold a comma in quotes"),
        ("path,age\na,3\nb\n", {}, r"row 2 has 1 cells and the header 2"),
        ("path,age\na,old\nb,old\n", {}, r"no usable age in 2 rows: age has 'old' × 2"),
        ("path,age\na,\n", {}, r"no usable age in 1 rows: all cells are empty"),
        (SPLITS, {"split": "test"}, r"has no split 'test'; its splits: Val, train"),
        ("path,age\na,3\n", {"split": "val"}, r"has no column split, so --split val selects nothing"),
        ("path,age,AGE\na,3,4\n", {}, r"columns 'age' and 'AGE' both read as age; choose one with --column age=NAME"),
        ("path,age\na,3\n", {"renamed": {"age": "years"}}, r"has no column 'years'; its columns: path, age"),
        ('path,age\n"a,3\n', {}, r"is neither Parquet nor CSV in UTF-8: unexpected end of data"),
    ],
)
def test_files_that_cannot_be_used(csv_file, text, options, message):
    with pytest.raises(DatasetError, match=message):
        read_manifest(csv_file(text), wanted=["age", "gender"], **options)


def test_a_column_that_means_nothing(csv_file):
    with pytest.raises(UnknownNameError, match="unknown column 'agee'; did you mean age"):
        read_manifest(csv_file("path,age\na,3\n"), wanted=["age"], renamed={"agee": "age"})


def test_choosing_between_columns_of_one_name(csv_file):
    path = csv_file("path,age,AGE\na,3,4\n")
    assert read_manifest(path, wanted=["age"], renamed={"age": "AGE"}).labels[0].age == 4


def test_no_such_file(tmp_path):
    with pytest.raises(DatasetError, match=r"no manifest at .*nowhere.csv; name a CSV or Parquet file"):
        read_manifest(tmp_path / "nowhere.csv", wanted=["age"])
    with pytest.raises(DatasetError, match="no manifest at"):
        read_manifest(tmp_path, wanted=["age"])


@pytest.mark.parametrize("content", [b"\xff\xd8\xff\xe0\x00\x10JFIF\x00", b"path,age\n\x00\xff,3\n"])
def test_not_a_csv_file(tmp_path, content):
    path = tmp_path / "photo.csv"
    path.write_bytes(content)
    with pytest.raises(DatasetError, match=r"photo\.csv is neither Parquet nor CSV in UTF-8"):
        read_manifest(path, wanted=["age"])


def test_a_damaged_parquet_file(tmp_path):
    pytest.importorskip("pyarrow")
    path = tmp_path / "faces.parquet"
    path.write_bytes(b"PAR1 and then nothing")
    with pytest.raises(DatasetError, match=r"faces\.parquet is a damaged Parquet file"):
        read_manifest(path, wanted=["age"])


def test_a_parquet_file_with_images(parquet_file):
    path = parquet_file(
        {
            "image": [b"first", b"second", None, b"fourth"],
            "Age": [21, None, 3, 116],
            "weight": [1.5, float("nan"), 2.0, 0.0],
            "split": ["val", "val", "train", "val"],
        }
    )
    manifest = read_manifest(path, wanted=["age"])
    assert [(s.name, s.source, s.labels.age) for s in manifest] == [
        ("row 1", b"first", 21),
        ("row 3", None, 3),
        ("row 4", b"fourth", 116),
    ]
    assert [sample.source for sample in read_manifest(path, wanted=["age"], split="val")] == [b"first", b"fourth"]
    renamed = read_manifest(path, wanted=["age"], renamed={"age": "weight"})
    assert [sample.labels.age for sample in renamed] == [1.5, 2, 0]  # NaN is an empty cell


@pytest.mark.parametrize("group", [1, 3, 7, 1000])
@pytest.mark.parametrize("at_once", [1, 4, 256])
def test_images_of_some_rows_however_they_are_grouped(parquet_file, monkeypatch, group, at_once):
    monkeypatch.setattr("mien.evaluate.files._IMAGES_AT_ONCE", at_once)
    ages = [i if i % 3 == 0 or i in (10, 11) else None for i in range(40)]
    path = parquet_file({"image": [b"%d" % i for i in range(40)], "age": ages}, row_group_size=group)
    manifest = read_manifest(path, wanted=["age"])
    assert [sample.source for sample in manifest] == [b"%d" % i for i in ages if i is not None]


def test_a_parquet_file_with_paths(parquet_file, tmp_path):
    path = parquet_file({"path": ["a.jpg"], "gender": ["Female"]})
    (sample,) = read_manifest(path, wanted=["gender"])
    assert (sample.source, sample.labels.gender) == (tmp_path / "a.jpg", "female")


def test_images_must_be_bytes(parquet_file):
    path = parquet_file({"image": ["a.jpg"], "gender": ["Female"]})
    with pytest.raises(DatasetError, match="column image holds string, wanted the bytes of image files"):
        read_manifest(path, wanted=["gender"])


def test_an_empty_parquet_file(parquet_file):
    pyarrow = pytest.importorskip("pyarrow")
    with pytest.raises(DatasetError, match="has a header but no rows"):
        read_manifest(parquet_file({"image": pyarrow.array([], pyarrow.binary()), "age": []}), wanted=["age"])


def test_without_pyarrow_the_remedy_is_told(tmp_path, monkeypatch):
    path = tmp_path / "faces.parquet"
    path.write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"reading .*faces.parquet needs pyarrow.*pip install 'mien\[data\]'"):
        read_manifest(path, wanted=["age"])


@pytest.mark.parametrize("column", ["image", "age"])
def test_a_damaged_page_of_a_parquet_file(parquet_file, column):
    """It is come upon only when the page is read, images while the run is on."""
    parquet = pytest.importorskip("pyarrow.parquet")
    path = parquet_file({"image": [b"%d" % i for i in range(40)], "age": list(range(40))})
    chunk = parquet.ParquetFile(path).metadata.row_group(0).column(["image", "age"].index(column))
    start = chunk.dictionary_page_offset or chunk.data_page_offset
    with path.open("r+b") as file:
        file.seek(start)
        file.write(b"\xff" * 20)
    with pytest.raises(DatasetError, match=r"faces\.parquet is a damaged Parquet file: .*"):
        list(read_manifest(path, wanted=["age"]))


def test_manifests_that_cannot_be_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "loop.csv").symlink_to("loop.csv")
    for name in ("pipe.csv", "loop.csv", "x" * 300):
        with pytest.raises(DatasetError, match=f"no manifest at .*{name}; name a CSV or Parquet file"):
            read_manifest(tmp_path / name, wanted=["age"])


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="nothing is locked for root")
def test_a_locked_manifest(csv_file):
    path = csv_file("path,age\na.jpg,3\n")
    path.chmod(0)
    with pytest.raises(DatasetError, match=r"faces\.csv cannot be read: Permission denied"):
        read_manifest(path, wanted=["age"])
