from __future__ import annotations

import numpy as np
import pytest

from mien.errors import DatasetError, ShapeError
from mien.live.mot import MotFrame, read_mot, write_mot


def test_what_is_written_is_read_again(tmp_path):
    path = tmp_path / "truth.txt"
    frames = {
        1: MotFrame.of([(1, [10, 20.5, 30, 40], 1), (7, [0, 0, 5, 5], 0)]),
        3: MotFrame.of([(7, [-2.25, 1, 5, 5], 0.87)]),
    }
    write_mot(path, frames)
    assert path.read_text().splitlines() == [
        "1,1,10.00,20.50,20.00,19.50,1,-1,-1,-1",
        "1,7,0.00,0.00,5.00,5.00,0,-1,-1,-1",
        "3,7,-2.25,1.00,7.25,4.00,0.87,-1,-1,-1",
    ]
    back = read_mot(path)
    assert list(back) == [1, 3]
    for number, frame in frames.items():
        assert back[number].ids.tolist() == frame.ids.tolist()
        assert back[number].boxes == pytest.approx(frame.boxes)
        assert back[number].conf == pytest.approx(frame.conf)


def test_lines_may_come_in_any_order_with_blanks_between_and_fields_to_spare(tmp_path):
    path = tmp_path / "truth.txt"
    path.write_text("2,1,0,0,4,4,1,-1,-1,-1\n\n1, 1, 0, 0, 3, 4, 1\n")
    assert [frame.boxes.tolist() for frame in read_mot(path).values()] == [[[0, 0, 3, 4]], [[0, 0, 4, 4]]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1,1,0,0,4,4\n", "truth.txt:1 is not frame,id"),
        ("1,1,0,0,4,4,1\n1,2,0,0,x,4,1\n", "truth.txt:2 is not frame,id"),
        ("1,1,0,0,4,4,1\n1,1,9,9,4,4,1\n", "ids of a frame must differ"),
    ],
)
def test_bad_lines_are_named(tmp_path, text, message):
    path = tmp_path / "truth.txt"
    path.write_text(text)
    with pytest.raises(DatasetError, match=message):
        read_mot(path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(DatasetError, match="cannot be read"):
        read_mot(tmp_path / "none.txt")


def test_arrays_must_fit():
    with pytest.raises(ShapeError, match=r"boxes must be \(1, 4\)"):
        MotFrame(ids=np.array([1]), boxes=np.zeros((2, 4), np.float32), conf=np.ones(1, np.float32))


def test_nobody():
    frame = MotFrame.of([])
    assert len(frame) == 0
    assert frame.boxes.shape == (0, 4)
