"""From a folder of pictures to a figure: who is in them, as counted and as corrected for what the networks confuse.

    python examples/folder_to_figure.py PICTURES RESULTS FIGURE.png [--validation LABELLED.csv]

The run goes on where it was when it is started again, so the script can be stopped at any time. LABELLED.csv names some
hundred pictures with what is true of the people in them, in columns such as path, gender, age and emotion; shares are
then corrected by how the networks do on these, and else by what the networks' cards say.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib

matplotlib.use("Agg")  # a file is drawn, no window
import matplotlib.pyplot as plt
import numpy as np

from mien.dataset.manifest import Manifest
from mien.dataset.place import open_place
from mien.dataset.run import profile_dataset
from mien.dataset.source import open_source
from mien.dataset.summary import Summary, summarize
from mien.dataset.validation import of_cards, of_labelled

ATTRIBUTES = ("age_group", "gender", "race", "emotion")


def draw(summary: Summary, path: Path) -> None:
    """Bars as counted, dots as corrected, each with its 95 % interval."""
    shown = [name for name in ATTRIBUTES if name in summary.classes]
    figure, axes = plt.subplots(1, len(shown), figsize=(4.2 * len(shown), 3.6), squeeze=False, layout="constrained")
    for axis, name in zip(axes[0], shown, strict=True):
        one, corrected = summary.classes[name], summary.corrected.get(name)
        places, values = np.arange(len(one.labels)), one.values
        ends = np.array([(figure.low, figure.high) for figure in one.figures])
        axis.barh(places, values, color="#b8d8da", label="counted")
        axis.errorbar(values, places, xerr=np.abs(ends.T - values), fmt="none", ecolor="#5d6670", lw=1)
        if corrected is not None:
            shares = np.array(corrected.shares)
            errors = [np.maximum(shares - corrected.low, 0), np.maximum(corrected.high - shares, 0)]
            axis.errorbar(shares, places + 0.25, xerr=errors, fmt="o", color="#0b6e75", ms=4, label="corrected")
        axis.set_yticks(places, [label.replace("_", " ") for label in one.labels])
        axis.invert_yaxis()
        axis.set(title=name.replace("_", " "), xlabel="share of the people", xlim=(0, None))
    handles = {name: handle for axis in axes[0] for handle, name in zip(*axis.get_legend_handles_labels(), strict=True)}
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=2, frameon=False)
    figure.suptitle(f"{summary.people:,} people in {summary.pictures:,} pictures")
    figure.savefig(path, dpi=150)
    plt.close(figure)


def main() -> None:
    """Profile, sum up, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures")
    parser.add_argument("results")
    parser.add_argument("figure", type=Path)
    parser.add_argument("--validation", type=Path)
    arguments = parser.parse_args()

    outcome = profile_dataset(open_source(arguments.pictures), arguments.results)
    print(f"{outcome.counts.faces} people in {outcome.counts.pictures} pictures; {outcome.counts.error} not read")

    results = open_place(arguments.results)
    manifest = Manifest.read(results)
    if arguments.validation is None:
        confusions = of_cards(manifest.models)
    else:
        confusions, _ = of_labelled(arguments.validation, manifest.settings)
    draw(summarize(results, confusions=confusions), arguments.figure)


if __name__ == "__main__":  # workers are processes of their own, which read this file too
    main()
