import numpy as np
import pytest

from mien.errors import DatasetError
from mien.evaluate.folds import drawn_folds
from mien.evaluate.lfw_pairs import lfw_pairs
from mien.evaluate.pairs import read_pairs

TWO_FOLDS = """2\t2
Ada\t1\t4
Bob_Ray\t2\t3
Ada\t1\tBob_Ray\t12
Cy\t1\tAda\t2
Dee\t1\t2
Eve\t3\t1
Dee\t1\tEve\t1
Eve\t2\tFay\t1
"""


def test_folds_and_pairs_are_those_of_the_file(tmp_path):
    path = tmp_path / "pairs.txt"
    path.write_text(TWO_FOLDS)
    pairs = read_pairs(path, images=tmp_path / "lfw")
    names = [(pairs.names[a], pairs.names[b]) for a, b in zip(pairs.a, pairs.b, strict=True)]
    assert names[:4] == [
        ("Ada/Ada_0001.jpg", "Ada/Ada_0004.jpg"),
        ("Bob_Ray/Bob_Ray_0002.jpg", "Bob_Ray/Bob_Ray_0003.jpg"),
        ("Ada/Ada_0001.jpg", "Bob_Ray/Bob_Ray_0012.jpg"),
        ("Cy/Cy_0001.jpg", "Ada/Ada_0002.jpg"),
    ]
    assert pairs.same.tolist() == [True, True, False, False] * 2
    assert pairs.folds == ("1",) * 4 + ("2",) * 4
    assert next(iter(pairs.sources())) == tmp_path / "lfw" / "Ada/Ada_0001.jpg"


def test_a_single_number_is_one_fold(tmp_path):
    path = tmp_path / "pairsDevTest.txt"
    path.write_text("1\nAda\t1\t2\nAda\t1\tBob\t1\n")
    pairs = read_pairs(path)
    assert (pairs.same.tolist(), pairs.folds) == ([True, False], None)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("10\t300\nAda\t1\t2\n", "10 folds of 300 pairs of each kind, 6000 in all, but 1 follow"),
        ("1\n", "2 in all, but 0 follow"),
        ("1\nAda\t1\t2\nAda\t1\t2\n", "line 3 is 'Ada 1 2', wanted a pair like 'Name 1 Other 2'"),
        ("1\nAda\t1\tBob\t2\nAda\t1\tBob\t1\n", "line 2 is .*, wanted a pair like 'Name 1 4'"),
        ("1\nAda\tx\t2\nAda\t1\tBob\t1\n", "line 2 is 'Ada x 2'"),
    ],
)
def test_a_damaged_file_is_told_with_its_line(tmp_path, text, told):
    path = tmp_path / "pairs.txt"
    path.write_text(text)
    with pytest.raises(DatasetError, match=told):
        lfw_pairs(path)


def test_what_is_not_utf8_is_told(tmp_path):
    (tmp_path / "pairs.txt").write_bytes(b"1\nJos\xe9\t1\t2\nAda\t1\tBob\t1\n")
    with pytest.raises(DatasetError, match="not UTF-8"):
        lfw_pairs(tmp_path / "pairs.txt")


@pytest.mark.parametrize("text", ["a,b,same\n1,2,0\n", "", "fold\n1\n"])
def test_other_files_are_left_to_others(tmp_path, text):
    (tmp_path / "pairs.csv").write_text(text)
    assert lfw_pairs(tmp_path / "pairs.csv") is None
    assert lfw_pairs(tmp_path / "none.csv") is None


def test_drawn_folds_have_both_kinds_alike_and_are_always_the_same():
    same = np.arange(100) < 40
    folds = np.array(drawn_folds(same))
    for name in map(str, range(1, 11)):
        assert ((folds == name) & same).sum() == 4
        assert ((folds == name) & ~same).sum() == 6
    assert drawn_folds(same) == tuple(folds.tolist())


def test_too_few_pairs_are_not_dealt_out():
    assert drawn_folds(np.arange(100) < 9) is None
    assert drawn_folds(np.arange(100) < 91) is None
