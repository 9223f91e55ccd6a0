"""Apparent age and gender by the paper's network for grey 128×128 pictures, which `mien train paper-age-gender` makes.

Input: `pictures` (n, 128, 128, 1) float32 0–1, prepared as `mien.preprocess` has it and the card says.
Outputs: `age` (n, 1) in years; `gender` (n, 1), the probability of female.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.errors import ModelError
from mien.faces import Faces
from mien.models.card import ModelCard
from mien.models.session import Session
from mien.models.temperature import temper
from mien.models.unsure import UnsureRule
from mien.preprocess.preparation import Preparation
from mien.vocabulary import GENDERS

NAME: Final = "paper-age-gender"


class PaperAgeGender:
    """The pipeline's stage. The network gives one number for the age; its interval reaches equally far to both sides.

    Args:
        session: the network.
        card: its card; `input` says how pictures are prepared, `calibration` holds gender's temperature, when gender is
            unsure, and how far the age interval reaches.

    Attributes:
        rules: attribute → when it is unsure.

    Raises:
        ModelError: the card's input or calibration is not complete.
    """

    requires: Final = frozenset({"keypoints"})
    provides: Final = frozenset({"age", "gender"})

    def __init__(self, session: Session, card: ModelCard) -> None:
        self._session = session
        self._preparation = Preparation.of_card(card)
        self._temperature = card.calibration["temperature"]["gender"]
        self.rules = {"gender": UnsureRule.of_card(card.calibration, "gender")}
        self._reach, self._coverage = _interval(card.calibration)

    def __call__(self, image: NDArray[np.uint8], faces: Faces) -> Faces:
        """The faces with age, age interval, gender and whether that is unsure; one run for all of them."""
        if len(faces) == 0:
            age, gender = np.empty(0, np.float32), np.empty((0, len(GENDERS)), np.float32)
        else:
            assert faces.keypoints is not None  # the pipeline checks `requires` when it is built
            out = self._session.run({"pictures": self._preparation.faces(image, faces.keypoints)})
            age = np.maximum(out["age"][:, 0], 0)  # a regression may fall below a newborn's
            gender = temper(two_sided(out["gender"]), self._temperature)
        interval = np.stack([np.maximum(age - self._reach, 0), age + self._reach], axis=1)
        unsure = {**faces.unsure, "gender": self.rules["gender"].labels(gender, faces.quality)}
        return faces.replace(age=age, age_interval=interval, age_coverage=self._coverage, gender=gender, unsure=unsure)


def two_sided(female: NDArray[Any]) -> NDArray[np.float32]:
    """Probabilities (n, 2) over `GENDERS` from those of female (n, 1)."""
    return np.concatenate([female, 1 - female], axis=1).astype(np.float32)


def _interval(calibration: Mapping[str, Any]) -> tuple[float, float]:
    try:
        return float(calibration["age_reach"]["years"]), float(calibration["age_reach"]["coverage"])
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(
            f"the card's calibration.age_reach must hold years and coverage ({type(error).__name__}: {error}); "
            "train it anew"
        ) from error
