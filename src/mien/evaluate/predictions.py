"""Every sample's outcome as a row of a CSV file."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mien.evaluate.labels import Labels
from mien.evaluate.runner import Outcome
from mien.faces import row_names
from mien.media.atomic import write_bytes


def write_predictions(outcomes: Sequence[Outcome], path: Path) -> None:
    """Name, status, reason, true labels as `true_age` …, and the scored face as `Face.to_row` has it.

    Raises:
        OutputError: the file cannot be written.
    """
    truth = [f"true_{field.name}" for field in dataclasses.fields(Labels)]
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, ["name", "status", "reason", *truth, *row_names()])
    writer.writeheader()
    writer.writerows(_row(outcome) for outcome in outcomes)
    write_bytes(path, text.getvalue().encode())


def _row(outcome: Outcome) -> dict[str, Any]:
    row: dict[str, Any] = {"name": outcome.name, "status": outcome.status, "reason": outcome.reason}
    row |= {f"true_{name}": value for name, value in dataclasses.asdict(outcome.labels).items()}
    return row if outcome.face is None else row | outcome.face[0].to_row()
