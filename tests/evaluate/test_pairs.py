import numpy as np
import pytest

from mien.errors import DatasetError, UnknownNameError
from mien.evaluate.pairs import read_pairs

TEXT = """fold,a,b,same
1,ada/1.png,ada/2.png,1
1,ada/1.png,bob.png,0
2,bob.png,./bob//2.png,Same
2,ada/2.png,bob/2.png,different
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "pairs.csv").write_text(TEXT, encoding="utf-8")
    lines = ["path,identity", "bob.png,Bob", "zoe.png,Zoe", "bob/2.png,Bob", "ada/2.png,Ada", "ada/1.png,Ada"]
    (tmp_path / "faces.csv").write_text("\n".join(lines), encoding="utf-8")
    return tmp_path


def rewrite(folder, old, new, name="pairs.csv"):
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new), encoding="utf-8")


def test_image_files_are_relative_to_the_pairs_and_each_is_there_once(folder):
    pairs = read_pairs(folder / "pairs.csv")
    assert pairs.names == ("ada/1.png", "bob.png", "ada/2.png", "./bob//2.png")
    assert pairs.a.tolist() == [0, 0, 1, 2]
    assert pairs.b.tolist() == [2, 1, 3, 3]
    assert pairs.same.tolist() == [True, False, True, False]
    assert pairs.folds == ("1", "1", "2", "2")
    assert (pairs.rows, pairs.selected, pairs.split, pairs.skipped, len(pairs)) == (4, 4, None, {}, 4)
    samples = list(pairs)
    assert [sample.name for sample in samples] == list(pairs.names)
    assert samples[0].source == folder / "ada/1.png"


def test_image_files_in_another_folder(folder):
    pairs = read_pairs(folder / "pairs.csv", images=folder / "photos")
    assert next(iter(pairs)).source == folder / "photos" / "ada/1.png"


def test_images_of_a_manifest_come_in_its_order(folder):
    pairs = read_pairs(folder / "pairs.csv", manifest=folder / "faces.csv")
    assert pairs.names == ("bob.png", "bob/2.png", "ada/2.png", "ada/1.png")  # Zoe is in no pair
    assert pairs.a.tolist() == [3, 3, 0, 2]
    assert pairs.b.tolist() == [2, 0, 1, 1]
    assert [sample.source for sample in pairs] == [folder / name for name in pairs.names]


def test_images_in_a_parquet_manifest(folder):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    names = ["ada/2.png", "bob/2.png", "zoe.png", "ada/1.png", "bob.png", "zoe.png"]
    table = {"path": names, "image": [name.encode() for name in names]}
    parquet.write_table(pyarrow.table(table), folder / "faces.parquet", row_group_size=2)
    pairs = read_pairs(folder / "pairs.csv", manifest=folder / "faces.parquet")
    assert [sample.source for sample in pairs] == [b"ada/2.png", b"bob/2.png", b"ada/1.png", b"bob.png"]
    table["path"][2] = "bob.png"  # two rows of that name, with an image each
    parquet.write_table(pyarrow.table(table), folder / "faces.parquet")
    with pytest.raises(DatasetError, match=r"several rows, each with an image of its own, for 'bob\.png'; a path must"):
        read_pairs(folder / "pairs.csv", manifest=folder / "faces.parquet")


def test_the_pairs_may_be_parquet_and_have_other_names(folder):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    table = {"Young": ["1.png", "1.png"], "Adult": ["2.png", "3.png"], "same person": [True, False]}
    parquet.write_table(pyarrow.table(table), folder / "pairs.parquet")
    pairs = read_pairs(folder / "pairs.parquet", renamed={"same": "same person"})
    assert pairs.names == ("1.png", "2.png", "3.png")
    assert (pairs.same.tolist(), pairs.folds) == ([True, False], None)


def test_lag_as_it_comes(folder):
    (folder / "lag.csv").write_text("young,adult,same\na/y/1.png,b/2.png,0\nc/y/1.png,c/2.png,1\n", encoding="utf-8")
    assert read_pairs(folder / "lag.csv").names == ("a/y/1.png", "c/y/1.png", "b/2.png", "c/2.png")


def test_words_that_are_no_label_are_counted_and_empty_cells_skipped(folder):
    rewrite(folder, "2,ada/2.png,bob/2.png,different", "2,ada/2.png,bob/2.png,maybe\n2,x.png,y.png,")
    pairs = read_pairs(folder / "pairs.csv")
    assert pairs.skipped == {"same": {"maybe": 1}}
    assert (pairs.rows, pairs.selected, len(pairs.same)) == (5, 5, 3)
    assert "x.png" not in pairs.names


def test_limit_and_split(folder):
    rewrite(folder, TEXT, "a,b,same,split\n" + "".join(f"{i}.png,x.png,{i % 2},{'ab'[i // 4]}\n" for i in range(8)))
    assert read_pairs(folder / "pairs.csv", limit=3).names == ("0.png", "1.png", "2.png", "x.png")
    pairs = read_pairs(folder / "pairs.csv", split="B", limit=2)
    assert (pairs.names, pairs.split, pairs.selected) == (("4.png", "5.png", "x.png"), "b", 2)


def test_one_fold_is_no_fold(folder):
    assert read_pairs(folder / "pairs.csv", limit=2).folds is None
    rewrite(folder, "\n1,", "\n,")
    rewrite(folder, "\n2,", "\n,")
    assert read_pairs(folder / "pairs.csv").folds is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("fold,a,b,same", "fold,left,b,same", r"has no column a; its columns: fold, left, b, same; .* --column a=NAME"),
        ("fold,a,b,same", "fold,l,r,s", r"has no column a or b or same; its columns"),
        ("fold,a,b,same", "fold,a,A,same", r"columns 'a' and 'A' both read as a; choose one with --column a=NAME"),
        ("1,ada/1.png,bob.png,0", "1,ada/1.png,,0", r"row 2 names no image in column b; fill it, or take the row out"),
        ("1,ada/1.png,bob.png,0", "1,bob.png,./bob.png,0", r"row 2 pairs 'bob\.png' with itself; take it out"),
        ("1,ada/1.png,bob.png,0", ",ada/1.png,bob.png,0", r"row 2 is in no fold, others are; fill column fold"),
        ("bob.png,0", "bob.png,1", None),
    ],
)
def test_pairs_that_cannot_be_used(folder, old, new, message):
    rewrite(folder, old, new)
    if message is None:
        assert read_pairs(folder / "pairs.csv").same.tolist() == [True, True, True, False]
        return
    with pytest.raises(DatasetError, match=message):
        read_pairs(folder / "pairs.csv")


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ("1 1 yes true", "needs pairs of both kinds, got 4 of one person and 0 of different people$"),
        ("0 0 0 0", "got 0 of one person and 4 of different people$"),
        ("ja nein ja nein", r"got 0 of one person and 0 of .*; words that are neither 1 nor 0: 'ja' × 2, 'nein' × 2$"),
    ],
)
def test_one_kind_only(folder, labels, message):
    lines = [f"{i}.png,x.png,{label}" for i, label in enumerate(labels.split())]
    (folder / "pairs.csv").write_text("\n".join(["a,b,same", *lines]), encoding="utf-8")
    with pytest.raises(DatasetError, match=message):
        read_pairs(folder / "pairs.csv")


def test_images_that_the_manifest_does_not_have(folder):
    rewrite(folder, "bob/2.png,Bob", "bob/3.png,Bob", "faces.csv")
    rewrite(folder, "ada/2.png,Ada", "ada/3.png,Ada", "faces.csv")
    message = r"pairs\.csv: 2 of 4 images are in no row of \S*faces\.csv: '\./bob//2\.png', 'ada/2\.png'; both files"
    with pytest.raises(DatasetError, match=message):
        read_pairs(folder / "pairs.csv", manifest=folder / "faces.csv")


def test_a_manifest_without_paths(folder):
    rewrite(folder, "path,identity", "file,identity", "faces.csv")
    with pytest.raises(DatasetError, match=r"faces\.csv has no column path, .* its columns: file, identity"):
        read_pairs(folder / "pairs.csv", manifest=folder / "faces.csv")
    pairs = read_pairs(folder / "pairs.csv", manifest=folder / "faces.csv", renamed={"path": "file"})
    assert len(pairs) == 4


def test_files_that_are_not_there_and_columns_that_mean_nothing(folder):
    with pytest.raises(DatasetError, match=r"no file of pairs at \S*none\.csv; name a CSV or Parquet file"):
        read_pairs(folder / "none.csv")
    with pytest.raises(UnknownNameError, match="unknown column 'folds'; did you mean fold"):
        read_pairs(folder / "pairs.csv", renamed={"folds": "fold"})
    with pytest.raises(DatasetError, match="has no column 'left'; its columns: fold, a, b, same"):
        read_pairs(folder / "pairs.csv", renamed={"a": "left"})


def test_arrays_are_of_the_stated_types(folder):
    pairs = read_pairs(folder / "pairs.csv")
    assert (pairs.a.dtype, pairs.b.dtype, pairs.same.dtype) == (np.int64, np.int64, np.bool_)
