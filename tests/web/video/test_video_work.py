import csv
import json

import numpy as np
import pytest

from mien.errors import VideoError
from mien.faces import row_names
from mien.media.video_file import VideoFile
from mien.web.video.order import EVENTS, FRAMES, PEOPLE, VIDEO, Order
from mien.web.video.work import profile_clip


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_person_in_a_clip(order):
    asked, progress = order(), []
    profile_clip(asked, progress.append)
    told = json.loads((asked.folder / PEOPLE).read_text())
    (only,) = told["people"]
    assert {name: told[name] for name in ("name", "width", "height", "fps", "frames", "remarks")} == {
        "name": "walk.mp4",
        "width": 320,
        "height": 240,
        "fps": 25.0,
        "frames": 14,
        "remarks": [],
    }
    assert only["age"] is not None
    assert only["gender"] is None
    assert only["in_view"][0][1] == pytest.approx(13 / 25, abs=0.001)
    assert len(only["emotion_over_time"]["time_s"]) >= 2
    with (asked.folder / FRAMES).open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0]) == ["frame", "time_s", *row_names()]
    assert {row["track_id"] for row in rows} == {str(only["track_id"])}
    assert 10 <= len(rows) <= 14
    walked = float(rows[-1]["x1"]) - float(rows[0]["x1"])
    assert walked == pytest.approx(3 * (int(rows[-1]["frame"]) - int(rows[0]["frame"])), abs=4)
    kinds = [event["event"] for event in lines(asked.folder / EVENTS)]
    assert kinds[0] == "appeared"
    assert kinds[-1] == "left"
    assert progress[0].duration_s == pytest.approx(14 / 25)
    assert (progress[-1].frames, progress[-1].people) == (14, 1)
    drawn = list(VideoFile(asked.folder / VIDEO))
    assert len(drawn) == 14
    assert drawn[0].image.shape == (240, 320, 3)


def test_faces_can_be_blurred_for_good(order, film):
    plain, blurred = order(blur=False), order(blur=True)
    pictures = []
    for asked in (plain, blurred):
        profile_clip(asked, lambda progress: None)
        pictures.append(list(VideoFile(asked.folder / VIDEO))[8].image)
        (asked.folder / VIDEO).unlink()
    eyes = np.s_[98:118, 106:162]
    sharp, drawn, hidden = (
        np.abs(np.diff(picture[eyes].mean(axis=2), axis=0)).mean()
        for picture in (list(VideoFile(film))[8].image, *pictures)
    )
    assert hidden < sharp / 4 < sharp / 2 < drawn


def test_large_frames_are_drawn_smaller(order, write_film):
    asked = order(write_film("wide.mp4", [np.full((90, 1600, 3), 90, np.uint8)] * 3))
    profile_clip(asked, lambda progress: None)
    assert VideoFile(asked.folder / VIDEO).size == (960, 54)
    assert json.loads((asked.folder / PEOPLE).read_text())["width"] == 1600


def test_faster_frames_are_all_looked_at_but_not_all_drawn(order, write_film):
    asked = order(write_film("fast.mp4", [np.full((48, 64, 3), 90, np.uint8)] * 24, fps=120.0))
    profile_clip(asked, lambda progress: None)
    assert json.loads((asked.folder / PEOPLE).read_text())["frames"] == 24
    assert len(list(VideoFile(asked.folder / VIDEO))) == 7


def test_nobody_in_a_clip(order, write_film):
    asked = order(write_film("empty.avi", [np.full((48, 64, 3), 90, np.uint8)] * 5, codec="MJPG"))
    profile_clip(asked, lambda progress: None)
    assert json.loads((asked.folder / PEOPLE).read_text())["people"] == []
    assert (asked.folder / FRAMES).read_text().count("\n") == 1
    assert (asked.folder / EVENTS).read_text() == ""


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"max_pixels": 76_000}, "frames of 320 × 240 pixels, wanted at most 0.076 megapixels; send it in a smaller"),
        ({"max_s": 0.5}, "0.56 seconds long, wanted at most 0.5 seconds; cut out the part that matters"),
    ],
)
def test_what_is_too_large_or_too_long_is_refused_before_any_work(order, changes, told):
    asked = order(**changes)
    with pytest.raises(VideoError) as refused:
        profile_clip(asked, lambda progress: pytest.fail("work was begun"))
    assert str(refused.value).startswith(told)
    assert [path.name for path in asked.folder.iterdir()] == ["clip"]


def test_an_hour(order, write_film):
    asked = order(write_film("hour.mp4", [np.full((48, 64, 3), 90, np.uint8)] * 361, fps=0.1))
    with pytest.raises(VideoError, match=r"^1 hour long, wanted at most 5 minutes; cut out the part that matters$"):
        profile_clip(asked, lambda progress: None)


def test_what_states_less_than_it_holds_is_cut_and_that_is_told(order, write_film):
    asked = order(write_film("liar.mpg", [np.full((48, 64, 3), 90, np.uint8)] * 40, codec="mpg1"), max_s=1.2)
    profile_clip(asked, lambda progress: None)
    told = json.loads((asked.folder / PEOPLE).read_text())
    assert told["remarks"] == ["only the first 1.2 seconds were looked at"]
    assert told["frames"] == 31
    assert told["duration_s"] == pytest.approx(1.2)


def test_work_that_takes_too_long_is_cut_and_that_is_told(order):
    asked = order(timeout_s=1e-6)
    profile_clip(asked, lambda progress: None)
    told = json.loads((asked.folder / PEOPLE).read_text())
    assert told["frames"] == 1
    assert told["remarks"] == ["only the first 0 seconds were looked at; that took 1e-06 seconds"]


def test_a_clip_that_is_cut_off(order, tmp_path, long_film):
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(long_film.read_bytes()[:-100_000])
    with pytest.raises(VideoError, match=r"^cut off, [\d,]+ bytes are missing at the end"):
        profile_clip(order(cut), lambda progress: None)


def test_an_order_survives_its_journey(order):
    asked = order(name='ü"\n', blur=True)
    assert "\n" not in asked.to_json()
    assert Order.from_json(asked.to_json()) == asked
