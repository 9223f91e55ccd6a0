"""`mien evaluate`: figures with 95 % intervals on a labelled set of images."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mien.cli._columns import parse_columns
from mien.cli._evaluation import run_all, run_perturbed
from mien.cli._outputs import STDOUT, check_files
from mien.cli._people import calibration_for, read_labelled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mien.evaluate.pairs import Pairs
    from mien.evaluate.report import Report
    from mien.evaluate.runner import Outcome
    from mien.pipeline import Profiler

_VERIFICATION = "verification"
_EMBEDDING = "embedding"  # `mien.models.embedding.NAME`, which is not imported for --help
_CLASSES = ("demographics", "emotion")
_IDENTIFICATION = "identification"
_TASKS = (*_CLASSES, "pose", _VERIFICATION, _IDENTIFICATION)
_EPILOG = """\b
Examples:
  mien evaluate faces.csv --task demographics --images photos/ --robustness
  mien evaluate --task verification --pairs pairs.csv --images photos/ --json verification.json
  mien evaluate people/ --task identification --templates 3 --curves pictures/
  mien evaluate fer.parquet --task emotion --input crops --split val --json fer.json --confusion pictures/
"""


@click.command(epilog=_EPILOG)
@click.argument("manifest", required=False, type=click.Path(path_type=Path))
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
@click.option(
    "--pairs",
    type=click.Path(path_type=Path),
    help="For verification: CSV or Parquet file with the columns a, b, same (1 or 0) and, for folds, fold.",
)
@click.option("--model", help="To tell people apart: the network, embedding or sface.  [default: embedding]")
@click.option(
    "--templates",
    type=click.IntRange(min=1),
    help="For identification: photos enrolled of each person, at most.  [default: 1]",
)
@click.option(
    "--calibration",
    type=click.Path(dir_okay=False, path_type=Path),
    help="For identification: what `mien gallery calibrate` wrote.  [default: that of the network's card]",
)
@click.option(
    "--robustness",
    is_flag=True,
    help="Also count how often labels change when a picture is shifted, compressed or scaled a little (20 more runs).",
)
@click.option(
    "--profile",
    default="default",
    show_default=True,
    help="Whose networks: default, paper or emotrack; labels of what the profile does not tell are left out.",
)
@click.option("--detector", help="Face detector; see `mien models list`.  [default: yunet, or the profile's]")
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
    "--curves",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the picture of the ROC or DET curve (needs mien[report]).",
)
@click.option(
    "--predictions", type=click.Path(dir_okay=False, path_type=Path), help="Write a CSV with every sample's outcome."
)
@click.pass_context
def command(
    context: click.Context,
    manifest: Path | None,
    task: str,
    kind: str,
    images: Path | None,
    split: str | None,
    limit: int | None,
    columns: dict[str, str],
    pairs: Path | None,
    model: str | None,
    templates: int | None,
    calibration: Path | None,
    robustness: bool,
    profile: str,
    detector: str | None,
    threads: int,
    json_file: Path | None,
    confusion: Path | None,
    curves: Path | None,
    predictions: Path | None,
) -> None:
    """Measure on labelled images: MAE, accuracy, precision, recall, F1, confusion, ROC.

    MANIFEST is a CSV file with a column `path`, or a Parquet file with a column `image` of encoded bytes, and any of
    the columns age, age_group, gender, race, emotion, yaw, pitch and roll. Letter case, spaces and underscores do not
    matter. Empty cells are skipped; words outside the vocabulary and images that cannot be read are counted, named and
    left out.

    For verification the images are named by the pairs: a and b are paths in MANIFEST's column `path`, or without
    MANIFEST the paths of image files. --split, --limit and --column then are about the pairs. LFW's pairs.txt is read
    too. Pairs without the column fold are dealt out to ten folds at random.

    For identification MANIFEST has a column identity, or is a folder with a folder of photos for each person. Half of
    the people with two photos or more are enrolled and all others are strangers, then the other way round.
    """
    from mien.evaluate.identify import evaluate_people
    from mien.evaluate.manifest import read_manifest
    from mien.evaluate.pairs import read_pairs
    from mien.evaluate.predictions import write_pairs, write_predictions
    from mien.evaluate.tasks import TASKS, evaluate
    from mien.evaluate.verify import evaluate_pairs
    from mien.media.atomic import write_bytes
    from mien.profiles import find_profile

    _check_use(task, manifest, pairs, model, robustness, confusion)
    _check_identity_options(task, {"--templates": templates, "--calibration": calibration, "--curves": curves})
    check_files({"--json": json_file, "--predictions": predictions}, inputs=[manifest, pairs, calibration])
    for folder in (confusion, curves):
        if folder is not None:
            _check_pictures(folder)
    crops = kind == "crops"
    way = find_profile(profile)
    detector = way.detector if detector is None else detector
    if pairs is not None:
        compared = read_pairs(pairs, manifest=manifest, renamed=columns, images=images, split=split, limit=limit)
        model = _EMBEDDING if model is None else model
        profiler = _profiler(("embedding",), detector, crops, threads, model, profile)
        outcomes = run_all(compared, profiler.analyze, crops=crops)
        report = evaluate_pairs(compared, outcomes, model=model, crops=crops, detector=detector)
        if predictions is not None:
            write_pairs(compared, outcomes, predictions)
        if curves is not None:
            _draw_roc(compared, outcomes, report, curves)
    elif task == _IDENTIFICATION:
        assert manifest is not None  # see _check_use
        model = _EMBEDDING if model is None else model
        known = calibration_for(model, calibration)
        people = read_labelled(manifest, columns=columns, images=images, split=split, limit=limit)
        profiler = _profiler(("embedding",), detector, crops, threads, model, profile)
        outcomes = run_all(people, profiler.analyze, crops=crops)
        report = evaluate_people(
            people,
            outcomes,
            model=model,
            crops=crops,
            templates=1 if templates is None else templates,
            calibration=known,
            detector=detector,
        )
        if predictions is not None:
            write_predictions(outcomes, predictions)
        if curves is not None:
            _draw_det(report, curves)
    else:
        assert manifest is not None  # see _check_use
        columns_told = {name: told for name, told in TASKS[task].columns.items() if told in way.attributes}
        way.check(() if columns_told else tuple(TASKS[task].columns.values()))
        labels = tuple(columns_told)
        rows = read_manifest(manifest, wanted=labels, renamed=columns, images=images, split=split, limit=limit)
        profiler = _profiler(TASKS[task].attributes(rows), detector, crops, threads, _EMBEDDING, profile)
        outcomes = run_all(rows, profiler.analyze, crops=crops)
        report = evaluate(task, rows, outcomes, crops=crops, detector=detector)
        if robustness:
            flips = run_perturbed(rows, profiler.stages)
            report = dataclasses.replace(report, sections=(*report.sections, flips))
        if predictions is not None:
            write_predictions(outcomes, predictions)

    text = json.dumps(report.to_dict(), indent=2, allow_nan=False)
    if json_file is not None and json_file != STDOUT:
        write_bytes(json_file, f"{text}\n".encode())
    if confusion is not None:
        _draw(report, confusion)
    if json_file == STDOUT:
        click.echo(text)
    else:
        _print_tables(report)
    _print_remarks(report)
    if report.images.unreadable:
        context.exit(1)


def _check_use(
    task: str, manifest: Path | None, pairs: Path | None, model: str | None, robustness: bool, confusion: Path | None
) -> None:
    """Refuse options that the task has no use for, and the lack of those that it needs."""
    if task == _VERIFICATION:
        if pairs is None:
            raise click.UsageError("--task verification needs --pairs FILE with the columns a, b and same")
    else:
        if manifest is None:
            raise click.UsageError(f"--task {task} needs MANIFEST, a CSV or Parquet file of images and labels")
        if pairs is not None:
            raise click.UsageError(f"--pairs is for --task verification; leave it out with --task {task}")
        if model is not None and task != _IDENTIFICATION:
            raise click.UsageError(
                f"--model is for --task verification and identification; leave it out with --task {task}"
            )
    if task not in _CLASSES and (robustness or confusion is not None):
        given = "--robustness" if robustness else "--confusion"
        raise click.UsageError(f"{given} is for --task {' and '.join(_CLASSES)}; leave it out with --task {task}")


def _check_identity_options(task: str, options: dict[str, object]) -> None:
    """Refuse those of telling people apart where the task does not."""
    for option, value in options.items():
        tasks = (_VERIFICATION, _IDENTIFICATION) if option == "--curves" else (_IDENTIFICATION,)
        if value is not None and task not in tasks:
            raise click.UsageError(f"{option} is for --task {' and '.join(tasks)}; leave it out with --task {task}")


def _check_pictures(folder: Path) -> None:
    """Say at once, and not after minutes of work, that pictures cannot be drawn or written."""
    from mien.evaluate.picture import load_figure_class
    from mien.media.atomic import make_folder

    load_figure_class()
    make_folder(folder)


def _profiler(
    attributes: tuple[str, ...], detector: str, crops: bool, threads: int, embedding: str, profile: str
) -> Profiler:
    from mien.models.session import Threads
    from mien.pipeline import Profiler

    return Profiler(
        attributes=attributes,
        profile=profile,
        detector=detector,
        crops=crops,
        threads=Threads(intra_op=threads),
        embedding=embedding,
    )


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


def _draw_roc(pairs: Pairs, outcomes: Sequence[Outcome], report: Report, folder: Path) -> None:
    import numpy as np

    from mien.evaluate.curve_picture import draw_roc
    from mien.evaluate.verify import similarities

    values = similarities(pairs, outcomes)
    found = np.isfinite(values)
    if len(set(pairs.same[found].tolist())) > 1:  # else there is no curve, and the tables say why
        path = folder / "roc.png"
        draw_roc(values[found], pairs.same[found], path, title=report.data)
        click.echo(f"wrote {path}", err=True)


def _draw_det(report: Report, folder: Path) -> None:
    from mien.evaluate.curve_picture import draw_det
    from mien.evaluate.identification import Identification

    for section in report.sections:
        if isinstance(section, Identification) and section.curve:
            path = folder / "det.png"
            draw_det(section, path, title=f"{report.data}, {section.model}")
            click.echo(f"wrote {path}", err=True)
