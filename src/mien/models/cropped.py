"""Finding the face in a picture that is one face cut out already, as data sets of faces are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.geometry.align import box_keypoints
from mien.models.detectors import Detections, Detector

PADDING: Final = 0.25  # of the long side, on every side: detectors want to see a face's surroundings
CANVAS_PX: Final = 224  # a padded crop is scaled to this; faces come to about 130 px, whatever the crop's size
CROP_SCORE_THRESHOLD: Final = 0.3  # there is a face, so a faint one is the one; half of YuNet's own threshold
_GREY = (127, 127, 127)


class CroppedFaceDetector:
    """Exactly one face in every picture.

    The detector runs on a padded copy scaled to `CANVAS_PX`. Of several faces the one with the best score, weighted
    down toward the edge, is taken. Where none is found the whole crop is taken as the face, with score 0 so that it can
    be counted, and with the keypoints of an average face.

    Args:
        detector: with `CROP_SCORE_THRESHOLD` and a long side of at least `CANVAS_PX`.
        whole: (4,) the face's box in a crop in which none is found, in parts of its width and height.
    """

    def __init__(self, detector: Detector, *, whole: Sequence[float] | NDArray[np.float32] = (0, 0, 1, 1)) -> None:
        self._detector, self._whole = detector, np.array(whole, np.float32)

    def detect(self, image: NDArray[np.uint8]) -> Detections:
        """One box (1, 4), one score (1,) and keypoints (1, 5, 2), in the crop's pixels.

        Args:
            image: (h, w, 3) uint8 RGB.
        """
        height, width = image.shape[:2]
        padding = round(PADDING * max(height, width))
        padded = cv2.copyMakeBorder(image, padding, padding, padding, padding, cv2.BORDER_CONSTANT, value=_GREY)
        scale = CANVAS_PX / max(padded.shape[:2])
        size = (max(1, round(padded.shape[1] * scale)), max(1, round(padded.shape[0] * scale)))
        canvas = np.asarray(cv2.resize(padded, size, interpolation=cv2.INTER_CUBIC), np.uint8)
        boxes, scores, keypoints = self._detector.detect(canvas)
        if len(boxes) == 0:
            whole = self._whole[None] * np.array([width, height] * 2, np.float32)
            return Detections(whole, np.zeros(1, np.float32), box_keypoints(whole))
        off_centre = np.abs((boxes[:, :2] + boxes[:, 2:]) / 2 - np.array(size) / 2) / (np.array(size) / 2)
        best = int(np.argmax(scores * (1 - off_centre.max(1))))
        back = np.array([padded.shape[1] / size[0], padded.shape[0] / size[1]], np.float32)
        return Detections(
            boxes[best : best + 1] * np.tile(back, 2) - padding,
            scores[best : best + 1],
            keypoints[best : best + 1] * back - padding,
        )
