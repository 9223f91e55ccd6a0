"""Writes the tables of `reproduction.md` from the folders of finished runs; those that are missing are left out.

python docs/reproduction_tables.py RUNS

RUNS holds what the commands of the page made: emotion, emotion-ferplus, emotrack, age-gender, ablation-* and
mien-on-fer2013.json.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

PAGE: Final = Path(__file__).with_name("reproduction.md")
WEIGHTS: Final = Path(__file__).parents[1] / "src" / "mien" / "weights"
ABLATION: Final = {
    "ablation-haar": "Haar square, grey, equalised (as published)",
    "ablation-plain": "without equalisation",
    "ablation-colour": "colour in place of grey",
    "ablation-yunet": "aligned by YuNet's keypoints",
}
HAAR: Final = "found by haar"

Rows = Iterable[Sequence[str]]


def claims(runs: Path) -> Iterator[Sequence[str]]:
    """What the paper claims, what its network reaches here, and what Mien's own does on the same images."""
    yield "", "paper's claim", "paper's network here", "Mien's own"
    paper, own = _metrics(runs / "age-gender" / "paper-age-gender.json"), _metrics(WEIGHTS / "demographics.json")
    for name, title, claim in (
        ("mae", "age, mean absolute error", ""),
        ("within_5", "age within 5 years", "over 90 %"),
        ("within_10", "age within 10 years", "over 90 %"),
    ):
        values = paper("age", name, f"UTKFace val, {HAAR}"), own("age", name, "utkface val")
        yield title, claim, *(_years(one) if name == "mae" else _percent(one) for one in values)
    values = paper("gender", "accuracy", f"UTKFace val, {HAAR}"), own("gender", "accuracy", "utkface val")
    yield "gender, accuracy", "over 95 %", *map(_percent, values)
    fer = _metrics(runs / "emotion" / "paper-emotion.json")
    plus = _metrics(runs / "emotion-ferplus" / "paper-emotion.json")
    mien = _metrics(WEIGHTS / "emotion.json")
    on_fer = "FER2013 validation, pictures as published"
    on_plus = "FER+ validation, pictures as published"
    told = _read(runs / "mien-on-fer2013.json")
    for name, claim in (("macro_f1", "about 90 %"), ("accuracy", "")):
        values = fer("emotion", name, on_fer), told["attributes"]["emotion"][name]["value"] if told else None
        yield f"expression, {name.replace('_f1', ' F1')}, FER2013's labels", claim, *map(_percent, values)
    values = plus("emotion", "macro_f1", on_plus), mien("emotion", "macro_f1", "ferplus PublicTest")
    yield "expression, macro F1, FER+ labels", "", *map(_percent, values)
    values = plus("emotion", "accuracy", on_plus), mien("emotion", "accuracy", "ferplus PublicTest")
    yield "expression, accuracy, FER+ labels", "", *map(_percent, values)


def seeds(runs: Path) -> Iterator[Sequence[str]]:
    """Every seed's figures, mean and standard deviation."""
    found = _read(runs / "emotion" / "seeds.json")
    names = list(found["spread"]) if found else []
    yield "seed", *names
    for seed, figures in (found or {"seeds": {}})["seeds"].items():
        yield seed, *(_percent(figures[name]) for name in names)
    if found and len(found["seeds"]) > 1:
        yield "mean", *(_percent(found["spread"][name]["mean"]) for name in names)
        deviations = (found["spread"][name]["standard_deviation"] for name in names)
        yield "standard deviation", *(f"{100 * one:.2f} points" for one in deviations)


def classes(runs: Path) -> Iterator[Sequence[str]]:
    """Precision, recall and F1 of every expression."""
    yield "expression", "n", "precision", "recall", "F1"
    found = _read(runs / "emotion" / "evaluation" / "fer2013-validation-pictures-as-published.json")
    if found:
        section = found["emotion"]
        for one in section["classes"]:
            yield (
                one["label"],
                f"{one['n']:,}",
                *(_percent(one[name]["value"]) for name in ("precision", "recall", "f1")),
            )
        macro = ("macro_precision", "macro_recall", "macro_f1")
        yield "mean", f"{section['n']:,}", *(_percent(section[name]["value"]) for name in macro)


def confusion(runs: Path) -> Iterator[Sequence[str]]:
    """The confusion matrix, rows true."""
    found = _read(runs / "emotion" / "evaluation" / "fer2013-validation-pictures-as-published.json")
    labels = found["emotion"]["labels"] if found else []
    yield "true, taken for", *labels
    for label, row in zip(labels, found["emotion"]["confusion"] if found else [], strict=True):
        yield label, *map(str, row)


def ages(runs: Path) -> Iterator[Sequence[str]]:
    """Errors of every age group."""
    yield "age group", "n", "mean absolute error", "mean error", "within 5 years", "within 10 years"
    found = _read(runs / "age-gender" / "evaluation" / f"utkface-val-{HAAR.replace(' ', '-')}.json")
    groups = found["age"]["groups"] if found else []
    for one in groups:
        errors = (_years(one[name]["value"]) for name in ("mae", "bias"))
        shares = (_percent(one[name]["value"]) for name in ("within_5", "within_10"))
        yield one["label"], f"{one['n']:,}", *errors, *shares


def thin(runs: Path) -> Iterator[Sequence[str]]:
    """What making the two giant layers thin costs."""
    yield "", "age, mean absolute error", "within 5 years", "gender, accuracy"
    figure = _metrics(runs / "age-gender" / "paper-age-gender.json")
    for way, title in (("as published", "29.6 M numbers, 118 MB as float32"), ("as stored", "thin, int8, as stored")):
        data = f"UTKFace val, squares of haar, {way}"
        shares = figure("age", "within_5", data), figure("gender", "accuracy", data)
        yield title, _years(figure("age", "mae", data)), *map(_percent, shares)


def ablation(runs: Path) -> Iterator[Sequence[str]]:
    """What each published step is worth."""
    yield "RAF-DB, the same short training each", "accuracy", "macro F1"
    for folder, title in ABLATION.items():
        found = _read(runs / folder / "seeds.json")
        if found:
            figures = next(iter(found["seeds"].values()))
            yield title, _percent(figures["accuracy"]), _percent(figures["macro F1"])


def emotrack(runs: Path) -> Iterator[Sequence[str]]:
    """EmoTrack beside the paper's network, both on FER+ labels."""
    yield "on FER+ PublicTest", "accuracy", "macro F1", "parameters"
    for folder, name, data in (
        ("emotion-ferplus", "paper-emotion", "FER+ validation, pictures as published"),
        ("emotrack", "emotrack", "FER+ PublicTest, found by yunet"),
    ):
        figure, card = _metrics(runs / folder / f"{name}.json"), _read(runs / folder / f"{name}.json")
        if card:
            values = (figure("emotion", one, data) for one in ("accuracy", "macro_f1"))
            yield name, *map(_percent, values), f"{card['parameters'] / 1e6:.2f} M"


TABLES: Final[Mapping[str, Callable[[Path], Rows]]] = {
    "claims": claims,
    "seeds": seeds,
    "classes": classes,
    "confusion": confusion,
    "ages": ages,
    "thin": thin,
    "ablation": ablation,
    "emotrack": emotrack,
}


def main(runs: Path) -> None:
    """Put every table between its marks in the page."""
    page = PAGE.read_text(encoding="utf-8")
    for name, table in TABLES.items():
        before, begin, rest = page.partition(f"<!-- table {name} -->\n")
        end = f"<!-- end {name} -->"
        page = before + begin + "\n".join([*_markdown(list(table(runs))), end]) + rest.partition(end)[2]
    PAGE.write_text(page, encoding="utf-8")


def _markdown(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    header, *body = rows
    yield f"| {' | '.join(header)} |"
    yield "|---|" + "--:|" * (len(header) - 1)
    for row in body:
        yield f"| {' | '.join(row)} |"


def _metrics(card: Path) -> Callable[[str, str, str], float | None]:
    values = _read(card)
    found = {(one["of"], one["name"], one["data"]): one["value"] for one in (values or {"metrics": []})["metrics"]}
    return lambda of, name, data: found.get((of, name, data))


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"


def _years(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f} years"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
