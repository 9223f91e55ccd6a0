"""The recipes by name, and their settings. Without PyTorch here, so that its absence can be told in a sentence."""

from __future__ import annotations

import dataclasses
import importlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from mien.errors import InputError, MissingExtraError, UnknownNameError

Config = TypeVar("Config")
Report = Callable[[str, int, int, Mapping[str, float]], None]
"""Called with what is being done, how much of it is done, how much there is, and figures to show."""

RECIPES: Final = {
    "demographics": "apparent age, gender and race, from UTKFace and FairFace",
    "embedding": "a compact face embedding, distilled from SFace",
    "emotion": "perceived expression, from FER+ and RAF-DB",
    "emotrack": "EmoTrack's network for expression, on grey pictures and landmarks",
    "facenet": "the FaceNet lesson: an embedding of 512 numbers, by triplets of labelled people",
    "identity": "an embedding trained further on labelled people, with triplet loss or a margin softmax",
    "landmarks": "478 landmarks and head rotation, from MediaPipe's Face Landmarker",
    "paper-age-gender": "the paper's network for age and gender, from UTKFace",
    "paper-emotion": "the paper's network for expression, from FER2013's labels or FER+",
}


@dataclass(frozen=True, kw_only=True)
class Run:
    """Where a training reads and writes.

    Attributes:
        data: folder of the data sets' Parquet files.
        out: folder of this run: checkpoint, history, curves, ONNX file and card.
        packs: folder of the aligned crops, shared by runs.
        report: told of all progress.
        note: told, in a sentence, of what one should know.
    """

    data: Path
    out: Path
    packs: Path
    report: Report
    note: Callable[[str], None]

    def bar(self, what: str) -> Callable[[int, int], None]:
        """A progress function for one named piece of work."""
        return lambda done, total: self.report(what, done, total, {})


class Recipe(Protocol):
    """A module of `mien.train` that is a recipe."""

    Config: type[Any]

    def run(self, run: Run, config: Any) -> Path:
        """Train, export, evaluate; the card's path."""


def load_recipe(name: str) -> Recipe:
    """The recipe of that name.

    Raises:
        UnknownNameError: there is none; the nearest names are suggested.
        MissingExtraError: PyTorch or another package that training needs is not installed.
    """
    if name not in RECIPES:
        raise UnknownNameError("recipe", name, RECIPES)
    try:
        module: Any = importlib.import_module(f"mien.train.{name.replace('-', '_')}")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] not in ("torch", "onnx", "pyarrow", "matplotlib"):
            raise
        raise MissingExtraError(error.name, "train", "training") from error
    recipe: Recipe = module
    return recipe


def configured(config: Config, settings: Iterable[str]) -> Config:
    """The configuration with some settings changed.

    Args:
        config: a dataclass, which may hold others.
        settings: such as `schedule.epochs=3`, with the value as JSON.

    Raises:
        UnknownNameError: no such setting.
        InputError: not of the form `name=value`, or a value of the wrong kind.
    """
    for setting in settings:
        name, _, text = setting.partition("=")
        try:
            value = json.loads(text, parse_constant=_refuse_constant)
        except ValueError as error:
            raise InputError(f"setting {setting!r} is not NAME=JSON, such as schedule.epochs=3") from error
        config = _with(config, name.split("."), value, name)
    return config


def _with(config: Any, path: list[str], value: Any, name: str) -> Any:
    known = {field.name for field in dataclasses.fields(config)}
    if path[0] not in known:
        raise UnknownNameError("setting", name, known)
    old = getattr(config, path[0])
    if len(path) > 1:
        if not dataclasses.is_dataclass(old):
            raise InputError(f"setting {name!r}: {path[0]} has no parts")
        value = _with(old, path[1:], value, name)
    elif isinstance(old, tuple) and isinstance(value, list):
        value = tuple(tuple(item) if isinstance(item, list) else item for item in value)
    elif isinstance(old, float) and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    elif type(old) is not type(value):
        raise InputError(f"setting {name!r} takes {type(old).__name__} like {old!r}, got {value!r}")
    return dataclasses.replace(config, **{path[0]: value})


def _refuse_constant(text: str) -> float:
    raise ValueError(f"{text} is no JSON number")
