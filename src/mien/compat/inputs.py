"""What DeepFace takes for a picture, as (h, w, 3) uint8 RGB. Its arrays are BGR, as OpenCV's are."""

from __future__ import annotations

import base64
import binascii
import os
import re
from collections.abc import Sequence
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.compat.addresses import fetch, is_address
from mien.errors import ImageError, InputError, ShapeError
from mien.media.formats import find_opener
from mien.media.images import read_image
from mien.media.paths import is_file

Picture = str | os.PathLike[str] | bytes | IO[bytes] | NDArray[Any]
"""A path, base64, an address, a file's bytes, a file opened for reading bytes, or a BGR array."""
Pictures = Picture | Sequence[Picture]
"""One, or many: a list, or an array (n, h, w, 3)."""

_DATA_URL: Final = re.compile(r"data:[^,]*,")
_LEAST_BASE64: Final = 64  # characters; no picture is smaller, and few paths are longer
_SLACK: Final = 1e-3  # resizing carries floats beyond white by less
_UINT8_MAX: Final = 255


def split(pictures: Pictures) -> tuple[list[Picture], bool]:
    """The pictures one by one, and whether they came as many.

    Raises:
        InputError: an empty list.
    """
    if isinstance(pictures, np.ndarray) and pictures.ndim == 4:
        many: list[Picture] = list(pictures)
    elif isinstance(pictures, (list, tuple)):
        many = list(pictures)
    else:
        return [pictures], False  # type: ignore[list-item] # a str is a Sequence, too
    if not many:
        raise InputError("an empty list of pictures; give one or more")
    return many, True


def read(picture: Picture, *, allow_urls: bool = False) -> NDArray[np.uint8]:
    """One picture.

    Arrays are grey, BGR or BGRA: whole numbers from 0 to 255, floats from 0 to 1, or floats from 0 to 255.

    Args:
        picture: in any of the ways above.
        allow_urls: whether a web address is fetched.

    Raises:
        ImageError: it is not there, no picture, or damaged; or an address that is not allowed.
        ShapeError: an array of another shape, type or range.
    """
    if picture is None:
        raise ImageError("None is no picture; cv2.imread gives it for a file that is not there or cannot be read")
    if isinstance(picture, str):
        return _of_text(picture, allow_urls)
    if isinstance(picture, np.ndarray):
        return read_image(_rgb(_levels(picture)))
    return read_image(picture)


def base64_bytes(text: str) -> bytes | None:
    """The bytes of a picture's file in base64, with or without the head of a data URL; `None` for other text.

    Raises:
        ImageError: a data URL, but not of base64.
    """
    if found := _DATA_URL.match(text):
        return _decoded(text[found.end() :], "the data URL")
    if len(text) < _LEAST_BASE64:
        return None
    try:
        data = _decoded(text, "the text")
    except ImageError:
        return None
    return None if find_opener(data) is None else data


def _of_text(text: str, allow_urls: bool) -> NDArray[np.uint8]:
    if not text:
        raise ImageError("an empty path names nothing; name a file")
    if is_address(text):
        if not allow_urls:
            raise ImageError(f"{text[:200]}: addresses are fetched only with allow_urls=True")
        return read_image(fetch(text))
    if is_file(text):
        return read_image(text)
    data = base64_bytes(text)
    return read_image(text if data is None else data)


def _decoded(text: str, what: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ImageError(f"{what}: not base64 ({error}); encode the bytes of the picture's file") from error


def _levels(array: NDArray[Any]) -> NDArray[Any]:
    """The same picture in a range that `read_image` takes."""
    if array.size == 0 or array.dtype in (np.uint8, np.uint16, np.bool_):
        return array
    if not (np.issubdtype(array.dtype, np.integer) or np.issubdtype(array.dtype, np.floating)):
        raise ShapeError(f"a picture must be an array of numbers, got {array.dtype}; is it what cv2.imread gave?")
    low, high = float(array.min()), float(array.max())
    white = 1 if np.issubdtype(array.dtype, np.floating) and high <= 1 + _SLACK else _UINT8_MAX
    if not (low >= -_SLACK * white and high <= white * (1 + _SLACK)):  # NaN is wrong too
        raise ShapeError(
            f"a picture must hold numbers from 0 to 255, or floats from 0 to 1, got {low:g} to {high:g}; scale it"
        )
    clipped = np.clip(array, 0, white)
    return np.asarray(clipped if white == 1 else np.rint(clipped).astype(np.uint8))


def _rgb(array: NDArray[Any]) -> NDArray[Any]:
    if array.ndim == 3 and array.shape[2] in (3, 4):
        return np.ascontiguousarray(array[:, :, [2, 1, 0, *range(3, array.shape[2])]])
    return array
