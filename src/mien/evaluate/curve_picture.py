"""ROC and DET curves as pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.evaluate.picture import load_figure_class
from mien.evaluate.roc import auc, roc
from mien.media.atomic import output_errors

if TYPE_CHECKING:
    from mien.evaluate.identification import Identification

_INCHES: Final = (5.6, 5.0)
_DPI: Final = 150
_COLOUR: Final = "#0072b2"  # blue of Okabe and Ito's palette
_LEAST_RATE: Final = 0.1  # that the axis begins with at the latest, where hardly anything was measured
_CHANCE: Final = "#999999"


def draw_roc(similarity: NDArray[Any], same: NDArray[Any], path: Path, *, title: str) -> None:
    """Write the ROC curve of some pairs: true accepts against false matches, these on a logarithmic scale.

    Args:
        similarity: (n,).
        same: (n,) bool; both kinds are there.
        path: of the picture; PNG, SVG or PDF by its ending.
        title: what it was measured on.

    Raises:
        MissingExtraError: matplotlib is not installed.
        OutputError: the picture cannot be written there.
    """
    curve = roc(similarity, same)
    least = min(1 / int((~np.asarray(same, bool)).sum()), _LEAST_RATE)
    figure, axes = _empty(f"{title}\nn = {len(same):,}, AUC {float(auc(curve)):.4f}", "false-match rate (FMR)")
    rates = np.geomspace(least, 1, 200)
    axes.plot(rates, rates, color=_CHANCE, linestyle="--", label="chance")
    seen = curve.fmr >= least  # a logarithmic scale has no 0
    axes.step(curve.fmr[seen], curve.tar[seen], where="post", color=_COLOUR, label="measured")
    axes.set_xlim(least, 1)
    axes.set_ylim(0, 1.02)
    axes.set_ylabel("true-accept rate (TAR)")
    axes.legend(loc="lower right")
    _save(figure, path)


def draw_det(section: Identification, path: Path, *, title: str) -> None:
    """Write the DET curve of open-set search: people missed against strangers named (Martin et al. 1997).

    Args:
        section: whose curve it is.
        path: of the picture; PNG, SVG or PDF by its ending.
        title: what it was measured on.

    Raises:
        MissingExtraError: matplotlib is not installed.
        OutputError: the picture cannot be written there.
    """
    probes = f"{section.mated:,} probes of them, {section.non_mated:,} others"
    told = f"{title}\n{section.people:,} people, half enrolled at a time; {probes}"
    figure, axes = _empty(told, "false-positive identification rate (FPIR)")
    fpir, fnir = np.array([(point.fpir, point.fnir) for point in section.curve], np.float64).reshape(-1, 2).T
    least = min(1 / max(section.non_mated, 1), _LEAST_RATE)
    seen = fpir >= least
    axes.step(fpir[seen], fnir[seen], where="post", color=_COLOUR)
    axes.set_xlim(least, 1)
    axes.set_yscale("log")
    axes.set_ylim(min(0.5, max(1 / max(section.mated, 1), float(fnir.min(initial=1)) / 2)), 1.05)
    axes.set_ylabel("false-negative identification rate (FNIR)")
    _save(figure, path)


def _empty(title: str, x: str) -> tuple[Any, Any]:
    figure = load_figure_class()(figsize=_INCHES, layout="constrained")
    axes = figure.add_subplot()
    axes.set_xscale("log")
    axes.set_xlabel(x)
    axes.grid(visible=True, which="both", alpha=0.25)
    figure.suptitle(title, fontsize=10, parse_math=False)
    return figure, axes


def _save(figure: Any, path: Path) -> None:
    with output_errors(path):
        figure.savefig(path, dpi=_DPI)
