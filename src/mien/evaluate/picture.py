"""A confusion matrix as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from mien.errors import MissingExtraError
from mien.media.atomic import output_errors

if TYPE_CHECKING:
    from mien.evaluate.report import Classification

_CELL_INCHES: Final = 0.85
_MARGIN_INCHES: Final = 2.2  # for the classes' names, the axes' names and the title
_LEAST_INCHES: Final = 4.6  # so that the title fits above two classes too
_DARK: Final = 0.55  # share of a row above which its cell is too dark for black text
_DPI: Final = 150


def load_figure_class() -> Any:
    """`matplotlib.figure.Figure`: drawing on it touches no state of pyplot's and needs no screen.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError("matplotlib", "report", "a picture") from error
    return Figure


def draw_confusion(classification: Classification, path: Path, *, data: str) -> None:
    """Write a confusion matrix: rows true, columns predicted, colours and percents by row.

    Args:
        classification: whose matrix it is.
        path: of the picture; PNG, SVG or PDF by its ending.
        data: what it was measured on, for the title.

    Raises:
        MissingExtraError: matplotlib is not installed.
        OutputError: the picture cannot be written there.
    """
    counts = np.array(classification.confusion)
    totals = counts.sum(1, keepdims=True)
    shares = np.divide(counts, totals, out=np.zeros(counts.shape), where=totals > 0)
    side = max(_CELL_INCHES * len(counts) + _MARGIN_INCHES, _LEAST_INCHES)
    figure = load_figure_class()(figsize=(side, side), layout="constrained")
    axes = figure.add_subplot()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), share in np.ndenumerate(shares):
        axes.text(
            column,
            row,
            f"{share:.0%}\n{counts[row, column]:,}" if totals[row, 0] else "–",
            ha="center",
            va="center",
            fontsize=9,
            color="white" if share > _DARK else "black",
        )
    words = [label.replace("_", "\n") for label in classification.labels]
    axes.set_xticks(range(len(words)), words, fontsize=9)
    axes.set_yticks(range(len(words)), words, fontsize=9)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    figure.suptitle(_title(classification, data), fontsize=10, parse_math=False)
    with output_errors(path):
        figure.savefig(path, dpi=_DPI)


def _title(classification: Classification, data: str) -> str:
    accuracy = classification.accuracy
    told = f"{classification.name.replace('_', ' ')}\n{data}\nn = {classification.n:,}"
    if accuracy.value is None or accuracy.low is None or accuracy.high is None:
        return told
    return f"{told}, accuracy {accuracy.value:.1%} (95 %: {accuracy.low:.1%} to {accuracy.high:.1%})"
