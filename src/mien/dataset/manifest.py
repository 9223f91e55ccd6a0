"""`manifest.json` of a run: what was done, with what, on which machine, and how it went; and whether it can go on."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final, Self

import mien
from mien.dataset.counts import Counts
from mien.dataset.place import Place
from mien.dataset.plan import Plan
from mien.dataset.settings import Settings
from mien.errors import DatasetError

NAME: Final = "manifest.json"
_FORMAT: Final = 1
_LIBRARIES: Final = ("numpy", "onnxruntime", "opencv-python-headless", "pillow", "pyarrow")


@dataclass(frozen=True, kw_only=True)
class Work:
    """One sitting of a run, from its start to its end or to what interrupted it.

    Attributes:
        began: UTC, ISO 8601.
        machine: in words.
        versions: of Python and the libraries.
        engine: `local` or `ray`.
        workers: processes that profiled at once; None where the cluster decided.
        pictures: done in this sitting.
        seconds: that it took.
        finished: whether the run was complete at its end.
    """

    began: str
    machine: str
    versions: Mapping[str, str]
    engine: str
    workers: int | None
    pictures: int = 0
    seconds: float = 0.0
    finished: bool = False


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """Everything that was decided at the start of a run, and its sittings.

    Attributes:
        version: of Mien.
        settings: of the networks.
        models: name → version and sha256.
        source: where the pictures are, as `Source.to_dict` tells.
        keep: columns that go along.
        sample: pictures drawn at random; None for all.
        seed: of the draw, and of every bootstrap over the results.
        plan: the list of pictures.
        sittings: one after the other.
        counts: how the pictures fared; None until all are done.
    """

    version: str
    settings: Settings
    models: Mapping[str, Mapping[str, str]]
    source: Mapping[str, Any]
    keep: tuple[str, ...]
    sample: int | None
    seed: int
    plan: Plan
    sittings: tuple[Work, ...] = ()
    counts: Counts | None = None

    @property
    def run(self) -> str:
        """Identifies the run: changes with all that decides its rows."""
        text = json.dumps([self.decisions(), asdict(self.plan)], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def decisions(self) -> dict[str, Any]:
        """All that decides the rows, but for the list of pictures."""
        return {
            "mien": self.version,
            "settings": self.settings.to_dict(),
            "models": {name: dict(model) for name, model in self.models.items()},
            "source": dict(self.source),
            "keep": list(self.keep),
            "sample": self.sample,
            "seed": self.seed,
        }

    def check_goes_on(self, wanted: Mapping[str, Any], out: Place) -> None:
        """Make sure that a run that was asked for is this one.

        Args:
            wanted: its `decisions`.
            out: folder of the run, for messages.

        Raises:
            DatasetError: it is another; every difference is told.
        """
        differences = list(_differences("", self.decisions(), wanted))
        if differences:
            told = "; ".join(differences)
            raise DatasetError(
                f"{out.text} holds a run that was begun otherwise: {told}; "
                "go on with what it was begun with, or name another output"
            )

    def with_sitting(self, work: Work, counts: Counts | None) -> Manifest:
        """With a sitting more, in the place of the last one where that began at the same time."""
        before = [one for one in self.sittings if one.began != work.began]
        return replace(self, sittings=(*before, work), counts=counts)

    def write(self, out: Place) -> None:
        """Write it into the run's folder.

        Raises:
            OutputError: it cannot be written.
        """
        content = {
            "format": _FORMAT,
            "run": self.run,
            **self.decisions(),
            "inputs": asdict(self.plan) | {"parts": self.plan.parts},
            "counts": None if self.counts is None else self.counts.to_dict(),
            "sittings": [asdict(one) for one in self.sittings],
        }
        out.child(NAME).write((json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode())

    @classmethod
    def read(cls, out: Place) -> Self:
        """The manifest of a run's folder.

        Raises:
            DatasetError: there is none, it is damaged, or it is of a newer version.
        """
        place = out.child(NAME)
        if place.kind() != "file":
            raise DatasetError(f"{out.text} is no data set's results: it has no {NAME}; `mien dataset` makes them")
        try:
            values = json.loads(place.read())
            if values["format"] > _FORMAT:
                raise DatasetError(f"{place.text} is of a newer version of Mien, {values['mien']}; install that")
            plan = {name: values["inputs"][name] for name in ("pictures", "part_size", "sha256")}
            return cls(
                version=values["mien"],
                settings=Settings.from_dict(values["settings"]),
                models=values["models"],
                source=values["source"],
                keep=tuple(values["keep"]),
                sample=values["sample"],
                seed=values["seed"],
                plan=Plan(**plan),
                sittings=tuple(Work(**one) for one in values["sittings"]),
                counts=None if values["counts"] is None else Counts.from_dict(values["counts"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            if isinstance(error, DatasetError):
                raise
            raise DatasetError(
                f"{place.text} is damaged ({type(error).__name__}: {error}); bring it back from a copy, or remove "
                f"{out.text} and run it anew"
            ) from error


def sitting(engine: str, workers: int | None) -> Work:
    """One that begins now, here."""
    from mien.machine import describe

    libraries = {name: importlib.metadata.version(name) for name in _LIBRARIES}
    return Work(
        began=datetime.now(UTC).isoformat(timespec="microseconds"),
        machine=describe(),
        versions={"python": platform.python_version(), **libraries},
        engine=engine,
        workers=workers,
    )


def decisions(
    *, settings: Settings, source: Mapping[str, Any], keep: tuple[str, ...], sample: int | None, seed: int
) -> Manifest:
    """A manifest with no pictures yet.

    Raises:
        ModelError: a card is missing or cannot be read.
    """
    return Manifest(
        version=mien.__version__,
        settings=settings,
        models=settings.models(),
        source=source,
        keep=keep,
        sample=sample,
        seed=seed,
        plan=Plan(pictures=0, part_size=1, sha256=""),
    )


def _differences(name: str, was: Any, wanted: Any) -> list[str]:
    if isinstance(was, Mapping) and isinstance(wanted, Mapping):
        found = []
        for key in dict.fromkeys([*was, *wanted]):
            found += _differences(f"{name}.{key}" if name else key, was.get(key), wanted.get(key))
        return found
    return [] if was == wanted else [f"{name} was {_told(was)} and is {_told(wanted)}"]


def _told(value: Any) -> str:
    if isinstance(value, Mapping):  # a network
        return f"sha256 {str(value.get('sha256'))[:12]}…"
    return "nothing" if value is None else repr(value)
