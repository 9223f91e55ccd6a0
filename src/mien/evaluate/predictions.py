"""What was predicted, row by row, as a CSV file."""

from __future__ import annotations

import csv
import dataclasses
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from mien.evaluate.labels import Labels
from mien.evaluate.pairs import Pairs
from mien.evaluate.runner import Outcome
from mien.evaluate.verify import similarities
from mien.faces import row_names
from mien.media.atomic import write_bytes

_DIGITS: Final = 6


def write_predictions(outcomes: Sequence[Outcome], path: Path) -> None:
    """Name, status, reason, true labels as `true_age` …, and the scored face as `Face.to_row` has it.

    Raises:
        OutputError: the file cannot be written.
    """
    truth = [f"true_{field.name}" for field in dataclasses.fields(Labels)]
    _write(path, ["name", "status", "reason", *truth, *row_names()], map(_row, outcomes))


def write_pairs(pairs: Pairs, outcomes: Sequence[Outcome], path: Path) -> None:
    """Fold, images, whether they are one person, their similarity (empty without a face), and each image's status.

    Args:
        pairs: that was run over.
        outcomes: of `mien.evaluate.runner.run`, one an image.
        path: of the file.

    Raises:
        OutputError: the file cannot be written.
        PipelineError: the predictor gave no embeddings.
    """
    rows = zip(
        pairs.folds or [""] * len(pairs.same),
        [outcomes[place] for place in pairs.a],
        [outcomes[place] for place in pairs.b],
        pairs.same.tolist(),
        similarities(pairs, outcomes).tolist(),
        strict=True,
    )
    written = (
        {
            "fold": fold,
            "a": a.name,
            "b": b.name,
            "same": int(same),
            "similarity": "" if math.isnan(similarity) else round(similarity, _DIGITS),
            "status_a": a.status,
            "status_b": b.status,
        }
        for fold, a, b, same, similarity in rows
    )
    _write(path, ["fold", "a", "b", "same", "similarity", "status_a", "status_b"], written)


def _write(path: Path, names: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, names)
    writer.writeheader()
    writer.writerows(rows)
    write_bytes(path, text.getvalue().encode())


def _row(outcome: Outcome) -> dict[str, Any]:
    row: dict[str, Any] = {"name": outcome.name, "status": outcome.status, "reason": outcome.reason}
    row |= {f"true_{name}": value for name, value in dataclasses.asdict(outcome.labels).items()}
    return row if outcome.face is None else row | outcome.face[0].to_row()
