"""`mien gallery search`: who is in photos or a stream."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mien.cli._gallery import embedding_option, gallery_option, json_option, open_gallery
from mien.cli._outputs import refuse_empty
from mien.cli._photos import Inputs, find_inputs

if TYPE_CHECKING:
    from mien.errors import ImageError
    from mien.gallery.gallery import Gallery
    from mien.gallery.search import Found, Match

    Results = Iterator[tuple[str, Found | ImageError]]

_EPILOG = """\b
Examples:
  mien gallery search party.jpg
  mien gallery search holiday/ --json > who.jsonl
  mien gallery search 0 --seconds 60                        webcam, video or stream
"""


@click.command(epilog=_EPILOG)
@click.argument("paths", metavar="PATH|SOURCE...", nargs=-1, required=True)
@click.option("--top", type=click.IntRange(min=1), default=5, show_default=True, help="People told as evidence.")
@click.option(
    "--fmr", type=float, default=0.01, show_default=True, help="Share of strangers that may be named, of all who come."
)
@click.option("--margin", type=float, help="Least lead of the first over the second; by default the calibration says.")
@click.option(
    "--calibration", metavar="FILE", type=click.Path(path_type=Path), help="Of `calibrate -o`; else the gallery's own."
)
@click.option("--draw", metavar="DIR", callback=refuse_empty, help="Write annotated copies of photos to DIR.")
@click.option("--overwrite", is_flag=True, help="Let annotated copies replace files in DIR; the photos stay.")
@click.option("--seconds", metavar="N", type=float, help="Of a stream, stop after so much of it.")
@embedding_option
@gallery_option
@json_option
def command(
    paths: tuple[str, ...],
    top: int,
    fmr: float,
    margin: float | None,
    calibration: Path | None,
    draw: str | None,
    overwrite: bool,
    seconds: float | None,
    embedding: str | None,
    gallery: str,
    as_json: bool,
) -> None:
    """Tell who everybody is: in photos, folders and patterns, or in one video, webcam or stream.

    Somebody is named who is so similar that only a share FMR of strangers would be as similar to anybody in the
    gallery, and who leads the second person; else the face is unknown. The evidence is told either way. In a stream
    people are named after several good looks, never by a single poor frame.

    Exit status: 1 if some photos could not be read, 2 if none could.
    """
    from mien.cli._gallery_stream import is_stream, search_stream
    from mien.media.annotated import annotated_paths
    from mien.media.atomic import make_folder

    with open_gallery(gallery, embedding=embedding, calibration=calibration) as opened:
        if len(paths) == 1 and is_stream(paths[0]):
            search_stream(opened, paths[0], seconds=seconds, fmr=fmr, margin=margin, as_json=as_json)
            return
        inputs = find_inputs(paths, skip=draw)
        copies: dict[Path, Path] = {}
        if draw is not None:
            photos = [Path(name) for name, error in inputs.items() if error is None]
            copies = dict(annotated_paths(photos, Path(draw), overwrite=overwrite))
            make_folder(Path(draw))
        failed = _write(_search(opened, inputs, copies, top=top, fmr=fmr, margin=margin), as_json=as_json)
    for path, reason in failed.items():
        click.echo(f"mien: error: {path}: {reason}", err=True)
    if failed:
        raise SystemExit(1 if len(failed) < len(inputs) else 2)


def _search(
    gallery: Gallery, inputs: Inputs, copies: dict[Path, Path], *, top: int, fmr: float, margin: float | None
) -> Results:
    from mien.errors import ImageError
    from mien.media.annotated import write_image
    from mien.media.images import read_image
    from mien.media.result import printable

    for path, error in inputs.items():
        try:
            if error is not None:
                raise error
            image = read_image(path)
        except ImageError as reason:
            yield path, ImageError(str(reason).removeprefix(f"{printable(path)}: "))
            continue
        found = gallery.search(image, top=top, fmr=fmr, margin=margin)
        if copy := copies.get(Path(path)):
            write_image(copy, found.faces.replace(embedding=None).draw(image))
        yield path, found


def _write(results: Results, *, as_json: bool) -> dict[str, str]:
    """Prints what was found; returns what could not be read, with the reason."""
    from rich.table import Table
    from rich.text import Text

    from mien.cli._console import output_console
    from mien.errors import ImageError
    from mien.media.result import printable

    failed = {}
    table = Table("photo", "#", "who", "similarity", "wanted", "second", "why unknown", box=None, pad_edge=False)
    table.columns[0].overflow = "fold"
    for path, found in results:
        name = printable(path)
        if isinstance(found, ImageError):
            failed[name] = str(found)
        if as_json:
            click.echo(json.dumps(_line(name, found), ensure_ascii=False))
        elif not isinstance(found, ImageError):
            if not found.matches:
                table.add_row(name, "", Text("no face", style="dim"))
            for number, match in enumerate(found.matches, start=1):
                table.add_row(Text(name if number == 1 else ""), str(number), *_cells(match))
    if table.row_count:
        output_console().print(table)
    return failed


def _line(path: str, found: Found | ImageError) -> dict[str, object]:
    from mien.errors import ImageError

    if isinstance(found, ImageError):
        return {"path": path, "status": "error", "reason": str(found), "faces": []}
    faces = found.to_dicts()
    return {"path": path, "status": "ok" if faces else "no_face", "reason": None, "faces": faces}


def _cells(match: Match) -> tuple[str, ...]:
    """Who, similarity, wanted, second, why unknown."""
    from mien.face import UNKNOWN

    decision = match.decision
    second = match.candidates[1] if len(match.candidates) > 1 else None
    similarity = "-" if decision.similarity is None else f"{decision.similarity:.3f}"
    near = "" if match.label or not match.candidates else f" (nearest: {match.candidates[0].label})"
    return (
        match.label or UNKNOWN,
        similarity,
        f"{decision.threshold:.3f}",
        "-" if second is None else f"{second.similarity:.3f} {second.label}",
        f"{decision.reason}{near}" if decision.person is None else "",
    )
