"""`mien analyze`: profiles everyone in photos and folders."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from mien.errors import ImageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mien.media.images import ImageLimits
    from mien.media.result import Result
    from mien.media.sinks import Sink
    from mien.pipeline import Profiler

Inputs = Mapping[str, ImageError | None]
"""Paths of pictures; with an error, what was given instead of one."""

_READ_AHEAD: Final = 2  # pictures decoded while one is profiled


@click.command(epilog="Example:  mien analyze holiday/ -o people.csv --draw annotated/")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help="Write FILE.json, .jsonl, .csv or .parquet instead of a table; - writes JSON lines on standard output.",
)
@click.option("--draw", "folder", metavar="DIR", type=click.Path(path_type=Path), help="Write annotated copies to DIR.")
@click.option(
    "--attributes",
    metavar="NAMES",
    default="age,gender,race,emotion,quality",
    show_default=True,
    help="What to find out, separated by commas.",
)
@click.option("--detector", metavar="NAME", default="yunet", show_default=True, help="yunet, or the classic haar.")
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
    folder: Path | None,
    attributes: str,
    detector: str,
    long_side: int,
    threads: int,
    max_pixels: int,
    max_bytes: int,
    as_json: bool,
) -> None:
    """Profile everyone in photos: files, folders with all below them, and quoted patterns.

    A file that cannot be read becomes a row with its reason, and the run goes on; the exit status is then 1, and 2 if
    none could be read.
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
        attributes=[name.strip() for name in attributes.split(",") if name.strip()],
        detector=detector,
        long_side=long_side,
        threads=Threads(intra_op=threads),
        limits=limits,
    )
    inputs = _inputs(paths)
    copies: Mapping[Path, Path] = {}
    if folder is not None:
        copies = annotated_paths([Path(name) for name, error in inputs.items() if error is None], folder)
        make_folder(folder)
    targets = list(filter(None, dict.fromkeys((output, STDOUT if as_json else None))))
    with ExitStack() as stack:
        sinks = [stack.enter_context(open_sink(target)) for target in targets]
        sinks = sinks or [stack.enter_context(TableSink())]
        failed = _write_all(_results(inputs, profiler, limits, copies), sinks, len(inputs))
    if failed:
        click.echo(f"mien: error: {len(failed)} of {len(inputs)} files could not be read:", err=True)
        for result in failed:
            click.echo(f"  {result.path}: {result.reason}", err=True)
        raise SystemExit(2 if len(failed) == len(inputs) else 1)


def _inputs(patterns: Sequence[str]) -> Inputs:
    """The pictures named, each file once."""
    from mien.media.find import find_images

    inputs: dict[str, ImageError | None] = {}
    seen: set[Path] = set()
    for pattern in patterns:
        try:
            new = {path.resolve(): path for path in find_images([pattern]) if path.resolve() not in seen}
        except ImageError as error:
            inputs[pattern] = error
        else:
            seen |= new.keys()
            inputs |= dict.fromkeys(map(str, new.values()))
    return inputs


def _write_all(results: Iterator[Result], sinks: Sequence[Sink], total: int) -> list[Result]:
    """Write every result to every sink, with a progress bar on a terminal; returns those of files not read."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    failed = []
    with Progress(console=console, transient=True, disable=not console.is_terminal or total < 2) as progress:
        for result in progress.track(results, total=total, description="photos"):
            for sink in sinks:
                sink.write(result)
            if result.status == "error":
                failed.append(result)
    return failed


def _results(inputs: Inputs, profiler: Profiler, limits: ImageLimits, copies: Mapping[Path, Path]) -> Iterator[Result]:
    from mien.media.annotated import write_image
    from mien.media.draw import draw_faces
    from mien.media.result import Result

    for name, picture in _read_ahead(inputs, limits):
        try:
            image = picture.result()
        except ImageError as error:
            yield Result.failed(name, error)
            continue
        faces = profiler.analyze(image)
        if copy := copies.get(Path(name)):
            write_image(copy, draw_faces(image, faces))
        yield Result.read(name, faces, width=image.shape[1], height=image.shape[0])


def _read_ahead(inputs: Inputs, limits: ImageLimits) -> Iterator[tuple[str, Future[NDArray[np.uint8]]]]:
    """Every input in order, the next ones being decoded on another core."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        waiting: deque[tuple[str, Future[NDArray[np.uint8]]]] = deque()
        for name, error in inputs.items():
            waiting.append((name, pool.submit(_read, name, error, limits)))
            if len(waiting) > _READ_AHEAD:
                yield waiting.popleft()
        yield from waiting


def _read(name: str, error: ImageError | None, limits: ImageLimits) -> NDArray[np.uint8]:
    from mien.media.images import read_image

    if error is not None:
        raise error
    return read_image(name, limits=limits)
