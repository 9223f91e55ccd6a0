"""Checks of what a command is to write, before it does any work."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import click

from mien.errors import OutputError

STDOUT = Path("-")


def check_files(outputs: Mapping[str, Path | None], *, inputs: Iterable[Path | None] = ()) -> None:
    """Say at once, and not after minutes of work, which files cannot be written.

    Args:
        outputs: option → the file that it names; `-` is standard output.
        inputs: files that are read and must stay as they are.

    Raises:
        OutputError: a file cannot be written, is one of the inputs, or is named by two options.
    """
    from mien.media.atomic import PartialFile

    taken: dict[str, str] = {}
    read = {os.path.realpath(path) for path in inputs if path is not None}
    for option, path in outputs.items():
        if path is None or path == STDOUT:
            continue
        place = os.path.realpath(path)
        if place in read:
            raise OutputError(f"{option} {path}: would overwrite a file that is to be read; name another output")
        if place in taken:
            raise OutputError(f"{taken[place]} and {option} both name {path}; give each a file of its own")
        taken[place] = option
        PartialFile(path).discard()


def refuse_empty(context: click.Context, option: click.Parameter, value: str | None) -> str | None:
    """A callback for `click.option`: refuses `""`, as a shell variable that is not set gives it."""
    if value == "":
        raise click.BadParameter("an empty path names nothing")
    return value
