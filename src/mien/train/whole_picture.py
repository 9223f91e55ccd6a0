"""Taking a picture of a face as it is, without looking for the face in it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mien.geometry.align import BOX_IN_HAAR_SQUARE, box_keypoints
from mien.models.detectors import Detections


class WholePicture:
    """A detector's stand-in: the whole picture is the face's square, as data sets of faces are published.

    Aligned to the template `haar`, a picture comes out as it is, only scaled.
    """

    def detect(self, image: NDArray[np.uint8]) -> Detections:
        """One box (1, 4) with score 1 and average keypoints (1, 5, 2), in the picture's pixels.

        Args:
            image: (h, w, 3) uint8 RGB.
        """
        boxes = BOX_IN_HAAR_SQUARE[None] * np.array(image.shape[1::-1] * 2, np.float32)
        return Detections(boxes, np.ones(1, np.float32), box_keypoints(boxes))
