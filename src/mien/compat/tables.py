"""Rows as DeepFace returns them: DataFrames, or dictionaries where pandas is not wanted or not there."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from mien.errors import MissingExtraError, UnknownNameError

if TYPE_CHECKING:
    import pandas

RETURN_TYPES: Final = ("pandas", "dict")
Column = Sequence[Any]


def check_return_type(return_type: str | None) -> str:
    """What is to be returned; where that is not said, DataFrames if pandas is installed.

    Raises:
        UnknownNameError: there is no such type.
        MissingExtraError: DataFrames are wanted, and pandas is not installed.
    """
    installed = importlib.util.find_spec("pandas") is not None
    if return_type is None:
        return "pandas" if installed else "dict"
    if return_type not in RETURN_TYPES:
        raise UnknownNameError("return_type", return_type, RETURN_TYPES)
    if return_type == "pandas" and not installed:
        raise MissingExtraError("pandas", "data", "return_type='pandas'")
    return return_type


def as_asked(
    tables: Sequence[Mapping[str, Column]], return_type: str
) -> list[pandas.DataFrame] | list[list[dict[str, Any]]]:
    """One table a face, of columns of equal length."""
    if return_type == "pandas":
        import pandas

        return [pandas.DataFrame(dict(table)) for table in tables]
    return [[dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)] for table in tables]
