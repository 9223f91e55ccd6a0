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
    """Show all that the card of model NAME says: what it is, what it was trained on, and how well it was measured."""
    from mien.models import registry, weights

    row = _Row(name, weights.status(card := registry.card(name)), card)
    if as_json:
        click.echo(json.dumps(row.to_dict() | json.loads(card.to_json()), indent=2, ensure_ascii=False))
    else:
        _show_card(row, card)


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
        from mien.models.sheet import restricted

        return {
            "name": self.name,
            **{key: getattr(self.card, key, None) for key in ("task", "version", "bytes", "licence", "parameters")},
            "latency_ms": self.card.latency.ms if self.card is not None and self.card.latency is not None else None,
            "non_commercial_data": None if self.card is None else list(restricted(self.card)),
            "where": self.status.where,
            "path": str(self.status.path) if self.status.path else None,
            "verified": self.status.verified,
            "problem": self.failure or self.status.problem,
        }

    def cells(self) -> tuple[str, ...]:
        where = self.status.where or "-"
        if self.card is None:
            return self.name, "-", "-", "-", "-", "-", where, self.status.state
        card, size = self.card, f"{self.card.bytes / 1e6:.1f}"
        speed = "-" if card.latency is None else f"{card.latency.ms:.1f}"
        return self.name, card.task, card.version, size, speed, card.licence, where, self.status.state


def _every_row() -> list[_Row]:
    from mien.models import registry, trained, weights

    cards = {card.name: card for card in (*trained.cards(), *registry.cards())}
    rows = [_Row(card.name, weights.status(card), card) for card in cards.values()]
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
    table.add_column("ms a face", justify="right")
    for title in ("licence", "found in", "sha256"):
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row.cells()))
    output_console().print(table)


def _show_card(row: _Row, card: ModelCard) -> None:
    from rich.table import Table
    from rich.text import Text

    from mien.cli._console import output_console
    from mien.models import sheet

    console = output_console()
    console.print(Text(f"{card.name}: {card.description}\n"))
    about = Table(box=None, pad_edge=False, show_header=False)
    about.add_column(overflow="fold")
    about.add_column(overflow="fold")
    found = {"found in": f"{row.status.where or '-'}, {row.status.state}", "problem": row.status.problem or ""}
    for name, text in (sheet.facts(card) | found).items():
        if text:
            about.add_row(name, Text(text))
    console.print(about)
    for one in sheet.tables(card):
        console.print(Text(f"\n{one.title}", style="bold"))
        table = Table(box=None, pad_edge=False)
        for place, title in enumerate(one.header):
            table.add_column(title, justify="left" if place < one.words else "right", overflow="fold")
        for cells in one.rows:
            table.add_row(*map(Text, cells))
        console.print(table)


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
