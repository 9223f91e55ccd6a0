"""Pillow pictures and NumPy arrays of any kind to (h, w, 3) uint8 RGB. Transparent parts are laid over white."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

from mien.errors import ImageError, ShapeError
from mien.media.formats import DAMAGED

BACKGROUND: Final = (255, 255, 255, 255)
_MAX_UINT16: Final = 65535
_ACCEPTED: Final = "(h, w), (h, w, 1), (h, w, 3) or (h, w, 4) of uint8, uint16, bool, or floats from 0 to 1"
_UPRIGHT: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF orientation → the turn that undoes it (EXIF 2.32, tag 0x0112)."""


def pil_to_rgb(image: Image.Image) -> NDArray[np.uint8]:
    """A Pillow picture, loaded and set upright.

    Raises:
        ImageError: its pixels have no defined white.
    """
    image.load()  # TIFF's reader turns the picture itself here, so the orientation is looked up afterwards
    turn = _UPRIGHT.get(_orientation(image))
    if turn is not None:
        image = image.transpose(turn)
    if image.mode == "RGB" and "transparency" not in image.info:
        return np.asarray(image)
    if image.mode.startswith("I") or image.mode == "F":
        return _grey_to_rgb(_deep_grey(image))
    if image.has_transparency_data or image.mode in ("La", "RGBa"):
        return _over_white(image)
    return np.asarray(image.convert("RGB"))


def array_to_rgb(array: NDArray[Any]) -> NDArray[np.uint8]:
    """A NumPy picture; an (h, w, 3) uint8 array that is C-contiguous comes back as it is, not copied.

    Raises:
        ShapeError: its shape, type or range is none of those accepted.
    """
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (1, 3, 4)) or 0 in array.shape:
        hint = "; move the channels last: array.transpose(1, 2, 0)" if _channels_first(array) else ""
        raise ShapeError(f"an image array must be {_ACCEPTED}; got shape {array.shape}{hint}")
    pixels = _to_uint8(array)
    if pixels.ndim == 2 or pixels.shape[2] == 1:
        return _grey_to_rgb(pixels.reshape(pixels.shape[:2]))
    if pixels.shape[2] == 4:
        return _over_white(Image.fromarray(np.ascontiguousarray(pixels)))
    return np.ascontiguousarray(pixels)


def _orientation(image: Image.Image) -> int:
    try:
        value = image.getexif().get(ExifTags.Base.Orientation)
    except DAMAGED:
        return 1  # a picture whose EXIF cannot be read is still a picture
    return value if isinstance(value, int) else 1


def _deep_grey(image: Image.Image) -> NDArray[np.uint8]:
    """(h, w) of a grey picture with more than 8 bits: Pillow's `convert` would clip it at 255."""
    values = np.asarray(image)
    low, high = float(values.min()), float(values.max())
    if image.mode == "F":
        if low >= 0 and high <= 1:
            return _to_uint8(values)
        wanted = "floats from 0 to 1"
    else:
        if low >= 0 and high <= _MAX_UINT16:
            return _to_uint8(values.astype(np.uint16))
        wanted = f"integers from 0 to {_MAX_UINT16}"
    raise ImageError(
        f"a picture with 32 bits a pixel must hold {wanted}, got {low:g} to {high:g}; save it with 8 or 16 bits"
    )


def _to_uint8(array: NDArray[Any]) -> NDArray[np.uint8]:
    if array.dtype == np.uint8:
        return array
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(255)
    if array.dtype.newbyteorder("=") == np.uint16:
        return ((array.astype(np.uint32) + 128) // 257).astype(np.uint8)  # 65535 = 257 · 255
    if not np.issubdtype(array.dtype, np.floating):
        raise ShapeError(f"an image array must be {_ACCEPTED}; got {array.dtype}; convert it with .astype(np.uint8)")
    low, high = float(array.min()), float(array.max())
    if not (low >= 0 and high <= 1):
        raise ShapeError(f"an image array of floats must lie in 0 to 1, got {low:g} to {high:g}; divide by its white")
    return np.asarray(np.rint(array * 255), np.uint8)


def _grey_to_rgb(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.repeat(grey[:, :, None], 3, axis=2)


def _over_white(image: Image.Image) -> NDArray[np.uint8]:
    if image.mode == "La":
        image = image.convert("LA")  # Pillow knows no direct way
    front = image.convert("RGBA")
    return np.asarray(Image.alpha_composite(Image.new("RGBA", front.size, BACKGROUND), front).convert("RGB"))


def _channels_first(array: NDArray[Any]) -> bool:
    return array.ndim == 3 and array.shape[0] in (1, 3, 4)
