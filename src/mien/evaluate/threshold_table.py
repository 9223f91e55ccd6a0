"""What thresholds of a calibration stand for, on the pairs that it was fitted on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from mien.evaluate.figure import Figure
from mien.evaluate.figure_rows import MISSING, PERCENT
from mien.evaluate.labelled_pairs import LabelledPairs
from mien.identity.calibration import Calibration, Kind

if TYPE_CHECKING:
    from rich.table import Table

FMRS: Final = (1e-2, 1e-3, 1e-4)


@dataclass(frozen=True, kw_only=True)
class ThresholdRow:
    """One rate.

    Attributes:
        fmr: the false-match rate.
        similarity: the threshold that stands for it.
        kind: whether that was counted or extrapolated.
        counted: share of the pairs of different people that match there.
        tar: share of the pairs of one person that do.
    """

    fmr: float
    similarity: float
    kind: Kind
    counted: Figure
    tar: Figure

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


def threshold_rows(calibration: Calibration, pairs: LabelledPairs, asked: float) -> tuple[ThresholdRow, ...]:
    """Rows for `FMRS` and the rate asked for; those that the calibration cannot tell are left out."""
    rows = []
    for fmr in sorted({*FMRS, asked}, reverse=True):
        if fmr >= calibration.least_fmr:
            similarity = calibration.threshold(fmr)
            rows.append(
                ThresholdRow(
                    fmr=fmr,
                    similarity=similarity,
                    kind=calibration.kind(fmr),
                    counted=pairs.fmr(similarity),
                    tar=pairs.tar(similarity),
                )
            )
    return tuple(rows)


def threshold_table(rows: Sequence[ThresholdRow]) -> Table:
    """As a table for the terminal."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD)
    for title in ("FMR", "similarity from", "counted", "95 %", "TAR", "95 %", "n"):
        table.add_column(title, justify="right")
    table.add_column("")
    for row in rows:
        counted = row.counted
        low_high = "" if counted.low is None or counted.high is None else f"{counted.low:.2g}–{counted.high:.2g}"
        table.add_row(
            f"{row.fmr:g}",
            f"{row.similarity:.3f}",
            MISSING if counted.value is None else f"{counted.value:.2g}",
            low_high,
            PERCENT.figure(row.tar),
            PERCENT.interval(row.tar),
            f"{row.tar.n:,}",
            row.kind,
        )
    return table
