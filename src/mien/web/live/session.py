"""`Session`: one browser that sends frames of its camera and is told who is in view."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from simple_websocket import Server

from mien.errors import GalleryError, ImageError, ModelError
from mien.media.images import ImageLimits, read_image
from mien.web.analysis import without_name
from mien.web.live import protocol
from mien.web.live.names import stream_names
from mien.web.live.protocol import FrameMessage, ProtocolError, Wish
from mien.web.live.stream import PeopleStream
from mien.web.metrics import stopwatch
from mien.web.recordings import BROWSER, keep_nothing
from mien.web.services import Services
from mien.web.sockets import INVALID, POLICY, UNEXPECTED, Ending

if TYPE_CHECKING:
    from mien.audience.sight import Sight

POLL_S: Final = 0.25  # how soon it is seen that the server stops
MOST_WAITING: Final = 16
"""Messages that may wait: the window, and as much again for every quarter of a second that a slow frame takes."""
MOST_UNREADABLE: Final = 10  # frames in a row; a browser that sends so many will not send better ones
_LOG: Final = logging.getLogger(__name__)


class Session:
    """Reads frames and answers them until one side has had enough.

    Args:
        socket: open.
        shared: of the app.
    """

    def __init__(self, socket: Server, shared: Services) -> None:
        self._socket, self._shared = socket, shared
        self._limits = ImageLimits(max_pixels=shared.settings.max_frame_pixels)
        self._attributes = protocol.DEFAULT_WISH
        self._time_s = -1.0
        self._unreadable = 0
        self._keep: Callable[[Sight], None] = keep_nothing

    def run(self) -> None:
        """Until the browser goes or the server stops.

        Raises:
            Ending: why the server has had enough.
            ConnectionClosed: the browser has gone.
            OSError: it takes no answers.
        """
        try:
            networks = self._shared.profilers.live()
            stream = PeopleStream(networks, names=stream_names(self._shared.gallery))
            self._socket.send(protocol.ready())
            heard_s = time.monotonic()
            with self._shared.recordings.of(BROWSER, networks) as self._keep:
                while not self._shared.closing.is_set():
                    message = self._socket.receive(timeout=POLL_S)
                    if message is not None:
                        heard_s = time.monotonic()
                        self._take(message, stream)
                    elif time.monotonic() - heard_s > (idle_s := self._shared.settings.idle_timeout_s):
                        raise Ending(POLICY, f"nothing came for {idle_s:g} s", reason="idle")
        except ProtocolError as error:
            raise Ending(INVALID, str(error), reason="garbage") from error
        except ModelError as error:
            raise Ending(UNEXPECTED, "a network cannot be used; the server's log says more", reason="model") from error
        except GalleryError as error:
            _LOG.error("%s", error)
            raise Ending(
                UNEXPECTED, "the gallery cannot be used; the server's log says more", reason="gallery"
            ) from error

    def _take(self, message: str | bytes, stream: PeopleStream) -> None:
        """This message and those that wait behind it; of frames the newest is answered."""
        newest: bytes | None = None
        for _ in range(MOST_WAITING):
            if isinstance(message, str):
                wish = Wish.read(message)
                self._attributes = self._attributes if wish.attributes is None else wish.attributes
            else:
                if newest is not None:
                    self._shared.metrics.live_frames.labels("dropped").inc()
                newest = message
            if not self._socket.input_buffer:
                break
            message = self._socket.receive(timeout=0)
        else:
            raise Ending(POLICY, f"more than {protocol.WINDOW} frames on their way at once", reason="flood")
        if newest is not None:
            self._socket.send(self._answer(FrameMessage.read(newest), stream))

    def _answer(self, frame: FrameMessage, stream: PeopleStream) -> str:
        began_s = time.perf_counter()
        metrics = self._shared.metrics
        if frame.time_s < self._time_s:
            raise ProtocolError(f"a frame captured at {frame.time_s:g} s, after one at {self._time_s:g} s")
        self._time_s = frame.time_s
        with stopwatch(metrics.live_frame_s):
            try:
                image = read_image(frame.jpeg, limits=self._limits)
            except ImageError as error:
                self._unreadable += 1
                metrics.live_frames.labels("unreadable").inc()
                if self._unreadable == MOST_UNREADABLE:
                    raise ProtocolError(f"{MOST_UNREADABLE} frames in a row that cannot be read") from error
                return protocol.problem(frame.number, without_name(error))
            seen = stream.see(image, frame.time_s)
            self._keep(seen)
        self._unreadable = 0
        metrics.live_frames.labels("answered").inc()
        return protocol.result(
            number=frame.number,
            time_s=frame.time_s,
            size=(image.shape[1], image.shape[0]),
            people=seen.people,
            attributes=self._attributes,
            ms=(time.perf_counter() - began_s) * 1000,
        )
