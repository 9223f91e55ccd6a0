from __future__ import annotations

import sqlite3
import time

import numpy as np
import pytest
from sqlalchemy import select

from mien.audience import database, recorder, schema
from mien.audience.recorder import Recorder
from mien.audience.retention import purge
from mien.audience.store import Store
from mien.audience.stream import Stream
from mien.audience.visitors import Visitors
from mien.errors import OutputError
from mien.models.thresholds import Thresholds

CAMERA = Stream(source="camera 0", is_live=True, attributes=("age", "pose"), networks=("demographics 1", "landmarks 2"))
FILM = Stream(source="film", is_live=False, began_at=1_780_308_000.0)
PATIENCE_S = 60  # reached only where a test fails


def wait_for(condition):
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)


def rows(store, table):
    with store.reading() as connection:
        return [row._asdict() for row in connection.execute(select(table))]


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Writes at once."""
    monkeypatch.setattr(recorder, "WRITE_S", 0.01)
    monkeypatch.setattr(recorder, "AGAIN_S", 0.01)


@pytest.fixture
def impatient(monkeypatch):
    """Stores do not wait long for those who hold them."""
    monkeypatch.setattr(database, "BUSY_S", 0.01)


@pytest.fixture
def lock(tmp_path):
    """`lock()` has another process hold the store in the file; `lock.rollback()` lets go of it."""
    held = sqlite3.connect(tmp_path / "audience.db", isolation_level=None, check_same_thread=False)
    yield held
    held.close()


def test_a_session_is_kept_from_its_first_to_its_last_second(store, stay):
    with Recorder(store, CAMERA) as recording:
        frames = stay(1, 0.0, 3.0, looks_until_s=1.5)
        for frame in frames[:5]:
            recording.see(frame)
        wait_for(lambda: rows(store, schema.samples))  # while it goes on, too
        assert rows(store, schema.sessions)[0]["ended_at"] is None
        assert rows(store, schema.visits)[0]["ended"] is False
        for frame in frames[5:]:
            recording.see(frame)
    (session,) = rows(store, schema.sessions)
    assert session["ended_at"] == session["last_at"] == pytest.approx(session["began_at"] + 3)
    assert (session["attributes"], session["networks"]) == ("age, pose", "demographics 1, landmarks 2")
    assert (session["return_s"], session["revisit_s"], session["thresholds"]) == (30.0, None, None)
    (visit,) = rows(store, schema.visits)
    assert (visit["ended"], visit["seen_s"], visit["attention_s"]) == (True, 3.0, 1.5)
    assert sum(row["seen_s"] for row in rows(store, schema.samples)) == pytest.approx(3.0)


def test_a_stream_without_a_frame_leaves_no_session(file_store):
    with Recorder(file_store, CAMERA):
        pass
    assert rows(file_store, schema.sessions) == []


def test_two_recorders_write_to_one_store(store, stay):
    with Recorder(store, CAMERA) as one, Recorder(store, FILM) as other:
        for frame in stay(1, 0.0, 2.0):
            one.see(frame)
            other.see(frame)
    assert [row["seen_s"] for row in rows(store, schema.visits)] == [2.0, 2.0]
    assert {row["name"] for row in rows(store, schema.sources)} == {"camera 0", "film"}


def test_while_the_store_is_locked_rows_wait_and_nothing_is_lost(impatient, file_store, lock, stay):
    told = []
    lock.execute("BEGIN IMMEDIATE")
    with Recorder(file_store, FILM, tell=told.append) as recording:
        frames = stay(1, 0.0, 3.0)
        for frame in frames[:5]:
            recording.see(frame)
        wait_for(lambda: told)
        for frame in frames[5:]:
            recording.see(frame)
        lock.rollback()
        wait_for(lambda: len(told) == 2)
    assert "database is locked" in told[0]
    assert "nothing is lost as yet, and writing is tried again" in told[0]
    assert told[1].endswith("can be written to again, and nothing was lost")
    assert [row["seen_s"] for row in rows(file_store, schema.samples)] == [1.0, 1.0, 1.0, 0.0]


def test_what_cannot_be_written_in_the_end_is_told(impatient, file_store, lock, stay):
    recording = Recorder(file_store, FILM)
    lock.execute("BEGIN IMMEDIATE")
    for frame in stay(1, 0.0, 3.0):
        recording.see(frame)
    with pytest.raises(OutputError, match=r"database is locked.*; the last \d+ seconds of 1 visits are lost"):
        recording.close()
    recording.close()  # a second time there is nothing left to be told


def test_a_purge_by_another_process_begins_the_session_anew(file_store, stay):
    with Recorder(file_store, FILM) as recording:
        frames = stay(1, 0.0, 4.0)
        for frame in frames[:9]:
            recording.see(frame)
        wait_for(lambda: rows(file_store, schema.visits))
        purge(file_store)
        for frame in frames[9:]:
            recording.see(frame)
    (visit,) = rows(file_store, schema.visits)
    assert (visit["ended"], visit["seen_s"]) == (True, 4.0)
    assert rows(file_store, schema.sessions)[0]["ended_at"] is not None


def test_what_is_too_old_is_purged_while_it_goes_on(file_store, stay, now):
    with Recorder(file_store, FILM) as recording:
        for frame in stay(1, 0.0, 2.0):
            recording.see(frame)
    with Recorder(file_store, CAMERA, keep_s=3600, now=lambda: now + 7200) as recording:
        recording.see(stay(1, 0.0, 0.0)[0])
        wait_for(lambda: [row["name"] for row in rows(file_store, schema.sources)] == ["camera 0"])


def test_visitors_are_numbered_and_the_evidence_is_kept(file_store, frame, person):
    table = Thresholds(similarity=(0.2, 0.5, 0.8), fmr=(0.5, 0.01, 1e-5))
    looks = {1: np.array([1.0, 0.0]), 2: np.array([0.0, 1.0]), 3: np.array([0.96, 0.28])}
    with Recorder(file_store, FILM, visitors=Visitors(table, revisit_s=600)) as recording:
        for track, begin_s in ((1, 0.0), (2, 0.0), (3, 100.0)):
            for time_s in (begin_s, begin_s + 1):
                together = [track] if track == 3 else [1, 2]
                if track != 2:
                    people = [person(one, first_s=begin_s, last_s=time_s, seen_s=time_s - begin_s) for one in together]
                    recording.see(frame(time_s, people, looks={one: looks[one] for one in together}))
    kept = {row["track_id"]: row for row in rows(file_store, schema.visits)}
    assert [kept[track]["visitor"] for track in (1, 2, 3)] == [1, 2, 1]
    assert [kept[track]["compared"] for track in (1, 2, 3)] == [0, 0, 2]
    assert kept[3]["best_similarity"] == pytest.approx(0.96)
    assert kept[1]["own_similarity"] == 1.0
    session = rows(file_store, schema.sessions)[0]
    assert session["revisit_s"] == 600
    assert '"similarity": 0.5, "fmr": 0.01' in session["thresholds"]


def test_what_is_wrong_in_the_writing_thread_is_raised_where_frames_are_given(file_store, stay, monkeypatch):
    def fail(*arguments):
        raise ZeroDivisionError

    monkeypatch.setattr("mien.audience.writer.write", fail)
    recording = Recorder(file_store, FILM)
    frames = stay(1, 0.0, 1.0)

    def give():
        try:
            recording.see(frames[0])
        except ZeroDivisionError:
            return True
        return False

    wait_for(give)
    with pytest.raises(ZeroDivisionError):
        recording.close()


def test_no_embedding_reaches_the_file(tmp_path, frame, person):
    numbers = np.array([0.123456789012, 0.992349821])
    table = Thresholds(similarity=(0.2, 0.5), fmr=(0.5, 0.01))
    with Store(tmp_path / "audience.db", create=True) as store:
        with Recorder(store, FILM, visitors=Visitors(table)) as recording:
            for time_s in (0.0, 1.0):
                recording.see(frame(time_s, [person(1, last_s=time_s, seen_s=time_s)], looks={1: numbers}))
        tables = [rows(store, table) for table in schema.metadata.sorted_tables]
    assert "0.1234" not in str(tables)
    assert "0.9923" not in str(tables)
