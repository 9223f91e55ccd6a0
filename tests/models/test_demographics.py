"""The stage, on a network that says the same of every face."""

from __future__ import annotations

import numpy as np
import pytest

from mien.errors import ModelError
from mien.faces import Faces
from mien.geometry.align import TEMPLATES
from mien.models.demographics import Demographics
from mien.models.emotion import Emotion
from mien.models.session import Session
from mien.vocabulary import EMOTIONS

TAILS = {"ages": [0], "tails": [0.1], "coverage": 0.8}
UNSURE = {
    "age": {"limit": 20, "aim": None, "most": 0.1},
    "gender": {"limit": 0.75, "aim": 0.97, "most": 0.15},
    "race": {"limit": 0.5, "aim": 0.8, "most": 0.25},
}
TEMPERATURE = {"gender": 1.0, "race": 1.0}


@pytest.fixture
def faces() -> Faces:
    keypoints = TEMPLATES["head"].points
    return Faces(
        boxes=[(20, 20, 90, 90)] * 2, scores=[0.9] * 2, keypoints=[keypoints] * 2, quality=[1.0, 0.02],
        quality_reasons=[(), ("small",)], unsure={"pose": [True, False]},
    )  # fmt: skip


@pytest.fixture
def stage(tiny_network):
    def make(gender=(0.8, 0.2), race=(0.4, 0.6, 0, 0, 0, 0, 0), years=slice(30, 40)):
        age = np.zeros(101)
        age[years] = 1 / len(age[years])
        outputs = {"age": age, "gender": gender, "race": race}
        data, card = tiny_network("demographics", outputs, temperature=TEMPERATURE, age_interval=TAILS, unsure=UNSURE)
        return Demographics(Session(data), card)

    return make


IMAGE = np.full((112, 112, 3), 127, np.uint8)


def test_the_faces_get_age_interval_gender_and_race(stage, faces) -> None:
    found = stage()(IMAGE, faces)
    assert found.age == pytest.approx([34.5, 34.5])
    assert found.age_interval == pytest.approx(np.array([[30.5, 38.5]] * 2), abs=0.11)
    assert found.age_coverage == 0.8
    assert found.gender == pytest.approx(np.array([[0.8, 0.2]] * 2))
    assert found.race is not None
    assert found.race[0, 1] == pytest.approx(0.6)


def test_a_face_of_low_quality_is_unsure_and_keeps_its_probabilities(stage, faces) -> None:
    found = stage()(IMAGE, faces)
    for name in ("age", "gender", "race"):
        assert found.unsure[name].tolist() == [False, True], name
    assert found.unsure["pose"].tolist() == [True, False]  # of another stage
    good, poor = found
    assert (str(good.gender), str(poor.gender)) == ("female", "unsure")
    assert good.gender.probabilities == poor.gender.probabilities
    assert (good.age, good.age_interval) == (poor.age, poor.age_interval)


@pytest.mark.parametrize(
    ("changed", "unsure"),
    [
        ({"gender": (0.7, 0.3)}, "gender"),
        ({"race": (0.45, 0.55, 0, 0, 0, 0, 0)}, None),
        ({"race": (0.3, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1)}, "race"),
        ({"years": slice(20, 60)}, "age"),
    ],
)
def test_each_attribute_is_unsure_by_its_own_limit(stage, faces, changed: dict, unsure: str | None) -> None:
    found = stage(**changed)(IMAGE, faces)
    assert {name for name in UNSURE if found.unsure[name][0]} == ({unsure} - {None})


def test_without_a_quality_the_limit_alone_decides(stage, faces) -> None:
    found = stage()(IMAGE, faces.replace(quality=None, quality_reasons=None))
    assert not found.unsure["gender"].any()


def test_nobody_has_empty_columns(stage) -> None:
    found = stage()(IMAGE, Faces.empty())
    assert [len(found.unsure[name]) for name in ("age", "gender", "race")] == [0, 0, 0]
    assert found.gender is not None
    assert found.gender.shape == (0, 2)


@pytest.mark.parametrize("lacking", ["age_interval", "unsure"])
def test_a_card_whose_calibration_is_not_complete_is_refused(tiny_network, lacking: str) -> None:
    calibration = {"temperature": TEMPERATURE, "age_interval": TAILS, "unsure": UNSURE}
    del calibration[lacking]
    data, card = tiny_network("demographics", {"age": np.ones(101)}, **calibration)
    with pytest.raises(ModelError, match=lacking):
        Demographics(Session(data), card)


@pytest.mark.parametrize(("confidence", "unsure"), [(0.7, False), (0.6, True)])
def test_an_expression_is_unsure_by_its_limit_and_by_quality(tiny_network, faces, confidence, unsure) -> None:
    p = [confidence, *[(1 - confidence) / 6] * 6]
    rule = {"emotion": {"limit": 0.65, "aim": 0.9, "most": 0.2}}
    data, card = tiny_network(
        "emotion", {"emotion": p}, template="face", size=96, temperature={"emotion": 1.0}, unsure=rule
    )
    stage = Emotion(Session(data), card)
    found = stage(IMAGE, faces)
    assert found.unsure["emotion"].tolist() == [unsure, True]
    assert found.emotion == pytest.approx(np.array([p] * 2))
    nobody = stage(IMAGE, Faces.empty())
    assert nobody.emotion is not None
    assert nobody.emotion.shape == (0, len(EMOTIONS))
    assert nobody.unsure["emotion"].shape == (0,)
