from __future__ import annotations

import numpy as np
import pytest

from mien.faces import Faces
from mien.gallery.stream_names import LEAST_LOOKS, StreamNames
from mien.live.person import Person, Presence
from mien.live.track import TrackState

PRESENCE = Presence(
    state=TrackState.CONFIRMED,
    first_s=0.0,
    began_s=0.0,
    last_s=0.0,
    seen_s=1.0,
    attention_s=None,
    visits=1,
    settled=False,
    emotion_shares=None,
)


def person(track_id, quality=0.9):
    boxes, one = np.array([[0, 0, 9, 9]], np.float32), np.ones(1, np.float32)
    faces = Faces(boxes=boxes, scores=one, track_id=np.array([track_id]), quality=one * np.float32(quality))
    return Person(faces, 0, PRESENCE)


@pytest.fixture
def names(sqlite_gallery, vectors, put):
    for name, vector in zip(("Ada", "Eve"), vectors(2), strict=True):
        put(sqlite_gallery, name, vector)
    return StreamNames(sqlite_gallery)


def test_people_are_named_after_several_good_looks(names, vectors, near):
    ada, eve = vectors(2)
    people = [person(1), person(2)]
    for step in range(LEAST_LOOKS - 1):
        assert names.update(people, {1: near(ada, 0.85, step), 2: near(eve, 0.85, step)}, step) == {}
    found = names.update(people, {1: near(ada, 0.85, 90)}, 5.0)
    assert {track: match.label for track, match in found.items()} == {1: "Ada"}  # of 2 there was too little
    assert names.update(people, {}, 6.0) == found  # without a new look nothing changes
    assert names.update([person(2)], {}, 7.0) == {}  # who is not in view is not told


def test_poor_looks_count_for_nothing(names, vectors):
    for step in range(3 * LEAST_LOOKS):
        assert names.update([person(1, quality=0.05)], {1: vectors(2)[0]}, step) == {}


def test_the_mean_of_looks_names_whom_no_single_look_would(names, sqlite_gallery, vectors, near):
    ada = vectors(2)[0]
    looks = [near(ada, 0.5, step) for step in range(12)]
    threshold = sqlite_gallery.search_embeddings(ada[None])[0].decision.threshold
    assert all(match.label is None for match in sqlite_gallery.search_embeddings(np.stack(looks)))
    for step, look in enumerate(looks):
        found = names.update([person(1)], {1: look}, step)
    assert found[1].label == "Ada"
    assert found[1].decision.similarity > threshold > 0.5


def test_strangers_stay_unknown_with_the_evidence(names, vectors, near):
    stranger = vectors(1, 8)[0]
    for step in range(LEAST_LOOKS):
        found = names.update([person(7)], {7: near(stranger, 0.9, step)}, step)
    assert found[7].label is None
    assert found[7].decision.reason == "too far"
    assert {candidate.name for candidate in found[7].candidates} == {"Ada", "Eve"}
