"""`mien verify A B`: whether two pictures show one person."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mien.cli._outputs import check_files, refuse_empty

if TYPE_CHECKING:
    from mien.identity.comparison import Comparison

_FMR = 1e-3  # `mien.identity.verify.FMR`, which is not imported for --help
_STATUS = {"same": 0, "different": 3, "unsure": 4}
_PICTURES = (".jpg", ".jpeg", ".png", ".webp")
_EPILOG = """\b
Exit status: 0 done, whatever was decided; 2 a picture cannot be read or shows nobody, or wrong use.
With --exit-code: 0 same, 3 different, 4 unsure, 2 as above.

Example:  mien verify passport.jpg selfie.jpg --draw compared.png
"""


@click.command(epilog=_EPILOG)
@click.argument("a", metavar="A", callback=refuse_empty)
@click.argument("b", metavar="B", callback=refuse_empty)
@click.option("--largest", is_flag=True, help="Compare only the largest face of each picture.")
@click.option(
    "--fmr",
    type=float,
    default=_FMR,
    show_default=True,
    help="False-match rate: the share of pairs of strangers that may be taken for one person.",
)
@click.option(
    "--embedding",
    metavar="NAME",
    default="embedding",
    show_default=True,
    help="The network: embedding, or its slower and better teacher sface.",
)
@click.option(
    "--calibration",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="What `mien gallery calibrate` wrote.  [default: that of the network's card]",
)
@click.option("--detector", metavar="NAME", default="yunet", show_default=True, help="yunet, or the classic haar.")
@click.option(
    "--draw",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    callback=lambda context, option, value: _picture(value),
    help="Write both pictures side by side, with boxes and lines, to FILE.png, .jpg or .webp.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@click.option("--exit-code", is_flag=True, help="End with an exit status that tells the decision.")
@click.pass_context
def command(
    context: click.Context,
    a: str,
    b: str,
    largest: bool,
    fmr: float,
    embedding: str,
    calibration: Path | None,
    detector: str,
    draw: Path | None,
    as_json: bool,
    exit_code: bool,
) -> None:
    """Compare every face of picture A with every face of picture B.

    Of each pair: the similarity; the share of strangers that are at least so similar (FMR); the probability of one
    person, where that is as likely beforehand as that they are not; and the decision: same from the threshold on,
    different where one person is improbable, unsure in between and for poor pictures.
    """
    from mien.identity.calibration import Calibration
    from mien.identity.verify import Verifier
    from mien.media.annotated import write_image
    from mien.media.images import read_image

    check_files({"--draw": draw}, inputs=[Path(a), Path(b), calibration])
    verifier = Verifier(
        embedding=embedding,
        calibration=None if calibration is None else Calibration.read(calibration),
        detector=detector,
    )
    compared = verifier.verify(a, b, largest=largest, fmr=fmr)
    if draw is not None:
        write_image(draw, compared.draw(read_image(a), read_image(b)))
    if as_json:
        click.echo(json.dumps({"paths": {"a": a, "b": b}, **compared.to_dict()}, indent=2, ensure_ascii=False))
    else:
        _print(compared)
    if exit_code:
        context.exit(_STATUS[compared.decision])


def _picture(path: Path | None) -> Path | None:
    if path is not None and path.suffix.lower() not in _PICTURES:
        raise click.BadParameter(f"{path}: its ending must be one of {' '.join(_PICTURES)}")
    return path


def _print(compared: Comparison) -> None:
    from rich.table import Table
    from rich.text import Text

    from mien.cli._console import output_console

    table = Table(box=None, pad_edge=False)
    for title in ("face in A", "face in B", "similarity", "FMR", "probability"):
        table.add_column(title, justify="right")
    table.add_column("decision")
    table.add_column("warnings", overflow="fold")
    for pair in compared.pairs:
        table.add_row(
            str(pair.a + 1),
            str(pair.b + 1),
            f"{pair.similarity:.3f}",
            f"{pair.fmr:.2g}",
            "-" if pair.probability is None else f"{pair.probability:.3f}",
            pair.decision,
            Text(", ".join(pair.warnings)),
        )
    console = output_console()
    console.print(table, highlight=False)
    beyond = ", extrapolated" if compared.extrapolated else ""
    several = f"; of any of {len(compared.pairs)} pairs: {compared.fmr_of_any:.2g}" if len(compared.pairs) > 1 else ""
    console.print(
        f"\n{compared.decision}: similarity {compared.similarity:.3f}, threshold {compared.threshold:.3f} "
        f"(false-match rate {compared.fmr:g}{beyond}{several}; {compared.embedding})",
        highlight=False,
    )
