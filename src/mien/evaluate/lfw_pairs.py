"""LFW's `pairs.txt`: folds of pairs named by person and number (Huang et al. 2007, "Labeled Faces in the Wild").

The first line holds the number of folds and of pairs of each kind in a fold, or the latter alone for one fold. In every
fold the pairs of one person come first, `Name 1 4`, then those of different people, `Name 1 Other 2`. The images are
`Name/Name_0001.jpg`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from mien.errors import DatasetError
from mien.media.paths import is_file

_HEADER: Final = re.compile(rb"\s*\d+([ \t]+\d+)?\s*")
_LONGEST_HEADER: Final = 64  # bytes
_COLUMNS: Final = ("fold", "a", "b", "same")


def lfw_pairs(path: Path) -> LfwPairs | None:
    """The pairs of a file in LFW's form; `None` for any other file, or none.

    Raises:
        DatasetError: the file begins as LFW's do and goes on otherwise.
    """
    if not is_file(path):
        return None
    try:
        with path.open("rb") as file:
            if not _HEADER.fullmatch(file.readline(_LONGEST_HEADER)):
                return None
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path} begins as LFW's pairs do, but is not UTF-8: {error.reason}") from error
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror or error}") from error
    return LfwPairs(path, lines)


class LfwPairs:
    """A table of pairs, see `mien.evaluate.files.ManifestFile`.

    Args:
        path: of the file, for messages.
        lines: of the file.

    Raises:
        DatasetError: these are no such pairs, or fewer or more than the first line says.
    """

    has_images = False

    def __init__(self, path: Path, lines: Sequence[str]) -> None:
        *folds, of_a_kind = map(int, lines[0].split())
        fold_count = folds[0] if folds else 1
        rows = [(number, line.split()) for number, line in enumerate(lines, start=1) if line.strip()][1:]
        if not rows or len(rows) != fold_count * of_a_kind * 2:
            raise DatasetError(
                f"{path}: the first line promises {fold_count} folds of {of_a_kind} pairs of each kind, "
                f"{fold_count * of_a_kind * 2} in all, but {len(rows)} follow; copy or download it again"
            )
        self.names, self.rows = list(_COLUMNS), len(rows)
        self._cells = [
            (str(place // (2 * of_a_kind) + 1), *_pair(path, number, words, same=place // of_a_kind % 2 == 0))
            for place, (number, words) in enumerate(rows)
        ]

    def column(self, name: str) -> list[str]:
        """The cells of a column."""
        place = self.names.index(name)
        return [row[place] for row in self._cells]

    def images(self, rows: Sequence[int]) -> Iterator[bytes | None]:
        """There are none."""
        raise DatasetError("LFW's pairs hold no images; name the folder of their people with --images")


def _pair(path: Path, number: int, words: Sequence[str], *, same: bool) -> tuple[str, str, str]:
    """Both images, and whether they are of one person, as a table has it."""
    wanted = "Name 1 4" if same else "Name 1 Other 2"
    if len(words) != len(wanted.split()) or not all(word.isdecimal() for word in words[1 :: 1 if same else 2]):
        raise DatasetError(f"{path}: line {number} is {' '.join(words)!r}, wanted a pair like {wanted!r}")
    name, first, *rest = words
    other = [name, *rest] if same else rest
    return _image(name, first), _image(other[0], other[1]), str(int(same))


def _image(name: str, number: str) -> str:
    return f"{name}/{name}_{int(number):04d}.jpg"
