"""`Viewing`: one browser that is shown a source on the server."""

from __future__ import annotations

import time

from simple_websocket import Server

from mien.web.live import protocol
from mien.web.live.protocol import FrameMessage, ProtocolError, Wish
from mien.web.live.session import MOST_WAITING, POLL_S
from mien.web.live.source import SharedSource, Shot
from mien.web.services import Services
from mien.web.sockets import INVALID, POLICY, Ending


class Viewing:
    """Sends frames with their people, never more than the window ahead of what the browser has shown.

    Args:
        socket: open.
        source: that is shown.
        shared: of the app.
    """

    def __init__(self, socket: Server, source: SharedSource, shared: Services) -> None:
        self._socket, self._source, self._shared = socket, source, shared
        self._attributes = protocol.DEFAULT_WISH
        self._ahead: list[int] = []  # numbers of the frames sent and not shown yet
        self._shot = self._news = 0
        self._heard_s = time.monotonic()

    def run(self) -> None:
        """Until the browser goes or the server stops.

        Raises:
            Ending: why the server has had enough.
            ConnectionClosed: the browser has gone.
            OSError: it takes nothing.
        """
        try:
            with self._source.watched():
                self._socket.send(protocol.ready(source=self._source.name))
                while not self._shared.closing.is_set():
                    self._listen()
                    self._show()
        except ProtocolError as error:
            raise Ending(INVALID, str(error), reason="garbage") from error

    def _listen(self) -> None:
        """All that waits; where the window is full, until something comes."""
        is_full = len(self._ahead) >= protocol.WINDOW
        for _ in range(MOST_WAITING):
            message = self._socket.receive(timeout=POLL_S if is_full else 0)
            if message is None:
                break
            if isinstance(message, bytes):
                raise ProtocolError("a frame; this session shows those of the server")
            self._heard_s = time.monotonic()
            wish = Wish.read(message)
            self._attributes = self._attributes if wish.attributes is None else wish.attributes
            if wish.seen is not None:
                self._ahead = [number for number in self._ahead if number > wish.seen]
                is_full = False
        else:
            raise Ending(POLICY, "more messages than there are frames", reason="flood")
        if is_full and time.monotonic() - self._heard_s > (idle_s := self._shared.settings.idle_timeout_s):
            raise Ending(POLICY, f"nothing came for {idle_s:g} s", reason="idle")

    def _show(self) -> None:
        """What is new, where the window is not full."""
        if len(self._ahead) >= protocol.WINDOW:
            return
        shot, news = self._source.wait(shot=self._shot, news=self._news, timeout_s=POLL_S)
        if news is not None:
            self._news = news.number
            self._socket.send(protocol.source_event(news.kind, news.detail))
        if shot is not None:
            self._send(shot)

    def _send(self, shot: Shot) -> None:
        self._shot = shot.number
        self._ahead.append(shot.number)
        self._socket.send(FrameMessage(number=shot.number, time_s=shot.time_s, jpeg=shot.jpeg).write())
        told = protocol.result(
            number=shot.number,
            time_s=shot.time_s,
            size=shot.size,
            people=shot.people,
            attributes=self._attributes,
            ms=shot.ms,
        )
        self._socket.send(told)
