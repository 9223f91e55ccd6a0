"""`mien watch` as its users run it: a process, signals, pipes and files."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

PATIENCE_S = 120  # reached only where a test fails
FEW = ("--attributes", "quality,emotion", "--no-reidentify")


def watch(*args, **options):
    command = [sys.executable, "-m", "mien", "watch", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S, **options)


def start(*args, **options):
    command = [sys.executable, "-m", "mien", "watch", *map(str, args)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **options)


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def frames_in(path):
    """All frames of a video, decoded."""
    video, count = cv2.VideoCapture(str(path)), 0
    while video.read()[0]:
        count += 1
    video.release()
    return count


@pytest.fixture(scope="module")
def long_film(tmp_path_factory, draw_faces):
    """Ten minutes of one face that stays, which takes a moment to write."""
    path = tmp_path_factory.mktemp("film") / "long.avi"
    picture = cv2.resize(draw_faces(240, 320, [(160, 120, 140)])[..., ::-1], (160, 120))
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"MJPG"), 25.0, (160, 120))
    for _ in range(15_000):
        writer.write(picture)
    writer.release()
    return path


def test_events_and_an_annotated_video(film, tmp_path):
    done = watch(film, "--json", tmp_path / "events.jsonl", "--video", tmp_path / "out.mp4", *FEW)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith("mien: 14 frames, 1 person seen, ")
    assert "latency p95" in done.stderr
    appeared, *_, left = events = lines((tmp_path / "events.jsonl").read_text())
    assert (appeared["event"], appeared["track_id"], appeared["source"]) == ("appeared", 1, str(film))
    seen_s = round((13 - appeared["frame"]) / 25, 3)
    assert (left["event"], left["frame"], left["duration_s"], left["person"]["seen_s"]) == ("left", 13, seen_s, seen_s)
    assert left["person"]["emotion"]["label"]
    assert all("at" not in event for event in events)
    assert frames_in(tmp_path / "out.mp4") == 14
    assert sorted(path.name for path in tmp_path.iterdir()) == ["events.jsonl", "out.mp4"]


def test_without_events_the_people_are_printed(film):
    done = watch(film, "--seconds", "0.2", *FEW)
    assert done.returncode == 0
    assert "in view" in done.stdout
    assert "0.1 s" in done.stdout
    assert done.stderr.startswith("mien: 5 frames, 1 person seen")


def test_blur_hides_the_face_in_every_frame(film, tmp_path):
    done = watch(film, "--json", "-", "--video", tmp_path / "out.avi", "--blur", *FEW)
    assert done.returncode == 0
    video = cv2.VideoCapture(str(tmp_path / "out.avi"))
    original = cv2.VideoCapture(str(film))
    for step in range(14):
        (_, hidden), (_, plain) = video.read(), original.read()
        eyes = np.s_[95:115, 85 + 3 * step : 135 + 3 * step]
        assert cv2.Laplacian(hidden[eyes], cv2.CV_32F).var() < cv2.Laplacian(plain[eyes], cv2.CV_32F).var() / 4
        assert np.abs(hidden[:15, -60:].astype(int) - plain[:15, -60:]).mean() < 6


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize(("number", "times", "status"), [(2, 1, 130), (2, 2, 130), (15, 1, 143), (1, 1, 129)])
def test_a_signal_ends_the_run_with_whole_files(long_film, tmp_path, number, times, status):
    with start(long_film, "--json", tmp_path / "e.jsonl", "--video", tmp_path / "o.avi", *FEW) as process:
        end = time.monotonic() + PATIENCE_S
        while not (tmp_path / "e.jsonl").exists() or not (tmp_path / "e.jsonl").read_text():
            assert time.monotonic() < end, "waited in vain"
            time.sleep(0.01)
        for _ in range(times):
            process.send_signal(number)
        errors = process.communicate(timeout=PATIENCE_S)[1]
    assert "Traceback" not in errors
    assert process.returncode == status
    first, *_, last = lines((tmp_path / "e.jsonl").read_text())
    assert (first["event"], last["event"], last["reason"]) == ("appeared", "left", "end")
    assert last["frame"] <= 14_000
    count = frames_in(tmp_path / "o.avi")
    assert 0 < count <= last["frame"] + 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["e.jsonl", "o.avi"]


@pytest.mark.skipif(os.name == "nt", reason="pipes")
@pytest.mark.parametrize("video", [False, True])
def test_a_reader_that_goes_after_one_line(film, long_film, tmp_path, video):
    """As `mien watch … --json - | head -1`: that ends the run, unless a video is to be written."""
    wanted = ["--video", str(tmp_path / "o.mp4")] if video else []
    source = film if video else long_film
    with start(source, "--json", "-", "--profile-every", "0.04", *wanted, *FEW, stdout=subprocess.PIPE) as process:
        first = json.loads(process.stdout.readline())
        process.stdout.close()
        errors = process.stderr.read()
        process.wait(PATIENCE_S)
    assert first["event"] == "appeared"
    assert "Traceback" not in errors
    if video:
        assert (process.returncode, frames_in(tmp_path / "o.mp4")) == (0, 14)
    else:
        assert errors == ""


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("93", "camera 93: "),
        ("nothing.mp4", "nothing.mp4: no such file or folder"),
        ("ftp://host/a", "unknown kind of address 'ftp://'"),
        ("http://127.0.0.1:9/live", "nothing answers at port 9 of 127.0.0.1"),
    ],
)
def test_a_source_that_is_not_there(tmp_path, source, told):
    done = watch(source, "--json", tmp_path / "e.jsonl", *FEW)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("mien: error: ")
    assert told in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_video_that_is_cut_off(film, tmp_path):
    """AVI can be read up to the cut; what is there is done, and the status is 1."""
    whole = tmp_path / "whole.avi"
    assert watch(film, "--video", whole, "--attributes", "quality", "--no-reidentify").returncode == 0
    cut = tmp_path / "cut.avi"
    cut.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * 0.6)])
    done = watch(cut, "--json", "-", *FEW)
    assert done.returncode == 1
    assert f"mien: error: {cut}: cut off, " in done.stderr
    assert lines(done.stdout)[-1]["event"] == "left"


@pytest.mark.parametrize("option", ["--json", "--video"])
def test_files_that_are_there_stay(mien, film, tmp_path, option):
    target = tmp_path / ("o.mp4" if option == "--video" else "e.jsonl")
    target.write_text("precious")
    done = mien("watch", film, option, target, *FEW)
    assert (done.exit_code, target.read_text()) == (2, "precious")
    assert "is there already; name another file, or allow it with --overwrite" in done.stderr
    assert mien("watch", film, option, target, "--overwrite", "--seconds", 0.1, *FEW).exit_code == 0
    assert target.read_bytes() != b"precious"


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["--every", "0"], "every must be a whole number of 1 or more"),
        (["--seconds", "-1"], "seconds must be above 0"),
        (["--budget", "0"], "budget_ms must be above 0"),
        (["--attributes", "mood"], "unknown attribute 'mood'"),
        (["--detector", "yunett"], "did you mean yunet"),
        (["--video", "film.gif"], "unknown ending of a video file '.gif'"),
        (["--json", "missing/e.jsonl"], "its folder is not there"),
        (["--json", "same.mp4", "--video", "same.mp4"], "both name same.mp4"),
        (["--window"], "--window: "),
    ],
)
def test_wrong_use_of_watch(mien, film, monkeypatch, tmp_path, args, told):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    done = mien("watch", film, *args)
    assert (done.exit_code, done.stdout) == (2, "")
    assert told in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_display_without_an_opencv_that_has_windows(mien, film, monkeypatch):
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr("cv2.getBuildInformation", lambda: "  GUI:                           NONE\n")
    done = mien("watch", film, "--window")
    assert done.exit_code == 2
    assert "opencv-python-headless, which comes with Mien, has no windows; run: pip uninstall" in done.stderr


def test_the_source_is_never_overwritten(mien, film, tmp_path):
    copy = Path(shutil.copy(film, tmp_path / "copy.mp4"))
    done = mien("watch", copy, "--video", copy, "--overwrite")
    assert done.exit_code == 2
    assert "would overwrite a file that is to be read" in done.stderr
    assert copy.read_bytes() == film.read_bytes()


def test_a_folder_of_pictures_with_nobody(mien, tmp_path):
    for number in range(3):
        cv2.imwrite(str(tmp_path / f"{number}.png"), np.full((48 + number, 64, 3), 90, np.uint8))
    done = mien("watch", tmp_path, "--attributes", "quality", "--no-reidentify")
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr.startswith("mien: 3 frames, 0 people seen")


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_signal_ends_the_wait_for_a_camera_that_does_not_answer(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:  # takes connections and says nothing
        address = f"rtsp://127.0.0.1:{server.getsockname()[1]}/live"
        with start(address, "--json", tmp_path / "e.jsonl", *FEW) as process:
            connection, _ = server.accept()
            with connection:
                process.send_signal(signal.SIGINT)
                errors = process.communicate(timeout=PATIENCE_S)[1]
    assert (process.returncode, errors) == (130, "")
    assert list(tmp_path.iterdir()) == []
