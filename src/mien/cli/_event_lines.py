"""Events as JSON lines, to a file or standard output, each written at once."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from mien.errors import OutputError
from mien.live.event import Event
from mien.media.atomic import output_errors
from mien.media.sinks import STDOUT


class EventLines:
    """One line an event; whoever follows the file sees it when it happens.

    Args:
        target: a file, or `-` for standard output.
        overwrite: whether a file that is there may be replaced.

    Raises:
        OutputError: the file is there already, or cannot be written.
    """

    def __init__(self, target: str, *, overwrite: bool) -> None:
        self._target = target
        self._file = sys.stdout if target == STDOUT else _opened(Path(target), overwrite=overwrite)
        self.lines = 0

    def write(self, events: Iterable[Event], *, source: str, live: bool) -> None:
        """Write events.

        Args:
            events: in order.
            source: that they are of.
            live: whether they happen now; the time of day is then told too.

        Raises:
            OutputError: the file cannot be written.
            BrokenPipeError: the reader of standard output has gone.
        """
        lines = []
        for event in events:
            told = event.to_dict() | {"source": source}
            if live:
                told["at"] = datetime.now(UTC).isoformat(timespec="milliseconds")
            lines.append(json.dumps(told, ensure_ascii=False, allow_nan=False) + "\n")
        if lines:
            with output_errors(self._target):
                self._file.write("".join(lines))
                self._file.flush()
            self.lines += len(lines)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._target != STDOUT:
            with output_errors(self._target):
                self._file.close()


def _opened(path: Path, *, overwrite: bool) -> TextIO:
    with output_errors(path):
        if path.exists() and path.stat().st_size and not overwrite:
            raise OutputError(f"{path}: is there already; name another file, or allow it with --overwrite")
        return path.open("w", encoding="utf-8")
