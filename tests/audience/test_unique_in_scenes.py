"""Visitors of synthetic scenes, of which it is known exactly who they are, from detections to the estimate."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from mien.audience.returns import Evidence
from mien.audience.session_log import SessionLog
from mien.audience.unique import unique_visitors
from mien.audience.visitors import Visitors
from mien.frames import Frame
from mien.live.follow import Follow
from mien.live.load import Load
from mien.live.meter import Meter
from mien.live.networks import Networks
from mien.live.search import Searched
from mien.live.settings import LiveSettings
from mien.live.synthetic import KINDS, make_scene, perturbed
from mien.models.thresholds import Thresholds

FPS, SECONDS, AWAY_S, DIMENSIONS = 10.0, 6.0, 45.0, 128
PICTURE = np.full((360, 640, 3), 128, np.uint8)
# Similarities of directions drawn at random: normally distributed, with that standard deviation.
STRANGERS = np.random.default_rng(0).normal(0, 1 / np.sqrt(DIMENSIONS), 1_000_000)


class Clear:
    """Finds every face as clear as can be."""

    requires = frozenset()
    provides = frozenset({"quality"})

    def __call__(self, image, faces):
        return faces.replace(quality=np.ones(len(faces)))


class Looks:
    """Reads the embeddings that detections of a scene come with."""

    requires = frozenset({"keypoints"})
    provides = frozenset({"embedding"})

    def __init__(self):
        self.detected = None

    def __call__(self, image, faces):
        rows = [int(np.abs(self.detected.boxes - box).sum(1).argmin()) for box in faces.boxes]
        return faces.replace(embedding=self.detected.embedding[rows].reshape(-1, DIMENSIONS))


def watch(scenes, seed, frame_of):
    """The rows of all visits, who was in sight for how many seconds, and the thresholds."""
    looks, settings = Looks(), LiveSettings()
    readers = {"quality": Clear(), "embedding": looks}
    networks = Networks(detect=None, readers=readers, attributes=(), hidden=("embedding",))
    follow = Follow(networks, settings, load=Load(settings), meter=Meter())
    thresholds = Thresholds.measured(STRANGERS)
    log = SessionLog(is_live=False, return_s=30.0, visitors=Visitors(thresholds), began_at=0.0)
    rng, sight_s = np.random.default_rng(seed), Counter()
    for place, (kind, number) in enumerate(scenes):
        scene = make_scene(kind, number, fps=FPS, seconds=SECONDS)
        for index in range(scene.frames):
            looks.detected = perturbed(scene, index, rng, dimensions=DIMENSIONS)
            frame = Frame(
                image=PICTURE,
                index=index,
                time_s=place * (SECONDS + AWAY_S) + scene.time_s(index),
                source="scenes",
            )
            faces = looks.detected.replace(embedding=None)
            followed = follow.frame(Searched(frame=frame, faces=faces, motion=None, taken_s=0.0, last=False))
            log.see(frame_of(frame.time_s, followed.people, events=followed.events, looks=followed.looks))
            truth = scene.truth(index)
            for person, seen in zip(truth.ids.tolist(), truth.conf.tolist(), strict=True):
                sight_s[number, person] += seen / FPS
    log.end()
    return log.take(ended=True).visits, sight_s, thresholds


@pytest.mark.parametrize("seed", [1, 2])
def test_visitors_of_a_day_are_counted_within_five_percent(frame, seed):
    """Of people who cross, are hidden, leave the picture and crowd; half of them come back minutes later."""
    first = [(kind, 100 * seed + 10 * round_ + place) for round_ in range(2) for place, kind in enumerate(KINDS)]
    visits, sight_s, thresholds = watch([*first, *first[: len(KINDS)]], seed, frame)
    people = len(sight_s)
    assert (people, min(sight_s.values()) > 1) == (2 * 22, True)
    columns = {
        name: np.array([visit[column] for visit in visits], np.float64)
        for name, column in (
            ("compared", "compared"),
            ("best", "best_similarity"),
            ("own", "own_similarity"),
            ("other", "other_similarity"),
        )
    }
    found = unique_visitors(Evidence(**columns), thresholds)
    assert len(visits) >= 66  # those who came back, and fragments
    assert found.value == pytest.approx(people, rel=0.05)
    assert found.low <= people <= found.high
    assert len({visit["visitor"] for visit in visits} - {None}) == pytest.approx(people, rel=0.05)
