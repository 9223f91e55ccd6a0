"""Keeping what `mien watch` sees in a store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mien.audience.recorder import Recorder
    from mien.live.networks import Networks
    from mien.live.settings import LiveSettings
    from mien.media.source import Source


@contextmanager
def recording(
    address: str | None,
    source: Source,
    networks: Networks,
    settings: LiveSettings,
    *,
    keep: str | None,
    revisit: str,
    recorded_at: str | None,
) -> Iterator[Recorder | None]:
    """What takes in the frames, until the end of the stream.

    Args:
        address: of the store; None for none.
        source: that is watched.
        networks: that watch it.
        settings: of the stream.
        keep: how long is kept what is in the store, such as `30d`; None for ever.
        revisit: for how long visitors are known again.
        recorded_at: when the first frame of a file was; None for the present time.

    Raises:
        MienError: the store cannot be written to; or a duration or time is none.
        UsageError: something is to be done with a store, and there is none.
    """
    if address is None:
        if keep is not None or recorded_at is not None:
            raise click.UsageError("--keep and --recorded-at belong to --store")
        yield None
        return
    from mien.audience.periods import parse_moment
    from mien.audience.recorder import Recorder
    from mien.audience.store import Store
    from mien.audience.stream import Stream, visitors_of
    from mien.durations import parse_duration

    began_at = None if recorded_at is None else parse_moment(recorded_at, None)
    stream = Stream.of(source, networks, settings, began_at=began_at)
    keep_s = None if keep is None else parse_duration(keep)
    visitors = visitors_of(networks, revisit_s=parse_duration(revisit))
    with (
        Store(address, create=True) as store,
        Recorder(store, stream, visitors=visitors, keep_s=keep_s, tell=_tell) as recorder,
    ):
        yield recorder


def _tell(sentence: str) -> None:
    click.echo(f"mien: {sentence}", err=True)
