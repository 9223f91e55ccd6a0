"""`mien gallery calibrate`: what a similarity is worth on one's own photos."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mien.cli._evaluation import run_all
from mien.cli._gallery import open_gallery
from mien.cli._outputs import STDOUT, check_files, refuse_empty

if TYPE_CHECKING:
    from mien.evaluate.labelled_pairs import LabelledPairs
    from mien.evaluate.pairs import Pairs
    from mien.evaluate.people_folder import PeopleFolder
    from mien.evaluate.runner import Outcome
    from mien.identity.calibration import Calibration

_FMR = 1e-3  # `mien.identity.verify.FMR`, which is not imported for --help
_TOLD = 10  # photos named on standard error
_EPILOG = """\b
Examples:
  mien gallery calibrate --images people/ -o people.calibration.json
  mien gallery calibrate --pairs pairs.csv --fmr 1e-4 -o strict.json --embedding sface
"""


@click.command(name="calibrate", epilog=_EPILOG)
@click.option(
    "--images",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Photos of known people: a folder for each, or photos that lie in DIR, each of somebody else.",
)
@click.option(
    "--pairs",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="CSV or Parquet file with the columns a, b and same (1 or 0); those of different people alone will do.",
)
@click.option(
    "--input",
    "kind",
    type=click.Choice(("photos", "crops")),
    default="photos",
    show_default=True,
    help="Crops are one face cut out already; of photos the largest face counts.",
)
@click.option(
    "--fmr", type=float, default=_FMR, show_default=True, help="False-match rate that a threshold is wanted for."
)
@click.option(
    "--embedding", metavar="NAME", default="embedding", show_default=True, help="The network: embedding or sface."
)
@click.option("--detector", metavar="NAME", default="yunet", show_default=True, help="yunet, or the classic haar.")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    help="Write the calibration to FILE, for --calibration of other commands; - for standard output.",
)
@click.option(
    "--gallery", metavar="PATH|URL", callback=refuse_empty, help="Store it in this gallery, whose searches then use it."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@click.pass_context
def command(
    context: click.Context,
    images: Path | None,
    pairs: Path | None,
    kind: str,
    fmr: float,
    embedding: str,
    detector: str,
    output: Path | None,
    gallery: str | None,
    as_json: bool,
) -> None:
    """Fit the false-match rate, and the probability of one person, to the similarity of faces.

    Every photo is compared with every other (--images), or pairs from a list (--pairs). Rates down to 30 false matches
    are counted; smaller ones, down to a thousandth of that, are extrapolated along a normal tail, which the table says.
    Pairs of one person give the probability, and the share of them that match (TAR). Thresholds fitted on few people,
    or on others than those met later, mean little: with 250 people, each with each, a rate of 0.001 is counted.
    """
    from mien.identity.calibration import check_rate

    if (images is None) == (pairs is None):
        raise click.UsageError("give either --images DIR or --pairs FILE")
    if output == STDOUT and as_json:
        raise click.UsageError("-o - and --json both want standard output; write the calibration to a file")
    check_rate(fmr)
    check_files({"-o": output}, inputs=[pairs])
    if gallery is not None:  # told now, and not after minutes of work, that it cannot be opened
        open_gallery(gallery, embedding=embedding).close()
    samples = _samples(images, pairs)
    outcomes = _run(samples, embedding, detector, crops=kind == "crops")
    labelled = _labelled(samples, outcomes)
    calibration = _fitted(labelled, embedding, samples)
    threshold = calibration.threshold(fmr)
    if output is not None:
        _write(calibration, output)
    if gallery is not None:
        with open_gallery(gallery, embedding=embedding) as opened:
            opened.set_calibration(calibration)
    if output != STDOUT:
        _print(calibration, labelled, fmr, threshold, as_json=as_json)
    if _tell(outcomes):
        context.exit(1)


def _samples(images: Path | None, pairs: Path | None) -> Pairs | PeopleFolder:
    from mien.evaluate.pairs import read_pairs
    from mien.evaluate.people_folder import read_people

    if pairs is not None:
        return read_pairs(pairs, strangers_alone=True)
    assert images is not None
    return read_people(images)


def _run(samples: Pairs | PeopleFolder, embedding: str, detector: str, *, crops: bool) -> Sequence[Outcome]:
    from mien.pipeline import Profiler

    profiler = Profiler(attributes=("embedding",), embedding=embedding, detector=detector, crops=crops)
    return run_all(samples, profiler.analyze, crops=crops)


def _labelled(samples: Pairs | PeopleFolder, outcomes: Sequence[Outcome]) -> LabelledPairs:
    import numpy as np

    from mien.evaluate.labelled_pairs import MOST_FACES, AllPairs, GivenPairs, drawn_people
    from mien.evaluate.pairs import Pairs
    from mien.evaluate.verify import embeddings_of, similarities

    if isinstance(samples, Pairs):
        values = similarities(samples, outcomes)
        found = np.isfinite(values)
        return GivenPairs(values[found], samples.same[found])
    places, embeddings = embeddings_of(outcomes)
    people = np.array([samples.people[place] for place in places.tolist()])
    rows = drawn_people(people)
    if len(rows) < len(people):
        told = f"of {len(people):,} faces the {len(rows):,} of people drawn at random are compared"
        click.echo(f"mien: note: {told}; more than {MOST_FACES:,} would fill the memory", err=True)
    return AllPairs(embeddings[rows], people[rows])


def _fitted(labelled: LabelledPairs, embedding: str, samples: Pairs | PeopleFolder) -> Calibration:
    from mien.identity.calibration_fit import fit
    from mien.media.result import printable
    from mien.models import registry

    card = registry.card(embedding)
    data = printable(samples.path.name or str(samples.path.resolve()))
    return fit(labelled.different, labelled.same, model=card.name, sha256=card.sha256, data=data)


def _write(calibration: Calibration, output: Path) -> None:
    from mien.media.atomic import write_bytes

    if output == STDOUT:
        click.echo(calibration.to_json(), nl=False)
    else:
        write_bytes(output, calibration.to_json().encode())


def _print(calibration: Calibration, labelled: LabelledPairs, fmr: float, threshold: float, *, as_json: bool) -> None:
    import json

    from mien.cli._console import output_console
    from mien.evaluate.threshold_table import threshold_rows, threshold_table

    rows = threshold_rows(calibration, labelled, fmr)
    if as_json:
        found = {"fmr": fmr, "threshold": threshold, "kind": calibration.kind(fmr)}
        told = {**found, "rows": [row.to_dict() for row in rows], "calibration": json.loads(calibration.to_json())}
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    console = output_console()
    console.print(
        f"{calibration.model} on {calibration.data}: {calibration.different:,} pairs of different people, "
        f"{calibration.same:,} of one person",
        markup=False,
        highlight=False,
    )
    console.print(threshold_table(rows), highlight=False)
    beyond = "" if calibration.kind(fmr) == "measured" else ", extrapolated: these pairs are too few to count it"
    console.print(f"false-match rate {fmr:g}: similarity from {threshold:.3f} on{beyond}", highlight=False)


def _tell(outcomes: Sequence[Outcome]) -> bool:
    """Which photos were left out; whether some could not be read."""
    from mien.evaluate.runner import NOT_FOUND, UNREADABLE

    nobody = [outcome.name for outcome in outcomes if outcome.status == NOT_FOUND]
    failed = [outcome for outcome in outcomes if outcome.status == UNREADABLE]
    if nobody:
        told = ", ".join(nobody[:_TOLD]) + (" …" if len(nobody) > _TOLD else "")
        click.echo(f"mien: note: no face in {len(nobody)} of {len(outcomes)} photos, left out: {told}", err=True)
    if failed:
        click.echo(f"mien: error: {len(failed)} of {len(outcomes)} files could not be read:", err=True)
        for outcome in failed[:_TOLD]:
            click.echo(f"  {outcome.name}: {outcome.reason}", err=True)
    return bool(failed)
