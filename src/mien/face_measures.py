"""What eyes, mouth and head do, each from 0 to 1, measured on the landmarks and the pose alone.

Distances are taken in three dimensions, so that turning the head changes little: against the teacher's blend shape
`eyeBlink` the eye aspect ratio correlates by -0.85 so, and by -0.72 in the picture's plane. The constants come from the
teacher's landmarks and blend shapes on 17,544 faces, every third of the training parts of RAF-DB, UTKFace and FairFace.
Gaze plays no part.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.geometry.face_pose import from_landmarks
from mien.geometry.landmark_subsets import OUTER_EYE_CORNERS, POINTS_68

_EYES: Final = np.array([POINTS_68[36:42], POINTS_68[42:48]])  # corner, two of the upper lid, corner, two of the lower
_MOUTH: Final = np.array(POINTS_68[60:68])  # corner, three of the upper lip, corner, three of the lower, inner edges
_LIP_MIDDLES: Final = (13, 14)  # inner edges
_MOUTH_CORNERS: Final = (61, 291)

# (0, 1) of each measure; linear between, cut off outside.
EYE_ASPECT: Final = (0.10, 0.32)  # means where the teacher's eyeBlink is above 0.6, and below 0.1
MOUTH_ASPECT: Final = (0.02, 0.58)  # median where the teacher's jawOpen is below 0.001, 99th percentile of all
FACING_DEG: Final = (50.0, 10.0)  # a half at 30°; past it eyes rarely come back to the camera (rule of thumb)

SMILE: Final = (-0.85, 1.75, 5.12)
"""Constant, and weights of the mouth's width and of how far its corners stand above the middle of the lips, both over
the distance of the outer eye corners: least squares to the mean of the teacher's mouthSmile blend shapes, r = 0.91."""


class Measures(NamedTuple):
    """Measures of one face, 0–1; those of landmarks or pose that are not known are None.

    Attributes:
        eyes_open: mean of both eyes, 0 closed.
        left_eye_open: the image-left eye.
        right_eye_open: the image-right eye.
        mouth_open: 0 with lips closed.
        smile: by the shape of the mouth.
        facing: 1 with the head toward the camera, 0 with it turned away.
    """

    eyes_open: float | None
    left_eye_open: float | None
    right_eye_open: float | None
    mouth_open: float | None
    smile: float | None
    facing: float | None


def measure(landmarks: NDArray[Any] | None, pose: NDArray[Any] | None) -> Measures | None:
    """All measures of one face; None where neither landmarks nor pose are known.

    Args:
        landmarks: (478, 3) pixels.
        pose: (3,) degrees: yaw, pitch, roll.
    """
    if landmarks is None and pose is None:
        return None
    head = None if pose is None else float(facing(pose[None])[0])
    if landmarks is None:
        return Measures(None, None, None, None, None, head)
    left, right = (float(value) for value in eyes_open(landmarks[None])[0])
    return Measures(
        eyes_open=(left + right) / 2,
        left_eye_open=left,
        right_eye_open=right,
        mouth_open=float(mouth_open(landmarks[None])[0]),
        smile=float(smile(landmarks[None])[0]),
        facing=head,
    )


def eyes_open(landmarks: NDArray[Any]) -> NDArray[np.float32]:
    """How far the eyes are open, by the eye aspect ratio: the mean height of the opening over its width.

    Soukupová and Čech (2016), "Real-time eye blink detection using facial landmarks", equation 1.

    Args:
        landmarks: (n, 478, 3).

    Returns:
        (n, 2) 0–1: image-left and image-right eye.
    """
    eyes = np.asarray(landmarks, np.float64)[:, _EYES]
    height = _distance(eyes[:, :, 1], eyes[:, :, 5]) + _distance(eyes[:, :, 2], eyes[:, :, 4])
    return _scaled(height / 2 / _divisor(_distance(eyes[:, :, 0], eyes[:, :, 3])), EYE_ASPECT)


def mouth_open(landmarks: NDArray[Any]) -> NDArray[np.float32]:
    """How far the mouth is open, by the same ratio over three heights between the inner edges of the lips.

    Args:
        landmarks: (n, 478, 3).

    Returns:
        (n,) 0–1.
    """
    mouth = np.asarray(landmarks, np.float64)[:, _MOUTH]
    height = _distance(mouth[:, 1:4], mouth[:, [7, 6, 5]]).mean(1)
    return _scaled(height / _divisor(_distance(mouth[:, 0], mouth[:, 4])), MOUTH_ASPECT)


def smile(landmarks: NDArray[Any]) -> NDArray[np.float32]:
    """How much the mouth is drawn wide and its corners up.

    Args:
        landmarks: (n, 478, 3).

    Returns:
        (n,) 0–1.
    """
    landmarks = np.asarray(landmarks, np.float64)
    in_head = landmarks @ from_landmarks(landmarks)
    unit = _divisor(_distance(*_pair(landmarks, OUTER_EYE_CORNERS)))
    width = _distance(*_pair(landmarks, _MOUTH_CORNERS)) / unit
    lift = (in_head[:, _LIP_MIDDLES, 1].mean(1) - in_head[:, _MOUTH_CORNERS, 1].mean(1)) / unit
    constant, of_width, of_lift = SMILE
    return _scaled(constant + of_width * width + of_lift * lift, (0.0, 1.0))


def facing(pose: NDArray[Any]) -> NDArray[np.float32]:
    """How much the head is toward the camera, by the angle between where the nose points and the way to the camera.

    Args:
        pose: (n, 3) degrees: yaw, pitch, roll.

    Returns:
        (n,) 0–1.
    """
    yaw, pitch, _ = np.radians(np.asarray(pose, np.float64)).T
    return _scaled(np.degrees(np.arccos(np.clip(np.cos(yaw) * np.cos(pitch), -1, 1))), FACING_DEG)


def _pair(landmarks: NDArray[np.float64], points: tuple[int, int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return landmarks[:, points[0]], landmarks[:, points[1]]


def _distance(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.linalg.norm(a - b, axis=-1))


def _divisor(lengths: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.maximum(lengths, 1e-6)  # points that coincide measure as closed, not as NaN


def _scaled(values: NDArray[Any], zero_to_one: tuple[float, float]) -> NDArray[np.float32]:
    zero, one = zero_to_one
    return np.clip((values - zero) / (one - zero), 0, 1).astype(np.float32)
