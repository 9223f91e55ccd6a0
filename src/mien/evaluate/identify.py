"""From photos labelled with people to the report on open-set search."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mien import __version__
from mien.evaluate.identification import Identification
from mien.evaluate.images import Images
from mien.evaluate.manifest import Manifest
from mien.evaluate.people_folder import PeopleFolder
from mien.evaluate.report import Report
from mien.evaluate.runner import NOT_FOUND, UNREADABLE, Outcome
from mien.evaluate.verify import embeddings_of
from mien.identity.calibration import Calibration


def evaluate_people(
    samples: Manifest | PeopleFolder,
    outcomes: Sequence[Outcome],
    *,
    model: str,
    crops: bool,
    templates: int = 1,
    calibration: Calibration | None = None,
    detector: str | None = None,
) -> Report:
    """The report of a run over photos of people.

    Photos without a face are neither enrolled nor looked for; how many there are is told.

    Args:
        samples: that was run over; each is labelled with an identity.
        outcomes: of `mien.evaluate.runner.run`, one a photo.
        model: name of the network that made the embeddings.
        crops: as given to `run`.
        templates: photos enrolled of each person, at most.
        calibration: of the network; `None` leaves out what is decided by it.
        detector: its name, for the record.

    Raises:
        DatasetError: there are too few people with two photos of a face.
        PipelineError: the predictor gave no embeddings.
    """
    places, embeddings = embeddings_of(outcomes)
    section = Identification.of(
        embeddings,
        np.array([str(outcomes[place].labels.identity) for place in places.tolist()]),
        model=model,
        templates=templates,
        calibration=calibration,
        not_found=sum(outcome.status == NOT_FOUND for outcome in outcomes),
        unreadable=sum(outcome.status == UNREADABLE for outcome in outcomes),
    )
    return Report(
        version=__version__,
        task="identification",
        data=samples.path.name,
        input="crops" if crops else "photos",
        detector=detector,
        split=None if isinstance(samples, PeopleFolder) else samples.split,
        rows=samples.rows,
        selected=len(samples) if isinstance(samples, PeopleFolder) else samples.selected,
        images=Images.of(outcomes, crops=crops),
        skipped={} if isinstance(samples, PeopleFolder) else samples.skipped,
        sections=(section,),
    )
