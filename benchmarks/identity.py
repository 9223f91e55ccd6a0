"""How well the embeddings tell people apart: what their cards say, measured anew.

    python benchmarks/identity.py --data datasets --packs packs

Prints, for each network, its calibration, true-accept rates at the calibrated thresholds, and false-match rates by
group of people, as `mien.train.identity_card` has them. The figures in `mien.models.sface_measured` are those of the
second.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np

from mien.geometry.align import TEMPLATES
from mien.models import registry, sface
from mien.models.embedding import NAME
from mien.train.crops import plain_views
from mien.train.embedding import MARGIN, SETS, TEMPLATE
from mien.train.identity_card import identity_facts, strangers
from mien.train.identity_result import embed_with
from mien.train.labels import columns
from mien.train.recipe import aligned, crop_detector
from mien.train.recipes import Run
from mien.train.sface_teacher import SIDE


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--packs", type=Path, required=True)
    arguments = parser.parse_args()
    run = Run(
        data=arguments.data,
        out=arguments.packs,
        packs=arguments.packs,
        report=lambda what, done, total, figures: None,
        note=lambda text: print(text, file=sys.stderr),
    )
    detector, crops, rows = crop_detector(), {}, {}
    for name in (*SETS[:2], "lag"):
        pack = aligned(
            run, run.data / f"{name}.parquet", detector, template=TEMPLATES[TEMPLATE], margin=MARGIN, grey=False
        )
        kept = pack.readable
        if name != "lag":
            kept = kept & (np.array(columns(run.data / f"{name}.parquet", ("split",))["split"]) == "val")
        rows[name] = np.flatnonzero(kept)
        crops[name] = plain_views(pack, rows[name], SIDE)
    lag_rows = rows.pop("lag")
    labels = columns(run.data / "lag.parquet", ("identity", "group"))
    people = [labels["identity"][row] for row in lag_rows.tolist()]
    adult = np.array([labels["group"][row] == "adult" for row in lag_rows.tolist()])
    faces = np.concatenate([crops[name] for name in rows])
    teacher = sface.embed_crops(registry.session("sface"), faces)
    known = strangers(run.data, rows, teacher)
    looks = {
        NAME: (embed_with(registry.session(NAME), faces), embed_with(registry.session(NAME), crops["lag"])),
        "sface": (teacher, sface.embed_crops(registry.session("sface"), crops["lag"])),
    }
    for name, (own, lag) in looks.items():
        card = registry.card(name)
        facts = identity_facts(known, own, lag, people, adult, model=name, sha256=card.sha256)
        print(f"{name}\n{json.dumps(facts.calibration.to_card(), indent=1)}")
        for metric in facts.metrics:
            low, high = metric.interval
            print(f"{metric.data:46}  {metric.name:24}  {metric.value:.4g} ({low:.4g} to {high:.4g})  n={metric.n:,}")
        for group in facts.groups:
            told = "too few" if group.interval is None else "{} ({} to {})".format(group.value, *group.interval)
            print(f"{group.data:14}  {group.by:10}  {group.group:16}  n={group.n:5,}  FMR {told}")


if __name__ == "__main__":
    main()
