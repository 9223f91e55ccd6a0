"""Tracks as text in the format of the MOT Challenge (Milan et al. 2016, arXiv 1603.00831, sec. 3.4).

One line a box: `frame,id,left,top,width,height,conf,x,y,z`, frames counted from 1. In truth, `conf` 0 marks a box that
is neither asked for nor punished; in results it is the score.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.errors import DatasetError, ShapeError
from mien.media.atomic import write_bytes

_FIELDS: Final = 7  # that are used; the rest is for three dimensions
_REST: Final = "-1,-1,-1"


@dataclass(frozen=True, kw_only=True, eq=False)
class MotFrame:
    """The boxes of one frame.

    Attributes:
        ids: (n,) int64, each once.
        boxes: (n, 4) float32 pixels x1 y1 x2 y2.
        conf: (n,) float32; 0 in truth is a box that does not count.

    Raises:
        ShapeError: the arrays do not fit each other, or an id comes twice.
    """

    ids: NDArray[np.int64]
    boxes: NDArray[np.float32]
    conf: NDArray[np.float32]

    def __post_init__(self) -> None:
        count = len(self.ids)
        if self.boxes.shape != (count, 4) or self.conf.shape != (count,):
            raise ShapeError(
                f"boxes must be ({count}, 4) and conf ({count},) for {count} ids, "
                f"got {self.boxes.shape} and {self.conf.shape}"
            )
        if len(set(self.ids.tolist())) < count:
            raise ShapeError(f"ids of a frame must differ, got {self.ids.tolist()}; a person has one box a frame")

    @classmethod
    def of(cls, rows: Iterable[tuple[int, Sequence[float] | NDArray[Any], float]]) -> MotFrame:
        """A frame from (id, box, conf) triples."""
        ids, boxes, conf = zip(*rows, strict=True) if (rows := list(rows)) else ((), (), ())
        return cls(
            ids=np.array(ids, np.int64),
            boxes=np.array(boxes, np.float32).reshape(-1, 4),
            conf=np.array(conf, np.float32),
        )

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, rows: NDArray[Any]) -> MotFrame:
        return MotFrame(ids=self.ids[rows], boxes=self.boxes[rows], conf=self.conf[rows])


def read_mot(path: Path) -> dict[int, MotFrame]:
    """Frame number, from 1 → its boxes; frames without boxes are not there.

    Raises:
        DatasetError: the file cannot be read, or a line is not of the format; it is named.
    """
    rows: dict[int, list[tuple[int, list[float], float]]] = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path} cannot be read: {error}") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            frame, track_id, left, top, width, height, conf = (float(cell) for cell in line.split(",")[:_FIELDS])
        except ValueError as error:
            raise DatasetError(
                f"{path}:{number} is not frame,id,left,top,width,height,conf: {line[:60]!r}; numbers are wanted"
            ) from error
        rows.setdefault(int(frame), []).append((int(track_id), [left, top, left + width, top + height], conf))
    try:
        return {frame: MotFrame.of(found) for frame, found in sorted(rows.items())}
    except ShapeError as error:
        raise DatasetError(f"{path}: {error}") from error


def write_mot(path: Path, frames: Mapping[int, MotFrame]) -> None:
    """Writes frames as `read_mot` reads them, coordinates to 0.01 pixels.

    Raises:
        OutputError: the file cannot be written.
    """
    lines = []
    for number, frame in sorted(frames.items()):
        for track_id, (x1, y1, x2, y2), conf in zip(frame.ids, frame.boxes, frame.conf, strict=True):
            lines.append(f"{number},{track_id},{x1:.2f},{y1:.2f},{x2 - x1:.2f},{y2 - y1:.2f},{conf:.6g},{_REST}\n")
    write_bytes(path, "".join(lines).encode())
