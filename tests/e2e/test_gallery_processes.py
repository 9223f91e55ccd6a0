"""Galleries under several real processes, of which some are killed, and on file systems that are full or read-only."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

import pytest
from PIL import Image

PATIENCE_S = 120  # a busy machine is no failure

ENROL = """
import sys
import numpy as np
from mien.gallery.enrol import Newcomer
from mien.gallery.gallery import Gallery
from mien.gallery.records import NewTemplate

place, who, count, each = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
rng = np.random.default_rng(sum(who.encode()))
with Gallery(place) as gallery:
    for number in range(count):
        rows = rng.normal(size=(each, 128)).astype(np.float32)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        templates = [
            NewTemplate(vector=row, quality=0.9, photo=str(place), photo_sha256=f"{who} {number} {place}")
            for place, row in enumerate(rows)
        ]
        report = gallery.add(Newcomer(name=f"{who} {number}"), templates)
        assert report.count("enrolled") == each, report
        print(number, flush=True)
"""


def enrol(place, who, count, each):
    """Enrols people of some templates each in a process of its own, which prints a line when each is committed."""
    command = [sys.executable, "-c", ENROL, str(place), who, str(count), str(each)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def templates_of_people(place):
    """Name → templates, straight from the file; and whether SQLite finds it whole."""
    connection = sqlite3.connect(place)
    rows = connection.execute(
        "SELECT name, (SELECT count(*) FROM template WHERE person = person.number) FROM person"
    ).fetchall()
    (check,) = connection.execute("PRAGMA integrity_check").fetchone()
    ((counted,),) = connection.execute("SELECT templates FROM gallery")
    connection.close()
    assert check == "ok"
    assert counted == sum(count for _, count in rows)
    return dict(rows)


def run_mien(*args, **settings):
    command = [sys.executable, "-m", "mien", "gallery", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S, **settings)


def test_processes_enrol_at_once_and_nobody_is_lost(tmp_path):
    place = tmp_path / "people.db"
    processes = [enrol(place, who, 40, 3) for who in ("a", "b", "c")]
    for process in processes:
        _, told = process.communicate(timeout=PATIENCE_S)
        assert (process.returncode, told) == (0, "")
    assert templates_of_people(place) == {f"{who} {number}": 3 for who in "abc" for number in range(40)}


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_killed_process_leaves_no_half_person_and_what_it_had_committed(tmp_path):
    place = tmp_path / "people.db"
    for attempt in range(5):
        process = enrol(place, f"run {attempt}", 10_000, 40)
        committed = [process.stdout.readline() for _ in range(2 + attempt)]
        time.sleep(0.003 * attempt)  # somewhere in the next person
        process.send_signal(signal.SIGKILL)
        committed += process.communicate(timeout=PATIENCE_S)[0].splitlines(keepends=True)
        kept = templates_of_people(place)
        assert set(kept.values()) == {40}
        told = {f"run {attempt} {line.strip()}" for line in committed if line.endswith("\n")}
        assert told <= kept.keys()
        assert sum(name.startswith(f"run {attempt} ") for name in kept) <= len(told) + 1


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_the_command_is_taken_up_where_it_was_killed(tmp_path, draw_person):
    for seed in range(8):
        for shot in (0, 1):
            path = tmp_path / "people" / f"person {seed}" / f"{shot}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(draw_person(seed, shot)).save(path)
    place = tmp_path / "people.db"
    args = ("enrol", tmp_path / "people", "--gallery", place, "--allow-lookalikes", "--least-quality", "0", "--json")
    process = subprocess.Popen([sys.executable, "-m", "mien", "gallery", *map(str, args)], stdout=subprocess.PIPE)
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        if place.exists() and people_so_far(place) >= 2:
            break
    process.kill()
    process.communicate(timeout=PATIENCE_S)
    before = templates_of_people(place)
    done = run_mien(*args)
    assert done.returncode in (0, 1)
    report = {one["person"]["name"]: one for one in json.loads(done.stdout)}
    assert set(report) == {f"person {seed}" for seed in range(8)}
    for name, count in before.items():
        statuses = [outcome["status"] for outcome in report[name]["outcomes"]]
        assert statuses.count("known") == count == report[name]["person"]["templates"]


def people_so_far(place):
    connection = sqlite3.connect(f"file:{place}?mode=ro", uri=True)
    try:
        return connection.execute("SELECT count(*) FROM person").fetchone()[0]
    except sqlite3.OperationalError:
        return 0  # it is being made
    finally:
        connection.close()


# File systems


def mounts():
    """Whether this user may mount a small file system, in a namespace of its own."""
    if shutil.which("unshare") is None:
        return False
    return subprocess.run(["unshare", "-rm", "mount", "-t", "tmpfs", "x", "/mnt"], capture_output=True).returncode == 0


SMALL = """
set -e
mount -t tmpfs -o size=600k x "$1"
shift
"$@"
"""
READ_ONLY = """
set -e
mount --bind "$1" "$1"
mount -o remount,ro,bind "$1"
shift
"$@"
"""


def inside(script, folder, *command):
    """Runs a command where a folder is another file system, that nobody else sees."""
    return subprocess.run(
        ["unshare", "-rm", "sh", "-c", script, "sh", str(folder), *map(str, command)],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )


FILL = """
import json, sys
import numpy as np
from mien.errors import GalleryUnavailableError
from mien.gallery.enrol import Newcomer
from mien.gallery.gallery import Gallery
from mien.gallery.records import NewTemplate

rng = np.random.default_rng(1)
rows = rng.normal(size=(4000, 128)).astype(np.float32)
rows /= np.linalg.norm(rows, axis=1, keepdims=True)
place, kept, told = sys.argv[1], 0, ""
with Gallery(place) as gallery:
    try:
        for number in range(0, 4000, 10):
            templates = [
                NewTemplate(vector=row, quality=0.9, photo="x", photo_sha256=f"{number} {at}")
                for at, row in enumerate(rows[number : number + 10])
            ]
            gallery.add(Newcomer(name=str(number)), templates)
            kept += 1
    except GalleryUnavailableError as error:
        told = str(error)
    found = gallery.search_embeddings(rows[:20:10])
    people = gallery.people()
with Gallery(place, create=False) as gallery:
    again = len(gallery.people())
print(json.dumps({
    "kept": kept,
    "told": told,
    "names": [match.label for match in found],
    "templates": sorted({person.templates for person in people}),
    "people": len(people),
    "again": again,
}))
"""


@pytest.mark.skipif(not mounts(), reason="this user may mount no file system")
def test_a_full_disk_loses_nothing_and_is_told(tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    done = inside(SMALL, folder, sys.executable, "-c", FILL, folder / "people.db")
    assert done.returncode == 0, done.stderr
    content = json.loads(done.stdout)
    assert 5 < content["kept"] < 400
    assert content["people"] == content["again"] == content["kept"]
    assert content["templates"] == [10]
    assert content["names"] == ["0", "10"]
    assert "nothing of this step was kept" in content["told"]


@pytest.mark.skipif(not mounts(), reason="this user may mount no file system")
def test_a_read_only_file_system_is_searched_and_not_written(tmp_path, draw_person):
    folder, photo = tmp_path / "sealed", tmp_path / "ada.png"
    folder.mkdir()
    Image.fromarray(draw_person(2)).save(photo)
    place = folder / "people.db"
    assert run_mien("enrol", photo, "--name", "Ada", "--gallery", place).returncode == 0
    mien = (sys.executable, "-m", "mien", "gallery")
    done = inside(READ_ONLY, folder, *mien, "search", photo, "--gallery", place, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["faces"][0]["identity"] == "Ada"
    for command in (("rename", "Ada", "Eve"), ("forget", "Ada")):
        done = inside(READ_ONLY, folder, *mien, *command, "--gallery", place)
        assert (done.returncode, done.stdout) == (2, "")
        assert f"mien: error: {place}: read-only; copy it to where it can be written" in done.stderr
    done = inside(READ_ONLY, folder, *mien, "enrol", photo, "--name", "Eve", "--gallery", folder / "new.db")
    assert done.returncode == 2
    assert "new.db: cannot be opened; check its permissions and those of its folder" in done.stderr
    assert templates_of_people(place) == {"Ada": 1}
