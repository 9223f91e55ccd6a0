"""What holds for a store in SQLite and in PostgreSQL alike."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select, text

from mien.audience import schema, writer
from mien.audience.contents import contents_of
from mien.audience.retention import purge
from mien.audience.session_log import Batch, SessionLog
from mien.audience.store import Store
from mien.durations import parse_duration
from mien.errors import InputError, StoreError, UnknownNameError


def begin(store, now, source="camera 0"):
    with store.writing() as connection:
        return writer.begin_session(
            connection,
            source_id=writer.source_id(connection, source, is_live=True),
            began_at=now,
            last_at=now,
            mien_version="1",
            attributes="",
            networks="",
            return_s=30.0,
        )


def put(store, session_id, batch):
    with store.writing() as connection:
        return writer.write(connection, session_id, batch)


def rows(store, table):
    with store.reading() as connection:
        return [row._asdict() for row in connection.execute(select(table).order_by(*table.primary_key))]


@pytest.fixture
def batch_of(now):
    """`batch_of(frames, ended=False)`: what a session log makes of frames."""

    def take(frames, *, began_at=now, ended=False):
        log = SessionLog(is_live=False, return_s=30.0, visitors=None, began_at=began_at)
        for frame in frames:
            log.see(frame)
        if ended:
            log.end()
        return log.take(ended=ended)

    return take


def test_what_is_written_is_read_again(store, stay, batch_of, now):
    session_id = begin(store, now)
    batch = batch_of(stay(1, 0.0, 2.0, looks_until_s=1.0))
    assert put(store, session_id, batch)
    (visit,) = rows(store, schema.visits)
    assert visit == batch.visits[0] | {"session_id": session_id}
    assert rows(store, schema.samples) == [row | {"session_id": session_id} for row in batch.samples]
    assert rows(store, schema.observed) == [{"session_id": session_id, "minute": now // 60, "watched_s": 2.0}]
    (session,) = rows(store, schema.sessions)
    assert (session["last_at"], session["ended_at"]) == (now + 2, None)


def test_rows_written_again_are_replaced_and_not_doubled(store, stay, batch_of, now):
    session_id = begin(store, now)
    for end_s in (1.0, 2.0, 2.0):
        put(store, session_id, batch_of(stay(1, 0.0, end_s)))
    assert [row["seen_s"] for row in rows(store, schema.visits)] == [2.0]
    assert [row["seen_s"] for row in rows(store, schema.samples)] == [1.0, 1.0, 0.0]


def test_merged_tracks_are_one_visit_and_no_second_is_doubled(store, stay, batch_of, now):
    session_id = begin(store, now)
    first, second = batch_of(stay(1, 0.0, 1.5)), batch_of(stay(2, 0.0, 3.0))
    put(store, session_id, first)
    put(store, session_id, second)
    combined = [first.samples[1] | {"seen_s": 0.75}]
    for _ in range(2):  # the second time as after a commit of which nobody knows whether it came through
        put(store, session_id, Batch(session=first.session, visits=first.visits, merged={2: 1}, samples=combined))
    assert [row["track_id"] for row in rows(store, schema.visits)] == [1]
    seconds = [(row["track_id"], row["second"] - now, row["seen_s"]) for row in rows(store, schema.samples)]
    assert seconds == [(1, 0, 1.0), (1, 1, 0.75), (1, 2, 1.0), (1, 3, 0.0)]


def test_visitors_who_turn_out_to_be_one_are_renumbered(store, stay, batch_of, now):
    session_id = begin(store, now)
    visits = [batch_of(stay(track, 0.0, 1.0)).visits[0] | {"visitor": track} for track in (1, 2, 3)]
    put(store, session_id, Batch(session={"last_at": now}, visits=visits, same_visitors={3: 2, 2: 1}))
    assert [row["visitor"] for row in rows(store, schema.visits)] == [1, 1, 1]


def test_a_session_that_was_purged_meanwhile_is_told(store, stay, batch_of, now):
    session_id = begin(store, now)
    purge(store)
    assert not put(store, session_id, batch_of(stay(1, 0.0, 1.0)))
    assert rows(store, schema.visits) == []


def test_readers_see_one_state_while_others_write(store, stay, batch_of, now):
    session_id = begin(store, now)
    put(store, session_id, batch_of(stay(1, 0.0, 1.0)))
    count = select(schema.visits.c.track_id)
    with store.reading() as connection:
        before = connection.execute(count).all()
        write = threading.Thread(target=put, args=(store, session_id, batch_of(stay(2, 0.0, 1.0))))
        write.start()
        write.join(60)
        assert not write.is_alive()
        assert connection.execute(count).all() == before == [(1,)]
    assert len(rows(store, schema.visits)) == 2


def test_reading_cannot_write(store, address):
    with (
        Store(address) as again,
        pytest.raises(StoreError, match=r"readonly|read-only"),
        again.reading() as connection,
    ):
        writer.source_id(connection, "camera", is_live=True)


def test_a_transaction_that_fails_leaves_nothing(store, now):
    def fail():
        with store.writing() as connection:
            writer.source_id(connection, "camera", is_live=True)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert rows(store, schema.sources) == []


def test_a_source_is_known_again(store, now):
    begin(store, now)
    begin(store, now)
    begin(store, now, "door")
    assert [row["name"] for row in rows(store, schema.sources)] == ["camera 0", "door"]
    assert len(rows(store, schema.sessions)) == 3


def test_it_is_opened_again_with_what_is_in_it(store, address, now):
    begin(store, now)
    for options in ({}, {"write": True}, {"create": True}):
        with Store(address, **options) as again:
            assert again.had == schema.VERSION
            assert len(rows(again, schema.sessions)) == 1


def test_purging_takes_what_is_older_and_keeps_the_rest(store, stay, batch_of, now):
    old, new = begin(store, now - 1000), begin(store, now, "door")
    put(store, old, batch_of(stay(1, 0.0, 2.0), began_at=now - 1000, ended=True))
    put(store, new, batch_of(stay(1, 0.0, 2.0), ended=True))
    put(store, new, batch_of(stay(2, 0.0, 90.0, step_s=1.0), began_at=now - 60))
    purged = purge(store, before=now + 1)
    assert (purged.visits, purged.sessions, purged.samples) == (1, 1, 61 + 1)
    assert [row["track_id"] for row in rows(store, schema.visits)] == [1, 2]
    assert min(row["second"] for row in rows(store, schema.samples)) == now + 1
    assert [row["name"] for row in rows(store, schema.sources)] == ["door"]
    assert {row["minute"] for row in rows(store, schema.observed)} == {now // 60}


def test_purging_one_source_leaves_the_others(store, stay, batch_of, now):
    for source in ("camera 0", "door"):
        put(store, begin(store, now, source), batch_of(stay(1, 0.0, 2.0), ended=True))
    assert purge(store, source="door").visits == 1
    assert list(contents_of(store).sources) == ["camera 0"]
    with pytest.raises(UnknownNameError, match="unknown source 'dor'"):
        purge(store, source="dor")


def test_it_tells_what_is_in_it(store, stay, batch_of, now):
    put(store, begin(store, now), batch_of(stay(1, 0.0, 2.0), ended=True))
    put(store, begin(store, now + 60), batch_of(stay(1, 0.0, 2.0), began_at=now + 60))
    one = contents_of(store).sources["camera 0"]
    assert (one.sessions, one.running, one.killed) == (2, 0, 1)
    assert (one.began_at, one.last_at, one.watched_s, one.visits, one.samples) == (now, now + 62, 4.0, 2, 6)


def test_no_column_has_room_for_a_picture_or_an_embedding():
    kinds = {type(column.type).__name__ for table in schema.metadata.tables.values() for column in table.c}
    assert kinds == {"Boolean", "Double", "Integer", "Text"}


def test_tables_of_others_in_the_same_database_are_left_alone(postgres_url):
    with Store(postgres_url, create=True) as store, store.writing() as connection:
        connection.execute(text("CREATE TABLE theirs (a integer)"))
    with Store(postgres_url, create=True) as store:
        purge(store)
        with store.reading() as connection:
            assert connection.execute(text("SELECT * FROM theirs")).all() == []


@pytest.mark.parametrize(
    ("told", "seconds"), [("90s", 90), ("15m", 900), ("12 h", 43200), ("30D", 2592000), ("0.5w", 302400)]
)
def test_durations(told, seconds):
    assert parse_duration(told) == seconds


@pytest.mark.parametrize("told", ["", "30", "d", "-1d", "0d", "1y", "1d2h"])
def test_what_is_no_duration(told):
    with pytest.raises(InputError, match="no duration; write it as"):
        parse_duration(told)
