"""`Stream`: frames of an RTSP or HTTP stream."""

from __future__ import annotations

import socket
import time
from typing import Final
from urllib.parse import urlsplit

import cv2

from mien.errors import SourceLostError, VideoError
from mien.frames import Frame
from mien.media.address import without_secrets
from mien.media.source import ended_early
from mien.media.timeline import Timeline
from mien.media.video_file import DECODE_THREADS
from mien.media.video_reader import FFMPEG, VideoReader
from mien.media.video_source import VideoSource

OPEN_TIMEOUT_S: Final = 10.0  # cameras take a few seconds until the first key frame
READ_TIMEOUT_S: Final = 5.0  # several key frame intervals of usual cameras
_ALMOST: Final = 0.95  # of a time-out: OpenCV's clock and ours differ by a little
_PROBE_TIMEOUT_S: Final = 2.0
_PORTS: Final = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}
_INVENTS_RATE: Final = b"MJPG"
"""Pictures after pictures without a clock: FFmpeg states 25 a second whatever their rate is."""


class Stream(VideoSource):
    """Frames that come over the network.

    RTSP is asked for over TCP, which loses nothing on the way, and over UDP where the camera has no TCP; FFmpeg's
    options can be set by the environment variable `OPENCV_FFMPEG_CAPTURE_OPTIONS`, as for all that uses OpenCV.

    A video that lies on a server and states its length is no live source: it is read to its end, in order.

    Args:
        address: with user and password where needed; they are shown nowhere.
        open_timeout_s: seconds for the server to answer and describe the stream.
        read_timeout_s: seconds without a frame after which the stream counts as lost.
        live: whether it is live, where its statement of a length is known to be wrong.
        threads: that decode it.
    """

    def __init__(
        self,
        address: str,
        *,
        open_timeout_s: float = OPEN_TIMEOUT_S,
        read_timeout_s: float = READ_TIMEOUT_S,
        live: bool | None = None,
        threads: int = DECODE_THREADS,
    ) -> None:
        super().__init__(without_secrets(address), is_live=live is not False)
        self._address = address
        self._open_timeout_s, self._read_timeout_s = open_timeout_s, read_timeout_s
        self._settings = {
            cv2.CAP_PROP_OPEN_TIMEOUT_MSEC: round(open_timeout_s * 1000),
            cv2.CAP_PROP_READ_TIMEOUT_MSEC: round(read_timeout_s * 1000),
            cv2.CAP_PROP_N_THREADS: threads,
        }
        self._live = live
        self._timeline = Timeline(None)

    def open(self) -> None:
        """Connect, or connect again.

        Raises:
            VideoError: no answer, or none with a video; why, and the remedy.
        """
        self.close()
        began_s = time.monotonic()
        reader = VideoReader(self._address, FFMPEG, self._settings)
        if not reader.is_open:
            reader.close()
            raise VideoError(f"{self.name}: {self._why_not(time.monotonic() - began_s)}")
        self._opened(reader)
        self.is_live = reader.frame_count is None if self._live is None else self._live
        if self.is_live:
            self.fps = None if reader.codec == _INVENTS_RATE else reader.fps
        else:
            self.frame_count = reader.frame_count
            self._timeline = Timeline(self.fps)

    def read(self) -> Frame | None:
        """The next frame, waited for as long as `read_timeout_s`; None at the end of one that is not live.

        Raises:
            SourceLostError: a live stream gives no more frames.
            VideoError: one that is not live has no frames.
        """
        reader = self._reader
        began_s = time.monotonic()
        grabbed = reader.grab()
        waited_s, elapsed_s = time.monotonic() - began_s, self._elapsed_s()
        image = reader.retrieve() if grabbed else None
        if image is None:
            self._end(waited_s)
            return None
        return self._frame(image, elapsed_s if self.is_live else self._timeline.place(reader.position_s))

    def _end(self, waited_s: float) -> None:
        """What to make of a read without a frame."""
        timed_out = waited_s >= self._read_timeout_s * _ALMOST
        reason = f"no frame for {self._read_timeout_s:g} s" if timed_out else "the connection or the stream ended"
        if self.is_live:
            raise SourceLostError(f"{self.name}: {reason}; check the camera and the network")
        if self._index == 0:
            raise VideoError(f"{self.name}: a video without a single frame that can be read; {reason}")
        if timed_out or ended_early(self._index, self.frame_count):
            self._problems.append(f"{self.name}: {reason} after {self._index} of {self.frame_count} frames")

    def _why_not(self, waited_s: float) -> str:
        """Why it could not be opened, which OpenCV does not tell, and the remedy."""
        if waited_s >= self._open_timeout_s * _ALMOST:
            return f"no answer within {self._open_timeout_s:g} s; check the address, or raise the open time-out"
        try:
            parts = urlsplit(self.name)  # in which no part of a password can be taken for a host
            host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme.lower()]
            socket.create_connection((host, port), timeout=_PROBE_TIMEOUT_S).close()
        except ValueError:
            return "not an address that can be understood; in a password write %40 for @, %2F for / and %3A for :"
        except socket.gaierror:
            return f"no host of the name {host} is known; check the address"
        except ConnectionRefusedError:
            return f"nothing answers at port {port} of {host}; check the port, and that the camera's server is on"
        except OSError as error:
            return f"{host} cannot be reached: {error.strerror or error}; check the network"
        return "it answers, but not with a video; check the path, and the user and password in the address"
