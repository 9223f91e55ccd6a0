"""`mien models`: the networks, where their files are, and whether these are the right ones."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from mien.errors import ModelError

if TYPE_CHECKING:
    from mien.models.card import ModelCard
    from mien.models.download import Progress
    from mien.models.weights import Status

_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")


@click.group(epilog="Example:  mien models list")
def command() -> None:
    """List, describe, fetch and check the networks that Mien can use."""


@command.command("list", epilog="Example:  mien models list --json")
@_json_option
def list_models(as_json: bool) -> None:
    """List every model: its version, size and licence, where its file is, and whether it is the right one."""
    _show(_every_row(), as_json=as_json)


@command.command(epilog="Example:  mien models show yunet")
@click.argument("name")
@_json_option
def show(name: str, as_json: bool) -> None:
    """Show all that the card of model NAME says."""
    from mien.models import registry, weights

    row = _Row(name, weights.status(card := registry.card(name)), card)
    whole = row.to_dict() | json.loads(card.to_json())
    if as_json:
        click.echo(json.dumps(whole, indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(_lines(whole)))


@command.command(epilog="Example:  mien models pull sface")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@_json_option
def pull(names: Sequence[str], as_json: bool) -> None:
    """Fetch the files of the models NAME... that are not on this machine yet.

    A file in the cache that is not what its card says is replaced.

    Exit status: 1 if some could not be fetched, 2 if none could.
    """
    from mien.models import registry, weights

    rows = []
    for card in [registry.card(name) for name in dict.fromkeys(names)]:
        try:
            with _bar(card) as progress:
                weights.find(card, progress=progress, replace=True)
        except ModelError as error:
            click.echo(f"mien: error: {error}", err=True)
            rows.append(_Row(card.name, weights.status(card), card, failure=str(error)))
        else:
            rows.append(_Row(card.name, weights.status(card), card))
    _show(rows, as_json=as_json)
    failed = [row for row in rows if row.failure]
    if failed:
        raise SystemExit(1 if len(failed) < len(rows) else 2)


@command.command(epilog="Example:  mien models verify")
@_json_option
def verify(as_json: bool) -> None:
    """Check the sha256 of every file that is on this machine.

    Exit status: 1 if a file is wrong, or missing though it comes with the installation; each is named with the remedy.
    """
    rows = _every_row()
    _show(rows, as_json=as_json)
    problems = [row.status.problem for row in rows if row.status.problem]
    for problem in problems:
        click.echo(f"mien: error: {problem}", err=True)
    if problems:
        raise SystemExit(1)


@dataclass(frozen=True)
class _Row:
    """A model as the table and the JSON show it; without a card where the installation lacks it."""

    name: str
    status: Status
    card: ModelCard | None = None
    failure: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            **{key: getattr(self.card, key, None) for key in ("task", "version", "bytes", "licence")},
            "where": self.status.where,
            "path": str(self.status.path) if self.status.path else None,
            "verified": self.status.verified,
            "problem": self.failure or self.status.problem,
        }

    def cells(self) -> tuple[str, ...]:
        where = self.status.where or "-"
        if self.card is None:
            return self.name, "-", "-", "-", "-", where, self.status.state
        size = f"{self.card.bytes / 1e6:.1f}"
        return self.name, self.card.task, self.card.version, size, self.card.licence, where, self.status.state


def _every_row() -> list[_Row]:
    from mien.models import registry, weights

    rows = [_Row(card.name, weights.status(card), card) for card in registry.cards()]
    lacking = registry.missing().items()
    return rows + [_Row(name, weights.Status(where=None, path=None, problem=problem)) for name, problem in lacking]


def _show(rows: Sequence[_Row], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps([row.to_dict() for row in rows], indent=2, ensure_ascii=False))
        return
    from rich.table import Table
    from rich.text import Text

    from mien.cli._console import output_console

    table = Table("name", "task", "version", box=None, pad_edge=False)
    table.add_column("MB", justify="right")
    for title in ("licence", "found in", "sha256"):
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row.cells()))
    output_console().print(table)


def _lines(values: dict[str, Any], indent: str = "") -> Iterator[str]:
    """A card as plain lines: what is empty is left out, what holds more is indented."""
    width = max(len(name) for name in values)
    for name, value in values.items():
        if value is None or value in ([], {}, ""):
            continue
        if isinstance(value, dict):
            yield f"{indent}{name}"
            yield from _lines(value, indent + "  ")
        elif isinstance(value, list) and isinstance(value[0], dict):
            yield f"{indent}{name}"
            for item in value:
                yield f"{indent}  " + ", ".join(f"{key} {_plain(part)}" for key, part in item.items())
        else:
            yield f"{indent}{name:<{width}}  {_plain(value)}"


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " to ".join(map(str, value)) if isinstance(value, list) else str(value)


@contextmanager
def _bar(card: ModelCard) -> Iterator[Progress]:
    """A progress bar on standard error that appears with the first bytes."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    name = TextColumn("{task.description}", markup=False)
    columns = (name, BarColumn(), DownloadColumn(), TimeRemainingColumn())
    bars = Progress(*columns, console=Console(stderr=True), redirect_stdout=False)

    def advance(done: int, total: int) -> None:
        if not bars.task_ids:
            bars.add_task(card.file, total=total)
            bars.start()
        bars.update(bars.task_ids[0], completed=done)

    try:
        yield advance
    finally:
        if bars.task_ids:
            bars.stop()
