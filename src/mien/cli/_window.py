"""A window with the picture, where there is a display."""

from __future__ import annotations

import os
import re
import sys
from types import TracebackType
from typing import Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.errors import MienError

TITLE: Final = "Mien"
_ESCAPE: Final = 27


class Window:
    """Shows frames until it is closed.

    Raises:
        MienError: there is no display, or this OpenCV has no windows; and the remedy.
    """

    def __init__(self) -> None:
        if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
            raise MienError("--window: there is no display here; write a video with --video FILE instead")
        if re.search(r"^\s*GUI:\s*NONE", cv2.getBuildInformation(), re.MULTILINE):
            raise MienError(
                "--window: opencv-python-headless, which comes with Mien, has no windows; run: pip uninstall "
                "opencv-python-headless && pip install 'opencv-python>=4.14,<5'; or write a video with --video FILE"
            )
        cv2.namedWindow(TITLE, cv2.WINDOW_NORMAL)

    def show(self, image: NDArray[np.uint8]) -> bool:
        """Show a picture.

        Args:
            image: (h, w, 3) uint8 RGB.

        Returns:
            False once the window was closed, or q or Escape was pressed in it.
        """
        cv2.imshow(TITLE, cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        key = cv2.waitKey(1) & 0xFF
        return key not in (ord("q"), _ESCAPE) and cv2.getWindowProperty(TITLE, cv2.WND_PROP_VISIBLE) >= 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        cv2.destroyWindow(TITLE)
