"""Who is in a stream, for `mien gallery search`."""

from __future__ import annotations

import json
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from mien.cli._stop import Stop
    from mien.gallery.gallery import Gallery
    from mien.gallery.search import Match
    from mien.live.engine import Engine

_POLL_S: Final = 0.1  # how soon a signal is seen while no frame comes
_BY_SIGNAL: Final = 128  # and the number of the signal, as shells have it


def is_stream(source: str) -> bool:
    """Whether it is no photo, folder or pattern of photos: a camera's number, an address, or a video file."""
    from mien.media.address import scheme_of
    from mien.media.formats import ENDINGS
    from mien.media.paths import is_file

    if source.isascii() and source.isdigit():
        return not Path(source).exists()
    return scheme_of(source) is not None or (is_file(source) and Path(source).suffix.lower() not in ENDINGS)


def search_stream(
    gallery: Gallery, source: str, *, seconds: float | None, fmr: float, margin: float | None, as_json: bool
) -> None:
    """Prints, whenever something is known of somebody in view, who it is; at the end all who were seen.

    Raises:
        VideoError: the source is not there or gives no frames.
        OtherModelError: the gallery's templates are of another network.
    """
    from mien.cli._stop import Stop
    from mien.gallery.stream_names import StreamNames
    from mien.live.engine import Engine
    from mien.live.networks import load_networks
    from mien.media.opencv_log import quieten_opencv
    from mien.media.sources import open_source

    quieten_opencv()
    names = StreamNames(
        gallery, fmr=fmr, margin=margin, tell=lambda sentence: click.echo(f"mien: {sentence}", err=True)
    )
    networks = load_networks(("quality",), embedding=names.embedding)
    with Stop() as stop:
        opened = stop.unless_stopped(lambda: open_source(source))
        engine = Engine(opened, networks, seconds=seconds, names=names)
        try:
            seen = _follow(engine, stop, as_json=as_json)
        finally:
            stop.finish()
            engine.close()
    if not as_json:
        _print(seen)
    for problem in opened.problems:
        click.echo(f"mien: error: {problem}", err=True)
    if stop.number is not None and not (stop.number == signal.SIGINT and opened.is_live):
        raise SystemExit(_BY_SIGNAL + stop.number)
    if opened.problems:
        raise SystemExit(1)


def _follow(engine: Engine, stop: Stop, *, as_json: bool) -> dict[int, tuple[float, Match]]:
    """Until the stream ends or a signal comes; gives what was known last of each track, and when first."""
    seen: dict[int, tuple[float, Match]] = {}
    while stop.number is None and not engine.ended:
        frame = engine.get(_POLL_S)
        if frame is None:
            continue
        for person in frame.people:
            if (match := person.match) is None:
                continue
            track = person.track_id
            first_s, before = seen.get(track, (frame.time_s, None))
            seen[track] = (first_s, match)
            if as_json and (before is None or before.label != match.label):
                line = {"time_s": round(frame.time_s, 3), "track_id": track, **match.to_dict()}
                click.echo(json.dumps(line, ensure_ascii=False))
    return seen


def _print(seen: Mapping[int, tuple[float, Match]]) -> None:
    from rich.table import Table
    from rich.text import Text

    from mien.cli._console import output_console
    from mien.face import UNKNOWN

    table = Table("from", "#", "who", "similarity", "wanted", "why unknown", box=None, pad_edge=False)
    for track, (first_s, match) in sorted(seen.items()):
        decision = match.decision
        similarity = "-" if decision.similarity is None else f"{decision.similarity:.3f}"
        cells = (match.label or UNKNOWN, similarity, f"{decision.threshold:.3f}", decision.reason)
        table.add_row(f"{first_s:.1f} s", str(track), *map(Text, cells))
    output_console().print(table)
