"""`Camera`: frames of a webcam or another camera of this computer."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Final

import cv2

from mien.errors import SourceLostError, VideoError
from mien.frames import Frame
from mien.media.video_reader import VideoReader
from mien.media.video_source import VideoSource

_DEVICES: Final = Path("/dev")  # of Linux: video0, video1, …
_ON_LINUX: Final = sys.platform == "linux"


class Camera(VideoSource):
    """A camera of this computer.

    One that is unplugged is lost, and can be opened again once it is back.

    Args:
        camera: its number, from 0, or on Linux the path of its device.
        size: width and height in pixels to ask of it; it gives the nearest that it has. None for its default.
    """

    def __init__(self, camera: int | str, *, size: tuple[int, int] | None = None) -> None:
        super().__init__(f"camera {camera}" if isinstance(camera, int) else camera, is_live=True)
        self._camera = camera
        self._settings: dict[int, int] = {}
        if size is not None:
            # Uncompressed, USB 2 carries 1280 × 720 only ten times a second.
            self._settings[cv2.CAP_PROP_FOURCC] = cv2.VideoWriter.fourcc(*"MJPG")
            self._settings |= dict(zip((cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT), size, strict=True))

    def open(self) -> None:
        """Open it, or open it again once it is back.

        Raises:
            VideoError: it is not there, may not be used, or is in use.
        """
        self.close()
        if _ON_LINUX:
            self._check_device()
        reader = VideoReader(self._camera, cv2.CAP_V4L2 if _ON_LINUX else cv2.CAP_ANY, self._settings)
        if not reader.is_open:
            reader.close()
            raise VideoError(
                f"{self.name}: cannot be opened; close other programs that use it, check that this one may use "
                "cameras, or try another number"
            )
        self._opened(reader)

    def read(self) -> Frame:
        """The next picture; waits for it.

        Raises:
            SourceLostError: it gives no more pictures.
        """
        reader = self._reader
        grabbed = reader.grab()
        time_s = self._elapsed_s()
        image = reader.retrieve() if grabbed else None
        if image is None:
            raise SourceLostError(f"{self.name}: gives no more pictures; check that it is plugged in")
        return self._frame(image, time_s)

    def _check_device(self) -> None:
        """What can be told before OpenCV, which gives no reasons, is asked."""
        device = _DEVICES / f"video{self._camera}" if isinstance(self._camera, int) else Path(self._camera)
        if not device.exists():
            raise VideoError(f"{self.name}: there is no {device}; {_known_cameras()}")
        if not os.access(device, os.R_OK | os.W_OK):
            raise VideoError(f"{self.name}: {device} may not be used by you; add yourself to the group video")


def _known_cameras() -> str:
    names = (re.fullmatch(r"video(\d+)", path.name) for path in _DEVICES.glob("video*"))
    numbers = sorted(int(name[1]) for name in names if name)
    if not numbers:
        return "no camera is found; plug one in, or name a video file or the address of a stream"
    return f"cameras found: {', '.join(map(str, numbers))}"
