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
from mien.vocabulary import EMOTIONS

NAME: Final = "emotion"


class Emotion:
    """The pipeline's stage.

    Args:
        session: the network.
        card: its card; `input.template` names the template, `calibration` holds the temperature.

    Raises:
        ModelError: the card names an unknown template.
    """

    requires: Final = frozenset({"keypoints"})
    provides: Final = frozenset({"emotion"})

    def __init__(self, session: Session, card: ModelCard) -> None:
        self._session = session
        self._template = crop_template(card)
        self._temperature = card.calibration["temperature"]["emotion"]

    def __call__(self, image: NDArray[np.uint8], faces: Faces) -> Faces:
        """The faces with their expression; one run for all of them, none for nobody."""
        if len(faces) == 0:
            return faces.replace(emotion=np.empty((0, len(EMOTIONS))))
        assert faces.keypoints is not None  # the pipeline checks `requires` when it is built
        out = self._session.run({"crops": align(image, faces.keypoints, self._template)})
        return faces.replace(emotion=temper(out["emotion"], self._temperature))
