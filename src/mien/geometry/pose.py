"""Head pose: the one sign convention, and its way to rotation matrices and back.

Angles are (n, 3) degrees: yaw, pitch, roll. Yaw + = nose toward image right, pitch + = nose up, roll + = head clockwise
in the image. Camera axes: x right, y down, z away from the camera (right-handed, as OpenCV's). A head that looks into
the camera has the identity as its rotation: its own x points to image right, y to its chin, z to the back of its head,
and its nose along (0, 0, -1).

Rotations take head axes to camera axes and are composed as R = Rz(roll) · Rx(-pitch) · Ry(-yaw), where Ri(t) is the
right-handed turn by t about axis i: the head first turns about its own neck, then nods, then rolls in the picture. So a
picture that is turned adds exactly its angle to the roll of every head in it. Before the roll the nose points along
(sin yaw, -sin pitch · cos yaw, -cos pitch · cos yaw). In this order the angles become ambiguous at a pitch of ±90°,
which faces in view do not reach; in an order that has yaw in the middle it would be at ±90° of yaw, which every profile
reaches.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.errors import ShapeError

_AMBIGUOUS = 1e-6  # cosine of the pitch below which yaw and roll turn about the same axis


def to_matrix(pose: NDArray[Any]) -> NDArray[np.float64]:
    """Rotations from head axes to camera axes.

    Args:
        pose: (n, 3) degrees: yaw, pitch, roll.

    Returns:
        (n, 3, 3).

    >>> (to_matrix(np.array([[90, 0, 0]])) @ [0, 0, -1]).round(6) + 0.0  # the nose points to image right
    array([[1., 0., 0.]])
    """
    yaw, pitch, roll = np.radians(_checked(pose)).T
    return _about_z(roll) @ _about_x(-pitch) @ _about_y(-yaw)


def from_matrix(rotations: NDArray[Any]) -> NDArray[np.float32]:
    """Angles of rotations from head axes to camera axes.

    Args:
        rotations: (n, 3, 3), orthonormal with determinant 1.

    Returns:
        (n, 3) degrees: yaw and roll in [-180, 180], pitch in [-90, 90]; at a pitch of ±90° the roll is taken as 0.
    """
    rotations = np.asarray(rotations, np.float64)
    if rotations.ndim != 3 or rotations.shape[1:] != (3, 3):
        raise ShapeError(f"rotations must be (n, 3, 3), got {rotations.shape}; wrap one rotation as rotation[None]")
    # Row 2 is (cos p sin y, -sin p, cos p cos y); column 1 is (-cos p sin r, cos p cos r, -sin p).
    cos_pitch = np.hypot(rotations[:, 2, 0], rotations[:, 2, 2])
    ambiguous = cos_pitch < _AMBIGUOUS
    pitch = np.arctan2(-rotations[:, 2, 1], cos_pitch)
    yaw = np.where(
        ambiguous,
        np.arctan2(-rotations[:, 0, 2], rotations[:, 0, 0]),
        np.arctan2(rotations[:, 2, 0], rotations[:, 2, 2]),
    )
    roll = np.where(ambiguous, 0.0, np.arctan2(-rotations[:, 0, 1], rotations[:, 1, 1]))
    return np.asarray(np.degrees(np.stack([yaw, pitch, roll], axis=1)), np.float32)


def mirror(pose: NDArray[Any]) -> NDArray[np.float32]:
    """The pose in the picture flipped left to right: yaw and roll change sign, pitch stays.

    As matrices this is M · R · M with M = diag(-1, 1, 1).

    Args:
        pose: (n, 3) degrees: yaw, pitch, roll.

    Returns:
        (n, 3) degrees.
    """
    return np.asarray(_checked(pose) * np.array([-1, 1, -1]), np.float32)


def _about_x(angle: NDArray[np.float64]) -> NDArray[np.float64]:
    cos, sin, zero, one = np.cos(angle), np.sin(angle), np.zeros_like(angle), np.ones_like(angle)
    return _matrices([one, zero, zero, zero, cos, -sin, zero, sin, cos])


def _about_y(angle: NDArray[np.float64]) -> NDArray[np.float64]:
    cos, sin, zero, one = np.cos(angle), np.sin(angle), np.zeros_like(angle), np.ones_like(angle)
    return _matrices([cos, zero, sin, zero, one, zero, -sin, zero, cos])


def _about_z(angle: NDArray[np.float64]) -> NDArray[np.float64]:
    cos, sin, zero, one = np.cos(angle), np.sin(angle), np.zeros_like(angle), np.ones_like(angle)
    return _matrices([cos, -sin, zero, sin, cos, zero, zero, zero, one])


def _matrices(entries: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    return np.stack(entries, axis=1).reshape(-1, 3, 3)


def _checked(pose: NDArray[Any]) -> NDArray[np.float64]:
    pose = np.asarray(pose, np.float64)
    if pose.ndim != 2 or pose.shape[1] != 3:
        remedy = "; wrap one pose as pose[None]" if pose.shape == (3,) else ""
        raise ShapeError(f"pose must be (n, 3) degrees, got {pose.shape}{remedy}")
    return pose
