import json
import logging
import os
import signal
import subprocess
import sys

import pytest

from mien.web.video.order import RESULTS
from mien.web.video.process import Failure, Process

PATIENCE_S = 120


def ended(order):
    """The process's last progress, and what it says went wrong."""
    with Process(order) as process:
        assert process.wait(PATIENCE_S)
        return process.progress, process.problem()


def test_a_clip_is_looked_at(order):
    asked = order()
    progress, problem = ended(asked)
    assert problem is None
    assert (progress.frames, progress.people) == (14, 1)
    assert {path.name for path in asked.folder.iterdir()} == {"clip", "stderr.txt", *RESULTS}


@pytest.mark.parametrize(
    ("data", "got"),
    [
        (b"\0\0\0\x20ftypisom", "cut off, 20 bytes are missing at the end, among them what is needed to read the rest"),
        (b"GIF89a\x01\0\x01\0\0\0\0", "a video without a single frame that can be read"),
        (b"\x1a\x45\xdf\xa3" + bytes(100), "not a video that can be read"),
    ],
)
def test_what_cannot_be_read(order, data, got):
    asked = order()
    asked.source.write_bytes(data)
    progress, problem = ended(asked)
    assert problem.got == got
    assert progress.frames == 0


@pytest.mark.parametrize(
    "data",
    [
        b"ffconcat version 1.0\nfile 'whole.mp4'\n",
        b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nwhole.mp4\n#EXT-X-ENDLIST\n",
    ],
)
def test_lists_of_files_are_not_followed(order, film, data):
    asked = order()
    (asked.folder / "whole.mp4").write_bytes(film.read_bytes())
    asked.source.write_bytes(data)
    _, problem = ended(asked)
    assert problem.got == "not a video that can be read"


def test_a_fault_of_ours_is_told_to_the_log_alone(order, caplog):
    asked = order()
    (asked.folder / "video.webm").mkdir()  # where the video is to be written
    _, problem = ended(asked)
    assert problem == Failure(got="a clip that this server cannot look at now", remedy="the server's log says more")
    (record,) = caplog.records
    assert str(asked.folder) in record.message


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_file_at_which_the_reader_crashes(order, long_film, caplog):
    caplog.set_level(logging.ERROR)
    with Process(order(long_film)) as process:
        os.kill(process._process.pid, signal.SIGSEGV)
        assert process.wait(PATIENCE_S)
        problem = process.problem()
    assert problem is not None
    assert problem.got == "a file at which the reader of videos gave up"
    assert "ended with status -11: " in caplog.text


def test_it_can_be_ended_at_whatever_it_is(order, long_film):
    with Process(order(long_film)) as process:
        while process.progress.frames < 5:
            assert not process.wait(0.05)
    assert process.wait(0)


def test_it_ends_with_whoever_gave_the_order(order, long_film):
    asked = order(long_film)
    child = subprocess.Popen(
        [sys.executable, "-m", "mien.web.video"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with child:
        child.stdin.write(asked.to_json() + "\n")
        child.stdin.flush()
        while json.loads(child.stdout.readline())["frames"] < 5:
            pass
        assert (asked.folder / "frames.csv").exists()
        child.stdin.close()
        assert child.wait(PATIENCE_S) == 1
    assert not asked.folder.exists()
