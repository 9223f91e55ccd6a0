"""`mien audit`: for whom predictions hold, and for whom they do not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mien.cli._columns import parse_columns
from mien.cli._outputs import STDOUT, check_files

if TYPE_CHECKING:
    from mien.audit.audit import Audit
    from mien.audit.table import Table

_EPILOG = """\b
Examples:
  mien evaluate faces.csv --task demographics --predictions mine.csv
  mien audit mine.csv -o audit.html --json audit.json
  mien audit deepface.csv --format deepface --labels faces.csv --key img_path=path -o audit.html
  mien audit theirs.csv --true gender=gt --predicted gender=guess --by gender,skin_type
"""


def _parse_by(context: click.Context, option: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    if value is None:
        return None
    names = tuple(dict.fromkeys(name.strip() for name in value.split(",")))
    if not all(names):
        raise click.BadParameter(f"{value!r}; write it as gender,race")
    return names


@click.command(epilog=_EPILOG)
@click.argument("predictions", type=click.Path(path_type=Path))
@click.option("--labels", type=click.Path(path_type=Path), help="CSV or Parquet file with what is true.")
@click.option(
    "--key",
    help="Column by which PREDICTIONS and LABELS go together; name=path where it is called differently in each.  "
    "[default: path]",
)
@click.option(
    "--format",
    "format_name",
    type=click.Choice(("mien", "deepface")),
    default="mien",
    show_default=True,
    help="How the columns of PREDICTIONS are called.",
)
@click.option("--true", "truth", multiple=True, callback=parse_columns, help="NAME=COLUMN: what is true of NAME.")
@click.option(
    "--predicted",
    multiple=True,
    callback=parse_columns,
    help="NAME=COLUMN: what was predicted for NAME; gender.female=COLUMN is a probability.",
)
@click.option(
    "--by",
    callback=_parse_by,
    help="What to tell people apart by: gender, race, age_group, emotion or any column of the labels.  "
    "[default: gender,race,age_group]",
)
@click.option(
    "--min-group", type=click.IntRange(min=1), default=30, show_default=True, help="Tell no figures of fewer people."
)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write the whole audit as HTML.")
@click.option(
    "--json",
    "json_file",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    help="Write every figure, with n and 95 % interval; - for standard output in place of the tables.",
)
def command(
    predictions: Path,
    labels: Path | None,
    key: str | None,
    format_name: str,
    truth: dict[str, str],
    predicted: dict[str, str],
    by: tuple[str, ...] | None,
    min_group: int,
    output: Path | None,
    json_file: Path | None,
) -> None:
    """Audit predictions: accuracy, error and calibration for each group of people.

    PREDICTIONS is a CSV or Parquet file, as `mien evaluate --predictions` writes it or anybody's. What is true is in
    the columns true_age, true_age_group, true_gender, true_race and true_emotion, or in the file of --labels without
    the true_; what was predicted in pred_gender or gender, its probabilities in gender_female, gender_male and so on.
    Letter case, spaces and underscores do not matter. Figures are told for every group and for the crossings of
    groups, with the gap between the best and the worst.
    """
    from mien.audit.columns import Naming
    from mien.audit.page import page
    from mien.audit.read import read_table
    from mien.media.atomic import write_bytes

    check_files({"-o": output, "--json": json_file}, inputs=[predictions, labels])
    naming = Naming(format=format_name, truth=truth, predicted=predicted)
    table = read_table(predictions, labels=labels, key=key, naming=naming, by=by)
    audit = _audit(table, min_group)

    text = json.dumps(audit.to_dict(), indent=2, allow_nan=False)
    if json_file is not None and json_file != STDOUT:
        write_bytes(json_file, f"{text}\n".encode())
    if output is not None:
        write_bytes(output, page(audit).encode())
    if json_file == STDOUT:
        click.echo(text)
    else:
        _print_tables(audit)
    for note in audit.notes:
        click.echo(f"note: {note}", err=True)


def _audit(table: Table, min_group: int) -> Audit:
    from rich.console import Console

    from mien.audit.audit import audit

    console = Console(stderr=True)
    if not console.is_terminal:
        return audit(table, min_group=min_group)
    with console.status("reading") as status:
        return audit(table, min_group=min_group, progress=lambda name: status.update(f"auditing {name}"))


def _print_tables(audit: Audit) -> None:
    from mien.audit.tables import tables
    from mien.cli._console import output_console

    console = output_console()
    for table in tables(audit):
        console.print(table, highlight=False)
