"""`mien dataset`: profiles of a whole data set, in tables for research."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from mien.cli._columns import parse_columns
from mien.cli._outputs import refuse_empty

if TYPE_CHECKING:
    from mien.dataset.part import Order
    from mien.dataset.run import Engine, Outcome

_EPILOG = """\b
Examples:
  mien dataset photos/ -o out/
  mien dataset faces.csv --images photos/ --column path=file --keep country,year -o out/
  mien dataset s3://bucket/photos -o s3://bucket/out --engine ray --address auto
"""


def _parse_names(context: click.Context, option: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    if value is None:
        return None
    names = tuple(dict.fromkeys(name.strip() for name in value.split(",")))
    if not all(names):
        raise click.BadParameter(f"{value!r}; write it as age,gender")
    return names


@click.command(epilog=_EPILOG)
@click.argument("source", metavar="DIR|CSV|PARQUET", callback=refuse_empty)
@click.option("-o", "--output", metavar="OUT", required=True, callback=refuse_empty, help="Folder for the results.")
@click.option("--images", metavar="DIR", callback=refuse_empty, help="Folder that a table's paths are relative to.")
@click.option("--column", multiple=True, callback=parse_columns, help="path=NAME or image=NAME: a table's column.")
@click.option("--keep", metavar="NAMES", callback=_parse_names, help="Columns of the table to keep beside the results.")
@click.option("--sample", metavar="N", type=click.IntRange(min=1), help="Draw N pictures at random.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the draw, and of bootstraps in reports.")
@click.option(
    "--attributes",
    metavar="NAMES",
    callback=_parse_names,
    show_default="age,gender,race,emotion,pose,quality",
    help="What to find out; also to be had: landmarks, embedding.",
)
@click.option("--profile", metavar="NAME", default="default", show_default=True, help="Whose networks.")
@click.option("--detector", metavar="NAME", show_default="yunet, or the profile's", help="yunet or haar.")
@click.option("--embedding", metavar="NAME", default="embedding", show_default=True, help="embedding or sface.")
@click.option("--long-side", metavar="PIXELS", type=int, default=640, show_default=True, help="Where faces are sought.")
@click.option("--crops", is_flag=True, help="Each picture is one face cut out already.")
@click.option("--workers", metavar="N", type=click.IntRange(min=1), show_default="one a core", help="Processes.")
@click.option("--part-size", metavar="N", type=click.IntRange(min=1), show_default="256", help="Pictures a part.")
@click.option("--max-pixels", metavar="N", type=click.IntRange(min=1), default=100_000_000, show_default=True)
@click.option("--max-bytes", metavar="N", type=click.IntRange(min=1), default=100_000_000, show_default=True)
@click.option(
    "--engine",
    "engine_name",
    type=click.Choice(("local", "ray")),
    default="local",
    show_default=True,
    help="This machine's cores, or a Ray cluster.",
)
@click.option("--address", metavar="ADDRESS", callback=refuse_empty, help="Of the Ray cluster.  [default: a local one]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def command(
    source: str,
    output: str,
    images: str | None,
    column: dict[str, str],
    keep: tuple[str, ...] | None,
    sample: int | None,
    seed: int,
    attributes: tuple[str, ...] | None,
    profile: str,
    detector: str | None,
    embedding: str,
    long_side: int,
    crops: bool,
    workers: int | None,
    part_size: int | None,
    max_pixels: int,
    max_bytes: int,
    engine_name: str,
    address: str | None,
    as_json: bool,
) -> None:
    """Profile everyone in a data set of any size.

    The data set is a folder, searched with all below it, a CSV or Parquet file with a column path, or a Parquet file
    with a column image that holds pictures. OUT gets two tables in parts, files and faces, with manifest.json and
    codebook.csv. A run that is interrupted goes on where it was when the same command is given again: no row is lost or
    doubled. A file that cannot be read is a row with its reason; the exit status is then 1.
    """
    from mien.cli._dataset_progress import shown_progress
    from mien.dataset.manifest import NAME
    from mien.dataset.place import open_place
    from mien.dataset.run import profile_dataset
    from mien.dataset.settings import Settings
    from mien.dataset.source import Naming, open_source
    from mien.errors import OutputError, UnknownNameError
    from mien.media.images import ImageLimits

    for name in column:
        if name not in ("path", "image"):
            raise UnknownNameError("column", name, ("path", "image"))
    if address is not None and engine_name != "ray":
        raise click.UsageError("--address is that of a Ray cluster; give --engine ray with it")
    settings = Settings.of(
        attributes=attributes,
        profile=profile,
        detector=detector,
        embedding=embedding,
        long_side=long_side,
        crops=crops,
        limits=ImageLimits(max_pixels=max_pixels, max_bytes=max_bytes),
    )
    naming = Naming(path=column.get("path"), image=column.get("image"), keep=keep or ())
    data = open_source(source, images=images, naming=naming)
    try:
        with shown_progress() as progress:
            outcome = profile_dataset(
                data,
                output,
                settings=settings,
                keep=keep or (),
                sample=sample,
                seed=seed,
                workers=workers,
                part_size=part_size,
                engine=_ray(address, workers) if engine_name == "ray" else None,
                engine_name=engine_name,
                progress=progress,
            )
    except (KeyboardInterrupt, OutputError):
        if open_place(output).child(NAME).kind() == "file":
            click.echo(f"mien: note: what is done is in {output}; the same command goes on from there", err=True)
        raise
    _tell(outcome, as_json)
    if outcome.counts.error:
        raise SystemExit(2 if outcome.counts.error == outcome.counts.pictures else 1)


def _ray(address: str | None, workers: int | None) -> Callable[[Order], Engine]:
    from mien.dataset.ray_engine import RayEngine

    return lambda order: RayEngine(order, address=address, workers=workers)


def _tell(outcome: Outcome, as_json: bool) -> None:
    from rich.table import Table

    from mien.cli._console import output_console

    counts, seconds = outcome.counts, outcome.seconds
    now = counts.pictures - outcome.before
    rate = round(now / seconds, 1) if now and seconds else None
    if as_json:
        figures = {"before": outcome.before, "seconds": round(seconds, 1), "pictures_per_s": rate}
        click.echo(json.dumps({"out": outcome.out, **counts.to_dict(), **figures}))
    else:
        table = Table("pictures", "with people", "nobody", "not read", "people", "seconds", "pictures/s")
        numbers = (counts.pictures, counts.ok, counts.no_face, counts.error, counts.faces)
        table.add_row(*(f"{number:,}" for number in numbers), f"{seconds:,.1f}", "–" if rate is None else f"{rate:,}")
        output_console().print(table)
    if not now:
        click.echo(f"mien: note: {outcome.out} was complete already", err=True)
    if counts.error:
        told = f"{counts.error:,} of {counts.pictures:,} files could not be read"
        click.echo(f"mien: error: {told}; {outcome.out}/files tells why, file by file", err=True)
