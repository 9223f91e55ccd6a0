from __future__ import annotations

import numpy as np
import pytest

from mien.errors import GalleryUnavailableError, InputError, OtherModelError
from mien.gallery.gallery import Gallery
from mien.gallery.records import ModelId
from mien.gallery.stream_names import (
    AGAIN_S,
    ASK_S,
    LEAD,
    LEAST_ANSWERS,
    LEAST_LOOKS,
    RELEASE,
    StreamNames,
)
from mien.identity.decision import FPIR, rate_of_any

GOOD = 0.9
FORGOTTEN_S = 10_000.0
"""Between two looks, so that the newest is all that counts."""


@pytest.fixture
def names(sqlite_gallery, vectors, put):
    for name, vector in zip(("Ada", "Eve"), vectors(2), strict=True):
        put(sqlite_gallery, name, vector)
    return StreamNames(sqlite_gallery)


def labels(found):
    return {track: match.label for track, match in found.items()}


def watched(names, *steps, track=1, start_s=0.0, every_s=0.25):
    """What is told of one person, look by look."""
    return [
        labels(names.update({track: GOOD}, {track: look}, start_s + every_s * number)).get(track, "too little")
        for number, look in enumerate(steps)
    ]


def test_people_are_named_after_several_good_looks(names, vectors, near):
    ada, eve = vectors(2)
    both = {1: GOOD, 2: GOOD}
    for step in range(LEAST_LOOKS - 1):
        assert names.update(both, {1: near(ada, 0.85, step), 2: near(eve, 0.85, step)}, step) == {}
    found = names.update(both, {1: near(ada, 0.85, 90)}, 5.0)
    assert labels(found) == {1: "Ada"}  # of 2 there was too little
    assert names.update(both, {}, 5.0 + ASK_S / 2) == found  # without a new look nothing changes
    assert names.update({2: GOOD}, {}, 7.0) == {}  # who is not in view is not told


@pytest.mark.parametrize("quality", [0.05, None, float("nan")])
def test_poor_looks_count_for_nothing(names, vectors, quality):
    for step in range(3 * LEAST_LOOKS):
        assert names.update({1: quality}, {1: vectors(2)[0]}, step) == {}


def test_the_mean_of_looks_names_whom_no_single_look_would(names, sqlite_gallery, vectors, near):
    ada = vectors(2)[0]
    looks = [near(ada, 0.5, step) for step in range(12)]
    threshold = sqlite_gallery.search_embeddings(ada[None])[0].decision.threshold
    assert all(match.label is None for match in sqlite_gallery.search_embeddings(np.stack(looks)))
    for step, look in enumerate(looks):
        found = names.update({1: GOOD}, {1: look}, step)
    assert found[1].label == "Ada"
    assert found[1].decision.similarity > threshold > 0.5


def test_strangers_stay_unknown_with_the_evidence(names, vectors, near):
    stranger = vectors(1, 8)[0]
    for step in range(LEAST_LOOKS):
        found = names.update({7: GOOD}, {7: near(stranger, 0.9, step)}, step)
    assert found[7].label is None
    assert found[7].decision.reason == "too far"
    assert {candidate.name for candidate in found[7].candidates} == {"Ada", "Eve"}


def test_a_name_is_kept_while_the_likeness_wavers_about_the_threshold(names, sqlite_gallery, vectors, near):
    ada = vectors(2)[0]
    calibration = sqlite_gallery.calibration
    threshold = sqlite_gallery.search_embeddings(ada[None])[0].decision.threshold
    kept = next(s for s in np.arange(threshold, 0, -0.002) if rate_of_any(calibration.fmr(s), 2) > RELEASE * FPIR)
    assert kept < threshold - 0.05
    high, low, gone = (near(ada, similarity) for similarity in (threshold + 0.02, threshold - 0.03, kept - 0.02))
    told = watched(names, *[high] * 3, *[low] * 3, *[gone] * 3, *[low] * 3, *[high] * 3, every_s=FORGOTTEN_S)
    # It goes, and comes back, with the second answer in a row.
    assert told[LEAST_LOOKS - 1 :] == ["Ada"] * 5 + [None] * 6 + ["Ada"] * 2


def test_another_name_takes_two_answers_in_a_row(names, vectors):
    ada, eve = vectors(2)
    told = watched(names, ada, ada, ada, eve, ada, eve, eve, every_s=FORGOTTEN_S)
    assert told[LEAST_LOOKS - 1 :] == ["Ada", "Ada", "Ada", "Ada", "Eve"]


def test_one_name_goes_to_one_person_in_view(names, vectors, near):
    ada = vectors(2)[0]
    less, more = near(ada, 0.8), near(ada, 0.8 + 2 * LEAD)
    both = {1: GOOD, 2: GOOD}
    for step in range(LEAST_LOOKS):
        found = names.update(both, {1: less, 2: more}, step)
    assert labels(found) == {1: None, 2: "Ada"}
    assert found[1].decision.reason == "somebody in view is more alike"
    assert found[1].candidates[0].name == "Ada"
    assert found[1].decision.similarity == pytest.approx(0.8, abs=1e-4)
    assert labels(names.update({1: GOOD}, {}, 10.0)) == {1: "Ada"}  # the other one has left
    assert labels(names.update(both, {}, 10.1)) == {1: None, 2: "Ada"}


def test_a_name_does_not_go_to_and_fro_between_two_who_are_about_as_alike(names, vectors, near):
    ada = vectors(2)[0]
    both = {1: GOOD, 2: GOOD}
    for step in range(LEAST_LOOKS):
        names.update({1: GOOD}, {1: near(ada, 0.8)}, step)
    told = [names.update(both, {2: near(ada, 0.8 + LEAD / 2)}, 10 + step) for step in range(2 * LEAST_LOOKS)]
    assert all(found[1].label == "Ada" for found in told)
    assert told[-1][2].label is None


def test_two_tracks_of_one_person_are_one(names, vectors, near):
    ada = vectors(2)[0]
    for step in range(LEAST_LOOKS):
        names.update({1: GOOD}, {1: near(ada, 0.85, step)}, step)
    names.update({2: GOOD}, {2: near(ada, 0.85, 50)}, 10.0)
    names.rename(2, 1)
    assert labels(names.update({1: GOOD}, {}, 10.1)) == {1: "Ada"}
    names.rename(1, 3)  # nothing was known of 3
    names.rename(8, 3)  # nothing is known of 8
    assert labels(names.update({3: GOOD}, {}, 10.2)) == {3: "Ada"}
    names.drop([3, 9])
    assert names.update({3: GOOD}, {}, 10.3) == {}


def test_who_is_enrolled_renamed_or_forgotten_meanwhile_is_noticed(names, sqlite_gallery, vectors, put):
    stranger = vectors(1, 8)[0]
    assert watched(names, *[stranger] * LEAST_LOOKS)[-1] is None

    def later(time_s):
        """Nothing is seen of the face any more, and the gallery is asked again and again."""
        for step in range(LEAST_ANSWERS + 1):
            found = names.update({1: GOOD}, {}, time_s + step * ASK_S)
        return labels(found)[1]

    with Gallery(sqlite_gallery.place) as other:
        put(other, "Zoë", stranger)
        assert later(10.0) == "Zoë"
        other.rename("Zoë", "Zoe")
        assert later(20.0) == "Zoe"
        other.forget("Zoe")
        assert later(30.0) is None


def test_an_empty_gallery_knows_nobody(sqlite_gallery, vectors):
    names = StreamNames(sqlite_gallery)
    assert names.embedding == "embedding"
    assert watched(names, *[vectors(1)[0]] * LEAST_LOOKS)[-1] is None


def test_a_gallery_of_another_network_is_refused_at_once(sqlite_gallery, put, vectors, monkeypatch):
    put(sqlite_gallery, "Ada", vectors(1)[0])
    monkeypatch.setattr(ModelId, "__str__", lambda self: self.name)
    other = Gallery(sqlite_gallery.place, embedding="sface")
    with pytest.raises(OtherModelError, match="gallery re-embed --embedding sface"):
        StreamNames(other)
    with pytest.raises(InputError):
        StreamNames(sqlite_gallery, fmr=2.0)


def test_a_gallery_that_cannot_be_asked_for_a_while(names, sqlite_gallery, vectors, monkeypatch):
    ada, told = vectors(2)[0], []
    names = StreamNames(sqlite_gallery, tell=told.append)
    assert watched(names, *[ada] * LEAST_LOOKS)[-1] == "Ada"

    asked = []

    def gone(*_, **__):
        asked.append(True)
        raise GalleryUnavailableError("the server is gone")

    with monkeypatch.context() as patch:
        patch.setattr(Gallery, "search_embeddings", gone)
        for step in range(2 * round(AGAIN_S)):
            assert labels(names.update({1: GOOD}, {}, 10.0 + step)) == {1: "Ada"}
        assert len(asked) == 2
        with pytest.raises(GalleryUnavailableError):
            StreamNames(sqlite_gallery)
        late = []
        StreamNames(sqlite_gallery, tell=late.append)
    assert labels(names.update({1: GOOD}, {}, 30.0)) == {1: "Ada"}
    problem = "the server is gone; people keep their names, and nobody new is named until it can be asked again"
    assert told == [problem, f"{sqlite_gallery.place}: can be asked again"]
    assert late == [problem]


def test_without_anybody_to_tell_what_is_wrong_is_raised(names, sqlite_gallery, vectors, monkeypatch):
    def gone(*_, **__):
        raise GalleryUnavailableError("the server is gone")

    monkeypatch.setattr(Gallery, "search_embeddings", gone)
    with pytest.raises(GalleryUnavailableError):
        watched(names, *[vectors(2)[0]] * LEAST_LOOKS)
