"""`mien analyze`: profiles everyone in photos and folders."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mien.cli._outputs import check_files, refuse_empty
from mien.cli._photos import Inputs, find_inputs, read_ahead
from mien.errors import ImageError

if TYPE_CHECKING:
    from mien.media.images import ImageLimits
    from mien.media.result import Result
    from mien.media.sinks import Sink
    from mien.pipeline import Profiler

_IN_JSON_ALONE = ("landmarks", "embedding")
"""Attributes of hundreds of numbers a face, which have no columns in tables."""
_JSON = (".json", ".jsonl")


def _refuse_empty_paths(context: click.Context, argument: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        refuse_empty(context, argument, value)
    return values


@click.command(epilog="Example:  mien analyze holiday/ -o people.csv --draw annotated/")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, callback=_refuse_empty_paths)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    callback=refuse_empty,
    help="Write FILE.json, .jsonl, .csv or .parquet instead of a table; - writes JSON lines on standard output.",
)
@click.option(
    "--draw",
    "draw",
    metavar="DIR",
    callback=refuse_empty,
    help="Write annotated copies to DIR, which is not searched for photos itself.",
)
@click.option("--overwrite", is_flag=True, help="Let annotated copies replace files in DIR; the photos stay.")
@click.option(
    "--attributes",
    metavar="NAMES",
    help="What to find out, separated by commas; also to be had: landmarks, embedding.  "
    "[default: age,gender,race,emotion,pose,quality, or what the profile tells of these]",
)
@click.option(
    "--profile",
    metavar="NAME",
    default="default",
    show_default=True,
    help="Whose networks: default, or for comparison paper (Haar, grey, equalised, the paper's networks) or emotrack.",
)
@click.option("--detector", metavar="NAME", help="yunet, or the classic haar.  [default: yunet, or the profile's]")
@click.option(
    "--embedding",
    metavar="NAME",
    default="embedding",
    show_default=True,
    help="The network behind the attribute embedding: embedding, or its teacher sface.",
)
@click.option(
    "--long-side",
    metavar="PIXELS",
    type=int,
    default=640,
    show_default=True,
    help="Shrink photos to this before faces are sought; more finds smaller faces and takes longer.",
)
@click.option("--threads", metavar="N", type=int, default=1, show_default=True, help="Threads of one network.")
@click.option(
    "--max-pixels",
    metavar="N",
    type=click.IntRange(min=1),
    default=100_000_000,
    show_default=True,
    help="Refuse photos of more pixels.",
)
@click.option(
    "--max-bytes",
    metavar="N",
    type=click.IntRange(min=1),
    default=100_000_000,
    show_default=True,
    help="Refuse files of more bytes.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines instead of a table.")
def command(
    paths: tuple[str, ...],
    output: str | None,
    draw: str | None,
    overwrite: bool,
    attributes: str | None,
    profile: str,
    detector: str | None,
    embedding: str,
    long_side: int,
    threads: int,
    max_pixels: int,
    max_bytes: int,
    as_json: bool,
) -> None:
    """Profile everyone in photos: files, folders with all below them, and quoted patterns.

    A file that cannot be read becomes a row with its reason, and the run goes on; the exit status is then 1, and 2 if
    none could be read. FILE is written whole or not at all: a run that is interrupted leaves nothing of it.
    """
    from mien.cli._table import TableSink
    from mien.media.annotated import annotated_paths
    from mien.media.atomic import make_folder
    from mien.media.images import ImageLimits
    from mien.media.sinks import STDOUT, open_sink
    from mien.models.session import Threads
    from mien.pipeline import Profiler

    limits = ImageLimits(max_pixels=max_pixels, max_bytes=max_bytes)
    profiler = Profiler(
        attributes=None if attributes is None else [name.strip() for name in attributes.split(",") if name.strip()],
        detector=detector,
        profile=profile,
        embedding=embedding,
        long_side=long_side,
        threads=Threads(intra_op=threads),
        limits=limits,
    )
    inputs = find_inputs(paths, skip=draw)
    photos = [Path(name) for name, error in inputs.items() if error is None]
    if output not in (None, STDOUT):
        check_files({"-o": Path(output)}, inputs=photos)
    copies: Mapping[Path, Path] = {}
    if draw is not None:
        copies = annotated_paths(photos, Path(draw), overwrite=overwrite)
        make_folder(Path(draw))
    targets = list(filter(None, dict.fromkeys((output, STDOUT if as_json else None))))
    with ExitStack() as stack:
        sinks = [stack.enter_context(open_sink(target)) for target in targets]
        sinks = sinks or [stack.enter_context(TableSink())]
        _note_what_tables_lack(profiler.attributes, targets)
        # On a terminal the bar would run into the lines.
        shown = len(inputs) > 1 and not (STDOUT in targets and sys.stdout.isatty())
        failed = _write_all(_results(inputs, profiler, limits, copies), sinks, len(inputs) if shown else None)
    if failed:
        click.echo(f"mien: error: {len(failed)} of {len(inputs)} files could not be read:", err=True)
        for result in failed:
            click.echo(f"  {result.path}: {result.reason}", err=True)
        raise SystemExit(2 if len(failed) == len(inputs) else 1)


def _note_what_tables_lack(attributes: Sequence[str], targets: Sequence[str]) -> None:
    """Say so where an attribute that was asked for is written nowhere."""
    from mien.media.sinks import STDOUT

    lacking = [name for name in _IN_JSON_ALONE if name in attributes]
    if lacking and not any(target == STDOUT or Path(target).suffix.lower() in _JSON for target in targets):
        click.echo(
            f"mien: note: {' and '.join(lacking)} have no columns in tables; write JSON: -o FILE.json or --json",
            err=True,
        )


def _write_all(results: Iterator[Result], sinks: Sequence[Sink], shown: int | None) -> list[Result]:
    """Write every result to every sink; returns those of files not read.

    Args:
        results: what is to be written.
        sinks: where to.
        shown: how many results there will be, for a progress bar on a terminal; None for no bar.
    """
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    failed = []
    open_sinks = list(sinks)
    with Progress(
        console=console,
        transient=True,
        redirect_stdout=False,  # else rich prints the lines for standard output above its bar, on standard error
        redirect_stderr=False,
        disable=not console.is_terminal or shown is None,
    ) as progress:
        for result in progress.track(results, total=shown, description="photos"):
            for sink in list(open_sinks):
                try:
                    sink.write(result)
                except BrokenPipeError:
                    if len(open_sinks) == 1:
                        raise
                    # The reader of standard output has gone, as in `mien … | head`; the file is still wanted.
                    open_sinks.remove(sink)
            if result.status == "error":
                failed.append(result)
    return failed


def _results(inputs: Inputs, profiler: Profiler, limits: ImageLimits, copies: Mapping[Path, Path]) -> Iterator[Result]:
    from mien.media.annotated import write_image
    from mien.media.draw import draw_faces
    from mien.media.result import Result

    for name, picture in read_ahead(inputs, limits):
        try:
            image = picture.result()
        except ImageError as error:
            yield Result.failed(name, error)
            continue
        faces = profiler.analyze(image)
        if copy := copies.get(Path(name)):
            write_image(copy, draw_faces(image, faces))
        yield Result.read(name, faces, width=image.shape[1], height=image.shape[0])
