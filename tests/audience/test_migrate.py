from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import Double, column, select, table, text

from mien.audience import schema
from mien.audience.audience import audience_of
from mien.audience.migrate import migrate, version_of
from mien.audience.periods import time_zone
from mien.audience.read import read
from mien.audience.store import Store
from mien.errors import StoreError

DUMPS = sorted((Path(__file__).parent / "dumps").glob("version_*.sql"))
"""Of stores as earlier versions wrote them, and this one; they are never changed."""


def add_light(connection):
    connection.execute(text("ALTER TABLE samples ADD COLUMN light DOUBLE PRECISION"))


def fill_light(connection):
    connection.execute(text("UPDATE samples SET light = 0.5"))


def fail(connection):
    connection.execute(text("UPDATE samples SET light = 0.75"))
    raise StoreError("no room")


STEPS = {schema.VERSION: add_light, schema.VERSION + 1: fill_light}


def light_of(store):
    with store.reading() as connection:
        samples = table("samples", column("light", Double))
        return version_of(connection), set(connection.execute(select(samples.c.light)).scalars())


@pytest.fixture
def old(store):
    """A store of this version with a sample, to be brought to a later one."""
    with store.writing() as connection:
        for statement in (
            "INSERT INTO sources VALUES (1, 'door', true)",
            "INSERT INTO sessions (session_id, source_id, began_at, last_at, mien_version, attributes, networks,"
            " return_s, clock_steps, lost_samples) VALUES (1, 1, 0, 0, '', '', '', 30, 0, 0)",
            "INSERT INTO visits (session_id, track_id, began_at, last_at, ended, seen_s, returns, settled)"
            " VALUES (1, 1, 0, 0, true, 0, 0, true)",
            "INSERT INTO samples (session_id, track_id, second, seen_s) VALUES (1, 1, 0, 0)",
        ):
            connection.execute(text(statement))
    return store


def test_steps_are_taken_one_after_the_other(old):
    with old.writing() as connection:
        assert migrate(connection, to=schema.VERSION + 2, steps=STEPS) == schema.VERSION
    assert light_of(old) == (schema.VERSION + 2, {0.5})


def test_a_step_that_fails_leaves_the_store_as_it_was(old):
    with pytest.raises(StoreError, match="no room"), old.writing() as connection:
        migrate(connection, to=schema.VERSION + 2, steps={**STEPS, schema.VERSION + 1: fail})
    with old.reading() as connection:
        assert version_of(connection) == schema.VERSION
    with pytest.raises(StoreError, match="light"):
        light_of(old)


def test_without_a_way_nothing_is_done(old):
    with pytest.raises(StoreError, match="there is no way from there"), old.writing() as connection:
        migrate(connection, to=schema.VERSION + 2, steps={schema.VERSION: add_light})
    with old.reading() as connection:
        assert version_of(connection) == schema.VERSION


def test_an_older_store_is_brought_to_this_version_when_it_is_opened_to_be_read(old, address, monkeypatch):
    with old.writing() as connection:
        connection.execute(text("UPDATE mien_store SET version = version - 1"))
    monkeypatch.setitem(migrate.__kwdefaults__, "steps", {schema.VERSION - 1: add_light})
    with Store(address) as opened:
        assert opened.had == schema.VERSION - 1
        assert light_of(opened) == (schema.VERSION, {None})


@pytest.mark.parametrize("options", [{}, {"write": True}, {"create": True}])
def test_a_store_of_a_newer_version_is_refused_and_left_alone(store, address, options):
    with store.writing() as connection:
        connection.execute(text("UPDATE mien_store SET version = 99"))
    with pytest.raises(
        StoreError, match=r"of version 99, and this Mien knows versions up to \d+; pip install --upgrade"
    ):
        Store(address, **options)
    with store.reading() as connection:
        assert version_of(connection) == 99


@pytest.mark.parametrize("dump", DUMPS, ids=lambda path: path.stem)
def test_stores_of_all_versions_give_the_same_report(tmp_path, dump):
    path = tmp_path / "old.db"
    with sqlite3.connect(path) as made:
        made.executescript(dump.read_text(encoding="utf-8"))
    made.close()
    with Store(path) as store:
        audience = audience_of(read(store), zone=time_zone("UTC"), least=1)
    everyone = audience.everyone
    assert (everyone.visits, everyone.read, everyone.watchers) == (3, 2, 1)
    assert (everyone.dwell_s.value, everyone.attention_s.value) == (4.0, 2.5)
    assert audience.ages_of["female"]["young adult"] == 3
    assert audience.watched_s == 20.0
    assert audience.sources == ("door",)


def test_there_is_a_dump_of_this_version():
    assert DUMPS[-1].stem == f"version_{schema.VERSION}"
