"""Pictures of faces that are kept, where that was asked for: to be shown, and to be embedded by another network."""

from __future__ import annotations

import io
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.face import Face
from mien.faces import Faces
from mien.gallery.records import Crop
from mien.media.images import read_image
from mien.pipeline import Stage

_MARGIN: Final = 0.3  # of the box, on every side: the templates of all networks lie within
_SIDE_PX: Final = 288  # at most; networks see faces at 112, about two thirds of this
_QUALITY: Final = 95  # of the JPEG; at less the embedding moves


def cut(image: NDArray[np.uint8], face: Face) -> Crop:
    """The face with its surroundings.

    Args:
        image: (h, w, 3) uint8 RGB.
        face: with keypoints.
    """
    height, width = image.shape[:2]
    low, high = face.box[:2], face.box[2:]
    grow = (high - low) * _MARGIN
    x1, y1 = np.clip(np.floor(low - grow), 0, [width - 1, height - 1]).astype(int).tolist()
    x2, y2 = np.clip(np.ceil(high + grow), [x1 + 1, y1 + 1], [width, height]).astype(int).tolist()
    part = Image.fromarray(image[y1:y2, x1:x2])
    scale = min(1.0, _SIDE_PX / max(part.size))
    size = (max(1, round(part.width * scale)), max(1, round(part.height * scale)))
    assert face.keypoints is not None  # whatever was embedded has some
    keypoints = (face.keypoints - [x1, y1]) * (np.array(size) / part.size)
    file = io.BytesIO()
    part.resize(size, Image.Resampling.LANCZOS).save(file, "JPEG", quality=_QUALITY, subsampling=0)
    return Crop(jpeg=file.getvalue(), keypoints=keypoints.astype(np.float32))


def embed(crop: Crop, stage: Stage) -> NDArray[np.float32]:
    """(d,) of the face in a crop.

    Args:
        crop: as `cut` gave it.
        stage: an embedding's.

    Raises:
        ImageError: the crop's JPEG cannot be read.
    """
    image = read_image(crop.jpeg)
    whole = np.array([[0, 0, image.shape[1], image.shape[0]]], np.float32)
    faces = stage(image, Faces(boxes=whole, scores=np.ones(1, np.float32), keypoints=crop.keypoints[None]))
    assert faces.embedding is not None
    vector: NDArray[np.float32] = faces.embedding[0]
    return vector
