"""What a column of `Faces` may hold: arrays and tuples are checked and copied, so that nobody else can change them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.errors import ShapeError


def array_column(name: str, value: Any, shape: tuple[int | str, ...], dtype: Any, count: int) -> NDArray[Any]:
    """The value as a read-only array that shares memory with no array of the caller's.

    Args:
        name: of the column, for messages.
        value: what came.
        shape: wanted; `"n"` stands for `count`, any other string for any number.
        dtype: wanted.
        count: of faces.

    Raises:
        ShapeError: another shape or type, or not finite.
    """
    try:
        array = np.asarray(value)
        if array.dtype != dtype:
            with np.errstate(over="ignore"):  # what becomes infinite is refused below
                array = array.astype(dtype)
    except (TypeError, ValueError) as error:
        raise ShapeError(f"{name} must be an array of {np.dtype(dtype)}: {error}") from error
    wanted = tuple(count if side == "n" else side for side in shape)
    fits = array.ndim == len(wanted) and all(
        isinstance(want, str) or side == want for side, want in zip(array.shape, wanted, strict=True)
    )
    if not fits:
        text = ", ".join(str(side) for side in shape) + ("," if len(shape) == 1 else "")
        remedy = f"; wrap one face as {name}[None]" if array.ndim == len(wanted) - 1 else f" with n = {count}"
        raise ShapeError(f"{name} must be ({text}), got {array.shape}{remedy}")
    if not np.isfinite(array).all():
        raise ShapeError(f"{name} must be finite numbers, got NaN or infinity; a column that is not known is None")
    if array.flags.writeable or not array.flags.owndata:  # a view shows what is written to its base
        array = array.copy()
        array.flags.writeable = False
    return array


def track_ids(value: Any, count: int) -> NDArray[np.int64]:
    """The column `track_id`.

    Raises:
        ShapeError: these are not n positive integers.
    """
    given = np.asarray(value)
    if given.size and not (given.dtype.kind in "iu" and (given > 0).all()):
        raise ShapeError(f"track_id must be positive integers, got {given.tolist()}; number people from 1")
    return array_column("track_id", value, ("n",), np.int64, count)


def reasons(value: Any, count: int) -> tuple[tuple[str, ...], ...]:
    """The column `quality_reasons`.

    Raises:
        ShapeError: these are not n tuples of words.
    """
    entries = _entries("quality_reasons", value, count)
    for entry in entries:
        if not isinstance(entry, (tuple, list)) or not all(isinstance(reason, str) for reason in entry):
            raise ShapeError(f"quality_reasons must be a tuple of words a face, got {entry!r}; write ('small',) or ()")
    return tuple(tuple(entry) for entry in entries)


def names(value: Any, count: int) -> tuple[str | None, ...]:
    """The column `identity`.

    Raises:
        ShapeError: these are not n names or None.
    """
    entries = _entries("identity", value, count)
    for entry in entries:
        if not isinstance(entry, (str, type(None))):
            raise ShapeError(f"identity must be a name or None a face, got {entry!r}")
    return entries


def _entries(name: str, value: Any, count: int) -> tuple[Any, ...]:
    if isinstance(value, str) or not np.iterable(value):
        raise ShapeError(f"{name} must be a tuple with one entry a face, got {value!r}")
    entries = tuple(value)
    if len(entries) != count:
        raise ShapeError(f"{name} must have one entry a face: got {len(entries)} for {count} boxes")
    return entries
