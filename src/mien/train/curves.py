"""The picture of a training: one panel a figure, over the epochs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path


def draw_curves(history: Sequence[Mapping[str, float]], path: Path, *, title: str) -> None:
    """Write the curves as a picture; of a training without epochs there is none.

    Args:
        history: figures of each epoch by name.
        path: a `.png` or `.svg` file.
        title: above the picture.
    """
    from matplotlib.figure import Figure

    if not history:
        return
    names = list(history[0])
    columns = min(4, len(names))
    rows = -(-len(names) // columns)
    figure = Figure(figsize=(3.2 * columns, 2.4 * rows + 0.4), layout="constrained")
    figure.suptitle(title)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    epochs = range(1, len(history) + 1)
    for panel, name in zip(panels, names, strict=False):
        values = [epoch[name] for epoch in history]
        panel.plot(epochs, values, marker="." if len(values) < 40 else None)
        panel.set_title(f"{name}: {values[-1]:.4g}", fontsize=9)
        panel.set_xlabel("epoch", fontsize=8)
        panel.tick_params(labelsize=8)
        panel.grid(alpha=0.3)
    for panel in panels[len(names) :]:
        panel.set_visible(False)
    figure.savefig(path, dpi=110)
