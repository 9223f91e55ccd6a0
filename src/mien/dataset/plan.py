"""The list of a data set's pictures, cut into parts of equal size once and for all, each part a small Parquet file."""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from mien.dataset.arrow import arrow, opened, to_bytes
from mien.dataset.columns import KEPT
from mien.dataset.place import Place
from mien.dataset.source import Input

PART_SIZE: Final = 256
"""Pictures a part: the most that a kill loses of each worker's work, some seconds of it."""
FOLDER: Final = "inputs"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to be done.

    Attributes:
        pictures: in all.
        part_size: of them in each part but the last.
        sha256: of all names in order.
    """

    pictures: int
    part_size: int
    sha256: str

    @property
    def parts(self) -> int:
        """How many there are."""
        return -(-self.pictures // self.part_size)

    def size(self, part: int) -> int:
        """Pictures in a part."""
        return min(self.part_size, self.pictures - part * self.part_size)


def part_name(part: int) -> str:
    """Of a part's file in each table; names sort as numbers do."""
    return f"{part:09}.parquet"


def write_plan(
    inputs: Iterable[Input],
    out: Place,
    *,
    part_size: int,
    keep: Sequence[str],
    progress: Callable[[int], None] = lambda found: None,
) -> Plan:
    """Write the list.

    Args:
        inputs: the pictures.
        out: folder of the run.
        part_size: pictures a part.
        keep: columns that go along.
        progress: called with the number of pictures found.

    Raises:
        OutputError: it cannot be written.
    """
    folder = out.child(FOLDER)
    folder.make()
    digest, found = hashlib.sha256(), 0
    for part, block in enumerate(_blocks(inputs, part_size)):
        for one in block:
            digest.update(os.fsencode(one.name) + b"\0")
        folder.child(part_name(part)).write(to_bytes(_table(found, block, keep)))
        found += len(block)
        progress(found)
    return Plan(pictures=found, part_size=part_size, sha256=digest.hexdigest())


def read_part(out: Place, part: int) -> tuple[list[int], list[Input]]:
    """A part's pictures, and the place of each in the data set.

    Raises:
        DatasetError: the list is not there or damaged.
    """
    with opened(out.child(FOLDER).child(part_name(part))) as file:
        table = file.read()
    kept = [table[name].to_pylist() for name in table.column_names if name.startswith(KEPT)]
    names = [os.fsdecode(name) for name in table["name"].to_pylist()]
    cells = zip(*kept, strict=True) if kept else ((),) * len(names)
    inputs = [Input(*values) for values in zip(names, table["row"].to_pylist(), cells, strict=True)]
    return table["input"].to_pylist(), inputs


def sampled(inputs: Iterable[Input], size: int, seed: int) -> list[Input]:
    """A random sample, each picture as likely as any other, in the order of the data set.

    Vitter (1985), "Random sampling with a reservoir", algorithm R.

    Args:
        inputs: the pictures.
        size: of the sample; all are taken where there are not more.
        seed: of the draw.
    """
    draw, kept = random.Random(seed), list[tuple[int, Input]]()
    for number, one in enumerate(inputs):
        if number < size:
            kept.append((number, one))
        elif (place := draw.randint(0, number)) < size:
            kept[place] = (number, one)
    return [one for _, one in sorted(kept, key=lambda pair: pair[0])]


def _blocks(inputs: Iterable[Input], size: int) -> Iterator[list[Input]]:
    rest = iter(inputs)
    while block := list(islice(rest, size)):
        yield block


def _table(start: int, block: Sequence[Input], keep: Sequence[str]) -> Any:
    pyarrow = arrow()
    columns = {
        "input": pyarrow.array(range(start, start + len(block)), pyarrow.int64()),
        "name": pyarrow.array([os.fsencode(one.name) for one in block], pyarrow.binary()),
        "row": pyarrow.array([one.row for one in block], pyarrow.int64()),
    }
    for place, name in enumerate(keep):
        columns[KEPT + name] = pyarrow.array([one.kept[place] for one in block], pyarrow.string())
    return pyarrow.table(columns)
