"""Haar cascade, OpenCV's for frontal faces: the classic alternative.

Viola and Jones (2001), "Rapid object detection using a boosted cascade of simple features". It finds upright, frontal
faces only, and has no keypoints of its own.
"""

from __future__ import annotations

from collections import deque
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.errors import ModelError
from mien.geometry.align import BOX_IN_HAAR_SQUARE, box_keypoints
from mien.models import weights
from mien.models.card import Distribution, ModelCard, Wheel
from mien.models.detectors import Detections, check_image
from mien.models.session import Threads
from mien.models.shrink import shrunk

SCALE_STEP: Final = 1.1  # OpenCV's default
MIN_NEIGHBOURS: Final = 5  # above OpenCV's default of 3, against false faces
MIN_SIDE_PX: Final = 20  # smallest window after scaling

# score = 1 / (1 + exp(-(slope · weight + offset))), weight being the last stage's sum as OpenCV gives it. It puts faces
# in order and between 0 and 1; fitted to about a hundred detections, it is no calibrated probability.
SCORE_SLOPE: Final = 0.47
SCORE_OFFSET: Final = 0.22

CARD: Final = ModelCard(
    name="haar",
    task="detection",
    version="opencv4",
    file="haarcascade_frontalface_default.xml",
    sha256="0f7d4527844eb514d4a4948e822da90fbb16a34a0bbbbc6adc6498747a5aafb0",
    bytes=930_127,
    sources=(
        Distribution(
            name="opencv-python-headless",
            version="4.12.0.88",
            member="cv2/data/haarcascade_frontalface_default.xml",
        ),
        Wheel(
            requirement="opencv-python-headless==4.12.0.88",
            member="cv2/data/haarcascade_frontalface_default.xml",
        ),
    ),
    licence="Intel License Agreement (BSD-like)",
    reference="Viola and Jones 2001; Lienhart and Maydt 2002; github.com/opencv/opencv, data/haarcascades",
    description="Cascade of boosted Haar features for upright frontal faces; no keypoints of its own.",
    limits="Misses turned, tilted and partly hidden faces; its keypoints are those of an average face in the box.",
    input={"channels": "grey", "range": "0-255", "window": 24, "min_side_px": MIN_SIDE_PX},
    outputs={"rectangles": "squares around faces", "levelWeights": "sum of the last stage"},
    calibration={"score_slope": SCORE_SLOPE, "score_offset": SCORE_OFFSET},
)


def load(*, long_side: int, threads: Threads, score_threshold: float | None = None) -> Haar:
    """The detector.

    Args:
        long_side: pictures are shrunk so that their longer side has at most this many pixels.
        threads: of no effect: the cascade runs on OpenCV's own threads (`cv2.setNumThreads`).
        score_threshold: faces below it are dropped, 0–1; None keeps all.

    Raises:
        ModelError: the file is missing, wrong or cannot be fetched.
    """
    return Haar(
        weights.find(CARD).read_text(encoding="utf-8"), long_side=long_side, score_threshold=score_threshold or 0.0
    )


class Haar:
    """Boxes and scores of upright frontal faces; keypoints are those of an average face in the box.

    A `CascadeClassifier` may not be used by two threads at once, so each call takes an idle one, or makes one,
    and puts it back.

    Args:
        cascade: the XML text.
        long_side: pictures are shrunk so that their longer side has at most this many pixels.
        score_threshold: faces below it are dropped, 0–1.
    """

    def __init__(self, cascade: str, *, long_side: int, score_threshold: float = 0.0) -> None:
        self._cascade = cascade
        self.long_side = long_side
        self.score_threshold = score_threshold
        self._idle = deque([_classifier(cascade)])

    def detect(self, image: NDArray[np.uint8]) -> Detections:
        """Faces, best score first, in the picture's pixels; boxes may reach beyond it.

        Args:
            image: (h, w, 3) uint8 RGB.

        Raises:
            ShapeError: `image` is something else.
        """
        check_image(image)
        grey, back = shrunk(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), self.long_side)
        squares, level_weights = self._squares(grey)
        scores = 1 / (1 + np.exp(-(SCORE_SLOPE * level_weights + SCORE_OFFSET)))
        # Best score first; equal scores in reading order, for the cascade's threads give them in any order.
        best = np.lexsort((squares[:, 0], squares[:, 1], -scores))
        best = best[scores[best] >= self.score_threshold]
        sides = squares[best, None, 2:]
        boxes = (squares[best, None, :2] + sides * BOX_IN_HAAR_SQUARE.reshape(2, 2)).reshape(-1, 4)
        boxes *= np.tile(back, 2)
        return Detections(boxes, scores[best].astype(np.float32), box_keypoints(boxes))

    def _squares(self, grey: NDArray[Any]) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
        """x, y, width, height (n, 4) and last-stage sums (n,)."""
        try:
            classifier = self._idle.pop()
        except IndexError:
            classifier = _classifier(self._cascade)
        try:
            squares, _, level_weights = classifier.detectMultiScale3(
                grey,
                scaleFactor=SCALE_STEP,
                minNeighbors=MIN_NEIGHBOURS,
                minSize=(MIN_SIDE_PX, MIN_SIDE_PX),
                outputRejectLevels=True,
            )
        finally:
            self._idle.append(classifier)
        # Without faces OpenCV returns empty tuples.
        return np.asarray(squares, np.float32).reshape(-1, 4), np.asarray(level_weights, np.float64).reshape(-1)


def _classifier(cascade: str) -> cv2.CascadeClassifier:
    # From memory: OpenCV cannot open paths with letters outside the system's code page on Windows.
    storage = cv2.FileStorage(cascade, cv2.FILE_STORAGE_READ | cv2.FILE_STORAGE_MEMORY)
    classifier = cv2.CascadeClassifier()
    remedy = "give it the file that `mien models show haar` names"
    try:
        read = classifier.read(storage.getFirstTopLevelNode())
    except cv2.error as error:
        raise ModelError(f"OpenCV cannot read the cascade ({error.err}); {remedy}") from error
    if not read:
        raise ModelError(f"OpenCV cannot read the cascade; {remedy}")
    return classifier
