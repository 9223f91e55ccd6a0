"""Apparent age, gender and race of aligned faces, by the network that `mien train demographics` makes.

Input: `crops` (n, 112, 112, 3) uint8 RGB in the template `head`; scaling is part of the graph.
Outputs: `age` (n, 101) probabilities of whole years 0–100, `gender` (n, 2), `race` (n, 7).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.faces import Faces
from mien.geometry.align import align
from mien.models.card import ModelCard
from mien.models.crop_template import crop_template
from mien.models.session import Session
from mien.models.temperature import temper
from mien.vocabulary import GENDERS, RACES

NAME: Final = "demographics"


class Demographics:
    """The pipeline's stage.

    Args:
        session: the network.
        card: its card; `input.template` names the template, `calibration` holds the temperatures and the tails of the
            age interval.

    Raises:
        ModelError: the card names an unknown template.
    """

    requires: Final = frozenset({"keypoints"})
    provides: Final = frozenset({"age", "gender", "race"})

    def __init__(self, session: Session, card: ModelCard) -> None:
        self._session = session
        self._template = crop_template(card)
        self._temperature = card.calibration["temperature"]
        interval = card.calibration["age_interval"]
        self._tail, self._coverage = float(interval["tail"]), float(interval["coverage"])

    def __call__(self, image: NDArray[np.uint8], faces: Faces) -> Faces:
        """The faces with age, age interval, gender and race; one run for all of them, none for nobody."""
        if len(faces) == 0:
            return faces.replace(
                age=np.empty(0),
                age_interval=np.empty((0, 2)),
                age_coverage=self._coverage,
                gender=np.empty((0, len(GENDERS))),
                race=np.empty((0, len(RACES))),
            )
        assert faces.keypoints is not None  # the pipeline checks `requires` when it is built
        out = self._session.run({"crops": align(image, faces.keypoints, self._template)})
        return faces.replace(
            age=median_age(out["age"]),
            age_interval=age_interval(out["age"], self._tail),
            age_coverage=self._coverage,
            gender=temper(out["gender"], self._temperature["gender"]),
            race=temper(out["race"], self._temperature["race"]),
        )


def median_age(probabilities: NDArray[Any]) -> NDArray[np.float32]:
    """Median of each distribution: no other number has a smaller expected absolute error.

    Args:
        probabilities: (n, years), rows summing to 1.

    Returns:
        (n,) years.
    """
    return _quantiles(probabilities, (0.5,))[:, 0]


def age_interval(probabilities: NDArray[Any], tail: float) -> NDArray[np.float32]:
    """The interval that leaves `tail` of each distribution on either side; the median lies inside.

    Args:
        probabilities: (n, years), rows summing to 1.
        tail: 0–0.5.

    Returns:
        (n, 2) years, low and high.
    """
    return _quantiles(probabilities, (tail, 1 - tail))


def _quantiles(probabilities: NDArray[Any], levels: Sequence[float]) -> NDArray[np.float32]:
    """(n, levels) years, not below 0. A whole year k stands for the ages k − ½ to k + ½, evenly."""
    edges = np.arange(probabilities.shape[1] + 1) - 0.5
    cumulative = np.concatenate([np.zeros((len(probabilities), 1)), np.cumsum(probabilities, axis=1)], axis=1)
    cumulative /= cumulative[:, -1:]
    years = np.array([np.interp(levels, row, edges) for row in cumulative]).reshape(-1, len(levels))
    return np.asarray(np.maximum(years, 0), np.float32)
