"""Options of the form NAME=COLUMN."""

from __future__ import annotations

from collections.abc import Sequence

import click


def parse_columns(context: click.Context, option: click.Parameter, values: Sequence[str]) -> dict[str, str]:
    """A callback for `click.option`: name → column of the file."""
    renamed = {}
    for value in values:
        name, sign, other = value.partition("=")
        if not (name and sign and other):
            raise click.BadParameter(f"{value!r}; write it as emotion=name_in_the_file")
        renamed[name.strip()] = other.strip()
    return renamed
