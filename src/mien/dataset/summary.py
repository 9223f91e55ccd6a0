"""A run in figures: coverage, ages, classes as counted and as corrected, quality; each with its 95 % interval."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mien.dataset.manifest import Manifest
from mien.dataset.moments import Moments
from mien.dataset.place import Place
from mien.dataset.prevalence import Corrected, correct
from mien.dataset.quantities import AGE_BINS, AGE_STEP, CLASSES, FACE, NUMBERS, QUALITY_BINS, UNSURE
from mien.dataset.shares import Shares, mean, shares
from mien.dataset.tally import FILE, STATUSES, tally
from mien.dataset.validation import Confusion
from mien.errors import DatasetError
from mien.evaluate.figure import Figure, rounded
from mien.quality import REASONS

INTERVALS: Final = (
    "95 %: Wilson's score interval of shares at the number of independent faces that they are worth, for faces in one "
    "picture are alike (design effect over pictures); normal interval of means with the variance between pictures; "
    "percentile bootstrap of both samples for corrected shares"
)


@dataclass(frozen=True, kw_only=True)
class Summary:
    """Everything that a report tells of a run.

    Attributes:
        name: of the run's folder.
        manifest: of the run.
        pictures: that are done.
        people: found in them.
        coverage: shares of the pictures by status.
        classes: attribute → shares of its classes as counted, for those that were asked for.
        corrected: attribute → shares corrected for what is confused, where that is known.
        histograms: `age` and `quality` in steps.
        reasons: shares of the people, by what speaks against their quality.
        unsure: shares of the people of whom an attribute should not be relied on.
        means: `age`, `quality` and `faces` a picture.
        notes: what the reader should know.
    """

    name: str
    manifest: Manifest
    pictures: int
    people: int
    coverage: Shares
    classes: Mapping[str, Shares]
    corrected: Mapping[str, Corrected]
    histograms: Mapping[str, Shares]
    reasons: Shares
    unsure: Shares
    means: Mapping[str, Figure]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        whole: dict[str, Any] = {
            "run": self.manifest.run,
            "name": self.name,
            "pictures": self.pictures,
            "people": self.people,
            "intervals": INTERVALS,
            "notes": list(self.notes),
            "coverage": _told(self.coverage),
            "means": {name: dataclasses.asdict(figure) for name, figure in self.means.items()},
            "classes": {name: _told(one) for name, one in self.classes.items()},
            "corrected": {name: dataclasses.asdict(one) for name, one in self.corrected.items()},
            "histograms": {name: _told(one) for name, one in self.histograms.items()},
            "quality_reasons": _told(self.reasons),
            "unsure": _told(self.unsure),
        }
        content: dict[str, Any] = rounded(whole)
        return content

    def csv_files(self) -> dict[str, str]:
        """File name → text of each table."""
        tables = {"coverage": self.coverage, **self.classes, "quality_reasons": self.reasons, "unsure": self.unsure}
        tables |= {f"{name}_histogram": one for name, one in self.histograms.items()}
        return {f"{name}.csv": self._csv(name, one) for name, one in tables.items()}

    def _csv(self, name: str, one: Shares) -> str:
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        corrected = self.corrected.get(name)
        head = ["label", "share", "low", "high", "n"]
        writer.writerow([*head, "corrected", "corrected_low", "corrected_high"] if corrected else head)
        for place, (label, figure) in enumerate(zip(one.labels, one.figures, strict=True)):
            row = [label, *rounded([figure.value, figure.low, figure.high]), figure.n]
            if corrected:
                row += rounded([corrected.shares[place], corrected.low[place], corrected.high[place]])
            writer.writerow(row)
        return text.getvalue()


def summarize(out: Place, *, confusions: Mapping[str, Confusion] | None = None) -> Summary:
    """Sum a run up.

    Args:
        out: its folder.
        confusions: attribute → what is confused; None corrects nothing.

    Raises:
        DatasetError: the folder holds no run, or a part is damaged.
    """
    manifest = Manifest.read(out)
    moments = tally(out, manifest)
    classes = {
        name: one for name, labels in CLASSES.items() if (one := _shares(moments, name, labels, f"{name}=", name)).n
    }
    corrected, notes = _corrected(classes, confusions or {}, manifest.seed)
    ages = [f"{AGE_STEP * step}–{AGE_STEP * (step + 1) - 1}" for step in range(AGE_BINS - 1)]
    qualities = [f"{step / QUALITY_BINS:.1f}–{(step + 1) / QUALITY_BINS:.1f}" for step in range(QUALITY_BINS)]
    histograms = {
        "age": _binned(moments, "age", [*ages, f"{AGE_STEP * (AGE_BINS - 1)}+"]),
        "quality": _binned(moments, "quality", qualities),
    }
    means = {name: mean(moments, f"{name}·", name) for name in NUMBERS}
    done = round(moments.total(FILE))
    return Summary(
        name=out.text.rstrip("/").rpartition("/")[2],
        manifest=manifest,
        pictures=done,
        people=round(moments.total(FACE)),
        coverage=_shares(moments, "coverage", STATUSES, "status=", FILE),
        classes=classes,
        corrected=corrected,
        histograms={name: one for name, one in histograms.items() if one.n},
        reasons=_shares(moments, "quality_reasons", REASONS, "reason=", "quality"),
        unsure=_shares(moments, "unsure", UNSURE, "unsure=", FACE),
        means={"faces": mean(moments, FACE, FILE), **means},
        notes=(*_notes(manifest, done, moments), *notes),
    )


def _shares(moments: Moments, name: str, labels: tuple[str, ...], prefix: str, below: str) -> Shares:
    return shares(moments, name, labels, above=[f"{prefix}{label}" for label in labels], below=below)


def _binned(moments: Moments, name: str, labels: list[str]) -> Shares:
    return shares(moments, name, labels, above=[f"{name}:{place}" for place in range(len(labels))], below=name)


def _corrected(
    classes: Mapping[str, Shares], confusions: Mapping[str, Confusion], seed: int
) -> tuple[dict[str, Corrected], list[str]]:
    found, notes = {}, []
    for name, one in classes.items():
        if name in confusions:
            try:
                found[name] = correct(
                    one.values,
                    one.worth,
                    confusions[name].counts,
                    labels=one.labels,
                    source=confusions[name].source,
                    seed=seed,
                )
            except DatasetError as error:
                notes.append(f"{name} is not corrected: {error}")
    return found, notes


def _notes(manifest: Manifest, done: int, moments: Moments) -> Iterator[str]:
    if done < manifest.plan.pictures:
        yield (
            f"The run is not finished: {done:,} of {manifest.plan.pictures:,} pictures are done, those that come first "
            "in the list, and the rest may differ"
        )
    if manifest.sample is not None:
        yield f"The pictures are a random sample of {manifest.plan.pictures:,}, drawn with seed {manifest.seed}"
    if failed := round(moments.total("status=error")):
        yield f"{failed:,} files could not be read; the people in them are missing from all figures"


def _told(one: Shares) -> dict[str, Any]:
    figures = {label: dataclasses.asdict(figure) for label, figure in zip(one.labels, one.figures, strict=True)}
    return {"n": one.n, "worth": one.worth, "shares": figures}
