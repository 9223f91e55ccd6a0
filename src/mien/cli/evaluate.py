"""`mien evaluate`: figures with 95 % intervals on a labelled set of images."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mien.cli._columns import parse_columns
from mien.cli._outputs import STDOUT, check_files

if TYPE_CHECKING:
    from mien.evaluate.manifest import Manifest
    from mien.evaluate.report import Report
    from mien.evaluate.runner import Outcome, Predictor

_TASKS = ("demographics", "emotion")
_EPILOG = """\b
Examples:
  mien evaluate faces.csv --task demographics --images photos/
  mien evaluate fer.parquet --task emotion --input crops --split val --json fer.json --confusion pictures/
"""


@click.command(epilog=_EPILOG)
@click.argument("manifest", type=click.Path(path_type=Path))
@click.option("--task", type=click.Choice(_TASKS), required=True, help="What to measure.")
@click.option(
    "--input",
    "kind",
    type=click.Choice(("photos", "crops")),
    default="photos",
    show_default=True,
    help="Crops are one face cut out already; photos are searched and their largest face is scored.",
)
@click.option(
    "--images",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder that the paths are relative to.  [default: the manifest's own]",
)
@click.option("--split", help="Keep the rows of this split. `val` also stands for FER2013's PublicTest.")
@click.option("--limit", type=click.IntRange(min=1), help="Keep the first rows only, counted after the split.")
@click.option(
    "--column", "columns", multiple=True, callback=parse_columns, help="NAME=OTHER: read NAME from the column OTHER."
)
@click.option("--detector", default="yunet", show_default=True, help="Face detector; see `mien models list`.")
@click.option("--threads", metavar="N", type=int, default=1, show_default=True, help="Threads of one network.")
@click.option(
    "--json",
    "json_file",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    help="Write every figure, with n and 95 % interval; - for standard output in place of the tables.",
)
@click.option(
    "--confusion",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for pictures of the confusion matrices (needs mien[report]).",
)
@click.option(
    "--predictions", type=click.Path(dir_okay=False, path_type=Path), help="Write a CSV with every sample's outcome."
)
@click.pass_context
def command(
    context: click.Context,
    manifest: Path,
    task: str,
    kind: str,
    images: Path | None,
    split: str | None,
    limit: int | None,
    columns: dict[str, str],
    detector: str,
    threads: int,
    json_file: Path | None,
    confusion: Path | None,
    predictions: Path | None,
) -> None:
    """Measure on labelled images: MAE, accuracy, precision, recall, F1, confusion.

    MANIFEST is a CSV file with a column `path`, or a Parquet file with a column `image` of encoded bytes, and any of
    the columns age, age_group, gender, race and emotion. Letter case, spaces and underscores do not matter. Empty
    cells are skipped; words outside the vocabulary and images that cannot be read are counted, named and left out.
    """
    from mien.evaluate.manifest import read_manifest
    from mien.evaluate.predictions import write_predictions
    from mien.evaluate.tasks import TASKS, evaluate
    from mien.media.atomic import write_bytes

    check_files({"--json": json_file, "--predictions": predictions}, inputs=[manifest])
    if confusion is not None:
        _check_pictures(confusion)
    crops = kind == "crops"
    rows = read_manifest(
        manifest, wanted=tuple(TASKS[task].columns), renamed=columns, images=images, split=split, limit=limit
    )
    outcomes = _run(rows, _predictor(TASKS[task].attributes(rows), detector, crops, threads), crops)
    report = evaluate(task, rows, outcomes, crops=crops, detector=detector)

    text = json.dumps(report.to_dict(), indent=2, allow_nan=False)
    if json_file is not None and json_file != STDOUT:
        write_bytes(json_file, f"{text}\n".encode())
    if predictions is not None:
        write_predictions(outcomes, predictions)
    if confusion is not None:
        _draw(report, confusion)
    if json_file == STDOUT:
        click.echo(text)
    else:
        _print_tables(report)
    _print_remarks(report)
    if report.images.unreadable:
        context.exit(1)


def _check_pictures(folder: Path) -> None:
    """Say at once, and not after minutes of work, that pictures cannot be drawn or written."""
    from mien.evaluate.picture import load_figure_class
    from mien.media.atomic import make_folder

    load_figure_class()
    make_folder(folder)


def _predictor(attributes: tuple[str, ...], detector: str, crops: bool, threads: int) -> Predictor:
    from mien.models.session import Threads
    from mien.pipeline import Profiler

    return Profiler(attributes=attributes, detector=detector, crops=crops, threads=Threads(intra_op=threads)).analyze


def _run(rows: Manifest, predictor: Predictor, crops: bool) -> list[Outcome]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from mien.evaluate.runner import run

    console = Console(stderr=True)
    bar = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(
        *bar,
        console=console,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
        disable=not console.is_terminal,
    ) as progress:
        shown = progress.add_task("images", total=len(rows))
        return run(rows, predictor, crops=crops, progress=lambda done: progress.update(shown, completed=done))


def _print_tables(report: Report) -> None:
    from mien.cli._console import output_console
    from mien.evaluate.tables import tables

    console = output_console()
    for table in tables(report):
        console.print(table, highlight=False)


def _print_remarks(report: Report) -> None:
    from rich.console import Console

    from mien.evaluate.tables import remarks

    console = Console(stderr=True)
    for line in remarks(report):
        console.print(line, style="yellow", markup=False, highlight=False, soft_wrap=True)


def _draw(report: Report, folder: Path) -> None:
    from mien.evaluate.picture import draw_confusion
    from mien.evaluate.report import Classification

    data = report.data if report.split is None else f"{report.data}, {report.split}"
    for section in report.sections:
        if isinstance(section, Classification):
            path = folder / f"confusion_{section.name}.png"
            draw_confusion(section, path, data=data)
            click.echo(f"wrote {path}", err=True)
