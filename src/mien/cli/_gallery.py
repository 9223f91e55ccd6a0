"""What the subcommands of `mien gallery` have in common: which gallery, and how people and progress are shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mien.cli._outputs import refuse_empty

if TYPE_CHECKING:
    from mien.gallery.gallery import Gallery
    from mien.gallery.records import Person

Command = TypeVar("Command", bound=Callable[..., Any])

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")


def gallery_option(command: Command) -> Command:
    """Adds `--gallery`, which is always set."""
    return click.option(
        "--gallery",
        metavar="PATH|URL",
        envvar="MIEN_GALLERY",
        callback=_chosen,
        help="An SQLite file, or postgresql://…; by default MIEN_GALLERY, or people.db in the user's data folder.",
    )(command)


def embedding_option(command: Command) -> Command:
    """Adds `--embedding`, which may be None."""
    return click.option(
        "--embedding",
        metavar="NAME",
        callback=refuse_empty,
        help="The network, embedding or sface; by default the one that the gallery's templates are of.",
    )(command)


def open_gallery(
    place: str, *, create: bool = False, embedding: str | None = None, calibration: Path | None = None
) -> Gallery:
    """The gallery; where it may be made, its folder is made too if it is the default one.

    Raises:
        GalleryError: it is not there, cannot be opened, or is damaged.
        ModelError: the calibration cannot be read, or is of another network.
    """
    from mien.gallery.approximate_index import is_installed
    from mien.gallery.gallery import Gallery
    from mien.gallery.memory_index import EXACT_LIMIT
    from mien.gallery.place import default_place, is_server
    from mien.identity.calibration import Calibration
    from mien.media.atomic import make_folder

    if create and place == default_place():
        make_folder(Path(place).parent)
    given = None if calibration is None else Calibration.read(calibration)
    gallery = Gallery(place, create=create, embedding=embedding, calibration=given)
    if not is_server(place) and gallery.store.templates() > EXACT_LIMIT and not is_installed():
        click.echo(
            "mien: note: every search compares all templates; pip install 'mien[gallery]' for an index", err=True
        )
    return gallery


def print_people(people: Sequence[Person]) -> None:
    """A table of people."""
    from rich.table import Table
    from rich.text import Text

    from mien.cli._console import output_console

    table = Table("name", "id", box=None, pad_edge=False)
    for title in ("templates", "crops"):
        table.add_column(title, justify="right")
    for title in ("enrolled", "consent", "notes"):
        table.add_column(title, overflow="fold")
    for one in people:
        name = Text(one.name) if one.name else Text("unnamed", style="dim")
        counts = (str(one.templates), str(one.crops))
        table.add_row(name, one.id, *counts, one.created_at[:10], Text(one.consent or ""), Text(one.notes or ""))
    output_console().print(table)


@contextmanager
def bar(what: str, total: int) -> Iterator[Callable[[], None]]:
    """A progress bar on standard error, where that is a terminal; yields what moves it on by one."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(
        *columns,
        console=console,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
        disable=not console.is_terminal,
    ) as progress:
        task = progress.add_task(what, total=total)
        yield lambda: progress.advance(task)


def _chosen(context: click.Context, option: click.Parameter, value: str | None) -> str:
    from mien.gallery.place import default_place

    return refuse_empty(context, option, value) or default_place()
