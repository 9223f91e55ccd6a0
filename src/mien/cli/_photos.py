"""The pictures that a command is given: finding and reading them."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mien.errors import ImageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mien.media.images import ImageLimits

Inputs = Mapping[str, ImageError | None]
"""Paths of pictures; with an error, what was given instead of one."""

_READ_AHEAD: Final = 2  # pictures decoded while one is profiled


def find_inputs(patterns: Sequence[str], *, skip: str | None) -> Inputs:
    """The pictures named, each file once, and the folders that cannot be searched for any.

    Args:
        patterns: files, folders and glob patterns.
        skip: a folder in those searched that is passed over.
    """
    from mien.media.find import find_images

    inputs: dict[str, ImageError | None] = {}
    seen: set[str] = set()

    def note(folder: Path, error: ImageError) -> None:
        inputs[str(folder)] = error

    for pattern in patterns:
        try:
            found = {os.path.realpath(path): path for path in find_images([pattern], skip=skip, unreadable=note)}
        except ImageError as error:
            inputs[pattern] = error
        else:
            inputs |= {str(path): None for place, path in found.items() if place not in seen}
            seen |= found.keys()
    return inputs


def read_ahead(inputs: Inputs, limits: ImageLimits) -> Iterator[tuple[str, Future[NDArray[np.uint8]]]]:
    """Every input in order, the next ones being decoded on another core."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        waiting: deque[tuple[str, Future[NDArray[np.uint8]]]] = deque()
        for name, error in inputs.items():
            waiting.append((name, pool.submit(_read, name, error, limits)))
            if len(waiting) > _READ_AHEAD:
                yield waiting.popleft()
        yield from waiting


def _read(name: str, error: ImageError | None, limits: ImageLimits) -> NDArray[np.uint8]:
    from mien.media.images import read_image

    if error is not None:
        raise error
    return read_image(name, limits=limits)
