"""A report as tables for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich import box
from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table

from mien.evaluate.age_errors import AgeErrors
from mien.evaluate.classification import Classification
from mien.evaluate.figure import Figure
from mien.evaluate.figure_rows import MISSING, PERCENT, YEARS, Unit, figure_rows
from mien.evaluate.identification import Identification
from mien.evaluate.labels import listed
from mien.evaluate.report import Report
from mien.evaluate.robustness import Robustness
from mien.evaluate.verification import Verification


def tables(report: Report) -> Iterator[RenderableType]:
    """The summary; then what each section has beyond its headline figures."""
    yield _heading(report)
    yield _summary(report)
    for section in report.sections:
        name = section.name.replace("_", " ")
        if isinstance(section, Classification):
            yield f"{name}: class by class"
            yield _classes(section)
            yield f"{name}: rows true, columns predicted"
            yield _confusion(section)
        if isinstance(section, AgeErrors):
            yield f"{name}: group by group, by true age"
            yield _age_groups(section)
        if isinstance(section, Identification):
            yield (
                f"{name} with {section.model}: {section.people:,} people, half of them enrolled at a time, with "
                f"{section.templates:.0f} templates; {section.mated:,} probes of them, {section.non_mated:,} of others"
            )
        if isinstance(section, Verification) and section.thresholds:
            yield f"{name} with {section.model}: what a threshold on the similarity stands for"
            yield _thresholds(section)
        if isinstance(section, Robustness):
            yield f"{name}: pictures of one face changed a little, and labels that are others then"
            yield _changes(section)


def remarks(report: Report, most: int = 10) -> Iterator[str]:
    """What the figures leave out: one line for each kind of label skipped and each image that could not be read."""
    for column, words in report.skipped.items():
        told = listed(words, most)
        yield f"{column}: skipped {sum(words.values())} labels outside the vocabulary: {told}"
    for section in report.sections:
        if isinstance(section, Verification):
            yield from _pairs_left_out(section)
        if isinstance(section, Identification):
            yield from _photos_left_out(section)
    unreadable = report.images.unreadable
    for name, reason in unreadable[:most]:
        yield f"{name}: not read: {reason}"
    if len(unreadable) > most:
        yield f"… and {len(unreadable) - most} more images not read"


def _pairs_left_out(section: Verification) -> Iterator[str]:
    if section.not_found:
        yield (
            f"verification: {section.not_found} pairs left out, as no face was found in an image of theirs; "
            "`accuracy, not found as wrong` counts them"
        )
    if section.unreadable:
        yield f"verification: {section.unreadable} pairs left out, as an image of theirs could not be read"
    for at in section.tar_at_fmr:
        if at.threshold is None:
            yield (
                f"verification: TAR at FMR {at.fmr:g} needs {round(1 / at.fmr):,} pairs of different people or more, "
                f"got {section.different:,}"
            )


def _photos_left_out(section: Identification) -> Iterator[str]:
    if section.not_found:
        yield f"identification: {section.not_found} photos left out, as no face was found in them"
    for at in section.fnir_at_fpir:
        if at.threshold is None:
            yield (
                f"identification: FNIR at FPIR {at.fpir:g} needs {round(1 / at.fpir):,} photos of strangers or more, "
                f"got {section.non_mated:,}"
            )


def _heading(report: Report) -> str:
    split = "" if report.split is None else f", split {report.split}"
    images = report.images
    kind = (
        "images"
        if any(isinstance(section, (Verification, Identification)) for section in report.sections)
        else "labelled"
    )
    return (
        f"{report.task} on {escape(report.data + split)}: {report.selected:,} of {report.rows:,} rows, "
        f"{images.n:,} {kind}, {len(images.unreadable):,} not read"
    )


def _summary(report: Report) -> Table:
    images = report.images
    table = _table("attribute", "figure", numbers=("value", "95 % interval", "n"))
    _add(table, "faces", "found by the detector", images.detection_rate, PERCENT)
    _add(table, "", "none found, whole crop taken", images.whole_crop, PERCENT)
    for section in report.sections:
        first = section.name.replace("_", " ")
        for label, figure, unit in figure_rows(section):
            if figure is not None:
                _add(table, first, label, figure, unit)
                first = ""
    return table


def _add(table: Table, attribute: str, label: str, figure: Figure | None, unit: Unit) -> None:
    if figure is not None:
        table.add_row(attribute, label, unit.figure(figure), unit.interval(figure), f"{figure.n:,}")


def _classes(section: Classification) -> Table:
    table = _table("class", numbers=("n", "precision", "95 %", "recall", "95 %", "F1", "95 %"))
    for one in section.classes:
        figures = [cell for figure in (one.precision, one.recall, one.f1) for cell in _percent(figure)]
        table.add_row(one.label.replace("_", " "), f"{one.n:,}", *figures)
    return table


def _age_groups(section: AgeErrors) -> Table:
    table = _table(
        "group", numbers=("n", "mean absolute error", "95 %", "mean error", "within 5", "95 %", "within 10", "95 %")
    )
    for one in section.groups:
        error = (YEARS.figure(one.mae), YEARS.interval(one.mae), YEARS.figure(one.bias))
        table.add_row(one.label, f"{one.n:,}", *error, *_percent(one.within_5), *_percent(one.within_10))
    return table


def _confusion(section: Classification) -> Table:
    table = _table("", numbers=[label.replace("_", " ") for label in section.labels])
    for place, (label, row) in enumerate(zip(section.labels, section.confusion, strict=True)):
        cells = [f"[bold]{count:,}[/bold]" if i == place else f"{count:,}" for i, count in enumerate(row)]
        table.add_row(label.replace("_", " "), *cells)
    return table


def _thresholds(section: Verification) -> Table:
    table = _table(numbers=("similarity from", "FMR", "95 %", "TAR", "95 %"))
    for row in section.thresholds:
        rate = "" if row.fmr.low is None or row.fmr.high is None else f"{row.fmr.low:.2g}–{row.fmr.high:.2g}"
        table.add_row(f"{row.similarity:.3f}", f"{row.fmr.value:.2g}", rate, *_percent(row.tar))
    return table


def _changes(section: Robustness) -> Table:
    labels = list(section.changes[0].flips)
    columns = [text for label in labels for text in (f"{label} flips", "95 %")]
    table = _table("change", numbers=("pictures", "faces", *columns, "age changes by", "lost"))
    for change in section.changes:
        flips = [cell for label in labels for cell in _percent(change.flips[label])]
        years = change.age_change
        age = MISSING if years is None or years.value is None else f"{years.value:.2f} years"
        counts = (f"{change.pictures:,}", f"{change.faces:,}")
        table.add_row(change.name, *counts, *flips, age, PERCENT.figure(change.lost))
    return table


def _percent(figure: Figure) -> tuple[str, str]:
    return PERCENT.figure(figure), PERCENT.interval(figure)


def _table(*texts: str, numbers: Sequence[str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    for text in texts:
        table.add_column(text)
    for name in numbers:
        table.add_column(name, justify="right")
    return table
