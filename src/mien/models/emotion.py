"""Perceived expression of aligned faces, by the network that `mien train emotion` makes.

Input: `crops` (n, 96, 96, 3) uint8 RGB in the template `face`; turning grey and scaling are part of the graph.
Output: `emotion` (n, 7) probabilities over `mien.vocabulary.EMOTIONS`.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.faces import Faces
from mien.geometry.align import align
from mien.models.card import ModelCard
from mien.models.crop_template import crop_template
from mien.models.session import Session
from mien.models.temperature import temper
from mien.models.unsure import UnsureRule
from mien.vocabulary import EMOTIONS

NAME: Final = "emotion"


class Emotion:
    """The pipeline's stage.

    Args:
        session: the network.
        card: its card; `input.template` names the template, `calibration` holds the temperature and when the label is
            unsure.

    Attributes:
        rules: attribute → when it is unsure.

    Raises:
        ModelError: the card names an unknown template, or its calibration is not complete.
    """

    requires: Final = frozenset({"keypoints"})
    provides: Final = frozenset({"emotion"})

    def __init__(self, session: Session, card: ModelCard) -> None:
        self._session = session
        self._template = crop_template(card)
        self._temperature = card.calibration["temperature"]["emotion"]
        self.rules = {"emotion": UnsureRule.of_card(card.calibration, "emotion")}

    def __call__(self, image: NDArray[np.uint8], faces: Faces) -> Faces:
        """The faces with their expression and whether it is unsure; one run for all of them."""
        if len(faces) == 0:
            nobody = {**faces.unsure, "emotion": np.empty(0, np.bool_)}
            return faces.replace(emotion=np.empty((0, len(EMOTIONS))), unsure=nobody)
        assert faces.keypoints is not None  # the pipeline checks `requires` when it is built
        out = self._session.run({"crops": align(image, faces.keypoints, self._template)})
        emotion = temper(out["emotion"], self._temperature)
        unsure = {**faces.unsure, "emotion": self.rules["emotion"].labels(emotion, faces.quality)}
        return faces.replace(emotion=emotion, unsure=unsure)
