"""Perceived expression by the paper's network for grey 48×48 pictures, which `mien train paper-emotion` makes.

Input: `pictures` (n, 48, 48, 1) float32 0–1, prepared as `mien.preprocess` has it and the card says.
Output: `emotion` (n, 7) probabilities over `mien.vocabulary.EMOTIONS`.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.faces import Faces
from mien.models.card import ModelCard
from mien.models.session import Session
from mien.models.temperature import temper
from mien.models.unsure import UnsureRule
from mien.preprocess.preparation import Preparation
from mien.vocabulary import EMOTIONS

NAME: Final = "paper-emotion"


class PaperEmotion:
    """The pipeline's stage.

    Args:
        session: the network.
        card: its card; `input` says how pictures are prepared, `calibration` holds the temperature and when the label
            is unsure.

    Attributes:
        rules: attribute → when it is unsure.

    Raises:
        ModelError: the card's input or calibration is not complete.
    """

    requires = frozenset({"keypoints"})
    provides: Final = frozenset({"emotion"})

    def __init__(self, session: Session, card: ModelCard) -> None:
        self._session = session
        self._preparation = Preparation.of_card(card)
        self._temperature = card.calibration["temperature"]["emotion"]
        self.rules = {"emotion": UnsureRule.of_card(card.calibration, "emotion")}

    def __call__(self, image: NDArray[np.uint8], faces: Faces) -> Faces:
        """The faces with their expression and whether it is unsure; one run for all of them."""
        if len(faces) == 0:
            nobody = {**faces.unsure, "emotion": np.empty(0, np.bool_)}
            return faces.replace(emotion=np.empty((0, len(EMOTIONS))), unsure=nobody)
        assert faces.keypoints is not None  # the pipeline checks `requires` when it is built
        pictures = self._preparation.faces(image, faces.keypoints)
        emotion = temper(self._session.run(self._inputs(pictures, faces))["emotion"], self._temperature)
        unsure = {**faces.unsure, "emotion": self.rules["emotion"].labels(emotion, faces.quality)}
        return faces.replace(emotion=emotion, unsure=unsure)

    def _inputs(self, pictures: NDArray[np.float32], faces: Faces) -> dict[str, NDArray[Any]]:
        return {"pictures": pictures}
