"""From the images of labelled pairs to the report on verification."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mien import __version__
from mien.errors import PipelineError
from mien.evaluate.folds import drawn_folds
from mien.evaluate.images import Images
from mien.evaluate.pairs import Pairs
from mien.evaluate.report import Report
from mien.evaluate.runner import NOT_FOUND, UNREADABLE, Outcome
from mien.evaluate.verification import Verification


def evaluate_pairs(
    pairs: Pairs, outcomes: Sequence[Outcome], *, model: str, crops: bool, detector: str | None = None
) -> Report:
    """The report of a run over the images of pairs.

    Pairs without a face in one of their images are left out of every figure but `accuracy_not_found_wrong`, and those
    with an image that could not be read out of all. Pairs that come without folds are dealt out to ten at random.

    Args:
        pairs: that was run over.
        outcomes: of `mien.evaluate.runner.run`, one an image.
        model: name of the network that made the embeddings.
        crops: as given to `run`.
        detector: its name, for the record.

    Raises:
        PipelineError: the predictor gave no embeddings.
    """
    status = np.array([outcome.status for outcome in outcomes])
    unreadable = (status[pairs.a] == UNREADABLE) | (status[pairs.b] == UNREADABLE)
    not_found = ((status[pairs.a] == NOT_FOUND) | (status[pairs.b] == NOT_FOUND)) & ~unreadable
    scored = np.flatnonzero(~(unreadable | not_found))
    folds: Sequence[str] | None = None if pairs.folds is None else [pairs.folds[place] for place in scored]
    if pairs.folds is None:
        folds = drawn_folds(pairs.same[scored])
    section = Verification.of(
        similarities(pairs, outcomes)[scored],
        pairs.same[scored],
        model=model,
        folds=folds if folds and len(set(folds)) > 1 else None,
        drawn=pairs.folds is None,
        not_found=int(not_found.sum()),
        unreadable=int(unreadable.sum()),
    )
    return Report(
        version=__version__,
        task="verification",
        data=pairs.path.name,
        input="crops" if crops else "photos",
        detector=detector,
        split=pairs.split,
        rows=pairs.rows,
        selected=pairs.selected,
        images=Images.of(outcomes, crops=crops),
        skipped=pairs.skipped,
        sections=(section,),
    )


def similarities(pairs: Pairs, outcomes: Sequence[Outcome]) -> NDArray[np.float64]:
    """(n,) cosine of each pair's embeddings; NaN where an image gave no face.

    Raises:
        PipelineError: the predictor gave no embeddings.
    """
    places, known = embeddings_of(outcomes)
    if len(places) == 0:
        return np.full(len(pairs.same), np.nan)
    embeddings = np.full((len(outcomes), known.shape[1]), np.nan)
    embeddings[places] = known
    # Rounding may carry the cosine of two equal vectors past 1.
    return np.asarray(np.clip((embeddings[pairs.a] * embeddings[pairs.b]).sum(1), -1, 1), np.float64)


def embeddings_of(outcomes: Sequence[Outcome]) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """The places of the outcomes with a face, and those faces' embeddings (n, d).

    Raises:
        PipelineError: the predictor gave no embeddings.
    """
    faces = {place: outcome.face for place, outcome in enumerate(outcomes) if outcome.face is not None}
    rows = [face.embedding[0] for face in faces.values() if face.embedding is not None]
    if len(rows) < len(faces):
        raise PipelineError("faces are compared by embedding, but the predictor gives none; add that attribute")
    return np.array(list(faces), np.intp), np.stack(rows) if rows else np.empty((0, 0), np.float32)
