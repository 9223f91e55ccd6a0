"""YuNet face detector (Wu, Peng and Yu 2023, "YuNet: a tiny millisecond-level face detector"), OpenCV Zoo's 2023mar file.

Three feature maps of strides 8, 16 and 32 predict, per cell, class and objectness scores, a box as centre offset and
log size in strides, and five keypoints as offsets in strides.
"""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.geometry.boxes import letterbox_size, nms
from mien.models.session import Session

STRIDES: Final = (8, 16, 32)
CANVAS_MULTIPLE: Final = 32  # the coarsest stride
NMS_IOU: Final = 0.3  # OpenCV FaceDetectorYN's default
SCORE_THRESHOLD: Final = 0.6  # 77 of 77 faces in 24 photos with 4 false ones; 0.9 loses three in four on groups
MAX_CANDIDATES: Final = 5000  # boxes before suppression; OpenCV FaceDetectorYN's default


class YuNet:
    """Boxes, scores and five keypoints of every face in a picture.

    Args:
        session: the network with free height and width.
        long_side: pictures are shrunk so that their longer side has at most this many pixels.
        score_threshold: faces below it are dropped, 0–1.
    """

    def __init__(self, session: Session, *, long_side: int, score_threshold: float = SCORE_THRESHOLD) -> None:
        self._session = session
        self._input = session.inputs[0]
        self.long_side = long_side
        self.score_threshold = score_threshold

    def detect(
        self, image: NDArray[np.uint8]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """Faces, best score first.

        Args:
            image: (h, w, 3) uint8 RGB.

        Returns:
            boxes (n, 4), scores (n,), keypoints (n, 5, 2), in the picture's pixels; boxes may reach beyond it.
        """
        height, width = image.shape[:2]
        scale, canvas_height, canvas_width = letterbox_size(
            height, width, long_side=self.long_side, multiple=CANVAS_MULTIPLE
        )
        canvas = np.zeros((canvas_height, canvas_width, 3), np.uint8)
        small_height, small_width = max(1, round(height * scale)), max(1, round(width * scale))
        canvas[:small_height, :small_width] = (
            image
            if scale == 1
            else cv2.resize(image, (small_width, small_height), interpolation=cv2.INTER_AREA)
        )
        # The network was trained on BGR; swapRB also makes the copy that the runtime needs.
        blob = cv2.dnn.blobFromImage(canvas, swapRB=True)
        boxes, scores, keypoints = decode(
            self._session.run({self._input: blob}), canvas_height, canvas_width, self.score_threshold
        )
        back = np.array([width / small_width, height / small_height], np.float32)
        return boxes * np.tile(back, 2), scores, keypoints * back


def decode(
    outputs: dict[str, NDArray[Any]], height: int, width: int, score_threshold: float
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Faces from the raw maps, after suppression, best score first.

    Args:
        outputs: `cls_s` and `obj_s` (1, cells, 1), `bbox_s` (1, cells, 4) and `kps_s` (1, cells, 10) for s in `STRIDES`.
        height, width: of the network's input, multiples of 32.
        score_threshold: 0–1.

    Returns:
        boxes (n, 4), scores (n,), keypoints (n, 5, 2), in pixels of the network's input.
    """
    all_boxes, all_scores, all_keypoints = [], [], []
    for stride in STRIDES:
        cls, obj = outputs[f"cls_{stride}"][0, :, 0], outputs[f"obj_{stride}"][0, :, 0]
        scores = np.sqrt(np.clip(cls, 0, 1) * np.clip(obj, 0, 1))
        chosen = np.flatnonzero(scores >= score_threshold)
        rows, columns = np.divmod(chosen, width // stride)
        cells = np.stack([columns, rows], axis=1).astype(np.float32)
        box = outputs[f"bbox_{stride}"][0, chosen]
        centre = (cells + box[:, :2]) * stride
        half = np.exp(box[:, 2:]) * (stride / 2)
        all_boxes.append(np.concatenate([centre - half, centre + half], axis=1))
        all_scores.append(scores[chosen])
        offsets = outputs[f"kps_{stride}"][0, chosen].reshape(-1, 5, 2)
        all_keypoints.append((cells[:, None] + offsets) * stride)
    boxes, scores = np.concatenate(all_boxes), np.concatenate(all_scores)
    keypoints = np.concatenate(all_keypoints)
    best = np.argsort(-scores, kind="stable")[:MAX_CANDIDATES]
    best = best[nms(boxes[best], scores[best], threshold=NMS_IOU)]
    return (
        boxes[best].astype(np.float32),
        scores[best].astype(np.float32),
        keypoints[best].astype(np.float32),
    )
