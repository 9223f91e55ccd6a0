"""How far a data set's run is: a bar on a terminal, else a line now and then, as for the log of a cluster's job."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from mien.dataset.run import Progress

_EVERY_S: Final = 30.0


@contextmanager
def shown_progress() -> Iterator[Callable[[Progress], None]]:
    """Takes the progress after every picture."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Lines()
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False) as bar:
        task, rate, begun = bar.add_task("finding pictures", total=None, rate=""), _Rate(), False

        def show(progress: Progress) -> None:
            nonlocal begun
            if progress.listing:
                bar.update(task, completed=progress.total)
                return
            if not begun:  # else what earlier sittings did would count as this one's speed
                begun = True
                bar.reset(task, completed=progress.done, total=progress.total)
            told = f"{rate(progress):,.1f}/s"
            bar.update(task, description="pictures", completed=progress.done, total=progress.total, rate=told)

        yield show


class _Rate:
    """Pictures a second since the first one of this sitting."""

    def __init__(self) -> None:
        self._began_s: float | None = None

    def __call__(self, progress: Progress) -> float:
        now_s = time.monotonic()
        if self._began_s is None:
            self._began_s = now_s
        return (progress.done - progress.before) / max(now_s - self._began_s, 1e-9)


class _Lines:
    """A line every half minute, on standard error."""

    def __init__(self) -> None:
        self._rate, self._last_s = _Rate(), time.monotonic()

    def __call__(self, progress: Progress) -> None:
        now_s = time.monotonic()
        rate = 0.0 if progress.listing else self._rate(progress)
        if now_s - self._last_s < _EVERY_S:
            return
        self._last_s = now_s
        if progress.listing:
            click.echo(f"mien: {progress.total:,} pictures found", err=True)
        elif rate:
            left_s = round((progress.total - progress.done) / rate)
            hours, minutes = left_s // 3600, left_s % 3600 // 60
            told = f"{hours} h {minutes:02} min" if hours else f"{minutes} min {left_s % 60:02} s"
            click.echo(f"mien: {progress.done:,} of {progress.total:,} pictures, {rate:,.1f}/s, {told} left", err=True)
