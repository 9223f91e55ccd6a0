"""A card as people read it: facts in words, and tables. The command line and the documentation show the same."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from mien.models.card import Distribution, ModelCard, Packaged, Source, Url
from mien.models.measured import GroupFigure, RiskCurve

TOO_SMALL: Final = "too small"
_COVERAGES: Final = tuple(range(100, 45, -5))  # percent
_RESTRICTING: Final = ("non-commercial", "by-nc", "research", "academic")
"""Words in the terms of a data set whose owners do not allow commercial use, or speak of research alone."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table of texts.

    Attributes:
        title: what it shows.
        header: one text a column.
        rows: as many texts each.
        words: how many columns, from the left, hold words; the others hold numbers.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: int


def restricted(card: ModelCard) -> tuple[str, ...]:
    """The data sets that it was trained on whose terms do not allow commercial use."""
    return tuple(data.name for data in card.training_data if any(word in data.terms.lower() for word in _RESTRICTING))


def facts(card: ModelCard) -> dict[str, str]:
    """What can be said in a line each; what is not known is left out."""
    told = {
        "task": card.task,
        "version": card.version,
        "file": f"{card.file}, {card.bytes / 1e6:.2f} MB",
        "sha256": card.sha256,
        "comes from": "; else ".join(_place(source) for source in card.sources),
        "licence of the weights": card.licence,
        "commercial use": _commercial_use(card),
        "parameters": "" if card.parameters is None else f"{card.parameters / 1e6:.2f} M",
        "latency": _latency(card),
        "input": ", ".join(f"{name} {_plain(value)}" for name, value in card.input.items()),
        **{f"output {name}": text for name, text in card.outputs.items()},
        "limits": card.limits,
        "reference": card.reference,
    }
    return {name: text for name, text in told.items() if text}


def tables(card: ModelCard) -> Iterator[Table]:
    """Training data, figures, figures by group, risk against coverage, and calibration; those that there are."""
    if card.training_data:
        rows = tuple((data.name, data.terms, f"{data.images:,}" if data.images else "–") for data in card.training_data)
        yield Table(title="Trained on", header=("data", "terms", "images"), rows=rows, words=2)
    if card.metrics:
        header = ("on", "of", "figure", "value", "95 % interval", "n")
        metrics = tuple(
            (one.data, one.of, one.name, f"{one.value:.4g}", _interval(one.interval), f"{one.n:,}")
            for one in card.metrics
        )
        yield Table(title="Measured", header=header, rows=metrics, words=3)
    for (data, of), figures in groupby(card.groups, key=lambda one: (one.data, one.of)):
        yield _by_group(f"{of} by group, {data}", list(figures))
    if card.risk_coverage:
        yield _risk(card.risk_coverage)
    if card.calibration:
        yield Table(title="Calibration", header=("what", "is"), rows=tuple(_calibration(card.calibration)), words=2)


def _commercial_use(card: ModelCard) -> str:
    if not (names := restricted(card)):
        return ""
    return (
        f"not granted by the terms of {', '.join(names)}; whether that binds weights learned from such data is a "
        "question that the law has not settled, so ask before you do"
    )


def _latency(card: ModelCard) -> str:
    if (time := card.latency) is None:
        return ""
    threads = "one thread" if time.threads == 1 else f"{time.threads} threads"
    return f"{time.ms:.2f} ms for one face, {threads}, median of {time.runs} ({time.machine})"


def _by_group(title: str, figures: Sequence[GroupFigure]) -> Table:
    names = tuple(dict.fromkeys(one.name for one in figures))
    rows = []
    for (by, group), own in groupby(figures, key=lambda one: (one.by, one.group)):
        found = {one.name: one for one in own}
        cells = (_group_cell(found.get(name)) for name in names)
        rows.append((by, group, f"{max(one.n for one in found.values()):,}", *cells))
    return Table(title=title, header=("by", "group", "n", *names), rows=tuple(rows), words=2)


def _group_cell(figure: GroupFigure | None) -> str:
    if figure is None:
        return "–"
    if figure.value is None or figure.interval is None:
        return TOO_SMALL
    return f"{figure.value:.3g} ({_interval(figure.interval)})"


def _risk(curves: Sequence[RiskCurve]) -> Table:
    rows = []
    for curve in curves:
        risks = {round(point.coverage * 20) * 5: point.risk for point in curve.points}
        shown = (f"{risks[coverage]:.3g}" if coverage in risks else "–" for coverage in _COVERAGES)
        rows.append((curve.of, curve.data, curve.loss, *shown))
    header = ("of", "on", "risk of those kept", *(f"{coverage} %" for coverage in _COVERAGES))
    return Table(title="Risk by the share kept, surest first", header=header, rows=tuple(rows), words=3)


def _calibration(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if name == "unsure":
            for attribute, rule in value.items():
                yield f"{attribute} is unsure", _rule(attribute, rule)
        elif name == "age_interval":
            tails = ", ".join(f"{age:g}: {tail:.3f}" for age, tail in zip(value["ages"], value["tails"], strict=True))
            yield "age interval", f"holds {_percent(value['coverage'])}; tail at each age in years {tails}"
        else:
            yield name.replace("_", " "), _plain(value)


def _rule(attribute: str, rule: Mapping[str, Any]) -> str:
    aim = "" if rule["aim"] is None else f"for {_percent(rule['aim'])} right among the others, "
    most = f"{aim}at most {_percent(rule['most'])} of the faces"
    if attribute == "age":
        return f"where the interval is wider than {rule['limit']:g} years ({most})"
    return f"where no class has {rule['limit']:.3f} ({most})"


def _place(source: Source) -> str:
    if isinstance(source, Packaged):
        return "Mien's own package"
    if isinstance(source, Distribution):
        return f"the distribution {source.name} {source.version}"
    if isinstance(source, Url):
        return source.address
    return f"{source.member} in the wheel {source.requirement}"


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %"


def _interval(interval: tuple[float, float]) -> str:
    return "{:.3g} – {:.3g}".format(*interval)


def _plain(value: Any) -> str:
    """A value of a card in a line."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping) and all(isinstance(entry, (str, int, float)) for entry in value.values()):
        return ", ".join(f"{name} {entry}" for name, entry in value.items())
    return json.dumps(value, ensure_ascii=False)
