"""Perceived expression by EmoTrack: a CNN on the grey picture, landmarks as its second input, softmax.

Inputs: `pictures` (n, S, S, 1) float32 0–1 with S = 48 or 64, prepared as the card says; `points` (n, 136), see
`shape_of`. Output: `emotion` (n, 7) probabilities over `mien.vocabulary.EMOTIONS`.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.faces import Faces
from mien.geometry.align import apply, estimate_similarity
from mien.geometry.face_pose import mean_face
from mien.geometry.landmark_subsets import landmarks68
from mien.models.paper_emotion import PaperEmotion

NAME: Final = "emotrack"
POINTS: Final = 136
"""Numbers that `shape_of` gives: x and y of 68 landmarks."""
_SPREAD: Final = 0.1
"""Of the 68 points about the mean face, in distances between the outer eye corners: it brings them to about 1."""


class EmoTrack(PaperEmotion):
    """The pipeline's stage; behind one that provides landmarks.

    Args:
        session: the network.
        card: as of `PaperEmotion`.
    """

    requires = frozenset({"keypoints", "landmarks"})

    def _inputs(self, pictures: NDArray[np.float32], faces: Faces) -> dict[str, NDArray[Any]]:
        assert faces.landmarks is not None  # the pipeline checks `requires` when it is built
        return {"pictures": pictures, "points": shape_of(faces.landmarks)}


def shape_of(landmarks: NDArray[Any]) -> NDArray[np.float32]:
    """What landmarks tell of a face's shape, wherever it is, however large and however much its head is tilted.

    The 68 points are brought to the mean face's by a similarity transform; what is left are the differences.

    Args:
        landmarks: (n, 478, 2 or 3) pixels.

    Returns:
        (n, 136): x and y of each point.
    """
    points, mean = landmarks68(landmarks)[..., :2], landmarks68(mean_face())[:, :2]
    moved = apply(estimate_similarity(points, mean), points)
    return np.asarray((moved - mean).reshape(len(points), POINTS) / _SPREAD, np.float32)
