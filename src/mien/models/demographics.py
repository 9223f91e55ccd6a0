"""Apparent age, gender and race of aligned faces, by the network that `mien train demographics` makes.

Input: `crops` (n, 112, 112, 3) uint8 RGB in the template `head`; scaling is part of the graph.
Outputs: `age` (n, 101) probabilities of whole years 0–100, `gender` (n, 2), `race` (n, 7).
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.faces import Faces
from mien.geometry.align import TEMPLATES, align
from mien.models.card import ModelCard
from mien.models.session import Session
from mien.models.temperature import temper

NAME: Final = "demographics"


class Demographics:
    """The pipeline's stage.

    Args:
        session: the network.
        card: its card; `input.template` names the template, `calibration` holds the temperatures and the tails of the
            age interval.
    """

    requires: Final = frozenset({"keypoints"})
    provides: Final = frozenset({"age", "gender", "race"})

    def __init__(self, session: Session, card: ModelCard) -> None:
        self._session = session
        self._template = TEMPLATES[card.input["template"]].resized(card.input["size"])
        self._temperature = card.calibration["temperature"]
        interval = card.calibration["age_interval"]
        self._tail, self._coverage = float(interval["tail"]), float(interval["coverage"])

    def __call__(self, image: NDArray[np.uint8], faces: Faces) -> Faces:
        """The faces with age, age interval, gender and race; one run for all of them."""
        if len(faces) == 0:
            return faces
        assert faces.keypoints is not None  # the pipeline checks `requires` when it is built
        out = self._session.run({"crops": align(image, faces.keypoints, self._template)})
        return faces.replace(
            age=expected_age(out["age"]),
            age_interval=age_interval(out["age"], self._tail),
            age_coverage=self._coverage,
            gender=temper(out["gender"], self._temperature["gender"]),
            race=temper(out["race"], self._temperature["race"]),
        )


def expected_age(probabilities: NDArray[Any]) -> NDArray[np.float32]:
    """Mean of each distribution (Rothe et al. 2018, "Deep expectation of real and apparent age").

    Args:
        probabilities: (n, years), rows summing to 1.

    Returns:
        (n,) years.
    """
    return np.asarray(probabilities @ np.arange(probabilities.shape[1]), np.float32)


def age_interval(probabilities: NDArray[Any], tail: float) -> NDArray[np.float32]:
    """The interval that leaves `tail` of each distribution on either side; always around the expected age.

    A whole year k stands for the ages k − ½ to k + ½, evenly.

    Args:
        probabilities: (n, years), rows summing to 1.
        tail: 0–0.5.

    Returns:
        (n, 2) years, low and high.
    """
    edges = np.arange(probabilities.shape[1] + 1) - 0.5
    cumulative = np.concatenate([np.zeros((len(probabilities), 1)), np.cumsum(probabilities, axis=1)], axis=1)
    cumulative /= cumulative[:, -1:]
    bounds = np.array([np.interp([tail, 1 - tail], row, edges) for row in cumulative]).reshape(-1, 2)
    age = expected_age(probabilities)
    low, high = np.minimum(bounds[:, 0], age), np.maximum(bounds[:, 1], age)
    return np.asarray(np.clip(np.stack([low, high], axis=1), 0, None), np.float32)
