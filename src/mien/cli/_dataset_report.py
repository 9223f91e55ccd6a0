"""`mien report` on what `mien dataset` made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
from click.core import ParameterSource

from mien.cli._outputs import STDOUT, check_files

if TYPE_CHECKING:
    from rich.table import Table

    from mien.dataset.manifest import Manifest
    from mien.dataset.summary import Summary
    from mien.dataset.validation import Confusion


_OF_STORES: Final = ("sources", "since", "until", "time_zone", "min_cell")
_OF_DATASETS: Final = ("validation", "images")


def is_dataset(text: str) -> bool:
    """Whether a path or an address names the folder of a run."""
    from mien.dataset.manifest import NAME
    from mien.dataset.place import open_place
    from mien.media.address import scheme_of

    if (scheme_of(text) or "").startswith(("postgres", "sqlite")):
        return False
    place = open_place(text)
    return place.kind() == "folder" and place.child(NAME).kind() == "file"


def refuse_other_options(context: click.Context, dataset: bool) -> None:
    """Refuse options that mean something for the other kind of report alone.

    Args:
        context: of the command.
        dataset: whether the report is on a data set.
    """
    others = _OF_STORES if dataset else _OF_DATASETS
    for name in others:
        if context.get_parameter_source(name) == ParameterSource.COMMANDLINE:
            kind = "a store of `mien watch`" if dataset else "a folder of `mien dataset`"
            option = "source" if name == "sources" else name.replace("_", "-")
            raise click.UsageError(f"--{option} is for {kind}, which this is not; leave it out")


def report(
    folder: str,
    *,
    output: Path | None,
    tables: Path | None,
    json_file: Path | None,
    validation: Path | None,
    images: Path | None,
) -> None:
    """Print the shares, and write the page, the tables and the figures.

    Args:
        folder: of the run.
        output: file of the page.
        tables: folder of the tables.
        json_file: file of the figures; `-` is standard output.
        validation: labelled sample to correct shares by; None takes what the networks' cards say.
        images: folder that its paths are relative to.
    """
    from mien.cli._console import output_console
    from mien.dataset.manifest import Manifest
    from mien.dataset.place import open_place
    from mien.dataset.report import page
    from mien.dataset.summary import summarize
    from mien.dataset.validation import of_cards
    from mien.media.atomic import make_folder, write_bytes

    check_files({"-o": output, "--json": json_file}, inputs=[validation])
    out = open_place(folder)
    manifest = Manifest.read(out)
    notes: list[str] = []
    if validation is None:
        confusions = of_cards(manifest.models)
    else:
        confusions, notes = _confused(validation, manifest, images)
    summary = summarize(out, confusions=confusions)
    if output is not None:
        write_bytes(output, page(summary).encode())
    if tables is not None:
        make_folder(tables)
        for name, text in summary.csv_files().items():
            write_bytes(tables / name, text.encode())
    text = json.dumps(summary.to_dict(), indent=2, allow_nan=False)
    if json_file is not None and json_file != STDOUT:
        write_bytes(json_file, f"{text}\n".encode())
    if json_file == STDOUT:
        click.echo(text)
    else:
        output_console().print(_table(summary), highlight=False)
    for note in (*summary.notes, *notes):
        click.echo(f"note: {note}", err=True)


def _confused(path: Path, manifest: Manifest, images: Path | None) -> tuple[dict[str, Confusion], list[str]]:
    from rich.console import Console

    from mien.dataset.validation import of_labelled

    console = Console(stderr=True)
    if not console.is_terminal:
        return of_labelled(path, manifest.settings, images=images)
    with console.status("reading") as status:
        return of_labelled(
            path,
            manifest.settings,
            images=images,
            progress=lambda done, total: status.update(f"labelled pictures: {done:,} of {total:,}"),
        )


def _table(summary: Summary) -> Table:
    from rich.table import Table

    from mien.dataset.charts import interval, percent, shown

    table = Table("", "", "counted", "95 %", "corrected", "95 %")
    table.title = f"{summary.people:,} people in {summary.pictures:,} pictures"
    for name, one in (("pictures", summary.coverage), *summary.classes.items()):
        corrected = summary.corrected.get(name)
        for place, (label, figure) in enumerate(zip(one.labels, one.figures, strict=True)):
            after = ("", "")
            if corrected is not None:
                after = percent(corrected.shares[place]), interval(corrected.low[place], corrected.high[place])
            counted = percent(figure.value), interval(figure.low, figure.high)
            table.add_row("" if place else shown(name), shown(label), *counted, *after)
        table.add_section()
    return table
