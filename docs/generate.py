"""Writes what would go stale by hand: `commands.md` from the help, `models.md` from the cards, the README's tables.

python docs/generate.py          writes all three
python docs/generate.py --check  exit status 1 if one is out of date, naming it
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from mien.cli.main import cli
from mien.models import registry, sheet
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
    ("gender", "sure"): "gender, share that is sure",
    ("gender", "accuracy_sure"): "gender, where sure",
    ("race", "sure"): "race, share that is sure",
    ("race", "accuracy_sure"): "race, where sure",
    ("emotion", "sure"): "perceived expression, share that is sure",
    ("emotion", "accuracy_sure"): "perceived expression, where sure",
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
    """Every card, and the terms of all data sets behind them."""
    cards = registry.cards()
    parts = [
        "# Models",
        "",
        "Made from the model cards by `docs/generate.py`; `mien models show NAME` prints the same.",
        "",
        "**Commercial use.** Of the data sets below, those marked *not granted* are for research only: their owners'",
        "terms forbid commercial use or do not speak of it. Mien's own weights are MIT-licensed, but they were learned",
        "from such data. Whether such weights may be used commercially is a question that the law has not settled: ask",
        "before you do.",
        "",
        "| data | terms | commercial use | behind |",
        "|---|---|---|---|",
        *_data_sets(cards),
        "",
    ]
    for card in cards:
        parts += _card(card)
    return "\n".join(parts)


def _data_sets(cards: Sequence[ModelCard]) -> Iterator[str]:
    used: dict[tuple[str, str], list[str]] = {}
    closed: set[str] = set()
    for card in cards:
        closed.update(sheet.restricted(card))
        for data in card.training_data:
            used.setdefault((data.name, data.terms), []).append(card.name)
    for (name, terms), behind in used.items():
        yield f"| {name} | {terms} | {'not granted' if name in closed else 'granted'} | {', '.join(behind)} |"


def _card(card: ModelCard) -> list[str]:
    lines = [f"## {card.name}", "", card.description, ""]
    lines += [f"- **{name}**: {_escaped(text)}" for name, text in sheet.facts(card).items()]
    for table in sheet.tables(card):
        lines += ["", f"**{table.title}**", "", *_markdown(table.header, table.rows, table.words)]
    return [*lines, ""]


def _markdown(header: Sequence[str], rows: Sequence[Sequence[str]], words: int) -> Iterator[str]:
    yield f"| {' | '.join(map(_escaped, header))} |"
    yield "|" + "|".join("---" if place < words else "--:" for place in range(len(header))) + "|"
    for row in rows:
        yield f"| {' | '.join(map(_escaped, row))} |"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


def readme() -> str:
    """The README with its tables made anew, from the cards and the latest benchmark."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for name, rows in (("accuracy", _accuracy()), ("speed", _speed()), ("models", _models()), ("web", _web())):
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


def _benchmark(part: str) -> list[dict[str, Any]]:
    """A part of the latest results; empty where that was not measured yet."""
    results = sorted((ROOT / "benchmarks" / "results").glob("*.json"))
    found: list[dict[str, Any]] = json.loads(results[-1].read_text(encoding="utf-8")).get(part, []) if results else []
    return found


def _models() -> Iterator[str]:
    """Milliseconds a face of every network, by batch and cores."""
    times = _benchmark("models")
    if not times:
        return
    setups = list(dict.fromkeys((one["threads"], one["batch"]) for one in times))
    titles = [f"{batch} at once, {threads} {'core' if threads == 1 else 'cores'}" for threads, batch in setups]
    yield f"| ms a face | MB | parameters | {' | '.join(titles)} |"
    yield "|---|--:|--:|" + "--:|" * len(setups)
    for name in dict.fromkeys(one["name"] for one in times):
        own = {(one["threads"], one["batch"]): one["ms"] for one in times if one["name"] == name}
        card = registry.card(name)
        count = "–" if card.parameters is None else f"{card.parameters / 1e6:.2f} M"
        cells = (f"{own[setup]:.2f}" if setup in own else "–" for setup in setups)
        yield f"| {name} | {card.bytes / 1e6:.1f} | {count} | {' | '.join(cells)} |"


def _speed() -> Iterator[str]:
    yield "| what | median |"
    yield "|---|--:|"
    for figure in _benchmark("figures"):
        name = figure["name"].replace("  ", "– ", 1) if figure["name"].startswith("  ") else figure["name"]
        yield f"| {name} | {figure['value']:.3g} {figure['unit']} |"


def _web() -> Iterator[str]:
    yield "| what | figure | goal |"
    yield "|---|--:|--:|"
    for figure in _benchmark("web"):
        goal = "" if figure["goal"] is None else f"{'≥' if figure['at_least'] else '≤'} {figure['goal']:g}"
        yield f"| {figure['name']} | {figure['value']:.3g} {figure['unit']} | {goal} |"


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
