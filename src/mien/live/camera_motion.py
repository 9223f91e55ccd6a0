"""How the camera moved between two pictures: shift, rotation and zoom, from corners followed on a small grey copy."""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.models.detectors import check_image

LONG_SIDE_PX: Final = 320  # of the copy that corners are followed on
CORNERS: Final = 100
_GREEN: Final = 1
_PERSON: Final = np.array([-1.0, -0.5, 1.0, 3.0])  # beyond a face's box, in its sizes: hair, shoulders and chest
_CORNER_QUALITY: Final = 0.01  # against the best corner; the value of OpenCV's own examples
_CORNER_SPACING_PX: Final = 8
_FLOW_WINDOW_PX: Final = (15, 15)
_FLOW_LEVELS: Final = 2  # follows up to some 30 px of the small copy: a tenth of the picture between two frames
_INLIER_PX: Final = 1.0
# Unsure below these: people who walk have corners too, and a background that can be told from them has more.
_LEAST_CORNERS: Final = 12
_LEAST_INLIERS: Final = 0.5
_LARGEST_ZOOM: Final = 1.2
_STILL: Final = 0.8


class CameraMotion:
    """Follows the background from picture to picture.

    Aharon et al. (2022), BoT-SORT, sec. 3.2: corners (Shi and Tomasi 1994), sparse optical flow (Lucas and Kanade
    1981, in pyramids) and a similarity transform by RANSAC; people are no background.
    """

    def __init__(self) -> None:
        self._previous: NDArray[np.uint8] | None = None

    def estimate(self, image: NDArray[np.uint8], faces: NDArray[Any] | None = None) -> NDArray[np.float32]:
        """Where points of the previous picture are in this one.

        Args:
            image: (h, w, 3) uint8 RGB.
            faces: (n, 4) boxes in the previous picture, in pixels: of people, who go their own ways; None for none.

        Returns:
            (2, 3) float32, in the picture's pixels; the identity for the first picture, after a change of size, and
            where too few corners agree or hardly anything has moved.

        Raises:
            ShapeError: `image` is something else.
        """
        check_image(image)
        grey, factor = _small_grey(image)
        previous, self._previous = self._previous, grey
        if previous is None or previous.shape != grey.shape:
            return np.eye(2, 3, dtype=np.float32)
        return _in_pixels(_similarity(previous, grey, _background(grey, faces, factor)), factor)


def _small_grey(image: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], int]:
    """A small copy, and how many pixels of the picture one of its pixels is wide.

    Green is most of the luma. One pixel in two each way, or fewer, is looked at, and what is left is shrunk by a whole
    factor: both save most of the time, and corners are followed as well.
    """
    height, width = image.shape[:2]
    step = max(1, -(-max(height, width) // LONG_SIDE_PX) // 2)
    sampled = np.ascontiguousarray(image[step // 2 :: step, step // 2 :: step, _GREEN])
    factor = -(-max(sampled.shape) // LONG_SIDE_PX)
    size = (max(1, sampled.shape[1] // factor), max(1, sampled.shape[0] // factor))
    whole = sampled[: size[1] * factor, : size[0] * factor]
    return np.asarray(cv2.resize(whole, size, interpolation=cv2.INTER_AREA), np.uint8), step * factor


def _background(grey: NDArray[np.uint8], faces: NDArray[Any] | None, factor: int) -> NDArray[np.uint8] | None:
    """Where corners are sought: 255, and 0 where people are; None for everywhere."""
    if faces is None or not len(faces):
        return None
    mask = np.full(grey.shape, 255, np.uint8)
    people = (faces + np.tile(faces[:, 2:] - faces[:, :2], 2) * _PERSON) / factor
    for x1, y1, x2, y2 in np.clip(people, 0, np.tile(grey.shape[::-1], 2)).astype(int):
        mask[y1:y2, x1:x2] = 0
    return mask


def _similarity(
    previous: NDArray[np.uint8], grey: NDArray[np.uint8], background: NDArray[np.uint8] | None
) -> NDArray[np.float64]:
    """(2, 3) from pixel centres of one small copy to the next; the identity where it cannot be told."""
    unsure = np.eye(2, 3)
    corners = cv2.goodFeaturesToTrack(previous, CORNERS, _CORNER_QUALITY, _CORNER_SPACING_PX, mask=background)
    if corners is None or len(corners) < _LEAST_CORNERS:
        return unsure
    moved, found, _ = cv2.calcOpticalFlowPyrLK(
        previous, grey, corners, np.empty_like(corners), winSize=_FLOW_WINDOW_PX, maxLevel=_FLOW_LEVELS
    )
    followed = found[:, 0] == 1
    if followed.sum() < _LEAST_CORNERS:
        return unsure
    matrix, inliers = cv2.estimateAffinePartial2D(
        corners[followed], moved[followed], method=cv2.RANSAC, ransacReprojThreshold=_INLIER_PX
    )
    if matrix is None or inliers.sum() < max(_LEAST_CORNERS, _LEAST_INLIERS * len(corners)):
        return unsure
    # What moves on its own makes any fit a little wrong; a camera that stands still is the better guess where it
    # explains nearly as much.
    still = np.linalg.norm(moved - corners, axis=2)[followed] < _INLIER_PX
    if still.sum() >= _STILL * inliers.sum():
        return unsure
    zoom = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    if not 1 / _LARGEST_ZOOM < zoom < _LARGEST_ZOOM:
        return unsure
    return np.asarray(matrix, np.float64)


def _in_pixels(matrix: NDArray[np.float64], factor: int) -> NDArray[np.float32]:
    """The same in continuous coordinates of the full picture; OpenCV counts from pixel centres."""
    linear, shift = matrix[:, :2], matrix[:, 2]
    shift = shift + 0.5 - linear @ np.array([0.5, 0.5])
    return np.column_stack([linear, shift * factor]).astype(np.float32)
