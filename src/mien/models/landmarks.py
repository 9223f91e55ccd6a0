"""Landmarks and head pose of aligned faces, by the network that `mien train landmarks` makes.

Input: `crops` (n, S, S, 3) uint8 RGB in the template and size that the card names; scaling is part of the graph.
Outputs: `landmarks` (n, 478, 3) in crop pixels, z in the same scale and negative toward the camera; `rotation` (n, 6),
the first two columns of the rotation from head axes to the crop's camera axes (Zhou et al. 2019); `presence` (n,) or
(n, 1), the probability that there is a face to be seen at all.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.errors import ModelError
from mien.faces import Faces
from mien.geometry.align import align, apply, estimate_similarity, invert
from mien.geometry.face_pose import from_6d, from_landmarks, turned_away_deg
from mien.geometry.landmark_subsets import COUNT
from mien.geometry.pose import from_matrix
from mien.models.card import ModelCard
from mien.models.crop_template import crop_template
from mien.models.session import Session

NAME: Final = "landmarks"
MOST_TURNED_DEG: Final = 75.0
"""Faces that look further past the camera hide more than half of themselves; their landmarks and pose are unsure."""
LEAST_PRESENCE: Final = 0.5
"""Below this it is likelier than not that there is no face to be seen, and landmarks and pose are unsure."""
POSE_SOURCES: Final = ("rotation", "landmarks")
"""Where the pose may come from, the network's own output or the landmarks."""


class Landmarks:
    """The pipeline's stage.

    Args:
        session: the network.
        card: its card; `input.template` names the template, and `calibration` may hold `pose`, the one of
            `POSE_SOURCES` that measured better (the first if it is not said), and a `least_presence` of its own.

    Raises:
        ModelError: the card names an unknown template or an unknown source of the pose.
    """

    requires: Final = frozenset({"keypoints"})
    provides: Final = frozenset({"landmarks", "pose"})

    def __init__(self, session: Session, card: ModelCard) -> None:
        self._session = session
        self._template = crop_template(card)
        self._pose_source = card.calibration.get("pose", POSE_SOURCES[0])
        self._least_presence = float(card.calibration.get("least_presence", LEAST_PRESENCE))
        if self._pose_source not in POSE_SOURCES:
            raise ModelError(
                f"card {card.name}: calibration.pose must be {' or '.join(POSE_SOURCES)}, got {self._pose_source!r}"
            )

    def __call__(self, image: NDArray[np.uint8], faces: Faces) -> Faces:
        """The faces with landmarks and pose, and both unsure where turned too far or where hardly a face is seen.

        One run for all of them, none for nobody.
        """
        if len(faces) == 0:
            return self._filled(faces, np.empty((0, COUNT, 3)), np.empty((0, 3, 3)), np.empty(0, np.bool_))
        assert faces.keypoints is not None  # the pipeline checks `requires` when it is built
        back = invert(estimate_similarity(faces.keypoints, self._template.points))
        out = self._session.run({"crops": align(image, faces.keypoints, self._template)})
        landmarks = in_picture(out["landmarks"], back)
        # Landmarks and the network's rotation are both turned with the crop; either way the pose is the picture's.
        from_network = self._pose_source == "rotation"
        rotations = camera_turns(back) @ from_6d(out["rotation"]) if from_network else from_landmarks(landmarks)
        unsure = (out["presence"].reshape(-1) < self._least_presence) | (turned_away_deg(rotations) > MOST_TURNED_DEG)
        return self._filled(faces, landmarks, rotations, unsure)

    def _filled(
        self, faces: Faces, landmarks: NDArray[Any], rotations: NDArray[Any], unsure: NDArray[np.bool_]
    ) -> Faces:
        return faces.replace(
            landmarks=landmarks,
            pose=from_matrix(rotations),
            unsure={**faces.unsure, "landmarks": unsure, "pose": unsure},
        )


def in_picture(landmarks: NDArray[Any], back: NDArray[Any]) -> NDArray[np.float32]:
    """Landmarks in crop pixels as those in picture pixels; z is scaled with the rest.

    Args:
        landmarks: (n, k, 3).
        back: (n, 2, 3) similarity transforms from crop to picture pixels.

    Returns:
        (n, k, 3).
    """
    scale = np.hypot(back[:, 0, 0], back[:, 1, 0])
    depth = landmarks[..., 2] * scale[:, None]
    return np.concatenate([apply(back, landmarks[..., :2]), depth[..., None]], axis=2).astype(np.float32)


def camera_turns(transforms: NDArray[Any]) -> NDArray[np.float64]:
    """What similarity transforms of the picture do to rotations of heads: they turn them about the camera's axis.

    Args:
        transforms: (n, 2, 3).

    Returns:
        (n, 3, 3) rotations to multiply from the left.
    """
    linear = np.asarray(transforms, np.float64)[:, :, :2]
    turns = np.zeros((len(linear), 3, 3))
    turns[:, :2, :2] = linear / np.hypot(linear[:, 0, 0], linear[:, 1, 0])[:, None, None]
    turns[:, 2, 2] = 1
    return turns
