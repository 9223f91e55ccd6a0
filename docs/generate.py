"""Writes what would go stale by hand: `commands.md` from the help, `models.md` from the cards, the README's tables.

python docs/generate.py          writes all three
python docs/generate.py --check  exit status 1 if one is out of date, naming it
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import click

from mien.cli.main import cli
from mien.models import registry
from mien.models.card import ModelCard

ROOT = Path(__file__).parents[1]
WIDTH = 100
HEADLINES = {
    ("age", "mae"): "age, mean absolute error",
    ("age", "coverage"): "age inside the 80 % interval",
    ("gender", "ece"): "gender, calibration error",
    ("race", "ece"): "race, calibration error",
    ("emotion", "ece"): "perceived expression, calibration error",
    ("age_group", "accuracy"): "age group, nine",
    ("age_group", "within_one"): "age group or the next",
    ("gender", "accuracy"): "gender",
    ("race", "accuracy"): "race",
    ("emotion", "accuracy"): "perceived expression, seven",
    ("emotion", "macro_recall"): "the same, mean over the classes",
}


def commands() -> str:
    """The help of every command."""
    parts = ["# Commands", "", "Made from `mien --help` by `docs/generate.py`.", ""]
    for title, text in _helps(cli, click.Context(cli, info_name="mien")):
        parts += [f"## {title}", "", "```text", text, "```", ""]
    return "\n".join(parts)


def _helps(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    context.terminal_width = WIDTH
    yield context.command_path, command.get_help(context)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            sub = command.get_command(context, name)
            if sub is not None:
                yield from _helps(sub, click.Context(sub, parent=context, info_name=name))


def models() -> str:
    """Every card."""
    parts = [
        "# Models",
        "",
        "Made from the model cards by `docs/generate.py`; `mien models show NAME` prints the same.",
        "",
        "UTKFace and RAF-DB may be used for non-commercial research only, FER2013's images for research. Mien's own",
        "weights are MIT-licensed, but whether weights learned from such data may be used commercially is a question",
        "that the law has not settled: ask before you do.",
        "",
    ]
    for card in registry.cards():
        parts += _card(card)
    return "\n".join(parts)


def _card(card: ModelCard) -> list[str]:
    lines = [f"## {card.name}", "", card.description, ""]
    facts = {
        "task": card.task,
        "version": card.version,
        "file": f"`{card.file}`, {card.bytes / 1e6:.2f} MB, sha256 `{card.sha256[:16]}…`",
        "licence of the weights": card.licence,
        "reference": card.reference,
        "limits": card.limits,
    }
    lines += [f"- **{name}**: {value}" for name, value in facts.items()]
    lines += [f"- **output `{name}`**: {text}" for name, text in card.outputs.items()]
    if card.training_data:
        lines += ["", "| trained on | images | terms |", "|---|--:|---|"]
        lines += [f"| {data.name} | {data.images:,} | {data.terms} |" for data in card.training_data]
    if card.metrics:
        lines += ["", "| measured on | of | figure | value | 95 % interval | n |", "|---|---|---|--:|--:|--:|"]
        for data, metrics in groupby(card.metrics, key=lambda metric: metric.data):
            for metric in metrics:
                low, high = (f"{end:.4g}" for end in metric.interval)
                value = f"{metric.value:.4g}"
                lines.append(f"| {data} | {metric.of} | {metric.name} | {value} | {low} – {high} | {metric.n:,} |")
    return [*lines, ""]


def readme() -> str:
    """The README with its tables made anew, from the cards and the latest benchmark."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for name, rows in (("accuracy", _accuracy()), ("speed", _speed())):
        table = "\n".join(rows)
        text = re.sub(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", rf"\g<1>{table}\n\g<2>", text, flags=re.DOTALL)
    return text


def _accuracy() -> Iterator[str]:
    yield "| what | measured on | n | figure | 95 % interval |"
    yield "|---|---|--:|--:|--:|"
    for name in ("demographics", "emotion"):
        for metric in registry.card(name).metrics:
            if (metric.of, metric.name) in HEADLINES:
                shown = (
                    f"{v:.2f} years" if metric.name == "mae" else f"{v:.1%}" for v in (metric.value, *metric.interval)
                )
                value, low, high = shown
                what = HEADLINES[metric.of, metric.name]
                yield f"| {what} | {metric.data} | {metric.n:,} | {value} | {low} – {high} |"


def _speed() -> Iterator[str]:
    results = sorted((ROOT / "benchmarks" / "results").glob("*.json"))
    yield "| what | median |"
    yield "|---|--:|"
    for figure in json.loads(results[-1].read_text(encoding="utf-8"))["figures"] if results else []:
        name = figure["name"].replace("  ", "– ", 1) if figure["name"].startswith("  ") else figure["name"]
        yield f"| {name} | {figure['value']:.3g} {figure['unit']} |"


def main() -> int:
    """Write or check."""
    pages = {"docs/commands.md": commands(), "docs/models.md": models(), "README.md": readme()}
    stale = [name for name, text in pages.items() if not _same(ROOT / name, text)]
    if "--check" in sys.argv[1:]:
        for name in stale:
            print(f"{name} is out of date; run python docs/generate.py", file=sys.stderr)
        return 1 if stale else 0
    for name in stale:
        (ROOT / name).write_text(pages[name], encoding="utf-8")
    return 0


def _same(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main())
