"""A report as tables for the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich import box
from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table

from mien.evaluate.labels import listed
from mien.evaluate.report import AgeErrors, Classification, Figure, Report, Section


def tables(report: Report) -> Iterator[RenderableType]:
    """The summary; then for each attribute with classes, its figures class by class and its confusion matrix."""
    yield _heading(report)
    yield _summary(report)
    for section in report.sections:
        if isinstance(section, Classification):
            name = section.name.replace("_", " ")
            yield f"{name}: class by class"
            yield _classes(section)
            yield f"{name}: rows true, columns predicted"
            yield _confusion(section)


def remarks(report: Report, most: int = 10) -> Iterator[str]:
    """What the figures leave out: one line for each kind of label skipped and each image that could not be read."""
    for column, words in report.skipped.items():
        told = listed(words, most)
        yield f"{column}: skipped {sum(words.values())} labels outside the vocabulary: {told}"
    unreadable = report.images.unreadable
    for name, reason in unreadable[:most]:
        yield f"{name}: not read: {reason}"
    if len(unreadable) > most:
        yield f"… and {len(unreadable) - most} more images not read"


def _heading(report: Report) -> str:
    split = "" if report.split is None else f", split {report.split}"
    images = report.images
    return (
        f"{report.task} on {escape(report.data + split)}: {report.selected:,} of {report.rows:,} rows, "
        f"{images.n:,} labelled, {len(images.unreadable):,} not read"
    )


def _summary(report: Report) -> Table:
    images = report.images
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("attribute")
    table.add_column("figure")
    for name in ("value", "95 % interval", "n"):
        table.add_column(name, justify="right")
    _add(table, "faces", "found by the detector", images.detection_rate)
    _add(table, "", "none found, whole crop taken", images.whole_crop)
    for section in report.sections:
        first = section.name.replace("_", " ")
        for label, figure, unit in _figures(section):
            if figure is not None:
                _add(table, first, label, figure, unit)
                first = ""
    return table


def _figures(section: Section) -> Iterator[tuple[str, Figure | None, str]]:
    if isinstance(section, AgeErrors):
        stated = "" if section.stated_coverage is None else f" (stated {section.stated_coverage:.0%})"
        yield "mean absolute error", section.mae, " years"
        yield "mean error", section.bias, " years"
        yield "within 5 years", section.within_5, "%"
        yield "within 10 years", section.within_10, "%"
        yield f"interval coverage{stated}", section.coverage, "%"
        yield "interval width", section.interval_width, " years"
        return
    yield "accuracy", section.accuracy, "%"
    if section.not_found:
        yield "accuracy, not found as wrong", section.accuracy_not_found_wrong, "%"
    yield "within one group", section.within_one, "%"
    yield "macro precision", section.macro_precision, "%"
    yield "macro recall (balanced accuracy)", section.macro_recall, "%"
    yield "macro F1", section.macro_f1, "%"


def _add(table: Table, attribute: str, label: str, figure: Figure | None, unit: str = "%") -> None:
    if figure is not None:
        table.add_row(attribute, label, _value(figure.value, unit), _interval(figure, unit), f"{figure.n:,}")


def _classes(section: Classification) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("class")
    for name in ("n", "precision", "95 %", "recall", "95 %", "F1", "95 %"):
        table.add_column(name, justify="right")
    for one in section.classes:
        figures = [
            text
            for figure in (one.precision, one.recall, one.f1)
            for text in (_value(figure.value, "%"), _interval(figure, ""))
        ]
        table.add_row(one.label.replace("_", " "), f"{one.n:,}", *figures)
    return table


def _confusion(section: Classification) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("")
    for label in section.labels:
        table.add_column(label.replace("_", " "), justify="right")
    for place, (label, row) in enumerate(zip(section.labels, section.confusion, strict=True)):
        cells = [f"[bold]{count:,}[/bold]" if i == place else f"{count:,}" for i, count in enumerate(row)]
        table.add_row(label.replace("_", " "), *cells)
    return table


def _value(value: float | None, unit: str) -> str:
    if value is None:
        return "–"
    return f"{value:.1%}" if unit == "%" else f"{value:.2f}{unit}"


def _interval(figure: Figure, unit: str) -> str:
    if figure.low is None or figure.high is None:
        return ""
    if unit in ("%", ""):
        return f"{100 * figure.low:.1f}–{100 * figure.high:.1f}"
    return f"{figure.low:.2f} to {figure.high:.2f}"
