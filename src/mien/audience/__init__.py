"""Audience analytics: the store, what is measured by it, and the report.

Raises:
    MissingExtraError: SQLAlchemy is not installed.
"""

from __future__ import annotations

from importlib.util import find_spec

from mien.errors import MissingExtraError

if find_spec("sqlalchemy") is None:
    raise MissingExtraError("sqlalchemy", "store", "the audience store")
