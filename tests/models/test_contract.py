"""What every registered model keeps to, whichever it is: a new one is tested by being there."""

from __future__ import annotations

import numpy as np
import pytest

from mien.faces import Faces
from mien.models import detectors, registry
from mien.models.session import Threads
from mien.pipeline import ATTRIBUTES, Profiler

PICTURES = {
    "nobody": [],
    "one": [(160, 120, 120)],
    "many": [(80, 70, 90), (240, 70, 90), (80, 180, 90), (240, 180, 90)],
}
COLUMNS_OF = {
    "demographics": {"age": (), "age_interval": (2,), "gender": (2,), "race": (7,)},
    "emotion": {"emotion": (7,)},
    "landmarks": {"pose": (3,), "landmarks": (478, 3)},
    "embedding": {"embedding": (128,)},
}
"""What each of our own networks adds to faces, and its shape."""
COLUMNS = {"quality": ()} | {name: shape for network in registry.OWN for name, shape in COLUMNS_OF[network].items()}
ALL = tuple(name for name in ATTRIBUTES if name in COLUMNS)


@pytest.fixture(params=detectors.names())
def detector(request: pytest.FixtureRequest) -> detectors.Detector:
    return detectors.load(request.param, long_side=640, threads=Threads())


@pytest.mark.parametrize(("name", "places"), PICTURES.items())
def test_detectors_find_those_who_are_there(detector, draw_faces, name: str, places: list) -> None:
    image = draw_faces(240, 320, places)
    before = image.copy()
    boxes, scores, keypoints = detector.detect(image)
    assert (boxes.shape, scores.shape, keypoints.shape) == (
        (len(places), 4),
        (len(places),),
        (len(places), 5, 2),
    )
    assert boxes.dtype == scores.dtype == keypoints.dtype == np.float32
    assert (np.diff(scores) <= 0).all()
    assert ((scores > 0) & (scores <= 1)).all()
    for x, y, height in places:
        middle = (boxes[:, :2] + boxes[:, 2:]) / 2
        assert np.abs(middle - [x, y]).max(1).min() < height / 4
    assert np.array_equal(image, before)
    again = detector.detect(image)
    assert all(np.array_equal(a, b) for a, b in zip((boxes, scores, keypoints), again, strict=True))


@pytest.mark.parametrize(("name", "places"), PICTURES.items())
def test_the_profile_holds_for_none_one_and_many(draw_faces, name: str, places: list) -> None:
    image = draw_faces(240, 320, places)
    before = image.copy()
    profiler = Profiler(attributes=ALL)
    faces = profiler.analyze(image)
    assert len(faces) == len(places)
    assert np.array_equal(image, before)
    assert faces.to_dicts() == profiler.analyze(image).to_dicts()
    for column, shape in COLUMNS.items():
        values = getattr(faces, column)
        assert values.dtype == np.float32, column
        assert values.shape == (len(places), *shape), column
        assert np.isfinite(values).all()
    assert faces.age_coverage == registry.card("demographics").calibration["age_interval"]["coverage"]
    assert faces.quality_reasons is not None
    for name, flags in faces.unsure.items():
        assert (flags.dtype, flags.shape) == (np.bool_, (len(places),)), name


def test_grey_and_colour_of_a_grey_picture_agree(draw_faces) -> None:
    grey = draw_faces(240, 320, PICTURES["one"]).mean(2).astype(np.uint8)
    profiler = Profiler(attributes=ALL)
    assert profiler.analyze(grey).to_dicts() == profiler.analyze(np.stack([grey] * 3, 2)).to_dicts()


def test_faces_of_a_crowd_have_the_profiles_that_they_have_alone(draw_faces) -> None:
    profiler = Profiler(attributes=ALL)
    image = draw_faces(240, 320, PICTURES["many"])
    together = profiler.analyze(image)
    for row in range(len(together)):
        stages = profiler.stages[1:]
        single = Faces(
            boxes=together.boxes[row : row + 1],
            scores=together.scores[row : row + 1],
            keypoints=None if together.keypoints is None else together.keypoints[row : row + 1],
        )
        for stage in stages:
            single = stage(image, single)
        for column in COLUMNS:
            tolerance = 0.01 if column in ("pose", "landmarks") else 1e-4  # degrees and pixels
            assert getattr(single, column)[0] == pytest.approx(getattr(together, column)[row], abs=tolerance), column


@pytest.mark.parametrize("card", registry.cards(), ids=lambda card: card.name)
def test_cards_say_what_one_must_know(card) -> None:
    for text in (card.licence, card.reference, card.description, card.limits):
        assert len(text) >= 3
    assert card.outputs
    assert 0 < card.bytes < 100e6
    for metric in card.metrics:
        assert metric.interval[0] <= metric.value <= metric.interval[1], metric
        assert metric.n > 0


@pytest.mark.parametrize("name", ["demographics", "emotion"])
def test_our_own_networks_state_their_data_and_what_was_measured(name: str) -> None:
    card = registry.card(name)
    assert card.training_data
    assert all(data.terms for data in card.training_data)
    assert {metric.name for metric in card.metrics} >= {"accuracy", "macro_f1", "macro_recall"}
    assert card.bytes < 6e6
