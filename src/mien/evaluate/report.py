"""What was measured: every figure with the number of samples behind it and its 95 % interval."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from mien.evaluate.age_errors import AgeErrors
from mien.evaluate.classification import ClassFigures, Classification
from mien.evaluate.figure import INTERVALS, Figure, rounded
from mien.evaluate.images import Images

__all__ = [
    "INTERVALS",
    "AgeErrors",
    "ClassFigures",
    "Classification",
    "Figure",
    "Images",
    "Report",
    "Section",
    "rounded",
]


class Section(Protocol):
    """Figures on one attribute or question; a frozen dataclass of figures, numbers and texts."""

    @property
    def name(self) -> str:
        """What the report calls it."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """One evaluation.

    Attributes:
        version: of Mien.
        task: one of `mien.evaluate.tasks.TASKS`, or `"verification"`.
        data: file name of the manifest, or of the pairs.
        input: `"photos"` or `"crops"`.
        detector: name of the detector, or `None` where the predictor has none of Mien's.
        split: the split that was kept, or `None`.
        rows: in that file.
        selected: rows left by the split and the limit.
        images: how the labelled ones of those fared.
        skipped: column → word outside the vocabulary → how many rows.
        sections: one an attribute.
    """

    version: str
    task: str
    data: str
    input: str
    detector: str | None
    split: str | None
    rows: int
    selected: int
    images: Images
    skipped: Mapping[str, Mapping[str, int]]
    sections: tuple[Section, ...]

    def __iter__(self) -> Iterator[Section]:
        return iter(self.sections)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; sections by name."""
        content: dict[str, Any] = rounded(dataclasses.asdict(self))
        content["images"]["unreadable"] = [{"name": name, "reason": reason} for name, reason in self.images.unreadable]
        sections = content.pop("sections")
        return content | {"intervals": INTERVALS, "attributes": {section.pop("name"): section for section in sections}}
