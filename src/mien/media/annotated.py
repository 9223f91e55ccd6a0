"""Annotated copies of pictures: what they are called, and writing them."""

from __future__ import annotations

import io
import itertools
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.errors import OutputError
from mien.media.atomic import make_folder, write_bytes
from mien.media.paths import is_file

_FORMATS: Final[Mapping[str, tuple[str, Mapping[str, Any]]]] = {
    **dict.fromkeys((".jpg", ".jpeg", ".jpe", ".jfif"), ("JPEG", {"quality": 92, "subsampling": 0})),
    ".png": ("PNG", {"compress_level": 3}),
    ".webp": ("WEBP", {"quality": 92}),
}
"""Ending → Pillow's name and settings; pictures of other kinds are written as PNG."""
_LONGEST_SIDE_PX: Final[Mapping[str, int]] = {"JPEG": 65_500, "WEBP": 16_383}
"""Of what the writers of these formats take; PNG holds any."""
_NAME_BYTES: Final = 255
"""Length of the longest file name on the usual file systems."""


def annotated_paths(paths: Iterable[Path], folder: Path, *, overwrite: bool = False) -> dict[Path, Path]:
    """Where each annotated copy goes: below `folder` as the pictures lie below the folder that holds them all.

    Args:
        paths: of the pictures; no two of them the same file.
        folder: for the copies.
        overwrite: whether copies may replace files that are there already; never one of the pictures.

    Returns:
        path → path of the copy, all different. A copy keeps the kind of its picture where that is JPEG, PNG or WebP;
        of others it is a PNG, and `.png` is put behind the name.

    Raises:
        OutputError: a copy would overwrite one of the pictures, or a file, where that is not allowed.
    """
    absolute = {path: Path(os.path.abspath(path)) for path in paths}  # noqa: PTH100 (resolve() would follow links)
    root = os.path.commonpath([path.parent for path in absolute.values()]) if absolute else ""
    originals = {os.path.realpath(path) for path in absolute}
    taken: set[Path] = set()
    copies = {}
    for path, place in absolute.items():
        copy = folder / place.relative_to(root)
        if copy.suffix.lower() not in _FORMATS:
            copy = _named(copy, copy.name, ".png")
        number = 2
        while copy in taken:
            copy = _numbered(copy, number)
            number += 1
        if os.path.realpath(copy) in originals:
            raise OutputError(f"{copy}: the annotated copy would overwrite a picture; name another folder")
        _check_free(copy, overwrite)
        taken.add(copy)
        copies[path] = copy
    return copies


def write_image(path: Path, image: NDArray[np.uint8]) -> None:
    """Write a picture, whole or not at all, in the format of its ending; its folder is made where it is missing.

    A picture too large for its format is written as PNG, with `.png` behind the name, which replaces no file.

    Args:
        path: ending in `.jpg`, `.png` or `.webp`.
        image: (h, w, 3) uint8 RGB.

    Raises:
        OutputError: it cannot be written.
    """
    name, settings = _FORMATS[path.suffix.lower()]
    if max(image.shape) > _LONGEST_SIDE_PX.get(name, max(image.shape)):
        path = _free(_named(path, path.name, ".png"))
        name, settings = _FORMATS[".png"]
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, name, **settings)
    make_folder(path.parent)
    write_bytes(path, stream.getvalue())


def _named(path: Path, stem: str, ending: str) -> Path:
    """The path with another name, its stem cut where the name would be too long for a file."""
    while len(os.fsencode(stem + ending)) > _NAME_BYTES:
        stem = stem[:-1]
    return path.with_name(stem + ending)


def _numbered(path: Path, number: int) -> Path:
    return _named(path, path.stem, f"-{number}{path.suffix}")


def _free(path: Path) -> Path:
    """The path, with the first number behind its stem that makes it a new file."""
    numbered = (_numbered(path, number) for number in itertools.count(2))
    return next(one for one in itertools.chain([path], numbered) if not os.path.lexists(one))


def _check_free(copy: Path, overwrite: bool) -> None:
    if os.path.lexists(copy) and not (overwrite and is_file(copy)):
        remedy = "name another folder" if overwrite else "name another folder, or allow it with --overwrite"
        raise OutputError(f"{copy}: is there already, and the annotated copy would replace it; {remedy}")
