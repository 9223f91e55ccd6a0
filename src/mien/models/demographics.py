"""Apparent age, gender and race of aligned faces, by the network that `mien train demographics` makes.

Input: `crops` (n, 112, 112, 3) uint8 RGB in the template `head`; scaling is part of the graph.
Outputs: `age` (n, 101) probabilities of whole years 0–100, `gender` (n, 2), `race` (n, 7).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.faces import Faces
from mien.geometry.align import align
from mien.models.age import AgeTails, median_age
from mien.models.card import ModelCard
from mien.models.crop_template import crop_template
from mien.models.session import Session
from mien.models.temperature import temper
from mien.models.unsure import UnsureRule
from mien.vocabulary import GENDERS, RACES

NAME: Final = "demographics"


class Demographics:
    """The pipeline's stage.

    Args:
        session: the network.
        card: its card; `input.template` names the template, `calibration` holds the temperatures, the tails of the age
            interval, and when each attribute is unsure.

    Attributes:
        rules: attribute → when it is unsure.

    Raises:
        ModelError: the card names an unknown template, or its calibration is not complete.
    """

    requires: Final = frozenset({"keypoints"})
    provides: Final = frozenset({"age", "gender", "race"})

    def __init__(self, session: Session, card: ModelCard) -> None:
        self._session = session
        self._template = crop_template(card)
        self._temperature = card.calibration["temperature"]
        self._tails = AgeTails.of_card(card.calibration)
        self.rules = {name: UnsureRule.of_card(card.calibration, name) for name in sorted(self.provides)}

    def __call__(self, image: NDArray[np.uint8], faces: Faces) -> Faces:
        """The faces with age, age interval, gender, race and whether these are unsure; one run for all of them."""
        if len(faces) == 0:
            return faces.replace(
                age=np.empty(0),
                age_interval=np.empty((0, 2)),
                age_coverage=self._tails.coverage,
                gender=np.empty((0, len(GENDERS))),
                race=np.empty((0, len(RACES))),
                unsure={**faces.unsure, **dict.fromkeys(self.rules, np.empty(0, np.bool_))},
            )
        assert faces.keypoints is not None  # the pipeline checks `requires` when it is built
        out = self._session.run({"crops": align(image, faces.keypoints, self._template)})
        interval = self._tails.interval(out["age"])
        gender = temper(out["gender"], self._temperature["gender"])
        race = temper(out["race"], self._temperature["race"])
        unsure = {
            "age": self.rules["age"].ages(interval, faces.quality),
            "gender": self.rules["gender"].labels(gender, faces.quality),
            "race": self.rules["race"].labels(race, faces.quality),
        }
        return faces.replace(
            age=median_age(out["age"]),
            age_interval=interval,
            age_coverage=self._tails.coverage,
            gender=gender,
            race=race,
            unsure={**faces.unsure, **unsure},
        )
