"""`Look`: what is to be seen in the frames of one stream: faces, and how the camera moved."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.faces import Faces
from mien.live.camera_motion import CameraMotion
from mien.live.load import Load
from mien.live.meter import Meter
from mien.pipeline import Stage

MOST_PAUSE: Final = 4
"""Frames in which the background of a camera that stands still is not looked at; when it moves, in every one again."""
STILL_PX: Final = 0.5
STILL_TURN: Final = 0.002  # radians, or share of zoom; as much at the edge of a picture of 500 pixels


class Look:
    """Seeks faces in every k-th frame; not to be called by several threads at once.

    Args:
        detect: finds faces.
        load: says what k is, and is told what the search took.
        meter: is told what it takes.
        camera_motion: whether to follow the background.
    """

    def __init__(self, detect: Stage, *, load: Load, meter: Meter, camera_motion: bool) -> None:
        self._detect, self._load, self._meter = detect, load, meter
        self._camera = CameraMotion() if camera_motion else None
        self._faces: NDArray[np.float32] | None = None  # as found last
        self._size: tuple[int, ...] | None = None
        self._until_detection = 0
        self._pause = self._rest = 0  # frames between two looks at the background, and until the next

    def at(
        self, image: NDArray[np.uint8], *, fps: float, live: bool
    ) -> tuple[Faces | None, NDArray[np.float32] | None]:
        """Looks at the next frame.

        Args:
            image: (h, w, 3) uint8 RGB.
            fps: frames a second that the source gives; 0 where not known yet.
            live: whether the source must be kept up with.

        Returns:
            The faces, None where they are not sought in this frame; and (2, 3) of the camera since the frame before,
            None where it is not followed.
        """
        size, self._size = self._size, image.shape[:2]
        motion, took_ms = None, 0.0
        if self._rest > 0:
            self._rest -= 1
        elif self._camera is not None:
            with self._meter.stage("camera motion") as took:
                motion = self._camera.estimate(image, self._faces)
            took_ms += took.wall_ms
            self._pause = 0 if _moves(motion) else min(self._pause + 1, MOST_PAUSE)
            self._rest = self._pause
        if size is not None and size != self._size:
            # As if the camera had zoomed: people stay where they are in the picture.
            scale = self._size[1] / size[1], self._size[0] / size[0]
            motion = np.array([[scale[0], 0, 0], [0, scale[1], 0]], np.float32)
        if self._until_detection > 0:
            self._until_detection -= 1
            return None, motion
        with self._meter.stage("detection") as took:
            faces = self._detect(image, Faces.empty())
        self._faces = faces.boxes
        self._load.searched(took_ms + took.wall_ms, fps=fps, live=live)
        self._until_detection = self._load.every - 1
        return faces, motion


def _moves(motion: NDArray[np.float32]) -> bool:
    change = np.abs(motion - np.eye(2, 3, dtype=np.float32))
    return bool(change[:, 2].max() > STILL_PX or change[:, :2].max() > STILL_TURN)
