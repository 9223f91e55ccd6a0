"""`mien compare`: two data sets, or two groups of one, against each other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mien.cli._outputs import STDOUT, check_files, refuse_empty

if TYPE_CHECKING:
    from rich.table import Table

    from mien.dataset.comparison import Comparison, Difference
    from mien.dataset.significance import Correction

_EPILOG = """\b
Examples:
  mien compare magazine-1995/ magazine-2025/
  mien compare out/ --by country --groups france,japan --json differences.json
"""


def _parse_groups(context: click.Context, option: click.Parameter, value: str | None) -> tuple[str, str] | None:
    if value is None:
        return None
    first, sign, second = (part.strip() for part in value.partition(","))
    if not (first and sign and second) or first == second:
        raise click.BadParameter(f"{value!r}; write two groups, as female,male")
    return first, second


@click.command(epilog=_EPILOG)
@click.argument("first", metavar="OUT1", callback=refuse_empty)
@click.argument("second", metavar="[OUT2]", required=False, callback=refuse_empty)
@click.option(
    "--by",
    metavar="COLUMN",
    help="Compare two groups of OUT1: gender, race, age_group, emotion, or a column kept (input_gender).",
)
@click.option("--groups", metavar="A,B", callback=_parse_groups, help="The two words in that column.")
@click.option(
    "--correction",
    type=click.Choice(("holm", "bh", "none")),
    default="holm",
    show_default=True,
    help="For the number of tests: Holm, or Benjamini and Hochberg.",
)
@click.option(
    "--json",
    "json_file",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    help="Write every figure; - for standard output in place of the tables.",
)
def command(
    first: str,
    second: str | None,
    by: str | None,
    groups: tuple[str, str] | None,
    correction: Correction,
    json_file: Path | None,
) -> None:
    """Compare what `mien dataset` found: two runs, or two groups of one.

    Shares and means are told with their differences, 95 % intervals and effect sizes: Cohen's h of shares, Cohen's d of
    means, Cramér's V of whole distributions. p-values are corrected for the number of tests. Faces in one picture are
    not taken for independent. Two runs over the same pictures are compared picture by picture.
    """
    from mien.cli._console import output_console
    from mien.dataset.compare import compare_groups, compare_runs
    from mien.dataset.manifest import Manifest
    from mien.dataset.place import open_place
    from mien.media.atomic import write_bytes

    if (second is None) == (by is None) or (by is None) != (groups is None):
        raise click.UsageError("give OUT1 and OUT2, or OUT1 with --by COLUMN and --groups A,B")
    check_files({"--json": json_file})
    out = open_place(first)
    run = out, Manifest.read(out)
    if second is not None:
        other = open_place(second)
        found = compare_runs(run, (other, Manifest.read(other)), correction=correction)
    else:
        found = compare_groups(*run, by or "", groups or ("", ""), correction=correction)
    text = json.dumps(found.to_dict(), indent=2, allow_nan=False)
    if json_file is not None and json_file != STDOUT:
        write_bytes(json_file, f"{text}\n".encode())
    if json_file == STDOUT:
        click.echo(text)
    else:
        for table in _tables(found):
            output_console().print(table, highlight=False)
    for note in found.notes:
        click.echo(f"note: {note}", err=True)


def _tables(found: Comparison) -> list[Table]:
    from rich.table import Table

    from mien.dataset.significance import CORRECTIONS

    kind = "the same pictures, compared one by one" if found.paired else "not paired"
    whole = Table("distribution", "people in A", "people in B", "Cramér's V", "χ²", "df", "p, corrected")
    for one in found.distributions:
        numbers = (f"{one.n_a:,}", f"{one.n_b:,}", f"{one.cramers_v:.3f}", f"{one.chi_squared:.1f}", str(one.degrees))
        whole.add_row(_title(one.attribute), *numbers, _p(one.p_adjusted))
    whole.title = f"A: {found.a}\nB: {found.b}\n({kind})"
    parts = Table("", "", "A", "B", "B − A", "95 % interval", "effect", "p, corrected")
    for each in found.differences:
        parts.add_row(*_row(each))
    parts.caption = f"{found.tests} tests; {CORRECTIONS[found.correction]}"
    return [whole, parts]


def _row(one: Difference) -> tuple[str, ...]:
    unit = 100.0 if one.label else 1.0

    def shown(value: float, sign: str = "") -> str:
        return f"{unit * value:{sign}.{1 if one.label or one.attribute == 'age' else 3}f}".replace("-", "−")

    percent = " %" if one.label else ""
    effect = f"{'h' if one.label else 'd'} = {one.effect:+.2f}".replace("-", "−")
    return (
        _title(one.attribute),
        _title(one.label) or "mean",
        f"{shown(one.a)}{percent}",
        f"{shown(one.b)}{percent}",
        f"{shown(one.difference, '+')}{' points' if one.label else ''}",
        f"{shown(one.low, '+')} to {shown(one.high, '+')}",
        effect,
        _p(one.p_adjusted),
    )


def _title(name: str) -> str:
    return {"faces": "people a picture", "emotion": "expression"}.get(name, name.replace("_", " "))


def _p(value: float | None) -> str:
    if value is None:
        return "–"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
