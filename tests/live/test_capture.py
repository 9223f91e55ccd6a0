import threading
import time

import cv2
import numpy as np
import pytest

from mien.errors import InputError, SourceLostError, VideoError
from mien.frames import Frame
from mien.live.backoff import Backoff
from mien.live.capture import Capture
from mien.live.capture_event import EventKind
from mien.media.source import Source
from mien.media.sources import open_source

PATIENCE_S = 60  # for a machine that is busy with other things; reached only where a test fails


class Script(Source):
    """Does as told: a number is the frame of that number, an error is raised, and "hold" waits for `release`."""

    def __init__(self, *steps, live=False):
        super().__init__("script", is_live=live)
        self._steps = list(steps)
        self._open = True
        self._began_s = time.monotonic()
        self.opened = 0
        self.closed = threading.Event()
        self.release = threading.Event()

    @property
    def is_open(self):
        return self._open

    def open(self):
        self.opened += 1
        if self._steps and isinstance(self._steps[0], VideoError):
            raise self._steps.pop(0)
        self._open = True

    def read(self):
        step = self._steps.pop(0) if self._steps else None
        if step == "hold":
            assert self.release.wait(PATIENCE_S)
            return self.read()
        if isinstance(step, Exception):
            raise step
        if step is None:
            return None
        time_s = time.monotonic() - self._began_s if self.is_live else step / 100
        return Frame(image=np.zeros((2, 2, 3), np.uint8), index=step, time_s=time_s, source=self.name)

    def close(self):
        self._open = False
        self.closed.set()


def wait_for(condition):
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)


def indices(capture):
    return [frame.index for frame in capture]


def test_a_file_comes_whole_and_in_order(tmp_path):
    writer = cv2.VideoWriter(str(tmp_path / "a.avi"), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"MJPG"), 25.0, (64, 48))
    for number in range(30):
        writer.write(np.full((48, 64, 3), 20 + 7 * number, np.uint8))
    writer.release()
    with Capture(open_source(tmp_path / "a.avi")) as capture:
        frames = list(capture)
        assert capture.ended
        assert capture.get() is None
        figures = capture.figures()
    assert [round((float(frame.image.mean()) - 20) / 7) for frame in frames] == list(range(30))
    assert [frame.time_s for frame in frames] == pytest.approx([number / 25 for number in range(30)])
    assert (figures.captured, figures.dropped) == (30, 0)
    assert capture.events() == ()
    assert not capture.source.is_open


@pytest.mark.parametrize("ahead", [1, 2, 5])
def test_a_file_is_read_ahead_no_further_than_told(ahead):
    script = Script(*range(20))
    with Capture(script, ahead=ahead) as capture:
        wait_for(lambda: capture.figures().captured == ahead + 1)
        time.sleep(0.05)
        assert capture.figures().captured == ahead + 1  # the one beyond waits for its place
        assert indices(capture) == list(range(20))


def test_of_a_live_source_only_the_latest_is_kept():
    script = Script(0, 1, 2, 3, "hold", 4, live=True)
    with Capture(script) as capture:
        wait_for(lambda: capture.figures().captured == 4)
        assert capture.get().index == 3
        assert capture.get(0.0) is None
        assert not capture.ended
        script.release.set()
        assert capture.get().index == 4
        wait_for(lambda: capture.ended)
        assert capture.figures().dropped == 3


def test_a_live_source_in_order_drops_nothing():
    with Capture(Script(*range(10), live=True), latest=False) as capture:
        assert indices(capture) == list(range(10))
        assert capture.figures().dropped == 0


def test_a_file_played_as_if_it_were_live():
    began_s = time.monotonic()
    with Capture(Script(*range(0, 60, 10)), latest=True) as capture:
        wait_for(lambda: capture.figures().captured == 6)
        assert time.monotonic() - began_s >= 0.5  # the time of the last frame
        assert indices(capture) == [50]
        assert capture.figures().dropped == 5


def test_a_consumer_that_never_reads_holds_nothing_up():
    script = Script(*range(1000))
    capture = Capture(script)
    wait_for(lambda: capture.figures().captured == 3)
    capture.stop(PATIENCE_S)
    assert script.closed.is_set()
    assert capture.figures().captured == 3
    capture.stop()
    assert capture.get() is None
    assert indices(capture) == []


def test_stopping_wakes_who_waits_for_a_frame():
    script = Script("hold", live=True)
    capture = Capture(script)
    got = []
    waiting = threading.Thread(target=lambda: got.append(capture.get()))
    waiting.start()
    capture.stop(wait_s=0.0)
    waiting.join(PATIENCE_S)
    assert got == [None]
    script.release.set()
    assert script.closed.wait(PATIENCE_S)


def test_a_file_that_fails_is_told_once_its_frames_are_taken():
    capture = Capture(Script(0, 1, VideoError("broken")))
    assert [capture.get().index, capture.get().index] == [0, 1]
    for _ in range(2):
        with pytest.raises(VideoError, match="broken"):
            capture.get()
    capture.stop()
    assert capture.ended
    assert capture.events() == ()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_fault_of_ours_does_not_leave_the_reader_waiting():
    with Capture(Script(0, ZeroDivisionError("a bug"))) as capture:
        assert capture.get().index == 0
        with pytest.raises(ZeroDivisionError):
            capture.get()
    assert not capture.source.is_open


def test_what_befalls_a_live_source():
    lost, refused = SourceLostError("unplugged"), VideoError("not there")
    script = Script(0, lost, refused, refused, 1, 2, live=True)
    backoff = Backoff(first_s=0.001, longest_s=0.002)
    with Capture(script, latest=False, backoff=backoff) as capture:
        assert indices(capture) == [0, 1, 2]
        events = capture.events()
    assert [(event.kind, event.attempt) for event in events] == [
        (EventKind.LOST, None),
        (EventKind.RECONNECTING, 1),
        (EventKind.RECONNECTING, 2),
        (EventKind.RECONNECTING, 3),
        (EventKind.BACK, None),
    ]
    assert events[0].detail == "unplugged"
    assert all(0.0005 <= event.wait_s <= 0.002 for event in events[1:4])
    assert events[-1].wait_s >= sum(event.wait_s for event in events[1:4])
    assert [event.time_s for event in events] == sorted(event.time_s for event in events)
    assert script.opened == 3
    assert capture.events() == ()


def test_a_source_that_comes_back_for_a_moment_only_counts_as_failed():
    lost = [SourceLostError(f"loss {number}") for number in range(4)]
    steps = [step for number, error in enumerate(lost) for step in (number, error)]
    with Capture(
        Script(*steps, live=True), latest=False, backoff=Backoff(first_s=0.001, longest_s=0.001, attempts=3)
    ) as capture:
        taken = []
        with pytest.raises(SourceLostError, match="loss 3"):
            taken.extend(frame.index for frame in capture)
        kinds = [event.kind for event in capture.events()]
    assert taken == [0, 1, 2, 3]
    assert kinds == [EventKind.LOST, EventKind.RECONNECTING, EventKind.BACK] * 3 + [EventKind.LOST, EventKind.GIVEN_UP]


def test_a_source_that_was_back_for_long_has_all_attempts_again():
    steps = [step for number in range(4) for step in (number, SourceLostError("lost"))]
    backoff = Backoff(first_s=0.001, longest_s=0.001, attempts=1, steady_s=0.0)
    with Capture(Script(*steps, live=True), latest=False, backoff=backoff) as capture:
        assert indices(capture) == [0, 1, 2, 3]
        reconnecting = [event for event in capture.events() if event.kind is EventKind.RECONNECTING]
    assert [event.attempt for event in reconnecting] == [1, 1, 1, 1]


def test_frames_ahead_are_checked():
    with pytest.raises(InputError, match="ahead must be 1 frame or more, got 0"):
        Capture(Script(), ahead=0)
