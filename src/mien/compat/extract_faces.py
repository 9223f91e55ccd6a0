"""`extract_faces`: pictures of the faces in a picture."""

from __future__ import annotations

import math
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.compat.inputs import Pictures, split
from mien.compat.looked import FaceOptions, Looked, look
from mien.compat.notes import note
from mien.errors import UnknownNameError

COLOURS: Final = ("rgb", "bgr", "gray")


def extract_faces(
    img_path: Pictures,
    detector_backend: str = "opencv",
    enforce_detection: bool = True,
    align: bool = True,
    expand_percentage: int = 0,
    grayscale: bool = False,
    color_face: str = "rgb",
    normalize_face: bool = True,
    anti_spoofing: bool = False,
    *,
    strict: bool = False,
    allow_urls: bool = False,
) -> list[dict[str, Any]] | list[list[dict[str, Any]]]:
    """Every face in a picture, cut out.

    Args:
        img_path: a picture, or many.
        detector_backend: see `mien.compat.names`.
        enforce_detection: whether a picture without a face is an error.
        align: whether faces are turned so that the eyes are level.
        expand_percentage: by how much the boxes are made larger.
        grayscale: the same as `color_face="gray"`, which takes its place.
        color_face: one of `COLOURS`, the order of the face's channels.
        normalize_face: whether the face is floats from 0 to 1; else it is uint8.
        anti_spoofing: refused.
        strict: whether to refuse detectors that we don't have.
        allow_urls: whether a web address is fetched.

    Returns:
        A dictionary a face: `face` (h, w, 3), or (h, w) of grey, `facial_area` and `confidence`. Of many pictures a
        list of such lists.

    Raises:
        InputError: an argument cannot be used.
        NoFaceError: there is no face, and `enforce_detection` is on.
    """
    if color_face not in COLOURS:
        raise UnknownNameError("color_face", color_face, COLOURS)
    if grayscale:
        note("grayscale is out of date; color_face='gray' takes its place")
        color_face = "gray"
    options = FaceOptions(
        detector_backend=detector_backend,
        enforce_detection=enforce_detection,
        align=align,
        expand_percentage=expand_percentage,
        anti_spoofing=anti_spoofing,
        strict=strict,
        allow_urls=allow_urls,
    )
    pictures, many = split(img_path)
    results = []
    for picture in pictures:
        looked = look(picture, (), options)
        results.append(
            [
                {
                    "face": _as_asked(cut(looked, area, align=align), color_face, normalize_face),
                    "facial_area": area,
                    "confidence": score,
                }
                for area, score in zip(looked.areas(), looked.confidences(), strict=True)
            ]
        )
    return results if many else results[0]


def cut(looked: Looked, area: dict[str, Any], *, align: bool) -> NDArray[np.uint8]:
    """The picture of one face.

    Args:
        looked: the picture.
        area: of `looked.areas()`.
        align: whether to turn the picture about the face's middle so that the eyes are level; what comes from beyond
            the picture is black.

    Returns:
        (area["h"], area["w"], 3) uint8 RGB.
    """
    x, y, w, h = (area[key] for key in "xywh")
    if not align or area["left_eye"] is None:
        return np.ascontiguousarray(looked.image[y : y + h, x : x + w])
    (left_x, left_y), (right_x, right_y) = area["left_eye"], area["right_eye"]
    angle = math.degrees(math.atan2(left_y - right_y, left_x - right_x))  # the person's left eye is the right-hand one
    turn = cv2.getRotationMatrix2D((x + (w - 1) / 2, y + (h - 1) / 2), angle, 1.0)
    turn[:, 2] -= (x, y)
    # Of a large picture only what the turned face may show is handed over: OpenCV takes sides up to 32,766.
    reach = math.ceil(math.hypot(w, h) / 2) + 1
    left, top = max(x + w // 2 - reach, 0), max(y + h // 2 - reach, 0)
    part = looked.image[top : y + h // 2 + reach, left : x + w // 2 + reach]
    turn[:, 2] += turn[:, :2] @ (left, top)
    return np.asarray(cv2.warpAffine(np.ascontiguousarray(part), turn, (w, h), flags=cv2.INTER_LINEAR), np.uint8)


def _as_asked(face: NDArray[np.uint8], colour: str, normalize: bool) -> NDArray[Any]:
    if colour == "bgr":
        face = np.ascontiguousarray(face[:, :, ::-1])
    elif colour == "gray":
        face = np.asarray(cv2.cvtColor(face, cv2.COLOR_RGB2GRAY), np.uint8)
    return face / 255 if normalize else face
