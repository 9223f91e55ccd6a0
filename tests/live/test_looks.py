"""Embeddings of people in view, for those who count visitors in memory."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mien.live.engine import Engine, _with_events_of


@pytest.fixture
def frames(pictures, networks, reader, squares):
    """Two seconds of one square, whose embedding is read now and then and shown nowhere."""
    look = reader(lambda faces: {"embedding": np.tile(np.eye(4, dtype=np.float32)[0], (len(faces), 1))})
    images = [squares([(20, 30, 70)])] * 50
    with Engine(pictures(images), networks(embedding=look, hidden=("embedding",))) as engine:
        return list(engine)


def test_they_come_with_the_frame_in_which_they_were_read(frames):
    looks = [frame.looks for frame in frames if frame.looks]
    assert 1 <= len(looks) < len(frames) / 2
    assert all(list(look) == [1] and look[1].tolist() == [1, 0, 0, 0] for look in looks)


def test_they_are_shown_nowhere(frames):
    for frame in frames:
        assert "looks" not in frame.to_dict()
        assert all(person.embedding is None for person in frame.people)


def test_those_of_frames_that_nobody_took_come_with_the_next(frames):
    first, second = replace(frames[0], looks={1: np.zeros(4)}), replace(frames[1], looks={2: np.ones(4)})
    assert list(_with_events_of(first, second).looks) == [1, 2]


def test_without_the_network_there_are_none(pictures, networks, squares):
    with Engine(pictures([squares([(20, 30, 70)])] * 10), networks()) as engine:
        assert all(not frame.looks for frame in engine)
