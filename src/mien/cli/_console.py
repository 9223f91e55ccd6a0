"""Standard output for tables."""

from __future__ import annotations

from typing import Final

from rich.console import Console

_PIPE_WIDTH: Final = 160  # characters, where standard output is no terminal and so has no width


def output_console() -> Console:
    """The terminal, or what stands in its place, wide enough that tables are not folded there."""
    console = Console()
    return console if console.is_terminal else Console(width=_PIPE_WIDTH)
