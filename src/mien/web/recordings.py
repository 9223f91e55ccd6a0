"""`Recordings`: keeps what live sessions and sources on the server see in the operator's store, without any picture."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from mien.errors import OutputError, StoreError
from mien.web.settings import Settings

if TYPE_CHECKING:
    from mien.audience.sight import Sight
    from mien.live.networks import Networks

BROWSER: Final = "browser"
"""The source of sessions that browsers send frames of; nothing tells them apart."""
_LOG: Final = logging.getLogger(__name__)


def keep_nothing(sight: Sight) -> None:
    """What is seen is told, and forgotten."""


class Recordings:
    """Nothing is kept where no store was asked for.

    Args:
        settings: of the app.
    """

    def __init__(self, settings: Settings) -> None:
        self._store, self._keep_s, self._revisit_s = settings.store, settings.keep_s, settings.revisit_s

    @property
    def are_kept(self) -> bool:
        """Whether there is a store."""
        return self._store is not None

    @contextmanager
    def of(self, source: str, networks: Networks) -> Iterator[Callable[[Sight], None]]:
        """What takes in the frames of one session; what goes wrong with the store is in the log and ends no session.

        Args:
            source: its name.
            networks: that look at the frames.
        """
        if self._store is None:
            yield keep_nothing
            return
        from mien.audience.recorder import Recorder
        from mien.audience.store import Store
        from mien.audience.stream import Stream, networks_of, visitors_of

        stream = Stream(source=source, is_live=True, attributes=networks.attributes, networks=networks_of(networks))
        visitors = visitors_of(networks, revisit_s=self._revisit_s)
        try:
            store = Store(self._store, create=True)
        except StoreError as error:
            _LOG.error("nothing is kept of %s: %s", source, error)
            yield keep_nothing
            return
        with store:
            recorder = Recorder(store, stream, visitors=visitors, keep_s=self._keep_s, tell=_LOG.warning)
            try:
                yield recorder.see
            finally:
                try:
                    recorder.close()
                except OutputError as error:
                    _LOG.error("%s", error)
