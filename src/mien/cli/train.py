"""`mien train RECIPE`: train one of Mien's networks from labelled faces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mien.train.recipes import Report


@click.command(
    name="train",
    epilog="Example:  mien train demographics --data datasets --out runs/demographics --set schedule.epochs=24",
)
@click.argument("recipe", metavar="RECIPE")
@click.option("--data", metavar="DIR", type=click.Path(path_type=Path), help="Folder of the data sets' Parquet files.")
@click.option("--out", metavar="DIR", type=click.Path(path_type=Path), help="Folder of this run; goes on where it was.")
@click.option(
    "--packs",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Folder of the aligned crops, shared by runs.  [default: (packs in the cache folder)]",
)
@click.option("--set", "settings", multiple=True, metavar="NAME=JSON", help="Change a setting; see --show.")
@click.option("--install", is_flag=True, help="Put the network where Mien finds it; for those of other profiles.")
@click.option("--show", is_flag=True, help="Print the recipe's settings as JSON and stop.")
def command(
    recipe: str,
    data: Path | None,
    out: Path | None,
    packs: Path | None,
    settings: tuple[str, ...],
    install: bool,
    show: bool,
) -> None:
    r"""Train a network: demographics, embedding, identity, emotion or landmarks; or one that Mien is compared with.

    \b
    These are:
      paper-emotion     the paper's network for expression (profile paper)
      paper-age-gender  the paper's network for age and gender (profile paper)
      emotrack          EmoTrack's network for expression (profile emotrack)

    A run that was stopped goes on from its last finished epoch when the same command is given again. It ends with an
    ONNX file, its card with measured figures, and a picture of the curves, in the folder --out.
    """
    import dataclasses
    import json

    from mien.models import trained
    from mien.models.weights import cache_folder
    from mien.train.recipes import Run, configured, load_recipe

    module = load_recipe(recipe)
    config = configured(module.Config(), settings)
    if show:
        click.echo(json.dumps(dataclasses.asdict(config), indent=2))
        return
    if data is None or out is None:
        raise click.UsageError("--data and --out are needed; --show alone does without")
    if install:
        trained.check_installable(recipe)
    with _progress() as report:
        run = Run(
            data=data,
            out=out,
            packs=packs or cache_folder() / "packs",
            report=report,
            note=lambda text: click.echo(text, err=True),
        )
        card = module.run(run, config)
    if install:
        trained.install(card)
    click.echo(str(card))


@contextmanager
def _progress() -> Iterator[Report]:
    """One bar for each named piece of work on a terminal; elsewhere one line for each that is finished."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[figures]}"),
    )
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=console, disable=not console.is_terminal, redirect_stdout=False) as bars:

        def report(what: str, done: int, total: int, figures: Mapping[str, float]) -> None:
            text = "  ".join(f"{name} {value:.4g}" for name, value in figures.items())
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total, figures=text)
            bars.update(tasks[what], completed=done, total=total, figures=text)
            if done == total and not console.is_terminal:
                click.echo(f"{what}: {done} of {total}  {text}".rstrip(), err=True)

        yield report
