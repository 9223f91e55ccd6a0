"""`Comparison`: what verifying two pictures found, pair of faces by pair of faces."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from mien.faces import Faces
from mien.identity.decision import rate_of_any
from mien.quality import LEAST_QUALITY

if TYPE_CHECKING:
    from mien.identity.calibration import Calibration

Verdict = Literal["same", "different", "unsure"]
DIFFERENT_BELOW: Final = 0.2
"""A pair is different only where one person is that improbable, beforehand as likely as not: odds of four to one."""


@dataclass(frozen=True, kw_only=True)
class FacePair:
    """A face of the first picture and one of the second.

    Attributes:
        a: place of the face in the first picture's faces.
        b: place in the second's.
        similarity: cosine of their embeddings.
        fmr: the share of strangers that are at least so similar.
        probability: that they are one person, where that is as likely beforehand as that they are not; `None` where the
            calibration knows strangers alone.
        decision: `same` from the threshold on; `different` where the probability is below `DIFFERENT_BELOW`; `unsure`
            in between, and wherever a face's quality is below `mien.quality.LEAST_QUALITY`.
        warnings: what is wrong with the faces, such as `a: blurred`.
    """

    a: int
    b: int
    similarity: float
    fmr: float
    probability: float | None
    decision: Verdict
    warnings: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two pictures, and whether somebody is in both.

    Attributes:
        a: faces of the first picture; at least one.
        b: faces of the second; at least one.
        pairs: all of them, the most similar first.
        embedding: name of the network.
        threshold: similarity from which on a pair is the same.
        fmr: false-match rate that the threshold stands for, for one pair.
        extrapolated: whether that rate lies beyond those that were counted.
    """

    a: Faces
    b: Faces
    pairs: tuple[FacePair, ...]
    embedding: str
    threshold: float
    fmr: float
    extrapolated: bool

    @property
    def best(self) -> FacePair:
        """The most similar pair."""
        return self.pairs[0]

    @property
    def decision(self) -> Verdict:
        """`same` if one pair is; else `unsure` if one pair is; else `different`."""
        found = {pair.decision for pair in self.pairs}
        return "same" if "same" in found else "unsure" if "unsure" in found else "different"

    @property
    def same(self) -> bool | None:
        """True for `same`, false for `different`, `None` for `unsure`."""
        return {"same": True, "different": False, "unsure": None}[self.decision]

    @property
    def similarity(self) -> float:
        """Of the most similar pair."""
        return self.best.similarity

    @property
    def probability(self) -> float | None:
        """Of the most similar pair."""
        return self.best.probability

    @property
    def fmr_of_any(self) -> float:
        """The chance that some pair matches though all are strangers: many faces have many chances."""
        return rate_of_any(self.fmr, len(self.pairs))

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; embeddings are left out."""
        return {
            "decision": self.decision,
            "similarity": self.similarity,
            "probability": self.probability,
            "threshold": self.threshold,
            "fmr": self.fmr,
            "fmr_of_any": self.fmr_of_any,
            "extrapolated": self.extrapolated,
            "embedding": self.embedding,
            "pairs": [asdict(pair) | {"warnings": list(pair.warnings)} for pair in self.pairs],
            "a": self.a.replace(embedding=None).to_dicts(),
            "b": self.b.replace(embedding=None).to_dicts(),
        }

    def draw(self, a: NDArray[np.uint8], b: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Both pictures side by side, with boxes and lines between those that may be one person.

        Args:
            a: (h, w, 3) uint8 RGB, the first picture.
            b: the second, of any size.
        """
        from mien.media.draw_comparison import draw_comparison

        return draw_comparison(self, a, b)


def compare(
    a: Faces, b: Faces, similarity: NDArray[np.float32], *, calibration: Calibration, threshold: float, fmr: float
) -> Comparison:
    """Decide on every pair.

    Args:
        a: faces with their quality.
        b: likewise.
        similarity: (len(a), len(b)).
        calibration: of the network.
        threshold: at which its false-match rate is `fmr`.
        fmr: the same.
    """
    assert a.quality is not None  # the verifier's profiler gives it
    assert b.quality is not None
    pairs = []
    for place in np.argsort(-similarity, axis=None, kind="stable").tolist():
        row, column = divmod(place, len(b))
        value = float(similarity[row, column])
        probability = calibration.probability(value)
        poor = min(a.quality[row], b.quality[column]) < LEAST_QUALITY
        pairs.append(
            FacePair(
                a=row,
                b=column,
                similarity=value,
                fmr=calibration.fmr(value),
                probability=probability,
                decision="unsure" if poor else verdict(value, threshold, probability),
                warnings=(*_warnings("a", a, row), *_warnings("b", b, column)),
            )
        )
    return Comparison(
        a=a,
        b=b,
        pairs=tuple(pairs),
        embedding=calibration.model,
        threshold=threshold,
        fmr=fmr,
        extrapolated=calibration.kind(fmr) == "extrapolated",
    )


def verdict(similarity: float, threshold: float, probability: float | None) -> Verdict:
    """Of two faces of good quality."""
    if similarity >= threshold:
        return "same"
    return "different" if probability is not None and probability < DIFFERENT_BELOW else "unsure"


def _warnings(name: str, faces: Faces, row: int) -> list[str]:
    reasons = () if faces.quality_reasons is None else faces.quality_reasons[row]
    return [f"{name}: {reason}" for reason in reasons]
