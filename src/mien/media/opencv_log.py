"""`quieten_opencv`: keeps OpenCV and FFmpeg from writing to standard error."""

from __future__ import annotations

import os


def quieten_opencv() -> None:
    """Silence both for the whole process; for programs that own it, such as the command line.

    They write at every failed attempt to open a stream and at every damaged frame, past Python, into whatever table is
    on the terminal. What matters of it is told by Mien's errors, events and `Source.problems`. To be called before the
    first video is opened, which is when OpenCV looks at the variable; one that is set already is left alone, so that
    `OPENCV_FFMPEG_LOGLEVEL=32` still shows all (OpenCV then writes FFmpeg's part of it to standard output).
    """
    if os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8") == "-8":  # AV_LOG_QUIET
        import cv2

        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
