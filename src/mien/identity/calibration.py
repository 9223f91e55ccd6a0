"""What a similarity is worth with one network: the false-match rate that it stands for, and a probability.

A calibration belongs to the network it was measured with, told by name and sha256. The default one is in the network's
card; `mien gallery calibrate` makes others.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, Self

from mien.errors import InputError, ModelError
from mien.identity.calibration_probability import Logistic
from mien.identity.calibration_tail import Tail
from mien.models import embedding as embeddings
from mien.models import registry
from mien.models.card import ModelCard
from mien.models.thresholds import Thresholds

FORMAT: Final = "mien calibration 1"
Kind = Literal["measured", "extrapolated"]
_MAKE: Final = "`mien gallery calibrate`"


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """Similarity to false-match rate and back, and to a probability.

    Attributes:
        model: name of the network.
        sha256: of its file.
        thresholds: the rates that were counted.
        data: what it was measured on.
        different: pairs of different people behind it; `None` where a card does not say.
        same: pairs of one person behind it, 0 where it was measured on strangers alone; `None` likewise.
        tail: smaller rates; `None` where there are none to be had.
        logistic: the probability; `None` without pairs of one person.
    """

    model: str
    sha256: str
    thresholds: Thresholds
    data: str = ""
    different: int | None = None
    same: int | None = None
    tail: Tail | None = None
    logistic: Logistic | None = None

    @property
    def least_fmr(self) -> float:
        """The smallest false-match rate for which there is a threshold."""
        return self.thresholds.fmr[-1] if self.tail is None else self.tail.least_fmr

    def kind(self, fmr: float) -> Kind:
        """Whether a rate was counted, or lies beyond what was, where the tail says more or less how it goes on."""
        return "measured" if fmr >= self.thresholds.fmr[-1] else "extrapolated"

    def fmr(self, similarity: float) -> float:
        """The share of strangers that are at least so similar; never 0."""
        if self.tail is not None and similarity > self.tail.similarity:
            return self.tail.rate(similarity)
        return self.thresholds.rate(similarity)

    def threshold(self, fmr: float) -> float:
        """The similarity that a share `fmr` of strangers reach.

        Raises:
            InputError: `fmr` is no rate, or too small to be told from these pairs.
        """
        check_rate(fmr)
        if self.kind(fmr) == "measured":
            return self.thresholds.threshold(fmr)
        if self.tail is None or fmr < self.least_fmr:
            pairs = "the pairs" if self.different is None else f"{self.different:,} pairs"
            raise InputError(
                f"a false-match rate of {fmr:.2g} cannot be told from {pairs} of different people; "
                f"the least is {self.least_fmr:.2g}: ask for that, or calibrate on more people"
            )
        return self.tail.threshold(fmr)

    def probability(self, similarity: float) -> float | None:
        """That two faces are one person, where that is as likely beforehand as that they are not.

        `None` for a calibration on strangers alone.
        """
        return None if self.logistic is None else self.logistic.probability(similarity)

    def check_model(self, name: str, sha256: str) -> None:
        """Refuse a network that this was not measured with.

        Raises:
            ModelError: it is another one.
        """
        if (name, sha256) != (self.model, self.sha256):
            raise ModelError(
                f"the calibration is of {self.model} {self.sha256[:8]}, the embeddings of {name} {sha256[:8]}; "
                f"calibrate anew with `mien gallery calibrate --embedding {name}`"
            )

    @classmethod
    def of_card(cls, card: ModelCard) -> Self | None:
        """The default one, in a network's card; `None` where it has none.

        Raises:
            ModelError: what the card holds is no calibration.
        """
        if "thresholds" not in card.calibration:
            return None
        return cls._of(card.calibration, f"card {card.name}", model=card.name, sha256=card.sha256)

    def to_card(self) -> dict[str, Any]:
        """What a card holds under `calibration`."""
        content: dict[str, Any] = {
            "thresholds": self.thresholds.to_calibration(),
            "pairs": {"data": self.data, "different": self.different, "same": self.same},
        }
        if self.tail is not None:
            content["tail"] = {"slope": self.tail.slope}
        if self.logistic is not None:
            content["probability"] = dataclasses.asdict(self.logistic)
        return content

    def to_json(self) -> str:
        """As the text of a file; `from_json` reads it back."""
        content = {"format": FORMAT, "model": self.model, "sha256": self.sha256, **self.to_card()}
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """From what `to_json` wrote.

        Raises:
            ModelError: this is no calibration, or one of another version.
        """
        try:
            content = json.loads(text)
        except ValueError as error:
            raise ModelError(f"not a calibration, not even JSON ({error}); make one with {_MAKE}") from error
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            raise ModelError(f"not a calibration, as its format is not {FORMAT!r}; make one with {_MAKE}")
        model, sha256 = (str(content.get(name, "")) for name in ("model", "sha256"))
        return cls._of(content, "calibration", model=model, sha256=sha256)

    @classmethod
    def read(cls, path: Path) -> Self:
        """From a file.

        Raises:
            ModelError: it cannot be read, or holds no calibration; its path is told.
        """
        try:
            return cls.from_json(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise ModelError(f"{path} cannot be read ({error.strerror}); make a calibration with {_MAKE}") from error
        except UnicodeDecodeError as error:
            raise ModelError(f"{path}: not a calibration (not UTF-8: {error.reason}); make one with {_MAKE}") from error
        except ModelError as error:
            raise ModelError(f"{path}: {error}") from error

    @classmethod
    def _of(cls, content: Mapping[str, Any], what: str, *, model: str, sha256: str) -> Self:
        """From what `to_card` wrote."""
        try:
            thresholds = Thresholds.from_calibration(content["thresholds"])
            tail, probability = content.get("tail"), content.get("probability")
            return cls(
                model=model,
                sha256=sha256,
                **content.get("pairs", {}),
                thresholds=thresholds,
                tail=None if tail is None else Tail.after(thresholds, **tail),
                logistic=None if probability is None else Logistic(**probability),
            )
        except (InputError, KeyError, TypeError, ValueError) as error:
            raise ModelError(
                f"{what}: no calibration ({type(error).__name__}: {error}); make one with {_MAKE}"
            ) from error


def default_calibration(embedding: str = embeddings.NAME) -> Calibration:
    """The calibration in the card of an embedding.

    Raises:
        UnknownNameError: there is no such embedding.
        ModelError: its card has none.
    """
    embeddings.check_name(embedding)
    calibration = Calibration.of_card(registry.card(embedding))
    if calibration is None:
        raise ModelError(f"the card of {embedding} says no false-match rates; make a calibration with {_MAKE}")
    return calibration


def check_rate(fmr: float) -> None:
    """Refuse what is no rate.

    Raises:
        InputError: not a number above 0 and below 1.
    """
    if isinstance(fmr, bool) or not isinstance(fmr, (int, float)) or not 0 < fmr < 1:
        raise InputError(f"a false-match rate must be above 0 and below 1, got {fmr!r}; such as 0.001")
