from __future__ import annotations

import numpy as np
import pytest

from mien.errors import ModelError
from mien.geometry.align import TEMPLATES
from mien.models.card import Packaged
from mien.models.crop_template import crop_template
from mien.models.demographics import Demographics
from mien.models.emotion import Emotion
from mien.models.session import Session


def test_the_template_at_the_size_of_the_card(make_card):
    template = crop_template(make_card(Packaged(file="t.onnx"), input={"template": "head", "size": 56}))
    assert (template.name, template.size) == ("head", 56)
    np.testing.assert_allclose(template.points, TEMPLATES["head"].points / 2)


@pytest.mark.parametrize(
    ("described", "said"),
    [
        ({"template": "hand", "size": 96}, "input.template must be one of arcface, head, face, haar, got 'hand'"),
        ({"size": 96}, "input.template must be one of arcface, head, face, haar, got None"),
        ({"template": "face"}, "input.size must be a whole number of pixels, got None"),
        ({"template": "face", "size": "96"}, "input.size must be a whole number of pixels, got '96'"),
    ],
)
@pytest.mark.parametrize("stage", [Demographics, Emotion])
def test_a_card_that_does_not_say_how_to_align_is_refused(make_card, tiny_onnx, described, said, stage):
    with pytest.raises(ModelError, match=f"card tiny: {said}"):
        stage(Session(tiny_onnx), make_card(Packaged(file="t.onnx"), input=described))
