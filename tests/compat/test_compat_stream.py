import inspect

import numpy as np
import pytest
from PIL import Image

import mien
from mien.compat import deepface as DeepFace  # noqa: N812
from mien.compat import stream
from mien.errors import InputError, MienError, VideoError


@pytest.fixture
def visit(tmp_path, draw_person, write_frames):
    """A video of two seconds: a drawn person who stands still."""
    return write_frames(tmp_path / "visit.avi", [draw_person(1)] * 50)


@pytest.fixture
def write_frames():
    from mien.media.video_writer import VideoWriter

    def write(path, images):
        with VideoWriter(path, fps=25) as video:
            for number, image in enumerate(images):
                video.write(image, number / 25)
        return path

    return write


@pytest.mark.parametrize(("threshold", "name"), [(None, "Ada"), (-1.0, None)])
def test_frame_by_frame_with_names(tmp_path, folder, draw_person, monkeypatch, threshold, name):
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    Image.fromarray(draw_person(1)).save(pictures / "0.png")  # video would take the noise away that photos have
    for number in range(1, 20):
        (pictures / f"{number}.png").write_bytes((pictures / "0.png").read_bytes())
    if threshold is not None:
        monkeypatch.setattr(stream.distances, "threshold_of", lambda network, metric: threshold)
    frames = list(DeepFace.stream_frames(folder, source=pictures))
    assert len(frames) == 20
    assert frames[0].people == () or frames[0].people[0].identity is None  # one look is not enough
    (person,) = frames[-1].people
    assert person.identity == name
    assert person.age is not None


def test_without_a_folder_and_without_analysis(visit):
    frames = list(DeepFace.stream_frames(source=visit, enable_face_analysis=False))
    (person,) = frames[-1].people
    assert (person.identity, person.age, person.emotion) == (None, None, None)


def test_a_video_is_written_where_asked(visit, folder, tmp_path):
    written = tmp_path / "seen.mp4"
    written.write_bytes(b"an older one")
    assert DeepFace.stream(str(folder), source=str(visit), output_path=str(written)) is None
    with mien.media.sources.open_source(written) as video:
        frames = list(video)
    assert len(frames) == 50
    plain = Image.open(folder / "Ada" / "1.png")
    assert (np.asarray(plain) != frames[-1].image).any()


def test_a_video_is_written_where_there_is_no_window(visit, tmp_path, monkeypatch, caplog):
    def no_window():
        raise MienError("no display")

    monkeypatch.setattr(stream, "Window", no_window)
    monkeypatch.chdir(tmp_path)
    for name in ("mien-stream.mp4", "mien-stream-2.mp4"):
        DeepFace.stream(source=visit, seconds=0.4)
        assert (tmp_path / name).stat().st_size > 1000
        assert f"the video {name} is written" in caplog.text


def test_a_window_ends_it(visit, monkeypatch):
    shown = []

    class Window:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            shown.append("closed")

        def show(self, image):
            shown.append(image.shape)
            return len(shown) < 5

    monkeypatch.setattr(stream, "Window", Window)
    DeepFace.stream(source=visit)
    assert shown == [(300, 300, 3)] * 5 + ["closed"]


def test_ctrl_c_leaves_a_whole_video(visit, tmp_path, monkeypatch):
    from mien.media.video_writer import VideoWriter

    write = VideoWriter.write

    def interrupted(self, image, time_s):
        if self.frames == 10:
            raise KeyboardInterrupt
        write(self, image, time_s)

    monkeypatch.setattr(VideoWriter, "write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        DeepFace.stream(source=visit, output_path=tmp_path / "seen.mp4")
    with mien.media.sources.open_source(tmp_path / "seen.mp4") as video:
        assert len(list(video)) == 10


def test_what_is_refused(visit, tmp_path):
    with pytest.raises(InputError, match="anti_spoofing"):
        DeepFace.stream(source=visit, anti_spoofing=True, output_path=tmp_path / "a.mp4")
    with pytest.raises(InputError, match="for pictures of one face"):
        DeepFace.stream(source=visit, detector_backend="skip", output_path=tmp_path / "a.mp4")
    with pytest.raises(VideoError, match="no such file"):
        DeepFace.stream(source=tmp_path / "gone.mp4", output_path=tmp_path / "a.mp4")
    assert not (tmp_path / "a.mp4").exists()


def test_arguments_without_effect_are_told(visit, tmp_path, caplog):
    options = {"time_threshold": 1, "frame_threshold": 1, "debug": True}
    DeepFace.stream(source=visit, output_path=tmp_path / "a.mp4", seconds=0.2, **options)
    for name in options:
        assert f"{name} has no effect" in caplog.text


def test_nothing_is_done_before_the_first_frame_is_asked_for():
    assert inspect.isgenerator(DeepFace.stream_frames(source="gone.mp4"))
