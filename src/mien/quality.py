"""How far a face can be relied on: size, blur, exposure, turn, cut, cover and flatness, without a network of its own.

Each factor falls from 1 (no objection) to 0; the quality is their product. A reason is given where its factor is below
½. Blur is measured after Pech-Pacheco et al. (2000), "Diatom autofocusing in brightfield microscopy" (variance of the
Laplacian), here relative to the picture's own variance so that low contrast alone does not count as blur. A covered
face is one that the detector hardly takes for a face: of faces under a blob that leaves only their rim, YuNet finds one
in fifty, and gives those in full view 0.9.
"""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.faces import Faces
from mien.geometry.align import TEMPLATES, align
from mien.geometry.boxes import area, clip

REASONS: Final = ("small", "blurred", "dark", "overexposed", "turned", "cut", "covered", "flat")

# (no objection, worthless) for each measure; half-way between the two a reason is given. Rules of thumb.
SIZE_PX: Final = (64.0, 16.0)  # shorter side of the box
SHARPNESS: Final = (0.006, 0.0004)  # on the 96-pixel crop; see `sharpness`
DARK: Final = (70.0, 20.0)  # mean luma, 0–255
OVEREXPOSED: Final = (0.15, 0.75)  # share of pixels at 250 or above
TURN: Final = (0.15, 0.60)  # see `nose_offset`
VISIBLE: Final = (0.98, 0.50)  # share of the box inside the picture
COVERED: Final = (0.60, 0.30)  # detector's score; the thresholds in photos and in crops
FLAT: Final = (0.15, 0.35)  # see `flat_share`: of 2,400 photos 99 in 100 are below 0.14, drawings mostly above 0.35

LEAST_QUALITY: Final = 0.1
"""Below this, labels are unsure however confident a network is: of those that it is sure of, more are wrong than of
good pictures; see `benchmarks/quality.py`."""

_SMOOTHING_PX = 1.0  # sensor noise and rounding would pass for detail
_BLOCK_PX = 4
_RIM_BLOCKS = 4  # on every side: what is behind a head may well be flat
_SHADING = 0.005  # of the block's own brightness: half a grey level in the middle of the scale
_CLIPPED = (8, 247)  # grey levels that are black or white to a camera, flat through no fault of the face


class Quality:
    """The pipeline's stage."""

    requires: Final = frozenset({"keypoints"})
    provides: Final = frozenset({"quality"})

    def __call__(self, image: NDArray[np.uint8], faces: Faces) -> Faces:
        """The faces with their quality and its reasons."""
        if len(faces) == 0:
            return faces.replace(quality=np.empty(0, np.float32), quality_reasons=())
        assert faces.keypoints is not None  # the pipeline checks `requires` when it is built
        crops = align(image, faces.keypoints, TEMPLATES["face"])
        grey = [np.asarray(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), np.uint8) for crop in crops]
        factors = np.stack(
            [
                _factor(_short_side(faces.boxes), SIZE_PX),
                _factor(np.array([sharpness(one) for one in grey]), SHARPNESS),
                _factor(np.array([cv2.mean(one)[0] for one in grey]), DARK),
                _factor(np.array([np.count_nonzero(one >= 250) / one.size for one in grey]), OVEREXPOSED),
                _factor(nose_offset(faces.keypoints), TURN),
                _factor(visible_share(faces.boxes, *image.shape[:2]), VISIBLE),
                _factor(faces.scores, COVERED),
                _factor(np.array([flat_share(one) for one in grey]), FLAT),
            ],
            axis=1,
        )
        reasons = tuple(
            tuple(reason for reason, factor in zip(REASONS, row, strict=True) if factor < 0.5) for row in factors
        )
        return faces.replace(quality=factors.prod(1).astype(np.float32), quality_reasons=reasons)


def sharpness(grey: NDArray[np.uint8]) -> float:
    """Variance of the Laplacian of the smoothed picture over the picture's variance; 0 for a picture of one colour.

    Args:
        grey: (h, w) uint8.
    """
    variance = _variance(grey)
    if variance < 1:
        return 0.0
    smooth = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), _SMOOTHING_PX)
    return _variance(cv2.Laplacian(smooth, cv2.CV_32F)) / variance


def flat_share(grey: NDArray[np.uint8]) -> float:
    """Share of the face's middle without any shading, as drawings, masks and heavy filters have and skin has not.

    Args:
        grey: (h, w) uint8, a crop of a face.
    """
    height, width = (side // _BLOCK_PX for side in grey.shape)
    whole = grey[: height * _BLOCK_PX, : width * _BLOCK_PX].astype(np.float32)
    middle = slice(_RIM_BLOCKS, -_RIM_BLOCKS)
    mean, mean_of_squares = (  # of each block
        cv2.resize(values, (width, height), interpolation=cv2.INTER_AREA)[middle, middle]
        for values in (whole, whole * whole)
    )
    seen = (mean > _CLIPPED[0]) & (mean < _CLIPPED[1])
    return float((seen & (mean_of_squares - mean * mean < (_SHADING * mean) ** 2)).mean())


def nose_offset(keypoints: NDArray[Any]) -> NDArray[np.float32]:
    """How far the nose lies from the middle of eyes and mouth along the line of the eyes, in eye distances.

    0 for a frontal face, growing with yaw either way, indifferent to roll, scale and place.

    Args:
        keypoints: (n, 5, 2) pixels.

    Returns:
        (n,).
    """
    eyes = keypoints[:, 1] - keypoints[:, 0]
    distance = np.maximum(np.linalg.norm(eyes, axis=1), 1e-3)
    middle = (keypoints[:, 0] + keypoints[:, 1] + keypoints[:, 3] + keypoints[:, 4]) / 4
    along = ((keypoints[:, 2] - middle) * eyes).sum(1) / distance
    return np.asarray(np.abs(along) / distance, np.float32)


def visible_share(boxes: NDArray[Any], height: int, width: int) -> NDArray[np.float32]:
    """Share of each box's area that lies inside the picture.

    Args:
        boxes: (n, 4).
        height: of the picture, in pixels.
        width: the same.

    Returns:
        (n,) 0–1.
    """
    return np.asarray(area(clip(boxes, height, width)) / np.maximum(area(boxes), 1e-3), np.float32)


def _variance(values: NDArray[Any]) -> float:
    return float(cv2.meanStdDev(values)[1][0, 0]) ** 2


def _short_side(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray((boxes[:, 2:] - boxes[:, :2]).min(1), np.float32)


def _factor(values: NDArray[Any], good_to_bad: tuple[float, float]) -> NDArray[np.float32]:
    good, bad = good_to_bad
    return np.clip((values - bad) / (good - bad), 0, 1).astype(np.float32)
