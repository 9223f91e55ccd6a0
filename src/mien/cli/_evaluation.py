"""The long runs of `mien evaluate`, with a progress bar on standard error."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mien.evaluate.manifest import Manifest
    from mien.evaluate.pairs import Pairs
    from mien.evaluate.people_folder import PeopleFolder
    from mien.evaluate.robustness import Robustness
    from mien.evaluate.runner import Outcome, Predictor
    from mien.pipeline import Stage


def run_all(samples: Manifest | Pairs | PeopleFolder, predictor: Predictor, *, crops: bool) -> list[Outcome]:
    """Every image's outcome."""
    from mien.evaluate.runner import run

    with _bar("images", len(samples)) as progress:
        return run(samples, predictor, crops=crops, progress=progress)


def run_perturbed(samples: Manifest, stages: Sequence[Stage]) -> Robustness:
    """How often labels flip on pictures changed a little."""
    from mien.evaluate.robustness import flip_rates
    from mien.evaluate.runner import readable

    with _bar("changed images", len(samples)) as progress:
        return flip_rates(stages, readable(samples), progress=progress)


@contextmanager
def _bar(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """Takes the number of those done."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(
        *columns,
        console=console,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
        disable=not console.is_terminal,
    ) as progress:
        shown = progress.add_task(what, total=total)
        yield lambda done: progress.update(shown, completed=done)
