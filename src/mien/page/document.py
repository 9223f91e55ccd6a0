"""A report as one HTML file that needs nothing else: charts inline, no scripts, light and dark, fit for print."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files
from typing import Final

_NOTHING_FROM_OUTSIDE: Final = "default-src 'none'; style-src 'unsafe-inline'"


def page_style() -> str:
    """The style sheet that all reports share."""
    return _style("page.css") + parts_style()


def parts_style() -> str:
    """The part of it that is about figures, charts and tables, for pages with a style of their own."""
    return _style("parts.css")


def document(*, title: str, header: str, main: str, footer: str, style: str = "") -> str:
    """The whole page.

    Args:
        title: text.
        header: HTML below the title.
        main: HTML.
        footer: HTML.
        style: rules beside those that all reports share.
    """
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{_NOTHING_FROM_OUTSIDE}">
<title>{escape(title)}</title>
<style>
{page_style()}{style}</style>
</head>
<body>
<header>
<h1>{escape(title)}</h1>
{header}
</header>
<main>
{main}
</main>
{footer}
</body>
</html>
"""


def table(head: Sequence[str], rows: Iterable[str], left: Sequence[int] = (), *, label: str = "") -> str:
    """A table that scrolls where it is too wide.

    Args:
        head: titles of the columns.
        rows: as HTML.
        left: places of the columns that hold words; the others hold numbers.
        label: what the table tells, for those who scroll it by keys and do not see it.
    """
    cells = "".join(
        f'<th scope="col"{" class=left" if i in left else ""}>{escape(text)}</th>' for i, text in enumerate(head)
    )
    named = f' tabindex="0" role="region" aria-label="{escape(label)}"' if label else ""
    content = f"<table><thead><tr>{cells}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    return f'<div class="scroll"{named}>{content}</div>'


def notes(texts: Sequence[str]) -> str:
    """What a reader has to know first; nothing where there is nothing."""
    if not texts:
        return ""
    items = "".join(f"<li>{escape(text)}</li>" for text in texts)
    return f'<aside class="notes" aria-label="Read this first"><strong>Read this first</strong><ul>{items}</ul></aside>'


def _style(name: str) -> str:
    return files("mien.page").joinpath(name).read_text(encoding="utf-8")
