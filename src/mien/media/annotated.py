"""Annotated copies of pictures: what they are called, and writing them."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.errors import OutputError
from mien.media.atomic import make_folder, write_bytes

_FORMATS: Final[Mapping[str, tuple[str, Mapping[str, Any]]]] = {
    **dict.fromkeys((".jpg", ".jpeg", ".jpe", ".jfif"), ("JPEG", {"quality": 92, "subsampling": 0})),
    ".png": ("PNG", {"compress_level": 3}),
    ".webp": ("WEBP", {"quality": 92}),
}
"""Ending → Pillow's name and settings; pictures of other kinds are written as PNG."""


def annotated_paths(paths: Iterable[Path], folder: Path) -> dict[Path, Path]:
    """Where each annotated copy goes: below `folder` as the pictures lie below the folder that holds them all.

    Args:
        paths: of the pictures; no two of them the same file.
        folder: for the copies.

    Returns:
        path → path of the copy, all different. A copy keeps the kind of its picture where that is JPEG, PNG or WebP;
        of others it is a PNG, and `.png` is put behind the name.

    Raises:
        OutputError: a copy would overwrite one of the pictures.
    """
    absolute = {path: Path(os.path.abspath(path)) for path in paths}  # noqa: PTH100 (resolve() would follow links)
    root = os.path.commonpath([path.parent for path in absolute.values()]) if absolute else ""
    originals = {path.resolve() for path in absolute}
    taken: set[Path] = set()
    copies = {}
    for path, place in absolute.items():
        copy = folder / place.relative_to(root)
        if copy.suffix.lower() not in _FORMATS:
            copy = copy.with_name(f"{copy.name}.png")
        number = 2
        while copy in taken:
            copy = copy.with_name(f"{copy.stem}-{number}{copy.suffix}")
            number += 1
        if copy.resolve() in originals:
            raise OutputError(f"{copy}: the annotated copy would overwrite a picture; name another folder")
        taken.add(copy)
        copies[path] = copy
    return copies


def write_image(path: Path, image: NDArray[np.uint8]) -> None:
    """Write a picture, whole or not at all, in the format of its ending; its folder is made where it is missing.

    Args:
        path: ending in `.jpg`, `.png` or `.webp`.
        image: (h, w, 3) uint8 RGB.

    Raises:
        OutputError: it cannot be written.
    """
    name, settings = _FORMATS[path.suffix.lower()]
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, name, **settings)
    make_folder(path.parent)
    write_bytes(path, stream.getvalue())
