"""`mien explain-preprocessing`: the published preprocessing as pictures."""

from __future__ import annotations

from pathlib import Path

import click

from mien.cli._outputs import check_files, refuse_empty


@click.command(name="explain-preprocessing", epilog="Example:  mien explain-preprocessing photo.jpg -o steps.png")
@click.argument("photo", metavar="PHOTO", callback=refuse_empty)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    required=True,
    callback=refuse_empty,
    help="Picture to write, .png .svg or .pdf (needs mien[report]).",
)
@click.option(
    "--long-side",
    metavar="PIXELS",
    type=int,
    default=640,
    show_default=True,
    help="Shrink the photo to this before faces are sought.",
)
def command(photo: str, output: str, long_side: int) -> None:
    """Show what the profile paper makes of the surest face in PHOTO before its networks see it.

    Haar cascade, square cut out, grey, histogram equalised, scaled to 48, 64 and 128 pixels, 0 to 1.
    """
    from mien.evaluate.picture import load_figure_class
    from mien.media.images import read_image
    from mien.models import detectors
    from mien.models.session import Threads
    from mien.preprocess.explain import draw_steps

    check_files({"-o": Path(output)}, inputs=[Path(photo)])
    load_figure_class()
    image = read_image(photo)
    found = detectors.load("haar", long_side=long_side, threads=Threads()).detect(image)
    draw_steps(image, found.boxes, Path(output))
    click.echo(output)
