"""Which of the 478 landmarks is what: the 68- and 5-point subsets and named groups, as indices in MediaPipe's topology.

Left and right are those of the image, for an upright face that is not mirrored: `LEFT_EYE` is the subject's right eye.
Contours run clockwise in the image from their image-left end, so that neighbours in a list are neighbours on the face.
Points 0–467 are the mesh of Kartynnik et al. (2019), 468–477 the irises of Ablavatski et al. (2020), "Real-time pupil
tracking from monocular video for digital puppetry".
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.errors import ShapeError

COUNT: Final = 478

LEFT_EYE: Final = (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7)
"""From the outer corner over the upper lid to the inner corner (`[8]`) and back along the lower lid."""
RIGHT_EYE: Final = (362, 398, 384, 385, 386, 387, 388, 466, 263, 249, 390, 373, 374, 380, 381, 382)
"""From the inner corner over the upper lid to the outer corner (`[8]`) and back along the lower lid."""
OUTER_EYE_CORNERS: Final = (33, 263)
"""Image-left and image-right on an unmirrored face that looks into the camera."""
LEFT_IRIS: Final = (468, 471, 470, 469, 472)
"""Centre, then image-left, upper, image-right and lower edge."""
RIGHT_IRIS: Final = (473, 476, 475, 474, 477)
LEFT_BROW: Final = (70, 63, 105, 66, 107, 55, 65, 52, 53, 46)
"""The upper edge from tail to head, then the lower edge back."""
RIGHT_BROW: Final = (336, 296, 334, 293, 300, 276, 283, 282, 295, 285)
"""The upper edge from head to tail, then the lower edge back."""
OUTER_LIPS: Final = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146)
INNER_LIPS: Final = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95)
OVAL: Final = (
    *(234, 127, 162, 21, 54, 103, 67, 109, 10, 338, 297, 332, 284, 251, 389, 356, 454, 323),
    *(361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150, 136, 172, 58, 132, 93),
)
"""Round the face, from the image-left ear over the forehead (10) and the other ear (454) to the chin (152) and back."""

GROUPS: Final[Mapping[str, tuple[int, ...]]] = MappingProxyType(
    {
        "left_eye": LEFT_EYE,
        "right_eye": RIGHT_EYE,
        "left_iris": LEFT_IRIS,
        "right_iris": RIGHT_IRIS,
        "left_brow": LEFT_BROW,
        "right_brow": RIGHT_BROW,
        "outer_lips": OUTER_LIPS,
        "inner_lips": INNER_LIPS,
        "oval": OVAL,
    }
)

POINTS_68: Final = (
    # 1–17 jaw, from beside the image-left eye over the chin: points of the oval about as evenly spaced as iBUG's
    *(127, 234, 93, 132, 58, 136, 149, 148, 152, 377, 378, 365, 288, 361, 323, 454, 356),
    *(70, 63, 105, 66, 107),  # 18–22 image-left brow
    *(336, 296, 334, 293, 300),  # 23–27 image-right brow
    *(168, 197, 5, 1),  # 28–31 bridge of the nose to its tip
    *(98, 97, 2, 326, 327),  # 32–36 below the nostrils
    *(33, 160, 158, 133, 153, 144),  # 37–42 image-left eye
    *(362, 385, 387, 263, 373, 380),  # 43–48 image-right eye
    *(61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181),  # 49–60 outer lips
    *(78, 82, 13, 312, 308, 317, 14, 87),  # 61–68 inner lips
)
"""The 68 points of iBUG 300-W in its order (Sagonas et al. 2013, "300 faces in-the-wild challenge"). On the jaw 300-W
follows what is seen as the edge of the face; a mesh's points stay on the face, so that the two part as a head turns."""
POINTS_5: Final = (468, 473, 1, 61, 291)
"""The design's keypoints: image-left and image-right eye, nose tip, image-left and image-right mouth corner."""


def landmarks68(landmarks: NDArray[Any]) -> NDArray[np.float32]:
    """The 68 points of iBUG 300-W.

    Args:
        landmarks: (…, 478, 2 or 3).

    Returns:
        (…, 68, 2 or 3).

    Raises:
        ShapeError: there are not 478 points.
    """
    return _taken(landmarks, POINTS_68)


def landmarks5(landmarks: NDArray[Any]) -> NDArray[np.float32]:
    """Iris centres, nose tip and mouth corners, in the order of `Faces.keypoints`.

    Args:
        landmarks: (…, 478, 2 or 3).

    Returns:
        (…, 5, 2 or 3).

    Raises:
        ShapeError: there are not 478 points.
    """
    return _taken(landmarks, POINTS_5)


def _taken(landmarks: NDArray[Any], indices: tuple[int, ...]) -> NDArray[np.float32]:
    landmarks = np.asarray(landmarks, np.float32)
    if landmarks.ndim < 2 or landmarks.shape[-2] != COUNT:
        raise ShapeError(f"landmarks must be (…, {COUNT}, 2 or 3), got {landmarks.shape}; give all points of a face")
    return landmarks[..., indices, :]
