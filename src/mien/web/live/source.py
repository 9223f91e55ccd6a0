"""`SharedSource`: a camera, video or stream on the server, watched once however many look on."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mien.errors import GalleryError, ModelError, UnknownNameError, VideoError
from mien.media.address import SCHEMES, scheme_of, without_secrets
from mien.web.live.names import stream_names
from mien.web.profilers import Profilers
from mien.web.recordings import Recordings, keep_nothing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mien.gallery.gallery import Gallery
    from mien.live.person import Person
    from mien.live.watched_frame import WatchedFrame

LONG_SIDE_PX: Final = 1280  # of the pictures that are sent; boxes are told in the source's own pixels
_LOG: Final = logging.getLogger(__name__)
_JPEG_QUALITY: Final = 80
_POLL_S: Final = 0.25  # how soon it is seen that nobody looks on any more
_STOP_S: Final = 8.0  # that the last one who looks on waits for the end at most
_AGAIN_S: Final = 2.0  # after a file could not be read


@dataclass(frozen=True, kw_only=True, eq=False)
class Shot:
    """A frame as it is shown.

    Attributes:
        number: counts up, whatever befalls the source.
        time_s: of the source.
        jpeg: the picture, shrunk.
        size: width and height of the picture before it was shrunk.
        people: in view.
        ms: from the frame to its people, lately.
    """

    number: int
    time_s: float
    jpeg: bytes
    size: tuple[int, int]
    people: tuple[Person, ...]
    ms: float


@dataclass(frozen=True, kw_only=True)
class News:
    """What befell the source last.

    Attributes:
        number: counts up.
        kind: begins, ends up broken, or one of a camera's events; see `mien.live.event.KINDS`.
        detail: the same as a sentence; empty where the kind says it all.
    """

    number: int
    kind: str
    detail: str


class SharedSource:
    """Watched while anybody looks on; a video begins anew at its end.

    Args:
        address: what `mien.watch` takes, as text.
        profilers: that hold the networks.
        recordings: of what is seen, of a camera or stream.
        gallery: of people who are named; None names nobody.

    Raises:
        VideoError: it is a file that is not there.
        UnknownNameError: it is an address of a kind that is not read.
    """

    def __init__(
        self, address: str, profilers: Profilers, recordings: Recordings, gallery: Gallery | None = None
    ) -> None:
        self.name = _shown(address)
        self._address, self._profilers, self._recordings, self._gallery = address, profilers, recordings, gallery
        self._changed = threading.Condition()  # guards all below
        self._viewers = 0
        self._thread: threading.Thread | None = None
        self._shot: Shot | None = None
        self._news = News(number=0, kind="begins", detail="")

    @property
    def is_live(self) -> bool:
        """Whether it is a camera or a stream, and no file."""
        return scheme_of(self._address) is not None or self._address.isdigit()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Somebody looks on inside `with`."""
        with self._changed:
            self._viewers += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="mien-source", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._changed:
                self._viewers -= 1
                thread = self._thread if self._viewers == 0 else None
                self._changed.notify_all()
            if thread is not None:  # a network that is cut off where the server stops would abort the process
                thread.join(_STOP_S)

    def wait(self, *, shot: int, news: int, timeout_s: float) -> tuple[Shot | None, News | None]:
        """What is new since then.

        Args:
            shot: number of the last one that was taken; 0 for none.
            news: the same.
            timeout_s: how long to wait for either.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._newer(shot, news) != (None, None), timeout_s)
            return self._newer(shot, news)

    def _newer(self, shot: int, news: int) -> tuple[Shot | None, News | None]:
        newer = self._shot if self._shot is not None and self._shot.number > shot else None
        return newer, self._news if self._news.number > news else None

    def _run(self) -> None:
        while not self._is_over():
            try:
                self._watch()
            except (VideoError, ModelError, GalleryError) as error:
                detail = str(error).replace(self._address, self.name)
                if self._news.detail != detail:
                    _LOG.error("%s", error)
                self._tell("broken", detail)
                with self._changed:
                    self._changed.wait_for(lambda: self._viewers == 0, _AGAIN_S)

    def _watch(self) -> None:
        """Until it ends, or nobody looks on."""
        from mien.live.engine import Engine
        from mien.media.sources import open_source

        networks, names = self._profilers.live(), stream_names(self._gallery)
        source = open_source(self._address, connect=False)
        # A video that begins anew at its end would be an audience that comes again and again.
        kept = self._recordings.of(self.name, networks) if self.is_live else nullcontext(keep_nothing)
        with kept as see, Engine(source, networks, latest=True, names=names) as engine:
            self._tell("begins", "")
            while self._viewers and not engine.ended:
                frame = engine.get(_POLL_S)
                events = engine.events() if frame is None else frame.events
                for event in events:
                    if event.person is None:
                        self._tell(event.kind, str(event.details.get("detail", "")))
                if frame is not None:
                    see(frame)
                    self._show(frame)

    def _show(self, frame: WatchedFrame) -> None:
        jpeg = _encoded(frame.image)
        with self._changed:
            self._shot = Shot(
                number=1 if self._shot is None else self._shot.number + 1,
                time_s=frame.time_s,
                jpeg=jpeg,
                size=(frame.image.shape[1], frame.image.shape[0]),
                people=frame.people,
                ms=frame.stats.latency_p50_ms or 0.0,
            )
            self._changed.notify_all()

    def _tell(self, kind: str, detail: str) -> None:
        with self._changed:
            self._news = News(number=self._news.number + 1, kind=kind, detail=detail)
            self._changed.notify_all()

    def _is_over(self) -> bool:
        """Whether nobody looks on; the next one who does begins a thread anew."""
        with self._changed:
            if self._viewers == 0:
                self._thread = None
            return self._thread is None


def _shown(address: str) -> str:
    """What it is called: without password, and without the folders of this machine.

    Nothing is opened: OpenCV's threads do not live on in the process that gunicorn forks, and it aborts at its end.
    """
    if (scheme := scheme_of(address)) is not None:
        if scheme not in SCHEMES:
            raise UnknownNameError("kind of address", f"{scheme}://", [f"{name}://" for name in SCHEMES])
        return without_secrets(address)
    if address.isascii() and address.isdigit():
        return f"camera {address}"
    if not Path(address).exists():
        raise VideoError(f"{address}: no such file or folder; check the path, or name a camera by its number")
    return Path(address).name or address


def _encoded(image: NDArray[np.uint8]) -> bytes:
    import cv2
    import numpy as np

    height, width = image.shape[:2]
    shrink = LONG_SIDE_PX / max(height, width)
    if shrink < 1:
        size = (max(1, round(width * shrink)), max(1, round(height * shrink)))
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    _, jpeg = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return jpeg.tobytes()
