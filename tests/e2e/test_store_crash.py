"""Stores of processes that are killed or interrupted, and reports on those that are being written."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time

import cv2
import pytest

PATIENCE_S = 120  # a busy machine is no failure
FEW = ("--attributes", "quality,pose", "--no-reidentify", "--profile-every", "0.2", "--latest")
LOST_S = 3.0
"""Seconds that may be missing: one, and patience for a machine on which a thread waits for its turn."""

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals")


@pytest.fixture(scope="module")
def long_film(tmp_path_factory, draw_faces):
    """Two minutes of one face that stays."""
    path = tmp_path_factory.mktemp("film") / "long.avi"
    picture = cv2.resize(draw_faces(240, 320, [(160, 120, 140)])[..., ::-1], (160, 120))
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"MJPG"), 10.0, (160, 120))
    for _ in range(1200):
        writer.write(picture)
    writer.release()
    return path


def run(*args):
    command = [sys.executable, "-m", "mien", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S)


def seconds_in(store):
    """Samples in the store, as anybody can count them while it is being written."""
    try:
        with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as connection:
            return connection.execute("SELECT count(*) FROM samples").fetchone()[0]
    except sqlite3.OperationalError:
        return 0
    finally:
        if "connection" in locals():
            connection.close()


@pytest.fixture
def watching(long_film, tmp_path):
    """`mien watch` in a process of its own that has written four seconds or more, its store and its events."""
    store, events = tmp_path / "audience.db", tmp_path / "events.jsonl"
    command = [
        sys.executable,
        "-m",
        "mien",
        "watch",
        str(long_film),
        "--store",
        str(store),
        "--json",
        str(events),
        *FEW,
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    with process:
        try:
            deadline = time.monotonic() + PATIENCE_S
            while seconds_in(store) < 4:
                assert process.poll() is None, process.stderr.read()
                assert time.monotonic() < deadline, "waited in vain"
                time.sleep(0.1)
            yield process, store, events
        finally:
            process.kill()


def test_a_killed_process_loses_the_last_second_at_most(watching):
    process, store, events = watching
    process.send_signal(signal.SIGKILL)
    process.wait(PATIENCE_S)
    told_s = max(json.loads(line)["time_s"] for line in events.read_text().splitlines() if line.endswith("}"))
    with sqlite3.connect(store) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        began_at, last_at, ended_at = connection.execute("SELECT began_at, last_at, ended_at FROM sessions").fetchone()
        samples = connection.execute("SELECT second, seen_s FROM samples ORDER BY second").fetchall()
        (seen_s,) = connection.execute("SELECT seen_s FROM visits").fetchone()
    connection.close()
    assert ended_at is None
    assert told_s - (last_at - began_at) <= LOST_S
    seconds = [second for second, _ in samples]
    assert seconds == list(range(seconds[0], seconds[0] + len(seconds)))
    assert sum(part for _, part in samples) == pytest.approx(seen_s, abs=0.01)
    done = run("report", store, "--json", "-", "--min-cell", "1")
    assert json.loads(done.stdout)["everyone"]["visits"] == 1
    assert "note: 1 session was ended by a power cut or a kill" in done.stderr or "is watching still" in done.stderr


def test_it_is_reported_on_and_told_while_it_is_written(watching, tmp_path):
    process, store, _ = watching
    done = run("report", store, "-o", tmp_path / "report.html", "--min-cell", "1")
    assert done.returncode == 0, done.stderr
    assert "note: Somebody is watching still" in done.stderr
    assert "opportunity to see" in done.stdout
    info = json.loads(run("store", "info", store, "--json").stdout)
    assert [one["running"] for one in info["sources"].values()] == [1]
    written = seconds_in(store)
    deadline = time.monotonic() + PATIENCE_S
    while seconds_in(store) <= written:  # the reader has not stopped it
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_process_ends_its_session(watching, number):
    process, store, _ = watching
    process.send_signal(number)
    _, said = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 128 + number, said
    with sqlite3.connect(store) as connection:
        began_at, last_at, ended_at = connection.execute("SELECT began_at, last_at, ended_at FROM sessions").fetchone()
        assert connection.execute("SELECT ended FROM visits").fetchall() == [(1,)]
    connection.close()
    assert ended_at == last_at > began_at
    assert sorted(path.name for path in store.parent.iterdir()) == ["audience.db", "events.jsonl"]


def test_a_full_disk_is_told_and_the_rest_goes_on(long_film, tmp_path):
    """No file may grow beyond 80 kB, as on a disk that is full: the video is watched to the end all the same."""
    store = tmp_path / "audience.db"
    code = (
        "import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (80_000, 80_000));"
        "sys.argv[0] = 'mien'; runpy.run_module('mien', run_name='__main__')"
    )
    command = [sys.executable, "-c", code, "watch", str(long_film), "--store", str(store), "--seconds", "20"]
    few = ("--attributes", "quality,pose", "--no-reidentify")
    done = subprocess.run([*command, *few], capture_output=True, text=True, check=False, timeout=PATIENCE_S)
    assert done.returncode == 2, done.stderr
    assert "nothing is lost as yet, and writing is tried again" in done.stderr
    assert "mien: error: " in done.stderr
    assert "seconds of 1 visits are lost" in done.stderr
    with sqlite3.connect(store) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
